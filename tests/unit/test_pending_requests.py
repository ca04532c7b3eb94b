import asyncio

from livekit.agents import llm
from livekit_plugins_voicelive.pending_requests import (
    PendingRequest,
    PendingRequests,
    fail,
    settle,
)
from livekit_plugins_voicelive.protocol.client_events import ResponseCancel, SessionUpdate


def test_a_request_is_answered_once() -> None:
    pending = PendingRequests()
    request = PendingRequest(ResponseCancel(event_id="a"), may_fail=True)
    assert pending.add(request) is request.event
    assert len(pending) == 1
    assert pending.take("a") is request
    assert pending.take("a") is None
    assert pending.take(None) is None


def test_the_oldest_matching_request_is_answered_first() -> None:
    pending = PendingRequests()
    for name in ("a", "b"):
        pending.add(PendingRequest(SessionUpdate(event_id=name, session={})))
    first = pending.take_first(lambda event: isinstance(event, SessionUpdate))
    assert first is not None
    assert first.event.event_id == "a"
    assert first.type == "session.update"
    assert pending.take_first(lambda event: isinstance(event, ResponseCancel)) is None


async def test_a_request_is_awaited_for_as_long_as_somebody_waits() -> None:
    pending = PendingRequests()
    waiter = asyncio.get_running_loop().create_future()
    pending.add(PendingRequest(ResponseCancel(event_id="a")))
    assert not pending.awaited
    pending.add(PendingRequest(ResponseCancel(event_id="b"), waiter))
    assert pending.awaited
    waiter.cancel()
    assert not pending.awaited


def test_a_lost_connection_leaves_nothing_pending() -> None:
    pending = PendingRequests()
    pending.add(PendingRequest(ResponseCancel(event_id="a")))
    assert [request.event.event_id for request in pending.connection_lost()] == ["a"]
    assert len(pending) == 0


async def test_a_waiter_is_settled_once_and_a_cancelled_one_never() -> None:
    error = llm.RealtimeError("no")
    loop = asyncio.get_running_loop()
    settled, failed, cancelled = (loop.create_future() for _ in range(3))
    settle(settled, 1)
    fail(settled, error)
    fail(failed, error)
    settle(failed)
    cancelled.cancel()
    settle(cancelled)
    fail(cancelled, error)
    settle(None)
    fail(None, error)
    assert settled.result() == 1
    assert failed.exception() is error
    assert cancelled.cancelled()
