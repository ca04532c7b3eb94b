"""The audio of one direction of a session: its encoding and rate, to PCM16 and back, bytes to milliseconds and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from .protocol import g711
from .protocol.audio import BYTES_PER_SAMPLE, SAMPLE_RATE

Encoding = Literal["pcm16", "g711_ulaw", "g711_alaw"]

OutputAudioFormat = Literal["pcm16", "pcm16_8000hz", "pcm16_16000hz", "g711_ulaw", "g711_alaw"]

FORMAT_FIELDS = ("input_audio_format", "input_audio_sampling_rate", "output_audio_format")
"""Of the session; what this module reads, and what is counted by."""

TELEPHONE_RATE = 8_000
"""Hz. The one rate of G.711."""

INPUT_RATES = {
    "pcm16": (8_000, 16_000, SAMPLE_RATE),
    "g711_ulaw": (TELEPHONE_RATE,),
    "g711_alaw": (TELEPHONE_RATE,),
}
"""Hz, the best last. Source: Voice Live API reference 2026-07-15."""


@dataclass(frozen=True)
class AudioFormat:
    """Mono audio; little-endian where a sample has two bytes."""

    encoding: Encoding = "pcm16"
    sample_rate: int = SAMPLE_RATE

    @property
    def bytes_per_sample(self) -> int:
        """Two of PCM16, one of G.711."""
        return BYTES_PER_SAMPLE if self.encoding == "pcm16" else 1

    def bytes_to_ms(self, length: int) -> int:
        """Whole milliseconds in so many bytes; a started one does not count."""
        return length * 1000 // (self.sample_rate * self.bytes_per_sample)

    def ms_to_bytes(self, duration_ms: int) -> int:
        """Bytes that last so long."""
        return duration_ms * self.sample_rate // 1000 * self.bytes_per_sample

    def from_pcm(self, pcm: bytes) -> bytes:
        """PCM16 of this format's rate, encoded."""
        if self.encoding == "pcm16":
            return pcm
        return g711.encode(np.frombuffer(pcm, "<i2"), self.encoding)

    def to_pcm(self, data: bytes) -> bytes:
        """Whole samples of this format as PCM16 of its rate."""
        if self.encoding == "pcm16":
            return data
        return g711.decode(data, self.encoding).tobytes()


PCM_24_KHZ = AudioFormat()
"""The service's default in both directions, and the only format that all voices can speak."""

OUTPUT_FORMATS: dict[str, AudioFormat] = {
    "pcm16": PCM_24_KHZ,
    "pcm16_8000hz": AudioFormat("pcm16", 8_000),
    "pcm16_16000hz": AudioFormat("pcm16", 16_000),
    "g711_ulaw": AudioFormat("g711_ulaw", TELEPHONE_RATE),
    "g711_alaw": AudioFormat("g711_alaw", TELEPHONE_RATE),
}
"""Source: Voice Live API reference 2026-07-15."""


def input_format(name: str | None, sample_rate: int | None) -> AudioFormat:
    """What we send, by the session's ``input_audio_format`` and ``input_audio_sampling_rate``; None is the service's default.

    Raises:
        ValueError: there is no such format; the text says what to use.
    """
    encoding = name or "pcm16"
    if encoding not in INPUT_RATES:
        raise ValueError(f"`input_audio_format` must be {_either(INPUT_RATES)}; got {name!r}")
    rates = INPUT_RATES[encoding]
    rate = rates[-1] if sample_rate is None else sample_rate
    if rate not in rates:
        raise ValueError(
            f"`input_audio_sampling_rate` must be {_either(rates)} with {encoding}; got {rate!r}"
        )
    return AudioFormat(cast(Encoding, encoding), rate)


def output_format(name: str | None) -> AudioFormat:
    """What the service sends, by the session's ``output_audio_format``; None is the service's default.

    Raises:
        ValueError: there is no such format; the text says what to use.
    """
    found = OUTPUT_FORMATS.get(name or "pcm16")
    if found is None:
        raise ValueError(f"`output_audio_format` must be {_either(OUTPUT_FORMATS)}; got {name!r}")
    return found


def _either(names: Iterable[object]) -> str:
    return " or ".join(str(name) for name in names)
