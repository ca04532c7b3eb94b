"""What a participant hears, kept with the time at which each piece arrived.

Pure values: no room and no clock; times come in, in seconds of any one clock.
"""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 24_000
"""The rate of everything a caller speaks and hears here, mono 16 bit."""
AUDIBLE_RMS = 200.0
"""Root mean square above which a piece counts as sound: about -44 dB of full scale."""

Samples = npt.NDArray[np.int16]


class Recording:
    """Owns the pieces heard so far, in order of arrival."""

    def __init__(self) -> None:
        self._pieces: list[tuple[float, Samples]] = []

    def add(self, piece: Samples, *, now: float) -> None:
        """Keep one piece that arrived at `now`."""
        self._pieces.append((now, piece))

    def samples(self, *, since: float = 0.0, until: float = float("inf")) -> Samples:
        """Everything that arrived from `since` on and before `until`."""
        pieces = [piece for at, piece in self._pieces if since <= at < until]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)

    def last_audible(self, *, since: float = 0.0) -> float | None:
        """When the last piece that is not silence arrived, from `since` on."""
        for at, piece in reversed(self._pieces):
            if at < since:
                return None
            if is_audible(piece):
                return at
        return None

    def save(self, file: Path) -> None:
        """Write everything heard to a WAV file."""
        write_wav(file, self.samples())


def is_audible(piece: Samples) -> bool:
    """Whether a piece is anything but silence."""
    loudness = np.sqrt(np.mean(np.square(piece, dtype=np.float64))) if piece.size else 0.0
    return bool(loudness > AUDIBLE_RMS)


def write_wav(file: Path, samples: Samples) -> None:
    """Write mono 24 kHz samples to a WAV file."""
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(samples.tobytes())


def read_wav(file: Path) -> Samples:
    """Read a 16-bit WAV file of any rate and channel count as mono 24 kHz.

    Raises:
        ValueError: the file is no 16-bit PCM WAV file.
    """
    try:
        with wave.open(str(file), "rb") as reader:
            channels, width, rate = reader.getparams()[:3]
            data = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{file} is no WAV file that can be read: {error}") from error
    if width != 2:
        raise ValueError(f"{file} has {8 * width} bits per sample: convert it to 16-bit PCM WAV")
    mono = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1)
    return resample(mono.astype(np.int16), rate)


def resample(samples: Samples, sample_rate: int) -> Samples:
    """Mono samples of any rate as 24 kHz."""
    if sample_rate == SAMPLE_RATE:
        return samples
    # Here, so that a caller who needs no other rate needs no resampler either.
    import soxr  # type: ignore[import-untyped]

    resampled: Samples = soxr.resample(samples, sample_rate, SAMPLE_RATE)
    return resampled
