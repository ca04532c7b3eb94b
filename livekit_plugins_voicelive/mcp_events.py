"""What the service says of the MCP servers that it calls: leave is asked of the user's code, results are spoken about.

The service does not speak about a result by itself; Microsoft's samples ask for a response when a call has ended.
"""

from __future__ import annotations

from . import errors
from .outcome import Emit, Outcome
from .pending_requests import PendingRequest, PendingRequests, new_event_id
from .protocol.client_events import ConversationItemCreate
from .protocol.items import Item, mcp_approval_response_item
from .protocol.tool_events import (
    McpEvent,
    McpListToolsFailed,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
)
from .protocol.wire_struct import given
from .recent import Recent
from .reply import tagged_request
from .responses import Responses
from .tools import MCPApprovalRequest

ANNOUNCED_REMEMBERED = 64
"""Items that may be announced a second time."""


class McpEvents:
    """Owns the calls that have begun and not ended, and those that wait for leave; they die with the connection."""

    def __init__(self, pending: PendingRequests, responses: Responses) -> None:
        self._pending = pending
        self._responses = responses
        self._running: set[str] = set()
        self._waiting: set[str] = set()
        self._announced: Recent[str, None] = Recent(ANNOUNCED_REMEMBERED)

    def item_created(self, item: Item) -> Outcome:
        """A call begins, or asks leave to; an item may be announced twice."""
        item_id = given(item.id) or ""
        if item_id in self._announced or item.type not in ("mcp_call", "mcp_approval_request"):
            return Outcome()
        self._announced[item_id] = None
        if item.type == "mcp_call":
            self._running.add(item_id)
            self._waiting.discard(given(item.approval_request_id) or "")
            return Outcome()
        self._waiting.add(item_id)
        request = MCPApprovalRequest(
            id=item_id,
            server_label=given(item.server_label) or "",
            name=given(item.name) or "",
            arguments=given(item.arguments) or "",
        )
        return Outcome(emit=[Emit("mcp_approval_requested", request)])

    def answer(self, request: MCPApprovalRequest, *, approve: bool) -> Outcome:
        """Send the decision; it is an item of the conversation. What another connection asked, this one does not know."""
        if request.id not in self._waiting:
            return Outcome()
        if not approve:
            self._waiting.discard(request.id)
        item = mcp_approval_response_item(approval_request_id=request.id, approve=approve)
        event = ConversationItemCreate(event_id=new_event_id(), item=item)
        return Outcome(send=[self._pending.add(PendingRequest(event))])

    def receive(self, event: McpEvent, *, now: float, user_speaks: bool) -> Outcome:
        """A list failed, or a call has ended; when the last one has, the model is asked to speak about it.

        Where the user speaks, or waits for an answer, that answer will do so: nobody is talked over.
        """
        match event:
            case McpListToolsFailed():
                return Outcome(emit=[Emit("error", errors.no_mcp_tools())])
            case ResponseMcpCallCompleted() | ResponseMcpCallFailed():
                return self._ended(event.item_id, now=now, user_speaks=user_speaks)
        return Outcome()

    def _ended(self, item_id: str, *, now: float, user_speaks: bool) -> Outcome:
        if item_id not in self._running:
            return Outcome()  # it ended before, or nobody knows it
        self._running.discard(item_id)
        if self._running:
            return Outcome()
        if user_speaks or self._responses.to_turn:
            self._responses.to_turn.more_to_tell(now=now)
            return Outcome()
        return Outcome(send=self._responses.request(tagged_request(), None, now=now))

    def connection_lost(self) -> bool:
        """Calls of the service end with its connection; returns whether somebody was waiting for what they would tell."""
        owed = bool(self._running or self._waiting)
        self._running.clear()
        self._waiting.clear()
        self._announced.clear()
        return owed
