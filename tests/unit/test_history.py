"""The history is changed while much else happens, with both ends joined in memory."""

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.items import Item
from tests.session_pair import Say, SessionPair
from tests.unit.scenario import STORY, call_begun, refuse, user

WRITTEN = {"modalities": ["text"]}


async def test_asking_again_for_what_is_on_its_way_is_no_duplicate() -> None:
    pair = SessionPair()
    history = llm.ChatContext([user("item_1")])
    first = pair.translator.update_chat_ctx(history)
    first[0].cancel()
    again = pair.translator.update_chat_ctx(history)
    pair.settle()
    assert pair.service_ids == ["item_1"]
    assert pair.agrees()
    assert all(waiter.exception() is None for waiter in again)


async def test_a_typed_interruption_comes_behind_the_reply_that_it_cuts() -> None:
    pair = SessionPair(STORY, settings=WRITTEN)
    pair.update(user("item_1"))
    pair.generate_reply()
    reply = pair.history[-1].id
    pair.translator.interrupt(now=pair.now)
    pair.translator.truncate(reply, audio_end_ms=0, audio_transcript="Once upon", spoken=False)
    typed = pair.translator.chat_ctx.copy()
    typed.items.append(user("item_2", "stop"))
    pair.translator.update_chat_ctx(typed)
    pair.settle()
    assert pair.service_ids == ["item_1", reply, "item_2"]
    assert pair.agrees()


async def test_a_reply_cut_after_a_reconnect_keeps_its_place_and_is_told_once() -> None:
    pair = SessionPair(STORY)
    pair.update(user("item_1"))
    pair.generate_reply()
    reply = pair.history[-1]
    assert isinstance(reply, llm.ChatMessage)
    pair.lose()
    pair.connect()
    pair.translator.truncate(reply.id, audio_end_ms=300, audio_transcript="Once", spoken=True)
    cut = reply.model_copy(update={"content": ["Once"], "interrupted": True})
    waiters = pair.translator.update_chat_ctx(
        llm.ChatContext([user("item_1"), cut, user("item_2")])
    )
    pair.settle()
    assert all(waiter.exception() is None for waiter in waiters)
    assert pair.service_ids == ["item_1", reply.id, "item_2"]
    assert pair.agrees()


async def test_a_refused_item_does_not_take_those_behind_it_along() -> None:
    pair = SessionPair()
    bad, good = pair.translator.update_chat_ctx(llm.ChatContext([user("bad"), user("good")]))
    first, second = pair.translator.events_to_send()
    refuse(pair, str(first.event_id), code="invalid_value")
    refuse(pair, str(second.event_id), code="item_create_invalid_previous_item_id")
    pair.settle()
    assert bad.exception() is not None
    assert good.result() is None
    assert pair.service_ids == ["good"]
    assert pair.agrees()


async def test_a_call_that_never_was_complete_does_not_outlive_its_connection() -> None:
    pair = SessionPair()
    call_begun(pair)
    pair.lose()
    pair.connect()
    assert not [item for item in pair.history if isinstance(item, llm.FunctionCall)]


async def test_a_user_behind_a_message_that_nobody_heard_is_announced_at_the_end() -> None:
    pair = SessionPair(Say("Hm?"))
    pair.generate_reply()
    pair.speak()
    events = pair.emits("remote_item_added")
    assert [event.previous_item_id for event in events] == [None] * len(events)


async def test_words_that_come_before_their_item_are_kept() -> None:
    pair = SessionPair()
    item = Item(type="message", id="u", role="user", content=[])
    for event in (
        server.InputAudioBufferCommitted(item_id="u"),
        server.InputAudioTranscriptionCompleted(item_id="u", transcript="Hello there"),
        server.ConversationItemCreated(item=item),
    ):
        pair.translator.receive(event, now=pair.now)
    [message] = pair.history
    assert isinstance(message, llm.ChatMessage)
    assert message.text_content == "Hello there"
