"""LiveKit's own AgentSession over our model, with the emulator behind it and a loudspeaker that the test moves by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from livekit import rtc
from livekit.agents import Agent, AgentSession, CloseReason, RunContext, function_tool, llm
from livekit_plugins_voicelive import RealtimeSession
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import DEADLINE_S, Events, eventually, model_of
from tests.emulated.loudspeaker import Loudspeaker
from tests.session_pair import PlannedBrain
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import DeafEars, hum
from voicelive_emulator.work import Call, Say

STORY = Say("Once upon a time there was a fox. It lived in a wood and it liked to talk to people.")
AT_ONCE = Behaviour(pace=1000.0)
SLOWLY = Behaviour(pace=4.0)


@dataclass
class Conversation:
    """A running agent session and all that hangs on it."""

    service: EmulatorServer
    session: AgentSession[None]
    speaker: Loudspeaker
    brain: PlannedBrain
    items: list[llm.ChatItem] = field(default_factory=list)

    @property
    def realtime(self) -> RealtimeSession:
        got = self.session.current_agent.realtime_llm_session
        assert isinstance(got, RealtimeSession)
        return got

    def speak(self, ms: int = 600) -> None:
        """The caller makes a sound; the service listens."""
        self._push(hum(ms))

    def fall_silent(self, ms: int = 1000) -> None:
        self._push(bytes(48 * ms))

    def _push(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 960):
            self.realtime.push_audio(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))

    def sent(self, kind: type) -> list[Any]:
        return [event for event in self.service.received[-1] if isinstance(event, kind)]

    @property
    def words(self) -> list[tuple[str, str | None]]:
        """The agent's history: role and text of its messages."""
        items = self.session.current_agent.chat_ctx.items
        return [(m.role, m.text_content) for m in items if isinstance(m, llm.ChatMessage)]


class Assistant(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="Be brief.")

    @function_tool
    async def look_up(self, place: str) -> str:
        """Look a place up."""
        return f"{place} is far away"

    @function_tool
    async def transfer(self, context: RunContext[None]) -> Agent:
        """Transfer to a colleague."""
        return Agent(instructions="You are the colleague.")


@asynccontextmanager
async def conversation(
    *plans: Any,
    hears: tuple[str, ...] = (),
    behaviour: Behaviour = AT_ONCE,
    agent: Agent | None = None,
    **options: Any,
) -> AsyncIterator[Conversation]:
    brain = PlannedBrain(*plans)
    async with EmulatorServer(
        api_key="key", recognizer=DeafEars(*hears), brain=brain, behaviour=behaviour
    ) as service:
        session: AgentSession[None] = AgentSession(
            llm=model_of(service, **options), turn_handling={"turn_detection": "realtime_llm"}
        )
        speaker = Loudspeaker()
        session.output.audio = speaker
        await session.start(agent or Assistant())
        talk = Conversation(service, session, speaker, brain)
        session.on("conversation_item_added", lambda event: talk.items.append(event.item))
        try:
            yield talk
        finally:
            async with asyncio.timeout(DEADLINE_S):
                await session.aclose()


async def playing(talk: Conversation) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await talk.speaker.started.wait()


# --- turns ------------------------------------------------------------------------------------------------------------


async def test_a_spoken_turn_reaches_the_loudspeaker_and_the_history() -> None:
    async with conversation(Say("It is noon."), hears=("What time is it?",)) as talk:
        talk.speak()
        talk.fall_silent()
        await eventually(lambda: len(talk.words) == 2 and bool(talk.words[1][1]))
        assert talk.words == [("user", "What time is it?"), ("assistant", "It is noon.")]
        assert talk.speaker.segments[0] > 0.3
        assert [i.id for i in talk.session.current_agent.chat_ctx.items if i.type == "message"] == [
            i.id for i in talk.realtime.chat_ctx.items
        ]


async def test_typed_text_is_answered() -> None:
    async with conversation(Say("You typed.")) as talk:
        result = await talk.session.run(user_input="Hello by keyboard")
        result.expect.next_event().is_message(role="assistant")
        assert talk.words == [("user", "Hello by keyboard"), ("assistant", "You typed.")]


