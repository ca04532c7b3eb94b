import numpy as np
import pytest

from livekit_plugins_voicelive.audio_format import (
    OUTPUT_FORMATS,
    AudioFormat,
    input_format,
    output_format,
)


@pytest.mark.parametrize(
    ("name", "rate", "bytes_of_a_second"),
    [
        (None, None, 48_000),
        ("pcm16", 16_000, 32_000),
        ("pcm16", 8_000, 16_000),
        ("g711_ulaw", None, 8_000),
        ("g711_alaw", 8_000, 8_000),
    ],
)
def test_milliseconds_are_counted_in_the_formats_own_bytes(
    name: str | None, rate: int | None, bytes_of_a_second: int
) -> None:
    format = input_format(name, rate)
    assert format.ms_to_bytes(1_000) == bytes_of_a_second
    assert format.bytes_to_ms(bytes_of_a_second) == 1_000
    assert format.bytes_to_ms(bytes_of_a_second - 1) == 999


def test_output_formats_have_their_rates() -> None:
    rates = {name: output_format(name).sample_rate for name in OUTPUT_FORMATS}
    assert rates == {
        "pcm16": 24_000,
        "pcm16_8000hz": 8_000,
        "pcm16_16000hz": 16_000,
        "g711_ulaw": 8_000,
        "g711_alaw": 8_000,
    }


@pytest.mark.parametrize("format", [AudioFormat(), *OUTPUT_FORMATS.values()])
def test_silence_stays_silence_there_and_back(format: AudioFormat) -> None:
    back = np.frombuffer(format.to_pcm(format.from_pcm(bytes(20))), np.int16)
    assert len(back) == 10
    assert np.abs(back).max() <= 8


@pytest.mark.parametrize(
    ("name", "rate", "words"),
    [
        ("opus", None, ["input_audio_format", "g711_ulaw", "opus"]),
        ("pcm16", 44_100, ["input_audio_sampling_rate", "24000", "44100"]),
        ("g711_alaw", 16_000, ["input_audio_sampling_rate", "8000", "g711_alaw"]),
    ],
)
def test_an_unknown_input_format_is_refused_by_name(
    name: str, rate: int | None, words: list[str]
) -> None:
    with pytest.raises(ValueError, match="must be") as refusal:
        input_format(name, rate)
    assert all(word in str(refusal.value) for word in words)


def test_an_unknown_output_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"output_audio_format.*pcm16_8000hz.*pcm16-8000hz"):
        output_format("pcm16-8000hz")
