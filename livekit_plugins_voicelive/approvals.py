"""Decisions on calls that need approval: the user's code decides, and what it does not decide is declined."""

from __future__ import annotations

import inspect

from livekit.agents import llm

from .log import logger
from .tools import MCPApprovalRequest, mcp_tool


async def decision(request: MCPApprovalRequest, tools: llm.ToolContext) -> bool:
    """What the tool's ``approve`` says; False without one, or when it fails."""
    tool = mcp_tool(tools, request.server_label)
    if tool is None or tool.approve is None:
        logger.warning("declined a call of an MCP server: its MCPTool has no `approve`")
        return False
    try:
        decided = tool.approve(request)
        return bool(await decided if inspect.isawaitable(decided) else decided)
    except Exception as fault:
        logger.error(
            "declined a call of an MCP server: `approve` failed (%s)", type(fault).__name__
        )
        return False
