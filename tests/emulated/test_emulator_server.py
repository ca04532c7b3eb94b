"""The emulator's server as any WebSocket client meets it: handshakes, faults, threads and the command."""

import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    codec,
    server_events as server,
)
from livekit_plugins_voicelive.protocol.items import Item, text_part
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from tests.emulated.conftest import KEY
from voicelive_emulator import Behaviour, EmulatorServer
from voicelive_emulator.session_runner import event_type
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.work import ConversationView, Say, Thought

DEADLINE_S = 20.0
QUERY = "api-version=2026-07-15&model=gpt-realtime"
TURN = bytes(48_000) + hum(1_000) + bytes(48_000)


@pytest.fixture
async def emulator() -> AsyncIterator[EmulatorServer]:
    async with EmulatorServer(api_key=KEY) as emulator:
        yield emulator


def dial(
    emulator: EmulatorServer,
    *,
    path: str = "/voice-live/realtime",
    query: str = QUERY,
    **headers: str,
) -> connect:
    url = emulator.endpoint.replace("http", "ws") + f"{path}?{query}"
    return connect(url, additional_headers=headers or {"api-key": KEY})


async def read(websocket: ClientConnection, until: str) -> list[server.ServerEvent]:
    events: list[server.ServerEvent] = []
    async with asyncio.timeout(DEADLINE_S):
        while not events or event_type(events[-1]) != until:
            event = codec.decode_server_event(await websocket.recv())
            assert not isinstance(event, server.UnknownEvent)
            events.append(event)
    return events


async def send(websocket: ClientConnection, *events: client.ClientEvent) -> None:
    for event in events:
        await websocket.send(codec.encode(event), text=True)


def question(text: str) -> list[client.ClientEvent]:
    item = Item(type="message", role="user", content=[text_part("user", text)])
    return [client.ConversationItemCreate(item=item), client.ResponseCreate()]


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (404, {"path": "/openai/realtime"}),
        (401, {"headers": {"api-key": "wrong"}}),
        (401, {"headers": {"x-nothing": "at all"}}),
        (401, {"headers": {"Authorization": "Bearer "}}),
        (400, {"query": "model=gpt-realtime"}),
        (400, {"query": "api-version=v1&model=gpt-realtime"}),
        (400, {"query": "api-version=2026-07-15"}),
        (400, {"query": QUERY + "&profile=byom-something"}),
    ],
)
async def test_a_wrong_request_is_refused_with_a_status_and_a_reason(
    emulator: EmulatorServer, status: int, changes: dict[str, Any]
) -> None:
    headers = changes.pop("headers", {})
    with pytest.raises(InvalidStatus) as refused:
        async with dial(emulator, **changes, **headers):
            pass
    response = refused.value.response
    assert response.status_code == status
    assert json.loads(response.body or b"")["error"]["message"]


@pytest.mark.parametrize(
    ("query", "headers", "model"),
    [
        (QUERY, {}, "gpt-realtime-global-standard"),
        (QUERY, {"Authorization": "Bearer token"}, "gpt-realtime-global-standard"),
        (
            QUERY + f"&api-key={KEY.replace(' ', '+')}",
            {"x-other": "header"},
            "gpt-realtime-global-standard",
        ),
        (
            "api-version=2025-10-01&model=mine&profile=byom-azure-openai-chat-completion",
            {},
            "mine",
        ),
        ("api-version=2026-07-15&agent-name=a&agent-project-name=p&model=no&profile=no", {}, "a"),
    ],
)
async def test_key_token_profile_and_agent_are_accepted(
    emulator: EmulatorServer, query: str, headers: dict[str, str], model: str
) -> None:
    async with dial(emulator, query=query, **headers) as websocket:
        (created,) = await read(websocket, "session.created")
    assert isinstance(created, server.SessionCreated)
    assert created.session["model"] == model


