"""Scenarios with both ends joined in memory."""

import pytest

from livekit import rtc
from livekit.agents import APIError, llm
from livekit_plugins_voicelive.connection_life import RECONNECT_BEFORE_S
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import WALL_CLOCK_OFFSET_S, Call, Heard, Say, SessionPair
from voicelive_emulator.behaviour import Behaviour

PACED = Behaviour(pace=4.0)

STORY = Say("Once upon a time there was a fox. It lived in a wood and it liked to talk.")


def user(id: str, text: str = "hello") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="user", content=[text])


@llm.function_tool
async def look_up(place: str) -> str:
    """Look a place up."""
    return place


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


def pair_waiter():  # type: ignore[no-untyped-def]
    import asyncio

    return asyncio.get_running_loop().create_future()


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


def refuse(pair: SessionPair, event_id: str, *, code: str, **details: str) -> None:
    error = server.ErrorDetails(
        type="invalid_request_error", code=code, event_id=event_id, **details
    )
    pair.translator.receive(server.ErrorEvent(error=error), now=pair.now)
    pair.settle()


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


# --- barge-in ---------------------------------------------------------------------------------------------------------


async def test_an_interruption_ends_the_streams_at_once_and_cancels_once() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.3)
    pair.withheld.add(server.ResponseDone)
    pair.interrupt()
    pair.interrupt()
    heard = Heard(waiter.result())
    assert heard.closed
    assert heard.audio_ms() > 0
    [cancel] = pair.sent_of(ResponseCancel)
    assert cancel.response_id == heard.event.response_id


async def test_the_history_keeps_what_was_heard() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.3)
    pair.interrupt()
    heard = Heard(waiter.result())
    pair.sent()
    pair.truncate(heard.id, 500, "Once upon")
    [truncate] = pair.sent_of(ConversationItemTruncate)
    assert (truncate.item_id, truncate.audio_end_ms) == (heard.id, 500)
    assert pair.history[-1].text_content == "Once upon"
    assert pair.agrees()
    assert pair.emits("error") == []


async def test_a_truncation_never_exceeds_the_audio_received() -> None:
    pair = SessionPair(Say("Short."))
    waiter = pair.generate_reply()
    heard = Heard(waiter.result())
    pair.truncate(heard.id, 60_000, "Short.")
    [truncate] = pair.sent_of(ConversationItemTruncate)
    assert truncate.audio_end_ms == heard.audio_ms()
    assert pair.emits("error") == []


async def test_a_message_of_which_nothing_was_played_is_deleted() -> None:
    pair = SessionPair(Say("Unheard."))
    heard = Heard(pair.generate_reply().result())
    pair.truncate(heard.id, 0, "")
    assert [e.item_id for e in pair.sent_of(ConversationItemDelete)] == [heard.id]
    assert pair.history == []
    assert pair.agrees()


async def test_an_unknown_message_is_not_truncated() -> None:
    pair = SessionPair()
    pair.sent()
    pair.truncate("item_unknown", 100)
    assert pair.sent() == []


async def test_a_message_of_which_no_audio_came_is_deleted_with_the_interruption() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    pair.service.idle = True  # type: ignore[union-attr]
    pair.generate_reply()
    response = pair.received[-1].response  # type: ignore[union-attr]
    item = Item(type="message", id="item_early", role="assistant", content=[])
    for event in (
        server.ResponseOutputItemAdded(response_id=response.id, item=item),
        server.ConversationItemCreated(item=item),
    ):
        pair.translator.receive(event, now=0)
    pair.interrupt()
    assert pair.history == []
    assert "item_early" in [e.item_id for e in pair.sent_of(ConversationItemDelete)]


async def test_messages_behind_the_one_cut_short_leave_the_history() -> None:
    pair = SessionPair([Say("First part. "), Say("And more.")], Say("Queued answer."))
    first = Heard(pair.generate_reply().result())
    second = Heard(pair.generate_reply().result())
    pair.interrupt()
    pair.truncate(first.id, 100, "First")
    assert [item.id for item in pair.history] == [first.id]
    assert second.id not in pair.service_ids
    assert pair.agrees()


async def test_a_placeholder_of_a_message_that_was_never_played_does_not_keep_it() -> None:
    pair = SessionPair(Say("Never played."))
    heard = Heard(pair.generate_reply().result())
    placeholder = llm.ChatMessage(id=heard.id, role="assistant", content=[])
    pair.update(placeholder)
    assert [item.id for item in pair.history] == [heard.id]  # it may be playing now
    pair.interrupt()
    pair.update(placeholder)
    assert pair.history == []
    assert pair.agrees()


