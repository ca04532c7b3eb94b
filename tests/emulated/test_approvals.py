"""Calls of MCP servers that need leave: the agent's own code decides, and the decision reaches the service."""

import logging

import pytest

from livekit_plugins_voicelive import MCPApprovalRequest, MCPServer, MCPTool
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.codec import encode
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.tools import Approve
from tests.emulated.conftest import eventually, session_with
from voicelive_emulator.server import EmulatorServer

SERVER = MCPServer(server_label="docs", server_url="https://docs.example")


def yes(request: MCPApprovalRequest) -> bool:
    return request.name == "search"


async def no_later(request: MCPApprovalRequest) -> bool:
    return False


def breaks(request: MCPApprovalRequest) -> bool:
    raise OSError(request.arguments)


@pytest.mark.parametrize(
    ("approve", "decided"), [(yes, True), (no_later, False), (None, False), (breaks, False)]
)
async def test_the_agents_code_decides(
    service: EmulatorServer,
    approve: Approve | None,
    decided: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        await session.update_tools([MCPTool(SERVER, approve=approve)])
        await events.server_event(server.SessionUpdated, count=2)
        asks = Item(
            type="mcp_approval_request",
            id="mcpr_1",
            server_label="docs",
            name="search",
            arguments="the secret",
        )
        [runner] = service.faults.connections
        frame = encode(server.ConversationItemCreated(item=asks))
        await runner._websocket.send(frame, text=True)
        sent = service.received[0]
        await eventually(lambda: any(isinstance(e, client.ConversationItemCreate) for e in sent))
        [answer] = [e.item for e in sent if isinstance(e, client.ConversationItemCreate)]
        assert (answer.approval_request_id, answer.approve) == ("mcpr_1", decided)
    ours = [r for r in caplog.records if r.name.startswith("livekit.plugins.voicelive")]
    assert "secret" not in " ".join(record.getMessage() for record in ours)
