"""The base of every wire type, and the three states of an optional field.

msgspec and mypy want ``frozen`` and ``kw_only`` said again on every subclass.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Maybe", "UnsetType", "WireStruct", "given"]

T = TypeVar("T")

Maybe: TypeAlias = T | UnsetType | None
"""A field that may be absent (``UNSET``, the default), ``null`` (``None``) or a value. On this wire the three differ:
an absent ``turn_detection`` changes nothing, a ``null`` one switches the detection off."""


class WireStruct(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object on the wire. Unknown fields are ignored when reading; fields that are ``UNSET`` are not written."""


def given(value: T | UnsetType | None) -> T | None:
    """Read an optional field for which absent and ``null`` mean the same."""
    return None if isinstance(value, UnsetType) else value
