"""LiveKit ends the turns: a detector of its own instead of the service's, and speech that may not be interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit import rtc
from livekit.agents import AgentSession, AgentTask, RunContext, function_tool, llm
from livekit.agents.voice import io
from livekit.plugins import silero
from livekit_plugins_voicelive.protocol import client_events as client
from tests.emulated.conftest import DEADLINE_S, eventually, model_of
from tests.emulated.loudspeaker import Loudspeaker
from tests.emulated.test_agent_session import AT_ONCE, STORY, Assistant, Conversation, conversation
from tests.session_pair import PlannedBrain
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import DeafEars
from voicelive_emulator.speech.synthesizer import Synthesizer
from voicelive_emulator.work import Call, Say


class Microphone(io.AudioInput):
    """Gives the session what the test says, and silence."""

    def __init__(self) -> None:
        super().__init__(label="test")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def say(self, pcm: bytes) -> None:
        for at in range(0, len(pcm) - 959, 960):
            self._frames.put_nowait(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


@asynccontextmanager
async def client_turns(*plans: object, hears: tuple[str, ...]) -> AsyncIterator[Conversation]:
    brain = PlannedBrain(*plans)  # type: ignore[arg-type]
    async with EmulatorServer(
        api_key="key", recognizer=DeafEars(*hears), brain=brain, behaviour=AT_ONCE
    ) as service:
        session: AgentSession[None] = AgentSession(
            llm=model_of(service),
            vad=silero.VAD.load(),
            turn_handling={"turn_detection": "vad"},
        )
        speaker = Loudspeaker()
        session.output.audio = speaker
        session.input.audio = Microphone()
        await session.start(Assistant())
        try:
            yield Conversation(service, session, speaker, brain)
        finally:
            async with asyncio.timeout(DEADLINE_S):
                await session.aclose()


async def test_livekits_detector_ends_the_turn_and_asks_for_the_answer() -> None:
    question = Synthesizer().synthesize("What time is it, please?")
    async with client_turns(Say("It is noon."), hears=("What time is it, please?",)) as talk:
        microphone = talk.session.input.audio
        assert isinstance(microphone, Microphone)
        microphone.say(bytes(48 * 500) + question + bytes(48 * 2000))
        await eventually(lambda: ("assistant", "It is noon.") in talk.words)
        opening = talk.service.received[0][0]
        assert isinstance(opening, client.SessionUpdate)
        assert opening.session["turn_detection"] is None
        assert len(talk.sent(client.InputAudioBufferCommit)) == 1
        assert len(talk.sent(client.ResponseCreate)) == 1


async def test_speech_that_may_not_be_interrupted_is_not() -> None:
    question = Synthesizer().synthesize("Hello, hello, can you hear me?")
    async with client_turns(STORY, hears=("Hello?",)) as talk:
        talk.speaker.held = True
        handle = talk.session.generate_reply(allow_interruptions=False)
        async with asyncio.timeout(DEADLINE_S):
            await talk.speaker.started.wait()
        microphone = talk.session.input.audio
        assert isinstance(microphone, Microphone)
        microphone.say(question + bytes(48 * 1000))
        await eventually(lambda: talk.session.user_state == "listening")
        assert not handle.interrupted
        assert talk.sent(client.ResponseCancel) == []
        talk.speaker.held = False
        talk.speaker.flush()
        async with asyncio.timeout(DEADLINE_S):
            await handle


class AskName(AgentTask[str]):
    def __init__(self) -> None:
        super().__init__(instructions="Ask for the name.")

    async def on_enter(self) -> None:
        await self.session.generate_reply()
        self.complete("Ada")


class Receptionist(Assistant):
    @function_tool
    async def ask_name(self, context: RunContext[None]) -> str:
        """Ask the caller's name."""
        return f"The name is {await AskName()}"


async def test_a_task_awaited_inside_a_tool_keeps_the_socket_and_the_pending_call() -> None:
    plans = (Call("ask_name", "{}"), Say("What is your name?"), Say("Welcome, Ada."))
    async with conversation(*plans, agent=Receptionist()) as talk:
        async with asyncio.timeout(DEADLINE_S):
            await talk.session.generate_reply(user_input="I am here to see Bob.")
        await eventually(lambda: ("assistant", "Welcome, Ada.") in talk.words)
        assert len(talk.service.received) == 1
        results = [
            item
            for item in talk.session.current_agent.chat_ctx.items
            if isinstance(item, llm.FunctionCallOutput)
        ]
        assert [result.output for result in results] == ["The name is Ada"]
