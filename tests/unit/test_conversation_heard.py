"""What was heard of a conversation, and what a new connection is given of it."""

import pytest

from livekit import rtc
from livekit.agents import llm
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
)
from livekit_plugins_voicelive.protocol.items import ContentPart
from tests.unit.mirrored import ConfirmedMirror, announced, assistant, user

# --- what was heard ---------------------------------------------------------------------------------------------------


async def test_a_truncation_is_in_the_mirror_at_once_and_stays() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One two three.")
    [event] = mirror.conversation.truncate("a", heard_ms=400, heard_text="One two")
    assert isinstance(event, ConversationItemTruncate)
    assert (event.item_id, event.content_index, event.audio_end_ms) == ("a", 0, 400)
    mirror.conversation.item_completed(announced("a", text="One two three."), created_at=0)
    mirror.conversation.assistant_spoke("a", "One two three.")
    mirror.confirm([event])
    assert mirror.text("a") == "One two"
    assert mirror.conversation.get("a").interrupted  # type: ignore[union-attr]


@pytest.mark.parametrize(("heard", "text"), [(None, "One two three."), ("", None)])
async def test_unknown_words_leave_the_text_and_no_words_empty_it(
    heard: str | None, text: str | None
) -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One two three.")
    mirror.conversation.truncate("a", heard_ms=400, heard_text=heard)
    assert mirror.text("a") == text


async def test_what_was_not_heard_at_all_is_deleted() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One")
    [event] = mirror.conversation.truncate("a", heard_ms=0, heard_text="")
    assert isinstance(event, ConversationItemDelete)
    assert mirror.ids == []


async def test_an_unknown_message_is_not_truncated() -> None:
    assert ConfirmedMirror().conversation.truncate("x", heard_ms=100, heard_text="") == []


async def test_what_nobody_heard_is_not_brought_back_by_late_events() -> None:
    mirror = ConfirmedMirror()
    mirror.conversation.forget(["a"])
    assert mirror.conversation.item_created(announced("a"), None, created_at=0) is None
    assert mirror.conversation.item_completed(announced("a", text="x"), created_at=0) is None
    assert mirror.ids == []


async def test_a_message_replayed_as_text_is_cut_by_a_new_one_in_its_place() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "First.")
    mirror.says("b", "One two three.")
    mirror.says("c", "Last.")
    mirror.conversation.connection_lost([])
    mirror.confirm(mirror.conversation.replay())
    events = mirror.conversation.truncate("b", heard_ms=400, heard_text="One")
    assert [type(e) for e in events] == [ConversationItemDelete, ConversationItemCreate]
    mirror.confirm(events)
    assert mirror.ids == ["a", "b", "c"]
    assert mirror.text("b") == "One"


async def test_the_first_message_keeps_its_place_when_it_is_cut_as_text() -> None:
    mirror = ConfirmedMirror()
    mirror.set(assistant("a", "One two"), user("b"))
    events = mirror.conversation.shorten("a", "One")
    mirror.confirm(events)
    assert mirror.ids == ["a", "b"]
    assert mirror.text("a") == "One"


async def test_a_written_message_shown_in_full_is_left_alone() -> None:
    mirror = ConfirmedMirror()
    mirror.set(assistant("a", "One two"))
    assert mirror.conversation.shorten("a", "One  two") == []
    assert mirror.conversation.shorten("unknown", "x") == []


async def test_without_a_connection_only_the_mirror_is_cut() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One two")
    mirror.says("b", "Three")
    mirror.conversation.connection_lost([])
    assert mirror.conversation.truncate("a", heard_ms=10, heard_text="One") == []
    assert mirror.conversation.delete_unheard(["b"]) == []
    assert mirror.text("a") == "One"
    assert mirror.ids == ["a"]


async def test_a_truncation_by_the_service_is_taken_over() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One two")
    mirror.conversation.item_truncated("a", "One")
    assert mirror.text("a") == "One"
    mirror.says("b", "Three four")
    mirror.conversation.item_truncated("b", None)
    assert mirror.text("b") == "Three four"
    mirror.conversation.item_truncated("unknown", None)


async def test_pictures_stay_although_livekit_does_not_know_them() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    frame = rtc.VideoFrame(8, 8, rtc.VideoBufferType.RGBA, bytes(256))
    for _ in range(3):
        mirror.confirm(mirror.conversation.show(frame, keep=2))
    assert len(mirror.ids) == 3
    assert mirror.update(user("a")) == ([], [])


# --- a new connection -------------------------------------------------------------------------------------------------


async def test_a_new_connection_is_given_the_history_in_text() -> None:
    mirror = ConfirmedMirror()
    call = llm.FunctionCall(id="call", call_id="c", name="f", arguments="{}")
    output = llm.FunctionCallOutput(id="out", call_id="c", output="1", is_error=False)
    orphan = llm.FunctionCallOutput(id="orphan", call_id="z", output="1", is_error=False)
    mirror.set(user("a"), call, output, orphan)
    mirror.says("spoken", "One two three.")
    mirror.says("audio only", role="user")
    mirror.conversation.truncate("spoken", heard_ms=400, heard_text="One")
    mirror.conversation.connection_lost(mirror.pending.connection_lost())
    events = mirror.conversation.replay()
    assert [event.item.id for event in events] == ["a", "call", "out", "spoken"]
    assert events[-1].item.content == [ContentPart(type="text", text="One")]
    assert mirror.ids == ["a", "call", "out", "spoken"]
    mirror.confirm(events)
    assert mirror.ids == ["a", "call", "out", "spoken"]


async def test_a_replayed_item_that_is_refused_leaves_the_mirror() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    mirror.conversation.connection_lost([])
    [event] = mirror.conversation.replay()
    assert not mirror.refuse(event, "bad")
    assert mirror.ids == []


async def test_what_was_on_its_way_is_in_the_mirror_and_its_callers_satisfied() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"), user("b"))
    events, waiters = mirror.update(user("first"), user("a"), user("c"))
    assert len(events) == 3
    mirror.conversation.connection_lost(mirror.pending.connection_lost())
    assert mirror.ids == ["first", "a", "c"]
    assert all(waiter.done() for waiter in waiters)


async def test_other_requests_are_not_the_conversations() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", "One two")
    [truncate] = mirror.conversation.truncate("a", heard_ms=10, heard_text="One")
    request = mirror.pending.take(str(truncate.event_id))
    assert request is not None
    assert not mirror.conversation.refused(request, "item_truncate_invalid_item_id")
    mirror.conversation.connection_lost([request])


async def test_an_item_confirmed_twice_on_its_way_is_there_once() -> None:
    mirror = ConfirmedMirror()
    mirror.update(user("a"))
    mirror.conversation.item_completed(announced("a", "user"), created_at=0)
    mirror.conversation.connection_lost(mirror.pending.connection_lost())
    assert mirror.ids == ["a"]
