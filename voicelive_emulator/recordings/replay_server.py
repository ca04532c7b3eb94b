"""A recording as a server on a port: the connections of the file, one after the other, to whoever connects."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ..event_log import FROM_CLIENT, TO_CLIENT, EventLog
from ..http_response import http_response
from ..listener import Listener
from .recording import RecordedConnection
from .replay import Departed, Replay

NO_JSON_OBJECT = {"type": "(no JSON object)"}
"""As such a message stands in a recording."""


class ReplayServer(Listener):
    """``async with ReplayServer(connections) as server:`` owns the port, and which connection is next.

    Any key is good. After the last connection of the recording comes the first again, unless a client departed from
    it: from then on nobody can connect, so that a client which comes back by itself does not go on in a wrong place.
    """

    def __init__(
        self, recording: list[RecordedConnection], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Nothing is opened yet.

        Args:
            recording: what to play; at least one connection.
            host: address to listen on.
            port: 0 takes any free one.
        """
        super().__init__(host, port)
        self._recording = recording
        self._next = 0
        self._replays: dict[ServerConnection, tuple[EventLog, Replay]] = {}
        self.departure: str | None = None
        """In which line a client departed from the recording, and how."""

    async def _process_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return http_response(426, json.dumps({"error": "Only WebSockets are replayed."}))
        if self.departure is not None:
            error = {"code": "recording_departed", "message": self.departure}
            return http_response(410, json.dumps({"error": error}))
        recorded = self._recording[self._next % len(self._recording)]
        self._next += 1
        if recorded.refusal is not None:
            return http_response(recorded.refusal.status, recorded.refusal.body)
        self._replays[connection] = EventLog(self._next), Replay(recorded)
        return None

    async def _serve(self, websocket: ServerConnection) -> None:
        log, replay = self._replays.pop(websocket)
        log.connection("connected")
        try:
            await _send(websocket, log, replay.begin())
            while replay.closed is None:
                event = _event(await websocket.recv())
                log.event(FROM_CLIENT, event["type"])
                await _send(websocket, log, replay.receive(event))
            if replay.closed.code == 1006:
                websocket.transport.abort()
            else:
                code = 1000 if replay.closed.code == 1005 else replay.closed.code
                await websocket.close(code, replay.closed.reason)
        except Departed as departed:
            await self._part(websocket, log, str(departed))
        except ConnectionClosed:
            pass
        log.connection("disconnected")

    async def _part(self, websocket: ServerConnection, log: EventLog, departure: str) -> None:
        self.departure = departure
        log.connection(departure)
        error = {
            "type": "invalid_request_error",
            "code": "recording_departed",
            "message": departure,
            "param": None,
            "event_id": None,
        }
        await _send(websocket, log, [{"type": "error", "error": error}])
        await websocket.close(1008, "departed from the recording")


async def _send(websocket: ServerConnection, log: EventLog, events: list[dict[str, Any]]) -> None:
    for event in events:
        log.event(TO_CLIENT, event["type"])
        await websocket.send(json.dumps(event))


def _event(message: str | bytes) -> dict[str, Any]:
    event: dict[str, Any] = NO_JSON_OBJECT
    with suppress(ValueError):
        match json.loads(message):
            case {"type": str()} as read:
                event = read
    return event
