"""Tools, and the other items of a response, with both ends joined in memory."""

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemDelete,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import Call, Heard, Say, SessionPair
from tests.unit.scenario import call_begun, look_up


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


async def test_long_arguments_are_no_silence() -> None:
    pair = SessionPair()
    response_id = call_begun(pair)
    for _ in range(5):
        pair.advance(20.0)
        delta = server.ResponseFunctionCallArgumentsDelta(
            response_id=response_id, item_id="item_call", delta="{"
        )
        pair.translator.receive(delta, now=pair.now)
    assert pair.emits("error") == []
    pair.advance(30.0)
    assert len(pair.emits("error")) == 1
    pair.translator.receive(delta, now=pair.now)  # of a response that was given up


async def test_a_call_has_its_name_before_its_item_is_announced() -> None:
    pair = SessionPair()
    call = Item(type="function_call", id="i", call_id="c", name="f", arguments="")
    for event in (
        server.ResponseCreated(response=Response(id="r")),
        server.ResponseOutputItemAdded(response_id="r", item=call),
        server.ResponseFunctionCallArgumentsDone(
            response_id="r", item_id="i", call_id="c", arguments="{}"
        ),
    ):
        pair.translator.receive(event, now=0)
    pair.settle()
    [got] = Heard(pair.emits("generation_created")[0]).calls
    assert (got.name, got.call_id) == ("f", "c")
