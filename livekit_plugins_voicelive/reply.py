"""One response that is wanted: the request for it, who waits for it, and how it is known again. Sends nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from .pending_requests import new_event_id
from .protocol.client_events import ResponseCreate, ResponseCreateParams
from .protocol.wire_struct import UNSET, UnsetType, given

CLIENT_EVENT_ID = "client_event_id"
"""The metadata key that carries our request's id."""


def tagged_request(
    params: ResponseCreateParams | None = None, *, additional_instructions: str | UnsetType = UNSET
) -> ResponseCreate:
    """A request for a response that can be known again."""
    event_id = new_event_id()
    return ResponseCreate(
        event_id=event_id,
        response=structs.replace(
            params or ResponseCreateParams(), metadata={CLIENT_EVENT_ID: event_id}
        ),
        additional_instructions=additional_instructions,
    )


@dataclass
class Reply:
    """A response that is wanted."""

    event: ResponseCreate
    waiter: asyncio.Future[Any] | None
    to_turn: bool = False
    """It answers the user's turn in the service's stead, which may do so itself after all."""
    deadline: float | None = None
    """Set when it is first sent."""
    dropped: bool = False

    @property
    def abandoned(self) -> bool:
        """Its caller gave up, or it has become needless."""
        return self.dropped or (self.waiter is not None and self.waiter.done())

    def once_more(self) -> Reply:
        """The same, to be asked for anew; its caller has got what was there."""
        again = self.event.response or ResponseCreateParams()
        more = self.event.additional_instructions
        return Reply(tagged_request(again, additional_instructions=more), None)

    def hurry(self, deadline: float) -> None:
        """It may be that nobody wants it any more: it holds up others until then at the most."""
        if self.deadline is None or deadline < self.deadline:
            self.deadline = deadline

    @property
    def says(self) -> bool:
        """Words of the caller's own; LiveKit waits for such a reply even where it has been interrupted."""
        return bool(given(getattr(self.event.response, "pre_generated_assistant_message", None)))

    @property
    def forbids_calls(self) -> bool:
        """Asked for without tools: LiveKit drops a call that comes all the same, without an output."""
        return given(getattr(self.event.response, "tool_choice", None)) == "none"
