"""A session with real ears and a real detector: telephones, noise, pauses in the middle of a sentence, "um" and rare words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.core.credentials import AzureKeyCredential

from livekit_plugins_voicelive.protocol import g711
from tests.emulated.conftest import eventually
from voicelive_emulator import EmulatorServer
from voicelive_emulator.speech.audio_formats import resample
from voicelive_emulator.speech.detector import neural_probability
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

DEADLINE_S = 60
QUESTION = "What is the weather in London tomorrow?"
MEANING = {"weather", "london", "tomorrow"}
STARTED = "input_audio_buffer.speech_started"
COMPLETED = "conversation.item.input_audio_transcription.completed"
VAD = {"type": "azure_semantic_vad", "create_response": False}


@pytest.fixture
async def emulator(ears: Recognizer) -> AsyncIterator[EmulatorServer]:
    async with EmulatorServer(
        api_key="key", recognizer=ears, detector=neural_probability
    ) as emulator:
        yield emulator


@pytest.fixture
async def connection(emulator: EmulatorServer) -> AsyncIterator[VoiceLiveConnection]:
    async with connect(
        endpoint=emulator.endpoint, credential=AzureKeyCredential("key"), model="gpt-4.1"
    ) as connection:
        yield connection


def silence(ms: int) -> bytes:
    return bytes(48 * ms)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


async def listen(connection: VoiceLiveConnection, **session: Any) -> None:
    await connection.send({"type": "session.update", "session": {"turn_detection": VAD} | session})


async def say(connection: VoiceLiveConnection, audio: bytes) -> None:
    for start in range(0, len(audio), 4_800):
        await connection.input_audio_buffer.append(audio=audio[start : start + 4_800])


async def stay_silent(connection: VoiceLiveConnection) -> None:
    """A microphone never stops sending."""
    while True:
        await connection.input_audio_buffer.append(audio=silence(100))
        await asyncio.sleep(0.1)


async def heard(connection: VoiceLiveConnection) -> tuple[str, list[int]]:
    """What the next finished turn was understood as, and where in the audio turns began until then."""
    started_ms: list[int] = []
    microphone = asyncio.create_task(stay_silent(connection))
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for event in connection:
                assert event.type != "error", event.error
                if event.type == STARTED:
                    started_ms.append(event.audio_start_ms)
                if event.type == COMPLETED:
                    return event.transcript, started_ms
    finally:
        microphone.cancel()
    raise AssertionError("the connection ended too early")


def at_rate(pcm: bytes, rate: int) -> bytes:
    return resample(np.frombuffer(pcm, "<i2"), 24_000, rate).tobytes()


def to_telephone(pcm: bytes, law: str) -> bytes:
    return g711.encode(resample(np.frombuffer(pcm, "<i2"), 24_000, 8_000), law)


@pytest.mark.parametrize("law", ["g711_ulaw", "g711_alaw"])
async def test_a_telephone_call_is_understood(
    connection: VoiceLiveConnection, voice: Synthesizer, law: str
) -> None:
    await listen(connection, input_audio_format=law, input_audio_sampling_rate=8_000)
    line = silence(500) + voice.synthesize(QUESTION) + silence(1_000)
    await say(connection, to_telephone(line, law))
    text, _ = await heard(connection)
    assert set(words(text)) >= MEANING


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000])
async def test_every_input_rate_is_understood(
    connection: VoiceLiveConnection, voice: Synthesizer, rate: int
) -> None:
    await listen(connection, input_audio_sampling_rate=rate)
    await say(connection, at_rate(silence(500) + voice.synthesize(QUESTION) + silence(1_000), rate))
    text, _ = await heard(connection)
    assert set(words(text)) >= MEANING


async def test_a_noisy_room_is_understood_and_its_noise_begins_no_turn(
    connection: VoiceLiveConnection, voice: Synthesizer
) -> None:
    await listen(connection)
    quiet = silence(2_000) + voice.synthesize(QUESTION) + silence(1_500)
    samples = np.frombuffer(quiet, "<i2").astype(np.int32)
    noise = np.random.default_rng(1).normal(0, 300, len(samples))
    await say(connection, np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes())
    text, started_ms = await heard(connection)
    assert set(words(text)) >= MEANING
    [start_ms] = started_ms
    assert start_ms > 1_000


async def test_a_pause_in_the_middle_of_a_sentence_does_not_cut_it(
    connection: VoiceLiveConnection, voice: Synthesizer
) -> None:
    patient = {"model": "semantic_detection_v1", "timeout_ms": 3_000}
    await listen(connection, turn_detection=VAD | {"end_of_utterance_detection": patient})
    first, second = voice.synthesize("My phone number is"), voice.synthesize("seven five three.")
    await say(connection, silence(500) + first + silence(1_500) + second + silence(500))
    text, started_ms = await heard(connection)
    assert len(started_ms) == 1
    assert words(text)[:4] == ["my", "phone", "number", "is"]
    assert re.search(r"seven|7", text)


async def test_um_begins_no_turn(
    emulator: EmulatorServer, connection: VoiceLiveConnection, voice: Synthesizer
) -> None:
    await listen(connection, turn_detection=VAD | {"remove_filler_words": True})
    await say(connection, silence(1_000) + voice.synthesize("Um.", rate=0.8) + silence(1_000))
    [runner] = emulator.faults.connections
    turns = runner._session._turns  # type: ignore[attr-defined]
    await eventually(lambda: turns._early_text is not None)  # the ears are done with it
    await say(connection, silence(1_000) + voice.synthesize(QUESTION) + silence(1_000))
    text, started_ms = await heard(connection)
    assert MEANING & set(words(text))
    [start_ms] = started_ms
    assert start_ms > 3_000, "the filler is no part of the turn"


async def test_phrases_help_with_rare_words(
    connection: VoiceLiveConnection, voice: Synthesizer
) -> None:
    part = silence(500) + voice.synthesize("The part is called Zyvolex.") + silence(1_000)
    await listen(connection)
    await say(connection, part)
    assert "zyvolex" not in words((await heard(connection))[0])
    phrases = {"model": "azure-speech", "phrase_list": ["Zyvolex"]}
    await listen(connection, input_audio_transcription=phrases)
    await say(connection, part)
    assert "zyvolex" in words((await heard(connection))[0])
