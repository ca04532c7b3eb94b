"""The real servers for the end-to-end tests, started once, by the code that runs the demo."""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from demo.caller import Caller
from demo.deployment import LocalDeployment
from demo.environment import API_KEY, ENDPOINT, read_environment
from demo.livekit_binary import INSTALL_COMMAND, find_livekit_server
from demo.room_access import join_token
from tests.e2e.speech import Speech


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
