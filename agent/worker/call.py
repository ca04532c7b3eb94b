"""What happens when a room wants an agent, and how full the worker says it is."""

from __future__ import annotations

import logging

from livekit.agents import AgentServer, AgentSession, ErrorEvent, JobContext

from .assistant import Assistant
from .call_report import CallReport
from .settings import Settings, WorkerSettings

logger = logging.getLogger("livekit.agents.voicelive-worker")

FULL = 0.7
"""The load at which a LiveKit server passes a worker over (its ``agents.target_load``), and a worker in production declines."""


def load(server: AgentServer) -> float:
    """How full the worker is, by calls: ``FULL`` when it has all that AGENT_MAX_JOBS allows.

    LiveKit's default is the machine's CPU, and the LiveKit server passes a busy machine over without a word. A realtime
    worker mostly waits for the network: its calls are what counts.
    """
    return min(1.0, FULL * (len(server.active_jobs) / WorkerSettings().max_jobs))


async def answer(ctx: JobContext) -> None:
    """Take one call."""
    settings = Settings()
    model = settings.realtime_model()
    session: AgentSession[None] = AgentSession(
        llm=model,
        # Voice Live hears where a turn ends; without this LiveKit would look for a detector in its cloud.
        turn_handling={"turn_detection": "realtime_llm"},
        aec_warmup_duration=settings.aec_warmup_s or None,
    )
    report = CallReport(session, ctx.room, model=model.model)
    session.on("error", _report)
    session.on("close", lambda event: report.write(ended=event.reason.value))
    # Before the room is joined: so what the caller says while connecting is heard.
    await session.start(agent=Assistant(settings), room=ctx.room)
    report.watch_connection(session.current_agent.realtime_llm_session)


def _report(event: ErrorEvent) -> None:
    error = event.error
    cause = getattr(error, "error", error)
    if getattr(error, "recoverable", False):
        logger.warning("Voice Live: %s", cause)
    else:
        logger.error("the call ends: %s", cause)
