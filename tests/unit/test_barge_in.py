"""The user interrupts, with both ends joined in memory."""

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemDelete,
    ConversationItemTruncate,
    ResponseCancel,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import Heard, Say, SessionPair
from tests.unit.scenario import PACED, STORY, refuse


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
