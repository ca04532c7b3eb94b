"""How far the present connection has come: open, confirmed, near its end. Pure state."""

from __future__ import annotations

from typing import Any

from .protocol.client_events import ClientEvent, SessionUpdate

RECONNECT_BEFORE_S = 300.0
"""A connection is replaced in the first quiet moment of its last five minutes; the service allows sixty."""


class ConnectionLife:
    """Owns what is known of the connection itself; all but the count of connections dies with it."""

    def __init__(self) -> None:
        self.connected = False
        self._connections = 0
        self._opening: SessionUpdate | None = None
        self._expires_at: float | None = None

    @property
    def confirmed(self) -> bool:
        """Whether the service has accepted this connection's configuration: only then is it sound."""
        return self.connected and self._opening is None

    @property
    def reconnect_at(self) -> float | None:
        """From when on another connection is to be taken, Unix seconds; None if the service sets no limit."""
        if self._expires_at is None or not self.confirmed:
            return None
        return self._expires_at - RECONNECT_BEFORE_S

    def opened(self, session: dict[str, Any], opening: SessionUpdate) -> None:
        """``session.created`` arrived, and ``opening`` is the answer to it."""
        self.connected = True
        self._connections += 1
        self._opening = opening
        expires_at = session.get("expires_at")
        self._expires_at = float(expires_at) if isinstance(expires_at, int | float) else None

    def is_opening(self, event: ClientEvent) -> bool:
        """Whether that event configures this connection."""
        return event is self._opening

    def accepted(self, event: ClientEvent) -> bool:
        """A configuration was accepted; True if with it the session is back after a loss."""
        if not self.is_opening(event):
            return False
        self._opening = None
        return self._connections > 1

    def lost(self) -> None:
        """The connection is gone."""
        self.connected = False
        self._opening = None
        self._expires_at = None
