"""The running emulator's switches as its users reach them: over HTTP, from pytest, and on the command line."""

import asyncio
import json
import re
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.test_emulator_server import (
    DEADLINE_S,
    KEY,
    command,
    dial,
    question,
    read,
    send,
)
from voicelive_emulator import Behaviour, EmulatorServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def emulator() -> AsyncIterator[EmulatorServer]:
    async with EmulatorServer(api_key=KEY) as emulator:
        yield emulator


async def ask(emulator: EmulatorServer, path: str) -> Any:
    def get() -> Any:
        with urllib.request.urlopen(emulator.endpoint + path, timeout=DEADLINE_S) as response:
            return json.load(response)

    return await asyncio.to_thread(get)


async def test_faults_are_switched_over_http_while_it_runs(emulator: EmulatorServer) -> None:
    await ask(emulator, "/emulator/faults?handshake_status=429")
    with pytest.raises(InvalidStatus) as refused:
        async with dial(emulator):
            pass
    assert refused.value.response.status_code == 429
    await ask(emulator, "/emulator/reset")
    async with dial(emulator) as websocket:
        await read(websocket, "session.created")
        assert await ask(emulator, "/emulator/drop") == {"connections": 1}
        with pytest.raises(ConnectionClosed):
            await websocket.recv()


async def test_behaviour_is_changed_over_http_for_the_next_session(
    emulator: EmulatorServer,
) -> None:
    await ask(emulator, "/emulator/behaviour?rate_limits=true")
    async with dial(emulator) as websocket:
        await send(websocket, *question("Hello!"))
        await read(websocket, "rate_limits.updated")


async def test_a_session_expires_when_it_said_it_would() -> None:
    behaviour = Behaviour(session_limit_s=0.05)
    async with (
        EmulatorServer(api_key=KEY, behaviour=behaviour) as emulator,
        dial(emulator) as websocket,
    ):
        error = (await read(websocket, "error"))[-1]
        assert isinstance(error, server.ErrorEvent)
        assert error.error.code == "session_expired"
        with pytest.raises(ConnectionClosed):
            await websocket.recv()


async def test_a_half_open_connection_says_nothing_and_stays_open(
    emulator: EmulatorServer,
) -> None:
    async with dial(emulator) as websocket:
        await read(websocket, "session.created")
        emulator.faults.half_open = True
        await send(websocket, client.SessionUpdate(session={}))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(websocket.recv(), 0.2)
        emulator.faults.half_open = False
        await send(websocket, client.SessionUpdate(session={}))
        await read(websocket, "session.updated")
    assert len(emulator.received[0]) == 1


@pytest.mark.parametrize("fault", ["send_delay_s", "read_delay_s"])
async def test_a_slow_line_is_slow_and_whole(emulator: EmulatorServer, fault: str) -> None:
    setattr(emulator.faults, fault, 0.1)
    begun = asyncio.get_running_loop().time()
    async with dial(emulator) as websocket:
        await send(websocket, *[client.SessionUpdate(session={})] * 3)
        for _ in range(3):
            await read(websocket, "session.updated")
    assert asyncio.get_running_loop().time() - begun >= 0.3


async def test_a_model_can_fail_or_keep_silent(emulator: EmulatorServer) -> None:
    emulator.faults.model_fails = True
    async with dial(emulator) as websocket:
        await send(websocket, *question("Hello!"))
        failed = (await read(websocket, "response.done"))[-1]
        assert isinstance(failed, server.ResponseDone)
        assert failed.response.status == "failed"
        emulator.faults.reset()
        emulator.faults.model_silent = True
        await send(websocket, *question("Hello?"))
        silent = (await read(websocket, "response.done"))[-1]
        assert isinstance(silent, server.ResponseDone)
        assert (silent.response.status, silent.response.output) == ("completed", [])


# --- from pytest ------------------------------------------------------------------------------------------------------

USERS_TEST = """
import pytest
from livekit_plugins_voicelive import RealtimeModel
from voicelive_emulator import DeafEars

@pytest.fixture
def voicelive_emulator_options():
    return {"api_key": "theirs", "recognizer": DeafEars("Hello!")}

@pytest.mark.asyncio
async def test_mine(voicelive_emulator):
    model = RealtimeModel(endpoint=voicelive_emulator.endpoint, api_key=voicelive_emulator.api_key)
    assert voicelive_emulator.api_key == "theirs"
    session = model.session()
    while not voicelive_emulator.received:
        await __import__("asyncio").sleep(0.01)
    await session.aclose()
"""


def documented() -> dict[str, str]:
    """The files that the guide shows, whose first line names each; parts of the same one belong together."""
    guide = (ROOT / "docs" / "emulator.md").read_text()
    files: dict[str, str] = {}
    for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        name = re.match(r"# (\w+\.py)", block)
        assert name is not None, block
        files[name[1]] = files.get(name[1], "") + block
    return files


async def test_the_fixture_serves_users_tests_and_those_of_the_guide(tmp_path: Path) -> None:
    assert sorted(documented()) == ["conftest.py", "test_agent.py"]
    for name, text in documented().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "test_mine.py").write_text(USERS_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path),
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"2 passed" in output


# --- the command ------------------------------------------------------------------------------------------------------


async def test_the_command_takes_switches_and_serves_without_models() -> None:
    process = await command(
        "--port", "0", "--deaf", "--behaviour", "rate_limits=true", "--fault", "model_silent=true",
        block=["faster_whisper", "piper"],
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            endpoint = (await process.stdout.readline()).decode().split()[-1]

        def get(what: str) -> Any:
            return json.load(urllib.request.urlopen(f"{endpoint}/emulator/{what}", timeout=10))

        assert (await asyncio.to_thread(get, "behaviour"))["rate_limits"] is True
        assert (await asyncio.to_thread(get, "faults"))["model_silent"] is True
    finally:
        process.terminate()
        await process.wait()


async def test_a_wrong_switch_on_the_command_line_is_one_sentence() -> None:
    process = await command("--deaf", "--behaviour", "speed=3")
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().startswith("There is no switch 'speed'; there are pace, ")
    assert errors.count(b"\n") == 1


async def test_a_wrong_script_on_the_command_line_is_one_sentence(tmp_path: Path) -> None:
    process = await command("--deaf", "--script", str(tmp_path / "missing.yaml"))
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"missing.yaml cannot be read: No such file or directory." in errors
    assert errors.count(b"\n") == 1
