"""Requests that were sent and not yet answered: who waits for them, and what happens when the connection is lost.

A request is known by the ``event_id`` it was sent with, and an ``error`` names it by that id: the service's English is
never read. Confirmations come as events of their own and name an item or nothing at all, so the parts that own the
items settle them here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm, utils

from .protocol.client_events import ClientEvent


@dataclass
class PendingRequest:
    """A request on its way."""

    event: ClientEvent
    waiter: asyncio.Future[Any] | None = None
    may_fail: bool = False
    """A refusal is expected now and then, and nobody needs to hear of it."""
    accepted_codes: frozenset[str] = frozenset()
    """Refusals with these codes mean that the wish is fulfilled already."""
    undo: Callable[[], None] | None = None
    """Takes back what was changed here in expectation of a yes."""

    @property
    def type(self) -> str:
        """The event type, for messages."""
        return str(type(self.event).__struct_config__.tag)


def new_event_id() -> str:
    """An id for a client event."""
    return utils.shortuuid("event_")


class PendingRequests:
    """Owns what was sent and not answered; a request dies with its answer, its refusal or its connection."""

    def __init__(self) -> None:
        self._requests: dict[str, PendingRequest] = {}

    def __len__(self) -> int:
        return len(self._requests)

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an answer."""
        return any(
            request.waiter is not None and not request.waiter.done()
            for request in self._requests.values()
        )

    def add(self, request: PendingRequest) -> ClientEvent:
        """Remember the request under its event's id and give the event back, to be sent."""
        event_id = request.event.event_id
        assert isinstance(event_id, str), "a request needs an event_id"
        self._requests[event_id] = request
        return request.event

    def take(self, event_id: str | None) -> PendingRequest | None:
        """The request of that id, which is no longer pending from now on."""
        return self._requests.pop(event_id, None) if event_id is not None else None

    def take_first(self, matches: Callable[[ClientEvent], bool]) -> PendingRequest | None:
        """The oldest request whose event matches, which is no longer pending from now on."""
        for event_id, request in self._requests.items():
            if matches(request.event):
                return self._requests.pop(event_id)
        return None

    def has(self, matches: Callable[[ClientEvent], bool]) -> bool:
        """Whether a request whose event matches is on its way."""
        return any(matches(request.event) for request in self._requests.values())

    def connection_lost(self) -> list[PendingRequest]:
        """Forget everything: a new connection knows none of it. Returns what was pending, oldest first."""
        requests = list(self._requests.values())
        self._requests.clear()
        return requests


def settle(waiter: asyncio.Future[Any] | None, result: Any = None) -> None:
    """Give the waiter its result, unless it has one or was cancelled."""
    if waiter is not None and not waiter.done():
        waiter.set_result(result)


def fail(waiter: asyncio.Future[Any] | None, error: llm.RealtimeError) -> None:
    """Give the waiter its error, unless it is settled or was cancelled."""
    if waiter is not None and not waiter.done():
        waiter.set_exception(error)
