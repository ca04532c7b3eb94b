"""LiveKit's tools and tool choices to Voice Live's. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livekit.agents import llm

from .log import logger


def wire_tools(tools: Iterable[llm.Tool | llm.Toolset]) -> list[dict[str, Any]]:
    """The session's ``tools``. Kinds that only other providers run are left out with a warning."""
    wired = []
    for tool in llm.ToolContext(list(tools)).flatten():
        if isinstance(tool, llm.FunctionTool):
            wired.append(llm.utils.build_legacy_openai_schema(tool, internally_tagged=True))
        elif isinstance(tool, llm.RawFunctionTool):
            wired.append({"type": "function", **tool.info.raw_schema})
        else:
            logger.warning("Voice Live cannot run %s; it is left out", type(tool).__name__)
    return wired


def wire_tool_choice(choice: llm.ToolChoice | None) -> str | dict[str, Any]:
    """``auto``, ``none``, ``required`` or a function's name; None is the service's default, ``auto``."""
    if choice is None:
        return "auto"
    if isinstance(choice, str):
        return choice
    return {"type": "function", "name": choice["function"]["name"]}
