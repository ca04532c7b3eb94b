"""The wire's audio formats to PCM16 mono 24 kHz, in which the emulator hears and speaks, and back.

Source: Voice Live API reference 2026-07-15 for the names and rates.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livekit_plugins_voicelive.protocol import g711
from livekit_plugins_voicelive.protocol.audio import SAMPLE_RATE

Samples = npt.NDArray[np.int16]

OUTPUT_RATES = {
    "pcm16": 24_000,
    "pcm16_24000hz": 24_000,
    "pcm16_8000hz": 8_000,
    "pcm16_16000hz": 16_000,
    "pcm16_22050hz": 22_050,
    "pcm16_44100hz": 44_100,
    "pcm16_48000hz": 48_000,
    "g711_ulaw": 8_000,
    "g711_alaw": 8_000,
}


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """The same sound at another rate; whole utterances or long pieces, because each call starts afresh."""
    if from_rate == to_rate or not len(samples):
        return samples
    import soxr  # type: ignore[import-untyped]

    resampled: Samples = soxr.resample(samples, from_rate, to_rate)
    return resampled


class InputDecoder:
    """Owns the resampler of one session's incoming audio."""

    def __init__(self, format: str, sample_rate: int, channels: int = 1) -> None:
        """``sample_rate`` in Hz, as the session says; G.711 is at 8000 whatever it says.

        Of two ``channels`` the second is what the client plays, which is passed over.
        """
        self._channels = channels
        rate = sample_rate if format == "pcm16" else 8_000
        self._format = format
        self._rest = b""
        self._stream = None
        if rate != SAMPLE_RATE:
            import soxr

            self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="int16")

    def decode(self, data: bytes) -> bytes:
        """Any number of bytes in the session's format to PCM16 mono 24 kHz."""
        samples = self._samples(data)
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples)
        return samples.tobytes()

    def _samples(self, data: bytes) -> Samples:
        if self._format in ("g711_ulaw", "g711_alaw"):
            return g711.decode(data, self._format)
        data = self._rest + data
        frame_bytes = 2 * self._channels
        whole = len(data) // frame_bytes * frame_bytes
        data, self._rest = data[:whole], data[whole:]
        return np.frombuffer(data, "<i2").astype(np.int16)[:: self._channels]


class OutputEncoder:
    """Owns the resampler of one message's outgoing audio, so that its pieces join without a click."""

    def __init__(self, format: str) -> None:
        """``format``: an output format of the wire."""
        self._format = format
        self._stream = None
        if OUTPUT_RATES[format] != SAMPLE_RATE:
            import soxr

            self._stream = soxr.ResampleStream(SAMPLE_RATE, OUTPUT_RATES[format], 1, dtype="int16")

    def encode(self, pcm: bytes, *, last: bool = False) -> bytes:
        """PCM16 mono 24 kHz to the format. What a resampler holds back comes with the ``last`` piece."""
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples, last=last)
        if self._format == "g711_ulaw" or self._format == "g711_alaw":
            return g711.encode(samples, self._format)
        return samples.tobytes()


def encode_output(pcm: bytes, format: str) -> bytes:
    """All of PCM16 mono 24 kHz to an output format of the wire."""
    return OutputEncoder(format).encode(pcm, last=True)
