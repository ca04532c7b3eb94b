"""The session against the emulator on loopback: what goes wrong on our side costs what it concerns, and not the call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive import response_events
from livekit_plugins_voicelive.conversation import Conversation
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import eventually, session_with
from voicelive_emulator.server import EmulatorServer

SECRET = "what the user said"


UNWRITABLE: llm.ToolChoice = {"type": "function", "function": {"name": SECRET + "\ud83d"}}
"""A name with half of a surrogate pair, which UTF-8 has no form for."""


# --- what cannot be written -------------------------------------------------------------------------------------------


async def test_an_event_that_cannot_be_written_is_refused_at_once_and_the_call_goes_on(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        with pytest.raises(llm.RealtimeError) as raised:
            await session.generate_reply(tool_choice=UNWRITABLE)
        assert raised.value.code == "unwritable"
        assert await session.generate_reply()
        sent = events.all("voicelive_client_event_sent")
        assert len([e for e in sent if isinstance(e, client.ResponseCreate)]) == 1
        assert all(report.recoverable for report in events.all("error"))
    assert "response.create cannot be written" in caplog.text
    assert SECRET not in caplog.text


async def test_a_configuration_that_cannot_be_written_is_no_silent_default(
    service: EmulatorServer,
) -> None:
    async with session_with(service) as (session, events):
        session.update_options(tool_choice=UNWRITABLE)
        report = await events.wait("error", where=lambda e: not e.recoverable)
        assert "session.update cannot be written" in str(report.error)


# --- what fails on our side -------------------------------------------------------------------------------------------


async def test_a_handler_that_fails_costs_its_event_and_not_the_call(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(event: Any) -> None:
        raise TypeError(SECRET)

    async with session_with(service) as (session, events):
        session.on("voicelive_server_event_received", fails)
        session.on("metrics_collected", fails)
        session.on("generation_created", fails)
        assert await session.generate_reply()
        await events.server_event(server.ResponseDone)
        assert events.all("error") == []
    assert "a handler of `generation_created` failed: TypeError" in caplog.text
    assert "in fails" in caplog.text
    assert SECRET not in caplog.text


async def test_an_event_that_we_cannot_take_in_is_lost_and_not_the_call(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise KeyError(SECRET)

    async with session_with(service) as (session, events):
        with monkeypatch.context() as patch:
            patch.setattr(response_events, "response_metrics", fails)
            await session.generate_reply()
            await eventually(lambda: "ResponseDone" in caplog.text)
        assert await session.generate_reply()
        await events.server_event(server.ResponseDone)
        assert events.all("error") == []
    assert "ResponseDone of Voice Live was lost: KeyError" in caplog.text
    assert SECRET not in caplog.text


async def test_a_session_that_we_cannot_open_ends_with_its_reason(
    service: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(Conversation, "replay", fails)
    async with session_with(service) as (_, events):
        report = await events.wait("error", where=lambda e: not e.recoverable)
        assert "internal error (KeyError)" in str(report.error)
        assert SECRET not in str(report.error)


# --- a text that is not complete when the session ends ----------------------------------------------------------------


@pytest.mark.parametrize("begun", [True, False], ids=["begun", "not begun"])
async def test_a_text_still_being_collected_fails_when_the_session_is_closed(
    service: EmulatorServer, begun: bool
) -> None:
    reading = asyncio.Event()

    async def text() -> AsyncIterator[str]:
        reading.set()
        yield "Your code is"
        await asyncio.Event().wait()

    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        waiter = session.say(text())
        if begun:
            await reading.wait()
    with pytest.raises(llm.RealtimeError, match="closed"):
        await asyncio.wait_for(waiter, 5)


async def test_a_text_still_being_collected_fails_when_nothing_helps_any_more(
    service: EmulatorServer,
) -> None:
    stubborn = asyncio.Event()

    async def text() -> AsyncIterator[str]:
        try:
            yield "Your code is"
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stubborn.set()
            yield "four two."

    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        waiter = session.say(text())
        service.faults.handshake_status = 401
        service.faults.drop_connections()
        await events.wait("error", where=lambda e: not e.recoverable)
        with pytest.raises(llm.RealtimeError, match="closed"):
            await asyncio.wait_for(waiter, 5)
        assert stubborn.is_set()
