"""What the server may send: one struct for each event, and their union. Only ids and deltas are required."""

from __future__ import annotations

from typing import Any

from .animation_events import AnimationEvent
from .event_base import ServerEventBase
from .items import ContentPart, Item
from .response import Response
from .tool_events import McpArgumentsEvent, McpEvent
from .wire_struct import UNSET, Maybe, WireStruct

# --- session, errors --------------------------------------------------------------------------------------------------


class SessionCreated(ServerEventBase, frozen=True, kw_only=True, tag="session.created"):
    """The first event; only now is the connection a session."""

    session: dict[str, Any]
    """The configuration in force, with ``id``, ``model`` and ``expires_at`` (Unix seconds)."""


class SessionUpdated(ServerEventBase, frozen=True, kw_only=True, tag="session.updated"):
    """A ``session.update`` was accepted."""

    session: dict[str, Any]


class ErrorDetails(WireStruct, frozen=True, kw_only=True):
    """What an ``error`` says."""

    type: Maybe[str] = UNSET
    code: Maybe[str | int] = UNSET
    """A word; gateways on the way may put their HTTP status here."""
    message: Maybe[str] = UNSET
    param: Maybe[str] = UNSET
    event_id: Maybe[str] = UNSET
    """The client event that was refused."""


class ErrorEvent(ServerEventBase, frozen=True, kw_only=True, tag="error"):
    """Something was refused or failed; the session usually goes on."""

    error: ErrorDetails


class WarningDetails(WireStruct, frozen=True, kw_only=True):
    """What a ``warning`` says."""

    message: Maybe[str] = UNSET
    code: Maybe[str] = UNSET
    param: Maybe[str] = UNSET


class WarningEvent(ServerEventBase, frozen=True, kw_only=True, tag="warning"):
    """Something to know; never ends the session."""

    warning: WarningDetails


class RateLimitsUpdated(ServerEventBase, frozen=True, kw_only=True, tag="rate_limits.updated"):
    """Documented, not observed."""

    rate_limits: list[dict[str, Any]]


# --- the user's audio -------------------------------------------------------------------------------------------------


class InputAudioBufferSpeechStarted(
    ServerEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.speech_started"
):
    """The detector hears speech."""

    item_id: str
    """Of the user message that this speech will become."""
    audio_start_ms: int = 0
    """From the session's first audio, the prefix padding included."""


class InputAudioBufferSpeechStopped(
    ServerEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.speech_stopped"
):
    """The detector hears the end of speech."""

    item_id: str
    audio_end_ms: int = 0


class InputAudioBufferCommitted(
    ServerEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.committed"
):
    """The buffered audio is a user message now."""

    item_id: str
    previous_item_id: Maybe[str] = UNSET


class InputAudioBufferCleared(
    ServerEventBase, frozen=True, kw_only=True, tag="input_audio_buffer.cleared"
):
    """The buffered audio is gone."""


class LogProb(WireStruct, frozen=True, kw_only=True):
    """How sure the transcriber is of a token."""

    token: str = ""
    logprob: float = 0.0
    bytes: Any = UNSET


class InputAudioTranscriptionDelta(
    ServerEventBase,
    frozen=True,
    kw_only=True,
    tag="conversation.item.input_audio_transcription.delta",
):
    """More of the user's words."""

    item_id: str
    delta: Maybe[str] = UNSET
    content_index: int = 0
    logprobs: Maybe[list[LogProb]] = UNSET


class InputAudioTranscriptionCompleted(
    ServerEventBase,
    frozen=True,
    kw_only=True,
    tag="conversation.item.input_audio_transcription.completed",
):
    """The user's words. An empty one can follow for an item already transcribed (reported)."""

    item_id: str
    transcript: Maybe[str] = UNSET
    content_index: int = 0
    logprobs: Maybe[list[LogProb]] = UNSET
    phrases: Any = UNSET


class InputAudioTranscriptionFailed(
    ServerEventBase,
    frozen=True,
    kw_only=True,
    tag="conversation.item.input_audio_transcription.failed",
):
    """The user's words could not be written down."""

    item_id: str
    content_index: int = 0
    error: ErrorDetails = ErrorDetails()


# --- the conversation -------------------------------------------------------------------------------------------------


class ConversationItemCreated(
    ServerEventBase, frozen=True, kw_only=True, tag="conversation.item.created"
):
    """An item is in the conversation, whoever made it. Can come twice for one id."""

    item: Item
    previous_item_id: Maybe[str] = UNSET


class ConversationItemDone(
    ServerEventBase, frozen=True, kw_only=True, tag="conversation.item.done"
):
    """Observed 2026-07 after a user item committed by the detector, not documented."""

    item: Item
    previous_item_id: Maybe[str] = UNSET


class ConversationItemRetrieved(
    ServerEventBase, frozen=True, kw_only=True, tag="conversation.item.retrieved"
):
    """The server's copy of an item."""

    item: Item


class ConversationItemTruncated(
    ServerEventBase, frozen=True, kw_only=True, tag="conversation.item.truncated"
):
    """A message was cut, as asked or, with ``auto_truncate``, unasked."""

    item_id: str
    content_index: int = 0
    audio_end_ms: int = 0


class ConversationItemDeleted(
    ServerEventBase, frozen=True, kw_only=True, tag="conversation.item.deleted"
):
    """An item is gone."""

    item_id: str


