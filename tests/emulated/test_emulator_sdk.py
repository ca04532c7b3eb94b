"""Azure's own SDK holds a spoken conversation with the emulator: real ears, real voice, real detector."""

import asyncio
import base64
import json
from typing import Any

from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import (
    AudioInputTranscriptionOptions,
    FunctionCallOutputItem,
    FunctionTool,
    Modality,
    RequestSession,
    ServerEventType,
    ServerVad,
)
from azure.core.credentials import AzureKeyCredential

from tests.emulated.conftest import KEY
from voicelive_emulator import EmulatorServer
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

DEADLINE_S = 60
SILENCE_1_S = bytes(48_000)


def sdk(emulator: EmulatorServer, model: str = "gpt-realtime") -> Any:
    return connect(endpoint=emulator.endpoint, credential=AzureKeyCredential(KEY), model=model)


async def say(connection: VoiceLiveConnection, speech: bytes) -> None:
    audio = SILENCE_1_S + speech + SILENCE_1_S
    for start in range(0, len(audio), 4_800):
        await connection.send(
            {
                "type": "input_audio_buffer.append",
                "audio": base64.b64encode(audio[start : start + 4_800]).decode(),
            }
        )


async def until_done(connection: VoiceLiveConnection) -> list[Any]:
    events = []
    async with asyncio.timeout(DEADLINE_S):
        async for event in connection:
            events.append(event)
            assert event.type != ServerEventType.ERROR, event.error
            if event.type == ServerEventType.RESPONSE_DONE:
                return events
    raise AssertionError("the connection ended before response.done")


def only(events: list[Any], kind: ServerEventType) -> Any:
    (event,) = [event for event in events if event.type == kind]
    return event


async def test_a_spoken_question_is_understood_and_answered_aloud(
    emulator: EmulatorServer, ears: Recognizer, voice: Synthesizer
) -> None:
    async with sdk(emulator) as connection:
        await connection.session.update(
            session=RequestSession(
                modalities=[Modality.TEXT, Modality.AUDIO],
                turn_detection=ServerVad(),
                input_audio_transcription=AudioInputTranscriptionOptions(model="whisper-1"),
            )
        )
        await say(connection, voice.synthesize("What is twelve times seven?", rate=0.9))
        events = await until_done(connection)
    heard = only(
        events, ServerEventType.CONVERSATION_ITEM_INPUT_AUDIO_TRANSCRIPTION_COMPLETED
    ).transcript
    assert "times" in heard.lower()
    answer = only(events, ServerEventType.RESPONSE_AUDIO_TRANSCRIPT_DONE).transcript
    assert answer == "12 times 7 is 84."
    deltas = [event for event in events if event.type == ServerEventType.RESPONSE_AUDIO_DELTA]
    assert "84" in ears.transcribe(b"".join(event.delta for event in deltas))


async def test_a_spoken_request_calls_a_function_and_its_output_is_spoken_of(
    emulator: EmulatorServer, voice: Synthesizer
) -> None:
    tool = FunctionTool(
        name="get_weather",
        description="Look up the weather for a city.",
        parameters={
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    )
    async with sdk(emulator, model="gpt-4.1") as connection:
        await connection.session.update(
            session=RequestSession(turn_detection=ServerVad(), tools=[tool])
        )
        await say(connection, voice.synthesize("What is the weather in London?"))
        events = await until_done(connection)
        call = only(events, ServerEventType.RESPONSE_FUNCTION_CALL_ARGUMENTS_DONE)
        assert call.name == "get_weather"
        assert json.loads(call.arguments) == {"city": "London"}
        await connection.conversation.item.create(
            item=FunctionCallOutputItem(
                call_id=call.call_id, output="It is foggy and 12 degrees in London."
            )
        )
        await connection.response.create()
        events = await until_done(connection)
    answer = only(events, ServerEventType.RESPONSE_AUDIO_TRANSCRIPT_DONE).transcript
    assert answer == "It is foggy and 12 degrees in London."