async def test_with_nothing_running_an_interruption_sends_nothing() -> None:
    pair = SessionPair()
    pair.generate_reply()
    pair.sent()
    pair.interrupt()
    assert pair.sent() == []


async def test_a_response_that_never_ends_does_not_hold_up_the_next() -> None:
    pair = SessionPair(STORY, Say("Still here."), behaviour=PACED)
    pair.generate_reply()
    pair.advance(0.1)
    pair.withheld.add(server.ResponseDone)
    pair.interrupt()
    waiter = pair.generate_reply()
    assert not waiter.done()
    due = pair.translator.next_deadline(now=pair.now)
    assert due is not None
    pair.advance(due - pair.now)
    assert waiter.done()


async def test_what_a_cancelled_response_still_streams_reaches_nobody() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.2)
    pair.interrupt()
    response_id = waiter.result().response_id
    heard = Heard(waiter.result())
    late = server.ResponseAudioDelta(response_id=response_id, item_id=heard.id, delta=bytes(480))
    pair.translator.receive(late, now=pair.now)
    late_item = Item(type="message", id="item_late", role="assistant", content=[])
    pair.translator.receive(
        server.ResponseOutputItemAdded(response_id="r_unknown", item=late_item), now=pair.now
    )
    assert Heard(waiter.result()).audio == []
    assert pair.emits("error") == []


async def test_the_service_cancels_by_itself_when_the_user_speaks() -> None:
    pair = SessionPair(STORY, Say("Yes?"), hears=["Stop."], behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.3)
    pair.start_speaking()
    pair.interrupt()  # as LiveKit does inside input_speech_started
    assert Heard(waiter.result()).closed
    pair.stop_speaking()
    pair.advance(2)
    assert Heard(pair.emits("generation_created")[-1]).texts == ["Yes?"]
    assert pair.emits("error") == []


async def test_a_cancel_that_came_too_late_is_no_error() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.2)
    pair.translator.interrupt(now=pair.now)
    [cancel] = pair.translator.events_to_send()
    own = {"type": "cancelled", "reason": "turn_detected"}
    done = Response(id=waiter.result().response_id, status="cancelled", status_details=own)
    pair.translator.receive(server.ResponseDone(response=done), now=pair.now)
    refuse(pair, str(cancel.event_id), code="response_cancel_not_active")
    assert pair.emits("error") == []


async def test_a_written_message_is_shortened_by_a_new_one() -> None:
    pair = SessionPair(Say("Written words."), settings={"modalities": ["text"]})
    heard = Heard(pair.generate_reply().result())
    assert await heard.messages[0].modalities == ["text"]
    pair.translator.truncate(heard.id, audio_end_ms=0, audio_transcript="Written", spoken=False)
    pair.settle()
    assert pair.history[0].text_content == "Written"
    assert pair.agrees()
    pair.translator.truncate(heard.id, audio_end_ms=0, audio_transcript=None, spoken=False)
    assert pair.translator.events_to_send() == []


# --- tools ------------------------------------------------------------------------------------------------------------


async def test_a_tool_is_called_and_its_result_spoken() -> None:
    pair = SessionPair(Call("look_up", '{"place": "Oslo"}'), Say("Oslo it is."))
    pair.translator.update_tools([look_up])
    pair.settle()
    [call] = Heard(pair.generate_reply().result()).calls
    assert (call.name, call.arguments) == ("look_up", '{"place": "Oslo"}')
    assert call.call_id == pair.history[-1].call_id  # type: ignore[union-attr]
    output = llm.FunctionCallOutput(call_id=call.call_id, output="Oslo", is_error=False)
    [waiter] = pair.update(*pair.history, output)
    assert waiter.done()
    pair.interrupt()
    assert Heard(pair.generate_reply(tool_choice="auto").result()).texts == ["Oslo it is."]
    assert pair.agrees()


