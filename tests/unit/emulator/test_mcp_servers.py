"""Tools of MCP servers, run by the emulated service: listing, calling, asking for approval. The servers are in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    server_events as server,
    tool_events,
)
from livekit_plugins_voicelive.protocol.items import Item, mcp_approval_response_item
from tests.unit.emulator.client import NATIVE, WEATHER, Client, only, types
from voicelive_emulator import Backend, Behaviour
from voicelive_emulator.work import ServerTools, ToolOutput

DOCS: dict[str, Any] = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "http://docs.example/mcp",
    "require_approval": "never",
}
ASKING = DOCS | {"require_approval": "always"}
SEARCH = {
    "name": "search_docs",
    "description": "Search the documentation.",
    "input_schema": {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
    },
    "annotations": None,
}
DELETE = SEARCH | {"name": "delete_page", "description": "Delete a page of the handbook."}
QUESTION = "Search the documentation about turns."
CALLED = [
    "conversation.item.created",
    "response.created",
    "response.output_item.added",
    "conversation.item.created",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.mcp_call.in_progress",
    "response.done",
]


class Library:
    """Two tools, and what was asked of them."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self.called: list[tuple[str, str]] = []
        self.output: ToolOutput | None = ToolOutput("A turn ends with silence.")
        self.open = True

    def list_tools(self, server: dict[str, Any]) -> ServerTools:
        self.listed.append(server)
        if not self.open:
            raise ConnectionError
        return (SEARCH, DELETE)

    def call_tool(self, server: dict[str, Any], name: str, arguments: str) -> ToolOutput:
        self.called.append((name, arguments))
        if self.output is None:
            raise ConnectionError
        return self.output


@pytest.fixture
def library() -> Library:
    return Library()


def caller_of(library: Library, *tools: dict[str, Any], **behaviour: Any) -> Client:
    caller = Client(NATIVE, Behaviour(pace=float("inf"), **behaviour))
    caller.emulator.tool_servers = library
    caller.send(client.SessionUpdate(session={"modalities": ["text"], "tools": list(tools)}))
    return caller


def answer(caller: Client, request: Item, *, approve: bool) -> list[server.ServerEvent]:
    item = mcp_approval_response_item(approval_request_id=str(request.id), approve=approve)
    return caller.send(client.ConversationItemCreate(item=item, event_id="answer"))


def asked(events: list[server.ServerEvent]) -> Item:
    [request] = [
        event.item
        for event in events
        if isinstance(event, server.ConversationItemCreated)
        and event.item.type == "mcp_approval_request"
    ]
    return request


def spoken_about(caller: Client) -> str:
    text = only(caller.send(client.ResponseCreate()), server.ResponseTextDone).text
    assert isinstance(text, str)
    return text


def test_a_servers_tools_are_listed_when_the_session_names_it(library: Library) -> None:
    caller = caller_of(library)
    events = caller.send(client.SessionUpdate(session={"tools": [DOCS]}))
    assert types(events) == [
        "session.updated",
        "mcp_list_tools.in_progress",
        "conversation.item.created",
        "mcp_list_tools.completed",
    ]
    item = only(events, server.ConversationItemCreated).item
    assert (item.type, item.server_label, item.tools) == (
        "mcp_list_tools",
        "docs",
        [SEARCH, DELETE],
    )
    assert {event.item_id for event in events if hasattr(event, "item_id")} == {item.id}


def test_a_server_that_told_its_tools_is_not_asked_again_unless_its_address_or_key_changes(
    library: Library,
) -> None:
    caller = caller_of(library, DOCS)
    caller.configure(tools=[DOCS, WEATHER])
    caller.configure(instructions="Be brief.")
    assert len(library.listed) == 1
    caller.send(client.SessionUpdate(session={"tools": [DOCS | {"authorization": "other"}]}))
    assert len(library.listed) == 2