async def test_a_token_can_be_refused() -> None:
    async with EmulatorServer(api_key=KEY, accepts_token=lambda token: token == "good") as emulator:
        async with dial(emulator, Authorization="Bearer good"):
            pass
        with pytest.raises(InvalidStatus):
            async with dial(emulator, Authorization="Bearer bad"):
                pass


async def test_a_deaf_emulator_still_hears_where_a_turn_ends(emulator: EmulatorServer) -> None:
    async with dial(emulator) as websocket:
        await send(websocket, client.InputAudioBufferAppend(audio=TURN))
        events = await read(websocket, "response.done")
    assert [type(event) for event in emulator.received[0]] == [client.InputAudioBufferAppend]
    assert any(isinstance(event, server.InputAudioBufferSpeechStopped) for event in events)
    assert any(isinstance(event, server.ResponseAudioDelta) for event in events)


async def test_a_malformed_message_is_answered_and_the_session_goes_on(
    emulator: EmulatorServer,
) -> None:
    async with dial(emulator) as websocket:
        await websocket.send("this is no JSON")
        await websocket.send('{"type": "make.coffee"}')
        await send(websocket, client.SessionUpdate(session={}))
        events = await read(websocket, "session.updated")
    assert [event_type(event) for event in events] == [
        "session.created",
        "error",
        "error",
        "session.updated",
    ]


async def test_a_handshake_can_be_refused_and_redirected_on_demand(
    emulator: EmulatorServer,
) -> None:
    emulator.faults.handshake_status = 503
    with pytest.raises(InvalidStatus) as refused:
        async with dial(emulator):
            pass
    assert refused.value.response.status_code == 503
    emulator.faults.handshake_status = None
    async with EmulatorServer(api_key=KEY) as elsewhere:
        emulator.faults.redirect_to = (
            elsewhere.endpoint.replace("http", "ws") + "/voice-live/realtime?" + QUERY
        )
        async with dial(emulator):
            pass
        assert len(elsewhere.received) == 1


async def test_a_handshake_can_be_left_without_an_answer(emulator: EmulatorServer) -> None:
    emulator.faults.stall_handshake = True
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(dial(emulator).__aenter__(), 0.2)


async def test_an_error_can_follow_the_upgrade(emulator: EmulatorServer) -> None:
    emulator.faults.error_after_upgrade = ErrorDetails(code="invalid_request_error")
    async with dial(emulator) as websocket:
        await read(websocket, "error")
        with pytest.raises(ConnectionClosed):
            await websocket.recv()


async def test_an_event_can_be_withheld_and_a_connection_dropped(emulator: EmulatorServer) -> None:
    emulator.faults.withhold = {"response.output_item.done"}
    emulator.faults.drop_after = "response.done"
    async with dial(emulator) as websocket:
        await send(websocket, *question("Hello!"))
        events = await read(websocket, "response.done")
        with pytest.raises(ConnectionClosed):
            await websocket.recv()
    assert "response.output_item.done" not in [event_type(event) for event in events]


async def test_open_connections_can_be_dropped_and_expired(emulator: EmulatorServer) -> None:
    async with dial(emulator) as dropped:
        await read(dropped, "session.created")
        emulator.faults.drop_connections()
        with pytest.raises(ConnectionClosed):
            await dropped.recv()
    async with dial(emulator) as expired:
        await read(expired, "session.created")
        emulator.faults.expire_sessions()
        (error,) = await read(expired, "error")
        assert isinstance(error, server.ErrorEvent)
        assert error.error.code == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await expired.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_an_event_can_be_refused_on_demand(emulator: EmulatorServer) -> None:
    emulator.faults.refuse["session.update"] = ErrorDetails(code="invalid_voice", message="No.")
    async with dial(emulator) as websocket:
        await send(websocket, client.SessionUpdate(event_id="e1", session={}))
        error = (await read(websocket, "error"))[-1]
    assert isinstance(error, server.ErrorEvent)
    assert (error.error.code, error.error.event_id) == ("invalid_voice", "e1")


