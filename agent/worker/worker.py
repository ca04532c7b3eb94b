"""The worker: LiveKit's agent server, with health, readiness and metrics, and an exit status that tells how it went."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import NoReturn

from prometheus_client import Gauge

from livekit.agents import AgentServer

from . import measurements
from .operations import Operations
from .settings import WorkerSettings
from .tracing import start_tracing

LOOPBACK = "127.0.0.1"
EVERY_INTERFACE = "0.0.0.0"
USUAL_PORT = 8081
"""Where LiveKit's own workers answer health checks in production."""

FULL = 0.7
"""The load at which a LiveKit server passes a worker over (its ``agents.target_load``), and a worker in production declines."""

READY = Gauge("voicelive_worker_ready", "Whether the worker is registered and takes calls")
ACTIVE = Gauge("voicelive_active_calls", "Calls that this worker has now")


def load(server: AgentServer) -> float:
    """How full the worker is, by calls: ``FULL`` when it has all that AGENT_MAX_JOBS allows.

    LiveKit's default is the machine's CPU, and the LiveKit server passes a busy machine over without a word. A realtime
    worker mostly waits for the network: its calls are what counts.
    """
    return min(1.0, FULL * (len(server.active_jobs) / WorkerSettings().max_jobs))


class Worker(AgentServer):
    """One worker; ``run`` is what every command of LiveKit's command line calls."""

    def __init__(self) -> None:
        settings = WorkerSettings()
        super().__init__(
            load_fnc=load,
            setup_fnc=start_tracing,
            max_retry=settings.register_retries,
            # LiveKit's own health check cannot say whether it is registered: ours takes its place.
            host=LOOPBACK,
            port=0,
        )
        self._http_port = settings.http_port
        self._registered = False
        self.on("worker_registered", self._has_registered)

    @property
    def unready(self) -> str:
        """Why no call can come to this worker just now; empty when one can."""
        if self.draining:
            return "draining: calls in progress are finished, new ones go elsewhere"
        # The private flag is the only word of a connection that was lost after the registration.
        if not self._registered or self._connecting:
            return "not registered with the LiveKit server"
        return ""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Serve until asked to stop.

        Raises:
            SystemExit: with a sentence, when the port is taken, or LiveKit could not be reached for too long.
        """
        measurements.collect()
        if unregistered:
            await super().run(devmode=devmode, unregistered=True)
            return
        READY.set_function(lambda: not self.unready)
        ACTIVE.set_function(lambda: len(self.active_jobs) if self._registered else 0)
        host = LOOPBACK if devmode else EVERY_INTERFACE
        port = self._http_port if self._http_port is not None else 0 if devmode else USUAL_PORT
        operations = Operations(host, port, unready=lambda: self.unready)
        try:
            await operations.__aenter__()
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            _end(f"Cannot listen on AGENT_HTTP_PORT={port}: {reason}.")
        try:
            await super().run(devmode=devmode)
        except RuntimeError:
            await self._give_up()
        finally:
            await operations.__aexit__()

    async def _give_up(self) -> None:
        """LiveKit's command line would leave with status 0."""
        with contextlib.suppress(TimeoutError):
            await self.drain()
        await self.aclose()
        what = "lost" if self._registered else "never registered with"
        _end(
            f"The worker {what} the LiveKit server at {self._ws_url}: check LIVEKIT_URL, LIVEKIT_API_KEY and "
            "LIVEKIT_API_SECRET, and that the server runs."
        )

    def _has_registered(self, *_: object) -> None:
        self._registered = True


def _end(sentence: str) -> NoReturn:
    """Leave the process with status 1; LiveKit's command line turns every other exception into status 0."""
    task = asyncio.current_task()
    assert task is not None
    # Looked at, so that the event loop does not report it as an exception that nobody took care of.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    raise SystemExit(sentence)