def call_begun(pair: SessionPair) -> str:
    """The service begins a function call, and we know of it; returns the response's id."""
    pair.service.idle = True  # type: ignore[union-attr]
    pair.generate_reply()
    response_id = pair.received[-1].response.id  # type: ignore[union-attr]
    call = Item(type="function_call", id="item_call", call_id="c", name="f", arguments="")
    for event in (
        server.ResponseOutputItemAdded(response_id=response_id, item=call),
        server.ConversationItemCreated(item=call),
    ):
        pair.translator.receive(event, now=pair.now)
    return response_id


async def test_a_call_that_the_interruption_cut_off_is_deleted() -> None:
    pair = SessionPair()
    call_begun(pair)
    pair.interrupt()
    assert pair.history == []
    assert "item_call" in [e.item_id for e in pair.sent_of(ConversationItemDelete)]


async def test_a_call_complete_only_after_the_interruption_is_run_by_nobody() -> None:
    pair = SessionPair()
    response_id = call_begun(pair)
    pair.withheld.add(server.ResponseDone)
    pair.interrupt()
    late = server.ResponseFunctionCallArgumentsDone(
        response_id=response_id, item_id="item_call", arguments="{}"
    )
    other = Item(type="function_call", id="other", call_id="d", name="f", arguments="{}")
    for event in (
        late,
        server.ResponseOutputItemAdded(response_id=response_id, item=other),
        server.ResponseOutputItemDone(response_id=response_id, item=other),
        server.ResponseFunctionCallArgumentsDone(
            response_id=response_id, item_id="unannounced", arguments="{}"
        ),
        server.ResponseDone(response=Response(id=response_id, status="cancelled")),
    ):
        pair.translator.receive(event, now=pair.now)
    pair.settle()
    assert pair.history == []
    assert Heard(pair.emits("generation_created")[0]).calls == []
    assert [e.item_id for e in pair.sent_of(ConversationItemDelete)] == [
        "item_call",
        "other",
        "unannounced",
    ]


@pytest.mark.parametrize("status", ["completed", "incomplete"])
async def test_a_call_that_is_only_told_when_complete_is_run_if_it_is(status: str) -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    call = Item(type="function_call", id="i", call_id="c", name="f", arguments="{}", status=status)
    pair.translator.receive(server.ResponseOutputItemDone(response_id="r", item=call), now=0)
    pair.settle()
    calls = Heard(pair.emits("generation_created")[0]).calls
    assert [c.name for c in calls] == (["f"] if status == "completed" else [])


async def test_arguments_are_complete_without_name_and_call_id_too() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    call = Item(type="function_call", id="i", call_id="c", name="f", arguments="")
    pair.translator.receive(server.ConversationItemCreated(item=call), now=0)
    pair.translator.receive(
        server.ResponseFunctionCallArgumentsDone(response_id="r", item_id="i", arguments="{ }"),
        now=0,
    )
    pair.settle()
    [got] = Heard(pair.emits("generation_created")[0]).calls
    assert (got.name, got.call_id, got.arguments) == ("f", "c", "{ }")


async def test_the_interim_message_and_the_answer_are_two_messages() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    for item_id in ("interim_1", "item_2"):
        item = Item(type="message", id=item_id, role="assistant", content=[])
        pair.translator.receive(server.ResponseOutputItemAdded(response_id="r", item=item), now=0)
        pair.translator.receive(server.ResponseOutputItemDone(response_id="r", item=item), now=0)
    pair.settle()
    messages = Heard(pair.emits("generation_created")[0]).messages
    assert [message.message_id for message in messages] == ["interim_1", "item_2"]


# --- the session ------------------------------------------------------------------------------------------------------


async def test_before_the_connection_state_is_recorded_and_nothing_is_queued() -> None:
    pair = SessionPair(connected=False)
    pair.translator.update_instructions("Be brief.")
    pair.translator.update_tools([look_up])
    pair.translator.update_tool_choice("none")
    assert pair.update(user("a")) == []
    assert pair.sent() == []
    assert not pair.translator.confirmed
    pair.connect()
    update, created = pair.sent()
    assert isinstance(update, SessionUpdate)
    assert update.session["instructions"] == "Be brief."
    assert update.session["tool_choice"] == "none"
    assert [tool["name"] for tool in update.session["tools"]] == ["look_up"]
    assert isinstance(created, ConversationItemCreate)
    assert pair.translator.confirmed
    assert pair.agrees()


async def test_a_change_is_sent_as_a_part_of_the_session() -> None:
    pair = SessionPair()
    pair.sent()
    pair.translator.update_instructions("Be brief.")
    pair.settle()
    assert [event.session for event in pair.sent_of(SessionUpdate)] == [
        {"instructions": "Be brief."}
    ]


