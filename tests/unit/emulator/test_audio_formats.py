import numpy as np
import pytest

from voicelive_emulator.audio_formats import InputDecoder, encode_output
from voicelive_emulator.stand_ins import hum


@pytest.mark.parametrize("format", ["g711_ulaw", "g711_alaw", "pcm16_16000hz", "pcm16_8000hz"])
def test_a_tone_survives_every_output_format(format: str) -> None:
    rate = 16_000 if format == "pcm16_16000hz" else 8_000
    encoded = encode_output(hum(1_000), format)
    assert len(encoded) == rate * (1 if format.startswith("g711") else 2)
    name = format if format.startswith("g711") else "pcm16"
    decoded = np.frombuffer(InputDecoder(name, rate).decode(encoded), "<i2")
    peak = np.argmax(np.abs(np.fft.rfft(decoded))) * 24_000 / len(decoded)
    assert peak == pytest.approx(220, abs=2)
    assert np.abs(decoded).max() == pytest.approx(8_000, rel=0.1)


def test_half_a_sample_waits_for_its_other_half() -> None:
    decoder = InputDecoder("pcm16", 24_000)
    tone = hum(10)
    assert b"".join(decoder.decode(tone[at : at + 3]) for at in range(0, len(tone), 3)) == tone
