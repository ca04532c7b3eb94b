"""Audio formats other than the usual one: what is said and what is answered last as long, and sound the same."""

import asyncio

import numpy as np
import pytest

from livekit import rtc
from livekit_plugins_voicelive import ServerVad
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import DEADLINE_S, session_with
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import DeafEars, hum

SPEECH_MS = 800
SILENCE_MS = 500
HUM_HZ = 220
VAD = ServerVad(prefix_padding_ms=0, silence_duration_ms=SILENCE_MS)


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ({"input_audio_format": "g711_ulaw", "output_audio_format": "g711_ulaw"}, 8_000),
        ({"input_audio_format": "g711_alaw", "output_audio_format": "g711_alaw"}, 8_000),
        ({"input_audio_sampling_rate": 8_000, "output_audio_format": "pcm16_8000hz"}, 8_000),
        ({"input_audio_sampling_rate": 16_000, "output_audio_format": "pcm16_16000hz"}, 16_000),
    ],
)
async def test_a_turn_in_the_telephones_formats(options: dict[str, object], rate: int) -> None:
    ears = DeafEars("Say exactly one two three four.")
    async with (
        EmulatorServer(api_key="key", recognizer=ears, behaviour=Behaviour(pace=100.0)) as service,
        session_with(service, turn_detection=VAD, **options) as (
            session,
            events,
        ),
    ):
        for pcm in (hum(SPEECH_MS), bytes(48 * 1_000)):
            session.push_audio(rtc.AudioFrame(pcm, 24_000, 1, len(pcm) // 2))
        generation = await events.wait("generation_created")
        async with asyncio.timeout(DEADLINE_S):
            message = await anext(aiter(generation.message_stream))
            frames = [frame async for frame in message.audio_stream]
        stopped = await events.server_event(server.InputAudioBufferSpeechStopped)
        started = await events.server_event(server.InputAudioBufferSpeechStarted)
        sent = [e for e in service.received[-1] if isinstance(e, client.InputAudioBufferAppend)]
    turn_ms = stopped.audio_end_ms - started.audio_start_ms
    assert turn_ms == pytest.approx(SPEECH_MS + SILENCE_MS, abs=100)
    heard = np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
    assert {frame.sample_rate for frame in frames} == {rate}
    assert np.argmax(np.abs(np.fft.rfft(heard))) * rate / len(heard) == pytest.approx(HUM_HZ, abs=3)
    # What travels is smaller by as much as the format promises.
    bytes_per_s = rate * (1 if "g711" in str(options) else 2)
    assert sum(len(e.audio) for e in sent) == pytest.approx(bytes_per_s * 1.8, rel=0.05)