async def test_options_change_alone_and_are_in_every_opening() -> None:
    pair = SessionPair(settings={"turn_detection": None})
    pair.sent()
    pair.translator.update_options({"turn_detection": {"type": "server_vad"}, "temperature": 0.5})
    pair.settle()
    changes = {"turn_detection": {"type": "server_vad"}, "temperature": 0.5}
    assert [event.session for event in pair.sent_of(SessionUpdate)] == [changes]
    pair.hear(bytes(48 * 5000))
    pair.lose()
    pair.sent()
    pair.connect()
    opening = list(pair._sent)
    assert changes.items() <= opening[0].session.items()  # type: ignore[union-attr]
    again = sum(len(e.audio) for e in opening if isinstance(e, InputAudioBufferAppend))
    assert again == 48 * 1000, "the service hears turns now, so of silence a second is enough"


async def test_a_rejected_configuration_ends_the_session() -> None:
    pair = SessionPair(connected=False)
    pair.translator.receive(server.SessionCreated(session={}), now=0)
    [opening] = pair.translator.events_to_send()
    with pytest.raises(APIError, match=r"rejected.*invalid_voice") as raised:
        refuse(pair, str(opening.event_id), code="invalid_voice")
    assert not raised.value.retryable


async def test_a_rejected_change_is_reported_and_the_session_goes_on() -> None:
    pair = SessionPair()
    pair.translator.update_instructions("x")
    [update] = pair.translator.events_to_send()
    refuse(pair, str(update.event_id), code="invalid_update_message")
    assert [type(error) for error in pair.emits("error")] == [llm.RealtimeError]


async def test_an_error_before_the_session_ends_the_connection() -> None:
    pair = SessionPair(connected=False)
    with pytest.raises(APIError) as raised:
        refuse(pair, "", code="invalid_request_error")
    assert not raised.value.retryable


@pytest.mark.parametrize(
    ("code", "ends"), [("session_expired", True), ("insufficient_quota", True), ("odd", False)]
)
async def test_an_error_that_answers_nothing_is_reported_or_ends_the_connection(
    code: str, ends: bool
) -> None:
    pair = SessionPair()
    event = server.ErrorEvent(error=server.ErrorDetails(code=code))
    if ends:
        with pytest.raises(APIError):
            pair.translator.receive(event, now=0)
    else:
        pair.translator.receive(event, now=0)
        pair.settle()
        assert len(pair.emits("error")) == 1


async def test_a_failed_transcription_is_reported_once() -> None:
    pair = SessionPair()
    event = server.InputAudioTranscriptionFailed(item_id="a")
    pair.translator.receive(event, now=0)
    pair.settle()
    assert len(pair.emits("error")) == 1
    assert pair.emits("input_audio_transcription_completed") == []


async def test_events_that_livekit_has_no_word_for_are_passed_over() -> None:
    pair = SessionPair()
    emitted = len(pair.emitted)
    for event in (
        server.UnknownEvent(type="new"),
        server.InputAudioTranscriptionDelta(item_id="a", delta=""),
        server.WarningEvent(warning=server.WarningDetails(message="x")),
        server.ResponseDone(response=Response(id="unknown")),
        server.ResponseOutputItemDone(response_id="unknown", item=Item(type="message", id="i")),
        server.ResponseOutputItemAdded(response_id="unknown", item=Item(type="message", id="i")),
        server.ResponseFunctionCallArgumentsDone(response_id="u", item_id="i", arguments=""),
        server.ResponseAudioDone(response_id="unknown", item_id="i"),
        server.ConversationItemTruncated(item_id="unknown"),
        server.ConversationItemDeleted(item_id="unknown"),
    ):
        pair.translator.receive(event, now=0)
    pair.settle()
    assert len(pair.emitted) == emitted


async def test_items_of_kinds_that_livekit_does_not_have_are_no_messages() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    item = Item(type="mcp_call", id="i")
    nameless = Item(type="message")
    for event in (
        server.ResponseOutputItemAdded(response_id="r", item=item),
        server.ResponseOutputItemDone(response_id="r", item=item),
        server.ResponseOutputItemAdded(response_id="r", item=nameless),
    ):
        pair.translator.receive(event, now=0)
    pair.settle()
    assert Heard(pair.emits("generation_created")[0]).messages == []


