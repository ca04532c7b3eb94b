"""The emulator's ears and voice, on their own and through a session. Compared by words, never by samples."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from voicelive_emulator.speech.audio_formats import InputDecoder, encode_output
from voicelive_emulator.speech.detector import neural_probability
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer, pitch_of, rate_of
from voicelive_emulator.turn_detector import SpeechStarted, SpeechStopped, TurnDetector, TurnRules

QUESTION = "What is the weather in London tomorrow?"
LONG = "I have looked that up for you and found three restaurants near the station."


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def noise(length: int, level: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, length).astype(np.int16)


def test_what_the_voice_says_the_ears_understand(ears: Recognizer, voice: Synthesizer) -> None:
    assert words(ears.transcribe(voice.synthesize(QUESTION))) == words(QUESTION)


def test_a_telephone_is_understood(ears: Recognizer, voice: Synthesizer) -> None:
    telephone = encode_output(voice.synthesize(QUESTION), "g711_ulaw")
    decoded = InputDecoder("g711_ulaw", 8_000).decode(telephone)
    assert words(ears.transcribe(decoded)) == words(QUESTION)


def test_a_noisy_room_is_understood(ears: Recognizer, voice: Synthesizer) -> None:
    speech = np.frombuffer(voice.synthesize(QUESTION), "<i2")
    noisy = np.clip(speech.astype(np.int32) + noise(len(speech), 300), -32768, 32767)
    heard = words(ears.transcribe(noisy.astype("<i2").tobytes()))
    assert {"weather", "london", "tomorrow"} <= set(heard)


@pytest.mark.parametrize("name", ["alloy", "ash", "marin", "en-US-AvaNeural", "en-US-AndrewNeural"])
def test_every_voice_is_understood(ears: Recognizer, voice: Synthesizer, name: str) -> None:
    speech = voice.synthesize(QUESTION, voice={"type": "azure-standard", "name": name})
    assert words(ears.transcribe(speech)) == words(QUESTION)


def test_a_sentence_sounds_the_same_every_time(voice: Synthesizer) -> None:
    assert voice.synthesize(QUESTION) == voice.synthesize(QUESTION)


def test_two_threads_may_speak_at_once(voice: Synthesizer) -> None:
    texts = [QUESTION, LONG, QUESTION, LONG]
    alone = [voice.synthesize(text) for text in texts]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(voice.synthesize, texts)) == alone


def test_voices_differ_by_name_pitch_and_rate() -> None:
    names = ["alloy", "ash", "marin", "en-US-AvaNeural", "en-US-AndrewNeural"]
    assert len({pitch_of({"name": name}) for name in names}) >= 3
    assert pitch_of({"name": "alloy"}) == pitch_of({"name": "alloy"})
    assert pitch_of({"name": "alloy", "pitch": "+10%"}) == pytest.approx(
        1.1 * pitch_of({"name": "alloy"})
    )
    assert [rate_of({"rate": rate}) for rate in ("1.2", "+20%", "-10%", "fast")] == [
        1.2,
        1.2,
        0.9,
        1,
    ]


def test_a_higher_rate_is_shorter(voice: Synthesizer) -> None:
    assert len(voice.synthesize(QUESTION, rate=1.4)) < 0.9 * len(voice.synthesize(QUESTION))


def test_sentences_come_one_by_one_with_the_times_of_their_words(voice: Synthesizer) -> None:
    first, second = voice.speak("Good morning to you. How are you?")
    assert first.text == "Good morning to you."
    assert [word.text for word in second.words] == ["How", "are", "you?"]
    length_ms = len(second.audio) // 48
    times = [(word.offset_ms, word.offset_ms + word.duration_ms) for word in second.words]
    assert times == sorted(times)
    assert 0 <= times[0][0] < times[-1][1] <= length_ms


def test_the_first_words_of_a_long_sentence_come_on_their_own_if_somebody_waits(
    voice: Synthesizer,
) -> None:
    assert [chunk.text for chunk in voice.speak(LONG)] == [LONG]
    first, rest = voice.speak(LONG, promptly=True)
    assert f"{first.text} {rest.text}" == LONG
    assert [word.text for word in first.words + rest.words] == LONG.split()
    assert len(first.audio) < len(rest.audio)
    last = first.words[-1]
    length_ms = len(first.audio) // 48
    assert length_ms - 50 <= last.offset_ms + last.duration_ms <= length_ms  # no pause in the seam


def test_what_is_spoken_in_two_pieces_is_understood(ears: Recognizer, voice: Synthesizer) -> None:
    speech = b"".join(chunk.audio for chunk in voice.speak(LONG, promptly=True))
    assert words(ears.transcribe(speech)) == words(LONG)


def test_nothing_is_said_of_nothing(voice: Synthesizer) -> None:
    assert list(voice.speak(" ", promptly=True)) == []


def test_silence_is_not_speech_and_a_voice_is(voice: Synthesizer) -> None:
    detector = TurnDetector(neural_probability(), TurnRules(silence_duration_ms=500))
    assert detector.push(bytes(48_000 * 2)) == []
    assert detector.push(noise(48_000, 300).tobytes()) == []
    speech = voice.synthesize(QUESTION)
    signals = detector.push(speech + bytes(48_000))
    (started,) = [signal for signal in signals if isinstance(signal, SpeechStarted)]
    (stopped,) = [signal for signal in signals if isinstance(signal, SpeechStopped)]
    assert started.start_ms == pytest.approx(4_000 - 300, abs=400)
    assert stopped.end_ms == pytest.approx(4_000 + len(speech) // 48 + 500, abs=500)
