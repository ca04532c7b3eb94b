"""A worker as it runs in production, `agent.py start`, and what an operator can do to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
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

    def __init__(
        self,
        environment: dict[str, str],
        log: Path,
        *,
        command: Sequence[str] = ("agent.py", "start"),
        folder: Path = CHECKOUT / "agent",
    ) -> None:
        self._child = ChildProcess(
            "Agent worker",
            [sys.executable, *command],
            log=log,
            environment=environment,
            folder=folder,
        )

    async def registered(self) -> None:
        await self.says(REGISTERED)

    async def says(self, pattern: str) -> str:
        """Wait for a line of the log, while the test's own servers go on."""
        found = await asyncio.to_thread(self._child.wait_for_line, pattern, deadline_s=DEADLINE_S)
        return found[0]

    async def end(self) -> int:
        """Its exit status, once it has ended by itself."""
        return await asyncio.to_thread(self._child.wait_for_end, deadline_s=DEADLINE_S)

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Its log, a dictionary for each line that is JSON."""
        text = self._child.log.read_text(errors="replace")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    @property
    def log(self) -> str:
        return self._child.log.read_text(errors="replace")

    async def address(self) -> str:
        """Where it tells how it is."""
        port = (await self.says(r"health and metrics on port \d+")).rsplit(" ", 1)[1]
        return f"http://{LOOPBACK}:{port}"

    @property
    def ended(self) -> bool:
        return self._child.ended

    def signal(self, number: signal.Signals) -> None:
        """Send the worker itself a signal, as an orchestrator would."""
        [worker] = psutil.Process(self._child.pid).children()
        worker.send_signal(number)

    def kill(self) -> None:
        """End it with all its calls, as the loss of its machine would."""
        [worker] = psutil.Process(self._child.pid).children()
        os.killpg(worker.pid, signal.SIGKILL)

    def stop(self) -> None:
        self._child.stop()
