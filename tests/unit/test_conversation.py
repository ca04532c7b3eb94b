import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
)
from livekit_plugins_voicelive.protocol.items import Item
from tests.unit.mirrored import ConfirmedMirror, announced, assistant, user

# --- a wanted history -------------------------------------------------------------------------------------------------


async def test_the_mirror_shows_what_is_on_its_way_and_waiters_wait_for_the_service() -> None:
    mirror = ConfirmedMirror()
    events, waiters = mirror.update(user("a"))
    assert mirror.ids == ["a"]
    assert not waiters[0].done()
    mirror.confirm(events)
    assert mirror.ids == ["a"]
    assert waiters[0].done()


async def test_what_is_on_its_way_is_not_asked_for_twice() -> None:
    mirror = ConfirmedMirror()
    [event], _ = mirror.update(user("a"), user("b", ""))
    assert mirror.update(user("a")) == ([], [])
    mirror.confirm([event])
    assert mirror.ids == ["a"]


async def test_changes_of_what_is_on_its_way_follow_it() -> None:
    mirror = ConfirmedMirror()
    first, _ = mirror.update(user("a", "one"), user("b"))
    second, _ = mirror.update(user("a", "two"), user("b"))
    third, _ = mirror.update(user("b"))
    mirror.confirm(first + second + third)
    assert mirror.ids == ["b"]
    mirror.confirm(mirror.update(user("a", "again"), user("b"))[0])
    assert (mirror.ids, mirror.text("a")) == (["a", "b"], "again")


async def test_what_is_created_again_while_its_deletion_is_on_its_way_stays() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    events = mirror.update()[0] + mirror.update(user("a"))[0]
    mirror.confirm(events)
    assert mirror.ids == ["a"]


async def test_items_are_created_behind_their_predecessors() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("b"))
    events, _ = mirror.update(user("a"), user("b"), user("c"))
    assert [(e.item.id, e.previous_item_id) for e in events] == [("a", "root"), ("c", "b")]
    mirror.confirm(events)
    assert mirror.ids == ["a", "b", "c"]


async def test_what_is_no_longer_wanted_is_deleted_first() -> None:
    mirror = ConfirmedMirror()
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
    mirror = ConfirmedMirror()
    mirror.set(user("a", "one"), user("b", "two"))
    mirror.set(user("a", "changed"), user("b", "two"))
    assert mirror.ids == ["a", "b"]
    assert mirror.text("a") == "changed"


async def test_what_both_have_stays_where_the_service_has_it() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"), user("b"))
    assert mirror.update(user("b"), user("a")) == ([], [])
    mirror.set(user("b"), user("c"), user("a"))
    assert mirror.ids == ["a", "b", "c"]


async def test_what_is_so_already_takes_no_request() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    assert mirror.update(user("a")) == ([], [])


async def test_a_new_empty_message_is_not_created() -> None:
    assert ConfirmedMirror().update(user("a", "")) == ([], [])


async def test_an_empty_text_on_either_side_replaces_nothing() -> None:
    mirror = ConfirmedMirror()
    mirror.says("audio", role="user")
    mirror.says("spoken", "all words")
    assert mirror.update(user("audio", "heard by us"), assistant("spoken", "")) == ([], [])


async def test_livekits_idea_of_the_heard_part_is_no_correction_of_ours() -> None:
    mirror = ConfirmedMirror()
    mirror.says("spoken", "One two three.")
    mirror.conversation.truncate("spoken", heard_ms=900, heard_text="One two")
    assert mirror.update(assistant("spoken", "One")) == ([], [])
    assert mirror.update(assistant("spoken", "One two three")) == ([], [])
    assert len(mirror.update(assistant("spoken", "Something else"))[0]) == 2


@pytest.mark.parametrize("role", ["user", "assistant"])
async def test_the_end_of_a_message_can_be_taken_back(role: str) -> None:
    mirror = ConfirmedMirror()
    mirror.says("spoken", "The number is 4711.", role)
    redacted = llm.ChatMessage(id="spoken", role=role, content=["The number is"])  # type: ignore[arg-type]
    mirror.set(redacted)
    assert mirror.text("spoken") == "The number is"


async def test_without_a_connection_the_mirror_itself_is_changed() -> None:
    mirror = ConfirmedMirror(online=False)
    assert mirror.update(user("a"), user("b")) == ([], [])
    assert mirror.update(user("first"), user("b", "changed")) == ([], [])
    assert mirror.ids == ["first", "b"]
    assert mirror.text("b") == "changed"


async def test_a_refused_create_leaves_the_mirror_without_it() -> None:
    mirror = ConfirmedMirror()
    [event], _ = mirror.update(user("a"))
    request = mirror.pending.take(str(event.event_id))
    assert request is not None
    assert not mirror.conversation.refused(request, "some_code")
    assert mirror.ids == []


async def test_a_create_refused_as_a_duplicate_is_fulfilled() -> None:
    mirror = ConfirmedMirror()
    [event], _ = mirror.update(user("a"))
    assert mirror.refuse(event, "item_create_duplicate_item_id")
    assert mirror.ids == ["a"]


async def test_a_refused_create_does_not_take_a_later_one_of_its_item_along() -> None:
    mirror = ConfirmedMirror()
    [refused], _ = mirror.update(user("a", "one"))
    later, _ = mirror.update(user("a", "two"))
    assert not mirror.refuse(refused, "bad")
    assert mirror.text("a") == "two"
    mirror.confirm(later)


