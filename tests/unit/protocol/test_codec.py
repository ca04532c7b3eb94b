import json
from typing import Any, get_args

import msgspec
import pytest

from livekit_plugins_voicelive import errors
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.codec import (
    CLIENT_EVENT_TYPES,
    SERVER_EVENT_TYPES,
    MalformedEvent,
    UnwritableEvent,
    decode_client_event,
    decode_server_event,
    encode,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response

SESSION = {
    "id": "sess_1",
    "object": "realtime.session",
    "model": "gpt-realtime-global-standard",
    "modalities": ["audio", "text"],
    "instructions": "Reply in a few words.",
    "voice": {"name": "alloy", "type": "openai"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": None},
    "expires_at": 1784668573,
    "truncation_strategy": None,
}

USAGE = {
    "total_tokens": 110,
    "input_tokens": 96,
    "output_tokens": 14,
    "input_token_details": {
        "cached_tokens": 64,
        "text_tokens": 96,
        "audio_tokens": 0,
        "image_tokens": 0,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 14, "audio_tokens": 0, "reasoning_tokens": 0},
}

MESSAGE = {
    "id": "item_2",
    "object": "realtime.item",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "audio", "transcript": "It is noon."}],
}

CALL = {
    "id": "item_3",
    "object": "realtime.item",
    "type": "function_call",
    "status": "completed",
    "name": "get_weather",
    "call_id": "call_1",
    "arguments": '{  \n  "city": "London" \n} \n',
}

RESPONSE = {
    "object": "realtime.response",
    "id": "resp_1",
    "status": "completed",
    "status_details": None,
    "output": [MESSAGE, CALL],
    "usage": USAGE,
    "conversation_id": "conv_1",
    "modalities": ["audio"],
    "voice": {"name": "alloy", "type": "openai"},
    "output_audio_format": "pcm16",
    "temperature": None,
    "max_output_tokens": "inf",
    "metadata": None,
}

PART = {"response_id": "resp_1", "item_id": "item_2", "output_index": 0, "content_index": 0}

# Frames of the shape that the service was recorded to send, in July and August 2026.
RECORDED_SHAPES: list[dict[str, Any]] = [
    {"type": "session.created", "session": SESSION},
    {"type": "session.updated", "session": SESSION},
    {"type": "input_audio_buffer.speech_started", "audio_start_ms": 1456, "item_id": "item_1"},
    {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 4512, "item_id": "item_1"},
    {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "item_1"},
    {
        "type": "conversation.item.created",
        "previous_item_id": None,
        "item": {
            "id": "item_1",
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        },
    },
    {"type": "conversation.item.done", "previous_item_id": None, "item": MESSAGE},
    {"type": "response.created", "response": {**RESPONSE, "output": [], "usage": None}},
    {
        "type": "response.output_item.added",
        "response_id": "resp_1",
        "output_index": 0,
        "item": MESSAGE,
    },
    {"type": "response.content_part.added", **PART, "part": {"type": "audio", "transcript": ""}},
    {"type": "response.audio_transcript.delta", **PART, "delta": "It is"},
    {"type": "response.audio.delta", **PART, "delta": "AAAAAAAAAAA="},
    {
        "type": "conversation.item.input_audio_transcription.delta",
        "item_id": "item_1",
        "content_index": 0,
        "delta": "What",
    },
    {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_1",
        "content_index": 0,
        "transcript": "What time is it?",
    },
    {"type": "response.audio.done", **PART},
    {"type": "response.audio_transcript.done", **PART, "transcript": "It is noon."},
    {"type": "response.text.delta", **PART, "delta": "It"},
    {"type": "response.text.done", **PART, "text": "It is noon."},
    {"type": "response.content_part.done", **PART, "part": {"type": "text", "text": ""}},
    {
        "type": "response.function_call_arguments.delta",
        "response_id": "resp_1",
        "item_id": "item_3",
        "output_index": 0,
        "call_id": "call_1",
        "delta": "  \n",
    },
    {
        "type": "response.function_call_arguments.done",
        "response_id": "resp_1",
        "item_id": "item_3",
        "output_index": 0,
        "call_id": "call_1",
        "name": "get_weather",
        "arguments": CALL["arguments"],
    },
    {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 0, "item": CALL},
    {"type": "response.done", "response": RESPONSE},
]


@pytest.mark.parametrize("frame", RECORDED_SHAPES, ids=lambda frame: frame["type"])
def test_a_recorded_frame_is_read_and_written_without_loss(frame: dict[str, Any]) -> None:
    whole = {"event_id": "event_1", **frame}
    event = decode_server_event(json.dumps(whole))
    assert not isinstance(event, server.UnknownEvent)
    assert json.loads(encode(event)) == whole


@pytest.mark.parametrize("frame", RECORDED_SHAPES, ids=lambda frame: frame["type"])
def test_fields_that_nobody_told_us_about_cost_nothing(frame: dict[str, Any]) -> None:
    assert decode_server_event(json.dumps({**frame, "new_field": {"a": [1]}})) == (
        decode_server_event(json.dumps(frame))
    )


def test_an_event_type_that_nobody_told_us_about_is_known_by_its_name() -> None:
    frame = '{"type": "response.hologram.delta", "delta": 1}'
    assert decode_server_event(frame) == server.UnknownEvent(type="response.hologram.delta")
    assert decode_client_event(b'{"type": "zork"}') == server.UnknownEvent(type="zork")


