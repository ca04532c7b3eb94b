"""Really asks MCP servers, over streamable HTTP, with the protocol's own Python package.

Knows nothing of sessions. Blocking: call it from a worker thread.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .speech.packages import SpeechPackagesMissing
from .work import ToolOutput

if TYPE_CHECKING:
    from mcp import Client

R = TypeVar("R")

DEADLINE_S = 10.0
"""For one question, from connecting to the answer. Assumption: the service's own is not documented."""


class McpClient:
    """Connects anew for every question, so that it owns nothing."""

    def list_tools(self, server: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """The tools of a server, as the items of the wire show them.

        Raises:
            Exception: the server cannot be reached, refuses, or takes too long.
            SpeechPackagesMissing: the extra ``emulator`` is not installed.
        """
        return self._ask(server, _tools)

    def call_tool(self, server: dict[str, Any], name: str, arguments: str) -> ToolOutput:
        """What a tool answers, or the error that it reports.

        Raises:
            Exception: the server cannot be reached, refuses, or takes too long.
            SpeechPackagesMissing: the extra ``emulator`` is not installed.
        """

        async def call(client: Client) -> ToolOutput:
            result = await client.call_tool(name, json.loads(arguments or "{}"))
            texts = [part.text for part in result.content if part.type == "text"]
            return ToolOutput("\n".join(texts), is_error=bool(result.is_error))

        return self._ask(server, call)

    def _ask(self, server: dict[str, Any], question: Callable[[Client], Awaitable[R]]) -> R:
        try:
            import httpx2
            from mcp import Client
            from mcp.client.streamable_http import streamable_http_client
        except ImportError:
            raise SpeechPackagesMissing from None

        async def ask() -> R:
            async with (
                asyncio.timeout(DEADLINE_S),
                httpx2.AsyncClient(headers=_headers(server), timeout=DEADLINE_S) as http,
                Client(streamable_http_client(server["server_url"], http_client=http)) as client,
            ):
                return await question(client)

        return asyncio.run(ask())


async def _tools(client: Client) -> tuple[dict[str, Any], ...]:
    tools: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.list_tools(cursor=cursor)
        tools += [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.input_schema,
                "annotations": tool.annotations and tool.annotations.model_dump(exclude_none=True),
            }
            for tool in page.tools
        ]
        cursor = page.next_cursor
        if cursor is None:
            return tuple(tools)


def _headers(server: dict[str, Any]) -> dict[str, str]:
    """The server's own headers. Assumption: ``authorization`` is the header's value, or a token without its scheme."""
    headers = dict(server.get("headers") or {})
    authorization = server.get("authorization")
    if authorization:
        scheme = "" if " " in authorization else "Bearer "
        headers["Authorization"] = scheme + authorization
    return headers
