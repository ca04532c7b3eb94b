"""What the words of an utterance say about the turn: whether it is finished, and whether it is anything but a filler.

Stands for Voice Live's own models, which judge by meaning. Assumption throughout: which words count, and at which level.
"""

from __future__ import annotations

import re


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def _set(text: str) -> frozenset[str]:
    return frozenset(_words(text))


_SOUNDS = _set("um umm uh uhm er erm em hm hmm mm mmm mhm ah eh")
"""Never meant as a turn."""

_LISTENING = _set("yeah yep yup okay ok right aha huh sure")
"""Said by a listener who does not want to interrupt; an answer to everybody else."""

_ALWAYS_OPEN = _SOUNDS | _set("and or but because if the a an my your our their of nor")
_OPEN = _ALWAYS_OPEN | _set(
    "to too for with from about by at is are was were am will would can could should so like well then"
)
"""``too`` is how a recogniser writes a ``to`` that hangs in the air."""
_STRICTLY_OPEN = _OPEN | _set("in on that which who when where while than as it's i")

_HANGING = {
    "low": _ALWAYS_OPEN,
    "medium": _OPEN,
    "default": _OPEN,
    "high": _STRICTLY_OPEN,
}
"""Last words after which more is to be expected. Lower takes a turn for complete more easily; ``default`` is ``medium``.

Source: Voice Live API reference 2026-07-15.
"""

_ANNOUNCED = re.compile(
    r"\b(?:number|name|address|code|e-?mail|birthday|date|order|id) (?:\w+ )?(?:is|was)\W*$", re.I
)
"""Something is about to be dictated."""


def is_unfinished(text: str, level: str = "default") -> bool:
    """Whether the speaker will go on. ``level``: ``low``, ``medium``, ``high`` or ``default``."""
    text = text.strip()
    if text.endswith(("...", "…", ",", "-")) or _ANNOUNCED.search(text):
        return True
    if text.endswith(("?", "!")):
        return False
    words = _words(text)
    if not words:
        return False
    return words[-1] in _HANGING.get(level, _OPEN) or (level == "high" and not text.endswith("."))


def is_filler(text: str, *, while_assistant_speaks: bool) -> bool:
    """Whether nothing was said but "um" and, to an assistant who is speaking, "yeah"."""
    words = _words(text)
    fillers = _SOUNDS | _LISTENING if while_assistant_speaks else _SOUNDS
    return bool(words) and all(word in fillers for word in words)
