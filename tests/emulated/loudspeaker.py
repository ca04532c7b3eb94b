"""A loudspeaker whose playback the test moves by hand."""

from __future__ import annotations

import asyncio
import time

from livekit import rtc
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities


class Loudspeaker(AudioOutput):
    """Takes audio and plays as far as it is told: by default each segment to its end, at once.

    With `held` set, a segment stays in the air until it is cut off; `position_s` is then where it was cut.
    """

    def __init__(self) -> None:
        super().__init__(label="test", capabilities=AudioOutputCapabilities(pause=False))
        self.held = False
        self.position_s = 0.0
        self.segments: list[float] = []
        self.started = asyncio.Event()
        self._pushed_s = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._pushed_s == 0.0:
            self.on_playback_started(created_at=time.time())
            self.started.set()
        self._pushed_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._pushed_s and not self.held:
            self._finish(self._pushed_s, interrupted=False)

    def clear_buffer(self) -> None:
        if self._pushed_s:
            self._finish(self.position_s, interrupted=True)

    def _finish(self, position_s: float, *, interrupted: bool) -> None:
        self.segments.append(self._pushed_s)
        self._pushed_s = 0.0
        self.started.clear()
        self.on_playback_finished(playback_position=position_s, interrupted=interrupted)
