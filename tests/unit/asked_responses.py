"""What the tests of the responses share."""

import asyncio
from typing import Any

from livekit_plugins_voicelive.pending_requests import PendingRequests
from livekit_plugins_voicelive.protocol.client_events import (
    ResponseCreate,
    ResponseCreateParams,
)
from livekit_plugins_voicelive.protocol.response import Response
from livekit_plugins_voicelive.reply import CLIENT_EVENT_ID, Reply
from livekit_plugins_voicelive.responses import Responses

TIMEOUT_S = 10.0
TURN_S = 5.0
SILENCE_S = 20.0


def connected() -> Responses:
    responses = Responses(
        PendingRequests(),
        reply_timeout_s=TIMEOUT_S,
        turn_timeout_s=TURN_S,
        silence_timeout_s=SILENCE_S,
    )
    responses.connected()
    return responses


def ask(responses: Responses, name: str, *, now: float = 0.0) -> tuple[list, asyncio.Future[Any]]:
    waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    event = ResponseCreate(
        event_id=name, response=ResponseCreateParams(metadata={CLIENT_EVENT_ID: name})
    )
    return responses.request(event, waiter, now=now), waiter


def create(
    responses: Responses, response_id: str, *, echo: str | None = None, now: float = 0.0
) -> tuple[Any, Reply | None, list]:
    metadata = None if echo is None else {CLIENT_EVENT_ID: echo}
    return responses.created(
        Response(id=response_id, metadata=metadata), now=now, speaks=True, timed=False
    )


def names(events: list) -> list[str]:
    return [event.event_id for event in events]
