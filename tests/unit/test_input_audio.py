import numpy as np
import pytest

from livekit import rtc
from livekit_plugins_voicelive.audio_format import AudioFormat
from livekit_plugins_voicelive.input_audio import (
    CHUNK_MS,
    QUIET_KEPT_MS,
    REHEARD_WITHIN_MS,
    UTTERANCE_KEPT_MS,
    InputAudio,
)
from livekit_plugins_voicelive.pending_requests import PendingRequests
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
    up = InputAudio(PendingRequests(), detects_turns=detects_turns)
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
    up = InputAudio(PendingRequests(), detects_turns=True, format=format)
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
    up = InputAudio(PendingRequests(), detects_turns=True)
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
    up = InputAudio(PendingRequests(), detects_turns=True)
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
    up.committed("item")
    up.disconnected()
    assert up.has_unanswered_turn
    assert bytes_to_ms(len(audio(up.connected()))) > 900


@pytest.mark.parametrize("settled", ["understood", "answered"])
def test_a_turn_that_was_understood_or_answered_is_not_said_again(settled: str) -> None:
    up = online()
    up.push(sound(3, 2000))
    up.committed("item")
    if settled == "understood":
        up.understood("item")
    else:
        up.answering("response")
        up.answered("response")
    up.disconnected()
    assert not up.has_unanswered_turn
    assert up.connected() == []


def test_a_turn_committed_without_a_connection_is_committed_when_there_is_one() -> None:
    up = InputAudio(PendingRequests(), detects_turns=False)
    up.push(sound(1, 1000))
    up.commit()
    up.push(sound(2, 400))
    opening = up.connected()
    commit = next(i for i, e in enumerate(opening) if isinstance(e, InputAudioBufferCommit))
    assert bytes_to_ms(len(audio(opening[:commit]))) == 1000
    assert bytes_to_ms(len(audio(opening[commit:]))) == 400


def turns_of(events: list) -> list[tuple[int, int]]:
    """What was committed by hand: the level and the milliseconds of each turn."""
    turns, said = [], b""
    for event in events:
        if isinstance(event, InputAudioBufferCommit):
            levels = set(np.frombuffer(said, np.int16))
            turns.append((int(max(levels)), bytes_to_ms(len(said))))
            said = b""
        else:
            said += event.audio
    return turns


def test_turns_committed_by_hand_are_committed_again_in_order_until_they_are_understood() -> None:
    pending = PendingRequests()
    up = InputAudio(pending, detects_turns=False)
    up.connected()
    for level in (1, 2, 3):
        up.push(sound(level, 400 * level))
        up.commit()
    up.committed("first")
    up.disconnected()
    pending.connection_lost()
    assert turns_of(up.connected()) == [(1, 400), (2, 800), (3, 1200)]
    up.committed("first again")
    up.understood("first again")
    up.disconnected()
    assert turns_of(up.connected()) == [(2, 800), (3, 1200)]


def test_what_is_said_behind_a_commit_belongs_to_the_next_turn() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 400))
    up.commit()
    up.push(sound(2, 800))
    turn = up.committed("first")
    assert (turn.by_hand, up.duration_s(turn)) == (True, 0.4)
    up.commit()
    up.disconnected()
    assert turns_of(up.connected()) == [(1, 400), (2, 800)]


def test_a_refused_commit_is_not_made_again() -> None:
    pending = PendingRequests()
    up = InputAudio(pending, detects_turns=False)
    up.connected()
    up.push(sound(1, 400))
    [commit] = up.commit()
    refused = pending.take(str(commit.event_id))
    assert refused is not None
    assert refused.undo is not None
    refused.undo()
    up.disconnected()
    assert up.connected() == []


def test_of_several_turns_the_oldest_is_given_up_and_the_last_kept() -> None:
    up = InputAudio(PendingRequests(), detects_turns=False)
    for level, ms in ((1, 10_000), (2, 20_000), (3, UTTERANCE_KEPT_MS - 20_000)):
        up.push(sound(level, ms))
        up.commit()
    assert turns_of(up.connected()) == [(2, 20_000), (3, 10_000)]
    for level in (2, 3):
        turn = up.committed(f"item {level}")
    up.push(sound(4, UTTERANCE_KEPT_MS + 5_000))
    up.commit()
    turn = up.committed("long")
    assert up.duration_s(turn) == (UTTERANCE_KEPT_MS + 5_000) / 1000
    up.disconnected()
    assert turns_of(up.connected()) == [(4, UTTERANCE_KEPT_MS)]


def test_a_response_answers_only_what_was_committed_before_it() -> None:
    up = online()
    up.push(sound(1, 1000))
    up.committed("first")
    up.answering("response")
    up.push(sound(2, 1000))
    up.committed("second")
    up.answered("response")
    up.answered("unknown")
    assert up.has_unanswered_turn
    up.disconnected()
    assert set(np.frombuffer(audio(up.connected()), np.int16)) == {2}


def test_a_response_that_began_before_a_commit_arrived_does_not_answer_it() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 400))
    up.commit()
    up.answering("response")
    up.committed("first")
    up.answered("response")
    up.disconnected()
    assert turns_of(up.connected()) == [(1, 400)]


def test_a_turn_by_hand_is_answered_by_nobody_unasked() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 400))
    up.commit()
    assert not up.has_unanswered_turn


def test_speech_that_is_heard_again_survives_a_second_loss() -> None:
    up = online()
    up.push(sound(1, 400))
    up.speech_started(audio_start_ms=0)
    up.push(sound(1, 4000))
    up.disconnected()
    up.connected()
    up.push(sound(1, REHEARD_WITHIN_MS))
    up.disconnected()
    assert bytes_to_ms(len(audio(up.connected()))) == 4400 + REHEARD_WITHIN_MS


def test_what_a_new_detector_takes_for_silence_is_no_speech() -> None:
    up = online()
    up.push(sound(1, 400))
    up.speech_started(audio_start_ms=0)
    up.push(sound(1, 4000))
    up.disconnected()
    up.connected()
    assert not up.in_speech
    up.push(sound(0, REHEARD_WITHIN_MS + CHUNK_MS))
    up.disconnected()
    assert bytes_to_ms(len(audio(up.connected()))) == QUIET_KEPT_MS


def test_cleared_audio_is_not_sent_again() -> None:
    up = online(detects_turns=False)
    up.push(sound(1, 1010))
    assert [type(event) for event in up.clear()] == [InputAudioBufferClear]
    up.disconnected()
    assert up.connected() == []
