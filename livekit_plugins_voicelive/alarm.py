"""One timer on the event loop, for whatever is due next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """Owns the timer; to set it again replaces it."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, deadline: float | None) -> None:
        """Ring at that time of the running loop's clock; None: not at all."""
        if self._timer is not None:
            if self._timer.when() == deadline:
                return
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if deadline is None else loop.call_at(deadline, self._due)

    def _due(self) -> None:
        self._timer = None
        self._ring()
