"""What the server says of the tools that it runs itself: Model Context Protocol servers."""

from __future__ import annotations

from .event_base import ServerEventBase
from .wire_struct import UNSET, Maybe


class McpListToolsEvent(ServerEventBase, frozen=True, kw_only=True):
    """Of the item that will hold a server's tools."""

    item_id: str


class McpListToolsInProgress(
    McpListToolsEvent, frozen=True, kw_only=True, tag="mcp_list_tools.in_progress"
):
    """The service asks a server for its tools."""


class McpListToolsCompleted(
    McpListToolsEvent, frozen=True, kw_only=True, tag="mcp_list_tools.completed"
):
    """The tools of a server are known."""


class McpListToolsFailed(McpListToolsEvent, frozen=True, kw_only=True, tag="mcp_list_tools.failed"):
    """A server did not tell its tools; none of them can be called."""


class ResponseMcpCallArgumentsDelta(
    ServerEventBase, frozen=True, kw_only=True, tag="response.mcp_call_arguments.delta"
):
    """More of a call's arguments."""

    response_id: str
    item_id: str
    output_index: int = 0
    delta: str = ""


class ResponseMcpCallArgumentsDone(
    ServerEventBase, frozen=True, kw_only=True, tag="response.mcp_call_arguments.done"
):
    """All arguments of a call are known."""

    response_id: str
    item_id: str
    output_index: int = 0
    arguments: Maybe[str] = UNSET


class ResponseMcpCallEvent(ServerEventBase, frozen=True, kw_only=True):
    """Of a call; it names no response, and can come after the ``response.done`` of the one that made it."""

    item_id: str
    output_index: int = 0


class ResponseMcpCallInProgress(
    ResponseMcpCallEvent, frozen=True, kw_only=True, tag="response.mcp_call.in_progress"
):
    """The service calls the server."""


class ResponseMcpCallCompleted(
    ResponseMcpCallEvent, frozen=True, kw_only=True, tag="response.mcp_call.completed"
):
    """The call has its result."""


class ResponseMcpCallFailed(
    ResponseMcpCallEvent, frozen=True, kw_only=True, tag="response.mcp_call.failed"
):
    """The call failed, or was not approved."""


McpArgumentsEvent = ResponseMcpCallArgumentsDelta | ResponseMcpCallArgumentsDone

McpEvent = (
    McpListToolsInProgress
    | McpListToolsCompleted
    | McpListToolsFailed
    | ResponseMcpCallInProgress
    | ResponseMcpCallCompleted
    | ResponseMcpCallFailed
)
