"""An agent's `MCPTool`, from a spoken question to the spoken result: our plugin, the emulator and a real MCP server."""

from __future__ import annotations

from typing import Any

import pytest

from livekit.agents import Agent, AgentSession
from livekit_plugins_voicelive import MCPApprovalRequest, MCPServer, MCPTool
from livekit_plugins_voicelive.protocol import server_events as server, tool_events
from tests.emulated.conftest import Events, eventually, model_of
from tests.emulated.loudspeaker import Loudspeaker
from tests.emulated.tool_server import KEY, tool_server
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer

QUESTION = "What are the opening hours of the library on Monday?"


@pytest.mark.parametrize("follow_up", [False, True], ids=["asked to speak", "speaks by itself"])
@pytest.mark.parametrize(
    ("rule", "approves", "says"),
    [
        ("never", None, "On monday the library opens at nine."),
        ("always", True, "On monday the library opens at nine."),
        ("always", False, None),
    ],
)
async def test_an_agent_speaks_about_what_a_server_told(
    rule: str, approves: bool | None, says: str | None, follow_up: bool
) -> None:
    asked: list[MCPApprovalRequest] = []

    def approve(request: MCPApprovalRequest) -> bool:
        asked.append(request)
        return bool(approves)

    behaviour = Behaviour(pace=1000.0, mcp_follow_up=follow_up)
    async with (
        tool_server() as address,
        EmulatorServer(api_key="key", behaviour=behaviour) as service,
    ):
        wire = MCPServer(
            server_label="library", server_url=address, authorization=KEY, require_approval=rule
        )
        session: AgentSession[Any] = AgentSession(llm=model_of(service))
        session.output.audio = Loudspeaker()
        agent = Agent(instructions="Be brief.", tools=[MCPTool(wire, approve=approve)])
        await session.start(agent)
        try:
            realtime = agent.realtime_llm_session
            events = Events(realtime)  # type: ignore[arg-type]
            await events.server_event(tool_events.McpListToolsCompleted)
            session.generate_reply(user_input=QUESTION)
            if says is not None:
                await eventually(lambda: says in texts(agent))
            else:
                await events.server_event(server.ResponseDone)
                await eventually(lambda: bool(asked))
                await events.wait(
                    "voicelive_server_event_received",
                    where=lambda event: (
                        isinstance(event, server.ConversationItemCreated)
                        and event.item.type == "mcp_approval_response"
                    ),
                )
            assert [request.name for request in asked] == (
                ["opening_hours"] if rule == "always" else []
            )
            assert events.all("error") == []
            assert texts(agent).count(says or "") == (1 if says else 0)
        finally:
            await session.aclose()


def texts(agent: Agent) -> list[str]:
    items = agent.chat_ctx.items
    return [item.text_content or "" for item in items if item.type == "message"]