async def test_a_tool_is_run_and_its_result_spoken() -> None:
    plans = (Call("look_up", '{"place": "Oslo"}'), Say("Oslo is far away."))
    async with conversation(*plans) as talk:
        result = await talk.session.run(user_input="Where is Oslo?")
        result.expect.next_event().is_function_call(name="look_up", arguments={"place": "Oslo"})
        result.expect.next_event().is_function_call_output(output="Oslo is far away")
        result.expect.next_event().is_message(role="assistant")
        assert len(talk.service.received) == 1
        assert talk.brain.views[1].history[-1].output == "Oslo is far away"  # type: ignore[union-attr]


async def test_a_handoff_keeps_the_socket() -> None:
    async with conversation(Call("transfer", "{}"), Say("Colleague here.")) as talk:
        result = await talk.session.run(user_input="Give me your colleague.")
        result.expect.contains_agent_handoff()
        await talk.session.generate_reply()
        assert talk.session.current_agent.instructions == "You are the colleague."
        assert talk.brain.views[-1].instructions == "You are the colleague."
        assert len(talk.service.received) == 1


async def test_a_fixed_sentence_needs_no_tts() -> None:
    async with conversation() as talk:
        await talk.session.say("This call is recorded.")
        assert talk.words == [("assistant", "This call is recorded.")]
        assert talk.brain.views == []


# --- barge-in ---------------------------------------------------------------------------------------------------------


async def interrupted(talk: Conversation, *, position_s: float) -> None:
    """The agent speaks, and the caller speaks up when `position_s` of it was heard."""
    talk.speaker.held = True
    handle = talk.session.generate_reply()
    await playing(talk)
    talk.speaker.position_s = position_s
    talk.speak()
    async with asyncio.timeout(DEADLINE_S):
        await handle
    assert handle.interrupted


async def test_in_mid_audio_the_service_forgets_what_was_not_heard() -> None:
    async with conversation(STORY, behaviour=SLOWLY) as talk:
        await interrupted(talk, position_s=0.2)
        await eventually(lambda: bool(talk.sent(client.ConversationItemTruncate)))
        [truncate] = talk.sent(client.ConversationItemTruncate)
        assert truncate.audio_end_ms == 200
        [message] = [i for i in talk.items if isinstance(i, llm.ChatMessage)]
        assert message.interrupted
        assert message.text_content == talk.realtime.chat_ctx.items[0].text_content  # type: ignore[union-attr]
        assert STORY.text.startswith(message.text_content or "?")
        assert len(talk.sent(client.ResponseCancel)) <= 1


async def test_with_word_times_the_heard_text_is_right_to_the_word() -> None:
    options = {"voice": "en-US-AvaNeural", "output_audio_timestamp_types": ["word"]}
    async with conversation(STORY, **options) as talk:
        events = Events(talk.realtime)
        # The humming voice takes 60 ms for a letter: "Once" 0-240, "upon" 240-480, "a" 480-540, "time" 540-780.
        await interrupted(talk, position_s=0.5)
        await events.server_event(server.ConversationItemTruncated)
        [message] = talk.realtime.chat_ctx.items
        assert message.text_content == "Once upon a"  # type: ignore[union-attr]


async def test_after_the_last_delta_there_is_nothing_to_cancel() -> None:
    async with conversation(STORY) as talk:
        events = Events(talk.realtime)
        talk.speaker.held = True
        handle = talk.session.generate_reply()
        await playing(talk)
        await events.server_event(server.ResponseDone)
        talk.speaker.position_s = 0.5
        talk.speak()
        await handle
        await eventually(lambda: bool(talk.sent(client.ConversationItemTruncate)))
        assert talk.sent(client.ResponseCancel) == []
        assert events.all("error") == []


async def test_a_position_beyond_the_audio_is_held_to_the_audio() -> None:
    async with conversation(Say("Short.")) as talk:
        events = Events(talk.realtime)
        await interrupted(talk, position_s=99.0)
        truncated = await events.server_event(server.ConversationItemTruncated)
        assert truncated.audio_end_ms < 1000
        assert events.all("error") == []


