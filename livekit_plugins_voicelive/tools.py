"""LiveKit's tools and tool choices to Voice Live's. Pure functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from livekit.agents import llm

from .log import logger
from .protocol.session_config import MCPServer


@dataclass(frozen=True)
class MCPApprovalRequest:
    """A call that the service asks leave for."""

    id: str
    server_label: str
    name: str
    """The server's tool."""
    arguments: str = field(repr=False)
    """JSON text."""


Approve = Callable[[MCPApprovalRequest], bool | Awaitable[bool]]


class MCPTool(llm.ProviderTool):
    """A Model Context Protocol server that Voice Live itself calls; it goes into an agent's tools like any other.

    Needs api-version ``2026-04-10`` or later.
    """

    def __init__(self, server: MCPServer, *, approve: Approve | None = None) -> None:
        """Describe the server.

        Args:
            server: where it is, which of its tools may be called, and which calls need approval (by default, all).
            approve: decides on a call that needs approval, at once or later. Without it such calls are declined.
        """
        super().__init__(id=f"mcp_{server.server_label}")
        self.server = server
        self.approve = approve


def mcp_tool(tools: llm.ToolContext, server_label: str) -> MCPTool | None:
    """The server of that label, among an agent's tools."""
    for tool in tools.flatten():
        if isinstance(tool, MCPTool) and tool.server.server_label == server_label:
            return tool
    return None


@cache
def _warn_once(kind: str) -> None:
    logger.warning("Voice Live cannot run %s; it is left out", kind)


def wire_tools(tools: Iterable[llm.Tool | llm.Toolset]) -> list[dict[str, Any]]:
    """The session's ``tools``. Kinds that only other providers run are left out with a warning.

    Raises:
        llm.RealtimeError: a schema has no form in JSON.
    """
    wired = []
    for tool in llm.ToolContext(list(tools)).flatten():
        if isinstance(tool, llm.FunctionTool):
            schema = llm.utils.build_legacy_openai_schema(tool, internally_tagged=True)
            wired.append(_as_json(tool.info.name, schema))
        elif isinstance(tool, llm.RawFunctionTool):
            wired.append(_as_json(tool.info.name, {"type": "function", **tool.info.raw_schema}))
        elif isinstance(tool, MCPTool):
            wired.append(msgspec.to_builtins(tool.server))
        else:
            _warn_once(type(tool).__name__)
    return wired


def _as_json(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        # The error's own words quote the schema; LiveKit expects this kind of error of a change of tools.
        raise llm.RealtimeError(
            f"the schema of the tool {name!a} is no JSON ({type(fault).__name__}): it may hold text, numbers, "
            "booleans, None, lists, and mappings with text as keys"
        ) from None
    return plain


def wire_tool_choice(choice: llm.ToolChoice | None) -> str | dict[str, Any]:
    """``auto``, ``none``, ``required`` or a function's name; None is the service's default, ``auto``.

    Raises:
        ValueError: it is none of LiveKit's.
    """
    match choice:
        case None:
            return "auto"
        case "auto" | "none" | "required":
            return choice
        case {"type": "function", "function": {"name": str(name)}}:
            return {"type": "function", "name": name}
        case {"type": "function", "name": str(name)}:
            # The wire's own spelling, which Azure's SDK has too.
            return {"type": "function", "name": name}
    raise ValueError(
        '`tool_choice` must be "auto", "none", "required", or '
        '{"type": "function", "function": {"name": "the_tool"}}'
    )
