import numpy as np
import pytest

from livekit_plugins_voicelive.protocol import g711, server_events as server
from tests.unit.emulator.client import CASCADE, Connect
from voicelive_emulator.speech.audio_formats import (
    OUTPUT_RATES,
    InputDecoder,
    OutputEncoder,
    encode_output,
)
from voicelive_emulator.speech.stand_ins import hum


def pitch_hz(samples: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


def decoded(encoded: bytes, format: str) -> np.ndarray:
    """Any output format as 24 kHz samples."""
    name = format if format.startswith("g711") else "pcm16"
    return np.frombuffer(InputDecoder(name, OUTPUT_RATES[format]).decode(encoded), "<i2")


def assert_alike(one: bytes, other: bytes, format: str) -> None:
    """As many samples, and none differs by more than the format's own steps."""
    assert len(one) == len(other)
    as_wire = "pcm16" if format.startswith("pcm16") else format
    first, second = (InputDecoder(as_wire, 24_000)._samples(part) for part in (one, other))
    largest = np.abs(first.astype(np.int32) - second).max()
    assert largest <= (10 if as_wire == "pcm16" else 256)


@pytest.mark.parametrize("format", OUTPUT_RATES)
def test_a_tone_survives_every_output_format(format: str) -> None:
    encoded = encode_output(hum(1_000), format)
    assert len(encoded) == OUTPUT_RATES[format] * (1 if format.startswith("g711") else 2)
    samples = decoded(encoded, format)
    assert pitch_hz(samples, 24_000) == pytest.approx(220, abs=2)
    assert np.abs(samples).max() == pytest.approx(8_000, rel=0.1)


@pytest.mark.parametrize("format", OUTPUT_RATES)
def test_pieces_join_without_a_click(format: str) -> None:
    tone = hum(1_000)[2 * 1_234 :]  # so that no piece begins where the wave does
    encoder = OutputEncoder(format)
    pieces = [encoder.encode(tone[at : at + 4_800]) for at in range(0, len(tone), 4_800)]
    joined = b"".join(pieces) + encoder.encode(b"", last=True)
    assert_alike(joined, encode_output(tone, format), format)


@pytest.mark.parametrize("format", OUTPUT_RATES)
def test_an_answer_is_as_long_in_every_format(connect: Connect, format: str) -> None:
    caller = connect(backend=CASCADE)
    caller.configure(output_audio_format=format)
    events = caller.write('Say exactly "Good morning."')
    sent = b"".join(e.delta for e in events if isinstance(e, server.ResponseAudioDelta))
    caller.configure(output_audio_format="pcm16")
    again = caller.write('Say exactly "Good morning."')
    plain = b"".join(e.delta for e in again if isinstance(e, server.ResponseAudioDelta))
    assert_alike(sent, encode_output(plain, format), format)


@pytest.mark.parametrize(
    ("format", "rate"),
    [
        *((name, 8_000) for name in ("pcm16", "g711_ulaw", "g711_alaw")),
        *(("pcm16", rate) for rate in (16_000, 24_000, 44_100)),
    ],
)
def test_a_tone_is_heard_in_every_input_format_and_rate(format: str, rate: int) -> None:
    times = np.arange(rate) / rate
    tone = (8_000 * np.sin(2 * np.pi * 220 * times)).astype("<i2")
    data = tone.tobytes() if format == "pcm16" else g711.encode(tone, format)
    decoder = InputDecoder(format, rate)
    heard = b"".join(decoder.decode(data[at : at + 640]) for at in range(0, len(data), 640))
    samples = np.frombuffer(heard, "<i2")
    assert len(samples) == pytest.approx(24_000, rel=0.03)
    assert pitch_hz(samples, 24_000) == pytest.approx(220, abs=5)


def test_half_a_sample_waits_for_its_other_half() -> None:
    decoder = InputDecoder("pcm16", 24_000)
    tone = hum(10)
    assert b"".join(decoder.decode(tone[at : at + 3]) for at in range(0, len(tone), 3)) == tone
