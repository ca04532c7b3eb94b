"""The mirror of the service's conversation: its items in order, with what the user actually heard.

Differences to a wanted history become creates and deletes; a new connection is given the mirror. Knows no connection:
while there is none, the mirror itself is changed, for it will be replayed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc
from livekit.agents import llm
from livekit.agents.llm.remote_chat_context import RemoteChatContext

from .chat_items import chat_item, wire_item
from .pending_requests import PendingRequest, PendingRequests, new_event_id, settle
from .protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
)
from .protocol.items import Item
from .protocol.wire_struct import given

ITEM_NOT_FOUND = frozenset({"item_delete_invalid_item_id", "item_truncate_invalid_item_id"})
"""Refusals of a delete that say: it is gone already. Source: field reports on Voice Live, OpenAI's Realtime API."""

ROOT = "root"
"""As ``previous_item_id``: at the front."""


@dataclass
class ContextUpdate:
    """What a new history takes: the events to send, and a waiter for each."""

    events: list[ClientEvent] = field(default_factory=list)
    waiters: list[asyncio.Future[Any]] = field(default_factory=list)


class Conversation:
    """Owns the mirror; lives as long as the session. An item enters and leaves it when the service confirms."""

    def __init__(self, pending: PendingRequests, *, image_field: str = "image_url") -> None:
        """``image_field``: how the api-version spells an image's address, see :func:`.chat_items.wire_item`."""
        self._pending = pending
        self._image_field = image_field
        self._remote = RemoteChatContext()
        self._wanted: dict[str, llm.ChatItem] = {}
        self._generated: set[str] = set()
        self._heard: set[str] = set()
        self._unheard: set[str] = set()
        self._pictures: deque[str] = deque()
        self._connected = False

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def chat_ctx(self) -> llm.ChatContext:
        """A snapshot; items are replaced in the mirror, never changed."""
        return self._remote.to_chat_ctx()

    def __contains__(self, item_id: str) -> bool:
        return self._remote.get(item_id) is not None

    def get(self, item_id: str) -> llm.ChatItem | None:
        """The item as the service has it, as far as we know."""
        node = self._remote.get(item_id)
        return node.item if node else None

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
                self._delete(update, item.id)
        previous_id: str | None = None
        for item in items:
            if item.id not in self:
                self._create(update, previous_id, item)
            elif isinstance(item, llm.ChatMessage) and self._differs(item):
                self._delete(update, item.id)
                self._create(update, previous_id, item)
            previous_id = item.id
        return update

    def _differs(self, item: llm.ChatMessage) -> bool:
        """Whether the mirror's text must give way.

        An empty text on either side only says that one of us has no transcript. Of what the service itself generated,
        LiveKit knows the part it has played: that is no correction.
        """
        have = self.get(item.id)
        assert isinstance(have, llm.ChatMessage), "an item keeps its kind"
        new, old = _words(item), _words(have)
        if not new or not old or new == old:
            return False
        return not (item.id in self._generated and (old.startswith(new) or new.startswith(old)))

    def _create(self, update: ContextUpdate, previous_id: str | None, item: llm.ChatItem) -> None:
        if not self._connected:
            self._insert(previous_id, item)
            return
        wire = self._wire(item)
        assert wire is not None, "only what can be told is created"
        self._wanted[item.id] = item
        self._unheard.discard(item.id)
        event = ConversationItemCreate(
            event_id=new_event_id(), item=wire, previous_item_id=previous_id or ROOT
        )
        self._request(update, event)

    def _delete(self, update: ContextUpdate, item_id: str) -> None:
        if not self._connected:
            self._remove(item_id)
            return
        event = ConversationItemDelete(event_id=new_event_id(), item_id=item_id)
        self._request(update, event)

    def _request(
        self, update: ContextUpdate, event: ConversationItemCreate | ConversationItemDelete
    ) -> None:
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        accepted = ITEM_NOT_FOUND if isinstance(event, ConversationItemDelete) else frozenset()
        update.events.append(self._pending.add(PendingRequest(event, waiter, False, accepted)))
        update.waiters.append(waiter)

    def forget(self, item_ids: Iterable[str]) -> None:
        """Nobody heard these: they leave the mirror, and what the service still says of them does not bring them back."""
        for item_id in item_ids:
            self._remove(item_id)
            self._unheard.add(item_id)

    def show(self, frame: rtc.VideoFrame, *, keep: int) -> list[ClientEvent]:
        """Add a picture behind all else; of those shown so, the newest ``keep`` stay. LiveKit's history has none of them."""
        item = llm.ChatMessage(role="user", content=[llm.ImageContent(image=frame)])
        update = ContextUpdate()
        self._create(update, self._remote.tail_id, item)
        self._pictures.append(item.id)
        outdated = [self._pictures.popleft() for _ in range(len(self._pictures) - keep)]
        return [*update.events, *self.delete_unheard(outdated)]

    def delete_unheard(self, item_ids: Iterable[str]) -> list[ClientEvent]:
        """Remove messages that nobody heard, at the service and here at once; nobody waits for it."""
        events: list[ClientEvent] = []
        for item_id in item_ids:
            self.forget([item_id])
            if not self._connected:
                continue
            event = ConversationItemDelete(event_id=new_event_id(), item_id=item_id)
            events.append(
                self._pending.add(
                    PendingRequest(event, may_fail=True, accepted_codes=ITEM_NOT_FOUND)
                )
            )
        return events

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
        self._replace(cut)
        self._heard.add(item_id)
        if not self._connected:
            return []
        if item_id not in self._generated:
            return self._recreate(cut)
        event = ConversationItemTruncate(
            event_id=new_event_id(), item_id=item_id, content_index=0, audio_end_ms=heard_ms
        )
        return [self._pending.add(PendingRequest(event))]

    def shorten(self, item_id: str, text: str) -> list[ClientEvent]:
        """Replace a written message by the part of it that was shown: there is no audio to cut."""
        message = self.get(item_id)
        if not isinstance(message, llm.ChatMessage) or _words(message) == " ".join(text.split()):
            return []
        return self._recreate(message.model_copy(update={"content": [text], "interrupted": True}))

    def _recreate(self, message: llm.ChatMessage) -> list[ClientEvent]:
        """After a reconnect the service has the message as text, which only a new item can shorten."""
        node = self._remote.get(message.id)
        previous = node._prev.item.id if node and node._prev else None
        events = self.delete_unheard([message.id])
        update = ContextUpdate()
        self._create(update, previous, message)
        return [*events, *update.events]

    # --- the service's events -----------------------------------------------------------------------------------------

    def item_created(
        self, item: Item, previous_id: str | None, *, created_at: float
    ) -> llm.RemoteItemAddedEvent | None:
        """Settle the request that asked for the item; returns LiveKit's event for one that we did not ask for."""
        item_id = given(item.id)
        request = self._pending.take_first(
            lambda event: isinstance(event, ConversationItemCreate) and event.item.id == item_id
        )
        if request is not None and item_id in self._wanted:
            self._insert(previous_id, self._wanted.pop(item_id))
        if request is not None:
            settle(request.waiter)
            return None
        new = chat_item(item, created_at=created_at)
        if new is None or new.id in self or new.id in self._unheard:
            return None
        self._generated.add(new.id)
        previous = self._insert(previous_id or self._remote.tail_id, new)
        return llm.RemoteItemAddedEvent(previous_item_id=previous, item=new)

    def item_deleted(self, item_id: str) -> None:
        """The service has dropped the item."""
        request = self._pending.take_first(
            lambda event: isinstance(event, ConversationItemDelete) and event.item_id == item_id
        )
        self._remove(item_id)
        self._unheard.discard(item_id)
        settle(request.waiter if request else None)

    def item_truncated(self, item_id: str, heard_text: str | None) -> None:
        """The service has cut the message, at our wish or, with ``auto_truncate``, unasked."""
        request = self._pending.take_first(
            lambda event: isinstance(event, ConversationItemTruncate) and event.item_id == item_id
        )
        message = self.get(item_id)
        if request is None and isinstance(message, llm.ChatMessage):
            self._heard.add(item_id)
            if heard_text is not None:
                self._replace(
                    message.model_copy(update={"content": [heard_text], "interrupted": True})
                )

    def refused(self, request: PendingRequest, code: str | None) -> bool:
        """A create or delete was refused; True if what it wanted is so all the same."""
        event = request.event
        if isinstance(event, ConversationItemDelete) and code in request.accepted_codes:
            self._remove(event.item_id)
            return True
        if isinstance(event, ConversationItemCreate):
            item_id = given(event.item.id) or ""
            if self._wanted.pop(item_id, None) is not None:
                return item_id in self  # refused as a duplicate: it is there
            # A replayed item: the service does not have it, so neither do we.
            self._remove(item_id)
        return False

    def user_spoke(self, item_id: str, transcript: str) -> None:
        """The words of a user's audio message are known."""
        message = self.get(item_id)
        if isinstance(message, llm.ChatMessage):
            self._replace(message.model_copy(update={"content": [transcript]}))

    def item_completed(self, item: Item, *, created_at: float) -> llm.ChatItem | None:
        """A generated item is complete; what was cut meanwhile stays cut. Returns it as it is now."""
        new = chat_item(item, created_at=created_at)
        if new is None or new.id in self._unheard:
            return None
        have = self.get(new.id)
        if have is None:
            self._generated.add(new.id)
            self._insert(self._remote.tail_id, new)
            return new
        if new.id in self._heard:
            return have
        self._replace(new.model_copy(update={"created_at": have.created_at}))
        return new

    def assistant_spoke(self, item_id: str, text: str) -> None:
        """The words of an assistant's message so far; what was cut meanwhile stays cut."""
        message = self.get(item_id)
        if isinstance(message, llm.ChatMessage) and item_id not in self._heard and text:
            self._replace(message.model_copy(update={"content": [text]}))

    # --- a new connection ---------------------------------------------------------------------------------------------

    def connection_lost(self, lost: Iterable[PendingRequest]) -> None:
        """What was on its way becomes part of the mirror, which the next connection is given; waiters are satisfied."""
        self._connected = False
        for request in lost:
            event = request.event
            if isinstance(event, ConversationItemCreate):
                wanted = self._wanted.pop(given(event.item.id) or "", None)
                if wanted is not None and wanted.id not in self:
                    previous = given(event.previous_item_id)
                    self._insert(None if previous == ROOT else previous, wanted)
                settle(request.waiter)
            elif isinstance(event, ConversationItemDelete):
                self._remove(event.item_id)
                settle(request.waiter)

    def replay(self) -> list[ClientEvent]:
        """The mirror as creates, in order, for a new connection. What cannot be told in text leaves the mirror."""
        self._connected = True
        self._generated.clear()
        self._unheard.clear()
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
            event = ConversationItemCreate(event_id=new_event_id(), item=wire)
            events.append(self._pending.add(PendingRequest(event)))
        return events

    # --- the mirror itself --------------------------------------------------------------------------------------------

    def _wire(self, item: llm.ChatItem) -> Item | None:
        return wire_item(item, image_field=self._image_field)

    def _insert(self, previous_id: str | None, item: llm.ChatItem) -> str | None:
        """Put the item behind another, or last if that one is unknown; returns what it stands behind."""
        if previous_id is not None and previous_id not in self:
            previous_id = self._remote.tail_id
        self._remote.insert(previous_id, item)
        return previous_id

    def _replace(self, item: llm.ChatItem) -> None:
        node = self._remote.get(item.id)
        assert node is not None
        node.item = item

    def _remove(self, item_id: str) -> None:
        if item_id in self:
            self._remote.delete(item_id)
        self._generated.discard(item_id)
        self._heard.discard(item_id)


def _words(message: llm.ChatMessage) -> str:
    return " ".join((message.raw_text_content or "").split())
