"""A script breaks a conversation at a certain event: the line drops, stalls or expires there, and the next answer is whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from livekit import rtc
from tests.emulated.conftest import session_with
from tests.emulated.test_emulator_server import KEY, QUERY, command, dial, question, read, send
from tests.emulated.test_realtime_session import heard
from voicelive_emulator import DeafEars, EmulatorServer, Faults, ScriptedBrain
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.brains.script import Rule, Script
from voicelive_emulator.session_runner import event_type
from voicelive_emulator.speech.stand_ins import hum

BOUNDARIES = [
    "response.output_item.added",
    "response.content_part.added",
    "response.audio_transcript.delta",
    "response.audio.delta",
    "response.audio.done",
    "response.output_item.done",
    "response.done",
]


@asynccontextmanager
async def scripted(**switches: Any) -> AsyncIterator[EmulatorServer]:
    """An emulator whose first story breaks, and whose second does not."""
    faults = Faults()
    rules = [
        Rule(hears="story", says="Once upon a time.", faults=switches, once=True),
        Rule(hears="story", says="It was a dark night."),
    ]
    async with EmulatorServer(
        api_key=KEY,
        recognizer=DeafEars(*["Tell me a story."] * 3),
        brain=Script(rules, ScriptedBrain(), faults),
        faults=faults,
        behaviour=Behaviour(pace=100.0),
    ) as emulator:
        yield emulator


async def a_whole_story(emulator: EmulatorServer) -> None:
    async with dial(emulator) as websocket:
        await send(websocket, *question("A story!"))
        await read(websocket, "response.done")


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_a_script_drops_the_line_behind_any_event(boundary: str) -> None:
    async with scripted(drop_after=boundary) as emulator:
        async with dial(emulator) as websocket:
            await send(websocket, *question("A story!"))
            await read(websocket, boundary)
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        assert closed.value.rcvd is None
        await a_whole_story(emulator)


async def test_a_script_lets_the_session_expire_behind_an_event() -> None:
    async with scripted(expire_after="response.audio.delta") as emulator:
        async with dial(emulator) as websocket:
            await send(websocket, *question("A story!"))
            await read(websocket, "response.audio.delta")
            [error] = await read(websocket, "error")
            assert error.error.code == "session_expired"  # type: ignore[union-attr]
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        await a_whole_story(emulator)


async def test_a_script_stalls_one_connection_behind_an_event() -> None:
    async with scripted(stall_after="response.audio.delta") as emulator, dial(emulator) as stalled:
        await send(stalled, *question("A story!"))
        await read(stalled, "response.audio.delta")
        await send(stalled, *question("A story!"))
        await a_whole_story(emulator)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stalled.recv(), 0.1)
        assert len(emulator.received[0]) == 2


async def test_a_script_withholds_events_of_one_answer() -> None:
    async with scripted(withhold="response.text.done,response.audio.done") as emulator:
        for sent in (0, 1):
            async with dial(emulator) as websocket:
                await send(websocket, *question("A story!"))
                events = [event_type(event) for event in await read(websocket, "response.done")]
                assert events.count("response.audio.done") == sent


async def test_the_plugin_asks_again_for_an_answer_that_a_script_cut_off() -> None:
    async with (
        scripted(drop_after="response.output_item.added") as emulator,
        session_with(emulator, api_key=KEY) as (session, events),
    ):
        for pcm in (hum(700), bytes(48 * 1000)):
            for at in range(0, len(pcm), 960):
                session.push_audio(rtc.AudioFrame(pcm[at : at + 960], 24_000, 1, 480))
        await events.wait("session_reconnected")
        text, _ = await heard(await events.wait("generation_created", count=2))
        assert text == "It was a dark night."


async def test_the_command_breaks_what_its_script_breaks(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("- {says: Hello., faults: {drop_after: response.audio.delta}}")
    process = await command("--deaf", "--port", "0", "--api-key", KEY, "--script", str(path))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            endpoint = (await process.stdout.readline()).decode().split()[-1]
        url = endpoint.replace("http", "ws") + f"/voice-live/realtime?{QUERY}"
        async with connect(url, additional_headers={"api-key": KEY}) as websocket:
            await send(websocket, *question("Hello!"))
            await read(websocket, "response.audio.delta")
            with pytest.raises(ConnectionClosed):
                await websocket.recv()
    finally:
        process.terminate()
        await process.wait()
