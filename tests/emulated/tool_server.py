"""A real MCP server on loopback, made with the protocol's own package: a small library with a key."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

KEY = "library-card"


def library() -> MCPServer:
    """Two tools: one answers, one fails."""
    server = MCPServer("library", log_level="CRITICAL")

    @server.tool()
    def opening_hours(day: str) -> str:
        """Look up the opening hours of the library for a day."""
        return f"On {day} the library opens at nine."

    @server.tool()
    def borrow_book(title: str) -> str:
        """Borrow a book of the library."""
        raise ToolError("The book is lent out.")

    return server


async def with_key(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Nobody comes in without the key."""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return PlainTextResponse("no entry", 401)
    return await call_next(request)


@asynccontextmanager
async def tool_server() -> AsyncIterator[str]:
    """The server's address while it runs."""
    app = library().streamable_http_app(stateless_http=True)
    app.add_middleware(BaseHTTPMiddleware, dispatch=with_key)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            await serving
