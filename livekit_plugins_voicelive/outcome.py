"""What a call or an event comes to: client events to send, and events for LiveKit to emit once all state is settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from livekit.agents.metrics.base import Metadata

from .protocol.client_events import ClientEvent


@dataclass(frozen=True)
class Emit:
    """An event for LiveKit."""

    name: str
    payload: Any


@dataclass
class Outcome:
    """What is left to do for others."""

    send: list[ClientEvent] = field(default_factory=list)
    emit: list[Emit] = field(default_factory=list)


@dataclass(frozen=True)
class Identity:
    """Who the numbers belong to, and what time it is there."""

    label: str
    """LiveKit's label of the model."""
    model: str
    provider: str
    wall_clock_offset_s: float = 0.0
    """Added to a monotonic ``now``, it gives Unix seconds."""

    @property
    def metadata(self) -> Metadata:
        """For LiveKit's metrics."""
        return Metadata(model_name=self.model, model_provider=self.provider)

    def wall(self, now: float) -> float:
        """Unix seconds."""
        return now + self.wall_clock_offset_s
