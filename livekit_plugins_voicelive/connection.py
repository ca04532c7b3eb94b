"""One WebSocket to Voice Live, for one life: it encodes, decodes and maps faults to LiveKit's errors, and never reconnects.

The only module that knows the WebSocket library. At its end it forgets everything: what is worth keeping is state, and
lives elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from livekit.agents import APIConnectionError, APIError, APITimeoutError

from . import errors
from .credentials import may_pass
from .endpoint import Endpoint
from .log import logger
from .protocol.client_events import ClientEvent
from .protocol.codec import MalformedEvent, UnwritableEvent, decode_server_event, encode
from .protocol.server_events import ErrorDetails, ErrorEvent, ServerEvent, UnknownEvent

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A retrieved item carries its audio; the library's default of 1 MiB would end the connection."""

CLOSE_TIMEOUT_S = 1.0
"""For the closing handshake: a peer that ignores it costs no more."""

FLUSH_TIMEOUT_S = 0.5
"""For what is still to be sent when we close."""

MAX_BODY_CHARACTERS = 500


_socket_logger = logging.getLogger(f"{logger.name}.socket")
# The library's debug lines show the handshake with its credentials, and what was said.
_socket_logger.setLevel(logging.INFO)


class _Connect(connect):
    """Follows no redirect: across origins the library would hand our ``api-key`` header to the other server."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Connection:
    """Owns the socket and the queue of what is to be sent; both die with it."""

    def __init__(self, socket: ClientConnection) -> None:
        """Use :meth:`open`."""
        self._socket = socket
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending = asyncio.create_task(self._send_all(), name="voicelive.send")
        self._hanging_up: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, endpoint: Endpoint, *, timeout_s: float) -> Connection:
        """Connect and upgrade. It is a session only when ``session.created`` arrives.

        Raises:
            APIStatusError: the upgrade was refused; 408, 429 and 5xx are retryable.
            APITimeoutError: no answer within ``timeout_s``.
            APIConnectionError: the host cannot be reached, or its certificate is not trusted.
            APIError: there is no token to be had.
        """
        try:
            async with asyncio.timeout(timeout_s):
                url, headers = await _handshake(endpoint)
                socket = await _Connect(
                    url,
                    additional_headers=headers,
                    user_agent_header=None,
                    compression=None,
                    max_size=MAX_MESSAGE_BYTES,
                    open_timeout=None,
                    close_timeout=CLOSE_TIMEOUT_S,
                    logger=_socket_logger,
                )
        except TimeoutError:
            raise APITimeoutError(f"Voice Live did not answer within {timeout_s:g} s") from None
        except websockets.InvalidStatus as refused:
            body = (refused.response.body or b"").decode("utf-8", "replace")
            raise errors.refused_handshake(
                refused.response.status_code, body[:MAX_BODY_CHARACTERS]
            ) from None
        except ImportError:
            raise APIConnectionError(
                "a SOCKS proxy of the environment needs the package python-socks: pip install python-socks, or name the "
                "service's host in NO_PROXY",
                retryable=False,
            ) from None
        except (OSError, websockets.WebSocketException) as fault:
            # `from None`: the library's exceptions can carry the request, and with it the credentials.
            raise APIConnectionError(
                f"cannot connect to Voice Live at {endpoint.base} ({_kind(fault)}); "
                "check `endpoint` (AZURE_VOICELIVE_ENDPOINT) and the network"
            ) from None
        return cls(socket)

    def send(self, event: ClientEvent) -> ErrorEvent | None:
        """Queue the event; it leaves in order, as fast as the service reads.

        Returns:
            The refusal of an event that cannot be written, in the service's stead: it does not leave.
        """
        try:
            self._outgoing.put_nowait(encode(event))
        except UnwritableEvent as unwritable:
            logger.error("did not send an event to Voice Live: %s", unwritable)
            return ErrorEvent(
                error=ErrorDetails(
                    type="invalid_request_error",
                    code="unwritable",
                    message=str(unwritable),
                    event_id=event.event_id,
                )
            )
        return None

    async def __aiter__(self) -> AsyncIterator[ServerEvent | UnknownEvent]:
        """What the service says, until the connection is lost.

        Raises:
            APIConnectionError: always, at the end: the service has no way to end a conversation on purpose.
        """
        while True:
            try:
                data = await self._socket.recv()
            except websockets.ConnectionClosed as closed:
                raise errors.lost(_reason(closed)) from None
            try:
                event = decode_server_event(data)
            except MalformedEvent as malformed:
                logger.warning("ignored an event of Voice Live: %s", malformed)
                continue
            yield event

    def hang_up(self) -> None:
        """End the connection from our side; :meth:`__aiter__` then raises, and :meth:`close` is still to be called."""
        self._hanging_up = asyncio.create_task(self._socket.close(), name="voicelive.hang_up")

    async def close(self) -> None:
        """Send what is still queued, then close; bounded by :data:`FLUSH_TIMEOUT_S` and :data:`CLOSE_TIMEOUT_S`."""
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                await self._outgoing.join()
        except TimeoutError:
            pass
        finally:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            await self._socket.close()

    async def _send_all(self) -> None:
        while True:
            message = await self._outgoing.get()
            try:
                await self._socket.send(message, text=True)
            except websockets.ConnectionClosed:
                pass  # the receiving side reports it; nothing more can leave
            finally:
                self._outgoing.task_done()


async def _handshake(endpoint: Endpoint) -> tuple[str, dict[str, str]]:
    try:
        return await endpoint.handshake()
    except Exception as fault:
        # `from None`: the cause can carry a request, and with it a secret.
        raise APIError(
            f"no token for Voice Live ({type(fault).__name__}): sign in to Azure, check `credential`, or "
            "pass `api_key` (AZURE_VOICELIVE_API_KEY)",
            retryable=may_pass(fault),
        ) from None


def _kind(fault: Exception) -> str:
    """What went wrong, in words that hold no secret."""
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return type(fault).__name__


def _reason(closed: websockets.ConnectionClosed) -> str:
    frame: Any = closed.rcvd
    if frame is None:
        return "without a close frame"
    return f"close code {frame.code}{f', {frame.reason}' if frame.reason else ''}"
