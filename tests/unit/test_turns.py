"""Turns, replies and tools, with both ends joined in memory."""

import pytest

from livekit.agents import APIError, llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    InputAudioBufferAppend,
    InputAudioBufferClear,
    ResponseCancel,
    ResponseCreate,
)
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import WALL_CLOCK_OFFSET_S, Heard, Say, SessionPair
from tests.unit.scenario import PACED, STORY, look_up, pair_waiter, refuse
from voicelive_emulator.behaviour import Behaviour

# --- a turn -----------------------------------------------------------------------------------------------------------


async def test_a_turn_is_heard_understood_and_answered() -> None:
    pair = SessionPair(Say("It is noon."), hears=["What time is it?"])
    pair.speak()
    heard = Heard(pair.emits("generation_created")[0])
    assert heard.texts == ["It is noon."]
    assert heard.audio_ms() > 100
    assert heard.closed
    assert await heard.messages[0].modalities == ["audio", "text"]
    assert not heard.event.user_initiated
    [final] = [t for t in pair.emits("input_audio_transcription_completed") if t.is_final]
    assert final.transcript == "What time is it?"
    assert [item.text_content for item in pair.history] == ["What time is it?", "It is noon."]
    assert pair.agrees()


async def test_livekit_hears_of_things_in_an_order_that_it_can_follow() -> None:
    pair = SessionPair(hears=["Hello."])
    pair.speak()
    names = pair.names()
    order = [
        "input_speech_started",
        "input_speech_stopped",
        "remote_item_added",
        "generation_created",
        "metrics_collected",
    ]
    places = [names.index(name) for name in order]
    assert places == sorted(places)
    assert pair.emits("input_speech_stopped")[0].user_transcription_enabled


async def test_ids_line_up() -> None:
    pair = SessionPair(hears=["Hello."])
    pair.speak()
    heard = Heard(pair.emits("generation_created")[0])
    metrics = [m for m in pair.emits("metrics_collected") if m.type == "realtime_model_metrics"]
    assert [m.request_id for m in metrics] == [heard.event.response_id]
    assert heard.id == pair.history[-1].id
    assert metrics[0].metadata.model_name == "gpt-realtime"
    assert metrics[0].total_tokens > 0


async def test_a_users_turn_is_placed_where_it_began_and_billed() -> None:
    pair = SessionPair(hears=["Hello."])
    pair.now = 5.0
    pair.start_speaking()
    pair.now = 8.0
    pair.stop_speaking()
    final = next(t for t in pair.emits("input_audio_transcription_completed") if t.is_final)
    assert final.turn_started_at == WALL_CLOCK_OFFSET_S + 5.0
    [stt] = [m for m in pair.emits("metrics_collected") if m.type == "stt_metrics"]
    assert stt.request_id == final.item_id
    assert stt.metadata.model_name == "whisper-1"
    assert stt.audio_duration > 0.5


async def test_noise_that_nobody_understands_has_no_transcript() -> None:
    pair = SessionPair(hears=[""])
    pair.speak()
    assert pair.emits("input_audio_transcription_completed") == []
    assert not [m for m in pair.emits("metrics_collected") if m.type == "stt_metrics"]


# --- replies ----------------------------------------------------------------------------------------------------------


async def test_a_reply_is_asked_for_with_its_own_instructions_and_tools() -> None:
    pair = SessionPair(Say("Welcome."))
    pair.sent()
    waiter = pair.generate_reply(instructions="Greet.", tool_choice="none", tools=[look_up])
    [request] = pair.sent_of(ResponseCreate)
    assert request.additional_instructions == "Greet."
    assert request.response.tool_choice == "none"  # type: ignore[union-attr]
    assert [tool["name"] for tool in request.response.tools] == ["look_up"]  # type: ignore[union-attr]
    heard = Heard(waiter.result())
    assert heard.event.user_initiated
    assert heard.texts == ["Welcome."]
    assert pair.emits("generation_created") == [heard.event]
    assert pair.brain.views[0].additional_instructions == "Greet."


