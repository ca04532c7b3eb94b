"""The history is changed while much else happens, with both ends joined in memory."""

import asyncio
import gc

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import ConversationItemCreate
from livekit_plugins_voicelive.protocol.items import Item
from tests.session_pair import Call, Heard, Say, SessionPair
from tests.unit.scenario import PACED, STORY, call_begun, refuse, user

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


async def test_a_reply_of_which_no_word_was_shown_is_cut_after_a_reconnect() -> None:
    """LiveKit's transcript is often still empty when the first audio is cut."""
    pair = SessionPair(STORY)
    pair.update(user("item_1"))
    pair.generate_reply()
    reply = pair.history[-1].id
    pair.lose()
    pair.connect()
    pair.truncate(reply, 150, "")
    assert pair.agrees()


async def test_what_was_typed_while_the_caller_spoke_stands_where_the_service_has_it() -> None:
    """Our create and the service's own item cross on the wire; later outputs must not land before their calls."""
    pair = SessionPair([Call("look_up", "{}")], Say("Done."))
    pair.update(user("item_1"))
    turn = Item(type="message", id="turn", role="user", content=[])
    waiters = pair.translator.update_chat_ctx(llm.ChatContext([user("item_1"), user("typed")]))
    pair.translator.receive(
        server.ConversationItemCreated(previous_item_id="item_1", item=turn), now=pair.now
    )
    pair.translator.receive(
        server.ConversationItemCreated(
            previous_item_id="item_1",
            item=Item(type="message", id="typed", role="user", content=[]),
        ),
        now=pair.now,
    )
    assert all(w.done() for w in waiters)
    assert [i.id for i in pair.history] == ["item_1", "typed", "turn"]


async def test_a_message_deleted_while_it_is_spoken_does_not_come_back() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    pair.update(user("item_1"))
    pair.generate_reply()
    pair.advance(0.2)
    assert len(pair.history) == 2
    pair.update(user("item_1"))
    for _ in range(40):
        pair.advance(0.25)
    assert any(isinstance(e, server.ResponseDone) for e in pair.received)
    assert pair.agrees()


async def test_a_call_that_livekit_runs_survives_an_interruption_before_its_item_is_done() -> None:
    """Between `function_call_arguments.done` and `output_item.done`; LiveKit commits the tool's result after it."""
    pair = SessionPair([Call("look_up", "{}")])
    pair.withheld = {server.ResponseOutputItemDone, server.ResponseDone}
    pair.update(user("item_1"))
    waiter = pair.generate_reply()
    call = waiter.result().function_stream.recv_nowait()
    pair.interrupt()
    pair.withheld = set()
    done = server.ResponseOutputItemDone(
        response_id=waiter.result().response_id,
        item=next(
            e.item
            for e in pair.service.session._conversation.entries
            if e.item.type == "function_call"
        ),  # type: ignore[union-attr]
    )
    pair.translator.receive(done, now=pair.now)
    assert call.id in [i.id for i in pair.history]


async def test_a_message_that_the_service_deletes_by_itself_does_not_come_back() -> None:
    pair = SessionPair(STORY)
    pair.withheld |= {server.ResponseOutputItemDone, server.ResponseDone}
    message_id = Heard(pair.generate_reply().result()).id
    pair.translator.receive(server.ConversationItemDeleted(item_id=message_id), now=0)
    item = Item(type="message", id=message_id, role="assistant", status="completed", content=[])
    [created] = [e for e in pair.received if isinstance(e, server.ResponseCreated)]
    late = server.ResponseOutputItemDone(response_id=created.response.id, item=item)
    pair.translator.receive(late, now=0)
    assert pair.history == []


async def test_a_refusal_that_nobody_waits_for_any_more_is_no_accident() -> None:
    pair = SessionPair()
    pair.withheld.add(server.ConversationItemCreated)
    accidents: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: accidents.append(what))
    waiters = pair.update(user("a"))
    [create] = pair.sent_of(ConversationItemCreate)
    refuse(pair, str(create.event_id), code="no")
    assert waiters.pop().done()
    gc.collect()
    await asyncio.sleep(0)
    assert accidents == []
