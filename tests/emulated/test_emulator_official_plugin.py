"""LiveKit's own Azure plugin holds spoken conversations with the emulator in a real AgentSession: real ears, real voice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, llm
from livekit.plugins.azure.realtime import RealtimeModel
from livekit_plugins_voicelive.protocol import client_events as client
from tests.emulated.conftest import KEY
from tests.emulated.loudspeaker import Loudspeaker
from voicelive_emulator import EmulatorServer
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

DEADLINE_S = 60.0
SILENCE_1_S = bytes(48_000)
FRAME_BYTES = 960


class Recorder(Loudspeaker):
    """A loudspeaker that remembers what it played."""

    def __init__(self) -> None:
        super().__init__()
        self.played = bytearray()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.played += bytes(frame.data.cast("b"))


class Assistant(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="Be brief.")
        self.asked: list[str] = []

    @function_tool
    async def get_weather(self, city: str) -> str:
        """Look up the weather for a city."""
        self.asked.append(city)
        return f"It is foggy and 12 degrees in {city}."


@asynccontextmanager
async def call(
    emulator: EmulatorServer, agent: Agent, **options: str
) -> AsyncIterator[tuple[AgentSession[None], Recorder]]:
    model = RealtimeModel(endpoint=emulator.endpoint, api_key=KEY, **options)
    session: AgentSession[None] = AgentSession(
        llm=model, turn_handling={"turn_detection": "realtime_llm"}
    )
    speaker = Recorder()
    session.output.audio = speaker
    await session.start(agent)
    try:
        yield session, speaker
    finally:
        async with asyncio.timeout(DEADLINE_S):
            await session.aclose()


def say(agent: Agent, speech: bytes) -> None:
    push(agent, SILENCE_1_S + speech + SILENCE_1_S)


def push(agent: Agent, audio: bytes) -> None:
    for at in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
        frame = rtc.AudioFrame(audio[at : at + FRAME_BYTES], 24_000, 1, FRAME_BYTES // 2)
        agent.realtime_llm_session.push_audio(frame)


def words(agent: Agent, role: str) -> str:
    items = agent.chat_ctx.items
    texts = [m.text_content for m in items if isinstance(m, llm.ChatMessage) and m.role == role]
    return " ".join(filter(None, texts))


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("model", "speaks_as"), [("gpt-realtime", "alloy"), ("gpt-4.1", "en-US-AvaNeural")]
)
async def test_it_hears_a_question_and_its_answer_is_heard(
    emulator: EmulatorServer, ears: Recognizer, voice: Synthesizer, model: str, speaks_as: str
) -> None:
    agent = Assistant()
    async with call(emulator, agent, model=model, voice=speaks_as) as (_, speaker):
        say(agent, voice.synthesize("What is twelve times seven?", rate=0.9))
        await eventually(lambda: bool(speaker.segments) and "84" in words(agent, "assistant"))
        await eventually(lambda: "times" in words(agent, "user").lower())
    assert "84" in ears.transcribe(bytes(speaker.played))


async def test_a_spoken_request_runs_a_tool_and_its_result_is_spoken(
    emulator: EmulatorServer, ears: Recognizer, voice: Synthesizer
) -> None:
    agent = Assistant()
    async with call(emulator, agent, model="gpt-4.1") as (_, speaker):
        say(agent, voice.synthesize("What is the weather in London?"))
        await eventually(lambda: "foggy" in words(agent, "assistant") and bool(speaker.segments))
    assert agent.asked == ["London"]
    assert "foggy" in ears.transcribe(bytes(speaker.played)).lower()


async def test_a_caller_who_speaks_up_stops_the_story(
    emulator: EmulatorServer, voice: Synthesizer
) -> None:
    agent = Assistant()
    async with call(emulator, agent, model="gpt-realtime", voice="alloy") as (session, speaker):
        speaker.held = True
        handle = session.generate_reply(instructions="Tell a story.")
        async with asyncio.timeout(DEADLINE_S):
            await speaker.started.wait()
        speaker.position_s = 0.5
        push(agent, SILENCE_1_S + voice.synthesize("Stop, what is two plus three?"))
        async with asyncio.timeout(DEADLINE_S):
            await handle
        assert handle.interrupted
        # The plugin cancels a little later; the question must not end before, or it cancels the answer.
        cancelled = client.ResponseCancel
        await eventually(lambda: any(isinstance(e, cancelled) for e in emulator.received[-1]))
        speaker.held = False
        push(agent, SILENCE_1_S)
        await eventually(lambda: "5" in words(agent, "assistant"))
