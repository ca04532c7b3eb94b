"""The audio of the wire: PCM16, mono, 24 kHz, little-endian. Constants, and bytes to milliseconds and back."""

from __future__ import annotations

SAMPLE_RATE = 24_000
"""Hz. The service's default in both directions, and the only rate that all voices can speak."""

BYTES_PER_SAMPLE = 2

BYTES_PER_MS = SAMPLE_RATE * BYTES_PER_SAMPLE // 1000
"""48 bytes are one millisecond."""


def bytes_to_ms(length: int) -> int:
    """Whole milliseconds in ``length`` bytes of PCM16 mono 24 kHz; a started millisecond does not count."""
    return length // BYTES_PER_MS


def ms_to_bytes(duration_ms: int) -> int:
    """Bytes of PCM16 mono 24 kHz that last ``duration_ms``."""
    return duration_ms * BYTES_PER_MS
