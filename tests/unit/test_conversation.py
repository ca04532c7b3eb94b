import asyncio

import pytest

from livekit import rtc
from livekit.agents import llm
from livekit_plugins_voicelive.conversation import Conversation
from livekit_plugins_voicelive.pending_requests import PendingRequest, PendingRequests
from livekit_plugins_voicelive.protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
)
from livekit_plugins_voicelive.protocol.items import ContentPart, Item


def user(id: str, text: str = "hello") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="user", content=[text] if text else [])


def assistant(id: str, text: str = "hi") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="assistant", content=[text] if text else [])


def announced(id: str, role: str = "assistant", text: str = "") -> Item:
    content = [ContentPart(type="audio", transcript=text)] if text else []
    return Item(type="message", id=id, role=role, content=content)


class Mirror:
    """A conversation with a service that confirms what it is told to."""

    def __init__(self, *, online: bool = True) -> None:
        self.pending = PendingRequests()
        self.conversation = Conversation(self.pending)
        if online:
            self.conversation.replay()

    def update(self, *items: llm.ChatItem) -> tuple[list[ClientEvent], list[asyncio.Future]]:
        update = self.conversation.update(llm.ChatContext(list(items)))
        return update.events, update.waiters

    def confirm(self, events: list[ClientEvent]) -> None:
        previous: str | None = None
        for event in events:
            if isinstance(event, ConversationItemCreate):
                asked = event.previous_item_id
                given = None if asked == "root" else asked if isinstance(asked, str) else previous
                self.conversation.item_created(event.item, given, created_at=0)
                previous = str(event.item.id)
            elif isinstance(event, ConversationItemDelete):
                self.conversation.item_deleted(event.item_id)
            elif isinstance(event, ConversationItemTruncate):
                self.conversation.item_truncated(event.item_id, None)

    def set(self, *items: llm.ChatItem) -> None:
        self.confirm(self.update(*items)[0])

    def says(self, id: str, text: str = "", role: str = "assistant") -> None:
        """The service itself makes a message."""
        self.conversation.item_created(announced(id, role, text), None, created_at=1.0)

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.conversation.chat_ctx.items]

    def text(self, id: str) -> str | None:
        item = self.conversation.get(id)
        assert isinstance(item, llm.ChatMessage)
        return item.text_content


# --- a wanted history -------------------------------------------------------------------------------------------------


async def test_the_mirror_changes_on_confirmation_only() -> None:
    mirror = Mirror()
    events, waiters = mirror.update(user("a"))
    assert mirror.ids == []
    assert not waiters[0].done()
    mirror.confirm(events)
    assert mirror.ids == ["a"]
    assert waiters[0].done()


async def test_items_are_created_behind_their_predecessors() -> None:
    mirror = Mirror()
    mirror.set(user("b"))
    events, _ = mirror.update(user("a"), user("b"), user("c"))
    assert [(e.item.id, e.previous_item_id) for e in events] == [("a", "root"), ("c", "b")]
    mirror.confirm(events)
    assert mirror.ids == ["a", "b", "c"]


async def test_what_is_no_longer_wanted_is_deleted_first() -> None:
    mirror = Mirror()
    mirror.set(user("a"), assistant("b"))
    events, waiters = mirror.update(user("c"))
    assert [type(e) for e in events] == [
        ConversationItemDelete,
        ConversationItemDelete,
        ConversationItemCreate,
    ]
    mirror.confirm(events)
    assert mirror.ids == ["c"]
    assert all(waiter.done() for waiter in waiters)


async def test_a_changed_text_is_replaced_in_its_place() -> None:
    mirror = Mirror()
    mirror.set(user("a", "one"), user("b", "two"))
    mirror.set(user("a", "changed"), user("b", "two"))
    assert mirror.ids == ["a", "b"]
    assert mirror.text("a") == "changed"


async def test_what_both_have_stays_where_the_service_has_it() -> None:
    mirror = Mirror()
    mirror.set(user("a"), user("b"))
    assert mirror.update(user("b"), user("a")) == ([], [])
    mirror.set(user("b"), user("c"), user("a"))
    assert mirror.ids == ["a", "b", "c"]


async def test_what_is_so_already_takes_no_request() -> None:
    mirror = Mirror()
    mirror.set(user("a"))
    assert mirror.update(user("a")) == ([], [])


async def test_a_new_empty_message_is_not_created() -> None:
    assert Mirror().update(user("a", "")) == ([], [])