class Stuck:
    """Ears and a brain that take as long as the test wants."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.asked = threading.Event()

    def transcribe(self, pcm: bytes, *, phrases: Sequence[str] = ()) -> str:
        self.asked.set()
        self.free.wait(DEADLINE_S)
        return ""

    def think(self, view: ConversationView) -> Iterator[Thought]:
        self.asked.set()
        self.free.wait(DEADLINE_S)
        yield Say("Too late.")


async def test_slow_models_do_not_hold_up_the_other_events() -> None:
    stuck = Stuck()
    async with EmulatorServer(api_key=KEY, recognizer=stuck, brain=stuck) as emulator:
        try:
            async with dial(emulator) as websocket:
                await send(
                    websocket, client.InputAudioBufferAppend(audio=TURN), *question("Hello!")
                )
                await read(websocket, "response.created")
                assert await asyncio.to_thread(stuck.asked.wait, DEADLINE_S)
                await send(websocket, client.ResponseCancel())
                await read(websocket, "response.done")
        finally:
            stuck.free.set()


async def test_a_failing_brain_fails_the_response_and_not_the_session() -> None:
    class Broken:
        def think(self, view: ConversationView) -> Iterator[Thought]:
            raise ValueError("secret words")

    async with EmulatorServer(api_key=KEY, brain=Broken()) as emulator, dial(emulator) as websocket:
        await send(websocket, *question("Hello!"))
        done = (await read(websocket, "response.done"))[-1]
        assert isinstance(done, server.ResponseDone)
        assert done.response.status == "failed"
        await send(websocket, client.SessionUpdate(session={}))
        await read(websocket, "session.updated")


async def test_closing_the_server_leaves_no_task_and_no_thread() -> None:
    tasks = asyncio.all_tasks()
    async with EmulatorServer(api_key=KEY, behaviour=Behaviour(pace=1.0)) as emulator:
        websocket = await dial(emulator).__aenter__()
        await send(websocket, *question("Tell me a story."))
        await read(websocket, "response.audio.delta")
    await websocket.wait_closed()
    assert {task for task in asyncio.all_tasks() - tasks if not task.done()} == set()
    # asyncio.to_thread keeps its own pool; ours are gone.
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("ears", "brain", "voice"))]


# --- the command ------------------------------------------------------------------------------------------------------


async def command(*arguments: str, block: Sequence[str] = ()) -> asyncio.subprocess.Process:
    code = "import sys, runpy\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in block)
    code += "runpy.run_module('voicelive_emulator', run_name='__main__', alter_sys=True)"
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_command_says_where_it_is_and_ends_when_told() -> None:
    process = await command("--port", "0", "--api-key", "k")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        first = (await process.stdout.readline()).decode()
        second = (await process.stdout.readline()).decode()
        assert first.startswith("Voice Live emulator ready at http://127.0.0.1:")
        endpoint = first.split()[-1]
        assert second.split() == [
            f"AZURE_VOICELIVE_ENDPOINT={endpoint}",
            "AZURE_VOICELIVE_API_KEY=k",
        ]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await command("--port", str(port))
        async with asyncio.timeout(60):
            _, errors = await process.communicate()
    assert process.returncode == 1
    assert (
        errors.decode() == f"Port {port} is taken: choose another one with --port, or 0 for any.\n"
    )


@pytest.mark.parametrize("package", ["faster_whisper", "piper"])
async def test_missing_speech_packages_are_one_sentence(package: str) -> None:
    process = await command("--port", "0", block=[package])
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 1
    assert output == b""
    assert errors.decode() == (
        "The emulator's ears and voice are not installed: "
        'run `pip install "livekit-plugins-voicelive[emulator]"`.\n'
    )


async def test_an_emulator_that_does_not_run_says_so() -> None:
    service = EmulatorServer()
    with pytest.raises(RuntimeError, match="not running: use it inside `async with`"):
        _ = service.port
    async with service:
        assert service.port > 0
    with pytest.raises(RuntimeError, match="not running"):
        _ = service.endpoint
