"""MCP servers through Microsoft's own SDK, in the steps of its sample: list, ask, approve, call, speak about the result."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import (
    MCPApprovalResponseRequestItem,
    MCPServer,
    MessageItem,
    Modality,
    RequestSession,
    ResponseMCPApprovalRequestItem,
    ResponseMCPCallItem,
    ResponseMCPListToolItem,
    ServerEventType,
    UserMessageItem,
)
from azure.core.credentials import AzureKeyCredential

from tests.emulated.tool_server import KEY, tool_server
from voicelive_emulator import EmulatorServer

DEADLINE_S = 30
QUESTION = "What are the opening hours of the library on Monday?"


@pytest.fixture
async def connection() -> AsyncIterator[VoiceLiveConnection]:
    async with (
        EmulatorServer(api_key="key") as emulator,
        connect(
            endpoint=emulator.endpoint,
            credential=AzureKeyCredential("key"),
            model="gpt-realtime",
            api_version="2026-04-10",
        ) as connection,
    ):
        yield connection


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with tool_server() as address:
        yield address


async def until(connection: VoiceLiveConnection, *kinds: ServerEventType) -> list[Any]:
    """The events up to the last of these kinds, in whatever order they come."""
    missing, events = set(kinds), []
    async with asyncio.timeout(DEADLINE_S):
        async for event in connection:
            assert event.type != ServerEventType.ERROR, event.error
            events.append(event)
            missing.discard(event.type)
            if not missing:
                return events
    raise AssertionError("the connection ended too early")


async def name_server(connection: VoiceLiveConnection, address: str, **options: Any) -> None:
    server = MCPServer(
        server_label="library", server_url=address, **({"authorization": KEY} | options)
    )
    await connection.session.update(
        session=RequestSession(modalities=[Modality.TEXT], tools=[server])
    )


async def ask(connection: VoiceLiveConnection, text: str = QUESTION) -> None:
    item: MessageItem = UserMessageItem(content=[{"type": "input_text", "text": text}])
    await connection.conversation.item.create(item=item)
    await connection.response.create()


def item_of(events: list[Any], kind: type, event_type: ServerEventType) -> Any:
    [item] = [e.item for e in events if e.type == event_type and isinstance(e.item, kind)]
    return item


async def result(connection: VoiceLiveConnection, ended: ServerEventType) -> ResponseMCPCallItem:
    """What the call that is under way comes to."""
    events = await until(connection, ended)
    if events[-1].type != ServerEventType.RESPONSE_OUTPUT_ITEM_DONE:
        events += await until(connection, ServerEventType.RESPONSE_OUTPUT_ITEM_DONE)
    call: ResponseMCPCallItem = item_of(
        events, ResponseMCPCallItem, ServerEventType.RESPONSE_OUTPUT_ITEM_DONE
    )
    return call


async def spoken_about(connection: VoiceLiveConnection) -> str:
    await connection.response.create()
    events = await until(connection, ServerEventType.RESPONSE_DONE)
    [text] = [event.text for event in events if event.type == ServerEventType.RESPONSE_TEXT_DONE]
    return str(text)


async def test_a_server_is_listed_asked_and_spoken_about(
    connection: VoiceLiveConnection, address: str
) -> None:
    await name_server(connection, address, require_approval="never")
    events = await until(connection, ServerEventType.MCP_LIST_TOOLS_COMPLETED)
    listed = item_of(events, ResponseMCPListToolItem, ServerEventType.CONVERSATION_ITEM_CREATED)
    assert [tool.name for tool in listed.tools] == ["opening_hours", "borrow_book"]
    assert listed.tools[0].input_schema["required"] == ["day"]
    await ask(connection)
    call = await result(connection, ServerEventType.RESPONSE_MCP_CALL_COMPLETED)
    assert (call.server_label, call.name) == ("library", "opening_hours")
    assert json.loads(call.arguments) == {"day": "monday"}
    assert call.output == "On monday the library opens at nine."
    assert await spoken_about(connection) == "On monday the library opens at nine."


async def asked(connection: VoiceLiveConnection, address: str) -> ResponseMCPApprovalRequestItem:
    await name_server(connection, address)
    await until(connection, ServerEventType.MCP_LIST_TOOLS_COMPLETED)
    await ask(connection)
    request: ResponseMCPApprovalRequestItem = item_of(
        await until(connection, ServerEventType.RESPONSE_DONE),
        ResponseMCPApprovalRequestItem,
        ServerEventType.CONVERSATION_ITEM_CREATED,
    )
    assert (request.server_label, request.name) == ("library", "opening_hours")
    return request


async def test_an_approved_call_is_made(connection: VoiceLiveConnection, address: str) -> None:
    request = await asked(connection, address)
    await connection.conversation.item.create(
        item=MCPApprovalResponseRequestItem(approval_request_id=request.id, approve=True)
    )
    call = await result(connection, ServerEventType.RESPONSE_MCP_CALL_COMPLETED)
    assert call.approval_request_id == request.id
    assert await spoken_about(connection) == "On monday the library opens at nine."


async def test_a_refused_call_is_not_made(connection: VoiceLiveConnection, address: str) -> None:
    request = await asked(connection, address)
    await connection.conversation.item.create(
        item=MCPApprovalResponseRequestItem(approval_request_id=request.id, approve=False)
    )
    assert await spoken_about(connection) == "The call was not approved."


async def test_a_tools_own_error_is_told(connection: VoiceLiveConnection, address: str) -> None:
    await name_server(connection, address, require_approval="never")
    await until(connection, ServerEventType.MCP_LIST_TOOLS_COMPLETED)
    await ask(connection, "Borrow a book of the library about lighthouses.")
    call = await result(connection, ServerEventType.RESPONSE_MCP_CALL_FAILED)
    assert "The book is lent out." in call.error["message"]


async def test_a_wrong_key_or_address_fails_the_listing(
    connection: VoiceLiveConnection, address: str
) -> None:
    for server_url, options in (
        (address, {"authorization": "wrong"}),
        (address + "/nowhere", {}),
        ("http://127.0.0.1:9/mcp", {}),
        ("no address", {}),
    ):
        await name_server(connection, server_url, **options)
        events = await until(connection, ServerEventType.MCP_LIST_TOOLS_FAILED)
        assert events[-2].type == ServerEventType.MCP_LIST_TOOLS_IN_PROGRESS


async def test_a_key_can_come_in_a_header_of_its_own(
    connection: VoiceLiveConnection, address: str
) -> None:
    options = {"authorization": None, "headers": {"Authorization": f"Bearer {KEY}"}}
    await name_server(connection, address, **options)
    await until(connection, ServerEventType.MCP_LIST_TOOLS_COMPLETED)
