"""Which function fits a request, and with which arguments: by names, descriptions and the words that were heard."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..work import Call
from .arithmetic import expression_in
from .spoken_numbers import numbers_in, with_digits

_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at to for from by with and or is are was be it its this that what which who "
        "how much many me my i you your we us do does did can could would will please tell get give find "
        "look up use using call function tool current now right today there have has any some one",
    )
)
_SAME = {
    "weather": "weather forecast temperature rain sunny cold warm hot",
    "time": "time clock oclock hour",
    "convert": "convert conversion converted unit units",
    "calculate": "calculate calculator compute sum arithmetic plus minus times divided multiplied",
    "search": "search lookup",
    "call": "phone dial",
    "transfer": "transfer human operator representative",
    "end": "hang goodbye bye end",
}
_CANON = {word: canon for canon, words in _SAME.items() for word in words.split()}
_ENOUGH = 3

_PLACE = re.compile(r"place|city|cities|location|country|town|region|zone|where|area|address")
_FROM = re.compile(r"^(from|source|src|origin)|_from$")
_TO = re.compile(r"^(to|target|dest|into)|_to$")
_EXPRESSION = re.compile(r"expression|formula|equation|calculation|sum")
_FREE_TEXT = re.compile(r"query|question|text|message|prompt|request|topic|subject|content|note")
_TAIL = r"(?=\s+(?:right now|now|today|tomorrow|tonight|please|at the moment|like)\b|[?.!,;]|$)"
_AFTER_PREPOSITION = re.compile(
    rf"\b(?:in|at|for|near|of|to|about)\s+(?!the moment)(.+?){_TAIL}", re.I
)
_UNIT = r"(?:degrees? |square |cubic )?([a-z]+(?: per [a-z]+)?)"
_CONVERSION = re.compile(rf"\d[\d.,]*\s*{_UNIT} (?:to|into|in|as) {_UNIT}{_TAIL}", re.I)
_IS = r"(?:are|is|in|do|does|have|has|makes?|equals?)"
_HOW_MANY = re.compile(
    rf"\bhow many {_UNIT} (?:tall |long |wide |high |far )?(?:{_IS}\b.*?)?"
    rf"\d[\d.,]*\s*{_UNIT}(?:{_TAIL}|(?= {_IS}\b))",
    re.I,
)
_ONE = re.compile(r"(\bhow many .+ )(?<!half )an? (?=\w+\W*$)", re.I)
"""In "how many feet are in a mile", the article is a number."""


@dataclass(frozen=True)
class _Fit:
    score: int
    call: Call


def fitting_call(tools: tuple[dict[str, Any], ...], request: str, *, forced: bool) -> Call | None:
    """The call that answers the request, or None. ``forced``: the best one, even if none really fits."""
    request = _ONE.sub(r"\g<1>1 ", request)
    fits = []
    for tool in tools:
        if tool.get("type", "function") != "function":
            continue
        arguments, complete = _arguments(tool, request, forced=forced)
        score = _score(tool, request)
        if forced or (complete and score >= _ENOUGH):
            fits.append(_Fit(score, Call(tool["name"], json.dumps(arguments))))
    return max(fits, key=lambda fit: fit.score).call if fits else None


def words(text: str) -> set[str]:
    """The words that carry meaning, in one form each."""
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", text.replace("_", " ").replace("o'clock", "oclock"))
    found = (_stem(word) for word in re.findall(r"[a-z]+|[+*/]", split.lower()))
    return {word for word in found if word not in _COMMON}


def _stem(word: str) -> str:
    word = _CANON.get(word, word)
    for ending in ("ing", "ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return _CANON.get(word, word)


def _score(tool: dict[str, Any], request: str) -> int:
    said = words(request)
    if expression_in(request):
        said |= words("calculate")
    if _units(request):
        said |= words("convert")
    score = 3 * len(said & words(tool["name"]))
    score += 2 * len(said & words(tool.get("description") or ""))
    for name, schema in _properties(tool).items():
        options = " ".join(str(option) for option in schema.get("enum") or ())
        score += len(said & words(f"{name} {options}"))
    return score


def _properties(tool: dict[str, Any]) -> dict[str, dict[str, Any]]:
    properties = (tool.get("parameters") or {}).get("properties") or {}
    return {name: schema for name, schema in properties.items() if isinstance(schema, dict)}


def _arguments(tool: dict[str, Any], request: str, *, forced: bool) -> tuple[dict[str, Any], bool]:
    """The arguments found, and whether all required ones are among them."""
    numbers = numbers_in(request)
    found: dict[str, Any] = {}
    properties = _properties(tool)
    for name, schema in properties.items():
        value = _argument(name, schema, request, numbers)
        if value is not None:
            found[name] = value
    missing = [
        name for name in (tool.get("parameters") or {}).get("required") or () if name not in found
    ]
    if forced:
        found |= {name: _anything(properties.get(name) or {}, request) for name in missing}
    return found, not missing


def _argument(name: str, schema: dict[str, Any], request: str, numbers: list[float]) -> Any:
    name = name.lower()
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((option for option in kind if option != "null"), "string")
    if schema.get("enum"):
        return _option(name, schema["enum"], request)
    if kind in ("number", "integer"):
        if not numbers:
            return None
        value = numbers.pop(0)
        return int(value) if value.is_integer() else value
    if kind == "boolean":
        return not re.search(r"\b(off|not|don't|no|disable|without)\b", request, re.I)
    if kind not in ("string", None):
        return None
    return _string(name, schema.get("description") or "", request)


def _string(name: str, description: str, request: str) -> str | None:
    units = _units(request)
    if units and (_FROM.search(name) or _TO.search(name)):
        return units[0] if _FROM.search(name) else units[1]
    if _EXPRESSION.search(name):
        return expression_in(request)
    if _PLACE.search(name) or _PLACE.search(description.lower()):
        return _place(request)
    if re.search(r"date|day|when", name):
        day = re.search(
            r"today|tomorrow|yesterday|(?:mon|tues|wednes|thurs|fri|satur|sun)day", request, re.I
        )
        return day.group().lower() if day else None
    if _FREE_TEXT.search(name):
        return request
    return _after_preposition(request)


def _option(name: str, options: list[Any], request: str) -> Any:
    units = _units(request)
    if units:
        wanted = units[0] if _FROM.search(name) else units[1] if _TO.search(name) else None
        for option in options:
            if wanted and _stem(str(option).lower()) == _stem(wanted):
                return option
    said = words(request)
    return next((option for option in options if words(str(option)) & said), None)


def _units(request: str) -> tuple[str, str] | None:
    text = with_digits(request)
    found = _CONVERSION.search(text)
    if found:
        return found.group(1).lower(), found.group(2).lower()
    found = _HOW_MANY.search(text)
    return (found.group(2).lower(), found.group(1).lower()) if found else None


def _place(request: str) -> str | None:
    place = _after_preposition(request)
    if place:
        return place
    names = re.findall(r"(?<=[a-z] )([A-Z][a-z]+(?: [A-Z][a-z]+)*)", request)
    return names[-1] if names else None


def _after_preposition(request: str) -> str | None:
    found = _AFTER_PREPOSITION.findall(request)
    if not found:
        return None
    value = re.sub(r"^(?:the|a|an)\s+", "", found[-1].strip(), flags=re.I)
    value = re.split(r"\b(?:in|at|for|near|of)\s+", value)[-1]
    return value or None


def _anything(schema: dict[str, Any], request: str) -> Any:
    kind = schema.get("type")
    if schema.get("enum"):
        return schema["enum"][0]
    return {"number": 0, "integer": 0, "boolean": True, "array": [], "object": {}}.get(
        str(kind), request
    )
