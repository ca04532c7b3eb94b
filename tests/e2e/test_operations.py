"""Workers as an operator knows them: several on one server, asked for their health, drained, killed, misconfigured."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from demo.caller import CallFailed
from demo.livekit_binary import find_livekit_server
from demo.livekit_server import LiveKitAccess, LiveKitServer
from livekit import api
from tests.e2e.conftest import StartWatcher, StartWorker, Visit
from tests.e2e.visitor import DEADLINE_S, Visitor
from tests.e2e.worker_process import WorkerProcess
from tests.emulated.conftest import eventually
from voicelive_emulator.server import EmulatorServer

KEY = ("testkey", "a-secret-that-is-long-enough-for-everybody")

# Two workers start, and LiveKit's server takes twenty seconds to miss a killed one.
pytestmark = pytest.mark.timeout(180)


async def get(worker: WorkerProcess, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{await worker.address()}{path}") as response,
    ):
        return response.status, await response.text()


async def metric(worker: WorkerProcess, series: str) -> float:
    _, text = await get(worker, "/metrics")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
    return float(values.get(series, 0))


async def becomes(worker: WorkerProcess, path: str, status: int) -> str:
    """What the worker says once it answers with that status."""
    async with asyncio.timeout(DEADLINE_S):
        while (answer := await get(worker, path))[0] != status:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return answer[1]


async def counts(worker: WorkerProcess, series: str, value: float) -> None:
    """Wait until the worker's metric has that value."""
    async with asyncio.timeout(DEADLINE_S):
        while await metric(worker, series) != value:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_worker_lives_at_once_and_is_ready_while_it_is_registered(
    start_worker: StartWorker, tmp_path: Path
) -> None:
    binary = find_livekit_server()
    assert binary is not None
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        lonely = start_worker(
            LIVEKIT_URL=f"ws://127.0.0.1:{nobody.getsockname()[1]}", AGENT_HTTP_PORT="0"
        )
        assert await get(lonely, "/") == (200, "OK")
        assert await get(lonely, "/ready") == (503, "not registered with the LiveKit server")
        assert await metric(lonely, "voicelive_worker_ready") == 0
    with LiveKitServer(binary, port=0, key=KEY, log=tmp_path / "livekit-server.log") as server:
        worker = start_worker(**server.access.environment())
        await worker.registered()
        assert await becomes(worker, "/ready", 200) == "ready"
        assert await metric(worker, "voicelive_worker_ready") == 1
    assert await becomes(worker, "/ready", 503) == "not registered with the LiveKit server"
    assert await get(worker, "/") == (200, "OK")


async def test_two_workers_share_the_calls_and_one_that_is_drained_finishes_its_own(
    start_worker: StartWorker, visit: Visit
) -> None:
    # Each is full with one call: so the second call must go to the other worker.
    workers = [start_worker(AGENT_MAX_JOBS="1") for _ in range(2)]
    for worker in workers:
        await worker.registered()
    callers = []
    for _ in range(2):
        callers.append(await visit())
        await callers[-1].wait_for_state("speaking")
    for worker in workers:
        await counts(worker, "voicelive_active_calls", 1)
    first, second = workers
    first.signal(signal.SIGTERM)
    assert "draining" in await becomes(first, "/ready", 503)
    assert not first.ended
    # Whose call it has, we do not know: both go on talking.
    for caller in callers:
        turns = len(caller.turns)
        await caller.type("What is two plus two?")
        await caller.wait_until(
            lambda: len(caller.turns) > turns,  # noqa: B023
            deadline_s=DEADLINE_S,
            what="answer",
        )
        await caller.leave()
    assert await first.end() == 0
    await served(visit)
    assert await metric(second, "voicelive_active_calls") == 1


