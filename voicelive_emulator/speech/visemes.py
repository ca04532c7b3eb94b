"""The shapes of the mouth while words are spoken, in the numbers of Azure's text to speech.

Assumption: letters stand for sounds, and share a word's time evenly; the service knows the sounds of its voice.
Source of the numbers: Azure Speech, "Get facial position with viseme".
"""

from __future__ import annotations

import re

from ..work import Word

SILENCE = 0

_SHAPES = {
    1: "a",
    2: "ar",
    3: "aw au",
    4: "e",
    5: "er ir ur",
    6: "i y ee ea ie",
    7: "u w oo wh",
    8: "o oa",
    9: "ou ow",
    10: "oi oy",
    11: "ai ay igh",
    12: "h",
    13: "r",
    14: "l",
    15: "s z",
    16: "sh ch j",
    17: "th",
    18: "f v ph",
    19: "d t n",
    20: "k g c q x ng ck",
    21: "p b m",
}
_SHAPE_OF = {letters: shape for shape, sounds in _SHAPES.items() for letters in sounds.split()}
_SOUND = re.compile("|".join(sorted(_SHAPE_OF, key=len, reverse=True)))


def visemes(word: Word) -> list[tuple[int, int]]:
    """Shape and offset in milliseconds, in the time of the word; a number is one open mouth."""
    sounds = _SOUND.findall(word.text.lower()) or ["a"]
    return [
        (_SHAPE_OF[sound], word.offset_ms + word.duration_ms * index // len(sounds))
        for index, sound in enumerate(sounds)
    ]
