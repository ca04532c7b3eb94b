"""What happens when a room wants an agent, and how full the worker says it is."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import AgentServer, AgentSession, CloseEvent, JobContext, llm
from livekit.agents.voice.room_io import RoomOptions

from .apology import apologise
from .assistant import Assistant
from .call_report import CallReport
from .call_settings import CallRefused, CallSettings
from .failures import in_words
from .models import name_of
from .settings import WorkerSettings

logger = logging.getLogger("livekit.agents.voicelive-worker")

FULL = 0.7
"""The load at which a LiveKit server passes a worker over (its ``agents.target_load``), and a worker in production declines."""

CALLER_DEADLINE_S = 20.0
"""How long an agent that cannot answer waits for the caller, to say so."""


def load(server: AgentServer) -> float:
    """How full the worker is, by calls: ``FULL`` when it has all that AGENT_MAX_JOBS allows.

    LiveKit's default is the machine's CPU, and the LiveKit server passes a busy machine over without a word. A realtime
    worker mostly waits for the network: its calls are what counts.
    """
    return min(1.0, FULL * (len(server.active_jobs) / WorkerSettings().max_jobs))


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
            agent=Assistant(self._settings),
            room=self._ctx.room,
            room_options=RoomOptions(audio_input=audio, audio_output=audio),
        )
        self._report.watch_connection(self._session.current_agent.realtime_llm_session)

    def _closed(self, event: CloseEvent) -> None:
        self._leaving = asyncio.create_task(self._leave(event))

    async def _leave(self, event: CloseEvent) -> None:
        """Who is still in the room must not wait for a dead agent in silence."""
        if event.error is not None:
            await explain(self._ctx.room, in_words(event.error.error))
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