async def served(visit: Visit) -> Visitor:
    """A caller who has an agent: the server learns only every few seconds that a worker is free again, and a room that was made
    before gets none."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            newcomer = await visit()
            with contextlib.suppress(CallFailed):
                await newcomer.wait_for_agent(deadline_s=5)
                return newcomer


async def test_metrics_of_a_call_are_there_when_its_process_is_gone(
    start_worker: StartWorker, visit: Visit, service: EmulatorServer
) -> None:
    worker = start_worker()
    await worker.registered()
    caller = await visit()
    await caller.wait_for_state("speaking")
    await caller.type("What time is it in Tokyo?")
    await caller.wait_until(lambda: 2 in caller.turns, deadline_s=DEADLINE_S, what="answer")
    service.faults.drop_connections()
    await counts(worker, "voicelive_reconnects_total", 1)
    service.faults.handshake_status = 403
    service.faults.drop_connections()
    await caller.wait_for_state("gone")
    await counts(worker, "voicelive_active_calls", 0)
    assert await metric(worker, 'voicelive_calls_total{ended="error"}') == 1
    assert await metric(worker, "voicelive_turns_total") >= 2
    assert await metric(worker, 'voicelive_tool_calls_total{tool="get_time"}') == 1
    assert await metric(worker, 'voicelive_errors_total{kind="http_403"}') == 1
    assert await metric(worker, "voicelive_first_audio_seconds_count") >= 1
    tokens = 'voicelive_tokens_total{direction="%s",model="gpt-realtime"}'
    used = [await metric(worker, tokens % direction) for direction in ("input", "output")]
    assert sum(used) == max(turn["total_tokens_of_call"] for turn in caller.turns.values())
    assert '"message": "measurement"' not in worker.log


async def test_a_person_whose_worker_was_killed_gets_another_agent_with_the_same_settings(
    start_worker: StartWorker, start_watcher: StartWatcher, visit: Visit
) -> None:
    doomed = start_worker()
    await doomed.registered()
    await start_watcher(REDISPATCH_AFTER_S="3").says("watching the rooms")
    caller = await visit(metadata='{"greeting": "Say \\"I am Emma.\\""}')
    await caller.wait_to_read("I am Emma.")
    await start_worker().registered()
    doomed.kill()
    await caller.wait_for_state("gone")
    await caller.wait_to_read("I am Emma.", "I am Emma.")


async def test_an_agent_that_left_on_purpose_is_not_replaced(
    start_worker: StartWorker,
    start_watcher: StartWatcher,
    visit: Visit,
    livekit: LiveKitAccess,
) -> None:
    await start_worker().registered()
    watcher = start_watcher(REDISPATCH_AFTER_S="0.5")
    refused = await visit("refused", metadata='{"colour": "red"}')
    await refused.wait_for_state("gone")
    # Somebody whose agent is taken away after that shows that the watcher has looked at both.
    robbed = await visit("robbed")
    await robbed.wait_for_state("speaking")
    [agent] = robbed.room.remote_participants
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        await server.room.remove_participant(
            api.RoomParticipantIdentity(room="robbed", identity=agent)
        )
    await watcher.says("room robbed had a person and no agent: sent one")
    await robbed.wait_for_state("gone")
    await robbed.wait_for_state("listening")
    assert "room refused" not in watcher.log
    assert refused.agent_state == "gone"


@pytest.mark.parametrize("wrong", ["secret", "address"])
async def test_a_worker_that_never_registers_says_so_and_fails(
    start_worker: StartWorker, wrong: str
) -> None:
    changes = {
        "secret": {"LIVEKIT_API_SECRET": "not-the-secret-of-this-server-at-all"},
        "address": {"LIVEKIT_URL": "ws://127.0.0.1:1"},
    }
    worker = start_worker(AGENT_REGISTER_RETRIES="1", **changes[wrong])
    assert await worker.end() == 1
    assert "The worker never registered with the LiveKit server at ws://" in worker.log
    assert "not-the-secret" not in worker.log


async def test_a_worker_whose_port_is_taken_names_the_variable_and_fails(
    start_worker: StartWorker,
) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        worker = start_worker(AGENT_HTTP_PORT=str(port))
        assert await worker.end() == 1
    assert f"Cannot listen on AGENT_HTTP_PORT={port}: " in worker.log
    assert "Traceback" not in worker.log


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, dict[str, bytes]]]:
    """Where OpenTelemetry goes: the address, and what arrived by path."""
    arrived: dict[str, bytes] = {}

    async def take(request: web.Request) -> web.Response:
        arrived[request.path] = arrived.get(request.path, b"") + await request.read()
        return web.Response()

    application = web.Application(client_max_size=2**26)
    application.router.add_post("/v1/{signal}", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", arrived
    finally:
        await runner.cleanup()


async def test_opentelemetry_gets_a_calls_spans_and_measurements_without_its_words(
    start_worker: StartWorker, visit: Visit, livekit: LiveKitAccess
) -> None:
    async with collector() as (address, arrived):
        worker = start_worker(
            OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_EXPORTER_OTLP_COMPRESSION="none"
        )
        await worker.registered()
        caller = await visit(metadata='{"instructions": "A private instruction."}')
        await caller.wait_for_state("speaking")
        await caller.type("What time is it in Tokyo?")
        await caller.wait_until(lambda: 2 in caller.turns, deadline_s=DEADLINE_S, what="answer")
        await caller.leave()
        # The last spans come when the call's process ends.
        await eventually(lambda: b"job_shutdown" in arrived.get("/v1/traces", b""))
        await eventually(lambda: b"lk.agents.usage" in arrived.get("/v1/metrics", b""))
    spans = arrived["/v1/traces"]
    for name in (b"voicelive-worker", b"agent_session", b"agent_turn", b"get_time"):
        assert name in spans
    for content in (b"Tokyo", b"private instruction", b"How can I help"):
        assert content not in spans
