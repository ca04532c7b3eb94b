"""Keeps a turn from getting lost when the fallback model takes a call over.

LiveKit's adapter hands the conversation over and repeats a reply that was being spoken. A reply that had not begun to sound is
dropped by it: the greeting of a call whose first model refuses, or the answer to what the user has just said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, llm
from livekit.agents.llm import RealtimeModelFallbackAdapter, RealtimeSession
from livekit.agents.llm.realtime_fallback_adapter import RealtimeAvailabilityChangedEvent

REPEATED_BY_LIVEKIT = ("speaking", "thinking")
"""States of the agent in which the adapter asks the next model for the reply again."""


class Takeover:
    """Watches one session over a fallback adapter."""

    def __init__(
        self, session: AgentSession[Any], realtime: RealtimeSession, greet: Callable[[], object]
    ) -> None:
        """``greet`` asks for the call's first words."""
        self._session = session
        self._greet = greet
        self._silent_at_failure = False
        if isinstance(session.llm, RealtimeModelFallbackAdapter):
            session.llm.on("realtime_availability_changed", self._availability_changed)
            realtime.on("session_reconnected", self._reconnected)

    def _availability_changed(self, event: RealtimeAvailabilityChangedEvent) -> None:
        if not event.available:
            self._silent_at_failure = self._session.agent_state not in REPEATED_BY_LIVEKIT

    def _reconnected(self, _: object) -> None:
        """Also after a short loss, of which the model itself takes care."""
        took_over, self._silent_at_failure = self._silent_at_failure, False
        if not took_over:
            return
        history = self._session.current_agent.chat_ctx.items
        said = [item for item in history if isinstance(item, llm.ChatMessage)]
        if not said:
            self._greet()
        elif said[-1].role == "user":
            self._session.generate_reply()
