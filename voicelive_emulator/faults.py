"""Faults on demand: what can go wrong between a client and the service, switched on and off while running."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livekit_plugins_voicelive.protocol.server_events import ErrorDetails

if TYPE_CHECKING:
    from .session_runner import SessionRunner


@dataclass
class Faults:
    """Each switch works from the moment it is set. The methods act on the connections that are open now."""

    handshake_status: int | None = None
    """Refuse new connections with this HTTP status."""
    handshake_body: str = '{"error":{"code":"refused","message":"Refused on demand."}}'
    redirect_to: str | None = None
    """Answer new connections with a redirect to this address."""
    stall_handshake: bool = False
    """Leave new connections without an answer."""
    error_after_upgrade: ErrorDetails | None = None
    """Accept, send this error instead of ``session.created``, and close."""
    drop_after: str | int | None = None
    """Drop the connection after sending an event of this type, or this many events."""
    withhold: set[str] = field(default_factory=set)
    """Types of events that are never sent."""
    refuse: dict[str, ErrorDetails] = field(default_factory=dict)
    """Types of client events that are answered with this error instead of being done."""
    connections: set[SessionRunner] = field(default_factory=set, init=False, repr=False)
    """Kept by the server."""

    def drop_connections(self) -> None:
        """Cut every open connection without a word."""
        for connection in tuple(self.connections):
            connection.drop()

    def expire_sessions(self) -> None:
        """End every session as at its time limit.

        Assumption: an ``error`` with code ``session_expired``, then close code 1001, as Azure OpenAI Realtime does.
        """
        for connection in tuple(self.connections):
            connection.expire()
