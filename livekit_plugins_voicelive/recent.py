"""A dictionary that forgets: what is known of the past, without growing for as long as a call lasts."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(dict[Key, Value]):
    """Owns its newest entries; a new one beyond the limit drops the oldest."""

    def __init__(self, limit: int) -> None:
        """Begin empty, to hold ``limit`` entries at the most."""
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self._limit:
            del self[next(iter(self))]
