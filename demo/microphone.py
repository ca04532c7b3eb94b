"""A microphone made of samples: silence for ever, and in between what one gives it to speak."""

import asyncio

from demo.recording import SAMPLE_RATE, Samples
from livekit import rtc

FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE * FRAME_MS // 1000 * 2
QUEUE_MS = 60
"""How far ahead of the room the microphone may be: little, as speech should stop when told."""


class Microphone:
    """Owns the samples not yet spoken; feeds a WebRTC source in real time while it runs."""

    def __init__(self) -> None:
        self.source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=QUEUE_MS)
        self._pending = bytearray()
        self._silent = asyncio.Event()

    def push(self, samples: Samples) -> None:
        """Speak these samples behind those that wait."""
        self._pending += samples.tobytes()
        self._silent.clear()

    async def wait_until_silent(self) -> None:
        """Wait until everything pushed was spoken."""
        await self._silent.wait()

    async def run(self) -> None:
        """Feed the source for ever; the source itself keeps real time."""
        while True:
            frame = bytes(self._pending[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
            del self._pending[:FRAME_BYTES]
            await self.source.capture_frame(rtc.AudioFrame(frame, SAMPLE_RATE, 1, FRAME_BYTES // 2))
            if not self._pending:
                self._silent.set()
