"""Numbers as people say them, to values and back to something a voice can say."""

from __future__ import annotations

import re

_UNITS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * (index + 2) for index, word in enumerate(_TENS)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join([*_VALUES, *_SCALES])
_SPOKEN = re.compile(
    rf"\b(?:a (?=hundred|thousand|million))?(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*\b", re.I
)
_DIGITS = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_DIGIT = "|".join(_UNITS[:10])
_DECIMALS = re.compile(rf"\bpoint ((?:{_DIGIT})(?: (?:{_DIGIT}))*)\b", re.I)
_HALF = re.compile(r"\bhalf an?\b(?! (?:hundred|thousand|million))", re.I)
_AND_A_HALF = re.compile(r"(?<=\d) and a half\b", re.I)
_NEGATIVE = re.compile(r"(?<!\d )\b(?:minus|negative) (?=\d)", re.I)
"""Behind a number, "minus" is a sign of arithmetic."""


def with_digits(text: str) -> str:
    """The text with every spoken number written in digits."""
    text = _DECIMALS.sub(lambda match: "." + _digits(match.group(1)), text)
    text = _HALF.sub("0.5", text)
    text = _SPOKEN.sub(lambda match: str(_value(match.group().lower())), text)
    text = re.sub(r"(?<=\d) (?=\.\d)", "", text)
    return _NEGATIVE.sub("-", _AND_A_HALF.sub(".5", text))


def numbers_in(text: str) -> list[float]:
    """All numbers, spoken or written, in order."""
    return [float(found.replace(",", "")) for found in _DIGITS.findall(with_digits(text))]


def plain(value: float) -> str:
    """A number without needless decimals: ``84``, ``16.09``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _digits(words: str) -> str:
    return "".join(str(_VALUES[word]) for word in words.lower().split())


def _value(words: str) -> int:
    total = current = 0
    for word in re.findall(r"[a-z]+", words):
        if word in _VALUES:
            current += _VALUES[word]
        elif word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if word != "hundred":
                total, current = total + current, 0
    return total + current
