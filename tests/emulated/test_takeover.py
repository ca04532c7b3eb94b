"""The worker's agent over LiveKit's fallback adapter: no turn is lost when the second model takes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from livekit import rtc
from livekit.agents import AgentSession, llm
from livekit.agents.llm import RealtimeModelFallbackAdapter
from tests.emulated.conftest import DEADLINE_S, eventually, model_of
from tests.emulated.loudspeaker import Loudspeaker
from tests.session_pair import PlannedBrain
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import DeafEars, hum
from voicelive_emulator.work import Say
from worker.assistant import Assistant
from worker.call_settings import CallSettings

AT_ONCE = Behaviour(pace=1000.0)
GREETING = "Hello there."
ANSWER = "An answer."
QUESTION = "What time is it?"


@asynccontextmanager
async def service(*sentences: str) -> AsyncIterator[EmulatorServer]:
    brain = PlannedBrain(*(Say(sentence) for sentence in sentences))
    ears = DeafEars(QUESTION, QUESTION)
    async with EmulatorServer(
        api_key="key", brain=brain, recognizer=ears, behaviour=AT_ONCE
    ) as server:
        yield server


@asynccontextmanager
async def call(first: EmulatorServer, second: EmulatorServer) -> AsyncIterator[AgentSession[None]]:
    session: AgentSession[None] = AgentSession(
        llm=RealtimeModelFallbackAdapter([model_of(first), model_of(second)]),
        turn_handling={"turn_detection": "realtime_llm"},
    )
    session.output.audio = Loudspeaker()
    await session.start(Assistant(CallSettings()))
    try:
        yield session
    finally:
        async with asyncio.timeout(DEADLINE_S):
            await session.aclose()


def said(session: AgentSession[None]) -> list[str | None]:
    items = session.current_agent.chat_ctx.items
    return [item.text_content for item in items if isinstance(item, llm.ChatMessage)]


def speak(session: AgentSession[None]) -> None:
    realtime = session.current_agent.realtime_llm_session
    pcm = hum(600) + bytes(48_000)
    for at in range(0, len(pcm), 960):
        realtime.push_audio(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))


async def test_the_greeting_comes_from_the_second_model_when_the_first_refuses() -> None:
    async with service() as first, service(GREETING) as second:
        first.faults.handshake_status = 403
        async with call(first, second) as session:
            await eventually(lambda: said(session) == [GREETING])


async def test_a_question_that_the_first_model_leaves_open_is_answered_by_the_second() -> None:
    async with (
        service(GREETING) as first,
        service(ANSWER) as second,
        call(first, second) as session,
    ):
        await eventually(lambda: said(session) == [GREETING])
        first.faults.model_silent = True
        first.faults.withhold = {"response.created"}
        speak(session)
        await eventually(lambda: said(session) == [GREETING, QUESTION])
        first.faults.handshake_status = 403
        first.faults.drop_connections()
        await eventually(lambda: said(session) == [GREETING, QUESTION, ANSWER])


@pytest.mark.parametrize("times", [1, 2])
async def test_a_connection_that_was_only_lost_gets_no_second_greeting(times: int) -> None:
    async with (
        service(GREETING, ANSWER) as first,
        service() as second,
        call(first, second) as session,
    ):
        await eventually(lambda: said(session) == [GREETING])
        for connections in range(2, times + 2):
            first.faults.drop_connections()
            await eventually(lambda: len(first.received) == connections)  # noqa: B023
        await session.generate_reply()
        assert said(session) == [GREETING, ANSWER]
        assert second.received == []
