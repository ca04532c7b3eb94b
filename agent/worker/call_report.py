"""Tells the room, while a call lasts, what its turns were like, and the log at its end how it went.

Listens to LiveKit's session and holds no figures itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import asdict
from typing import Any

from livekit import rtc
from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    CloseEvent,
    ErrorEvent,
    SpeechCreatedEvent,
    UserStateChangedEvent,
)
from livekit.agents.llm import RealtimeSession
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.agents.voice.events import SessionUsageUpdatedEvent
from livekit.agents.voice.speech_handle import SpeechHandle

from .failures import kind_of
from .figures import CallFigures, TurnFigures
from .measurements import measure

logger = logging.getLogger("livekit.agents.voicelive-worker")

FIGURES_TOPIC = "voicelive.figures"
"""Each turn's :class:`TurnFigures` as a JSON text stream; once more, with the same number, if tokens came late."""


class CallReport:
    """Owns the figures of one call and what is still on its way to the room."""

    def __init__(self, session: AgentSession[Any], room: rtc.Room, *, model: str) -> None:
        """Listens from now on; ``model`` is the configured one's name."""
        self.figures = CallFigures(model, now=time.time())
        self._room = room
        self._publishing: set[asyncio.Task[None]] = set()
        session.on("speech_created", self._speech_created)
        session.on("user_state_changed", self._user_state_changed)
        session.on("agent_state_changed", self._agent_state_changed)
        session.on("session_usage_updated", self._usage_updated)
        session.on("error", self._failed)
        session.on("close", self._closed)

    def watch_connection(self, realtime: RealtimeSession) -> None:
        """Listen to it too, before anything happens on it."""
        realtime.on("session_reconnected", self._reconnected)
        realtime.on("metrics_collected", self._metrics_collected)

    def _speech_created(self, event: SpeechCreatedEvent) -> None:
        handle = event.speech_handle
        self.figures.turn_began(spoken_to=handle.input_details.modality == "audio")
        handle.add_done_callback(self._speech_done)

    def _speech_done(self, handle: SpeechHandle) -> None:
        turn = self.figures.turn_ended(handle.chat_items, interrupted=handle.interrupted)
        if turn is None:
            return
        self._publish(turn)
        measure("turns")
        if turn.interrupted:
            measure("barge_ins")
        if turn.latency_ms is not None:
            measure("turn_latency", turn.latency_ms / 1000)
        for tool in turn.tools:
            measure("tool_calls", tool=tool)

    def _user_state_changed(self, event: UserStateChangedEvent) -> None:
        if event.old_state == "speaking":
            self.figures.user_stopped(now=event.created_at)

    def _agent_state_changed(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self.figures.agent_sounded(now=event.created_at)

    def _usage_updated(self, event: SessionUsageUpdatedEvent) -> None:
        corrected = self.figures.used(event.usage)
        if corrected is not None:
            self._publish(corrected)

    def _metrics_collected(self, metrics: object) -> None:
        """Once for each response, from whichever model."""
        if not isinstance(metrics, RealtimeModelMetrics):
            return
        model = (metrics.metadata.model_name if metrics.metadata else None) or "unknown"
        measure("tokens", metrics.input_tokens, model=model, direction="input")
        measure("tokens", metrics.output_tokens, model=model, direction="output")
        if metrics.ttft >= 0:
            measure("first_audio", metrics.ttft)

    def _reconnected(self, _: object) -> None:
        self.figures.reconnected()
        measure("reconnects")

    def _failed(self, event: ErrorEvent) -> None:
        error = getattr(event.error, "error", event.error)
        self.figures.failed(kind_of(error))
        measure("errors", kind=kind_of(error))
        if getattr(event.error, "recoverable", False):
            logger.warning("Voice Live: %s", error)
        else:
            logger.error("the call ends: %s", error)

    def _closed(self, event: CloseEvent) -> None:
        summary = self.figures.summary(now=time.time(), ended=event.reason.value)
        logger.info("call summary", extra=summary)
        measure("calls", ended=event.reason.value)
        measure("call_duration", summary["duration_s"])

    def _publish(self, turn: TurnFigures) -> None:
        if self._room.isconnected():
            task = asyncio.create_task(self._send(turn))
            self._publishing.add(task)
            task.add_done_callback(self._publishing.discard)

    async def _send(self, turn: TurnFigures) -> None:
        try:
            await self._room.local_participant.send_text(
                json.dumps(asdict(turn)), topic=FIGURES_TOPIC
            )
        except ConnectionError:
            logger.debug("the room was left before the figures of a turn could be published")