def test_a_server_that_cannot_be_reached_fails_and_is_tried_again_when_it_is_named_again(
    library: Library,
) -> None:
    library.open = False
    caller = caller_of(library)
    events = caller.send(client.SessionUpdate(session={"tools": [DOCS]}))
    assert types(events)[1:] == ["mcp_list_tools.in_progress", "mcp_list_tools.failed"]
    library.open = True
    events = caller.send(client.SessionUpdate(session={"tools": [DOCS]}))
    assert types(events)[-1] == "mcp_list_tools.completed"


def test_a_call_goes_out_within_the_response_and_its_result_comes_behind(library: Library) -> None:
    caller = caller_of(library, DOCS)
    events = caller.write(QUESTION)
    assert types(events) == [*CALLED, "response.mcp_call.completed", "response.output_item.done"]
    [(name, arguments)] = library.called
    assert (name, json.loads(arguments)) == ("search_docs", {"query": QUESTION})
    made = only(events, server.ResponseOutputItemAdded).item
    assert (made.type, made.server_label, made.name) == ("mcp_call", "docs", "search_docs")
    done = only(events, server.ResponseOutputItemDone).item
    assert (done.id, done.output) == (made.id, "A turn ends with silence.")
    assert only(events, tool_events.ResponseMcpCallArgumentsDone).arguments == arguments


def test_the_result_is_spoken_about_when_the_client_asks(library: Library) -> None:
    caller = caller_of(library, DOCS)
    caller.write(QUESTION)
    assert spoken_about(caller) == "A turn ends with silence."


def test_on_demand_the_service_speaks_about_the_result_by_itself(library: Library) -> None:
    caller = caller_of(library, DOCS, mcp_follow_up=True)
    assert only(caller.write(QUESTION), server.ResponseTextDone).text == "A turn ends with silence."


@pytest.mark.parametrize(
    ("output", "error"),
    [(ToolOutput("No such page.", is_error=True), "No such page."), (None, "did not answer")],
)
def test_a_call_that_fails_says_so(library: Library, output: ToolOutput | None, error: str) -> None:
    library.output = output
    caller = caller_of(library, DOCS)
    events = caller.write(QUESTION)
    assert types(events)[-2:] == ["response.mcp_call.failed", "response.output_item.done"]
    done = only(events, server.ResponseOutputItemDone).item
    assert error in done.error["message"]
    assert error in spoken_about(caller)


def test_by_default_every_call_needs_approval(library: Library) -> None:
    without_rule = {name: part for name, part in DOCS.items() if name != "require_approval"}
    caller = caller_of(library, without_rule)
    events = caller.write(QUESTION)
    assert types(events)[2:] == [
        "response.output_item.added",
        "conversation.item.created",
        "response.output_item.done",
        "response.done",
    ]
    request = asked(events)
    assert (request.server_label, request.name) == ("docs", "search_docs")
    assert json.loads(str(request.arguments)) == {"query": QUESTION}
    assert library.called == []


def test_an_approved_call_is_made_as_a_response_of_its_own(library: Library) -> None:
    caller = caller_of(library, ASKING)
    request = asked(caller.write(QUESTION))
    events = answer(caller, request, approve=True)
    assert types(events) == [*CALLED, "response.mcp_call.completed", "response.output_item.done"]
    done = only(events, server.ResponseOutputItemDone).item
    assert (done.type, done.approval_request_id) == ("mcp_call", request.id)
    assert library.called == [("search_docs", request.arguments)]
    assert spoken_about(caller) == "A turn ends with silence."


def test_an_approval_given_while_a_response_is_active_waits_for_its_end(library: Library) -> None:
    caller = caller_of(library, ASKING)
    request = asked(caller.write(QUESTION))
    caller.emulator.idle = True
    caller.write("Hello!")
    assert types(answer(caller, request, approve=True)) == ["conversation.item.created"]
    caller.emulator.idle = False
    assert "response.mcp_call.completed" in types(caller.emulator.advance(now=1.0))


def test_a_declined_call_is_not_made_and_the_model_knows(library: Library) -> None:
    caller = caller_of(library, ASKING)
    request = asked(caller.write(QUESTION))
    assert types(answer(caller, request, approve=False)) == ["conversation.item.created"]
    assert spoken_about(caller) == "The call was not approved."
    assert library.called == []


