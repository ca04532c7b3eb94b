"""Whatever stands in place of a field of a client's event, the session answers it, or refuses it and goes on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    codec,
    server_events as server,
)
from tests.unit.emulator.client import CASCADE, NATIVE, WEATHER, Client, only
from voicelive_emulator import Backend, Behaviour

JUNK = (
    None,
    True,
    -1,
    1e308,
    2**64,
    "",
    "x",
    [],
    {},
    [None],
    [[]],
    {"": {}},
    {"type": "x"},
    "<absent>",
)

DETECTION = {
    "type": "azure_semantic_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "speech_duration_ms": 80,
    "remove_filler_words": True,
    "languages": ["en"],
    "create_response": True,
    "interrupt_response": True,
    "auto_truncate": True,
    "appended_text_after_truncation": "(interrupted)",
    "end_of_utterance_detection": {"model": "semantic_detection_v1", "timeout_ms": 100},
}
MCP = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "http://127.0.0.1:9/mcp",
    "authorization": "token",
    "headers": {"a": "b"},
    "allowed_tools": ["x"],
    "require_approval": {"never": ["x"], "always": ["y"]},
}
VOICE = {"type": "azure-standard", "name": "en-US-AvaNeural", "temperature": 0.5, "rate": "1.2"}
INTERIM = {"type": "static_interim_response", "triggers": ["tool"], "texts": ["One moment."]}
SESSION = {
    "modalities": ["text", "audio"],
    "instructions": "Be kind.",
    "voice": VOICE,
    "input_audio_format": "pcm16",
    "input_audio_sampling_rate": 16_000,
    "output_audio_format": "pcm16_8000hz",
    "turn_detection": DETECTION,
    "input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"},
    "input_audio_echo_cancellation": {"type": "server_echo_cancellation", "channels": 1},
    "input_audio_transcription": {"model": "azure-speech", "phrase_list": ["Marta"]},
    "output_audio_timestamp_types": ["word"],
    "animation": {"outputs": ["viseme_id"]},
    "tools": [WEATHER, MCP],
    "tool_choice": {"type": "function", "name": "get_weather"},
    "max_response_output_tokens": 100,
    "interim_response": INTERIM,
    "include": ["file_search_call.results"],
    "metadata": {"a": "b"},
}
QUESTION = {
    "id": "u1",
    "type": "message",
    "role": "user",
    "status": "completed",
    "content": [
        {"type": "input_text", "text": "What is the weather in Paris?"},
        {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "low"},
    ],
}
CALL = {"type": "function_call", "name": "f", "call_id": "call_1", "arguments": '{"a": 1}'}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": '{"a": [1, {}]}'}
PRE_GENERATED = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi."}],
}
RESPONSE = {
    "modalities": ["audio"],
    "instructions": "Greet the user.",
    "voice": VOICE,
    "output_audio_format": "g711_ulaw",
    "tools": [WEATHER],
    "tool_choice": "required",
    "temperature": 0.8,
    "max_output_tokens": 50,
    "metadata": {"a": "b"},
    "conversation": "none",
    "append_input_items": [QUESTION],
    "input_items": [CALL, OUTPUT],
    "interim_response": INTERIM,
}
EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "session.update", "session": SESSION},
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "conversation.item.create", "previous_item_id": "root", "item": QUESTION},
    {"type": "conversation.item.create", "item": CALL},
    {"type": "conversation.item.create", "item": OUTPUT},
    {
        "type": "conversation.item.create",
        "item": {"type": "mcp_approval_response", "approval_request_id": "x", "approve": True},
    },
    {"type": "conversation.item.retrieve", "item_id": "x"},
    {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 10},
    {"type": "conversation.item.delete", "item_id": "x"},
    {"type": "response.create", "additional_instructions": "Be brief.", "response": RESPONSE},
    {"type": "response.create", "response": {"pre_generated_assistant_message": PRE_GENERATED}},
    {"type": "response.cancel", "response_id": "x"},
)


def variants(value: Any) -> Iterator[Any]:
    """The value with junk in each place."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            for inner in variants(value[key]):
                changed = value.copy()
                if inner == "<absent>":
                    del changed[key]
                else:
                    changed[key] = inner
                yield changed
    yield from JUNK


def take(caller: Client, event: Any) -> bool:
    """Have the session take an event as it comes over the wire; whether it did."""
    try:
        decoded = codec.decode_client_event(json.dumps(event))
    except codec.MalformedEvent:
        return False
    answers = caller.emulator.receive(decoded, now=0.0)
    return not any(isinstance(event, server.ErrorEvent) for event in answers)


def goes_on(caller: Client) -> None:
    """With a turn, a written question, and an answer to it, whatever the settings are now."""
    caller.hear(bytes(4_800))
    caller.write("What is the weather in Paris?")
    caller.rest()
    cancel = client.ResponseCancel(event_id="last")
    assert only(caller.send(cancel), server.ErrorEvent).error.event_id == "last"


@pytest.mark.parametrize("backend", [NATIVE, CASCADE])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["type"])
def test_junk_in_any_place_is_answered_and_the_session_goes_on(
    event: dict[str, Any], backend: Backend
) -> None:
    caller = Client(backend, Behaviour(pace=float("inf")))
    for variant in variants(event):
        if variant != "<absent>" and take(caller, variant):
            goes_on(caller)
            caller = Client(backend, Behaviour(pace=float("inf")))
    goes_on(caller)
