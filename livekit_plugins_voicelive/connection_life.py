"""How far the present connection has come: open, confirmed, sound, near its end. Pure state."""

from __future__ import annotations

from typing import Any

from .protocol.client_events import ClientEvent, SessionUpdate
from .protocol.response import Response
from .protocol.server_events import ErrorDetails

RECONNECT_BEFORE_S = 300.0
"""A connection is replaced in the first quiet moment of its last five minutes; the service allows sixty."""

RECONNECT_SHARE = 0.1
"""Of a shorter life: the last tenth."""

MIN_LIFE_S = 60.0
"""With less to live than this, a connection is left to its end: to replace it so often costs more, or a clock is wrong."""

CONFIRM_WITHIN_S = 10.0
"""For the service to answer the opening configuration; until then a refusal may have been overheard."""

SOUND_AFTER_S = 10.0
"""A connection that lasts as long is no accident; one that ended a response was sound at once."""


class ConnectionLife:
    """Owns what is known of the connection itself; all but the count of connections dies with it."""

    def __init__(self) -> None:
        self.connected = False
        self._connections = 0
        self._opening: SessionUpdate | None = None
        self._opened_at = 0.0
        self._responded = False
        self._reconnect_at: float | None = None
        self._confirm_by: float | None = None
        self._suspect: ErrorDetails | None = None

    @property
    def confirmed(self) -> bool:
        """Whether the service has accepted this connection's configuration."""
        return self.connected and self._opening is None

    def is_sound(self, *, now: float) -> bool:
        """Whether this connection was worth having: some services confirm each one, and then drop it."""
        lasts = now - self._opened_at >= SOUND_AFTER_S
        return self.confirmed and (lasts or self._responded)

    @property
    def reconnect_at(self) -> float | None:
        """From when on another connection is to be taken, in the seconds of ``now``; None if never."""
        return self._reconnect_at if self.confirmed else None

    def opened(
        self, session: dict[str, Any], opening: SessionUpdate, *, now: float, wall: float
    ) -> None:
        """``session.created`` arrived, and ``opening`` is the answer to it.

        Args:
            session: what the service says of the connection; its ``expires_at`` is in Unix seconds.
            opening: the configuration of this connection.
            now: seconds of the monotonic clock.
            wall: the same moment in Unix seconds.
        """
        self.connected = True
        self._connections += 1
        self._opening = opening
        self._opened_at = now
        self._confirm_by = now + CONFIRM_WITHIN_S
        expires_at = session.get("expires_at")
        life_s = expires_at - wall if isinstance(expires_at, int | float) else 0.0
        if life_s >= MIN_LIFE_S:
            before_s = min(RECONNECT_BEFORE_S, life_s * RECONNECT_SHARE)
            self._reconnect_at = now + life_s - before_s

    @property
    def confirm_by(self) -> float | None:
        """Until when the configuration has to be confirmed, in the seconds of ``now``; None once it is."""
        return self._confirm_by

    def suspect(self, error: ErrorDetails) -> None:
        """An error that names no request: before the configuration is confirmed, it may be its refusal."""
        if not self.confirmed:
            self._suspect = error

    def overdue(self, *, now: float) -> bool:
        """Whether the service has kept quiet about the configuration for too long; True once for each connection."""
        if self._confirm_by is None or now < self._confirm_by:
            return False
        self._confirm_by = None
        return True

    @property
    def suspected(self) -> ErrorDetails | None:
        """The error that may have been the configuration's refusal."""
        return self._suspect

    def is_opening(self, event: ClientEvent) -> bool:
        """Whether that event configures this connection."""
        return event is self._opening

    def accepted(self, event: ClientEvent) -> bool:
        """A configuration was accepted; True if with it the session is back after a loss."""
        if not self.is_opening(event):
            return False
        self._opening = self._confirm_by = self._suspect = None
        return self._connections > 1

    def response_done(self, response: Response) -> None:
        """The service has answered something."""
        self._responded = self._responded or response.status != "failed"

    def lost(self) -> None:
        """The connection is gone."""
        self.connected = False
        self._opening = None
        self._responded = False
        self._reconnect_at = self._confirm_by = self._suspect = None
