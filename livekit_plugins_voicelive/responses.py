"""Which responses there are, and which are wanted: one request in flight at a time, matched to what the service creates.

Rules:
- The service refuses a second response while one is active, so ours waits for the running ``response.done``.
- A request is known again by the ``metadata.client_event_id`` it carried. Whether the service echoes metadata is not
  documented; until an echo was seen, the one outstanding request is matched by order.
- A request whose caller gave up is discarded: cancelled by id when it is created, its items deleted.
- A user's turn that the service leaves unanswered is asked for once, then reported: in the field a session was seen that
  listened and never answered. A turn that nobody understood was noise, and its answer is not waited for.
- A response that falls silent is given up and reported.

Time is passed in; waiters are settled, never awaited.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from livekit.agents import llm

from .generation import Generation, Message
from .owed_answer import OwedAnswer
from .pending_requests import PendingRequest, PendingRequests, fail, new_event_id
from .protocol.client_events import ClientEvent, ResponseCancel, ResponseCreate
from .protocol.response import Response
from .protocol.wire_struct import given
from .recent import Recent
from .reply import CLIENT_EVENT_ID, Reply, tagged_request

CANCEL_GRACE_S = 0.5
"""How long a cancelled response may hold up the next one: its ``response.done`` can be late or lost."""

RETRY_S = 0.25
"""After a refusal because of an active response that we do not know."""

REMEMBERED = 16
"""Responses kept after their end, because playback, and so truncation, comes later than generation."""


class Responses:
    """Owns the requests for responses, the active ones and their streams; they die with ``response.done`` or the connection.

    ``to_turn`` is the answer that the service owes the user without being asked.
    """

    def __init__(
        self,
        pending: PendingRequests,
        *,
        reply_timeout_s: float,
        turn_timeout_s: float,
        silence_timeout_s: float,
    ) -> None:
        """Nothing is running.

        Args:
            pending: where requests are remembered until they are answered.
            reply_timeout_s: from sending a request to its ``response.created``.
            turn_timeout_s: from the end of a user's turn to the service's own ``response.created``.
            silence_timeout_s: from one event of a response to the next.
        """
        self._pending = pending
        self._reply_timeout_s = reply_timeout_s
        self._silence_timeout_s = silence_timeout_s
        self._queue: deque[Reply] = deque()
        self._asked: Reply | None = None
        self._given_up: set[str] = set()
        self._active: dict[str, Generation] = {}
        self._answers: dict[str, Reply] = {}
        self._remembered: Recent[str, Generation] = Recent(REMEMBERED)
        self._connected = False
        self._echoes_metadata = False
        self.to_turn = OwedAnswer(turn_timeout_s)
        self._turns_left_unanswered = 0
        self._retry_at = 0.0

    # --- asking -------------------------------------------------------------------------------------------------------

    def request(
        self, event: ResponseCreate, waiter: asyncio.Future[Any] | None, *, now: float
    ) -> list[ClientEvent]:
        """Ask for a response: at once, or when the running one is done."""
        self._queue.append(Reply(event, waiter))
        return self.advance(now=now)

    def advance(self, *, now: float) -> list[ClientEvent]:
        """Give up what is overdue; send the next request if nothing is in its way."""
        if self._asked is not None:
            self._look_after(self._asked, now=now)
        if self.to_turn.is_due(now=now):
            self._answer_overdue(now=now)
        while self._queue and self._queue[0].abandoned:
            self._queue.popleft()
        if not self._queue or not self._connected or self._asked or now < self._free_at():
            return []
        self._asked = reply = self._queue.popleft()
        if reply.deadline is None:
            reply.deadline = now + self._reply_timeout_s
        return [self._pending.add(PendingRequest(reply.event, reply.waiter))]

    def next_deadline(self) -> float | None:
        """When :meth:`advance` has something to do even if nothing happens."""
        deadlines = [self.to_turn.deadline]
        if self._asked is not None and self._asked.deadline is not None:
            deadlines.append(self._asked.deadline)
        elif self._queue and self._connected:
            deadlines.append(self._free_at())
        deadlines += [self._silent_at(generation) for generation in self._active.values()]
        return min((due for due in deadlines if due is not None), default=None)

    @property
    def busy(self) -> bool:
        """Whether a response is running, asked for or owed."""
        return bool(self._active or self._asked or self._queue or self.to_turn)

    def _free_at(self) -> float:
        """When the active responses stop holding up the next: a silent one does not hold it for ever."""
        ends = [
            generation.last_event_at
            + (CANCEL_GRACE_S if generation.cancelled else self._reply_timeout_s)
            for generation in self._active.values()
        ]
        return max([self._retry_at, *ends])

    def _look_after(self, asked: Reply, *, now: float) -> None:
        """Give the request in flight up when it is overdue, sooner if nobody wants it and others wait behind it."""
        if asked.abandoned and self._queue and self._echoes_metadata:
            asked.hurry(now + CANCEL_GRACE_S)
        if asked.deadline is not None and now >= asked.deadline:
            self._give_up(asked)

    def _give_up(self, reply: Reply) -> None:
        self._asked = None
        event_id = given(reply.event.event_id) or ""
        self._given_up.add(event_id)
        self._pending.take(event_id)
        self._fail(reply)

    def _fail(self, reply: Reply) -> None:
        if reply.waiter is None:
            self._turns_left_unanswered += 1
        fail(
            reply.waiter,
            llm.RealtimeError("Voice Live did not begin a response in time", code="timeout"),
        )

    def refused_as_busy(self, *, now: float) -> None:
        """The service has an active response after all: ask again when it is done."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if self._open():
            asked.deadline = None  # its time begins when that one is done
        if asked.deadline is not None and now >= asked.deadline:
            self._fail(asked)
            return
        self._queue.appendleft(asked)
        self._retry_at = now + RETRY_S

    def refused(self) -> None:
        """The service will not begin the response asked for."""
        self._asked = None

    def refused_late(self, event_id: str | None) -> bool:
        """Whether that is a request that was given up: refused, it leaves no response to discard."""
        known = event_id in self._given_up
        self._given_up -= {event_id}
        return known

    def ask_for_turn(self) -> None:
        """The user's turn has no answer: ask for one, unless the service gives it by itself first."""
        self._queue.append(Reply(tagged_request(), None, to_turn=True))

    def take_turns_left_unanswered(self) -> int:
        """Turns that the service did not answer even when asked, since the last look."""
        count, self._turns_left_unanswered = self._turns_left_unanswered, 0
        return count

    def _answer_overdue(self, *, now: float) -> None:
        if self._open():
            # The service may be waiting for the end of this one, as we do.
            self.to_turn.wait_on(now=now)
            return
        self.to_turn.settle()
        self.ask_for_turn()

    # --- the service's responses --------------------------------------------------------------------------------------

    def created(
        self, response: Response, *, now: float, speaks: bool, timed: bool
    ) -> tuple[Generation, Reply | None, list[ClientEvent]]:
        """A response began; returns it with the request it answers, and a cancel if nobody wants it any more."""
        reply, discarded = self._match(response)
        generation = Generation(
            response.id, now=now, speaks=speaks, timed=timed, discarded=discarded
        )
        generation.runs_calls = reply is None or not reply.forbids_calls
        self._active[response.id] = self._remembered[response.id] = generation
        if reply is not None:
            self._answers[response.id] = reply
        elif not discarded:
            self._drop_answers_to_turn()
        if not discarded:
            return generation, reply, []
        generation.close()
        return generation, None, self._cancel(generation, now=now)

    def _drop_answers_to_turn(self) -> None:
        """The service answers by itself: what was to do so in its stead is needless."""
        for reply in (*self._queue, *filter(None, [self._asked])):
            reply.dropped = reply.dropped or reply.to_turn

    def _match(self, response: Response) -> tuple[Reply | None, bool]:
        """The request that the response answers, and whether it is to be discarded."""
        event_id = (given(response.metadata) or {}).get(CLIENT_EVENT_ID)
        asked = self._asked
        if event_id in self._given_up:
            self._given_up.discard(event_id)
            return None, True
        if event_id is not None:
            self._echoes_metadata = True
        elif self._echoes_metadata or self.to_turn:
            self.to_turn.settle()
            return None, False
        elif asked is None and self._given_up:
            self._given_up.pop()
            return None, True
        if asked is None or (event_id is not None and event_id != asked.event.event_id):
            return None, False
        self._asked = None
        self._pending.take(given(asked.event.event_id))
        return asked, asked.abandoned

    def active(self, response_id: str) -> Generation | None:
        """The response of that id, until its ``response.done``."""
        return self._active.get(response_id)

    def knows(self, response_id: str) -> bool:
        """Whether the response of that id began before."""
        return response_id in self._remembered

    def message(self, item_id: str) -> Message | None:
        """A message of a response that is active, or was not long ago."""
        for generation in self._remembered.values():
            if item_id in generation.messages:
                return generation.messages[item_id]
        return None

    def interrupted_messages(self) -> list[str]:
        """All messages of responses that were interrupted, in order. LiveKit starts none of them any more."""
        return [
            item_id
            for generation in self._remembered.values()
            if generation.interrupted
            for item_id in generation.messages
        ]

    def messages_behind(self, item_id: str) -> list[str]:
        """The messages that would have been played after that one: where it was cut short, nobody heard them."""
        ids = self.interrupted_messages()
        return ids[ids.index(item_id) + 1 :] if item_id in ids else []

    def cancel_answered(self, response_id: str) -> None:
        """The response ended by our cancel; one that came too late stays pending, for its refusal is still to come."""
        self._pending.take_first(
            lambda event: isinstance(event, ResponseCancel) and event.response_id == response_id
        )

    def done(self, response_id: str, *, now: float) -> Generation | None:
        """A response ended; None for one that we do not know."""
        self._retry_at = now
        self._answers.pop(response_id, None)
        generation = self._active.pop(response_id, None)
        if generation is not None:
            generation.close()
        return generation

    # --- ending -------------------------------------------------------------------------------------------------------

    def interrupt(self, *, now: float) -> tuple[list[ClientEvent], list[str]]:
        """Close every open response here and now; returns one cancel each, and the messages that nobody heard."""
        events: list[ClientEvent] = []
        unheard: list[str] = []
        if self._asked is not None and self._asked.says:
            self._asked.hurry(now + CANCEL_GRACE_S)
        for generation in self._remembered.values():
            generation.interrupted = True
        for generation in self._active.values():
            if generation.closed:
                continue
            generation.close()
            generation.to_delete += generation.unheard()
            unheard += generation.unheard()
            events += self._cancel(generation, now=now)
        return events, unheard

    def _cancel(self, generation: Generation, *, now: float) -> list[ClientEvent]:
        generation.cancelled = True
        generation.last_event_at = now
        event = ResponseCancel(event_id=new_event_id(), response_id=generation.response_id)
        return [self._pending.add(PendingRequest(event, may_fail=True))]

    def give_up_silent(self, *, now: float) -> tuple[list[ClientEvent], list[str]]:
        """Let go of each response that fell silent too long ago; returns the cancels, and what of them nobody got.

        One that is closed already was cancelled, and its end is lost: it must not keep the connection busy for ever.
        """
        events: list[ClientEvent] = []
        unheard: list[str] = []
        for generation in list(self._active.values()):
            silent_at = self._silent_at(generation)
            if silent_at is None or now < silent_at:
                continue
            unheard += generation.to_delete
            if not generation.closed:
                generation.close()
                unheard += generation.unheard()
                events += self._cancel(generation, now=now)
            self.done(generation.response_id, now=now)
        return events, unheard

    def _open(self) -> list[Generation]:
        return [generation for generation in self._active.values() if not generation.closed]

    def _silent_at(self, generation: Generation) -> float | None:
        if generation.closed:
            return generation.last_event_at + self._reply_timeout_s
        if generation.service_calls:
            return None
        return generation.last_event_at + self._silence_timeout_s

    def connected(self) -> None:
        """Requests go out again."""
        self._connected = True
        self._retry_at = 0.0

    def connection_lost(self) -> tuple[list[Generation], bool]:
        """End what was running; put back what was asked for and never began, or of which nothing arrived.

        Returns what ended, and whether an answer to the user's turn is still owed.
        """
        lost = [g for g in self._open() if not g.reached_user]
        replies = [self._answers.get(generation.response_id) for generation in lost]
        owed = any(reply is None or reply.to_turn for reply in replies)
        owed = self.to_turn.settle() or owed
        self._connected = False
        self._given_up.clear()
        if self._asked is not None and not self._asked.abandoned:
            self._asked.deadline = None
            self._queue.appendleft(self._asked)
        self._asked = None
        for reply in replies:
            if reply is not None and not reply.to_turn:
                self._queue.appendleft(reply.once_more())
        ended = list(self._active.values())
        self._active.clear()
        self._answers.clear()
        for generation in ended:
            generation.close()
        return ended, owed

    def close(self, error: llm.RealtimeError) -> None:
        """Nobody will answer any more: every waiter fails, every stream ends."""
        self.connection_lost()
        for reply in self._queue:
            fail(reply.waiter, error)
        self._queue.clear()
