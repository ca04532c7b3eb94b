"""LiveKit's fallback adapter: when our model cannot go on, another takes the conversation over as it stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.server import ServerConnection, serve

from livekit.agents import Agent, AgentSession, llm
from livekit.agents.llm import RealtimeModelFallbackAdapter
from livekit.plugins import openai
from tests.emulated.conftest import DEADLINE_S, eventually, model_of
from tests.session_pair import PlannedBrain
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.work import Say

AT_ONCE = Behaviour(pace=1000.0)
HISTORY = ["Remember the word heron.", "First."]


@asynccontextmanager
async def conversation(
    service: EmulatorServer, *models: llm.RealtimeModel
) -> AsyncIterator[AgentSession[None]]:
    """A conversation that `service` begins and then refuses to continue; `models` are asked in turn."""
    session: AgentSession[None] = AgentSession(
        llm=RealtimeModelFallbackAdapter(list(models)),
        turn_handling={"turn_detection": "realtime_llm"},
    )
    await session.start(Agent(instructions="Be brief."))
    await session.run(user_input=HISTORY[0])
    service.faults.handshake_status = 403
    service.faults.drop_connections()
    try:
        yield session
    finally:
        async with asyncio.timeout(DEADLINE_S):
            await session.aclose()


async def test_a_managed_model_takes_over_from_ones_own_and_knows_the_history() -> None:
    first_brain, second_brain = PlannedBrain(Say(HISTORY[1])), PlannedBrain(Say("Second."))
    async with (
        EmulatorServer(api_key="key", brain=first_brain, behaviour=AT_ONCE) as own,
        EmulatorServer(api_key="key", brain=second_brain, behaviour=AT_ONCE) as managed,
    ):
        ours = model_of(own, model="my-deployment", byom_profile="byom-azure-openai-realtime")
        async with conversation(own, ours, model_of(managed)) as session:
            await eventually(lambda: bool(managed.received))
            async with asyncio.timeout(DEADLINE_S):
                await session.generate_reply()
        texts = [getattr(entry, "text", None) for entry in second_brain.views[0].history]
        assert texts == HISTORY


class AzureOpenAI:
    """Just enough of Azure OpenAI's realtime service to be told a history and asked for a reply."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.asked = asyncio.Event()

    async def serve(self, socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "session.created", "session": {}}))
        async for message in socket:
            event = json.loads(message)
            if event["type"] == "conversation.item.create":
                self.texts += [part["text"] for part in event["item"]["content"]]
                await socket.send(json.dumps(added(event["item"])))
            elif event["type"] == "response.create":
                self.asked.set()


def added(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "conversation.item.added", "item": item, "previous_item_id": None}


async def test_azure_openai_takes_over_and_knows_the_history() -> None:
    other = AzureOpenAI()
    async with (
        EmulatorServer(
            api_key="key", brain=PlannedBrain(Say(HISTORY[1])), behaviour=AT_ONCE
        ) as own,
        serve(other.serve, "127.0.0.1", 0) as listener,
        aiohttp.ClientSession() as http,
    ):
        azure_openai = openai.realtime.RealtimeModel.with_azure(
            azure_deployment="gpt-realtime",
            azure_endpoint=f"http://127.0.0.1:{next(iter(listener.sockets)).getsockname()[1]}",
            api_key="k",
            http_session=http,
        )
        async with conversation(own, model_of(own), azure_openai) as session:
            await eventually(lambda: len(other.texts) == 2)
            reply = session.generate_reply()
            async with asyncio.timeout(DEADLINE_S):
                await other.asked.wait()
            reply.interrupt(force=True)
        assert other.texts == HISTORY
