"""LiveKit's server, Voice Live, the worker and the page, started together and stopped together.

The demo and the end-to-end tests both use this: what the tests show is what the demo runs.
"""

import contextlib
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.environment import API_KEY, ENDPOINT, azure_endpoint
from demo.livekit_server import LOOPBACK, LiveKitAccess, LiveKitServer
from demo.process import ChildProcess, ProcessFailed
from demo.progress import CHECKOUT

EMULATOR_READY = r"^Voice Live emulator ready at (http://\S+)"
EMULATOR_DEADLINE_S = 60.0
WORKER_READY = r"registered worker"
WORKER_DEADLINE_S = 60.0
PAGE_READY = r"^Page ready at (http://\S+)"
PAGE_DEADLINE_S = 60.0


class LocalDeployment:
    """Owns the child processes, from entering the context to leaving it."""

    def __init__(
        self,
        *,
        livekit_binary: Path,
        environment: dict[str, str],
        logs: Path,
        livekit_port: int = 0,
        livekit_key: tuple[str, str],
        page_port: int | None = None,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`environment` is what the worker sees; `report` is told each step in one line.

        `page_port` is where the page to talk on is served, 0 for any port; without one there is
        no page.
        """
        self.server = LiveKitServer(
            livekit_binary, port=livekit_port, key=livekit_key, log=logs / "livekit-server.log"
        )
        self._environment = {**environment, **self.server.access.environment()}
        self.page_url: str | None = None
        """Where the page is, once everything runs and if there is one."""
        self._page_port = page_port
        self._logs = logs
        self._report = report
        self._children: list[ChildProcess] = []
        self._worker: ChildProcess | None = None
        self._stack = contextlib.ExitStack()

    @property
    def livekit(self) -> LiveKitAccess:
        """How to reach the LiveKit server."""
        return self.server.access

    def __enter__(self) -> Self:
        """Start everything and wait until a call can be made.

        Raises:
            ProcessFailed: a part ended, or was not ready in time.
        """
        with self._stack:
            self._start_livekit()
            if azure_endpoint(self._environment) is None:
                self._start_emulator()
            else:
                self._report(f"Voice Live    {self._environment[ENDPOINT]} ({ENDPOINT})")
            self._start_worker()
            if self._page_port is not None:
                self._start_page(self._page_port)
            # Everything stands: what was started is now stopped on leaving the context.
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop everything, the last started first."""
        self._stack.close()

    def failure(self) -> ProcessFailed | None:
        """What to say when a part has ended by itself; None while all of them run."""
        return next((child.failure() for child in self._children if child.ended), None)

    def stop_worker(self) -> None:
        """End the worker alone, as a failure would; the rest goes on."""
        assert self._worker is not None
        self._worker.stop()

    def _start_livekit(self) -> None:
        self._stack.enter_context(self.server)
        assert self.server.process is not None
        self._children.append(self.server.process)
        self._report(f"LiveKit       {self.livekit.url}")

    def _start_emulator(self) -> None:
        key = secrets.token_urlsafe(24)
        emulator = self._start(
            "Voice Live emulator",
            [sys.executable, "-m", "voicelive_emulator", "--port", "0", f"--api-key={key}"],
            log="voicelive-emulator.log",
        )
        ready = emulator.wait_for_line(EMULATOR_READY, deadline_s=EMULATOR_DEADLINE_S)
        self._environment |= {ENDPOINT: ready[1], API_KEY: key}
        self._report(f"Voice Live    {ready[1]} (emulated: {ENDPOINT} is not set)")

    def _start_worker(self) -> None:
        worker = self._start(
            "Agent worker", [sys.executable, "agent.py", "dev"], log="agent.log", folder="agent"
        )
        worker.wait_for_line(WORKER_READY, deadline_s=WORKER_DEADLINE_S)
        self._worker = worker
        self._report("Agent worker  registered")

    def _start_page(self, port: int) -> None:
        # On loopback alone, whatever the worker's environment says of a page in production.
        self._environment |= {"WEB_HOST": LOOPBACK, "WEB_PORT": str(port), "WEB_SECRET": ""}
        page = self._start(
            "Page", [sys.executable, "-m", "worker.web"], log="page.log", folder="agent"
        )
        ready = page.wait_for_line(PAGE_READY, deadline_s=PAGE_DEADLINE_S)
        self.page_url = ready[1]
        self._report(f"Page          {self.page_url}")

    def _start(self, name: str, command: list[str], *, log: str, folder: str = ".") -> ChildProcess:
        """Start a child that is stopped with the rest."""
        child = ChildProcess(
            name,
            command,
            log=self._logs / log,
            environment=self._environment,
            folder=CHECKOUT / folder,
        )
        self._stack.callback(child.stop)
        self._children.append(child)
        return child
