"""The conversation as the service keeps it: items in order, their audio, and the rules for changing them.

Returns the events that say what changed. Knows nothing of responses and turns.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes
from livekit_plugins_voicelive.protocol.items import ContentPart, Item
from livekit_plugins_voicelive.protocol.wire_struct import UnsetType, given

from .documented.client_items import normalised, sound_of
from .ids import new_id
from .refusal import Refused
from .work import HistoryEntry, ToolCall, ToolResult, Utterance, Word


@dataclass
class Entry:
    """An item, and what its wire form does not hold."""

    item: Item
    audio: bytearray = field(default_factory=bytearray)
    """What the user said, or what was sent of the assistant's speech; PCM16 mono 24 kHz."""
    is_speech: bool = False
    """Whether it is the assistant's speech, which alone can be truncated."""
    words: list[Word] = field(default_factory=list)
    """The assistant's words in the time of ``audio``."""
    heard: str | None = None
    """What ``audio`` says where the item does not: the rest of truncated speech, or what a client brought as sound."""
    first_audio_at: float | None = None
    """When the assistant's speech began to be sent; seconds."""

    def played_ms(self, now: float) -> int:
        """How much of it a client has played that began at once and plays in real time."""
        return 0 if self.first_audio_at is None else int((now - self.first_audio_at) * 1000)

    def is_playing(self, now: float) -> bool:
        """Whether such a client has more to play."""
        spoken = self.first_audio_at is not None and self.heard is None
        return spoken and self.played_ms(now) < bytes_to_ms(len(self.audio))