def test_an_event_that_cannot_be_read_is_known_by_its_id() -> None:
    unknown = decode_client_event('{"type": "zork", "event_id": "event_7"}')
    assert unknown == server.UnknownEvent(type="zork", event_id="event_7")
    assert decode_client_event('{"type": "zork", "event_id": 7}').event_id is msgspec.UNSET
    with pytest.raises(MalformedEvent) as malformed:
        decode_client_event('{"type": "session.update", "event_id": "event_8"}')
    assert malformed.value.event_id == "event_8"


SECRET = "what the user said"


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ({"type": "response.created", "response": {}}, "missing required field `id`"),
        ({"type": "response.audio.delta", **PART, "item_id": 3, "delta": "AA=="}, "$.item_id"),
        ({"type": "response.audio.delta", **PART, "delta": SECRET}, "wrong kind"),
        ({"type": "session.created", "session": SECRET}, "Expected `object`, got `str`"),
    ],
)
def test_a_malformed_event_is_told_without_its_payload(frame: dict[str, Any], fault: str) -> None:
    with pytest.raises(MalformedEvent) as raised:
        decode_server_event(json.dumps(frame))
    assert raised.value.type == frame["type"]
    assert fault in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("data", ["", "nope", "[]", "{}", '{"type": 3}', SECRET])
def test_what_is_no_event_is_malformed(data: str) -> None:
    with pytest.raises(MalformedEvent, match="not a JSON object") as raised:
        decode_server_event(data)
    assert raised.value.type is None


NOT_UTF8 = b'{"type": "session.created", "session": {"a": "\xff"}}'
NESTED = '{"type": "session.created", "session": {"a": ' + "[" * 100_000


@pytest.mark.parametrize(
    ("data", "type"),
    [(NOT_UTF8, "session.created"), (NESTED, None), (b"\xff", None), ("[" * 100_000, None)],
    ids=["not UTF-8", "nested", "not UTF-8 at all", "nested list"],
)
def test_what_is_no_text_or_nested_without_end_is_malformed(
    data: str | bytes, type: str | None
) -> None:
    with pytest.raises(MalformedEvent) as raised:
        decode_server_event(data)
    assert raised.value.type == type


def test_absent_null_and_value_are_three_things() -> None:
    absent = client.ConversationItemCreate(item=Item(type="message"))
    null = client.ConversationItemCreate(item=Item(type="message", id=None), previous_item_id=None)
    assert json.loads(encode(absent)) == {
        "type": "conversation.item.create",
        "item": {"type": "message"},
    }
    assert json.loads(encode(null)) == {
        "type": "conversation.item.create",
        "item": {"type": "message", "id": None},
        "previous_item_id": None,
    }
    for event in (absent, null):
        assert decode_client_event(encode(event)) == event


def test_audio_is_bytes_here_and_base64_there() -> None:
    event = client.InputAudioBufferAppend(audio=b"\x00\x01\x02")
    assert json.loads(encode(event))["audio"] == "AAEC"
    assert decode_client_event(encode(event)) == event


def test_every_event_is_told_apart_by_its_type() -> None:
    for events, types in (
        (get_args(server.ServerEvent), SERVER_EVENT_TYPES),
        (get_args(client.ClientEvent), CLIENT_EVENT_TYPES),
    ):
        assert len(events) == len(types)


def test_events_cannot_be_changed() -> None:
    event = server.ResponseCreated(response=Response(id="r"))
    with pytest.raises(AttributeError):
        event.response = Response(id="s")  # type: ignore[misc]
    assert msgspec.structs.replace(event, event_id="e").event_id == "e"


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    "value", [object(), SECRET + "\ud83d", ENDLESS, {(SECRET, 1): 2}], ids=type
)
def test_an_event_that_cannot_be_written_is_told_without_its_payload(value: object) -> None:
    event = client.SessionUpdate(session={"instructions": SECRET, "odd": value})
    with pytest.raises(UnwritableEvent) as raised:
        encode(event)
    assert raised.value.type == "session.update"
    assert str(raised.value).startswith("session.update cannot be written as JSON")
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


SPEECH = {"type": "input_audio_buffer.speech_started", "item_id": "a"}
HEARD = {"type": "conversation.item.input_audio_transcription.delta", "item_id": "a"}


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ({**SPEECH, "audio_start_ms": None}, SPEECH),
        ({**SPEECH, "audio_start_ms": 12.7}, {**SPEECH, "audio_start_ms": 13}),
        (
            {"type": "response.audio.delta", **PART, "output_index": None, "delta": "AAAA"},
            {"type": "response.audio.delta", **PART, "delta": "AAAA"},
        ),
        (
            {"type": "response.done", "response": {"id": "r", "usage": {"total_tokens": 1.6}}},
            {"type": "response.done", "response": {"id": "r", "usage": {"total_tokens": 2}}},
        ),
        (
            {**HEARD, "content_index": None, "logprobs": [{"token": None, "logprob": -0.3}]},
            {**HEARD, "logprobs": [{"logprob": -0.3}]},
        ),
    ],
)
def test_a_null_or_a_fraction_costs_no_event(odd: dict[str, Any], plain: dict[str, Any]) -> None:
    assert decode_server_event(json.dumps(odd)) == decode_server_event(json.dumps(plain))


def test_what_a_client_sends_is_read_strictly() -> None:
    truncate = {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0}
    with pytest.raises(MalformedEvent):
        decode_client_event(json.dumps({**truncate, "audio_end_ms": 1.5}))


def test_a_null_in_the_place_of_an_id_is_malformed() -> None:
    with pytest.raises(MalformedEvent, match="item_id"):
        decode_server_event(json.dumps({**SPEECH, "item_id": None}))


def test_an_error_may_have_a_number_for_its_code() -> None:
    event = decode_server_event('{"type": "error", "error": {"code": 429}}')
    assert isinstance(event, server.ErrorEvent)
    assert errors.code(event.error) == "429"
