"""Sums in a sentence: "what is twelve times seven" → ``12 * 7``, worked out."""

from __future__ import annotations

import re

from .spoken_numbers import plain, with_digits

_OPERATORS = [
    (r"\b(?:plus|added to)\b", "+"),
    (r"\bminus\b|\bless\b", "-"),
    (r"\b(?:times|multiplied by)\b|\u00d7|(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\b(?:divided by|over)\b|÷", "/"),
]
_SPOKEN = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
_SUM = re.compile(rf"{_NUMBER}(?:\s*[-+*/]\s*{_NUMBER})+")
_PART = re.compile(rf"\s*([-+*/])\s*({_NUMBER})")


def expression_in(text: str) -> str | None:
    """The first sum of the text in signs, such as ``12 * 7``."""
    text = with_digits(text)
    for pattern, sign in _OPERATORS:
        text = re.sub(pattern, sign, text, flags=re.I)
    found = _SUM.search(text)
    if found is None:
        return None
    first, *_ = re.findall(_NUMBER, found.group())
    parts = _PART.findall(found.group()[len(first) :])
    return " ".join([first, *(f"{sign} {number}" for sign, number in parts)]).replace(",", "")


def answer(expression: str) -> str:
    """The sum and its result as a sentence."""
    spoken = " ".join(_SPOKEN.get(part, part) for part in expression.split())
    try:
        return f"{spoken} is {plain(evaluate(expression))}."
    except ZeroDivisionError:
        return "Nothing can be divided by zero."


def evaluate(expression: str) -> float:
    """Times and divided by before plus and minus, from left to right."""
    first, *rest = expression.split()
    terms = [float(first)]
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = float(number)
        match sign:
            case "*":
                terms[-1] *= value
            case "/":
                terms[-1] /= value
            case _:
                terms.append(value if sign == "+" else -value)
    return sum(terms)
