"""The real servers for the end-to-end tests, started once, by the code that runs the demo."""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from demo.caller import Caller
from demo.deployment import LocalDeployment
from demo.environment import API_KEY, ENDPOINT, read_environment
from demo.livekit_binary import INSTALL_COMMAND, find_livekit_server
from demo.livekit_server import LiveKitAccess, LiveKitServer
from demo.room_access import join_token
from tests.e2e.rooms import token_for
from tests.e2e.speech import Speech
from tests.e2e.visitor import Visitor
from tests.e2e.worker_process import WorkerProcess, environment_of
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    binary = find_livekit_server()
    if binary is None:
        pytest.fail(f"There is no livekit-server: `{INSTALL_COMMAND}` installs it.")
    environment = read_environment()
    # These tests are about the emulator, whatever the developer's own environment names.
    for name in (ENDPOINT, API_KEY, "LIVEKIT_AGENT_NAME"):
        environment.pop(name, None)
    logs: Path = tmp_path_factory.mktemp("logs")
    with LocalDeployment(
        livekit_binary=binary,
        environment=environment,
        logs=logs,
        livekit_key=("testkey", secrets.token_urlsafe(32)),
    ) as running:
        yield running


@pytest.fixture(scope="session")
def speech() -> Speech:
    return Speech()


@pytest_asyncio.fixture
async def caller(deployment: LocalDeployment) -> AsyncIterator[Caller]:
    """A caller in a room of their own, who has been greeted."""
    room = f"call-{secrets.token_hex(4)}"
    token = join_token(deployment.livekit, room=room, identity="caller")
    joined = time.monotonic()
    async with Caller() as caller:
        await caller.join(deployment.livekit.url, token)
        await caller.wait_for_reply(since=joined, deadline_s=60)
        yield caller


@pytest.fixture(scope="session")
def livekit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitAccess]:
    """The LiveKit server alone, for tests that start workers of their own."""
    binary = find_livekit_server()
    if binary is None:
        pytest.fail(f"There is no livekit-server: `{INSTALL_COMMAND}` installs it.")
    log = tmp_path_factory.mktemp("livekit") / "livekit-server.log"
    key = ("testkey", secrets.token_urlsafe(32))
    with LiveKitServer(binary, port=0, key=key, log=log) as server:
        yield server.access


@pytest_asyncio.fixture
async def service() -> AsyncIterator[EmulatorServer]:
    """Voice Live within the test: it understands nothing, hums, and breaks on demand."""
    async with EmulatorServer(behaviour=Behaviour(pace=50.0)) as server:
        yield server


StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def start_worker(
    livekit: LiveKitAccess, service: EmulatorServer, tmp_path: Path
) -> Iterator[StartWorker]:
    """Start a worker with changes to its environment; it is stopped after the test."""
    started: list[WorkerProcess] = []

    def start(**changes: str) -> WorkerProcess:
        environment = environment_of(livekit, service, **changes)
        worker = WorkerProcess(environment, tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


StartWatcher = Callable[..., WorkerProcess]


@pytest.fixture
def start_watcher(
    livekit: LiveKitAccess, service: EmulatorServer, tmp_path: Path
) -> Iterator[StartWatcher]:
    """Start the watcher that replaces dead agents; it is stopped after the test."""
    started: list[WorkerProcess] = []

    def start(**changes: str) -> WorkerProcess:
        environment = environment_of(livekit, service, **changes)
        log = tmp_path / f"watcher-{len(started)}.log"
        started.append(WorkerProcess(environment, log, command=("-m", "worker.redispatch")))
        return started[-1]

    yield start
    for watcher in started:
        watcher.stop()


Visit = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture
async def visit(livekit: LiveKitAccess) -> AsyncIterator[Visit]:
    """Join a room of one's own as a caller; `metadata` is the dispatch's, `who` the token's."""
    async with AsyncExitStack() as stack:

        async def join(room: str = "", *, metadata: str | None = None, **who: Any) -> Visitor:
            visitor = await stack.enter_async_context(Visitor())
            token = token_for(livekit, room or f"call-{secrets.token_hex(4)}", metadata, **who)
            await visitor.join(livekit.url, token)
            return visitor

        yield join
