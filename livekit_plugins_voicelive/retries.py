"""Whether, and how soon, a session that lost its connection takes another. Pure state."""

from __future__ import annotations

from livekit.agents import APIConnectOptions, APIError


class Retries:
    """Owns the number of connections in a row that came to nothing."""

    def __init__(self, options: APIConnectOptions) -> None:
        self._options = options
        self._in_vain = 0

    def start_over(self) -> None:
        """A connection has proved itself: all retries are to be had again."""
        self._in_vain = 0

    def after(self, fault: APIError) -> float | None:
        """Seconds to wait before the next connection; None if there is no use in one.

        Args:
            fault: how the connection ended, or why there was none.
        """
        if not fault.retryable or self._in_vain >= self._options.max_retry:
            return None
        wait_s = self._options._interval_for_retry(self._in_vain)
        self._in_vain += 1
        return wait_s
