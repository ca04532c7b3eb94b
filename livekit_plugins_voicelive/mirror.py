"""The items of a conversation in their order. Pure state: it knows nothing of requests or connections."""

from __future__ import annotations

from livekit.agents import llm
from livekit.agents.llm.remote_chat_context import RemoteChatContext


class Mirror:
    """Owns the items; they are replaced in it, never changed, so that a snapshot stays as it is."""

    def __init__(self) -> None:
        self._remote = RemoteChatContext()

    @property
    def chat_ctx(self) -> llm.ChatContext:
        """A snapshot."""
        return self._remote.to_chat_ctx()

    @property
    def tail_id(self) -> str | None:
        """The last item's id; None if there is none."""
        return self._remote.tail_id

    def __contains__(self, item_id: object) -> bool:
        return isinstance(item_id, str) and self._remote.get(item_id) is not None

    def get(self, item_id: str) -> llm.ChatItem | None:
        """The item of that id."""
        node = self._remote.get(item_id)
        return node.item if node else None

    def predecessor(self, item_id: str) -> str | None:
        """What an item stands behind; None at the front, or for an unknown one."""
        node = self._remote.get(item_id)
        return node._prev.item.id if node and node._prev else None

    def insert(self, previous_id: str | None, item: llm.ChatItem) -> str | None:
        """Put the item behind another, first behind None, last if that one is unknown; returns what it stands behind."""
        if previous_id is not None and previous_id not in self:
            previous_id = self._remote.tail_id
        self._remote.insert(previous_id, item)
        return previous_id

    def replace(self, item: llm.ChatItem) -> None:
        """Put another version of an item in its place."""
        node = self._remote.get(item.id)
        assert node is not None, "only what is there is replaced"
        node.item = item

    def remove(self, item_id: str) -> None:
        """Drop the item; an unknown one is no accident."""
        if item_id in self:
            self._remote.delete(item_id)

    def move(self, item_id: str, previous_id: str | None) -> None:
        """Put an item where the service has it; one whose predecessor is unknown stays."""
        item = self.get(item_id)
        known = previous_id is None or previous_id in self
        if item is not None and known and self.predecessor(item_id) != previous_id:
            self.remove(item_id)
            self._remote.insert(previous_id, item)