async def test_what_stood_behind_a_refused_item_is_created_behind_the_one_before() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    (bad, behind), (_, waiter) = mirror.update(user("a"), user("b"), user("c"))
    mirror.refuse(bad, "bad")
    again = mirror.conversation.asked_again(mirror.take(behind))
    assert isinstance(again, ConversationItemCreate)
    assert (again.item.id, again.previous_item_id) == ("c", "a")
    mirror.confirm([again])
    assert waiter.done()
    assert mirror.ids == ["a", "c"]


async def test_only_creates_of_what_is_still_wanted_are_asked_for_again() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    (first, second), _ = mirror.update(user("a"), user("b"), user("c"))
    [deletion], _ = mirror.update(user("a"), user("b"))
    assert mirror.conversation.asked_again(mirror.take(second)) is None
    assert mirror.conversation.asked_again(mirror.take(deletion)) is None
    assert mirror.conversation.asked_again(mirror.take(first)) is None


async def test_deleting_what_is_gone_is_fulfilled() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    [event], _ = mirror.update()
    assert mirror.refuse(event, "item_delete_invalid_item_id")
    assert mirror.ids == []


async def test_what_the_service_will_not_delete_is_put_back_in_its_place() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"), user("b"), user("c"))
    [event], _ = mirror.update(user("a"), user("c"))
    assert mirror.ids == ["a", "c"]
    assert not mirror.refuse(event, "server_error")
    assert mirror.ids == ["a", "b", "c"]
    [event], _ = mirror.update(user("a"), user("c"))
    mirror.update(user("a"), user("b"), user("c"))
    mirror.refuse(event, "server_error")
    assert mirror.ids == ["a", "b", "c"]


async def test_a_deleted_message_that_still_grows_does_not_come_back() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a")
    [event], _ = mirror.update()
    mirror.says("a", "and so on")
    mirror.conversation.item_completed(announced("a", text="and so on"), created_at=0)
    assert mirror.ids == []
    mirror.confirm([event])


async def test_a_corrected_message_is_not_corrected_back_by_late_words() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", text="one")
    mirror.set(assistant("a", "other"))
    mirror.conversation.item_completed(announced("a", text="one two"), created_at=0)
    mirror.conversation.assistant_spoke("a", "one two")
    assert mirror.text("a") == "other"


# --- what the service makes -------------------------------------------------------------------------------------------


async def test_livekit_hears_of_items_that_it_did_not_make() -> None:
    mirror = ConfirmedMirror()
    mirror.set(user("a"))
    added = mirror.conversation.item_created(announced("b"), None, created_at=7.0)
    assert added is not None
    assert (added.previous_item_id, added.item.id, added.item.created_at) == (None, "b", 7.0)
    between = mirror.conversation.item_created(announced("c"), "a", created_at=8.0)
    assert between is not None
    assert between.previous_item_id is None, (
        "LiveKit passes over what stands behind another item than its last"
    )


async def test_an_item_announced_twice_is_there_once() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a")
    assert mirror.conversation.item_created(announced("a"), None, created_at=0) is None
    assert mirror.ids == ["a"]


async def test_an_item_behind_an_unknown_one_comes_last() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a")
    mirror.conversation.item_created(announced("b"), "unknown", created_at=0)
    assert mirror.ids == ["a", "b"]


async def test_kinds_that_livekit_does_not_have_are_passed_over() -> None:
    mirror = ConfirmedMirror()
    item = Item(type="mcp_list_tools", id="x")
    assert mirror.conversation.item_created(item, None, created_at=0) is None
    assert mirror.conversation.item_completed(item, created_at=0) is None


async def test_the_users_words_go_into_the_users_message() -> None:
    mirror = ConfirmedMirror()
    mirror.says("a", role="user")
    mirror.conversation.user_spoke("a", "What time is it?")
    mirror.conversation.user_spoke("unknown", "nothing")
    assert mirror.text("a") == "What time is it?"


async def test_a_completed_item_that_was_never_announced_is_taken_in() -> None:
    mirror = ConfirmedMirror()
    call = Item(type="function_call", id="c", call_id="x", name="f", arguments="{}")
    assert mirror.conversation.item_completed(call, created_at=0) is not None
    assert mirror.ids == ["c"]


async def test_an_unknown_item_that_the_service_deletes_is_no_accident() -> None:
    ConfirmedMirror().conversation.item_deleted("unknown")


async def test_the_services_own_long_call_id_is_answered_as_it_is_where_the_service_knows_it() -> (
    None
):
    """More than 32 characters are refused in what we create; other servers behind the service make such ids."""
    mirror = ConfirmedMirror()
    call_id = "chatcmpl-tool-0123456789abcdef0123456789abcdef"
    call = Item(type="function_call", id="i", call_id=call_id, name="f", arguments="{}")
    mirror.conversation.item_created(call, None, created_at=0)
    output = llm.FunctionCallOutput(call_id=call_id, output="done", is_error=False)
    [create], _ = mirror.update(*mirror.conversation.chat_ctx.items, output)
    assert create.item.call_id == call_id  # type: ignore[union-attr]
    mirror.confirm([create])
    told, answered = mirror.conversation.replay()
    assert told.item.call_id == answered.item.call_id != call_id  # type: ignore[union-attr]
