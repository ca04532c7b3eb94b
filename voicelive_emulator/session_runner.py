"""One connection's session in the event loop: socket, clock and worker threads around the sans-I/O session."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from livekit_plugins_voicelive.protocol import codec, server_events as server
from livekit_plugins_voicelive.protocol.client_events import ClientEvent
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails, ErrorEvent, ServerEvent
from livekit_plugins_voicelive.protocol.wire_struct import given

from .emulated_session import EmulatedSession
from .event_log import FROM_CLIENT, TO_CLIENT, EventLog, outcome_of
from .faults import Faults
from .refusal import Refused
from .speech_threads import Result, SpeechThreads
from .work import (
    Call,
    CallTool,
    ListTools,
    Recognise,
    Say,
    Speak,
    Spent,
    SpokenChunk,
    Think,
    ToolOutput,
    Work,
)

SESSION_EXPIRED = ErrorDetails(
    type="invalid_request_error",
    code="session_expired",
    message="The session has reached its time limit.",
)


class SessionRunner:
    """Owns the send queue and the timer of one connection, and ends with it."""

    def __init__(
        self,
        websocket: ServerConnection,
        session: EmulatedSession,
        threads: SpeechThreads,
        faults: Faults,
        log: EventLog,
        received: list[ClientEvent] | None,
    ) -> None:
        """``received`` collects what the client sent, for tests."""
        self._websocket = websocket
        self._session = session
        self._threads = threads
        self._faults = faults
        self._log = log
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._outgoing: asyncio.Queue[ServerEvent] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._sent = 0
        self._stalled = False

    async def run(self) -> None:
        """Until the connection ends, whoever ends it."""
        sender = asyncio.create_task(self._send())
        self._drain()
        try:
            async for message in self._websocket:
                if self._faults.read_delay_s:
                    await asyncio.sleep(self._faults.read_delay_s)
                if not self._dead:
                    self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._session.close()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._websocket.transport.abort()

    def expire(self) -> None:
        """End the session as at its time limit."""
        self._outgoing.put_nowait(ErrorEvent(error=SESSION_EXPIRED))

    # --- from the client ----------------------------------------------------------------------------------------------

    def _receive(self, message: str | bytes) -> None:
        try:
            event = codec.decode_client_event(message)
        except codec.MalformedEvent as error:
            refusal = Refused(str(error), code="invalid_value")
            self._session.refuse(refusal, event_id=error.event_id)
        else:
            self._log.event(FROM_CLIENT, event_type(event))
            if self._received is not None and not isinstance(event, server.UnknownEvent):
                self._received.append(event)
            if not self._refuse_on_demand(event):
                self._session.receive(event, now=self._loop.time())
        self._drain()

    def _refuse_on_demand(self, event: ClientEvent | server.UnknownEvent) -> bool:
        type_name = event_type(event)
        details = self._faults.refuse.get(type_name)
        if details is None or isinstance(event, server.UnknownEvent):
            return False
        refusal = Refused(
            given(details.message) or "",
            code=str(given(details.code) or ""),
            param=given(details.param),
        )
        self._session.refuse(refusal, event_id=given(event.event_id))
        return True

    # --- to the client ------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        try:
            while True:
                event = await self._outgoing.get()
                kind = event_type(event)
                if self._faults.send_delay_s:
                    await asyncio.sleep(self._faults.send_delay_s)
                if self._dead or kind in self._faults.withhold:
                    continue
                self._log.event(TO_CLIENT, kind, outcome_of(event))
                await self._websocket.send(codec.encode(event), text=True)
                self._sent += 1
                await self._break(event, kind)
        except ConnectionClosed:
            pass

    @property
    def _dead(self) -> bool:
        return self._stalled or self._faults.half_open

    async def _break(self, event: ServerEvent, kind: str) -> None:
        """What a fault does at the boundary behind an event."""
        faults, boundary = self._faults, (kind, self._sent)
        if faults.drop_after in boundary:
            self.drop()
        self._stalled = faults.stall_after in boundary
        if isinstance(event, ErrorEvent) and event.error is SESSION_EXPIRED:
            await self._websocket.close(1001, "session_expired")
        elif faults.expire_after in boundary:
            expired = ErrorEvent(error=SESSION_EXPIRED)
            await self._websocket.send(codec.encode(expired), text=True)
            await self._websocket.close(1001, "session_expired")

    def _drain(self) -> None:
        """Send what the session wants sent, start its work, set its timer."""
        for work in self._session.work_to_do():
            self._threads.start(work, self._take_result, self._take_end)
        for event in self._session.events_to_send():
            self._outgoing.put_nowait(event)
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._session.next_deadline()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._advance)

    def _advance(self) -> None:
        self._session.advance(now=self._loop.time())
        self._drain()

    # --- from the worker threads --------------------------------------------------------------------------------------

    def _take_result(self, work: Work, result: Result) -> None:
        now = self._loop.time()
        match work, result:
            case Recognise(), str():
                self._session.recognised(work, result, now=now)
            case Think(), Say() | Call() | Spent():
                self._session.thought(work, result, now=now)
            case Speak(), SpokenChunk():
                self._session.spoken(work, result, now=now)
            case ListTools(), tuple():
                self._session.listed(work, result, now=now)
            case CallTool(), ToolOutput():
                self._session.called(work, result, now=now)
        self._drain()

    def _take_end(self, work: Work, failed: bool) -> None:
        if failed:
            self._session.failed(work, now=self._loop.time())
        elif isinstance(work, Think | Speak):
            self._session.finished(work, now=self._loop.time())
        self._drain()


def event_type(event: ClientEvent | ServerEvent | server.UnknownEvent) -> str:
    """The ``type`` of an event."""
    if isinstance(event, server.UnknownEvent):
        return event.type
    return str(event.__struct_config__.tag)
