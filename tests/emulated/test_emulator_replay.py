"""A recorded conversation played again: a client that does the same hears the same, another is told where it departs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livekit import rtc
from livekit.agents import function_tool, llm
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import Events, session_with
from tests.emulated.test_emulator_server import KEY, QUERY, command, question, read, send
from tests.emulated.test_realtime_session import heard, user
from tests.recorded_shapes.comparison import differences
from tests.recorded_shapes.shape import Shape, read_session
from tests.unit.emulator.test_recorded_shapes import emulated
from voicelive_emulator import Behaviour, EmulatorServer
from voicelive_emulator.recordings.proxy import RecordingProxy
from voicelive_emulator.recordings.recording import read_recording
from voicelive_emulator.recordings.replay_server import ReplayServer
from voicelive_emulator.speech.stand_ins import DeafEars, hum


@function_tool
async def get_weather(city: str) -> str:
    """Look up the weather for a city.

    Args:
        city: the city.
    """
    return f"It is foggy in {city}."


class Conversation:
    """What a user of the plugin gets out of a spoken turn, a function call and a reply asked for."""

    def __init__(self) -> None:
        self.transcript = ""
        self.spoken: list[tuple[str, float]] = []
        self.calls: list[tuple[str, str]] = []

    async def hold(self, service: Any) -> None:
        async with session_with(service) as (session, events):
            await session.update_tools([get_weather])
            await events.server_event(server.SessionUpdated)
            for pcm in (hum(700), bytes(48 * 1000)):
                for at in range(0, len(pcm), 960):
                    session.push_audio(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))
            await self._listen(await events.wait("generation_created"))
            final = await events.wait(
                "input_audio_transcription_completed", where=lambda transcript: transcript.is_final
            )
            self.transcript = final.transcript
            chat = session.chat_ctx.copy()
            chat.items.append(user("What is the weather in London?", "item_question"))
            await session.update_chat_ctx(chat)
            await self._listen(await session.generate_reply())
            await self._return(session, events)
            await self._listen(await session.generate_reply())

    async def _listen(self, generation: llm.GenerationCreatedEvent) -> None:
        self.spoken.append(await heard(generation))
        async for call in generation.function_stream:
            self.calls.append((call.name, call.arguments))
            self._call_id = call.call_id

    async def _return(self, session: Any, events: Events) -> None:
        await events.server_event(server.ResponseDone, count=2)
        chat = session.chat_ctx.copy()
        output = "It is foggy in London."
        chat.items.append(
            llm.FunctionCallOutput(
                id="item_output", call_id=self._call_id, output=output, is_error=False
            )
        )
        await session.update_chat_ctx(chat)

    @property
    def outcome(self) -> tuple[Any, ...]:
        return self.transcript, self.spoken, self.calls


async def record(path: Path, *, keep_audio: bool = False) -> Conversation:
    conversation = Conversation()
    with path.open("w", encoding="utf-8") as file:
        async with (
            EmulatorServer(
                api_key="key",
                recognizer=DeafEars("Please say exactly good morning everybody."),
                behaviour=Behaviour(pace=100.0),
            ) as emulator,
            RecordingProxy(emulator.endpoint, file, keep_audio=keep_audio) as proxy,
        ):
            await conversation.hold(proxy)
    return conversation


@pytest.mark.parametrize("keep_audio", [False, True])
async def test_the_plugin_hears_of_a_replay_what_it_heard_when_it_was_recorded(
    tmp_path: Path, keep_audio: bool
) -> None:
    path = tmp_path / "recording.jsonl"
    recorded = await record(path, keep_audio=keep_audio)
    assert recorded.transcript == "Please say exactly good morning everybody."
    assert recorded.calls == [("get_weather", '{"city": "London"}')]
    assert [words for words, _ in recorded.spoken][2] == "It is foggy in London."
    again = Conversation()
    async with ReplayServer(read_recording(path)) as replay:
        await again.hold(replay)
        assert replay.departure is None
    assert again.outcome == recorded.outcome


async def test_a_recording_has_the_shape_of_what_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    await record(path)
    shape = Shape(read_session(path.read_text().splitlines())).events
    assert len(shape) > 40
    assert differences(shape, emulated(shape)) == set()


RECORDING: list[dict[str, Any]] = [
    {"from": "client", "handshake": "/voice-live/realtime?model=gpt-realtime"},
    {"from": "service", "event": {"type": "session.created", "session": {}}},
    {"from": "client", "event": {"type": "response.create"}},
    {"from": "service", "event": {"type": "input_audio_buffer.cleared"}},
    {"from": "service", "closed": 1001, "reason": "session_expired"},
    {"from": "client", "handshake": "/voice-live/realtime?model=gpt-realtime", "connection": 2},
    {"from": "service", "refused": 429, "body": '{"error": {}}', "connection": 2},
]


def write(path: Path) -> Path:
    lines = ({"connection": 1, "at_s": 0.0} | line for line in RECORDING)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
async def replay(tmp_path: Path) -> AsyncIterator[ReplayServer]:
    recording = read_recording(write(tmp_path / "recording.jsonl"))
    async with ReplayServer(recording) as replay:
        yield replay


@asynccontextmanager
async def dialled(endpoint: str) -> AsyncIterator[Any]:
    url = endpoint.replace("http", "ws") + f"/voice-live/realtime?{QUERY}"
    async with connect(url, additional_headers={"api-key": KEY}) as websocket:
        yield websocket


async def test_closes_and_refusals_are_played_and_then_it_begins_again(
    replay: ReplayServer,
) -> None:
    for _ in range(2):
        async with dialled(replay.endpoint) as websocket:
            await read(websocket, "session.created")
            await send(websocket, client.ResponseCreate())
            await read(websocket, "input_audio_buffer.cleared")
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "session_expired")
        with pytest.raises(InvalidStatus) as refused:
            async with dialled(replay.endpoint):
                pass
        assert refused.value.response.status_code == 429


async def test_a_request_that_is_no_handshake_uses_no_connection_up(
    replay: ReplayServer,
) -> None:
    async with aiohttp.ClientSession() as http, http.get(replay.endpoint) as response:
        assert response.status == 426
    async with dialled(replay.endpoint) as websocket:
        await read(websocket, "session.created")


async def test_a_client_that_departs_is_told_the_line_and_cannot_go_on(
    replay: ReplayServer,
) -> None:
    async with dialled(replay.endpoint) as websocket:
        await send(websocket, *question("a secret")[:1])
        error = (await read(websocket, "error"))[-1]
        with pytest.raises(ConnectionClosed) as closed:
            await websocket.recv()
    assert isinstance(error, server.ErrorEvent)
    sentence = (
        "The client sent conversation.item.create (message); "
        "line 3 of the recording goes on with response.create."
    )
    assert error.error.message == replay.departure == sentence
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    with pytest.raises(InvalidStatus) as refused:
        async with dialled(replay.endpoint):
            pass
    assert refused.value.response.status_code == 410
    assert json.loads(refused.value.response.body or b"")["error"]["message"] == sentence


async def test_what_is_no_json_departs_too(replay: ReplayServer) -> None:
    async with dialled(replay.endpoint) as websocket:
        await websocket.send("no JSON")
        await read(websocket, "error")
    assert "(no JSON object)" in str(replay.departure)


async def test_the_command_replays(tmp_path: Path) -> None:
    path = write(tmp_path / "recording.jsonl")
    process = await command("--port", "0", "--replay", str(path))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            endpoint = (await process.stdout.readline()).decode().split()[-1]
        async with dialled(endpoint) as websocket:
            await read(websocket, "session.created")
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--replay", "nowhere.jsonl"], 1, b"The recording nowhere.jsonl cannot be read: "),
        (
            ["--replay", "a", "--record", "b", "--upstream", "http://127.0.0.1:9"],
            2,
            b"--record and --replay exclude each other",
        ),
    ],
)
async def test_a_replay_that_cannot_be_is_one_sentence(
    arguments: list[str], code: int, sentence: bytes
) -> None:
    process = await command(*arguments)
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == code
    assert sentence in errors
    assert b"Traceback" not in errors