# --- responses --------------------------------------------------------------------------------------------------------


class ResponseCreated(ServerEventBase, frozen=True, kw_only=True, tag="response.created"):
    """A response began, asked for or not."""

    response: Response


class ResponseDone(ServerEventBase, frozen=True, kw_only=True, tag="response.done"):
    """A response ended, however it ended; always sent."""

    response: Response


class ResponseOutputItemAdded(
    ServerEventBase, frozen=True, kw_only=True, tag="response.output_item.added"
):
    """The response makes a new item; comes before its ``conversation.item.created`` (observed 2026-07)."""

    response_id: str
    item: Item
    output_index: int = 0


class ResponseOutputItemDone(
    ServerEventBase, frozen=True, kw_only=True, tag="response.output_item.done"
):
    """An item of the response is complete."""

    response_id: str
    item: Item
    output_index: int = 0


class ResponsePartEvent(ServerEventBase, frozen=True, kw_only=True):
    """The four coordinates of a content part."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


class ResponseContentPartAdded(
    ResponsePartEvent, frozen=True, kw_only=True, tag="response.content_part.added"
):
    """A message begins a part; its type tells the modality."""

    part: ContentPart


class ResponseContentPartDone(
    ResponsePartEvent, frozen=True, kw_only=True, tag="response.content_part.done"
):
    """A part is complete; observed 2026-07: a text part's ``text`` is empty here."""

    part: ContentPart


class ResponseAudioDelta(ResponsePartEvent, frozen=True, kw_only=True, tag="response.audio.delta"):
    """More speech."""

    delta: bytes
    """In the session's output format; PCM16 mono 24 kHz little-endian unless configured otherwise."""


class ResponseAudioDone(ResponsePartEvent, frozen=True, kw_only=True, tag="response.audio.done"):
    """All speech of the part was sent."""


class ResponseAudioTranscriptDelta(
    ResponsePartEvent, frozen=True, kw_only=True, tag="response.audio_transcript.delta"
):
    """More of the spoken words; runs ahead of the audio (observed 2026-07)."""

    delta: str


class ResponseAudioTranscriptDone(
    ResponsePartEvent, frozen=True, kw_only=True, tag="response.audio_transcript.done"
):
    """All spoken words of the part."""

    transcript: Maybe[str] = UNSET


class ResponseAudioTimestampDelta(
    ResponsePartEvent, frozen=True, kw_only=True, tag="response.audio_timestamp.delta"
):
    """When a word is spoken, from the start of the item's audio. Azure voices only."""

    text: str
    audio_offset_ms: float
    audio_duration_ms: float = 0
    timestamp_type: str = "word"


class ResponseAudioTimestampDone(
    ServerEventBase, frozen=True, kw_only=True, tag="response.audio_timestamp.done"
):
    """All words of the part have their time."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: Maybe[int] = UNSET


class ResponseTextDelta(ResponsePartEvent, frozen=True, kw_only=True, tag="response.text.delta"):
    """More text, of a response without speech."""

    delta: str


class ResponseTextDone(ResponsePartEvent, frozen=True, kw_only=True, tag="response.text.done"):
    """All text of the part."""

    text: Maybe[str] = UNSET


class ResponseFunctionCallArgumentsDelta(
    ServerEventBase, frozen=True, kw_only=True, tag="response.function_call_arguments.delta"
):
    """More of a call's arguments."""

    response_id: str
    item_id: str
    delta: str = ""
    call_id: Maybe[str] = UNSET
    output_index: int = 0


class ResponseFunctionCallArgumentsDone(
    ServerEventBase, frozen=True, kw_only=True, tag="response.function_call_arguments.done"
):
    """A call is complete."""

    response_id: str
    item_id: str
    arguments: str
    call_id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    """Observed 2026-07, absent from the reference."""
    output_index: int = 0


# --- not in the union -------------------------------------------------------------------------------------------------


class UnknownEvent(WireStruct, frozen=True, kw_only=True):
    """An event that this version does not know; the service sends some that no document lists."""

    type: str
    event_id: Maybe[str] = UNSET


ServerEvent = (
    SessionCreated
    | SessionUpdated
    | ErrorEvent
    | WarningEvent
    | RateLimitsUpdated
    | InputAudioBufferSpeechStarted
    | InputAudioBufferSpeechStopped
    | InputAudioBufferCommitted
    | InputAudioBufferCleared
    | InputAudioTranscriptionDelta
    | InputAudioTranscriptionCompleted
    | InputAudioTranscriptionFailed
    | ConversationItemCreated
    | ConversationItemDone
    | ConversationItemRetrieved
    | ConversationItemTruncated
    | ConversationItemDeleted
    | ResponseCreated
    | ResponseDone
    | ResponseOutputItemAdded
    | ResponseOutputItemDone
    | ResponseContentPartAdded
    | ResponseContentPartDone
    | ResponseAudioDelta
    | ResponseAudioDone
    | ResponseAudioTranscriptDelta
    | ResponseAudioTranscriptDone
    | ResponseAudioTimestampDelta
    | ResponseAudioTimestampDone
    | ResponseTextDelta
    | ResponseTextDone
    | ResponseFunctionCallArgumentsDelta
    | ResponseFunctionCallArgumentsDone
    | McpArgumentsEvent
    | McpEvent
    | AnimationEvent
)
