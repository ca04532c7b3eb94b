"""Outsiders judge what the emulator can say: Microsoft's own SDK reads every server event that we define."""

from typing import Any, get_args

import msgspec
import pytest
from azure.ai.voicelive import models as sdk

from livekit_plugins_voicelive.protocol import (
    animation_events,
    server_events as server,
    tool_events,
)
from livekit_plugins_voicelive.protocol.codec import encode
from livekit_plugins_voicelive.protocol.items import ContentPart, Item
from livekit_plugins_voicelive.protocol.response import (
    CachedTokenDetails,
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    Usage,
)
from livekit_plugins_voicelive.protocol.tool_events import McpEvent
from tests.emulated.sdk_models import undeclared

SESSION = {
    "id": "sess",
    "model": "gpt-realtime",
    "modalities": ["text", "audio"],
    "voice": {"type": "openai", "name": "alloy"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5},
}
ERROR = server.ErrorDetails(
    type="invalid_request_error", code="c", message="m", param="p", event_id="e"
)
FAILED = server.ErrorDetails(type="server_error", code="c", message="m", param="p")
SPOKEN = Item(
    id="i",
    object="realtime.item",
    type="message",
    status="completed",
    role="assistant",
    content=[ContentPart(type="audio", transcript="Hello.")],
)
CALL = Item(
    id="c",
    object="realtime.item",
    type="function_call",
    status="completed",
    name="f",
    call_id="call",
    arguments="{}",
)
RESPONSE = Response(
    id="r",
    object="realtime.response",
    status="completed",
    status_details=None,
    output=[SPOKEN, CALL],
    usage=Usage(
        total_tokens=3,
        input_tokens=2,
        output_tokens=1,
        input_token_details=InputTokenDetails(
            cached_tokens=1,
            text_tokens=1,
            audio_tokens=1,
            image_tokens=0,
            cached_tokens_details=CachedTokenDetails(text_tokens=1, audio_tokens=0, image_tokens=0),
        ),
        output_token_details=OutputTokenDetails(text_tokens=1, audio_tokens=0, reasoning_tokens=0),
    ),
    conversation_id="conv",
    modalities=["text", "audio"],
    voice={"type": "openai", "name": "alloy"},
    output_audio_format="pcm16",
    temperature=0.7,
    max_output_tokens="inf",
    metadata={"client_event_id": "e"},
)
OF_ITEM: dict[str, Any] = {"item_id": "i", "content_index": 0}
OF_OUTPUT: dict[str, Any] = {"response_id": "r", "output_index": 0}
OF_PART: dict[str, Any] = {**OF_OUTPUT, **OF_ITEM}
OF_CALL: dict[str, Any] = {**OF_OUTPUT, "item_id": "c", "call_id": "call"}
LOG_PROBS = [server.LogProb(token="Hello", logprob=-0.1, bytes=[72])]

EVENTS: list[server.ServerEvent] = [
    server.SessionCreated(session=SESSION),
    server.SessionUpdated(session=SESSION),
    server.ErrorEvent(error=ERROR),
    server.WarningEvent(warning=server.WarningDetails(message="m", code="c", param="p")),
    server.InputAudioBufferSpeechStarted(item_id="i", audio_start_ms=0),
    server.InputAudioBufferSpeechStopped(item_id="i", audio_end_ms=1),
    server.InputAudioBufferCommitted(item_id="i", previous_item_id="h"),
    server.InputAudioBufferCleared(),
    server.InputAudioTranscriptionDelta(**OF_ITEM, delta="Hello", logprobs=LOG_PROBS),
    server.InputAudioTranscriptionCompleted(**OF_ITEM, transcript="Hello.", logprobs=LOG_PROBS),
    server.InputAudioTranscriptionFailed(**OF_ITEM, error=FAILED),
    server.ConversationItemCreated(item=SPOKEN, previous_item_id="h"),
    server.ConversationItemRetrieved(item=SPOKEN),
    server.ConversationItemTruncated(**OF_ITEM, audio_end_ms=1),
    server.ConversationItemDeleted(item_id="i"),
    server.ResponseCreated(response=RESPONSE),
    server.ResponseDone(response=RESPONSE),
    server.ResponseOutputItemAdded(**OF_OUTPUT, item=SPOKEN),
    server.ResponseOutputItemDone(**OF_OUTPUT, item=CALL),
    server.ResponseContentPartAdded(**OF_PART, part=ContentPart(type="audio", transcript="")),
    server.ResponseContentPartDone(**OF_PART, part=ContentPart(type="text", text="Hello.")),
    server.ResponseAudioDelta(**OF_PART, delta=b"\x00\x01"),
    server.ResponseAudioDone(**OF_PART),
    server.ResponseAudioTranscriptDelta(**OF_PART, delta="Hello"),
    server.ResponseAudioTranscriptDone(**OF_PART, transcript="Hello."),
    server.ResponseAudioTimestampDelta(
        **OF_PART, text="Hello", audio_offset_ms=0, audio_duration_ms=300, timestamp_type="word"
    ),
    server.ResponseAudioTimestampDone(**OF_PART),
    server.ResponseTextDelta(**OF_PART, delta="Hello"),
    server.ResponseTextDone(**OF_PART, text="Hello."),
    server.ResponseFunctionCallArgumentsDelta(**OF_CALL, delta="{"),
    server.ResponseFunctionCallArgumentsDone(**OF_CALL, name="f", arguments="{}"),
    animation_events.ResponseAnimationVisemeDelta(**OF_PART, audio_offset_ms=50, viseme_id=19),
    animation_events.ResponseAnimationVisemeDone(**OF_PART),
    tool_events.ResponseMcpCallArgumentsDelta(**OF_OUTPUT, item_id="i", delta="{"),
    tool_events.ResponseMcpCallArgumentsDone(**OF_OUTPUT, item_id="i", arguments="{}"),
    *(kind(item_id="i") for kind in get_args(McpEvent)),
]

