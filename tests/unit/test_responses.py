"""Requests for responses, and whose response it is that begins."""

from livekit.agents import llm
from livekit_plugins_voicelive.protocol.client_events import (
    ResponseCancel,
)
from livekit_plugins_voicelive.responses import (
    CANCEL_GRACE_S,
    RETRY_S,
)
from tests.unit.asked_responses import TIMEOUT_S, ask, connected, create, names


async def test_a_request_goes_out_at_once_when_nothing_is_running() -> None:
    responses = connected()
    sent, _ = ask(responses, "a")
    assert names(sent) == ["a"]


async def test_one_request_is_in_flight_at_a_time() -> None:
    responses = connected()
    ask(responses, "a")
    assert ask(responses, "b")[0] == []
    create(responses, "r1", echo="a")
    assert responses.advance(now=0) == []
    responses.done("r1", now=1)
    assert names(responses.advance(now=1)) == ["b"]


async def test_a_request_waits_for_the_response_that_the_service_began() -> None:
    responses = connected()
    create(responses, "r1")
    assert ask(responses, "a")[0] == []
    responses.done("r1", now=1)
    assert names(responses.advance(now=1)) == ["a"]


async def test_a_cancelled_response_that_never_ends_holds_the_next_up_for_a_moment_only() -> None:
    responses = connected()
    create(responses, "r1")
    responses.interrupt(now=5.0)
    assert ask(responses, "a", now=5.0)[0] == []
    due = responses.next_deadline()
    assert due == 5.0 + CANCEL_GRACE_S
    assert names(responses.advance(now=due)) == ["a"]


async def test_a_silent_response_holds_the_next_up_no_longer_than_the_timeout() -> None:
    responses = connected()
    create(responses, "r1")
    ask(responses, "a")
    assert responses.next_deadline() == TIMEOUT_S
    assert names(responses.advance(now=TIMEOUT_S)) == ["a"]


async def test_an_echoed_id_finds_its_request() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    generation, reply, sent = create(responses, "r1", echo="a")
    assert reply is not None
    assert reply.waiter is waiter
    assert sent == []
    assert responses.active("r1") is generation


async def test_without_an_echo_the_outstanding_request_is_meant() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    _, reply, _ = create(responses, "r1")
    assert reply is not None
    assert reply.waiter is waiter


async def test_the_answer_to_the_users_turn_is_not_taken_for_ours() -> None:
    responses = connected()
    ask(responses, "a")
    responses.to_turn.turn_committed(now=0)
    assert create(responses, "r1")[1] is None
    assert create(responses, "r2")[1] is not None


async def test_a_service_known_to_echo_is_believed() -> None:
    responses = connected()
    ask(responses, "a")
    create(responses, "r1", echo="a")
    responses.done("r1", now=0)
    ask(responses, "b")
    assert create(responses, "r2")[1] is None
    assert create(responses, "r3", echo="b")[1] is not None


async def test_an_id_that_we_never_sent_is_somebody_elses() -> None:
    responses = connected()
    ask(responses, "a")
    assert create(responses, "r1", echo="zzz")[1] is None


async def test_a_request_not_begun_in_time_fails_and_its_late_answer_is_discarded() -> None:
    responses = connected()
    _, waiter = ask(responses, "a", now=1.0)
    assert responses.next_deadline() == 1.0 + TIMEOUT_S
    responses.advance(now=1.0 + TIMEOUT_S)
    error = waiter.exception()
    assert isinstance(error, llm.RealtimeError)
    assert error.code == "timeout"
    generation, reply, sent = create(responses, "late", echo="a")
    assert generation.discarded
    assert generation.closed
    assert reply is None
    assert [type(event) for event in sent] == [ResponseCancel]
    assert sent[0].response_id == "late"


async def test_a_late_answer_is_discarded_by_order_too() -> None:
    responses = connected()
    ask(responses, "a")
    responses.advance(now=TIMEOUT_S)
    assert create(responses, "late")[0].discarded
    assert not create(responses, "next")[0].discarded


async def test_a_reply_whose_caller_gave_up_is_cancelled_when_it_begins() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    waiter.cancel()
    generation, _, sent = create(responses, "r1", echo="a")
    assert generation.discarded
    assert sent[0].response_id == "r1"


async def test_a_reply_whose_caller_gave_up_before_it_was_sent_never_is() -> None:
    responses = connected()
    create(responses, "r1")
    _, waiter = ask(responses, "a")
    waiter.cancel()
    responses.done("r1", now=1)
    assert responses.advance(now=1) == []
    assert responses.next_deadline() is None


async def test_a_refusal_because_of_an_unknown_response_is_asked_again() -> None:
    responses = connected()
    responses.refused_as_busy(now=0)  # nothing asked: nothing to do
    ask(responses, "a")
    responses.refused_as_busy(now=1.0)
    assert responses.advance(now=1.0) == []
    assert names(responses.advance(now=1.0 + RETRY_S)) == ["a"]
    responses.refused_as_busy(now=2.0)
    responses.done("unknown", now=2.1)
    assert names(responses.advance(now=2.1)) == ["a"]


async def test_asking_again_and_again_ends_at_the_first_deadline() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    responses.refused_as_busy(now=TIMEOUT_S - 0.1)
    responses.advance(now=TIMEOUT_S + RETRY_S)
    responses.advance(now=TIMEOUT_S + RETRY_S)
    assert waiter.done()


async def test_a_refused_request_makes_room_for_the_next() -> None:
    responses = connected()
    ask(responses, "a")
    ask(responses, "b")
    responses.refused()
    assert names(responses.advance(now=0)) == ["b"]