async def test_a_call_made_although_calls_were_forbidden_is_deleted() -> None:
    pair = SessionPair(Call("look_up", "{}"))
    heard = Heard(pair.generate_reply(tool_choice="none").result())
    assert heard.calls == []
    assert pair.history == []
    assert pair.agrees()


async def test_a_picture_needs_somebody_to_see_it() -> None:
    frame = rtc.VideoFrame(8, 8, rtc.VideoBufferType.RGBA, bytes(256))
    pair = SessionPair(connected=False)
    pair.translator.push_video(frame, keep=1)
    assert pair.history == []
    pair.connect()
    pair.translator.push_video(frame, keep=1)
    pair.settle()
    assert len(pair.history) == 1
    assert pair.agrees()


# --- a service that listens and never answers -------------------------------------------------------------------------


@pytest.mark.parametrize("transcribes", [True, False])
async def test_a_turn_that_is_not_answered_is_asked_for_and_then_reported(
    transcribes: bool,
) -> None:
    transcription = {"model": "whisper-1"} if transcribes else None
    pair = SessionPair(hears=["Hello?"], settings={"input_audio_transcription": transcription})
    pair.withheld.add(server.ResponseCreated)
    pair.speak()
    pair.sent()
    pair.advance(8.0)
    assert len(pair.sent_of(ResponseCreate)) == 1
    pair.advance(10.0)
    assert "did not answer" in str(pair.emits("error")[-1])


async def test_noise_is_not_asked_for() -> None:
    pair = SessionPair(hears=[""])
    pair.withheld.add(server.ResponseCreated)
    pair.speak()
    pair.sent()
    pair.advance(60.0)
    assert pair.sent() == []


# --- the service's time limit -----------------------------------------------------------------------------------------


def limited(expires_in_s: float) -> SessionPair:
    pair = SessionPair(connected=False)
    session = {"expires_at": WALL_CLOCK_OFFSET_S + expires_in_s}
    pair.translator.receive(server.SessionCreated(session=session), now=0)
    pair.translator.events_to_send()
    pair.translator.receive(server.SessionUpdated(session=session), now=0)
    return pair


async def test_a_connection_is_replaced_before_its_end_when_all_is_quiet() -> None:
    pair = limited(3600)
    assert pair.translator.next_deadline(now=0) == 3600 - RECONNECT_BEFORE_S
    assert not pair.translator.is_due_to_reconnect(now=3000)
    assert pair.translator.is_due_to_reconnect(now=3301)
    assert pair.translator.next_deadline(now=3301) is None


async def test_nobody_is_cut_off_to_replace_a_connection() -> None:
    pair = limited(3600)
    pair.translator.receive(server.InputAudioBufferSpeechStarted(item_id="a"), now=3301)
    assert not pair.translator.is_due_to_reconnect(now=3301)
    pair.translator.receive(server.InputAudioBufferCommitted(item_id="a"), now=3302)
    assert not pair.translator.is_due_to_reconnect(now=3302)
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=3303)
    assert not pair.translator.is_due_to_reconnect(now=3303)
    pair.translator.receive(server.ResponseDone(response=Response(id="r")), now=3304)
    assert pair.translator.is_due_to_reconnect(now=3304)
    pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    assert not pair.translator.is_due_to_reconnect(now=3305)


async def test_a_service_without_a_limit_is_left_alone() -> None:
    pair = SessionPair(connected=False)
    pair.translator.receive(server.SessionCreated(session={}), now=0)
    assert not pair.translator.is_due_to_reconnect(now=1e12)


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


# --- a lost connection ------------------------------------------------------------------------------------------------


async def test_a_new_connection_is_brought_to_where_the_session_is() -> None:
    pair = SessionPair(Say("It is noon."), hears=["What time is it?"])
    pair.translator.update_instructions("Be brief.")
    pair.speak()
    pair.lose()
    pair.sent()
    pair.connect()
    sent = pair.sent()
    assert isinstance(sent[0], SessionUpdate)
    assert sent[0].session["instructions"] == "Be brief."
    assert [e.item.role for e in sent if isinstance(e, ConversationItemCreate)] == [
        "user",
        "assistant",
    ]
    assert pair.agrees()
    assert len(pair.emits("session_reconnected")) == 1
    assert pair.names().count("remote_item_added") == 2