async def test_an_empty_text_on_either_side_replaces_nothing() -> None:
    mirror = Mirror()
    mirror.says("audio", role="user")
    mirror.says("spoken", "all words")
    assert mirror.update(user("audio", "heard by us"), assistant("spoken", "")) == ([], [])


async def test_the_played_part_of_a_generated_message_is_no_correction() -> None:
    mirror = Mirror()
    mirror.says("spoken", "One two three.")
    assert mirror.update(assistant("spoken", "One two")) == ([], [])
    assert len(mirror.update(assistant("spoken", "Something else"))[0]) == 2


async def test_without_a_connection_the_mirror_itself_is_changed() -> None:
    mirror = Mirror(online=False)
    assert mirror.update(user("a"), user("b")) == ([], [])
    assert mirror.update(user("first"), user("b", "changed")) == ([], [])
    assert mirror.ids == ["first", "b"]
    assert mirror.text("b") == "changed"


async def test_a_refused_create_leaves_the_mirror_without_it() -> None:
    mirror = Mirror()
    [event], _ = mirror.update(user("a"))
    request = mirror.pending.take(str(event.event_id))
    assert request is not None
    assert not mirror.conversation.refused(request, "some_code")
    assert mirror.ids == []


async def test_a_create_refused_as_a_duplicate_is_fulfilled() -> None:
    mirror = Mirror()
    [event], _ = mirror.update(user("a"))
    mirror.conversation.item_completed(announced("a", "user"), created_at=0)
    request = mirror.pending.take(str(event.event_id))
    assert request is not None
    assert mirror.conversation.refused(request, "exists")


async def test_deleting_what_is_gone_is_fulfilled() -> None:
    mirror = Mirror()
    mirror.set(user("a"))
    [event], _ = mirror.update()
    request = mirror.pending.take(str(event.event_id))
    assert request is not None
    assert not mirror.conversation.refused(request, "server_error")
    assert mirror.conversation.refused(request, "item_delete_invalid_item_id")
    assert mirror.ids == []


# --- what the service makes -------------------------------------------------------------------------------------------


async def test_livekit_hears_of_items_that_it_did_not_make() -> None:
    mirror = Mirror()
    mirror.set(user("a"))
    added = mirror.conversation.item_created(announced("b"), None, created_at=7.0)
    assert added is not None
    assert (added.previous_item_id, added.item.id, added.item.created_at) == ("a", "b", 7.0)


async def test_an_item_announced_twice_is_there_once() -> None:
    mirror = Mirror()
    mirror.says("a")
    assert mirror.conversation.item_created(announced("a"), None, created_at=0) is None
    assert mirror.ids == ["a"]


async def test_an_item_behind_an_unknown_one_comes_last() -> None:
    mirror = Mirror()
    mirror.says("a")
    mirror.conversation.item_created(announced("b"), "unknown", created_at=0)
    assert mirror.ids == ["a", "b"]


async def test_kinds_that_livekit_does_not_have_are_passed_over() -> None:
    mirror = Mirror()
    item = Item(type="mcp_list_tools", id="x")
    assert mirror.conversation.item_created(item, None, created_at=0) is None
    assert mirror.conversation.item_completed(item, created_at=0) is None


async def test_the_users_words_go_into_the_users_message() -> None:
    mirror = Mirror()
    mirror.says("a", role="user")
    mirror.conversation.user_spoke("a", "What time is it?")
    mirror.conversation.user_spoke("unknown", "nothing")
    assert mirror.text("a") == "What time is it?"


async def test_a_completed_item_that_was_never_announced_is_taken_in() -> None:
    mirror = Mirror()
    call = Item(type="function_call", id="c", call_id="x", name="f", arguments="{}")
    assert mirror.conversation.item_completed(call, created_at=0) is not None
    assert mirror.ids == ["c"]


async def test_an_unknown_item_that_the_service_deletes_is_no_accident() -> None:
    Mirror().conversation.item_deleted("unknown")


# --- what was heard ---------------------------------------------------------------------------------------------------


async def test_a_truncation_is_in_the_mirror_at_once_and_stays() -> None:
    mirror = Mirror()
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
    mirror = Mirror()
    mirror.says("a", "One two three.")
    mirror.conversation.truncate("a", heard_ms=400, heard_text=heard)
    assert mirror.text("a") == text


