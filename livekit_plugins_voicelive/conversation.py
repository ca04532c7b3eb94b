"""The mirror of the service's conversation: its items in order, with what the user actually heard.

Differences to a wanted history become creates and deletes; a new connection is given the mirror. The mirror is ahead of the
service: it shows a change as soon as it is on its way, and a refusal takes the change back. Knows no connection: while there
is none, the mirror alone is changed, for it will be replayed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec import structs

from livekit import rtc
from livekit.agents import llm

from .chat_items import chat_item, wire_item
from .item_requests import ROOT, creates, creation, deletes, deletion, truncates, truncation
from .mirror import Mirror
from .pending_requests import PendingRequest, PendingRequests, settle
from .protocol.client_events import ClientEvent, ConversationItemCreate, ConversationItemDelete
from .protocol.items import Item
from .protocol.wire_struct import UNSET, UnsetType, given
from .recent import Recent

GONE_REMEMBERED = 256
"""Items that the service may still speak of after they left the mirror."""


@dataclass
class ContextUpdate:
    """What a new history takes: the events to send, and a waiter for each."""

    events: list[ClientEvent] = field(default_factory=list)
    waiters: list[asyncio.Future[Any]] = field(default_factory=list)


class Conversation:
    """Owns the mirror; lives as long as the session."""

    def __init__(self, pending: PendingRequests, *, image_field: str = "image_url") -> None:
        """``image_field``: how the api-version spells an image's address, see :func:`.chat_items.wire_item`."""
        self._pending = pending
        self._image_field = image_field
        self._mirror = Mirror()
        self._generated: set[str] = set()
        self._cut: set[str] = set()
        self._gone: Recent[str, None] = Recent(GONE_REMEMBERED)
        self._pictures: deque[str] = deque()
        self._connected = False

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def chat_ctx(self) -> llm.ChatContext:
        """A snapshot of the mirror."""
        return self._mirror.chat_ctx

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._mirror

    def get(self, item_id: str) -> llm.ChatItem | None:
        """The item as the service has it, as far as we know."""
        return self._mirror.get(item_id)

    # --- a wanted history ---------------------------------------------------------------------------------------------

    def update(self, wanted: llm.ChatContext) -> ContextUpdate:
        """Compare with the mirror: what is missing is created, what is too much deleted, what differs replaced.

        What both have stays where the service has it. LiveKit orders by its own clock, and to move a spoken message would
        turn it into text.
        """
        update = ContextUpdate()
        items = [item for item in wanted.items if item.id in self or self._wire(item) is not None]
        kept = {item.id for item in items}
        for item in self.chat_ctx.items:
            if item.id not in kept and item.id not in self._pictures:
                self._change(update, self._delete(item.id))
        previous_id: str | None = None
        for item in items:
            if item.id not in self:
                self._change(update, self._create(previous_id, item))
            elif isinstance(item, llm.ChatMessage) and self._differs(item):
                self._change(update, self._recreate(item))
            previous_id = item.id
        return update

    def _differs(self, item: llm.ChatMessage) -> bool:
        """Whether the mirror's text must give way.

        An empty text on either side only says that one of us has no transcript. Of what was cut while it was spoken, LiveKit
        and the word times know the heard part differently: that is no correction.
        """
        have = self.get(item.id)
        assert isinstance(have, llm.ChatMessage), "an item keeps its kind"
        new, old = _words(item), _words(have)
        if not new or not old or new == old:
            return False
        return not (item.id in self._cut and (old.startswith(new) or new.startswith(old)))

    def _change(self, update: ContextUpdate, requests: list[PendingRequest]) -> None:
        """Have somebody wait for each of these requests."""
        for request in requests:
            request.waiter = asyncio.get_running_loop().create_future()
            # Who was cancelled while waiting never looks at it.
            request.waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
            update.waiters.append(request.waiter)
            update.events.append(self._pending.add(request))

    def _create(self, previous_id: str | None, item: llm.ChatItem) -> list[PendingRequest]:
        """Put an item behind another, here and at the service."""
        self._mirror.insert(previous_id, item)
        if not self._connected:
            return []
        self._gone.pop(item.id, None)
        return [self._creation(item, previous_id)]

    def _creation(
        self, item: llm.ChatItem, previous_id: str | UnsetType | None = UNSET
    ) -> PendingRequest:
        """See :func:`.item_requests.creation`; a refusal takes the item out of the mirror."""
        wire = self._wire(item)
        assert wire is not None, "only what can be told is created"
        if isinstance(item, llm.FunctionCallOutput) and self._called_by_service(item.call_id):
            wire = structs.replace(wire, call_id=item.call_id)
        return creation(wire, previous_id=previous_id, undo=partial(self._withdraw, item.id))

    def _delete(self, item_id: str) -> list[PendingRequest]:
        """Remove an item, here and at the service."""
        item, previous_id = self.get(item_id), self._mirror.predecessor(item_id)
        self._remove(item_id)
        if not self._connected or item is None:
            return []
        self._gone[item_id] = None
        return [deletion(item_id, undo=partial(self._put_back, previous_id, item))]

    def _recreate(self, message: llm.ChatMessage) -> list[PendingRequest]:
        """Change the text of a message in its place; at the service only a new item can have another text."""
        previous_id = self._mirror.predecessor(message.id)
        self._remove(message.id)
        if not self._connected:
            self._mirror.insert(previous_id, message)
            return []
        return [deletion(message.id), *self._create(previous_id, message)]

    def _withdraw(self, item_id: str) -> None:
        """A create was refused; a later one of the same item may still be on its way."""
        if not self._pending.has(lambda event: creates(event, item_id)):
            self._remove(item_id)

    def _put_back(self, previous_id: str | None, item: llm.ChatItem) -> None:
        """A delete was refused: the service still has it."""
        self._gone.pop(item.id, None)
        if item.id not in self:
            self._mirror.insert(previous_id, item)

    def forget(self, item_ids: Iterable[str]) -> None:
        """Nobody heard these: they leave the mirror, and what the service still says of them does not bring them back."""
        for item_id in item_ids:
            self._remove(item_id)
            self._gone[item_id] = None

    def show(self, frame: rtc.VideoFrame, *, keep: int) -> list[ClientEvent]:
        """Add a picture behind all else; of those shown so, the newest ``keep`` stay. LiveKit's history has none of them."""
        item = llm.ChatMessage(role="user", content=[llm.ImageContent(image=frame)])
        if self._wire(item) is None:
            return []
        shown = self._unattended(self._create(self._mirror.tail_id, item))
        self._pictures.append(item.id)
        outdated = [self._pictures.popleft() for _ in range(len(self._pictures) - keep)]
        return [*shown, *self.delete_unheard(outdated)]

    def _unattended(self, requests: list[PendingRequest]) -> list[ClientEvent]:
        """Send these although nobody waits for them."""
        return [self._pending.add(request) for request in requests]

    def delete_unheard(self, item_ids: Iterable[str]) -> list[ClientEvent]:
        """Remove messages that nobody heard, at the service and here at once; nobody waits for it."""
        unheard = list(item_ids)
        self.forget(unheard)
        requests = [deletion(id, may_fail=True) for id in unheard] if self._connected else []
        return self._unattended(requests)

    def truncate(self, item_id: str, *, heard_ms: int, heard_text: str | None) -> list[ClientEvent]:
        """Cut an assistant's message to what was heard, here at once and at the service.

        Args:
            item_id: unknown or removed messages are left alone.
            heard_ms: not more than was received; 0 deletes the message.
            heard_text: the words heard, or None if nobody knows.
        """
        message = self.get(item_id)
        if not isinstance(message, llm.ChatMessage):
            return []
        if heard_ms <= 0:
            return self.delete_unheard([item_id])
        cut = message.model_copy(update={"interrupted": True})
        if heard_text is not None:
            cut.content = [heard_text] if heard_text else []
        if item_id not in self._generated:
            return self._cut_as_text(cut)
        self._mirror.replace(cut)
        self._cut.add(item_id)
        return self._unattended([truncation(item_id, heard_ms=heard_ms)] if self._connected else [])

    def shorten(self, item_id: str, text: str) -> list[ClientEvent]:
        """Replace a written message by the part of it that was shown: there is no audio to cut."""
        message = self.get(item_id)
        if not isinstance(message, llm.ChatMessage) or _words(message) == " ".join(text.split()):
            return []
        return self._cut_as_text(
            message.model_copy(update={"content": [text], "interrupted": True})
        )

    def _cut_as_text(self, message: llm.ChatMessage) -> list[ClientEvent]:
        """For one that the service has as text: written by it, or told to it after a reconnect. Without words there is none."""
        if self._wire(message) is None:
            return self.delete_unheard([message.id])
        requests = self._recreate(message)
        self._cut.add(message.id)
        return self._unattended(requests)

    # --- the service's events -----------------------------------------------------------------------------------------

    def item_created(
        self, item: Item, previous_id: str | None, *, created_at: float
    ) -> llm.RemoteItemAddedEvent | None:
        """Settle the request that asked for the item; returns LiveKit's event for one that we did not ask for."""
        item_id = given(item.id) or ""
        request = self._pending.take_first(lambda event: creates(event, item_id))
        if request is not None:
            settle(request.waiter)
            # An item of the service's own may have come between.
            self._mirror.move(item_id, previous_id)
            return None
        new = chat_item(item, created_at=created_at)
        if new is None or new.id in self or new.id in self._gone:
            return None
        self._generated.add(new.id)
        self._mirror.insert(previous_id or self._mirror.tail_id, new)
        # The service's own items come last there, and LiveKit takes one without a predecessor whatever else it has.
        return llm.RemoteItemAddedEvent(previous_item_id=None, item=new)

    def item_deleted(self, item_id: str) -> None:
        """The service has dropped the item."""
        request = self._pending.take_first(lambda event: deletes(event, item_id))
        if request is None:
            self.forget([item_id])
        else:
            settle(request.waiter)

    def item_truncated(self, item_id: str, heard_text: str | None) -> None:
        """The service has cut the message, at our wish or, with ``auto_truncate``, unasked."""
        request = self._pending.take_first(lambda event: truncates(event, item_id))
        message = self.get(item_id)
        if request is None and isinstance(message, llm.ChatMessage):
            self._cut.add(item_id)
            if heard_text is not None:
                self._mirror.replace(
                    message.model_copy(update={"content": [heard_text], "interrupted": True})
                )

    def refused(self, request: PendingRequest, code: str | None) -> bool:
        """A change was refused; True if what it wanted is so all the same."""
        if code in request.accepted_codes:
            return True
        if request.undo is not None:
            request.undo()
        return False

    def asked_again(self, request: PendingRequest) -> ClientEvent | None:
        """The create behind an item that was refused itself, once more behind the one before that."""
        event = request.event
        if not isinstance(event, ConversationItemCreate):
            return None
        item_id, previous_id = given(event.item.id) or "", given(event.previous_item_id)
        item = self.get(item_id)
        if item is None or previous_id in (None, ROOT) or previous_id in self:
            return None
        again = self._creation(item, self._mirror.predecessor(item_id))
        again.waiter = request.waiter
        return self._pending.add(again)

    def user_spoke(self, item_id: str, transcript: str) -> None:
        """The words of a user's audio message are known."""
        message = self.get(item_id)
        if isinstance(message, llm.ChatMessage):
            self._mirror.replace(message.model_copy(update={"content": [transcript]}))

    def item_completed(self, item: Item, *, created_at: float) -> llm.ChatItem | None:
        """A generated item is complete; what was cut meanwhile stays cut. Returns it as it is now."""
        new = chat_item(item, created_at=created_at)
        if new is None or new.id in self._gone:
            return None
        have = self.get(new.id)
        if have is None:
            self._generated.add(new.id)
            self._mirror.insert(self._mirror.tail_id, new)
            return new
        if new.id in self._cut or new.id not in self._generated:
            return have
        self._mirror.replace(new.model_copy(update={"created_at": have.created_at}))
        return new

    def assistant_spoke(self, item_id: str, text: str) -> None:
        """The words of an assistant's message so far; what was cut meanwhile stays cut."""
        message = self.get(item_id)
        growing = item_id in self._generated and item_id not in self._cut
        if isinstance(message, llm.ChatMessage) and growing and text:
            self._mirror.replace(message.model_copy(update={"content": [text]}))

    # --- a new connection ---------------------------------------------------------------------------------------------

    def connection_lost(self, lost: Iterable[PendingRequest]) -> None:
        """What was on its way is in the mirror, which the next connection is given: its callers are satisfied."""
        self._connected = False
        for request in lost:
            if isinstance(request.event, ConversationItemCreate | ConversationItemDelete):
                settle(request.waiter)

    def replay(self) -> list[ClientEvent]:
        """The mirror as creates, in order, for a new connection. What cannot be told in text leaves the mirror."""
        self._connected = True
        self._generated.clear()
        self._gone.clear()
        events: list[ClientEvent] = []
        calls: set[str] = set()
        for item in self.chat_ctx.items:
            wire = self._wire(item)
            orphan = isinstance(item, llm.FunctionCallOutput) and item.call_id not in calls
            if wire is None or orphan:
                self._remove(item.id)
                continue
            if isinstance(item, llm.FunctionCall):
                calls.add(item.call_id)
            events.append(self._pending.add(self._creation(item)))
        return events

    # --- the mirror itself --------------------------------------------------------------------------------------------

    def _wire(self, item: llm.ChatItem) -> Item | None:
        return wire_item(item, image_field=self._image_field)

    def _called_by_service(self, call_id: str) -> bool:
        """Whether the service has that call under its own id, however long."""
        return any(
            isinstance(item, llm.FunctionCall) and item.call_id == call_id
            for item in map(self.get, self._generated)
        )

    def _remove(self, item_id: str) -> None:
        self._mirror.remove(item_id)
        self._generated.discard(item_id)
        self._cut.discard(item_id)


def _words(message: llm.ChatMessage) -> str:
    return " ".join((message.raw_text_content or "").split())