class Conversation:
    """Owns the items; lives as long as the session."""

    def __init__(self, *, takes_audio: bool = True) -> None:
        """``takes_audio``: whether a client may bring sound in an item."""
        self.id = new_id("conv")
        self._takes_audio = takes_audio
        self._entries: list[Entry] = []

    @property
    def last_id(self) -> str | None:
        """The item that the next one will follow."""
        return given(self._entries[-1].item.id) if self._entries else None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in order."""
        return tuple(self._entries)

    @property
    def last_message(self) -> Entry | None:
        """The newest message, whoever it is from."""
        messages = (entry for entry in reversed(self._entries) if entry.item.type == "message")
        return next(messages, None)

    @property
    def has_speech(self) -> bool:
        """Whether the assistant has spoken."""
        return any(entry.first_audio_at is not None for entry in self._entries)

    def find(self, item_id: str | None) -> Entry | None:
        """The entry with this id."""
        return next((entry for entry in self._entries if entry.item.id == item_id), None)

    def append(self, entry: Entry) -> server.ConversationItemCreated:
        """Add the service's own item at the end."""
        previous_id = self.last_id
        self._entries.append(entry)
        return server.ConversationItemCreated(previous_item_id=previous_id, item=entry.item)

    def create(self, event: client.ConversationItemCreate) -> server.ConversationItemCreated:
        """Add a client's item where it wants it.

        Raises:
            Refused: the item is of no kind that a client may create, or its id, place or call is wrong.
        """
        item = normalised(event.item)
        if sound_of(item) and not self._takes_audio:
            # Assumption: that it is refused. Source of the limit: Voice Live API reference 2026-07-15.
            raise Refused(
                "Only realtime models take audio in an item",
                code="invalid_value",
                param="item.content",
            )
        if self.find(given(item.id)):
            # Assumption: the code for an id that is taken.
            raise Refused(
                f"An item with id '{item.id}' exists", code="item_create_duplicate_item_id"
            )
        if item.type == "function_call_output":
            self._check_call(given(item.call_id))
        elif item.type == "mcp_approval_response":
            self._check_approval(given(item.approval_request_id))
        index = self._index_after(given(event.previous_item_id))
        previous_id = given(self._entries[index - 1].item.id) if index else None
        self._entries.insert(index, Entry(item))
        return server.ConversationItemCreated(previous_item_id=previous_id, item=item)

    def _check_call(self, call_id: str | None) -> None:
        calls = (entry.item for entry in self._entries if entry.item.type == "function_call")
        if not any(call.call_id == call_id for call in calls):
            # Assumption: the code is that of OpenAI's realtime service.
            raise Refused(
                f"Tool call ID '{call_id}' not found in conversation.",
                code="item_create_invalid_tool_call_id",
                param="item.call_id",
            )

    def _check_approval(self, request_id: str | None) -> None:
        request = self.find(request_id)
        answered = any(
            entry.item.type == "mcp_approval_response"
            and entry.item.approval_request_id == request_id
            for entry in self._entries
        )
        if request is None or request.item.type != "mcp_approval_request" or answered:
            # Assumption: that it is refused, and the code.
            raise Refused(
                f"No approval request '{request_id}' is waiting for an answer.",
                code="item_create_invalid_approval_request_id",
                param="item.approval_request_id",
            )

    def _index_after(self, previous_id: str | None) -> int:
        if previous_id is None:
            return len(self._entries)
        if previous_id == "root":
            return 0
        code = "item_create_invalid_previous_item_id"
        entry = self._known(previous_id, code, "previous_item_id")
        return self._entries.index(entry) + 1

    def retrieve(self, item_id: str) -> server.ConversationItemRetrieved:
        """The service's copy of an item, audio included.

        Raises:
            Refused: there is no such item.
        """
        entry = self._known(item_id, "item_retrieve_invalid_item_id")
        item = entry.item
        parts = given(item.content)
        if entry.audio and parts and not sound_of(item):
            part = msgspec.structs.replace(parts[0], audio=bytes(entry.audio))
            item = msgspec.structs.replace(item, content=[part, *parts[1:]])
        return server.ConversationItemRetrieved(item=item)

    def truncate(
        self, item_id: str, content_index: int, audio_end_ms: int
    ) -> server.ConversationItemTruncated:
        """Cut the assistant's speech; the transcript goes, what the remaining audio says stays known.

        Raises:
            Refused: there is no such speech, or it is shorter.
        """
        entry = self._known(item_id, "item_truncate_invalid_item_id")
        if not entry.is_speech or content_index != 0:
            raise Refused(
                "Only the audio of an assistant's message can be truncated",
                code="item_truncate_invalid_item_id",
            )
        length_ms = bytes_to_ms(len(entry.audio))
        if not 0 <= audio_end_ms <= length_ms:
            # Assumption: code and wording after OpenAI's realtime service.
            raise Refused(
                f"Audio content of {length_ms}ms is already shorter than {audio_end_ms}ms",
                code="invalid_value",
                param="audio_end_ms",
            )
        del entry.audio[ms_to_bytes(audio_end_ms) :]
        said = [word.text for word in entry.words if word.offset_ms < audio_end_ms]
        entry.heard = " ".join(said)
        entry.item = msgspec.structs.replace(
            entry.item, content=[ContentPart(type="audio", transcript=None)]
        )
        return server.ConversationItemTruncated(
            item_id=item_id, content_index=content_index, audio_end_ms=audio_end_ms
        )

    def delete(self, item_id: str) -> server.ConversationItemDeleted:
        """Remove an item.

        Raises:
            Refused: there is no such item.
        """
        self._entries.remove(self._known(item_id, "item_delete_invalid_item_id"))
        return server.ConversationItemDeleted(item_id=item_id)

    def transcribed(self, item_id: str, transcript: str) -> bool:
        """The user's words are known now. False for an item that the client brought: it says what the client wrote."""
        entry = self.find(item_id)
        if entry is not None and sound_of(entry.item):
            entry.heard = transcript
            return False
        if entry is not None:
            part = ContentPart(type="input_audio", transcript=transcript)
            entry.item = msgspec.structs.replace(entry.item, content=[part])
        return True

    def history(self) -> tuple[HistoryEntry, ...]:
        """What a model would be given."""
        return tuple(part for entry in self._entries for part in self._history(entry))

    def _history(self, entry: Entry) -> tuple[HistoryEntry, ...]:
        if entry.heard is not None:
            words = " ".join(filter(None, (_words(entry.item), entry.heard)))
            return (Utterance(given(entry.item.role) or "user", words),)
        request = self.find(given(entry.item.approval_request_id))
        if entry.item.type == "mcp_approval_response" and not entry.item.approve and request:
            return _tool_run(request.item, "The call was not approved.")
        return history_entries(entry.item)

    def _known(self, item_id: str, code: str, param: str = "item_id") -> Entry:
        entry = self.find(item_id)
        if entry is None:
            raise Refused(f"Item with id '{item_id}' not found", code=code, param=param)
        return entry


def history_entries(item: Item) -> tuple[HistoryEntry, ...]:
    """An item in the brain's words; nothing for what a model is not told."""
    match item.type:
        case "message":
            return (Utterance(given(item.role) or "user", _words(item)),)
        case "function_call":
            call_id, name, arguments = item.call_id, item.name, item.arguments
            return (ToolCall(given(call_id) or "", given(name) or "", given(arguments) or ""),)
        case "function_call_output":
            return (ToolResult(given(item.call_id) or "", given(item.output) or ""),)
        case "mcp_call" if given(item.error):
            return _tool_run(item, str(item.error["message"]))
        case "mcp_call" if not isinstance(item.output, UnsetType):
            return _tool_run(item, given(item.output) or "")
    return ()


def _words(item: Item) -> str:
    """A message's words. What a client says of the audio that it brought is not shown to the model."""
    parts = given(item.content) or []
    texts = [
        given(part.text) or (None if given(part.audio) else given(part.transcript))
        for part in parts
    ]
    return " ".join(filter(None, texts))


def _tool_run(item: Item, result: str) -> tuple[HistoryEntry, ...]:
    """A call of an MCP server's tool and what came of it, as a model sees any other."""
    call_id = given(item.id) or ""
    call = ToolCall(call_id, given(item.name) or "", given(item.arguments) or "")
    return call, ToolResult(call_id, result)
