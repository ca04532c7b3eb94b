"""Between any client and the real service: passes everything on as it is, and writes a scrubbed recording.

The recording is a file of JSON lines: ``connection``, ``at_s`` since the start, ``from`` (``client`` or ``service``), and
``event``, ``handshake``, ``refused`` or ``closed``. What is said and written stays in it; keys and tokens do not.
"""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from types import TracebackType
from typing import Any, TextIO

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Request, Response

from ..http_response import http_response
from ..listener import MAX_MESSAGE_BYTES, Listener
from .scrubbed import scrubbed_event, scrubbed_target

PASSED_ON = (
    "api-key",
    "Authorization",
    "User-Agent",
    "x-ms-client-request-id",
    "VoiceLive-Features",
)
"""Headers of the handshake that the service may want."""


class _Direct(connect):
    """Does not follow redirects: the key would go along."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class RecordingProxy(Listener):
    """``async with RecordingProxy(...) as proxy:`` owns the port and both sides of every connection."""

    def __init__(
        self,
        upstream: str,
        recording: TextIO,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keep_audio: bool = False,
    ) -> None:
        """Nothing is opened yet.

        Args:
            upstream: the Azure endpoint, such as ``https://my-resource.services.ai.azure.com``.
            recording: where the lines go; belongs to the caller.
            host: address to listen on.
            port: 0 takes any free one.
            keep_audio: whether sound is written too.
        """
        super().__init__(host, port)
        self._upstream = "ws" + upstream.rstrip("/").removeprefix("http")
        self._recording = recording
        self._keep_audio = keep_audio
        self._numbers = count(1)
        self._begun = time.monotonic()
        self._open: dict[ServerConnection, tuple[int, ClientConnection]] = {}

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close both sides of every connection."""
        await super().__aexit__(exc_type, exc, traceback)
        for _, service in self._open.values():
            await service.close()

    async def _process_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        """Upgrade the client only when the service has upgraded us; pass its refusal on."""
        number = next(self._numbers)
        self._write(number, "client", handshake=scrubbed_target(request.path))
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        try:
            service = await _Direct(
                self._upstream + request.path,
                additional_headers=headers,
                user_agent_header=None,
                max_size=MAX_MESSAGE_BYTES,
            )
        except InvalidStatus as refused:
            body = (refused.response.body or b"").decode(errors="replace")
            self._write(number, "service", refused=refused.response.status_code, body=body)
            return http_response(refused.response.status_code, body)
        except (OSError, WebSocketException) as error:
            self._write(number, "service", refused=type(error).__name__)
            return http_response(502, json.dumps({"error": "The service cannot be reached."}))
        self._open[connection] = number, service
        return None

    async def _serve(self, client: ServerConnection) -> None:
        number, service = self._open[client]
        try:
            ways = (
                self._pass_on(number, "client", client, service),
                self._pass_on(number, "service", service, client),
            )
            await asyncio.gather(*ways)
        finally:
            del self._open[client]
            await service.close()

    async def _pass_on(
        self,
        number: int,
        name: str,
        source: ServerConnection | ClientConnection,
        target: ServerConnection | ClientConnection,
    ) -> None:
        """Everything from one side to the other; the first to close closes the other likewise."""
        try:
            async for message in source:
                self._record(number, name, message)
                await target.send(message)
        except ConnectionClosed:
            pass
        code = source.close_code or 1006
        self._write(number, name, closed=code, reason=source.close_reason or "")
        # 1005 and 1006 stand for a close without a code and for none at all: they cannot be sent.
        await target.close(1000 if code in (1005, 1006) else code, source.close_reason or "")

    def _record(self, number: int, name: str, message: str | bytes) -> None:
        try:
            event = scrubbed_event(json.loads(message), keep_audio=self._keep_audio)
        except (ValueError, AttributeError):
            event = {"type": "(no JSON object)"}
        self._write(number, name, event=event)

    def _write(self, number: int, name: str, **what: Any) -> None:
        at_s = round(time.monotonic() - self._begun, 3)
        line = {"connection": number, "at_s": at_s, "from": name} | what
        self._recording.write(json.dumps(line) + "\n")
        self._recording.flush()