@pytest.mark.parametrize("echo", [True, False])
async def test_replies_asked_for_at_once_come_one_after_the_other(echo: bool) -> None:
    behaviour = Behaviour(pace=4.0, echo_metadata=echo)
    pair = SessionPair(Say("One."), Say("Two."), behaviour=behaviour)
    first, second = pair.generate_reply(), pair.generate_reply()
    for _ in range(40):
        pair.advance(0.1)
    assert Heard(first.result()).texts == ["One."]
    assert Heard(second.result()).texts == ["Two."]
    assert pair.emits("error") == []


async def test_say_speaks_exactly_these_words_without_the_model() -> None:
    pair = SessionPair()
    waiter = pair.generate_reply()
    pair.translator.say(waiter2 := pair_waiter(), "Exactly this, please.", now=0)
    pair.settle()
    assert waiter.done()
    assert Heard(waiter2.result()).texts == ["Exactly this, please."]
    assert pair.history[-1].text_content == "Exactly this, please."
    assert len(pair.brain.views) == 1


async def test_an_abandoned_reply_is_cancelled_and_leaves_no_trace() -> None:
    pair = SessionPair(Say("Nobody hears this."), Say("This one."), connected=False)
    waiter = pair.generate_reply()
    waiter.cancel()
    pair.connect()
    assert pair.emits("generation_created") == []
    pair = SessionPair(STORY, behaviour=PACED)
    pair.service.idle = True  # type: ignore[union-attr]
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    waiter.cancel()
    pair.settle()
    for _ in range(5):
        pair.advance(1)
    assert pair.emits("generation_created") == []
    assert pair.emits("remote_item_added") == []
    assert len(pair.sent_of(ResponseCancel)) == 1


async def test_a_refused_reply_fails_at_once_with_the_services_code() -> None:
    pair = SessionPair()
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    [request] = pair.translator.events_to_send()
    refuse(pair, str(request.event_id), code="bad_tools")
    error = waiter.exception()
    assert isinstance(error, llm.RealtimeError)
    assert error.code == "bad_tools"
    assert len(pair.emits("error")) == 1


async def test_a_reply_refused_as_busy_is_asked_for_again() -> None:
    pair = SessionPair(Say("At last."))
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    [request] = pair.translator.events_to_send()
    refuse(pair, str(request.event_id), code="conversation_already_has_active_response")
    assert not waiter.done()
    pair.advance(1)
    assert Heard(waiter.result()).texts == ["At last."]
    assert pair.emits("error") == []


async def test_an_answer_in_text_where_speech_was_asked_for_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pair = SessionPair()
    for number in range(2):
        name = f"r{number}"
        for event in (
            server.ResponseCreated(response=Response(id=name, modalities=["text", "audio"])),
            server.ResponseTextDelta(response_id=name, item_id=name, delta="the secret words"),
            server.ResponseDone(response=Response(id=name)),
        ):
            pair.translator.receive(event, now=0)
    assert caplog.text.count("answered in text") == 1
    assert "secret" not in caplog.text


async def test_a_failed_response_is_reported_and_its_streams_are_closed() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    failed = Response(id="r", status="failed", status_details="failed")
    pair.translator.receive(server.ResponseDone(response=failed), now=0)
    pair.settle()
    assert Heard(pair.emits("generation_created")[0]).closed
    [error] = pair.emits("error")
    assert isinstance(error, APIError)


# --- turns by hand ----------------------------------------------------------------------------------------------------


async def test_a_turn_committed_by_hand_is_answered_when_asked() -> None:
    pair = SessionPair(Say("Yes."), hears=["Hello?"], settings={"turn_detection": None})
    pair.start_speaking()
    pair.translator.commit_audio()
    pair.settle()
    assert pair.emits("generation_created") == []
    assert Heard(pair.generate_reply().result()).texts == ["Yes."]
    assert [item.text_content for item in pair.history] == ["Hello?", "Yes."]


