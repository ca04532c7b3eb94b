"""The worker under LiveKit's own program: `lk agent dev` and `lk agent console`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from demo.livekit_server import LiveKitAccess
from demo.progress import CHECKOUT
from tests.e2e.conftest import Visit
from tests.e2e.lk import CONSOLE_RATE, LkAgentConsole, LkAgentDev
from tests.e2e.worker_process import WorkerProcess, environment_of
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import hum

StartAsLk = Callable[..., WorkerProcess]


@pytest.fixture
def start_as_lk(
    livekit: LiveKitAccess, service: EmulatorServer, tmp_path: Path
) -> Iterator[StartAsLk]:
    """Start a worker with the words behind `python -m livekit.agents`; it is stopped after the test."""
    started: list[WorkerProcess] = []
    # `lk` names the LiveKit server on the command line; the console needs none.
    environment = environment_of(livekit, service, **dict.fromkeys(livekit.environment(), ""))

    def start(*words: str) -> WorkerProcess:
        command = ("-m", "livekit.agents", *words)
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(WorkerProcess(environment, log, command=command, folder=CHECKOUT))
        return started[-1]

    yield start
    for worker in started:
        worker.stop()


async def test_a_call_goes_on_in_the_worker_that_a_change_has_started_anew(
    start_as_lk: StartAsLk, livekit: LiveKitAccess, visit: Visit
) -> None:
    async with LkAgentDev() as lk:
        server = ("--url", livekit.url, "--api-key", livekit.api_key)
        secret = ("--api-secret", livekit.api_secret)
        dev = ("--dev", "--log-level", "DEBUG", "--cli-addr", lk.address)
        worker = start_as_lk("start", "agent/agent.py", *server, *secret, *dev)
        await worker.registered()
        caller = await visit(metadata='{"greeting": "Say \\"I am Emma.\\""}')
        await caller.wait_to_read("I am Emma.")
        assert await lk.take_calls() == 1
        worker.signal(signal.SIGINT)
        assert await worker.end() == 0
        start_as_lk("start", "agent/agent.py", *server, *secret, *dev)
        await caller.wait_to_read("I am Emma.", "I am Emma.")


async def test_the_console_speaks_listens_and_reads(start_as_lk: StartAsLk) -> None:
    async with LkAgentConsole() as lk:
        start_as_lk("console", "agent/agent.py", "--connect-addr", lk.address)
        assert np.frombuffer(await lk.hear(), "<i2").any()
        silence = bytes(CONSOLE_RATE * 2)
        lk.speak(np.repeat(np.frombuffer(hum(800), "<i2"), 2).tobytes() + silence)
        assert np.frombuffer(await lk.hear(), "<i2").any()
        assert "13" in await lk.type("What is nine plus four?")
