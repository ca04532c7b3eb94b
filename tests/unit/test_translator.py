"""The session as a whole, with both ends joined in memory: opening, settings, refusals."""

import pytest

from livekit import rtc
from livekit.agents import APIError, llm
from livekit_plugins_voicelive.connection_life import CONFIRM_WITHIN_S
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemCreate,
    InputAudioBufferAppend,
    ResponseCreate,
    SessionUpdate,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import Call, Heard, SessionPair
from tests.unit.scenario import look_up, pair_waiter, refuse, user


async def test_before_the_connection_state_is_recorded_and_nothing_is_queued() -> None:
    pair = SessionPair(connected=False)
    pair.translator.update_instructions("Be brief.")
    pair.translator.update_tools([look_up])
    pair.translator.update_tool_choice("none")
    assert pair.update(user("a")) == []
    assert pair.sent() == []
    pair.connect()
    update, created = pair.sent()
    assert isinstance(update, SessionUpdate)
    assert update.session["instructions"] == "Be brief."
    assert update.session["tool_choice"] == "none"
    assert [tool["name"] for tool in update.session["tools"]] == ["look_up"]
    assert isinstance(created, ConversationItemCreate)
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


async def test_a_rejected_change_is_not_asked_for_by_the_next_connection() -> None:
    pair = SessionPair()
    pair.translator.update_options({"turn_detection": None})
    [update] = pair.translator.events_to_send()
    refuse(pair, str(update.event_id), code="invalid_value")
    assert pair.translator.settings.detects_turns
    assert pair.translator._input_audio.detects_turns
    pair.lose()
    pair.sent()
    pair.connect()
    [opening] = pair.sent_of(SessionUpdate)
    assert opening.session["turn_detection"] is not None


async def test_a_configuration_that_nobody_asked_for_changes_nothing() -> None:
    pair = SessionPair()
    wanted = pair.translator.settings.fields
    pair.translator.receive(server.SessionUpdated(session={"temperature": 0.1}), now=0)
    assert pair.translator.settings.fields == wanted


async def test_an_accepted_change_is_kept() -> None:
    pair = SessionPair()
    pair.translator.update_instructions("Be brief.")
    pair.settle()
    assert pair.translator.settings._asked == {}
    assert pair.translator.settings["instructions"] == "Be brief."


async def test_a_refusal_that_no_retry_heals_fails_its_waiter_and_ends_the_connection() -> None:
    pair = SessionPair()
    pair.withheld.add(server.ResponseCreated)
    waiter = pair.generate_reply()
    [request] = pair.sent_of(ResponseCreate)
    with pytest.raises(APIError) as raised:
        refuse(pair, str(request.event_id), code="insufficient_quota")
    assert not raised.value.retryable
    assert waiter.exception() is not None


async def test_what_is_refused_because_the_session_is_over_is_done_by_the_next() -> None:
    pair = SessionPair()
    pair.withheld.add(server.ResponseCreated)
    waiter = pair.generate_reply()
    [request] = pair.sent_of(ResponseCreate)
    with pytest.raises(APIError) as raised:
        refuse(pair, str(request.event_id), code="session_expired")
    assert raised.value.retryable
    pair.lose()
    pair.withheld.clear()
    pair.connect()
    assert waiter.result()


async def test_a_response_that_failed_for_good_ends_the_connection() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    details = {"error": {"code": "insufficient_quota"}}
    failed = Response(id="r", status="failed", status_details=details)
    with pytest.raises(APIError) as raised:
        pair.translator.receive(server.ResponseDone(response=failed), now=0)
    assert not raised.value.retryable


@pytest.mark.parametrize("told", [True, False])
async def test_a_configuration_that_is_never_confirmed_ends_the_connection(told: bool) -> None:
    pair = SessionPair(connected=False)
    pair.withheld.add(server.SessionUpdated)
    pair.connect()
    if told:
        details = server.ErrorDetails(code="invalid_value")
        pair.translator.receive(server.ErrorEvent(error=details), now=0)
    assert pair.translator.next_deadline(now=0) == CONFIRM_WITHIN_S
    pair.translator.advance(now=CONFIRM_WITHIN_S - 1)
    with pytest.raises(APIError, match="invalid_value" if told else "did not confirm") as raised:
        pair.translator.advance(now=CONFIRM_WITHIN_S)
    assert raised.value.retryable is not told
    pair.translator.advance(now=CONFIRM_WITHIN_S)


async def test_an_error_without_an_id_is_no_refusal_of_a_configuration_that_is_confirmed() -> None:
    pair = SessionPair(connected=False)
    pair.withheld.add(server.SessionUpdated)
    pair.connect()
    details = server.ErrorDetails(code="invalid_value")
    other = server.ErrorDetails(code="invalid_value", event_id="somebody's")
    pair.translator.receive(server.ErrorEvent(error=other), now=0)
    pair.translator.receive(server.ErrorEvent(error=details), now=0)
    for _ in range(2):
        pair.translator.receive(server.SessionUpdated(session={}), now=1)
    pair.translator.receive(server.ErrorEvent(error=details), now=1)
    pair.advance(CONFIRM_WITHIN_S)
    assert len(pair.emits("error")) == 3


async def test_a_response_announced_twice_is_one() -> None:
    pair = SessionPair()
    for _ in range(2):
        pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=0)
    pair.settle()
    assert len(pair.emits("generation_created")) == 1


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


async def test_a_frame_that_is_no_picture_is_not_shown() -> None:
    pair = SessionPair()
    pair.sent()
    pair.translator.push_video(rtc.VideoFrame(0, 0, rtc.VideoBufferType.RGBA, b""), keep=1)
    pair.settle()
    assert (pair.sent(), pair.history) == ([], [])


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


async def test_half_an_emoji_keeps_nothing_from_being_said_or_told() -> None:
    pair = SessionPair()
    pair.translator.update_instructions("\ud83d")
    pair.update(user("item_u", "\ud83d"))
    pair.generate_reply(instructions="\ud83d")
    pair.translator.say(pair_waiter(), "\ud83d", now=pair.now)
    pair.settle()
    assert pair.agrees()
    assert pair.emits("error") == []


async def test_a_refused_configuration_is_known_by_its_field_where_it_has_no_id() -> None:
    details = server.ErrorDetails(code="invalid_value", param="session.voice")
    pair = SessionPair(connected=False)
    pair.withheld.add(server.SessionUpdated)
    pair.connect()
    with pytest.raises(APIError, match=r"session\.voice") as raised:
        pair.translator.receive(server.ErrorEvent(error=details), now=0)
    assert not raised.value.retryable


async def test_a_refused_change_without_an_id_is_not_wished_for_on_the_next_connection() -> None:
    pair = SessionPair(settings={"voice": "alloy"})
    pair.withheld.add(server.SessionUpdated)
    pair.translator.update_options({"voice": "shimmer"})
    pair.settle()
    details = server.ErrorDetails(code="invalid_value", param="session.voice")
    pair.translator.receive(server.ErrorEvent(error=details), now=0)
    pair.settle()
    assert "session.voice" in str(pair.emits("error")[-1])
    pair.sent()
    pair.lose()
    pair.connect()
    [opening] = pair.sent_of(SessionUpdate)
    assert opening.session["voice"] == "alloy"
