"""The requests that change the service's items, and how each is known again on its way. Pure functions."""

from __future__ import annotations

from collections.abc import Callable

from .pending_requests import PendingRequest, new_event_id
from .protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
)
from .protocol.items import Item
from .protocol.wire_struct import UNSET, UnsetType

ITEM_NOT_FOUND = frozenset({"item_delete_invalid_item_id", "item_truncate_invalid_item_id"})
"""Refusals of a delete that say: it is gone already. Source: field reports on Voice Live, OpenAI's Realtime API."""

ALREADY_THERE = frozenset({"item_create_duplicate_item_id"})
"""Refusals of a create that say: there is one of that id. Source: OpenAI's Realtime API; not confirmed for Voice Live."""

ROOT = "root"
"""As ``previous_item_id``: at the front."""


def creation(
    item: Item, *, previous_id: str | UnsetType | None = UNSET, undo: Callable[[], None]
) -> PendingRequest:
    """Create an item behind another; None puts it first, and without a predecessor it comes last."""
    event = ConversationItemCreate(
        event_id=new_event_id(),
        item=item,
        previous_item_id=ROOT if previous_id is None else previous_id,
    )
    return PendingRequest(event, accepted_codes=ALREADY_THERE, undo=undo)


def deletion(
    item_id: str, *, undo: Callable[[], None] | None = None, may_fail: bool = False
) -> PendingRequest:
    """Delete an item; that it is gone already is no failure."""
    event = ConversationItemDelete(event_id=new_event_id(), item_id=item_id)
    return PendingRequest(event, accepted_codes=ITEM_NOT_FOUND, undo=undo, may_fail=may_fail)


def truncation(item_id: str, *, heard_ms: int) -> PendingRequest:
    """Cut a spoken message; with ``auto_truncate`` the service may have cut it shorter by then."""
    event = ConversationItemTruncate(
        event_id=new_event_id(), item_id=item_id, content_index=0, audio_end_ms=heard_ms
    )
    return PendingRequest(event, may_fail=True)


def creates(event: ClientEvent, item_id: str) -> bool:
    """Whether that event creates this item."""
    return isinstance(event, ConversationItemCreate) and event.item.id == item_id


def deletes(event: ClientEvent, item_id: str) -> bool:
    """Whether that event deletes this item."""
    return isinstance(event, ConversationItemDelete) and event.item_id == item_id


def truncates(event: ClientEvent, item_id: str) -> bool:
    """Whether that event cuts this item."""
    return isinstance(event, ConversationItemTruncate) and event.item_id == item_id