UNKNOWN_TO_THE_SDK = {server.ConversationItemDone, server.RateLimitsUpdated}
"""The one was observed on the service, the other is documented; SDK 1.3.1 has neither."""


def read_by_the_sdk(event: server.ServerEvent) -> Any:
    return sdk.ServerEvent._deserialize(msgspec.json.decode(encode(event)), [])


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_the_sdk_knows_the_event_and_each_of_its_fields(event: server.ServerEvent) -> None:
    numbered = msgspec.structs.replace(event, event_id="e")
    read = read_by_the_sdk(numbered)
    assert type(read) is not sdk.ServerEvent, "an event type that the SDK does not know"
    assert read.type == type(event).__struct_config__.tag
    assert undeclared(read) == []
    assert read.as_dict() == msgspec.json.decode(encode(numbered))


def test_a_field_that_the_sdk_does_not_know_would_be_found() -> None:
    response = {"id": "r", "hologram": 1, "output": [{"type": "message", "hologram": 2}]}
    read = sdk.ServerEvent._deserialize({"type": "response.done", "response": response}, [])
    assert undeclared(read) == [".response.hologram", ".response.output.hologram"]


def test_the_sdk_reads_the_same_values() -> None:
    done = read_by_the_sdk(server.ResponseDone(response=RESPONSE)).response
    assert (done.id, done.status) == ("r", sdk.ResponseStatus.COMPLETED)
    assert done.usage.input_token_details.cached_tokens == 1
    message, call = done.output
    assert isinstance(message, sdk.ResponseMessageItem)
    assert message.content[0].transcript == "Hello."
    assert isinstance(call, sdk.ResponseFunctionCallItem)
    assert (call.name, call.call_id, call.arguments) == ("f", "call", "{}")
    assert read_by_the_sdk(server.ResponseAudioDelta(**OF_PART, delta=b"\x00\x01")).delta == (
        b"\x00\x01"
    )


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
def test_the_sdk_reads_why_a_response_ended_early(status: str) -> None:
    details: dict[str, Any] = {"type": status}
    if status == "failed":
        details["error"] = {"type": "server_error", "code": "c"}
    else:
        details["reason"] = "turn_detected"
    read = read_by_the_sdk(
        server.ResponseDone(response=Response(id="r", status=status, status_details=details))
    )
    assert type(read.response.status_details) is not sdk.ResponseStatusDetails
    assert read.response.status == status


def test_every_event_that_we_define_is_judged() -> None:
    assert {type(event) for event in EVENTS} | UNKNOWN_TO_THE_SDK == set(
        get_args(server.ServerEvent)
    )


@pytest.mark.parametrize("event", UNKNOWN_TO_THE_SDK, ids=lambda event: event.__name__)
def test_the_sdk_still_does_not_know(event: type) -> None:
    read = sdk.ServerEvent._deserialize({"type": event.__struct_config__.tag}, [])  # type: ignore[attr-defined]
    assert type(read) is sdk.ServerEvent, "the SDK knows it now: judge it like the others"
