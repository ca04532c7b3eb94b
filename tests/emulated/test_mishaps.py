"""The session against the emulator on loopback: what goes wrong on our side costs what it concerns, and not the call."""

from typing import Any

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import session_with
from voicelive_emulator.server import EmulatorServer

SECRET = "what the user said"


def tool(schema: Any) -> llm.RawFunctionTool:
    async def look_up(raw_arguments: dict[str, Any]) -> str:
        return ""

    parameters = {"type": "object", "properties": {}, "x": schema}
    described = {"name": "look_up", "description": SECRET, "parameters": parameters}
    return llm.function_tool(look_up, raw_schema=described)


# --- what cannot be written -------------------------------------------------------------------------------------------


async def test_an_event_that_cannot_be_written_is_refused_at_once_and_the_call_goes_on(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        with pytest.raises(llm.RealtimeError) as raised:
            await session.generate_reply(tools=[tool(object())])
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
        await session.update_tools([tool(object())])
        report = await events.wait("error", where=lambda e: not e.recoverable)
        assert "session.update cannot be written" in str(report.error)
