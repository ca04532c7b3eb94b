"""Tools of MCP servers, which the service calls itself. Orders of events after Microsoft's documentation and samples."""

import pytest

from livekit.agents import APIError
from livekit_plugins_voicelive.protocol import server_events as server, tool_events
from livekit_plugins_voicelive.protocol.client_events import ConversationItemCreate, ResponseCreate
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from livekit_plugins_voicelive.tools import MCPApprovalRequest
from tests.session_pair import Heard, Say, SessionPair

REQUEST = Item(
    type="mcp_approval_request",
    id="mcpr_1",
    server_label="docs",
    name="search",
    arguments='{"q": "the secret"}',
)


def receive(pair: SessionPair, *events: object) -> None:
    for event in events:
        pair.translator.receive(event, now=pair.now)  # type: ignore[arg-type]
    pair.settle()


def calls(*ids: str) -> list[object]:
    """A response that makes calls and is done before they end."""
    items = [Item(type="mcp_call", id=id, server_label="docs", name="search") for id in ids]
    return [
        server.ResponseCreated(response=Response(id="r")),
        *(server.ResponseOutputItemAdded(response_id="r", item=item) for item in items),
        *(server.ConversationItemCreated(item=item) for item in items),
        *(tool_events.ResponseMcpCallInProgress(item_id=item_id) for item_id in ids),
        server.ResponseDone(response=Response(id="r", status="completed")),
    ]


async def test_a_result_is_spoken_about() -> None:
    pair = SessionPair(Say("I found it."))
    receive(pair, *calls("a"))
    assert pair.sent_of(ResponseCreate) == []
    receive(pair, tool_events.ResponseMcpCallCompleted(item_id="a"))
    assert Heard(pair.emits("generation_created")[-1]).texts == ["I found it."]
    assert not pair.emits("generation_created")[-1].user_initiated


async def test_several_results_are_spoken_about_once_when_all_are_there() -> None:
    pair = SessionPair()
    receive(pair, *calls("a", "b"), tool_events.ResponseMcpCallCompleted(item_id="a"))
    assert pair.sent_of(ResponseCreate) == []
    receive(pair, tool_events.ResponseMcpCallFailed(item_id="b"))
    assert len(pair.sent_of(ResponseCreate)) == 1


async def test_leave_is_asked_of_the_users_code_and_the_answer_is_an_item() -> None:
    pair = SessionPair()
    receive(pair, server.ConversationItemCreated(item=REQUEST))
    [request] = pair.emits("mcp_approval_requested")
    assert request == MCPApprovalRequest("mcpr_1", "docs", "search", REQUEST.arguments)  # type: ignore[arg-type]
    assert "secret" not in repr(request)
    pair.sent()
    pair.translator.answer_approval(request, approve=True)
    [create] = pair.translator.events_to_send()
    assert isinstance(create, ConversationItemCreate)
    item = create.item
    assert (item.type, item.approval_request_id, item.approve) == (
        "mcp_approval_response",
        "mcpr_1",
        True,
    )


@pytest.mark.parametrize(
    "begun", [calls("a"), [server.ConversationItemCreated(item=REQUEST)]], ids=["call", "approval"]
)
async def test_a_turn_whose_call_was_lost_with_the_connection_is_asked_for_again(
    begun: list[object],
) -> None:
    pair = SessionPair(Say("Once more."))
    receive(pair, *begun)
    pair.lose()
    pair.connect()
    assert Heard(pair.emits("generation_created")[-1]).texts == ["Once more."]


async def test_what_was_declined_or_has_ended_is_not_asked_for_again() -> None:
    pair = SessionPair()
    call = Item(type="mcp_call", id="a", approval_request_id="mcpr_1")
    declined = Item(type="mcp_approval_request", id="mcpr_2")
    receive(
        pair,
        server.ConversationItemCreated(item=REQUEST),
        server.ConversationItemCreated(item=declined),
    )
    approve, decline = pair.emits("mcp_approval_requested")
    pair.translator.answer_approval(approve, approve=True)
    pair.translator.answer_approval(decline, approve=False)
    receive(pair, server.ConversationItemCreated(item=call))
    receive(pair, tool_events.ResponseMcpCallCompleted(item_id="a"))
    assert len(pair.sent_of(ResponseCreate)) == 1
    pair.lose()
    pair.connect()
    assert pair.sent_of(ResponseCreate) == []


