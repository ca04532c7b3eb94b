"""The order and fields of recorded sessions; Source: audio, text and function-call turns recorded 2026-07."""

from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    codec,
    server_events as server,
)
from livekit_plugins_voicelive.protocol.items import function_call_output_item
from tests.unit.emulator.client import CASCADE, SPOKEN_TURN, WEATHER, Connect, only, types

USER_TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.created",
    "conversation.item.done",
]
TRANSCRIPT = [
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]
ANNOUNCED = [
    "response.output_item.added",
    "conversation.item.created",
    "response.content_part.added",
]
SPOKEN = [
    *ANNOUNCED,
    "response.audio_transcript.delta",
    "response.audio.delta",
    "response.audio.done",
    "response.audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]
WRITTEN = [
    *ANNOUNCED,
    "response.text.delta",
    "response.text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]
CALLED = [
    "response.output_item.added",
    "conversation.item.created",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.done",
]
WHISPER = {"model": "whisper-1"}


def wire(event: server.ServerEvent) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.json.decode(codec.encode(event))
    return fields


def test_a_native_model_answers_a_spoken_turn_in_the_recorded_order(connect: Connect) -> None:
    caller = connect("Hello!")
    caller.configure(modalities=["text", "audio"], input_audio_transcription=WHISPER)
    assert types(caller.hear(SPOKEN_TURN)) == [
        *USER_TURN,
        "response.created",
        *TRANSCRIPT,
        *SPOKEN,
    ]


def test_a_cascade_understands_before_its_response_is_created(connect: Connect) -> None:
    caller = connect("Hello!", backend=CASCADE)
    assert types(caller.hear(SPOKEN_TURN)) == [
        *USER_TURN,
        *TRANSCRIPT,
        "response.created",
        *SPOKEN,
    ]


def test_a_cascade_whose_ears_are_done_early_keeps_the_order(connect: Connect) -> None:
    caller = connect("Hello!", backend=CASCADE)
    pieces = [SPOKEN_TURN[at : at + 4_800] for at in range(0, len(SPOKEN_TURN), 4_800)]
    events = [event for piece in pieces for event in caller.hear(piece)]
    assert types(events) == [*USER_TURN, *TRANSCRIPT, "response.created", *SPOKEN]


def test_a_text_turn_has_the_recorded_order(connect: Connect) -> None:
    caller = connect()
    caller.configure(modalities=["text"])
    events = caller.write("Hello!")
    assert types(events) == ["conversation.item.created", "response.created", *WRITTEN]
    assert only(events, server.ResponseContentPartDone).part.text == ""
    assert only(events, server.ResponseTextDone).text == "Hello! How can I help you?"


def test_a_function_call_turn_has_the_recorded_order(connect: Connect) -> None:
    caller = connect()
    caller.configure(modalities=["text"], tools=[WEATHER])
    events = caller.write("What is the weather in London?")
    assert types(events) == ["conversation.item.created", "response.created", *CALLED]
    call = only(events, server.ResponseFunctionCallArgumentsDone)
    assert (call.name, call.arguments) == ("get_weather", '{"city": "London"}')
    output = function_call_output_item(id="item_out", call_id=call.call_id, output="It is foggy.")
    events = caller.send(client.ConversationItemCreate(item=output), client.ResponseCreate())
    assert types(events) == ["conversation.item.created", "response.created", *WRITTEN]
    assert only(events, server.ResponseTextDone).text == "It is foggy."


def test_word_times_come_with_the_transcript_when_they_are_asked_for(connect: Connect) -> None:
    caller = connect(backend=CASCADE)
    caller.configure(output_audio_timestamp_types=["word"])
    events = caller.write("Say exactly 'good morning'.")
    words = [event for event in events if isinstance(event, server.ResponseAudioTimestampDelta)]
    assert [(word.text, word.audio_offset_ms) for word in words] == [("Good", 0), ("morning.", 240)]
    assert "response.audio_timestamp.done" in types(events)


def test_the_items_of_a_spoken_turn_have_the_recorded_fields(connect: Connect) -> None:
    caller = connect("Hello!")
    events = caller.hear(SPOKEN_TURN)
    user, assistant = (
        event for event in events if isinstance(event, server.ConversationItemCreated)
    )
    user_id, assistant_id = user.item.id, assistant.item.id
    assert wire(user) == {
        "event_id": user.event_id,
        "type": "conversation.item.created",
        "previous_item_id": None,
        "item": {
            "id": user_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        },
    }
    assert wire(assistant) == {
        "event_id": assistant.event_id,
        "type": "conversation.item.created",
        "previous_item_id": user_id,
        "item": {
            "id": assistant_id,
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        },
    }


def test_a_finished_response_has_the_recorded_fields(connect: Connect) -> None:
    caller = connect()
    caller.configure(modalities=["text", "audio"])
    done = only(caller.write("Hello!"), server.ResponseDone)
    response = wire(done)["response"]
    assert response | {"id": "", "conversation_id": "", "usage": {}, "output": []} == {
        "object": "realtime.response",
        "id": "",
        "status": "completed",
        "status_details": None,
        "output": [],
        "usage": {},
        "conversation_id": "",
        "modalities": ["text", "audio"],
        "voice": {"name": "alloy", "type": "openai"},
        "output_audio_format": "pcm16",
        "temperature": None,
        "max_output_tokens": "inf",
        "metadata": None,
    }
    usage = response["usage"]
    assert set(usage["input_token_details"]) == {
        "cached_tokens",
        "text_tokens",
        "audio_tokens",
        "image_tokens",
        "cached_tokens_details",
    }
    assert usage["output_token_details"]["audio_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
