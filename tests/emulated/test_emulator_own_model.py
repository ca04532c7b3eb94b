"""Models of one's own behind the emulator: servers that answer in the two APIs' own stream formats."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.items import function_call_output_item
from tests.emulated.test_emulator_server import KEY, dial, question, read, send
from tests.unit.emulator.client import WEATHER
from voicelive_emulator import EmulatorServer, ScriptedBrain
from voicelive_emulator.brains.by_profile import ProfileBrain
from voicelive_emulator.brains.chat_completions import ChatCompletionsBrain
from voicelive_emulator.brains.messages import MessagesBrain
from voicelive_emulator.brains.sentence_stream import whole_sentences

CHAT = "byom-azure-openai-chat-completion"
CLAUDE = "byom-foundry-anthropic-messages"
TEXT_ONLY = client.SessionUpdate(
    session={"modalities": ["text"], "instructions": "Be brief.", "tools": [WEATHER]}
)


class ModelServer:
    """Plays a model: answers each POST with the next planned stream, and keeps what it was asked."""

    def __init__(self, *streams: list[dict[str, Any]] | int) -> None:
        self._streams = list(streams)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.headers.append(request.headers)
        self.paths.append(request.path)
        stream = self._streams.pop(0)
        if isinstance(stream, int):
            return web.Response(status=stream)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in stream:
            name = f"event: {event['type']}\n" if "type" in event else ""
            await response.write(f"{name}data: {json.dumps(event)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response


@asynccontextmanager
async def serving(model: ModelServer) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/v1/{path:.*}", model.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    model.url = f"http://{host}:{port}/v1"
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(model: ModelServer, profile: str) -> AsyncIterator[Any]:
    async with serving(model):
        brains = {
            CHAT: ChatCompletionsBrain(model.url, api_key="model key"),
            CLAUDE: MessagesBrain(model.url, api_key="model key"),
        }
        async with EmulatorServer(
            api_key=KEY, brain=ProfileBrain(ScriptedBrain(), brains)
        ) as emulator:
            query = f"api-version=2026-07-15&model=mine&profile={profile}"
            async with dial(emulator, query=query) as websocket:
                await send(websocket, TEXT_ONLY)
                yield websocket


async def answer(websocket: Any, *events: client.ClientEvent) -> Any:
    """The finished response to these events."""
    await send(websocket, *events)
    done = (await read(websocket, "response.done"))[-1]
    assert isinstance(done, server.ResponseDone)
    return done.response


def returned(call_id: str) -> list[client.ClientEvent]:
    output = function_call_output_item(id="item_out", call_id=call_id, output="It is foggy.")
    return [client.ConversationItemCreate(item=output), client.ResponseCreate()]


# --- chat completions -------------------------------------------------------------------------------------------------


def chunk(**delta: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def called(**function: str) -> dict[str, Any]:
    return chunk(tool_calls=[{"index": 0, "id": "theirs", "function": function}])


CHAT_USAGE = {"choices": [], "usage": {"prompt_tokens": 21, "completion_tokens": 7}}


async def test_a_chat_model_calls_a_function_and_speaks_of_its_output() -> None:
    model = ModelServer(
        [called(name="get_weather", arguments=""), called(arguments='{"city": "Lo'),
         called(arguments='ndon"}'), CHAT_USAGE],
        [chunk(role="assistant", content=""), chunk(content="It is "), chunk(content="foggy. Take"),
         chunk(content=" a coat!"), CHAT_USAGE],
    )  # fmt: skip
    async with talking(model, CHAT) as websocket:
        response = await answer(websocket, *question("How is the weather?"))
        [call] = response.output
        assert (call.name, call.arguments) == ("get_weather", '{"city": "London"}')
        response = await answer(websocket, *returned(call.call_id))
        assert response.output[0].content[0].text == "It is foggy. Take a coat!"
        assert (response.usage.input_tokens, response.usage.output_tokens) == (21, 7)
    assert model.paths == ["/v1/chat/completions"] * 2
    assert model.headers[0]["Authorization"] == "Bearer model key"
    assert model.asked[0]["model"] == "mine"
    assert model.asked[0]["tools"][0]["function"]["name"] == "get_weather"
    function = {"name": "get_weather", "arguments": '{"city": "London"}'}
    assert model.asked[1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How is the weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call.call_id, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call.call_id, "content": "It is foggy."},
    ]


@pytest.mark.parametrize("profile", [CHAT, CLAUDE])
async def test_a_model_that_refuses_fails_the_response_and_not_the_session(profile: str) -> None:
    model = ModelServer(401, [chunk(content="Better."), CHAT_USAGE])
    async with talking(model, profile) as websocket:
        assert (await answer(websocket, *question("Hello!"))).status == "failed"
        assert (await answer(websocket, *question("Hello?"))).status == "completed"


# --- messages ---------------------------------------------------------------------------------------------------------


def begin(tokens: int) -> dict[str, Any]:
    usage = {"input_tokens": tokens, "output_tokens": 1}
    return {"type": "message_start", "message": {"role": "assistant", "usage": usage}}


def block(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: int, **content: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": content}


MESSAGE_END = [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": 9}},
               {"type": "message_stop"}]  # fmt: skip


async def test_claude_speaks_calls_and_reports_its_tokens_in_the_metadata() -> None:
    model = ModelServer(
        [begin(30), block(0, type="text", text=""), delta(0, type="text_delta", text="One mom"),
         {"type": "ping"}, delta(0, type="text_delta", text="ent."),
         block(1, type="tool_use", id="theirs", name="get_weather", input={}),
         delta(1, type="input_json_delta", partial_json='{"city":'),
         delta(1, type="input_json_delta", partial_json=' "London"}'), *MESSAGE_END],
        [begin(40), block(0, type="text", text=""),
         delta(0, type="text_delta", text="It is foggy."), *MESSAGE_END],
    )  # fmt: skip
    async with talking(model, CLAUDE) as websocket:
        response = await answer(websocket, *question("How is the weather?"))
        message, call = response.output
        assert message.content[0].text == "One moment."
        assert (call.name, call.arguments) == ("get_weather", '{"city": "London"}')
        assert response.metadata == {"input_tokens": "30", "output_tokens": "9"}
        assert response.usage.total_tokens == 0
        response = await answer(websocket, *returned(call.call_id))
        assert response.output[0].content[0].text == "It is foggy."
    assert model.paths == ["/v1/messages"] * 2
    assert model.headers[0]["x-api-key"] == "model key"
    second = model.asked[1]
    assert (second["model"], second["system"]) == ("mine", "Be brief.")
    assert second["tools"][0]["input_schema"] == WEATHER["parameters"]
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert [part["type"] for part in second["messages"][1]["content"]] == ["text", "tool_use"]
    assert second["messages"][1]["content"][1]["input"] == {"city": "London"}
    assert second["messages"][2]["content"][0]["tool_use_id"] == call.call_id


async def test_claude_that_breaks_off_fails_the_response() -> None:
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    async with talking(ModelServer([begin(3), broken]), CLAUDE) as websocket:
        assert (await answer(websocket, *question("Hello!"))).status == "failed"


async def test_claude_is_given_an_opening_when_nobody_has_spoken() -> None:
    model = ModelServer([begin(3), delta(0, type="text_delta", text="Hello!"), *MESSAGE_END])
    async with talking(model, CLAUDE) as websocket:
        assert (await answer(websocket, client.ResponseCreate())).status == "completed"
    assert [message["role"] for message in model.asked[0]["messages"]] == ["user"]


# --- both -------------------------------------------------------------------------------------------------------------


async def test_a_session_without_a_profile_keeps_the_scripted_brain() -> None:
    brain = ProfileBrain(ScriptedBrain(), {CHAT: ChatCompletionsBrain("http://127.0.0.1:9")})
    async with EmulatorServer(api_key=KEY, brain=brain) as emulator, dial(emulator) as websocket:
        assert (await answer(websocket, *question("Hello!"))).status == "completed"


def test_a_sentence_is_whole_as_soon_as_the_next_begins() -> None:
    given: list[str] = []

    def pieces() -> Any:
        for piece in ("It is", " noon", ". Go", " now!\nReally", "?"):
            given.append(piece)
            yield piece

    sentences = whole_sentences(pieces())
    assert next(sentences) == "It is noon."
    assert given[-1] == ". Go"
    assert list(sentences) == ["Go now!", "Really?"]