async def test_an_item_announced_twice_is_asked_and_spoken_about_once() -> None:
    pair = SessionPair()
    request = server.ConversationItemCreated(item=REQUEST)
    receive(pair, request, request)
    assert len(pair.emits("mcp_approval_requested")) == 1
    call = server.ConversationItemCreated(item=Item(type="mcp_call", id="a"))
    done = tool_events.ResponseMcpCallCompleted(item_id="a")
    other = server.ConversationItemCreated(item=Item(type="mcp_call", id="b"))
    receive(pair, call, done, call, other, tool_events.ResponseMcpCallCompleted(item_id="b"))
    assert len(pair.sent_of(ResponseCreate)) == 2


async def test_a_decision_that_comes_after_the_loss_goes_nowhere() -> None:
    pair = SessionPair()
    receive(pair, server.ConversationItemCreated(item=REQUEST))
    pair.lose()
    pair.connect()
    pair.sent()
    pair.translator.answer_approval(pair.emits("mcp_approval_requested")[0], approve=True)
    pair.settle()
    assert pair.sent_of(ConversationItemCreate) == []


async def test_a_server_that_does_not_tell_its_tools_is_reported() -> None:
    pair = SessionPair()
    receive(
        pair,
        tool_events.McpListToolsInProgress(item_id="l"),
        tool_events.McpListToolsCompleted(item_id="l"),
    )
    assert pair.emits("error") == []
    receive(pair, tool_events.McpListToolsFailed(item_id="l"))
    [error] = pair.emits("error")
    assert isinstance(error, APIError)
    assert "server_url" in str(error)


async def test_mcp_items_are_no_part_of_livekits_history() -> None:
    pair = SessionPair()
    receive(pair, *calls("a"), server.ConversationItemCreated(item=REQUEST))
    assert pair.history == []
    assert pair.emits("remote_item_added") == []


async def test_a_result_told_twice_or_of_an_unknown_call_is_spoken_about_once() -> None:
    pair = SessionPair()
    receive(pair, *calls("a"), tool_events.ResponseMcpCallCompleted(item_id="unknown"))
    assert pair.sent_of(ResponseCreate) == []
    for _ in range(2):
        receive(pair, tool_events.ResponseMcpCallCompleted(item_id="a"))
    assert len(pair.sent_of(ResponseCreate)) == 1


@pytest.mark.parametrize("words", ["And tomorrow?", ""])
async def test_a_result_that_comes_while_the_user_speaks_is_told_with_the_next_answer(
    words: str,
) -> None:
    pair = SessionPair(hears=[words])
    receive(pair, *calls("a"))
    pair.withheld.add(server.ResponseCreated)
    pair.start_speaking()
    receive(pair, tool_events.ResponseMcpCallCompleted(item_id="a"))
    pair.stop_speaking()
    assert pair.sent_of(ResponseCreate) == []
    pair.advance(8.0)
    assert len(pair.sent_of(ResponseCreate)) == 1


async def test_a_call_inside_a_response_may_take_longer_than_silence() -> None:
    pair = SessionPair()
    call = Item(type="mcp_call", id="a", server_label="docs", name="search")
    receive(
        pair,
        server.ResponseCreated(response=Response(id="r")),
        server.ResponseOutputItemAdded(response_id="r", item=REQUEST),
        server.ResponseOutputItemAdded(response_id="r", item=call),
    )
    pair.advance(100.0)
    assert pair.emits("error") == []
    receive(pair, server.ResponseOutputItemDone(response_id="r", item=call))
    pair.advance(30.0)
    assert len(pair.emits("error")) == 1