def test_only_what_was_asked_can_be_approved_and_only_once(library: Library) -> None:
    caller = caller_of(library, ASKING)
    request = asked(caller.write(QUESTION))
    answer(caller, request, approve=True)
    for unknown in (request, Item(type="mcp_approval_request", id="mcpr_unknown")):
        error = only(answer(caller, unknown, approve=True), server.ErrorEvent).error
        assert error.code == "item_create_invalid_approval_request_id"
    assert len(library.called) == 1


@pytest.mark.parametrize(
    ("rule", "asks"),
    [
        ({"never": ["search_docs"]}, False),
        ({"always": ["search_docs"]}, True),
        ({"never": ["delete_page"]}, True),
    ],
)
def test_approval_can_be_ruled_tool_by_tool(library: Library, rule: Any, asks: bool) -> None:
    caller = caller_of(library, DOCS | {"require_approval": rule})
    caller.write(QUESTION)
    assert (library.called == []) is asks


def test_tools_that_are_not_allowed_are_neither_listed_nor_called(library: Library) -> None:
    caller = caller_of(library)
    session = {"tools": [DOCS | {"allowed_tools": ["delete_page"]}], "tool_choice": "required"}
    events = caller.send(client.SessionUpdate(session=session))
    assert only(events, server.ConversationItemCreated).item.tools == [DELETE]
    caller.write(QUESTION)
    assert [name for name, _ in library.called] == ["delete_page"]


def test_a_function_of_the_clients_goes_before_a_tool_of_the_same_name(library: Library) -> None:
    function = {"type": "function", "name": "search_docs", "parameters": SEARCH["input_schema"]}
    caller = caller_of(library, DOCS, function)
    events = caller.write(QUESTION)
    assert only(events, server.ResponseFunctionCallArgumentsDone).name == "search_docs"
    assert library.called == []


def test_a_server_named_for_one_response_is_asked_before_the_model(library: Library) -> None:
    caller = caller_of(library)
    caller.write("Hello!")
    request = client.ResponseCreateParams(tools=[DOCS], tool_choice="required")
    events = caller.send(client.ResponseCreate(response=request))
    assert types(events)[:4] == [
        "response.created",
        "mcp_list_tools.in_progress",
        "conversation.item.created",
        "mcp_list_tools.completed",
    ]
    assert len(library.called) == 1


def test_a_call_that_is_cut_short_fails_and_is_never_made(library: Library) -> None:
    caller = caller_of(library, DOCS)
    caller.configure(max_response_output_tokens=1)
    events = caller.write(QUESTION)
    assert types(events)[-4:] == [
        "response.mcp_call_arguments.done",
        "response.mcp_call.failed",
        "response.output_item.done",
        "response.done",
    ]
    assert library.called == []


def test_a_lost_connection_makes_no_calls(library: Library) -> None:
    caller = caller_of(library, DOCS)
    caller.emulator.idle = True
    caller.send(client.SessionUpdate(session={"tools": [DOCS | {"authorization": "other"}]}))
    caller.emulator.session.close()
    assert all(work.cancelled for work in caller.emulator._undone)


@pytest.mark.parametrize("tool", ["docs", {}, {"type": "mcp"}, DOCS | {"server_url": 1}])
def test_what_is_no_tool_is_refused(library: Library, tool: Any) -> None:
    caller = caller_of(library)
    request = client.ResponseCreateParams(tools=[tool])
    for event, param in (
        (client.SessionUpdate(session={"tools": [tool]}), "session.tools[0]"),
        (client.ResponseCreate(response=request), "response.tools[0]"),
    ):
        assert only(caller.send(event), server.ErrorEvent).error.param == param


def test_servers_need_a_newer_api_version() -> None:
    caller = Client(Backend(api_version="2025-10-01"), Behaviour())
    [refused] = caller.send(client.SessionUpdate(session={"tools": [DOCS]}))
    assert isinstance(refused, server.ErrorEvent)
    assert refused.error.param == "session.tools[0]"
