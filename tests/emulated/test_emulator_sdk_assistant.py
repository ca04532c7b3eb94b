"""A voice assistant built on Microsoft's SDK, in the manner of its samples, holds a conversation with the emulator.

It greets, listens on an open microphone, stops playing when the user speaks, cancels what it can, and goes on.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import (
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    AzureStandardVoice,
    InputAudioFormat,
    Modality,
    OutputAudioFormat,
    RequestSession,
    ServerEventType,
    ServerVad,
)
from azure.core.credentials import AzureKeyCredential

from tests.emulated.conftest import KEY
from voicelive_emulator import EmulatorServer
from voicelive_emulator.speech.detector import neural_probability
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

DEADLINE_S = 60
SILENCE_1_S = bytes(48_000)

SESSION = RequestSession(
    modalities=[Modality.TEXT, Modality.AUDIO],
    instructions="You are a helpful assistant.",
    voice=AzureStandardVoice(name="en-US-AvaNeural"),
    input_audio_format=InputAudioFormat.PCM16,
    output_audio_format=OutputAudioFormat.PCM16,
    turn_detection=ServerVad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500),
    input_audio_echo_cancellation=AudioEchoCancellation(),
    input_audio_noise_reduction=AudioNoiseReduction(type="azure_deep_noise_suppression"),
    input_audio_transcription=AudioInputTranscriptionOptions(model="azure-speech"),
)


class Assistant:
    """Owns the connection, the playback, and what was said on both sides."""

    def __init__(self, connection: VoiceLiveConnection, voice: Synthesizer) -> None:
        self._connection = connection
        self._voice = voice
        self._active = False
        self._news = asyncio.Event()
        self.ready = False
        self.turns = 0
        self.playback = bytearray()
        self.heard: list[str] = []
        self.said: list[str] = []
        self.statuses: list[str] = []

    async def run(self) -> None:
        async for event in self._connection:
            await self._take(event)
            self._news.set()

    async def _take(self, event: Any) -> None:
        match event.type:
            case ServerEventType.SESSION_UPDATED:
                self.ready = True
            case ServerEventType.INPUT_AUDIO_BUFFER_SPEECH_STARTED:
                self.turns += 1
                self.playback.clear()
                if self._active:
                    await self._connection.response.cancel()
            case ServerEventType.RESPONSE_CREATED:
                self._active = True
            case ServerEventType.RESPONSE_AUDIO_DELTA:
                self.playback += event.delta
            case ServerEventType.RESPONSE_AUDIO_TRANSCRIPT_DONE:
                self.said.append(event.transcript)
            case ServerEventType.CONVERSATION_ITEM_INPUT_AUDIO_TRANSCRIPTION_COMPLETED:
                self.heard.append(event.transcript)
            case ServerEventType.RESPONSE_DONE:
                self._active = False
                self.statuses.append(event.response.status)
            case ServerEventType.ERROR:
                # Too late to cancel: the service stopped by itself when the user spoke.
                assert "Cancellation failed: no active response" in event.error.message

    async def say(self, text: str) -> None:
        """As at a microphone, the beginning is heard before the end is said."""
        turns, speech = self.turns, self._voice.synthesize(text, rate=0.9)
        await self._push(SILENCE_1_S + speech[: len(SILENCE_1_S)])
        await self.until(lambda: self.turns > turns)
        await self._push(speech[len(SILENCE_1_S) :] + SILENCE_1_S)

    async def _push(self, audio: bytes) -> None:
        for start in range(0, len(audio), 4_800):
            chunk = base64.b64encode(audio[start : start + 4_800]).decode()
            await self._connection.input_audio_buffer.append(audio=chunk)

    async def until(self, reached: Any) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not reached():
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    recognizer, voice = Recognizer(), Synthesizer()
    async with (
        EmulatorServer(
            api_key=KEY, recognizer=recognizer, synthesizer=voice, detector=neural_probability
        ) as emulator,
        connect(
            endpoint=emulator.endpoint, credential=AzureKeyCredential(KEY), model="gpt-realtime"
        ) as connection,
    ):
        assistant = Assistant(connection, voice)
        running = asyncio.create_task(assistant.run())
        try:
            yield assistant
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_an_assistant_greets_converses_and_is_interrupted(assistant: Assistant) -> None:
    connection = assistant._connection
    await connection.session.update(session=SESSION)
    await assistant.until(lambda: assistant.ready)
    await connection.response.create()
    await assistant.until(lambda: assistant.statuses == ["completed"])
    assert assistant.playback

    await assistant.say("My name is Alice.")
    await assistant.until(lambda: assistant.statuses == ["completed"] * 2)
    assert "Alice" in assistant.heard[-1]
    assert assistant.said[-1] == "Nice to meet you, Alice."

    await assistant.say("Please tell me a long story.")
    await assistant.until(lambda: len(assistant.playback) > 48_000)
    await assistant.say("What is my name?")
    await assistant.until(lambda: len(assistant.statuses) == 4)
    assert assistant.statuses[2:] == ["cancelled", "completed"]
    assert assistant.said[-1] == "Your name is Alice."
