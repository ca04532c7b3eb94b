"""What was said, and how we sign in, is in no log."""

import logging

import pytest

from livekit.agents import llm
from tests.emulated.conftest import heard, session_with, user
from voicelive_emulator.server import EmulatorServer


async def test_nothing_said_and_no_key_is_ever_logged(
    service: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with session_with(service) as (session, events):
        await session.update_instructions("The secret instruction.")
        await session.update_chat_ctx(llm.ChatContext([user("The secret question.")]))
        await heard(await session.say("The secret answer."))
        service.faults.drop_connections()
        await events.wait("session_reconnected")
        logs = [r for r in caplog.records if r.name.startswith("livekit.plugins.voicelive")]
        logs += events.all("error")
    text = " ".join(f"{r.getMessage()}" if hasattr(r, "getMessage") else str(r.error) for r in logs)
    assert "secret" not in text.lower()