async def test_a_commit_by_hand_does_not_make_us_wait_for_the_services_answer() -> None:
    behaviour = Behaviour(pace=float("inf"), echo_metadata=False)
    pair = SessionPair(Say("Yes."), hears=["Hello?"], behaviour=behaviour)
    pair.hear(bytes(48 * 400))
    pair.translator.commit_audio()
    pair.settle()
    assert Heard(pair.generate_reply().result()).texts == ["Yes."]


async def test_too_little_audio_is_cleared_and_audio_can_be_dropped() -> None:
    pair = SessionPair(settings={"turn_detection": None})
    pair.sent()
    pair.hear(bytes(48 * 80))
    pair.translator.commit_audio()
    pair.translator.clear_audio()
    pair.settle()
    assert [type(e) for e in pair.sent()] == [InputAudioBufferClear, InputAudioBufferClear]
    assert pair.emits("error") == []


# --- commits --------------------------------------------------------------------------------------------------------


async def test_a_turn_by_hand_is_billed_with_all_that_was_committed() -> None:
    pair = SessionPair(hears=["Hello?"], settings={"turn_detection": None})
    pair.start_speaking(1000)
    pair.translator.commit_audio()
    pair.settle()
    [metrics] = [m for m in pair.emits("metrics_collected") if m.type == "stt_metrics"]
    assert metrics.audio_duration == 1.0


async def test_a_turn_that_is_announced_twice_takes_nothing_of_the_next_and_is_answered_once() -> (
    None
):
    pair = SessionPair(hears=["One"])
    pair.speak()
    [committed] = [e for e in pair.received if isinstance(e, server.InputAudioBufferCommitted)]
    pair.start_speaking()
    pair.translator.receive(committed, now=0)
    assert pair.translator._input_audio.in_speech
    assert not pair.translator._responses.busy


async def test_a_turn_that_the_service_is_not_to_answer_is_not_waited_for() -> None:
    detection = {"type": "server_vad", "silence_duration_ms": 200, "create_response": False}
    pair = SessionPair(hears=["Hello?"], settings={"turn_detection": detection})
    pair.speak()
    pair.sent()
    pair.advance(60)
    assert pair.sent() == []
    assert pair.emits("error") == []


# --- in an order of the service's own ---------------------------------------------------------------------------------


async def test_words_that_come_before_their_turn_is_a_message_count() -> None:
    pair = SessionPair(hears=["Hello?"])
    pair.withheld |= {server.InputAudioTranscriptionCompleted, server.InputAudioBufferCommitted}
    pair.withheld.add(server.ResponseCreated)
    pair.speak()
    [item_id] = [
        e.item_id for e in pair.received if isinstance(e, server.InputAudioBufferSpeechStarted)
    ]
    for event in (
        server.InputAudioTranscriptionCompleted(item_id=item_id, transcript="Hello?"),
        server.InputAudioBufferCommitted(item_id=item_id),
    ):
        pair.translator.receive(event, now=pair.now)
    pair.settle()
    pair.sent()
    pair.advance(8.0)
    assert len(pair.sent_of(ResponseCreate)) == 1
    pair.lose()
    pair.connect()
    again = [event for event in pair._sent if isinstance(event, InputAudioBufferAppend)]
    assert sum(len(event.audio) for event in again) < 48 * 1_100  # what is kept of silence


async def test_a_late_refusal_of_a_reply_that_was_given_up_is_not_told_again() -> None:
    pair = SessionPair()
    pair.withheld.add(server.ResponseCreated)
    waiter = pair.generate_reply()
    [asked] = pair.sent_of(ResponseCreate)
    pair.advance(10.0)
    assert waiter.exception()
    refuse(pair, str(asked.event_id), code="server_error")
    assert pair.emits("error") == []
