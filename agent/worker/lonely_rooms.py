"""Which rooms have a person in them and a dispatch, but no agent. Pure: rooms and a clock in, rooms out.

A dispatch stands for as long as its agent is wanted: an agent that leaves on purpose withdraws it. LiveKit's own record of a job
does not tell the two apart, it says "running" of dead and of finished ones alike (seen with livekit-server 1.13.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """A standing wish for an agent."""

    id: str
    agent_name: str
    metadata: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """One room as it is now."""

    name: str
    people: int
    agents: int
    dispatches: tuple[Dispatch, ...]

    def wanted(self, agent_name: str) -> list[Dispatch]:
        """The dispatches of this agent; of an unnamed one only where nobody asked for a named one.

        LiveKit notes a dispatch of the unnamed agent for every new room, also where a token or a call asks for another.
        """
        named = {dispatch.agent_name for dispatch in self.dispatches} - {""}
        if not agent_name and named:
            return []
        return [dispatch for dispatch in self.dispatches if dispatch.agent_name == agent_name]


class LonelyRooms:
    """Remembers since when each room has been lonely, or when it was last sent an agent."""

    def __init__(self, agent_name: str, *, patience_s: float) -> None:
        """``patience_s``: how long an agent may take to come, before another one is sent."""
        self._agent_name = agent_name
        self._patience_s = patience_s
        self._since: dict[str, float] = {}

    def overdue(self, rooms: Iterable[Room], *, now: float) -> list[Room]:
        """Rooms to send an agent to, each once in ``patience_s``; ``now`` is any clock's seconds."""
        lonely = {
            room.name: room
            for room in rooms
            if room.people and not room.agents and room.wanted(self._agent_name)
        }
        self._since = {name: self._since.get(name, now) for name in lonely}
        overdue = [name for name, since in self._since.items() if now - since >= self._patience_s]
        self._since |= dict.fromkeys(overdue, now)
        return [lonely[name] for name in overdue]
