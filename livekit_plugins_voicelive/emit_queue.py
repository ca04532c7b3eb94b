"""What LiveKit is to be told, one event to its end before the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from .outcome import Emit


class EmitQueue:
    """Owns what is not told yet. LiveKit calls back in from inside an emit: the inner call adds to what the outer one tells."""

    def __init__(self, tell: Callable[[Emit], None]) -> None:
        self._tell = tell
        self._untold: deque[Emit] = deque()
        self.telling = False

    def add(self, emits: Iterable[Emit]) -> None:
        """Have these told behind all others."""
        self._untold += emits

    def tell_all(self) -> None:
        """Tell everything, unless an outer call is doing so."""
        if self.telling:
            return
        self.telling = True
        try:
            while self._untold:
                self._tell(self._untold.popleft())
        finally:
            self.telling = False
