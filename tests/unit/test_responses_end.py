"""How responses end: interrupted, lost, silent, or never begun."""

import asyncio
from typing import Any

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.protocol.client_events import (
    ResponseCancel,
    ResponseCreate,
    ResponseCreateParams,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.reply import CLIENT_EVENT_ID, tagged_request
from livekit_plugins_voicelive.responses import CANCEL_GRACE_S, REMEMBERED, RETRY_S, Responses
from tests.unit.asked_responses import SILENCE_S, TIMEOUT_S, TURN_S, ask, connected, create, names


async def test_an_interruption_closes_at_once_and_cancels_once() -> None:
    responses = connected()
    generation, _, _ = create(responses, "r1")
    generation.message("a")
    events, unheard = responses.interrupt(now=0)
    assert generation.closed
    assert [event.response_id for event in events] == ["r1"]
    assert unheard == generation.to_delete == ["a"]
    assert responses.interrupt(now=0) == ([], [])


async def test_an_interruption_with_nothing_running_is_nothing() -> None:
    responses = connected()
    assert responses.interrupt(now=0) == ([], [])
    create(responses, "r1")
    responses.done("r1", now=0)
    assert responses.interrupt(now=0) == ([], [])


async def test_a_discarded_response_is_not_cancelled_twice() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    waiter.cancel()
    create(responses, "r1", echo="a")
    assert responses.interrupt(now=0) == ([], [])


async def test_messages_behind_an_interrupted_one_are_known_across_responses() -> None:
    responses = connected()
    first, _, _ = create(responses, "r1")
    first.message("a")
    first.message("b")
    responses.done("r1", now=0)
    second, _, _ = create(responses, "r2")
    second.message("c")
    assert responses.messages_behind("a") == []
    responses.interrupt(now=0)
    third, _, _ = create(responses, "r3")
    third.message("d")
    assert responses.messages_behind("a") == ["b", "c"]
    assert responses.interrupted_messages() == ["a", "b", "c"]
    assert responses.message("b") is first.messages["b"]
    assert responses.message("zzz") is None


async def test_old_responses_are_forgotten() -> None:
    responses = connected()
    create(responses, "r0")[0].message("m0")
    for number in range(1, REMEMBERED + 1):
        create(responses, f"r{number}")
    assert responses.message("m0") is None


async def test_a_lost_connection_ends_what_ran_and_asks_again_for_what_never_began() -> None:
    responses = connected()
    create(responses, "r1")
    responses.done("r1", now=0)
    running, _, _ = create(responses, "r2")
    _, queued = ask(responses, "queued")
    ended, _ = responses.connection_lost()
    assert ended == [running]
    assert running.closed
    assert not queued.done()
    assert responses.advance(now=0) == []
    assert responses.next_deadline() is None
    responses.connected()
    assert names(responses.advance(now=50.0)) == ["queued"]
    assert responses.next_deadline() == 50.0 + TIMEOUT_S


async def test_a_request_in_flight_survives_the_connection_with_a_new_deadline() -> None:
    responses = connected()
    ask(responses, "a")
    responses.connection_lost()
    responses.connected()
    assert names(responses.advance(now=99.0)) == ["a"]
    assert responses.next_deadline() == 99.0 + TIMEOUT_S


async def test_a_request_that_nobody_waits_for_does_not_survive_the_connection() -> None:
    responses = connected()
    _, waiter = ask(responses, "a")
    waiter.cancel()
    responses.connection_lost()
    responses.connected()
    assert responses.advance(now=0) == []


@pytest.mark.parametrize("what", ["turn", "silent response", "heard response", "nothing"])
async def test_an_answer_of_which_nothing_arrived_is_still_owed(what: str) -> None:
    responses = connected()
    if what == "turn":
        responses.to_turn.turn_committed(now=0)
    elif what != "nothing":
        generation, _, _ = create(responses, "r1")
        if what == "heard response":
            generation.call(llm.FunctionCall(call_id="c", name="f", arguments="{}"))
    assert responses.connection_lost()[1] is (what in ("turn", "silent response"))


async def test_an_interrupted_answer_is_not_owed() -> None:
    responses = connected()
    create(responses, "r1")
    responses.interrupt(now=0)
    assert responses.connection_lost()[1] is False


async def test_at_the_end_every_waiter_fails() -> None:
    responses = connected()
    _, asked = ask(responses, "a")
    _, queued = ask(responses, "b")
    error = llm.RealtimeError("over")
    responses.close(error)
    assert asked.exception() is error
    assert queued.exception() is error


# --- a turn that nobody answers ---------------------------------------------------------------------------------------


async def turn_left_unanswered() -> Responses:
    responses = connected()
    responses.to_turn.turn_committed(now=0)
    responses.to_turn.turn_understood(now=1.0)
    return responses


async def test_a_turn_that_the_service_does_not_answer_is_asked_for_once() -> None:
    responses = await turn_left_unanswered()
    assert responses.next_deadline() == 1.0 + TURN_S
    assert responses.advance(now=1.0 + TURN_S - 0.1) == []
    [request] = responses.advance(now=1.0 + TURN_S)
    assert isinstance(request, ResponseCreate)
    _, reply, _ = create(responses, "r1")
    assert reply is not None
    assert reply.waiter is None
    assert responses.take_turns_left_unanswered() == 0


async def test_a_turn_that_is_not_answered_even_when_asked_is_reported() -> None:
    responses = await turn_left_unanswered()
    responses.advance(now=1.0 + TURN_S)
    responses.advance(now=1.0 + TURN_S + TIMEOUT_S)
    assert responses.take_turns_left_unanswered() == 1
    assert responses.take_turns_left_unanswered() == 0
    assert responses.next_deadline() is None


@pytest.mark.parametrize("relief", ["answer", "more speech", "loss"])
async def test_a_turn_is_not_asked_for_when_there_is_no_need(relief: str) -> None:
    responses = await turn_left_unanswered()
    if relief == "answer":
        create(responses, "r1")
        responses.done("r1", now=2.0)
    elif relief == "more speech":
        responses.to_turn.speech_started(now=0)
    else:
        responses.connection_lost()
        responses.connected()
    assert responses.advance(now=100.0) == []


async def test_while_another_response_runs_the_services_answer_may_be_waiting_for_its_end() -> None:
    responses = connected()
    create(responses, "r1")
    responses.to_turn.turn_committed(now=0)
    responses.to_turn.turn_understood(now=1.0)
    assert responses.advance(now=1.0 + TURN_S) == []
    responses.done("r1", now=7.0)
    assert len(responses.advance(now=1.0 + 2 * TURN_S)) == 1


async def test_words_that_ask_for_no_answer_start_no_watch() -> None:
    responses = connected()
    responses.to_turn.turn_understood(now=1.0)
    assert responses.next_deadline() is None


async def test_a_session_is_busy_while_anything_is_running_asked_for_or_owed() -> None:
    responses = connected()
    assert not responses.busy
    ask(responses, "a")
    assert responses.busy
    create(responses, "r1", echo="a")
    assert responses.busy
    responses.done("r1", now=0)
    assert not responses.busy
    responses.to_turn.turn_committed(now=0)
    assert responses.busy


async def test_noise_does_not_keep_a_session_busy_nor_claim_the_next_response() -> None:
    responses = connected()
    responses.to_turn.turn_committed(now=0)
    responses.advance(now=TURN_S)
    assert not responses.busy
    _, waiter = ask(responses, "a", now=TURN_S)
    _, reply, _ = create(responses, "r1", now=TURN_S)
    assert reply is not None
    assert reply.waiter is waiter


@pytest.mark.parametrize("asked", [True, False], ids=["asked for already", "still to be asked for"])
async def test_an_answer_that_the_service_gives_after_all_is_not_asked_for_as_well(
    asked: bool,
) -> None:
    responses = connected()
    responses._echoes_metadata = True
    responses.ask_for_turn()
    sent = responses.advance(now=0) if asked else []
    assert len(sent) == asked
    create(responses, "own")
    if asked:
        responses.refused_as_busy(now=0)
    responses.done("own", now=1)
    assert responses.advance(now=2) == []


async def test_an_answer_asked_for_although_needless_is_discarded_when_it_comes() -> None:
    responses = connected()
    responses._echoes_metadata = True
    responses.ask_for_turn()
    [request] = responses.advance(now=0)
    create(responses, "own")
    generation, _, cancel = create(responses, "late", echo=str(request.event_id))
    assert generation.discarded
    assert isinstance(cancel[0], ResponseCancel)


async def test_a_response_that_falls_silent_is_given_up() -> None:
    responses = connected()
    generation, _, _ = create(responses, "r1")
    generation.message("m")
    generation.to_delete.append("d")
    assert responses.next_deadline() == SILENCE_S
    assert responses.give_up_silent(now=SILENCE_S - 1) == ([], [])
    [cancel], unheard = responses.give_up_silent(now=SILENCE_S)
    assert (cancel.response_id, unheard) == ("r1", ["d", "m"])
    assert generation.closed
    assert not responses.busy


async def test_a_reply_of_which_nothing_arrived_is_asked_for_again_as_it_was() -> None:
    responses = connected()
    params = ResponseCreateParams(tool_choice="none")
    event = tagged_request(params, additional_instructions="Say goodbye.")
    responses.request(event, None, now=0)
    create(responses, "r1", echo=str(event.event_id))
    assert responses.connection_lost()[1] is False
    responses.connected()
    [again] = responses.advance(now=1)
    assert isinstance(again, ResponseCreate)
    assert again.additional_instructions == "Say goodbye."
    assert again.response.tool_choice == "none"  # type: ignore[union-attr]
    assert again.response.metadata == {CLIENT_EVENT_ID: again.event_id}  # type: ignore[union-attr]
    assert again.event_id != event.event_id


# --- cancelled, and never heard of again ------------------------------------------------------------------------------


async def test_a_cancelled_response_whose_end_is_lost_does_not_stay() -> None:
    responses = connected()
    generation, _, _ = create(responses, "r1")
    generation.message("a")
    responses.interrupt(now=1)
    assert responses.busy
    assert responses.next_deadline() == 1 + TIMEOUT_S
    assert responses.give_up_silent(now=1 + TIMEOUT_S) == ([], ["a"])
    assert not responses.busy
    assert responses.next_deadline() is None


async def test_a_cancelled_response_does_not_keep_a_turn_from_its_answer() -> None:
    responses = connected()
    create(responses, "r1")
    responses.interrupt(now=0)
    responses.to_turn.turn_committed(now=0)
    responses.to_turn.turn_understood(now=0)
    [event] = responses.advance(now=TURN_S)
    assert isinstance(event, ResponseCreate)


async def test_a_service_that_stays_busy_with_nothing_is_given_up() -> None:
    responses = connected()
    create(responses, "r1")
    responses.interrupt(now=0)
    _, waiter = ask(responses, "a", now=1)
    now = 1.0
    while not waiter.done():
        assert now < 1 + TIMEOUT_S + 2 * RETRY_S
        responses.refused_as_busy(now=now)
        now += RETRY_S
        responses.advance(now=now)
    with pytest.raises(llm.RealtimeError, match="did not begin"):
        waiter.result()


async def test_words_to_be_said_are_waited_for_a_moment_only_once_interrupted() -> None:
    responses = connected()
    waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    message = Item(type="message", role="assistant", content=[])
    params = ResponseCreateParams(pre_generated_assistant_message=message)
    responses.request(tagged_request(params), waiter, now=0)
    responses.interrupt(now=1)
    responses.interrupt(now=1.1)
    assert responses.next_deadline() == 1 + CANCEL_GRACE_S
    responses.advance(now=1 + CANCEL_GRACE_S)
    with pytest.raises(llm.RealtimeError):
        waiter.result()


async def test_a_reply_asked_for_is_not_hurried_by_an_interruption() -> None:
    responses = connected()
    ask(responses, "a")
    responses.interrupt(now=1)
    assert responses.next_deadline() == TIMEOUT_S


@pytest.mark.parametrize("echoes", [True, False])
async def test_a_reply_that_nobody_wants_any_more_holds_up_the_next_for_a_moment_only(
    echoes: bool,
) -> None:
    responses = connected()
    ask(responses, "zero")
    create(responses, "r0", echo="zero" if echoes else None)
    responses.done("r0", now=0)
    ask(responses, "one", now=1)[1].cancel()
    assert ask(responses, "two", now=2)[0] == []
    # Without an echo the late response to the first could not be told from one to the second.
    sent = responses.advance(now=2 + CANCEL_GRACE_S)
    assert names(sent) == (["two"] if echoes else [])
    if echoes:
        assert create(responses, "r1", echo="one")[0].discarded
        assert not responses.refused_late("one")


async def test_a_late_refusal_of_what_was_given_up_leaves_nothing_to_discard() -> None:
    responses = connected()
    ask(responses, "a")
    responses.advance(now=TIMEOUT_S)
    assert responses.refused_late("a")
    assert not responses.refused_late("a")
    assert not responses.refused_late(None)
    assert not create(responses, "r1")[0].discarded


async def test_a_tool_of_the_services_own_may_take_its_time() -> None:
    responses = connected()
    generation, _, _ = create(responses, "r1")
    generation.service_calls.add("mcp")
    assert responses.next_deadline() is None
    assert responses.give_up_silent(now=10 * SILENCE_S) == ([], [])
