"""The beginning of a long sentence: so many words that a voice is heard soon, cut where a speaker might pause."""

from __future__ import annotations

import re

SHORT_LETTERS = 30
"""A sentence of so many is spoken in one piece."""

_LEAST, _MOST = 9, 28
"""Letters of a beginning, and the least of a rest: fewer would be played before the rest is there, more take too long."""

_OPENING = re.compile(
    r"(and|but|or|nor|so|yet|that|which|who|where|when|while|if|because|as|than|with|without|at|in|on|of|to|for|from|by"
    r"|into|over|under|about|after|before|until|is|are|was|were|has|have|had|will|would|can|could)\b",
    re.IGNORECASE,
)
"""Words that open a part of a sentence."""


def first_words(sentence: str) -> tuple[str, str]:
    """Beginning and rest of a sentence; nothing remains of one that is short or has no place to pause."""
    last = min(_MOST, len(sentence) - _LEAST)
    places = [gap for gap in re.finditer(r"\s+", sentence) if _LEAST <= gap.start() <= last]
    if len(sentence) <= SHORT_LETTERS or not places:
        return sentence, ""
    place = max(places, key=lambda gap: (_fitness(sentence, gap), gap.start()))
    return sentence[: place.start()], sentence[place.end() :]


def _fitness(sentence: str, gap: re.Match[str]) -> int:
    """Best is a pause that is written, then one before a word that opens a part, but not behind such a word."""
    before, behind = sentence[: gap.start()].split()[-1], sentence[gap.end() :].split()[0]
    if before[-1] in ",;:\u2013\u2014":
        return 2
    return int(bool(_OPENING.match(behind)) and not _OPENING.match(before))
