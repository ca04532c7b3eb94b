"""The emulator as a server on a port: handshakes, connections, and the threads they share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from types import TracebackType

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from livekit_plugins_voicelive.protocol import codec
from livekit_plugins_voicelive.protocol.client_events import ClientEvent
from livekit_plugins_voicelive.protocol.server_events import ErrorEvent

from .behaviour import Backend, Behaviour
from .brains.faulty import FaultyBrain
from .brains.scripted import ScriptedBrain
from .control import PREFIX, Control
from .emulated_session import EmulatedSession
from .event_log import EventLog
from .faults import Faults
from .handshake import HandshakeRefused, UpgradeRequest, check
from .http_response import http_response
from .listener import Listener
from .mcp_client import McpClient
from .session_runner import SessionRunner
from .speech.detector import loudness_probability
from .speech.stand_ins import DeafEars, HummingVoice
from .speech_threads import SpeechThreads
from .turn_detector import SpeechProbability
from .work import Brain, Ears, ToolServers, Voice


def loudness() -> SpeechProbability:
    """The default detector: by loudness alone."""
    return loudness_probability


class EmulatorServer(Listener):
    """``async with EmulatorServer() as server:`` owns the port, the connections and the worker threads.

    Without arguments it listens by loudness, understands nothing and hums: fast, for tests. Give it a
    :class:`~.speech.recognizer.Recognizer`, a :class:`~.speech.synthesizer.Synthesizer` and
    :func:`~.speech.detector.neural_probability` to have it hear and speak.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        api_key: str = "emulator",
        recognizer: Ears | None = None,
        synthesizer: Voice | None = None,
        brain: Brain | None = None,
        detector: Callable[[], SpeechProbability] = loudness,
        tool_servers: ToolServers | None = None,
        behaviour: Behaviour | None = None,
        faults: Faults | None = None,
        accepts_token: Callable[[str], bool] = bool,
        keep_received: bool = True,
    ) -> None:
        """Nothing is opened yet.

        Args:
            host: address to listen on.
            port: 0 takes any free one.
            api_key: the key that clients must show.
            recognizer: the ears; None is deaf.
            synthesizer: the voice; None hums.
            brain: what to answer; the scripted brain by default.
            detector: makes the judge of windows for one session.
            tool_servers: reaches the MCP servers that clients name; by default it really does.
            behaviour: pace, and choices where the service is unknown.
            faults: what to do wrong; can be changed while running.
            accepts_token: which access tokens are good; any that is not empty by default.
            keep_received: whether :attr:`received` collects what clients send.
        """
        super().__init__(host, port)
        self._api_key = api_key
        self._detector = detector
        self._accepts_token = accepts_token
        self._keep_received = keep_received
        self.faults = faults or Faults()
        self._control = Control(behaviour or Behaviour(), self.faults)
        self._threads = SpeechThreads(
            recognizer or DeafEars(),
            FaultyBrain(brain or ScriptedBrain(), self.faults),
            synthesizer or HummingVoice(),
            tool_servers or McpClient(),
        )
        self._closing = asyncio.Event()
        self._numbers = count(1)
        self._backends: dict[ServerConnection, Backend] = {}
        self.requests: list[UpgradeRequest] = []
        """Every upgrade request, refused or not; kept only with ``keep_received``."""
        self.received: list[list[ClientEvent]] = []
        """For every connection in order, what the client sent."""

    @property
    def api_key(self) -> str:
        """The key that clients must show."""
        return self._api_key

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut all connections, and wait for the threads."""
        self._closing.set()
        self.faults.drop_connections()
        await super().__aexit__(exc_type, exc, traceback)
        await self._threads.close()

    async def _process_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        if request.path.startswith(PREFIX):
            return http_response(*self._control.answer(request.path))
        upgrade = UpgradeRequest(request.path, request.headers)
        if self._keep_received:
            self.requests.append(upgrade)
        faults = self.faults
        if faults.stall_handshake:
            await self._closing.wait()
        if faults.redirect_to is not None:
            return http_response(307, "", location=faults.redirect_to)
        if faults.handshake_status is not None:
            return http_response(faults.handshake_status, faults.handshake_body)
        try:
            backend = check(upgrade, api_key=self._api_key, accepts_token=self._accepts_token)
        except HandshakeRefused as refused:
            return http_response(refused.status, refused.body)
        self._backends[connection] = backend
        return None

    async def _serve(self, websocket: ServerConnection) -> None:
        backend = self._backends.pop(websocket)
        if self.faults.error_after_upgrade is not None:
            error = ErrorEvent(error=self.faults.error_after_upgrade)
            await websocket.send(codec.encode(error), text=True)
            return
        behaviour = self._control.behaviour
        session = EmulatedSession(
            backend,
            probability=self._detector(),
            behaviour=behaviour,
            expires_at=int(time.time() + behaviour.session_limit_s),
        )
        received: list[ClientEvent] | None = [] if self._keep_received else None
        if received is not None:
            self.received.append(received)
        log = EventLog(next(self._numbers))
        runner = SessionRunner(websocket, session, self._threads, self.faults, log, received)
        self.faults.connections.add(runner)
        expiry = asyncio.get_running_loop().call_later(behaviour.session_limit_s, runner.expire)
        log.connection(f"connected: {backend.kind} {backend.model}")
        try:
            await runner.run()
        finally:
            expiry.cancel()
            self.faults.connections.discard(runner)
            log.connection("disconnected")
