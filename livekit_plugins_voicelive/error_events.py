"""What the service refuses or reports, and what that does to requests, the conversation and the connection.

A refusal is known by the id of the request that it names; the service's English is never read.
"""

from __future__ import annotations

from livekit.agents import APIError

from . import errors
from .connection_life import ConnectionLife
from .conversation import Conversation
from .outcome import Emit, Outcome
from .pending_requests import PendingRequest, PendingRequests, fail, settle
from .protocol.client_events import ResponseCreate, SessionUpdate
from .protocol.server_events import ErrorDetails
from .protocol.wire_struct import given
from .responses import Responses


class ErrorEvents:
    """Joins what is refused to whoever asked for it; owns nothing."""

    def __init__(
        self,
        pending: PendingRequests,
        life: ConnectionLife,
        conversation: Conversation,
        responses: Responses,
    ) -> None:
        self._pending = pending
        self._life = life
        self._conversation = conversation
        self._responses = responses

    def receive(self, error: ErrorDetails, *, now: float) -> Outcome:
        """An ``error`` event.

        Raises:
            APIError: it ends the connection; ``retryable`` says whether another one may help.
        """
        request = self._request(error)
        if not self._life.connected:
            raise errors.refused_connection(error)
        if request is not None and self._life.is_opening(request.event):
            raise errors.rejected_session(error)
        if errors.ends_connection(error):
            raise self._end(request, error)
        if self._responses.refused_late(given(error.event_id)):
            return Outcome()  # whoever asked has been told
        if request is None:
            if given(error.event_id) is None:
                self._life.suspect(error)
            return Outcome(emit=[Emit("error", errors.server_error(error))])
        return self._refused(request, error, now=now)

    def _request(self, error: ErrorDetails) -> PendingRequest | None:
        """What is refused: the request of that id; without one, the oldest that has such a field."""
        event_id, param = given(error.event_id), given(error.param) or ""
        if event_id is None and param.startswith("session."):
            return self._pending.take_first(lambda event: isinstance(event, SessionUpdate))
        return self._pending.take(event_id)

    def _end(self, request: PendingRequest | None, error: ErrorDetails) -> APIError:
        fault = errors.server_error(error)
        if request is not None and fault.retryable:
            # The next connection will do it.
            self._pending.add(request)
        elif request is not None:
            fail(request.waiter, errors.refusal(request.type, error))
        return fault

    def _refused(self, request: PendingRequest, error: ErrorDetails, *, now: float) -> Outcome:
        code = errors.code(error)
        again = self._conversation.asked_again(request)
        if again is not None:
            return Outcome(send=[again])
        if isinstance(request.event, ResponseCreate):
            if code == errors.ACTIVE_RESPONSE:
                self._responses.refused_as_busy(now=now)
                return Outcome()
            self._responses.refused()
        if self._conversation.refused(request, code):
            settle(request.waiter)
            return Outcome()
        if request.may_fail:
            return Outcome()
        refusal = errors.refusal(request.type, error)
        fail(request.waiter, refusal)
        return Outcome(emit=[Emit("error", refusal)])
