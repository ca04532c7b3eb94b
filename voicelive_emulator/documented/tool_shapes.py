"""The tools that a session or a response may name, and what each must say.

Source: Microsoft's SDK, and the Voice Live API reference of 2026-07-15 for agents. Assumption: that others are refused.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Property(msgspec.Struct):
    """What a function's argument may be, as far as the emulator reads it."""

    type: str | list[str] | None = None
    description: str | None = None
    enum: list[Any] | None = None


class Schema(msgspec.Struct):
    """A function's arguments, as JSON schema."""

    properties: dict[str, Property | bool] | None = None
    required: list[str] | None = None


class FunctionTool(msgspec.Struct, tag_field="type", tag="function"):
    """A function that the client runs."""

    name: str
    description: str | None = None
    parameters: Schema | None = None


class Approval(msgspec.Struct):
    """Which tools of a server need leave, by name."""

    never: list[str] | None = None
    always: list[str] | None = None


class McpTool(msgspec.Struct, tag_field="type", tag="mcp"):
    """An MCP server that the service calls."""

    server_label: str
    server_url: str
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | None = None
    require_approval: Literal["never", "always"] | Approval | None = None


class FoundryAgentTool(msgspec.Struct, tag_field="type", tag="foundry_agent"):
    """An agent that the service calls."""

    agent_name: str
    project_name: str


Tool = FunctionTool | McpTool | FoundryAgentTool