async def test_at_position_zero_the_message_is_deleted() -> None:
    async with conversation(STORY) as talk:
        events = Events(talk.realtime)
        await interrupted(talk, position_s=0.0)
        await events.server_event(server.ConversationItemDeleted)
        assert talk.realtime.chat_ctx.items == []
        assert talk.sent(client.ConversationItemTruncate) == []


@pytest.mark.parametrize(
    "withheld",
    [
        {"response.audio.delta", "response.audio_transcript.delta"},
        {
            "response.audio.delta",
            "response.audio_transcript.delta",
            "response.content_part.added",
            "response.output_item.added",
        },
    ],
    ids=["before any audio", "before any part"],
)
async def test_before_anything_was_said_the_turn_ends_at_once(withheld: set[str]) -> None:
    async with conversation(STORY, Say("Yes?"), behaviour=SLOWLY) as talk:
        events = Events(talk.realtime)
        talk.service.faults.withhold |= withheld | {"response.done", "response.output_item.done"}
        handle = talk.session.generate_reply()
        await events.server_event(server.ResponseCreated)
        handle.interrupt()
        async with asyncio.timeout(2):
            await handle
        talk.service.faults.withhold.clear()
        async with asyncio.timeout(5):
            await talk.session.generate_reply()
        assert ("assistant", "Yes?") in talk.words


async def test_a_queued_second_message_is_neither_played_nor_remembered() -> None:
    async with conversation(Say("The first one."), Say("The second one.")) as talk:
        events = Events(talk.realtime)
        talk.speaker.held = True
        first = talk.session.generate_reply()
        await playing(talk)
        second = talk.session.generate_reply()
        await events.server_event(server.ResponseDone, count=1)
        talk.speaker.position_s = 0.1
        talk.speak()
        async with asyncio.timeout(DEADLINE_S):
            await first
            await second
        assert len(talk.speaker.segments) == 1
        await eventually(lambda: len(talk.realtime.chat_ctx.items) <= 1)


async def test_a_response_that_never_ends_costs_the_next_no_time() -> None:
    async with conversation(STORY, Say("Here I am."), behaviour=SLOWLY) as talk:
        talk.service.faults.withhold.add("response.done")
        await interrupted(talk, position_s=0.2)
        talk.service.faults.withhold.clear()
        talk.speaker.held = False
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout(DEADLINE_S):
            await talk.session.generate_reply()
        assert loop.time() - started < 3
        assert talk.words[-1] == ("assistant", "Here I am.")


# --- turns by hand ----------------------------------------------------------------------------------------------------


async def test_push_to_talk_commits_and_answers() -> None:
    async with conversation(Say("Over."), hears=("Roger",), turn_detection=None) as talk:
        assert not talk.realtime.capabilities.turn_detection
        talk.speak()
        talk.session.commit_user_turn(transcript_timeout=0.0)
        await eventually(lambda: ("assistant", "Over.") in talk.words)
        [commit] = talk.sent(client.InputAudioBufferCommit)
        order = [type(event) for event in talk.service.received[-1]]
        assert order.index(type(commit)) < order.index(client.ResponseCreate)


async def test_a_session_whose_turns_livekit_ends_says_so() -> None:
    async with EmulatorServer(api_key="key") as service:
        model = model_of(service)
        session = model.session(turn_detection_disabled=True)
        events = Events(session)
        assert not session.capabilities.turn_detection
        assert model.capabilities.turn_detection
        opening = await events.wait("voicelive_client_event_sent")
        assert opening.session["turn_detection"] is None
        await model.aclose()


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_a_session_that_cannot_heal_closes_the_agents_session_with_its_reason() -> None:
    async with EmulatorServer(api_key="key") as service:
        service.faults.handshake_status = 401
        session: AgentSession[None] = AgentSession(
            llm=model_of(service), turn_handling={"turn_detection": "realtime_llm"}
        )
        closed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        session.on("close", closed.set_result)
        await session.start(Assistant())
        async with asyncio.timeout(DEADLINE_S):
            event = await closed
        assert event.reason == CloseReason.ERROR
        assert "AZURE_VOICELIVE_API_KEY" in str(event.error.error)
        await session.aclose()
