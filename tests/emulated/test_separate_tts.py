"""Voice Live hears and thinks, another service speaks: a session in text with Azure OpenAI's TTS, which is played here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from livekit.agents import Agent, AgentSession, llm
from livekit.plugins import openai
from livekit_plugins_voicelive.protocol import client_events as client
from tests.emulated.conftest import DEADLINE_S, model_of
from tests.emulated.loudspeaker import Loudspeaker
from tests.session_pair import PlannedBrain
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.work import Say

ANSWER = "It is noon in Paris, and the sun is shining."
SPEECH_MS = 700


@asynccontextmanager
async def azure_openai_tts(spoken: list[str]) -> AsyncIterator[str]:
    """The address of a service that hums, and notes what it was to say."""

    async def speech(request: web.Request) -> web.Response:
        spoken.append((await request.json())["input"])
        return web.Response(body=hum(SPEECH_MS), content_type="audio/pcm")

    app = web.Application()
    app.router.add_post("/openai/deployments/{deployment}/audio/speech", speech)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_reply_in_text_is_spoken_by_a_tts_of_livekits() -> None:
    spoken: list[str] = []
    async with (
        EmulatorServer(
            api_key="key", brain=PlannedBrain(Say(ANSWER)), behaviour=Behaviour(pace=1000.0)
        ) as service,
        azure_openai_tts(spoken) as address,
    ):
        tts = openai.TTS.with_azure(
            model="gpt-4o-mini-tts",
            azure_deployment="my-tts",
            azure_endpoint=address,
            api_version="2025-03-01-preview",
            api_key="k",
            response_format="pcm",
        )
        model = model_of(service, model="gpt-4.1", modalities=["text"])
        session: AgentSession[None] = AgentSession(
            llm=model, tts=tts, turn_handling={"turn_detection": "realtime_llm"}
        )
        session.output.audio = speaker = Loudspeaker()
        agent = Agent(instructions="Be brief.")
        await session.start(agent)
        async with asyncio.timeout(DEADLINE_S):
            await session.run(user_input="What time is it?")
        texts = [m.text_content for m in agent.chat_ctx.items if isinstance(m, llm.ChatMessage)]
        await session.aclose()
        await tts.aclose()
        opening = next(e for e in service.received[0] if isinstance(e, client.SessionUpdate))
    assert opening.session["modalities"] == ["text"]
    assert "voice" not in opening.session
    assert " ".join(spoken) == ANSWER
    assert sum(speaker.segments) == pytest.approx(len(spoken) * SPEECH_MS / 1000, abs=0.05)
    assert texts == ["What time is it?", ANSWER]
