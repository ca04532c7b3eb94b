"""The input audio buffer: what the client sent and no message holds yet, with its place in the session's audio."""

from __future__ import annotations

from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes

KEPT_MS = 5_000
"""Outside speech, with a turn detector listening, only this much is kept for the prefix of the next turn."""


class InputBuffer:
    """Owns buffered PCM16 mono 24 kHz until it is committed or cleared. Positions count from the session's first audio."""

    def __init__(self) -> None:
        self._audio = bytearray()
        self._dropped = 0

    @property
    def end_ms(self) -> int:
        """How much audio the session has had."""
        return bytes_to_ms(self._dropped + len(self._audio))

    def __len__(self) -> int:
        return len(self._audio)

    def append(self, pcm: bytes) -> None:
        """More audio."""
        self._audio += pcm

    def since(self, start_ms: int) -> bytes:
        """A copy of what is buffered from ``start_ms`` on."""
        return bytes(self._audio[max(ms_to_bytes(start_ms) - self._dropped, 0) :])

    def take(self, start_ms: int = 0, end_ms: int | None = None) -> bytes:
        """Remove everything up to ``end_ms``, and return the part of it from ``start_ms`` on."""
        first = max(ms_to_bytes(start_ms) - self._dropped, 0)
        last = len(self._audio) if end_ms is None else ms_to_bytes(end_ms) - self._dropped
        taken = bytes(self._audio[first:last])
        self._drop(last)
        return taken

    def clear(self) -> None:
        """Drop it all."""
        self._drop(len(self._audio))

    def trim(self) -> None:
        """Drop what no turn can need any more."""
        self._drop(max(len(self._audio) - ms_to_bytes(KEPT_MS), 0))

    def _drop(self, length: int) -> None:
        length = min(length, len(self._audio))
        del self._audio[:length]
        self._dropped += length
