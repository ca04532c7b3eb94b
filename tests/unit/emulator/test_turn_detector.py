import pytest

from tests.unit.emulator.client import silence
from voicelive_emulator.speech.detector import loudness_probability
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.turn_detector import (
    PauseStarted,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    TurnDetector,
    TurnRules,
    TurnSignal,
)


def signals(audio: bytes, *, chunk_ms: int = 20, **rules: int) -> list[TurnSignal]:
    detector = TurnDetector(loudness_probability, TurnRules(**rules))
    size = chunk_ms * 48
    found: list[TurnSignal] = []
    for start in range(0, len(audio), size):
        found += detector.push(audio[start : start + size])
    return found


def test_a_turn_starts_with_its_padding_and_stops_after_its_silence() -> None:
    audio = silence(1_600) + hum(1_600) + silence(960)
    assert signals(audio, prefix_padding_ms=300, silence_duration_ms=480) == [
        SpeechStarted(1_600 - 300),
        PauseStarted(),
        SpeechStopped(3_200 + 480),
    ]


@pytest.mark.parametrize("chunk_ms", [1, 10, 33, 5_000])
def test_the_size_of_the_chunks_changes_nothing(chunk_ms: int) -> None:
    audio = silence(640) + hum(960) + silence(640)
    assert signals(audio, chunk_ms=chunk_ms) == signals(audio)


def test_a_click_is_no_speech() -> None:
    assert signals(silence(640) + hum(96) + silence(640), speech_duration_ms=200) == []
    assert signals(silence(640) + hum(96) + silence(640), speech_duration_ms=64) != []


def test_a_pause_shorter_than_the_silence_is_only_a_pause() -> None:
    audio = hum(960) + silence(320) + hum(960) + silence(640)
    assert [type(signal) for signal in signals(audio, silence_duration_ms=500)] == [
        SpeechStarted,
        PauseStarted,
        SpeechResumed,
        PauseStarted,
        SpeechStopped,
    ]


def test_the_padding_does_not_reach_into_the_turn_before() -> None:
    audio = hum(640) + silence(320) + hum(640) + silence(320)
    first, second = (
        signal
        for signal in signals(audio, silence_duration_ms=192, prefix_padding_ms=2_000)
        if isinstance(signal, SpeechStarted)
    )
    assert (first.start_ms, second.start_ms) == (0, 640 + 192)


def test_a_higher_threshold_hears_less() -> None:
    detector = TurnDetector(lambda _: 0.6, TurnRules(threshold=0.7))
    assert detector.push(silence(2_000)) == []
    detector.rules = TurnRules(threshold=0.5)
    assert detector.push(silence(2_000)) != []
