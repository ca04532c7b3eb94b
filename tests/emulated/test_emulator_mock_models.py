"""The emulator in front of a model server that is not ours: `fakellm` plays both APIs, streams and calls functions."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.items import function_call_output_item
from tests.emulated.test_emulator_server import KEY, question, read, send
from tests.unit.emulator.client import WEATHER
from voicelive_emulator.brains.by_profile import CHAT, CLAUDE

# Of the two keys, each API shows one in its own header.
RULES = """
version: 1
rules:
  - name: a function's output came back
    when: {tool_result_contains: foggy}
    respond: {content: "Take a coat. It is foggy."}
  - name: a function is to be called
    when: {tools_include: get_weather, messages_contain: weather, model_matches: mine}
    respond: {tool_calls: [{name: get_weather, arguments: {city: London}}]}
  - name: the key of chat completions came
    when: {header.authorization: "Bearer chat key", messages_contain: "Be brief."}
    respond: {content: "Hello from chat completions."}
  - name: the key of messages came
    when: {header.x-api-key: claude key}
    respond: {content: "Hello from messages."}
"""


@asynccontextmanager
async def running(
    *arguments: str, announces: str, **environment: str
) -> AsyncIterator[re.Match[str]]:
    """A command from where it announces itself until the test is over."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    printed = ""
    try:
        async with asyncio.timeout(60):
            while not (announced := re.search(announces, printed)):
                line = (await process.stdout.readline()).decode()
                assert line, f"{arguments[0]} ended: {printed}"
                printed += line
        drain = asyncio.create_task(process.stdout.read())
        yield announced
    finally:
        process.terminate()
        await process.wait()
    await drain


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[str]:
    """The command, with both APIs played by one `fakellm`."""
    rules = tmp_path / "fakellm.yaml"
    rules.write_text(RULES)
    async with running(
        *("fakellm.cli", "serve", "--port", "0", "--config", str(rules)),
        announces=r"running on (http://127\.0\.0\.1:\d+)",
    ) as models:
        url = f"{models.group(1)}/v1"
        async with running(
            *("voicelive_emulator", "--deaf", "--port", "0", "--api-key", KEY),
            *("--chat-completions", url, "--messages", url),
            announces=r"AZURE_VOICELIVE_ENDPOINT=(\S+)",
            OPENAI_API_KEY="chat key",
            ANTHROPIC_API_KEY="claude key",
        ) as emulator:
            yield emulator.group(1)


async def answer(websocket: Any, *events: client.ClientEvent) -> Any:
    await send(websocket, *events)
    done = (await read(websocket, "response.done"))[-1]
    assert isinstance(done, server.ResponseDone)
    assert done.response.status == "completed"
    return done.response.output[0]


@pytest.mark.parametrize(
    ("profile", "greeting"),
    [(CHAT, "Hello from chat completions."), (CLAUDE, "Hello from messages.")],
)
async def test_a_model_server_that_is_not_ours_speaks_and_calls(
    endpoint: str, profile: str, greeting: str
) -> None:
    query = f"api-version=2026-07-15&model=mine&profile={profile}"
    url = endpoint.replace("http", "ws") + f"/voice-live/realtime?{query}"
    async with connect(url, additional_headers={"api-key": KEY}) as websocket:
        settings = {"instructions": "Be brief.", "tools": [WEATHER]}
        await send(websocket, client.SessionUpdate(session=settings))
        said = await answer(websocket, *question("Hello!"))
        assert said.content[0].transcript == greeting
        call = await answer(websocket, *question("What is the weather in London?"))
        assert (call.name, call.arguments) == ("get_weather", '{"city": "London"}')
        output = function_call_output_item(
            id="item_out", call_id=call.call_id, output="It is foggy."
        )
        said = await answer(
            websocket, client.ConversationItemCreate(item=output), client.ResponseCreate()
        )
        assert said.content[0].transcript == "Take a coat. It is foggy."
