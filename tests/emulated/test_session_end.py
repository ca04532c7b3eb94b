"""The session against the emulator on loopback: it loses connections, retries and closes."""

import asyncio
import base64
import hashlib

import pytest

from livekit.agents import APIConnectOptions, llm
from livekit_plugins_voicelive import RealtimeModel, connection_life
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import Events, eventually, heard, model_of, session_with, user
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer

SLOW = Behaviour(pace=2.0)


def our_tasks() -> list[str]:
    return [t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("voicelive.")]


# --- losses -----------------------------------------------------------------------------------------------------------


async def test_a_dropped_connection_is_replaced_and_the_conversation_goes_on(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        await session.update_instructions("Be brief.")
        await session.update_chat_ctx(llm.ChatContext([user("My name is Ada.")]))
        await heard(await session.generate_reply())
        before = [item.id for item in session.chat_ctx.items]
        service.faults.drop_connections()
        await events.wait("session_reconnected")
        assert [item.id for item in session.chat_ctx.items] == before
        assert (await heard(await session.generate_reply()))[0]
        opening = service.received[1][0]
        assert isinstance(opening, client.SessionUpdate)
        assert opening.session["instructions"] == "Be brief."
        assert len(events.all("session_reconnected")) == 1
        [report] = events.all("error")
        assert report.recoverable


async def test_an_expired_session_is_replaced(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        service.faults.expire_sessions()
        await events.wait("session_reconnected")
        assert await session.generate_reply()


async def test_a_connection_is_replaced_on_demand_without_an_error(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        await session.update_chat_ctx(llm.ChatContext([user("My name is Ada.")]))
        session.reconnect()  # not connected yet: nothing to replace
        await events.server_event(server.SessionUpdated)
        session.reconnect()
        await events.wait("session_reconnected")
        assert [item.id for item in session.chat_ctx.items] == ["item_user"]
        assert (await heard(await session.generate_reply()))[0]
        assert len(service.received) == 2
        assert events.all("error") == []


async def test_connections_replaced_on_demand_are_no_failures(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        for number in range(1, 6):
            await events.server_event(server.SessionUpdated, count=number)
            session.reconnect()
            session.reconnect()  # on its way already
        await events.server_event(server.SessionUpdated, count=6)
        service.faults.drop_connections()
        await events.server_event(server.SessionUpdated, count=7)
        assert len(service.requests) == 7
        assert [report.recoverable for report in events.all("error")] == [True]


async def test_a_connection_near_its_end_is_replaced_in_a_quiet_moment(
    service: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_life, "RECONNECT_BEFORE_S", 3_600 - 0.5)
    monkeypatch.setattr(connection_life, "RECONNECT_SHARE", 1.0)
    async with session_with(service) as (_, events):
        await events.wait("session_reconnected")
        assert events.all("error") == []


async def test_retries_are_fresh_after_every_connection_that_answered(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        for number in range(1, 7):
            await session.generate_reply()
            await events.server_event(server.ResponseDone, count=number)
            service.faults.drop_connections()
        await events.server_event(server.SessionUpdated, count=7)
        assert all(report.recoverable for report in events.all("error"))


async def test_a_service_that_confirms_and_drops_is_given_up(service: EmulatorServer) -> None:
    service.faults.drop_after = "session.updated"
    async with session_with(service) as (_, events):
        await events.wait("error", where=lambda e: not e.recoverable)
        assert len(service.requests) == 4


async def test_a_malformed_event_costs_one_log_line(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        [runner] = service.faults.connections
        await runner._websocket.send(
            '{"type":"response.audio.delta","delta":"the secret"}', text=True
        )
        await runner._websocket.send("hello", text=True)
        assert await session.generate_reply()
    assert caplog.text.count("ignored an event") == 2
    assert "secret" not in caplog.text


async def test_a_configuration_that_is_never_confirmed_costs_the_connection_and_is_told(
    service: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_life, "CONFIRM_WITHIN_S", 0.2)
    service.faults.withhold.add("session.updated")
    async with session_with(service) as (session, events):
        fault = await events.wait("error")
        assert fault.recoverable
        assert "did not confirm" in str(fault.error)
        service.faults.withhold.clear()
        assert (await heard(await session.generate_reply()))[0]


# --- closing ----------------------------------------------------------------------------------------------------------


PHASES = ["connecting", "no session yet", "idle", "speaking", "backing off", "after the end"]


@pytest.mark.parametrize("phase", PHASES)
async def test_closing_is_quick_in_every_phase_and_leaves_no_task(phase: str) -> None:
    loop = asyncio.get_running_loop()
    async with EmulatorServer(api_key="key", behaviour=SLOW) as service:
        faults = service.faults
        faults.stall_handshake = phase == "connecting"
        if phase == "no session yet":
            faults.withhold.add("session.created")
        if phase in ("backing off", "after the end"):
            faults.handshake_status = 503 if phase == "backing off" else 401
        slow_retry = APIConnectOptions(max_retry=3, retry_interval=60, timeout=60)
        session = model_of(service, conn_options=slow_retry).session()
        events = Events(session)
        waiter = session.generate_reply(instructions="Tell a long story.")
        if phase in ("connecting", "no session yet"):
            await eventually(lambda: len(service.requests) == 1)
        elif phase == "backing off":
            await events.wait("error", count=2)
        elif phase == "after the end":
            await events.wait("error")
        else:
            await events.server_event(server.ResponseAudioDelta)
        if phase == "idle":
            session.interrupt()
            await events.server_event(server.ResponseDone)
        started = loop.time()
        await session.aclose()
        await session.aclose()
        assert loop.time() - started < 2
        assert our_tasks() == []
        if phase not in ("idle", "speaking"):
            with pytest.raises(llm.RealtimeError):
                await waiter


async def test_closing_does_not_wait_for_a_peer_that_ignores_it() -> None:
    """A server that completes the handshake by hand and then never reads again."""

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(":", 1)[1].strip()
            for line in request.splitlines()
            if line.lower().startswith("sec-websocket-key")
        )
        accept = base64.b64encode(
            hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        ).decode()
        writer.write(
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
            ).encode()
        )
        await writer.drain()
        upgraded.set()
        await closed.wait()
        writer.close()

    upgraded, closed = asyncio.Event(), asyncio.Event()
    listener = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    session = RealtimeModel(endpoint=f"http://127.0.0.1:{port}", api_key="k").session()
    async with asyncio.timeout(10):
        await upgraded.wait()
    loop = asyncio.get_running_loop()
    started = loop.time()
    await session.aclose()
    assert loop.time() - started < 2
    assert our_tasks() == []
    closed.set()
    listener.close()
    await listener.wait_closed()


async def test_the_model_closes_its_sessions(service: EmulatorServer) -> None:
    model = model_of(service)
    first, second = model.session(), model.session()
    await model.aclose()
    assert our_tasks() == []
    for session in (first, second):
        with pytest.raises(llm.RealtimeError, match="closed"):
            await session.generate_reply()
