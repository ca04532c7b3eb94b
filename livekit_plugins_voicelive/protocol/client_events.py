"""What a client may send: one struct for each event, named after it, and their union."""

from __future__ import annotations

from typing import Any

from .items import Item
from .wire_struct import UNSET, Maybe, UnsetType, WireStruct


class ClientEventBase(WireStruct, frozen=True, kw_only=True, tag_field="type"):
    """The ``event_id`` comes back in the ``error`` that refuses the event: set it where a refusal matters."""

    event_id: str | UnsetType = UNSET


class SessionUpdate(ClientEventBase, frozen=True, kw_only=True, tag="session.update"):
    """Change the configuration; answered by ``session.updated``."""

    session: dict[str, Any]
    """Only the top-level fields present change; see :mod:`.session_config`."""


class InputAudioBufferAppend(
    ClientEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.append"
):
    """Add audio; not answered. At most 15 MiB."""

    audio: bytes
    """In the session's input format; PCM16 mono 24 kHz little-endian unless configured otherwise."""


class InputAudioBufferCommit(
    ClientEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.commit"
):
    """Make the buffered audio a user message; does not ask for a response. An empty buffer is refused."""


class InputAudioBufferClear(
    ClientEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.clear"
):
    """Drop the buffered audio."""


class ConversationItemCreate(
    ClientEventBase, frozen=True, kw_only=True, tag="conversation.item.create"
):
    """Add an item; answered by ``conversation.item.created``."""

    item: Item
    previous_item_id: Maybe[str] = UNSET
    """Absent: at the end. ``"root"``: first. An unknown id is refused."""


class ConversationItemRetrieve(
    ClientEventBase, frozen=True, kw_only=True, tag="conversation.item.retrieve"
):
    """Ask for the server's copy of an item, audio included."""

    item_id: str


class ConversationItemTruncate(
    ClientEventBase, frozen=True, kw_only=True, tag="conversation.item.truncate"
):
    """Cut an assistant's audio message to what was heard; its transcript leaves the context too."""

    item_id: str
    content_index: int
    """Always 0."""
    audio_end_ms: int
    """Beyond the audio that was generated, the service refuses."""


class ConversationItemDelete(
    ClientEventBase, frozen=True, kw_only=True, tag="conversation.item.delete"
):
    """Remove an item; answered by ``conversation.item.deleted``."""

    item_id: str


class ResponseCreateParams(WireStruct, frozen=True, kw_only=True):
    """What one response does differently from the session."""

    modalities: list[str] | UnsetType = UNSET
    """Native voices accept ``["text"]`` or ``["audio"]`` only; left out, the session's hold."""
    instructions: str | UnsetType = UNSET
    """Replaces the session's instructions; to add to them use ``additional_instructions``."""
    voice: Any = UNSET
    output_audio_format: str | UnsetType = UNSET
    tools: list[Any] | UnsetType = UNSET
    tool_choice: Any = UNSET
    temperature: float | UnsetType = UNSET
    max_output_tokens: int | str | UnsetType = UNSET
    reasoning_effort: str | UnsetType = UNSET
    interim_response: Any = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    """At most 16 pairs."""
    conversation: str | UnsetType = UNSET
    """``auto``, or ``none`` for a response outside the conversation."""
    commit: bool | UnsetType = UNSET
    cancel_previous: bool | UnsetType = UNSET
    append_input_items: list[Item] | UnsetType = UNSET
    input_items: list[Item] | UnsetType = UNSET
    pre_generated_assistant_message: Item | UnsetType = UNSET
    """Spoken as it is, without the model; exactly one ``text`` part. ``2026-01-01-preview`` or later."""


class ResponseCreate(ClientEventBase, frozen=True, kw_only=True, tag="response.create"):
    """Start a response; answered by ``response.created``. Refused while another one is active."""

    response: ResponseCreateParams | UnsetType = UNSET
    additional_instructions: str | UnsetType = UNSET
    """Added to the session's instructions for this response only."""


class ResponseCancel(ClientEventBase, frozen=True, kw_only=True, tag="response.cancel"):
    """Stop a response; answered by its ``response.done``. Refused when none is active, which is common."""

    response_id: str | UnsetType = UNSET


ClientEvent = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
)
