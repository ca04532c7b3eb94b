"""The recording proxy: a conversation passes through unchanged, and its recording holds no secret."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livekit_plugins_voicelive.protocol import client_events as client
from tests.emulated.test_emulator_server import KEY, QUERY, command, question, read, send
from voicelive_emulator import EmulatorServer
from voicelive_emulator.recordings.proxy import RecordingProxy
from voicelive_emulator.recordings.scrubbed import SCRUBBED
from voicelive_emulator.speech.stand_ins import hum


@asynccontextmanager
async def recorded(
    emulator: EmulatorServer, file: io.StringIO, *, key: str = KEY, keep_audio: bool = False
) -> AsyncIterator[ClientConnection]:
    async with RecordingProxy(emulator.endpoint, file, keep_audio=keep_audio) as proxy:
        url = proxy.endpoint.replace("http", "ws") + f"/voice-live/realtime?{QUERY}&api-key={key}"
        async with connect(url.replace(" ", "+")) as websocket:
            yield websocket


def lines(file: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.fixture
async def emulator() -> AsyncIterator[EmulatorServer]:
    async with EmulatorServer(api_key=KEY) as emulator:
        yield emulator


MCP = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "https://example.com",
    "authorization": "a secret token",
    "headers": {"x-key": "a secret token"},
}


async def test_a_conversation_passes_and_is_written_in_order(emulator: EmulatorServer) -> None:
    file = io.StringIO()
    async with recorded(emulator, file) as websocket:
        await send(websocket, client.InputAudioBufferAppend(audio=hum(100)), *question("Hello!"))
        got = await read(websocket, "response.done")
    written = lines(file)
    assert KEY in emulator.requests[0].target.replace("+", " ")
    from_service = [w["event"] for w in written if w["from"] == "service" and "event" in w]
    assert [event["event_id"] for event in from_service] == [event.event_id for event in got]
    from_client = [w["event"]["type"] for w in written if w["from"] == "client" and "event" in w]
    assert from_client == [
        "input_audio_buffer.append", "conversation.item.create", "response.create",
    ]  # fmt: skip
    assert {w["closed"] for w in written if "closed" in w} == {1000}


async def test_neither_key_nor_token_nor_sound_is_written(emulator: EmulatorServer) -> None:
    file = io.StringIO()
    async with recorded(emulator, file) as websocket:
        await send(
            websocket,
            client.SessionUpdate(session={"tools": [MCP]}),
            client.InputAudioBufferAppend(audio=hum(100)),
            *question("Hello!"),
        )
        await read(websocket, "response.done")
    text = file.getvalue()
    assert KEY.replace(" ", "+") not in text
    assert KEY not in text
    assert "a secret token" not in text
    [handshake] = [line["handshake"] for line in lines(file) if "handshake" in line]
    assert "api-version=2026-07-15" in handshake
    events = [line["event"] for line in lines(file) if "event" in line]
    [append] = [event for event in events if event["type"] == "input_audio_buffer.append"]
    assert append["audio"] == "(4800 bytes)"
    assert all(
        e["delta"].endswith(" bytes)") for e in events if e["type"] == "response.audio.delta"
    )
    [update] = [event for event in events if event["type"] == "session.update"]
    assert update["session"]["tools"][0]["authorization"] == SCRUBBED
    assert update["session"]["tools"][0]["server_label"] == "docs"


async def test_sound_is_written_when_it_is_wanted(emulator: EmulatorServer) -> None:
    file = io.StringIO()
    async with recorded(emulator, file, keep_audio=True) as websocket:
        await send(websocket, client.InputAudioBufferAppend(audio=hum(100)))
        await send(websocket, client.SessionUpdate(session={}))
        await read(websocket, "session.updated")
    events = [line["event"] for line in lines(file) if "event" in line]
    [append] = [event for event in events if event["type"] == "input_audio_buffer.append"]
    assert len(append["audio"]) == 6400


async def test_a_refusal_is_passed_on_and_written(emulator: EmulatorServer) -> None:
    file = io.StringIO()
    with pytest.raises(InvalidStatus) as refused:
        async with recorded(emulator, file, key="wrong"):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body or b"")["error"]["code"] == "401"
    assert [line["refused"] for line in lines(file) if "refused" in line] == [401]


async def test_an_unreachable_service_is_a_bad_gateway() -> None:
    async with RecordingProxy("http://127.0.0.1:9", io.StringIO()) as proxy:
        with pytest.raises(InvalidStatus) as refused:
            await connect(proxy.endpoint.replace("http", "ws") + "/voice-live/realtime")
    assert refused.value.response.status_code == 502


async def test_the_services_way_of_closing_reaches_the_client(emulator: EmulatorServer) -> None:
    file = io.StringIO()
    async with recorded(emulator, file) as websocket:
        await read(websocket, "session.created")
        emulator.faults.expire_sessions()
        await read(websocket, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await websocket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "session_expired")


async def test_the_command_records(tmp_path: Path, emulator: EmulatorServer) -> None:
    path = tmp_path / "recording.jsonl"
    process = await command(
        "--port", "0", "--record", str(path), "--upstream", emulator.endpoint
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            endpoint = (await process.stdout.readline()).decode().split()[-1]
        url = endpoint.replace("http", "ws") + f"/voice-live/realtime?{QUERY}"
        async with connect(url, additional_headers={"api-key": KEY}) as websocket:
            await read(websocket, "session.created")
    finally:
        process.terminate()
        await process.wait()
    assert "session.created" in path.read_text()


async def test_a_recording_without_a_service_is_refused() -> None:
    process = await command("--record", "file.jsonl")
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"--record and --upstream need each other" in errors


async def test_a_recording_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file.jsonl"
    process = await command("--record", str(path), "--upstream", "http://127.0.0.1:9")
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode() == f"{path} cannot be opened: No such file or directory.\n"
