"""A port with a WebSocket server on it: what the emulator, the recorder and the replay have in common."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""An append may hold 15 MiB of audio, which base64 makes 20. Source: Voice Live API reference."""


class Listener(ABC):
    """``async with Listener() as listener:`` owns the port; what happens on it is the subclass's."""

    def __init__(self, host: str, port: int) -> None:
        """Nothing is opened yet.

        Args:
            host: address to listen on.
            port: 0 takes any free one.
        """
        self._host, self._port = host, port
        self._server: Server | None = None

    @property
    def endpoint(self) -> str:
        """What a client takes for its Azure endpoint."""
        return f"http://{self._host}:{self.port}"

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("The server is not running: use it inside `async with`.")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._server = await serve(
            self._serve,
            self._host,
            self._port,
            process_request=self._process_request,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            ping_interval=None,
            logger=logging.getLogger("voicelive_emulator.websocket"),
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @abstractmethod
    async def _process_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        """Refuse a client with a response, or let it upgrade."""

    @abstractmethod
    async def _serve(self, websocket: ServerConnection) -> None:
        """Speak with one client that was let in."""
