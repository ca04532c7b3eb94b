"""The service's audio on its way down: bytes to frames, and how much of each message was received. Knows no clock."""

from __future__ import annotations

from livekit import rtc

from .audio_format import PCM_24_KHZ, AudioFormat
from .recent import Recent

MESSAGES_REMEMBERED = 64
"""A message is cut while it is played, or soon after."""


class OutputAudio:
    """Owns the length of the audio received for each of the last messages. Lives as long as the session.

    The service refuses to truncate a message beyond its audio, so a truncation is held to what was received.
    """

    def __init__(self, format: AudioFormat = PCM_24_KHZ) -> None:
        """Begin with no message. ``format``: what the service sends."""
        self._format = format
        self._received: Recent[str, int] = Recent(MESSAGES_REMEMBERED)
        self._odd: dict[str, bytes] = {}

    def frame(self, item_id: str, data: bytes) -> rtc.AudioFrame | None:
        """The next frame of a message's audio; None when ``data`` holds no whole sample."""
        data = self._odd.pop(item_id, b"") + data
        if len(data) % self._format.bytes_per_sample:
            self._odd[item_id] = data[-1:]
            data = data[:-1]
        if not data:
            return None
        self._received[item_id] = self._received.get(item_id, 0) + len(data)
        samples = len(data) // self._format.bytes_per_sample
        return rtc.AudioFrame(self._format.to_pcm(data), self._format.sample_rate, 1, samples)

    def received_ms(self, item_id: str) -> int:
        """Whole milliseconds received for the message; 0 for one that has none."""
        return self._format.bytes_to_ms(self._received.get(item_id, 0))

    def forget(self, item_id: str) -> None:
        """The message is gone."""
        self._received.pop(item_id, None)
        self._odd.pop(item_id, None)
