"""What the tests of the conversation share: a mirror, and a service that confirms what it is told to."""

import asyncio

from livekit.agents import llm
from livekit_plugins_voicelive.conversation import Conversation
from livekit_plugins_voicelive.pending_requests import PendingRequest, PendingRequests
from livekit_plugins_voicelive.protocol.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
)
from livekit_plugins_voicelive.protocol.items import ContentPart, Item


def user(id: str, text: str = "hello") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="user", content=[text] if text else [])


def assistant(id: str, text: str = "hi") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="assistant", content=[text] if text else [])


def announced(id: str, role: str = "assistant", text: str = "") -> Item:
    content = [ContentPart(type="audio", transcript=text)] if text else []
    return Item(type="message", id=id, role=role, content=content)


class ConfirmedMirror:
    """A conversation with a service that confirms what it is told to."""

    def __init__(self, *, online: bool = True) -> None:
        self.pending = PendingRequests()
        self.conversation = Conversation(self.pending)
        if online:
            self.conversation.replay()

    def update(self, *items: llm.ChatItem) -> tuple[list[ClientEvent], list[asyncio.Future]]:
        update = self.conversation.update(llm.ChatContext(list(items)))
        return update.events, update.waiters

    def confirm(self, events: list[ClientEvent]) -> None:
        previous: str | None = None
        for event in events:
            if isinstance(event, ConversationItemCreate):
                asked = event.previous_item_id
                given = None if asked == "root" else asked if isinstance(asked, str) else previous
                self.conversation.item_created(event.item, given, created_at=0)
                previous = str(event.item.id)
            elif isinstance(event, ConversationItemDelete):
                self.conversation.item_deleted(event.item_id)
            elif isinstance(event, ConversationItemTruncate):
                self.conversation.item_truncated(event.item_id, None)

    def set(self, *items: llm.ChatItem) -> None:
        self.confirm(self.update(*items)[0])

    def take(self, event: ClientEvent) -> PendingRequest:
        request = self.pending.take(str(event.event_id))
        assert request is not None
        return request

    def refuse(self, event: ClientEvent, code: str) -> bool:
        return self.conversation.refused(self.take(event), code)

    def says(self, id: str, text: str = "", role: str = "assistant") -> None:
        """The service itself makes a message."""
        self.conversation.item_created(announced(id, role, text), None, created_at=1.0)

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.conversation.chat_ctx.items]

    def text(self, id: str) -> str | None:
        item = self.conversation.get(id)
        assert isinstance(item, llm.ChatMessage)
        return item.text_content
