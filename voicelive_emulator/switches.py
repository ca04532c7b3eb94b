"""Fields of a dataclass as switches with names and text values: for the command line and the control endpoint."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec


class WrongSwitch(ValueError):
    """Says in one sentence which switch or value is wrong."""


def names(kind: type) -> list[str]:
    """The switches of a dataclass."""
    return [field.name for field in dataclasses.fields(kind) if field.init]


def read(kind: type, name: str, text: str) -> Any:
    """The value that ``text`` gives the switch ``name`` of a dataclass.

    Args:
        kind: the dataclass.
        name: one of its fields.
        text: JSON, or plain words; a set also takes words with commas between them.

    Raises:
        WrongSwitch: there is no such switch, or it cannot have this value.
    """
    if name not in names(kind):
        raise WrongSwitch(f"There is no switch {name!r}; there are {', '.join(names(kind))}.")
    wanted = get_type_hints(kind, include_extras=True)[name]
    try:
        return msgspec.convert(_value(wanted, text), wanted, strict=False)
    except msgspec.ValidationError as error:
        raise WrongSwitch(f"{name} cannot be {text!r}: {error}.") from None


def read_all(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Switches from a file: what is not text need not be read as such.

    Raises:
        WrongSwitch: one of them cannot be.
    """
    texts = {
        name: ",".join(map(str, value)) if isinstance(value, list) else value
        for name, value in values.items()
    }
    return {
        name: read(kind, name, text if isinstance(text, str) else json.dumps(text))
        for name, text in texts.items()
    }


def read_pair(kind: type, pair: str) -> tuple[str, Any]:
    """Name and value from ``NAME=VALUE``.

    Raises:
        WrongSwitch: it is no such pair, or :func:`read` refuses it.
    """
    name, equals, text = pair.partition("=")
    if not equals:
        raise WrongSwitch(f"{pair!r} is no NAME=VALUE.")
    return name, read(kind, name, text)


def shown(switches: Any) -> dict[str, Any]:
    """All switches with their values, ready for JSON."""
    values = {name: getattr(switches, name) for name in names(type(switches))}
    built: dict[str, Any] = msgspec.to_builtins(values)
    return built


def _value(wanted: Any, text: str) -> Any:
    if wanted is str or _is_set(wanted):
        return [part for part in text.split(",") if part] if _is_set(wanted) else text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_set(wanted: Any) -> bool:
    return get_origin(wanted) is set and bool(get_args(wanted))
