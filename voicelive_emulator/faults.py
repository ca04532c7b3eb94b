"""Faults on demand: what can go wrong between a client and the service, switched on and off while running."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Annotated, Protocol

from msgspec import Meta

from livekit_plugins_voicelive.protocol.server_events import ErrorDetails


class Connection(Protocol):
    """What can be done to an open connection."""

    def drop(self) -> None:
        """Cut it without a word."""

    def expire(self) -> None:
        """End it as at its time limit."""


@dataclass
class Faults:
    """Each switch works from the moment it is set. The methods act on the connections that are open now."""

    handshake_status: Annotated[int, Meta(ge=200, le=599)] | None = None
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
    stall_after: str | int | None = None
    """Read and send nothing any more on the connection, likewise."""
    expire_after: str | int | None = None
    """End the session as at its time limit, likewise."""
    withhold: set[str] = field(default_factory=set)
    """Types of events that are never sent."""
    refuse: dict[str, ErrorDetails] = field(default_factory=dict)
    """Types of client events that are answered with this error instead of being done."""
    half_open: bool = False
    """Keep connections open, but read nothing and send nothing any more, as behind a dead router."""
    send_delay_s: float = 0.0
    """Wait this long before each event that is sent, as over a slow line."""
    read_delay_s: float = 0.0
    """Wait this long before each event that is read, as a server out of breath."""
    model_fails: bool = False
    """The model behind the session answers with an error, as with a missing role or deployment.
    Assumption: the service ends the response as ``failed``."""
    model_silent: bool = False
    """The model behind the session answers with nothing at all."""
    connections: set[Connection] = field(default_factory=set, init=False, repr=False)
    """Kept by the server."""

    def reset(self) -> None:
        """Switch everything off; open connections stay."""
        for switch in fields(self):
            if switch.init:
                setattr(self, switch.name, getattr(_NONE, switch.name))
        self.withhold, self.refuse = set(), {}

    def drop_connections(self) -> int:
        """Cut every open connection without a word; returns how many."""
        connections = tuple(self.connections)
        for connection in connections:
            connection.drop()
        return len(connections)

    def expire_sessions(self) -> int:
        """End every session as at its time limit; returns how many.

        Assumption: an ``error`` with code ``session_expired``, then close code 1001, as Azure OpenAI Realtime does.
        """
        connections = tuple(self.connections)
        for connection in connections:
            connection.expire()
        return len(connections)


_NONE = Faults()