async def test_what_was_not_heard_at_all_is_deleted() -> None:
    mirror = Mirror()
    mirror.says("a", "One")
    [event] = mirror.conversation.truncate("a", heard_ms=0, heard_text="")
    assert isinstance(event, ConversationItemDelete)
    assert mirror.ids == []


async def test_an_unknown_message_is_not_truncated() -> None:
    assert Mirror().conversation.truncate("x", heard_ms=100, heard_text="") == []


async def test_what_nobody_heard_is_not_brought_back_by_late_events() -> None:
    mirror = Mirror()
    mirror.conversation.forget(["a"])
    assert mirror.conversation.item_created(announced("a"), None, created_at=0) is None
    assert mirror.conversation.item_completed(announced("a", text="x"), created_at=0) is None
    assert mirror.ids == []


async def test_a_message_replayed_as_text_is_cut_by_a_new_one_in_its_place() -> None:
    mirror = Mirror()
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
    mirror = Mirror()
    mirror.set(assistant("a", "One two"), user("b"))
    events = mirror.conversation.shorten("a", "One")
    mirror.confirm(events)
    assert mirror.ids == ["a", "b"]
    assert mirror.text("a") == "One"


async def test_a_written_message_shown_in_full_is_left_alone() -> None:
    mirror = Mirror()
    mirror.set(assistant("a", "One two"))
    assert mirror.conversation.shorten("a", "One  two") == []
    assert mirror.conversation.shorten("unknown", "x") == []


async def test_without_a_connection_only_the_mirror_is_cut() -> None:
    mirror = Mirror()
    mirror.says("a", "One two")
    mirror.says("b", "Three")
    mirror.conversation.connection_lost([])
    assert mirror.conversation.truncate("a", heard_ms=10, heard_text="One") == []
    assert mirror.conversation.delete_unheard(["b"]) == []
    assert mirror.text("a") == "One"
    assert mirror.ids == ["a"]


async def test_a_truncation_by_the_service_is_taken_over() -> None:
    mirror = Mirror()
    mirror.says("a", "One two")
    mirror.conversation.item_truncated("a", "One")
    assert mirror.text("a") == "One"
    mirror.says("b", "Three four")
    mirror.conversation.item_truncated("b", None)
    assert mirror.text("b") == "Three four"
    mirror.conversation.item_truncated("unknown", None)


async def test_pictures_stay_although_livekit_does_not_know_them() -> None:
    mirror = Mirror()
    mirror.set(user("a"))
    frame = rtc.VideoFrame(8, 8, rtc.VideoBufferType.RGBA, bytes(256))
    for _ in range(3):
        mirror.confirm(mirror.conversation.show(frame, keep=2))
    assert len(mirror.ids) == 3
    assert mirror.update(user("a")) == ([], [])


# --- a new connection -------------------------------------------------------------------------------------------------


async def test_a_new_connection_is_given_the_history_in_text() -> None:
    mirror = Mirror()
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
    mirror = Mirror()
    mirror.set(user("a"))
    mirror.conversation.connection_lost([])
    [event] = mirror.conversation.replay()
    assert not mirror.conversation.refused(PendingRequest(event), "bad")
    assert mirror.ids == []


async def test_what_was_on_its_way_is_in_the_mirror_and_its_callers_satisfied() -> None:
    mirror = Mirror()
    mirror.set(user("a"), user("b"))
    events, waiters = mirror.update(user("first"), user("a"), user("c"))
    assert len(events) == 3
    mirror.conversation.connection_lost(mirror.pending.connection_lost())
    assert mirror.ids == ["first", "a", "c"]
    assert all(waiter.done() for waiter in waiters)


async def test_other_requests_are_not_the_conversations() -> None:
    mirror = Mirror()
    mirror.says("a", "One two")
    [truncate] = mirror.conversation.truncate("a", heard_ms=10, heard_text="One")
    request = mirror.pending.take(str(truncate.event_id))
    assert request is not None
    assert not mirror.conversation.refused(request, "item_truncate_invalid_item_id")
    mirror.conversation.connection_lost([request])


async def test_an_item_confirmed_twice_on_its_way_is_there_once() -> None:
    mirror = Mirror()
    mirror.update(user("a"))
    mirror.conversation.item_completed(announced("a", "user"), created_at=0)
    mirror.conversation.connection_lost(mirror.pending.connection_lost())
    assert mirror.ids == ["a"]
