import numpy as np
import pytest

from livekit import rtc
from livekit_plugins_voicelive.audio_format import AudioFormat
from livekit_plugins_voicelive.input_audio import (
    CHUNK_MS,
    QUIET_KEPT_MS,
    UTTERANCE_KEPT_MS,
    InputAudio,
)
from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes
from livekit_plugins_voicelive.protocol.client_events import (
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
)


def tone(ms: int, *, rate: int = 24_000, channels: int = 1, hertz: float = 440.0) -> rtc.AudioFrame:
    count = rate * ms // 1000
    wave = (np.sin(np.arange(count) * 2 * np.pi * hertz / rate) * 10_000).astype(np.int16)
    data = np.repeat(wave, channels).tobytes()
    return rtc.AudioFrame(data, rate, channels, count)


def sound(level: int, ms: int) -> rtc.AudioFrame:
    """Audio that can be told from other audio by its level."""
    data = np.full(24 * ms, level, np.int16).tobytes()
    return rtc.AudioFrame(data, 24_000, 1, 24 * ms)


def audio(events: list) -> bytes:
    return b"".join(event.audio for event in events if isinstance(event, InputAudioBufferAppend))


def online(*, detects_turns: bool = True) -> InputAudio:
    up = InputAudio(detects_turns=detects_turns)
    assert up.connected() == []
    return up


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_second_in_is_a_second_out_at_any_rate_and_channel_count(
    rate: int, channels: int
) -> None:
    up = online()
    sent = [e for _ in range(100) for e in up.push(tone(10, rate=rate, channels=channels))]
    assert 1000 - 3 * CHUNK_MS <= bytes_to_ms(len(audio(sent))) <= 1000


def test_stereo_is_averaged_not_interleaved() -> None:
    samples = np.tile(np.array([1000, 3000], np.int16), 24 * CHUNK_MS)
    up = online()
    sent = audio(up.push(rtc.AudioFrame(samples.tobytes(), 24_000, 2, 24 * CHUNK_MS)))
    assert set(np.frombuffer(sent, np.int16)) == {2000}


@pytest.mark.parametrize(
    "format",
    [AudioFormat("pcm16", 16_000), AudioFormat("pcm16", 8_000), AudioFormat("g711_alaw", 8_000)],
)
def test_a_second_in_is_a_second_out_in_every_format(format: AudioFormat) -> None:
    up = InputAudio(detects_turns=True, format=format)
    up.connected()
    sent = audio(up.push(tone(1000, rate=48_000)))
    assert 1000 - 3 * CHUNK_MS <= format.bytes_to_ms(len(sent)) <= 1000
    heard = np.frombuffer(format.to_pcm(sent), np.int16)
    peak = np.argmax(np.abs(np.fft.rfft(heard))) * format.sample_rate / len(heard)
    assert peak == pytest.approx(440, abs=2)


def test_a_change_of_rate_in_mid_call_is_followed() -> None:
    up = online()
    sent = [e for rate in (16_000, 48_000) for _ in range(50) for e in up.push(tone(10, rate=rate))]
    assert bytes_to_ms(len(audio(sent))) == pytest.approx(1000, abs=4 * CHUNK_MS)


def test_chunks_have_one_size_whatever_the_frames() -> None:
    up = online()
    sent = up.push(sound(1, 15)) + up.push(sound(1, 100))
    assert {len(event.audio) for event in sent} == {ms_to_bytes(CHUNK_MS)}


def test_a_commit_sends_the_rest_first() -> None:
    up = online()
    sent = up.push(sound(1, 110)) + up.commit()
    assert isinstance(sent[-1], InputAudioBufferCommit)
    assert bytes_to_ms(len(audio(sent))) == 110


def test_less_than_a_tenth_of_a_second_is_cleared_instead_of_committed() -> None:
    up = online()
    up.push(sound(1, 90))
    assert [type(event) for event in up.commit()] == [InputAudioBufferAppend, InputAudioBufferClear]


def test_a_second_commit_needs_audio_of_its_own() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 200))
    up.commit()
    assert [type(event) for event in up.commit()] == [InputAudioBufferClear]


def test_everything_said_before_the_connection_is_sent_when_it_opens() -> None:
    up = InputAudio(detects_turns=True)
    for _ in range(60):
        up.push(sound(7, 50))
    assert bytes_to_ms(len(audio(up.connected()))) == 3000


def test_in_silence_only_the_last_moment_is_kept() -> None:
    up = online()
    up.push(sound(0, 10_000))
    up.disconnected()
    assert bytes_to_ms(len(audio(up.connected()))) == QUIET_KEPT_MS


def test_an_open_utterance_is_kept_from_its_start() -> None:
    up = online()
    up.push(sound(1, 2000))
    up.push(sound(2, 400))
    up.speech_started(audio_start_ms=2000)
    up.push(sound(2, 4000))
    up.disconnected()
    again = np.frombuffer(audio(up.connected()), np.int16)
    assert set(again) == {2}
    assert bytes_to_ms(again.nbytes) == 4400


def test_speech_is_counted_from_the_start_of_each_connection() -> None:
    up = online()
    up.push(sound(1, 10_000))
    up.disconnected()
    up.connected()
    up.push(sound(2, 400))
    up.speech_started(audio_start_ms=QUIET_KEPT_MS)
    up.disconnected()
    assert set(np.frombuffer(audio(up.connected()), np.int16)) == {2}


def test_what_is_kept_is_bounded() -> None:
    up = InputAudio(detects_turns=True)
    up.push(sound(1, UTTERANCE_KEPT_MS + 5000))
    assert bytes_to_ms(len(audio(up.connected()))) == UTTERANCE_KEPT_MS


def test_without_turn_detection_the_whole_turn_is_kept() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 5000))
    up.disconnected()
    assert bytes_to_ms(len(audio(up.connected()))) == 5000


def test_a_turn_that_was_not_understood_is_said_again() -> None:
    up = online()
    up.push(sound(3, 2000))
    up.speech_started(audio_start_ms=0)
    up.committed("item", by_hand=False)
    up.disconnected()
    assert up.has_unanswered_turn
    assert bytes_to_ms(len(audio(up.connected()))) > 900


@pytest.mark.parametrize("settled", ["understood", "answered"])
def test_a_turn_that_was_understood_or_answered_is_not_said_again(settled: str) -> None:
    up = online()
    up.push(sound(3, 2000))
    up.committed("item", by_hand=False)
    up.understood("item") if settled == "understood" else up.answered()
    up.disconnected()
    assert not up.has_unanswered_turn
    assert up.connected() == []


def test_a_turn_committed_without_a_connection_is_committed_when_there_is_one() -> None:
    up = InputAudio(detects_turns=False)
    up.push(sound(1, 1000))
    up.commit()
    up.push(sound(2, 400))
    opening = up.connected()
    commit = next(i for i, e in enumerate(opening) if isinstance(e, InputAudioBufferCommit))
    assert bytes_to_ms(len(audio(opening[:commit]))) == 1000
    assert bytes_to_ms(len(audio(opening[commit:]))) == 400


def test_cleared_audio_is_not_sent_again() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 1010))
    assert [type(event) for event in up.clear()] == [InputAudioBufferClear]
    up.disconnected()
    assert up.connected() == []
