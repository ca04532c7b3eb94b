"""What the scenarios of both ends joined in memory share: a story to interrupt, a tool, and mishaps."""

import asyncio
from typing import Any

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.items import Item
from tests.session_pair import Say, SessionPair
from voicelive_emulator.behaviour import Behaviour

PACED = Behaviour(pace=4.0)
STORY = Say("Once upon a time there was a fox. It lived in a wood and it liked to talk.")


def user(id: str, text: str = "hello") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="user", content=[text])


@llm.function_tool
async def look_up(place: str) -> str:
    """Look a place up."""
    return place


def pair_waiter() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


def refuse(pair: SessionPair, event_id: str, *, code: str, **details: str) -> None:
    error = server.ErrorDetails(
        type="invalid_request_error", code=code, event_id=event_id, **details
    )
    pair.translator.receive(server.ErrorEvent(error=error), now=pair.now)
    pair.settle()


def call_begun(pair: SessionPair) -> str:
    """The service begins a function call, and we know of it; returns the response's id."""
    pair.service.idle = True  # type: ignore[union-attr]
    pair.generate_reply()
    response_id = pair.received[-1].response.id  # type: ignore[union-attr]
    call = Item(type="function_call", id="item_call", call_id="c", name="f", arguments="")
    for event in (
        server.ResponseOutputItemAdded(response_id=response_id, item=call),
        server.ConversationItemCreated(item=call),
    ):
        pair.translator.receive(event, now=pair.now)
    return response_id
