"""A worker as it runs in production, `agent.py start`, and what an operator can do to it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from demo.livekit_server import LOOPBACK, LiveKitAccess
from demo.process import ChildProcess
from demo.progress import CHECKOUT
from voicelive_emulator.server import EmulatorServer

REGISTERED = r"registered worker"
DEADLINE_S = 60.0


def environment_of(
    livekit: LiveKitAccess, service: EmulatorServer, **changes: str
) -> dict[str, str]:
    """A worker's environment with nothing of the developer's own."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIVEKIT_", "AZURE_", "AGENT_", "VOICELIVE_", "WEB_", "OTEL_"))
    }
    return {
        **bare,
        **livekit.environment(),
        "AZURE_VOICELIVE_ENDPOINT": service.endpoint,
        "AZURE_VOICELIVE_API_KEY": service.api_key,
        "AGENT_AEC_WARMUP_S": "0",
        "AGENT_HTTP_PORT": "0",
        **changes,
    }


class WorkerProcess:
    """Owns one worker's process, from its start to its end."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._child = ChildProcess(
            "Agent worker",
            [sys.executable, "agent.py", "start"],
            log=log,
            environment=environment,
            folder=CHECKOUT / "agent",
        )

    def wait_until_registered(self) -> None:
        self._child.wait_for_line(REGISTERED, deadline_s=DEADLINE_S)

    def wait_for_line(self, pattern: str) -> str:
        return self._child.wait_for_line(pattern, deadline_s=DEADLINE_S)[0]

    def wait_until(self, condition: Callable[[], bool]) -> None:
        self._child.wait_until(lambda: condition() or None, deadline_s=DEADLINE_S)

    def wait_for_end(self) -> int:
        """Its exit status, once it has ended by itself."""
        status: int = self._child.wait_for_end(deadline_s=DEADLINE_S)
        return status

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Its log, a dictionary for each line that is JSON."""
        text = self._child.log.read_text(errors="replace")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    @property
    def log(self) -> str:
        return self._child.log.read_text(errors="replace")

    @property
    def address(self) -> str:
        """Where it tells how it is."""
        port = self.wait_for_line(r"health and metrics on port \d+").rsplit(" ", 1)[1]
        return f"http://{LOOPBACK}:{port}"

    @property
    def ended(self) -> bool:
        return self._child.ended

    def signal(self, number: signal.Signals) -> None:
        """Send the worker itself a signal, as an orchestrator would."""
        [worker] = psutil.Process(self._child.pid).children()
        worker.send_signal(number)

    def stop(self) -> None:
        self._child.stop()