async def test_the_first_connection_is_no_reconnection() -> None:
    assert SessionPair().emits("session_reconnected") == []


async def test_a_reply_cut_off_keeps_what_arrived_and_is_not_said_again() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.3)
    pair.lose()
    heard = Heard(waiter.result())
    assert heard.closed
    assert heard.texts[0]
    pair.connect()
    assert pair.history[0].text_content == heard.texts[0]
    assert len(pair.emits("generation_created")) == 1


async def test_what_nobody_heard_does_not_come_back_with_the_next_connection() -> None:
    pair = SessionPair()
    call_begun(pair)
    item = Item(type="message", id="unheard", role="assistant", content=[])
    response_id = pair.received[-1].response.id  # type: ignore[union-attr]
    pair.translator.receive(
        server.ResponseOutputItemAdded(response_id=response_id, item=item), now=0
    )
    pair.withheld.add(server.ResponseDone)
    pair.interrupt()
    pair.lose()
    pair.connect()
    assert pair.history == []


async def test_a_reply_that_never_began_is_asked_for_again() -> None:
    pair = SessionPair(Say("Here I am."))
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    pair.translator.events_to_send()  # it leaves, and the connection dies
    pair.lose()
    assert not waiter.done()
    pair.connect()
    assert Heard(waiter.result()).texts == ["Here I am."]


async def test_a_turn_whose_answer_was_lost_gets_its_answer() -> None:
    pair = SessionPair(
        Say("Lost."), Say("It is noon."), hears=["What time is it?"], behaviour=PACED
    )
    pair.withheld |= {
        server.ResponseOutputItemAdded,
        server.ResponseAudioDelta,
        server.ResponseAudioTranscriptDelta,
        server.ResponseContentPartAdded,
    }
    pair.speak()
    pair.lose()
    pair.withheld.clear()
    pair.connect()
    pair.advance(2)
    assert Heard(pair.emits("generation_created")[-1]).texts == ["It is noon."]
    assert pair.history[0].text_content == "What time is it?"


async def test_a_turn_that_was_not_understood_is_heard_again() -> None:
    pair = SessionPair(Say("Lost."), Say("It is noon."), hears=["What time is it?"])
    pair.service.idle = True  # type: ignore[union-attr]
    pair.speak()
    pair.lose()
    pair.connect()
    pair.advance(0)
    assert pair.history[0].text_content == "What time is it?"
    assert pair.emits("generation_created")


async def test_an_utterance_begun_before_the_loss_is_understood_whole() -> None:
    pair = SessionPair(hears=["What time is it?"])
    pair.start_speaking()
    pair.lose()
    pair.start_speaking()
    pair.connect()
    pair.stop_speaking()
    [final] = [t for t in pair.emits("input_audio_transcription_completed") if t.is_final]
    assert final.transcript == "What time is it?"
    assert pair.agrees()


async def test_changes_on_their_way_survive_the_connection() -> None:
    pair = SessionPair()
    waiters = pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    pair.translator.events_to_send()
    pair.lose()
    assert all(waiter.done() for waiter in waiters)
    pair.connect()
    assert pair.service_ids == ["a"]


async def test_at_the_end_every_waiter_fails_and_every_stream_closes() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    running = pair.generate_reply()
    queued = pair.generate_reply()
    update = pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    error = llm.RealtimeError("over")
    pair.translator.close(error)
    assert Heard(running.result()).closed
    assert queued.exception() is error
    assert {waiter.exception() for waiter in update} == {error}
    assert pair.translator.events_to_send() == []


async def test_audio_pushed_without_a_connection_is_sent_by_the_next() -> None:
    pair = SessionPair(connected=False)
    pair.translator.push_audio(rtc.AudioFrame(bytes(48 * 3000), 24_000, 1, 24 * 3000))
    pair.connect()
    appends = [e for e in pair._sent if isinstance(e, InputAudioBufferAppend)]
    assert sum(len(e.audio) for e in appends) == 48 * 3000


async def test_a_commit_by_hand_without_a_connection_is_made_by_the_next() -> None:
    pair = SessionPair(hears=["Hello?"], settings={"turn_detection": None}, connected=False)
    pair.start_speaking()
    pair.translator.commit_audio()
    waiter = pair.generate_reply()
    pair.connect()
    assert len(pair.sent_of(InputAudioBufferCommit)) == 1
    assert waiter.done()
    assert pair.history[0].text_content == "Hello?"
