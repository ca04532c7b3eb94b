"""However approvals, cancellations, failures and questions mix: each call of an MCP server begins once and ends once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    codec,
    server_events as server,
    tool_events,
)
from livekit_plugins_voicelive.protocol.items import Item, mcp_approval_response_item, text_part
from tests.unit.emulator.client import CASCADE, NATIVE, Client
from tests.unit.emulator.test_mcp_servers import DOCS, QUESTION, SEARCH
from voicelive_emulator import Behaviour
from voicelive_emulator.work import ServerTools, ToolOutput

SEEDS = range(60)
STEPS = 40


class Moody:
    """A server that now and then is not there, or fails."""

    def __init__(self, pick: random.Random) -> None:
        self._pick = pick

    def list_tools(self, server: dict[str, Any]) -> ServerTools:
        if self._pick.random() < 0.2:
            raise ConnectionError
        return (SEARCH,)

    def call_tool(self, server: dict[str, Any], name: str, arguments: str) -> ToolOutput:
        if self._pick.random() < 0.2:
            raise ConnectionError
        return ToolOutput("It is late.", is_error=self._pick.random() < 0.2)


class Calls:
    """What came of every call and every list."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.asked: list[Item] = []
        self.open_responses = 0

    def take(self, event: server.ServerEvent) -> None:
        assert codec.decode_server_event(codec.encode(event)) == event
        match event:
            case server.ResponseOutputItemAdded(item=item) if item.type == "mcp_call":
                self.begun[str(item.id)] += 1
            case tool_events.McpListToolsInProgress(item_id=item_id):
                self.begun[item_id] += 1
            case tool_events.ResponseMcpCallCompleted() | tool_events.ResponseMcpCallFailed():
                self.ended[event.item_id] += 1
            case tool_events.McpListToolsCompleted() | tool_events.McpListToolsFailed():
                self.ended[event.item_id] += 1
            case server.ConversationItemCreated(item=item) if item.type == "mcp_approval_request":
                self.asked.append(item)
            case server.ResponseCreated():
                self.open_responses += 1
                assert self.open_responses == 1
            case server.ResponseDone():
                self.open_responses -= 1


def step(pick: random.Random, calls: Calls) -> list[client.ClientEvent]:
    rule = pick.choice(("always", "never"))
    question = Item(type="message", role="user", content=[text_part("user", QUESTION)])
    asked = str(pick.choice(calls.asked).id) if calls.asked else "mcpr_unknown"
    approval = mcp_approval_response_item(approval_request_id=asked, approve=pick.random() < 0.7)
    return pick.choice(
        [
            [client.SessionUpdate(session={"tools": [DOCS | {"require_approval": rule}]})],
            [client.SessionUpdate(session={"tools": [DOCS | {"authorization": rule}]})],
            [client.SessionUpdate(session={"tools": []})],
            [client.ConversationItemCreate(item=question), client.ResponseCreate()],
            [client.ConversationItemCreate(item=question), client.ResponseCreate()],
            [client.ConversationItemCreate(item=approval)],
            [client.ConversationItemCreate(item=approval)],
            [client.ConversationItemDelete(item_id=asked)],
            [client.ResponseCreate()],
            [client.ResponseCancel()],
        ]
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_call_and_every_list_that_begins_ends_once(seed: int) -> None:
    pick = random.Random(seed)
    pace = pick.choice((2.0, float("inf")))
    behaviour = Behaviour(pace=pace, mcp_follow_up=pick.random() < 0.5)
    caller, calls, now = Client(pick.choice((NATIVE, CASCADE)), behaviour), Calls(), 0.0
    caller.emulator.tool_servers = Moody(pick)
    for _ in range(STEPS):
        caller.emulator.idle = pick.random() < 0.3
        now += pick.choice((0.0, 0.05, 1.0))
        for event in step(pick, calls):
            for answer in caller.send(event, now=now):
                calls.take(answer)
    caller.emulator.idle = False
    for answer in [*caller.emulator.advance(now=now), *caller.rest(now)]:
        calls.take(answer)
    assert calls.open_responses == 0
    assert calls.ended == calls.begun
    assert set(calls.begun.values()) == {1}


def test_the_sequences_reach_what_matters() -> None:
    seen = Counter[type]()
    for seed in SEEDS:
        pick = random.Random(seed)
        caller, calls = Client(NATIVE, Behaviour(pace=float("inf"))), Calls()
        caller.emulator.tool_servers = Moody(pick)
        for _ in range(STEPS):
            for event in step(pick, calls):
                for answer in caller.send(event):
                    calls.take(answer)
                    seen[type(answer)] += 1
    for kind in (
        tool_events.McpListToolsCompleted,
        tool_events.McpListToolsFailed,
        tool_events.ResponseMcpCallCompleted,
        tool_events.ResponseMcpCallFailed,
        server.ErrorEvent,
    ):
        assert seen[kind] > 10
