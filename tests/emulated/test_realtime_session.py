"""The session against the emulator on loopback: it converses, and is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, APIStatusError, llm
from livekit_plugins_voicelive import RealtimeModel
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.response import Response
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from tests.emulated.conftest import Events, eventually, heard, session_with, user
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import DeafEars, hum

SLOW = Behaviour(pace=2.0)


def our_tasks() -> list[str]:
    return [t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("voicelive.")]


# --- conversations ----------------------------------------------------------------------------------------------------


async def test_a_spoken_turn_is_heard_and_answered() -> None:
    ears = DeafEars("Please say exactly good morning everybody.")
    async with (
        EmulatorServer(api_key="key", recognizer=ears) as service,
        session_with(service) as (session, events),
    ):
        for pcm in (hum(700), bytes(48 * 1000)):
            for at in range(0, len(pcm), 960):
                session.push_audio(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))
        generation = await events.wait("generation_created")
        text, seconds = await heard(generation)
        final = await events.wait("input_audio_transcription_completed", where=lambda t: t.is_final)
        assert "good morning everybody" in final.transcript
        assert "good morning everybody" in text.lower()
        assert seconds > 0.5
        assert not generation.user_initiated


async def test_a_reply_asked_for_before_the_socket_is_up_is_given(service: EmulatorServer) -> None:
    async with session_with(service) as (session, _):
        event = await session.generate_reply(instructions="Greet the user.")
        assert event.user_initiated
        assert (await heard(event))[0]


async def test_state_set_before_the_socket_is_up_opens_the_connection(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        await session.update_instructions("Be brief.")
        await session.update_chat_ctx(llm.ChatContext([user("My name is Ada.")]))
        await session.update_tools([])
        await events.server_event(server.ConversationItemCreated)
        opening, item, *_ = service.received[0]
        assert isinstance(opening, client.SessionUpdate)
        assert opening.session["instructions"] == "Be brief."
        assert isinstance(item, client.ConversationItemCreate)


async def test_the_history_is_changed_and_confirmed(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        await session.update_chat_ctx(llm.ChatContext([user("a", "a"), user("b", "b")]))
        await session.update_chat_ctx(llm.ChatContext([user("b", "b")]))
        assert [item.id for item in session.chat_ctx.items] == ["b"]


async def test_a_refused_change_of_the_history_fails_fast_with_its_code(
    service: EmulatorServer,
) -> None:
    service.faults.refuse["conversation.item.create"] = ErrorDetails(
        type="invalid_request_error", code="too_odd", message="the secret words"
    )
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        with pytest.raises(llm.RealtimeError, match=r"1 of 1.*too_odd") as raised:
            await session.update_chat_ctx(llm.ChatContext([user("the secret words")]))
        assert raised.value.code == "too_odd"
        assert "secret" not in str(raised.value)
        assert session.chat_ctx.items == []


async def test_a_change_that_is_never_confirmed_fails_in_time(service: EmulatorServer) -> None:
    service.faults.withhold.add("conversation.item.created")
    async with session_with(service, reply_timeout_s=0.2) as (session, events):
        await events.server_event(server.SessionUpdated)
        with pytest.raises(llm.RealtimeError, match="did not confirm in time"):
            await session.update_chat_ctx(llm.ChatContext([user("hello")]))


async def test_a_reply_that_never_begins_fails_in_time(service: EmulatorServer) -> None:
    service.faults.withhold.add("response.created")
    async with session_with(service, reply_timeout_s=0.2) as (session, _):
        with pytest.raises(llm.RealtimeError) as raised:
            await session.generate_reply()
        assert raised.value.code == "timeout"


async def test_a_reply_that_cannot_be_asked_for_fails_by_itself(service: EmulatorServer) -> None:
    async with session_with(service) as (session, _):
        with pytest.raises(llm.RealtimeError, match="tool_choice"):
            await session.generate_reply(tool_choice="any")  # type: ignore[arg-type]
        assert (await heard(await session.generate_reply()))[0]


async def test_a_sentence_is_said_word_for_word(service: EmulatorServer) -> None:
    async def stream() -> AsyncIterator[str]:
        yield "Your code is "
        yield "four two."

    async with session_with(service) as (session, _):
        assert (await heard(await session.say("Good morning.")))[0] == "Good morning."
        assert (await heard(await session.say(stream())))[0] == "Your code is four two."


async def test_a_text_stream_that_breaks_fails_the_say(service: EmulatorServer) -> None:
    async def stream() -> AsyncIterator[str]:
        yield "half"
        raise OSError("the secret words")

    async with session_with(service) as (session, _):
        with pytest.raises(llm.RealtimeError, match="OSError") as raised:
            await session.say(stream())
        assert "secret" not in str(raised.value)


async def test_a_caller_that_gives_up_wants_no_more_of_its_text(service: EmulatorServer) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def stream() -> AsyncIterator[str]:
        try:
            yield "half"
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with session_with(service) as (session, _), asyncio.timeout(10):
        saying = session.say(stream())
        await begun.wait()
        saying.cancel()
        await ended.wait()


async def test_the_next_reply_plays_although_a_cancelled_one_never_ends() -> None:
    async with (
        EmulatorServer(api_key="key", behaviour=SLOW) as service,
        session_with(service) as (session, events),
    ):
        first = await session.generate_reply(instructions="Tell a long story.")
        await events.server_event(server.ResponseAudioDelta)
        service.faults.withhold.add("response.done")
        session.interrupt()
        await heard(first)
        async with asyncio.timeout(2):
            await session.generate_reply()
        assert len([e for e in service.received[0] if isinstance(e, client.ResponseCancel)]) == 1


async def test_livekit_may_call_back_from_inside_an_event(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        session.on("input_speech_started", lambda _: session.interrupt())
        session.on("generation_created", lambda _: session.interrupt())
        generation = await session.generate_reply(instructions="Tell a long story.")
        await heard(generation)
        for _ in range(50):
            session.push_audio(rtc.AudioFrame(hum(20), 24_000, 1, 480))
        await events.wait("input_speech_started")


async def test_an_event_is_told_to_its_end_before_the_next_begins(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        inside: list[bool] = [False]
        seen: list[bool] = []

        def calls_back(event: Any) -> None:
            inside[0] = True
            session.interrupt()
            inside[0] = False

        session.on("voicelive_server_event_received", calls_back)
        session.on("input_speech_started", lambda _: seen.append(inside[0]))
        for _ in range(50):
            session.push_audio(rtc.AudioFrame(hum(20), 24_000, 1, 480))
        await events.wait("input_speech_started")
        assert seen == [False]


async def test_numbers_wait_for_livekit_to_begin_the_generation(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        before = len(events.all("metrics_collected"))
        # Both in one tick, as when they come in one packet.
        session._receive(server.ResponseCreated(response=Response(id="r")))
        session._receive(server.ResponseDone(response=Response(id="r")))
        assert len(events.all("generation_created")) == 1
        assert len(events.all("metrics_collected")) == before
        await events.wait("metrics_collected", count=before + 1)


async def test_numbers_come_after_the_generation_and_the_connection_has_its_own(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        generation = await session.generate_reply()
        metrics = await events.wait(
            "metrics_collected", where=lambda m: m.request_id == generation.response_id
        )
        assert metrics.output_tokens > 0
        acquired = events.all("metrics_collected")[0]
        assert acquired.request_id == ""
        assert acquired.acquire_time > 0


FRAME = rtc.VideoFrame(8, 8, rtc.VideoBufferType.RGBA, bytes(256))


async def test_video_is_not_shown_unless_asked_for(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_with(service) as (session, _):
        session.push_video(FRAME)
        session.push_video(FRAME)
    assert caplog.text.count("max_video_frames") == 1


async def test_the_newest_video_frames_are_shown_and_the_history_does_not_grow(
    service: EmulatorServer,
) -> None:
    async with session_with(service, max_video_frames=2) as (session, events):
        session.push_video(FRAME)  # nobody to see it yet
        await events.server_event(server.SessionUpdated)
        await session.update_chat_ctx(llm.ChatContext([user("Look.")]))
        for _ in range(4):
            session.push_video(FRAME)
        await events.server_event(server.ConversationItemDeleted, count=2)
        await session.update_chat_ctx(llm.ChatContext([user("Look.")]))
        items = session.chat_ctx.items
        assert len(items) == 3
        shown = [e for e in service.received[0] if isinstance(e, client.ConversationItemCreate)][-1]
        assert shown.item.content[0].image_url.startswith("data:image/jpeg;base64,")  # type: ignore[index, union-attr]


# --- refusals ---------------------------------------------------------------------------------------------------------


async def fatal(events: Events) -> APIError:
    report = await events.wait("error", where=lambda e: not e.recoverable)
    assert isinstance(report.error, APIError)
    return report.error


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "AZURE_VOICELIVE_API_KEY"), (403, "Foundry User"), (404, "endpoint")],
)
async def test_a_refusal_that_cannot_heal_ends_the_session_once(
    service: EmulatorServer, status: int, advice: str
) -> None:
    service.faults.handshake_status = status
    async with session_with(service) as (session, events):
        waiter = session.generate_reply()
        error = await fatal(events)
        assert isinstance(error, APIStatusError)
        assert error.status_code == status
        assert advice in str(error)
        assert "Refused on demand" in str(error)
        with pytest.raises(llm.RealtimeError):
            await waiter
        assert len(events.all("error")) == len(service.requests) == 1


async def test_a_wrong_key_is_a_refusal_that_cannot_heal(service: EmulatorServer) -> None:
    async with session_with(service, api_key="wrong-key") as (_, events):
        error = await fatal(events)
        assert "401" in str(error)
        assert "wrong-key" not in str(error)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_refusal_that_may_heal_is_tried_again(service: EmulatorServer, status: int) -> None:
    service.faults.handshake_status = status
    async with session_with(service) as (session, events):
        report = await events.wait("error")
        assert report.recoverable
        service.faults.handshake_status = None
        assert await session.generate_reply()


async def test_retries_are_spent_one_day(service: EmulatorServer) -> None:
    service.faults.handshake_status = 503
    async with session_with(service) as (session, events):
        await fatal(events)
        assert len(service.requests) == 4
        with pytest.raises(llm.RealtimeError, match="closed"):
            await session.generate_reply()
        with pytest.raises(llm.RealtimeError, match="closed"):
            await session.say("Anybody there?")


async def test_a_connection_alone_does_not_reset_the_retries(service: EmulatorServer) -> None:
    service.faults.drop_after = "session.created"
    async with session_with(service) as (_, events):
        await fatal(events)
        assert len(service.requests) == 4


async def test_a_redirect_is_not_followed_and_the_key_stays_here(service: EmulatorServer) -> None:
    async with EmulatorServer(api_key="key") as elsewhere:
        service.faults.redirect_to = f"{elsewhere.endpoint}/voice-live/realtime".replace(
            "http", "ws"
        )
        async with session_with(service) as (_, events):
            await events.wait("error")
        assert elsewhere.requests == []


async def test_a_service_that_does_not_answer_is_given_up_in_time(service: EmulatorServer) -> None:
    service.faults.stall_handshake = True
    quick = APIConnectOptions(max_retry=0, timeout=0.2)
    async with session_with(service, conn_options=quick) as (_, events):
        assert "did not answer within 0.2 s" in str(await fatal(events))


async def test_a_service_that_begins_no_session_is_given_up_in_time(
    service: EmulatorServer,
) -> None:
    service.faults.withhold.add("session.created")
    quick = APIConnectOptions(max_retry=0, timeout=0.2)
    async with session_with(service, conn_options=quick) as (_, events):
        assert "began no session" in str(await fatal(events))


async def test_another_event_does_not_begin_a_session(service: EmulatorServer) -> None:
    service.faults.withhold.add("session.created")
    quick = APIConnectOptions(max_retry=0, timeout=0.5)
    async with session_with(service, conn_options=quick) as (_, events):
        await eventually(lambda: bool(service.faults.connections))
        [runner] = service.faults.connections
        await runner._websocket.send('{"type": "something.new"}', text=True)
        assert "began no session" in str(await fatal(events))


async def test_nobody_there_is_told_with_the_endpoint() -> None:
    async with EmulatorServer() as gone:
        endpoint = gone.endpoint
    model = RealtimeModel(
        endpoint=endpoint, api_key="key", conn_options=APIConnectOptions(max_retry=0)
    )
    events = Events(model.session())
    assert "AZURE_VOICELIVE_ENDPOINT" in str(await fatal(events))
    await model.aclose()


async def test_an_error_after_the_upgrade_is_what_is_reported(service: EmulatorServer) -> None:
    service.faults.error_after_upgrade = ErrorDetails(
        type="invalid_request_error", code="invalid_request_error", message="no such project"
    )
    async with session_with(service) as (_, events):
        assert "no such project" in str(await fatal(events))
        assert len(service.requests) == 1


async def test_a_rejected_configuration_is_no_silent_default(service: EmulatorServer) -> None:
    service.faults.refuse["session.update"] = ErrorDetails(
        type="invalid_request_error",
        code="invalid_voice",
        param="session.voice",
        message="Only Azure voice is supported",
    )
    async with session_with(service) as (_, events):
        error = await fatal(events)
        assert "session.voice" in str(error)
        assert "Only Azure voice is supported" in str(error)
        assert len(service.requests) == 1


async def test_a_credential_that_fails_is_told_without_its_words(service: EmulatorServer) -> None:
    def provider() -> str:
        raise RuntimeError("the secret token")

    session = RealtimeModel(endpoint=service.endpoint, credential=provider).session()
    events = Events(session)
    error = await fatal(events)
    assert "RuntimeError" in str(error)
    assert "secret" not in str(error)
    await session.aclose()
