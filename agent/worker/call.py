"""What happens when a room wants an agent: a call, from its settings to the agent's leaving."""

from __future__ import annotations

import asyncio
import logging

from livekit import api, rtc
from livekit.agents import AgentSession, CloseEvent, CloseReason, JobContext, llm
from livekit.agents.voice.room_io import RoomOptions

from .apology import apologise
from .assistant import Assistant
from .call_report import CallReport
from .call_settings import CallRefused, CallSettings
from .failures import in_words
from .models import name_of

logger = logging.getLogger("livekit.agents.voicelive-worker")

CALLER_DEADLINE_S = 20.0
"""How long an agent that cannot answer waits for the caller, to say so."""

ON_PURPOSE = (CloseReason.ERROR, CloseReason.TASK_COMPLETED)
"""Ends after which nobody is to send another agent. A job that is ended from outside says "user initiated"."""


async def answer(ctx: JobContext) -> None:
    """Take one call."""
    try:
        settings = CallSettings(ctx.job.metadata)
        model = settings.realtime_model()
    except CallRefused as refused:
        cause = f" {refused.__cause__}" if refused.__cause__ else ""
        logger.error("the call cannot start: %s%s", refused, cause)
        await ctx.connect()
        await explain(ctx.room, str(refused))
        await leave_for_good(ctx)
        ctx.shutdown(reason="refused")
        return
    await Call(ctx, settings, model).start()


class Call:
    """Owns one call's agent session, from its start to the moment when the agent leaves the room."""

    def __init__(self, ctx: JobContext, settings: CallSettings, model: llm.RealtimeModel) -> None:
        self._ctx = ctx
        self._settings = settings
        self._session: AgentSession[None] = AgentSession(
            llm=model,
            # Voice Live hears where a turn ends; without this LiveKit would look for a detector in its cloud.
            turn_handling={"turn_detection": "realtime_llm"},
            aec_warmup_duration=settings.aec_warmup_s or None,
        )
        self._report = CallReport(self._session, ctx.room, model=name_of(model))
        self._leaving: asyncio.Task[None] | None = None
        self._session.on("close", self._closed)

    async def start(self) -> None:
        """Connect to Voice Live and join the room, both at once; returns when the agent is ready."""
        audio = not self._settings.text_only
        # This joins the room: so what the caller says while connecting is heard.
        await self._session.start(
            agent=Assistant(self._settings, watch=self._report.watch_connection),
            room=self._ctx.room,
            room_options=RoomOptions(audio_input=audio, audio_output=audio),
        )

    def _closed(self, event: CloseEvent) -> None:
        self._leaving = asyncio.create_task(self._leave(event))

    async def _leave(self, event: CloseEvent) -> None:
        """Who is still in the room must not wait for a dead agent in silence."""
        if event.error is not None:
            await explain(self._ctx.room, in_words(event.error.error))
        if event.reason in ON_PURPOSE:
            await leave_for_good(self._ctx)
        self._ctx.shutdown(reason=event.reason.value)


async def explain(room: rtc.Room, sentence: str) -> None:
    """Tell the caller why there is no call, as soon as they are there."""
    joined = asyncio.Event()
    room.on("participant_connected", lambda _: joined.set())
    if not room.remote_participants:
        try:
            await asyncio.wait_for(joined.wait(), CALLER_DEADLINE_S)
        except TimeoutError:
            return
    await apologise(room, sentence)


async def leave_for_good(ctx: JobContext) -> None:
    """Nobody is to send another agent, so the call's dispatch is taken back; telephones are hung up, as they cannot see that it is over."""
    if ctx.is_fake_job():
        return
    room = ctx.room
    requests = [
        ctx.api.room.remove_participant(
            api.RoomParticipantIdentity(room=room.name, identity=caller.identity)
        )
        for caller in room.remote_participants.values()
        if caller.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP
    ]
    withdrawal = ctx.api.agent_dispatch.delete_dispatch(ctx.job.dispatch_id, room.name)
    for outcome in await asyncio.gather(withdrawal, *requests, return_exceptions=True):
        if isinstance(outcome, Exception):
            logger.warning("the room could not be left as it should be: %s", outcome)
