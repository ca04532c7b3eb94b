"""When speech starts and stops: the turn logic over a speech probability for every 32 ms of audio.

Pure: the probability comes from a function, so the same logic runs on a neural detector and, in tests, on loudness.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livekit_plugins_voicelive.protocol.audio import BYTES_PER_MS, SAMPLE_RATE

SpeechProbability = Callable[[npt.NDArray[np.int16]], float]
"""From one window of :data:`WINDOW_SAMPLES` samples, 24 kHz mono, to 0…1. May remember the windows before."""

WINDOW_MS = 32
WINDOW_SAMPLES = SAMPLE_RATE * WINDOW_MS // 1000
_WINDOW_BYTES = WINDOW_MS * BYTES_PER_MS

HYSTERESIS = 0.15
"""Speech that runs ends only this far below the threshold, so that a weak syllable does not cut it."""

PAUSE_MS = 96
"""From this much silence on it is worth recognising what was said so far."""

_GAP_MS = 64
"""Silence this short inside an onset does not restart it."""


@dataclass(frozen=True)
class TurnRules:
    """The numbers of a ``turn_detection`` object."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 200
    speech_duration_ms: int = 200
    patience_ms: int | None = None
    """How much longer the silence after unfinished words lasts. With it, no turn ends before :meth:`TurnDetector.judge`."""


@dataclass(frozen=True)
class SpeechStarted:
    """Speech began at ``start_ms`` of the session's audio, prefix padding included."""

    start_ms: int


@dataclass(frozen=True)
class PauseStarted:
    """The speaker pauses; perhaps the turn ends here."""


@dataclass(frozen=True)
class SpeechResumed:
    """The pause was only a pause."""


@dataclass(frozen=True)
class SpeechStopped:
    """The turn ended; ``end_ms`` includes the silence that ended it."""

    end_ms: int


TurnSignal = SpeechStarted | PauseStarted | SpeechResumed | SpeechStopped


class TurnDetector:
    """Owns where in the audio we are, and whether somebody is speaking; both live as long as the session."""

    def __init__(self, probability: SpeechProbability, rules: TurnRules | None = None) -> None:
        """``rules`` may change at any time, between two windows."""
        self.rules = rules or TurnRules()
        self._probability = probability
        self._rest = bytearray()
        self._position_ms = 0
        self._earliest_ms = 0
        self._speaking = False
        self._speech_ms = 0
        self._silence_ms = 0
        self._onset_ms = 0
        self._finished: bool | None = None

    @property
    def speaking(self) -> bool:
        """Whether a turn is open."""
        return self._speaking

    @property
    def speech_ms(self) -> int:
        """How much speech the open turn has had, or an onset so far."""
        return self._speech_ms

    def judge(self, *, finished: bool) -> None:
        """What the words before the pause under way say. Forgotten when the speaker goes on."""
        self._finished = finished

    def reset(self, *, position_ms: int) -> None:
        """Forget the open turn; audio before ``position_ms`` belongs to nobody any more."""
        self._speaking = False
        self._finished = None
        self._speech_ms = self._silence_ms = 0
        self._earliest_ms = position_ms

    def skip(self, length: int) -> None:
        """``length`` bytes went by unheard, because turn detection is off."""
        self._rest.clear()
        self._position_ms += length // BYTES_PER_MS
        self._earliest_ms = self._position_ms

    def push(self, pcm: bytes) -> list[TurnSignal]:
        """Listen to PCM16 mono 24 kHz of any length."""
        self._rest += pcm
        signals: list[TurnSignal] = []
        while len(self._rest) >= _WINDOW_BYTES:
            window = np.frombuffer(bytes(self._rest[:_WINDOW_BYTES]), "<i2")
            del self._rest[:_WINDOW_BYTES]
            self._position_ms += WINDOW_MS
            signal = self._window(self._probability(window))
            if signal is not None:
                signals.append(signal)
        return signals

    def _window(self, probability: float) -> TurnSignal | None:
        if self._speaking:
            return self._while_speaking(probability >= self.rules.threshold - HYSTERESIS)
        return self._while_silent(probability >= self.rules.threshold)

    def _while_silent(self, heard: bool) -> TurnSignal | None:
        if not heard:
            self._silence_ms += WINDOW_MS
            if self._silence_ms > _GAP_MS:
                self._speech_ms = 0
            return None
        if self._speech_ms == 0:
            self._onset_ms = self._position_ms - WINDOW_MS
        self._speech_ms += WINDOW_MS
        self._silence_ms = 0
        if self._speech_ms < self.rules.speech_duration_ms:
            return None
        self._speaking = True
        start_ms = self._onset_ms - self.rules.prefix_padding_ms
        return SpeechStarted(max(start_ms, self._earliest_ms, 0))

    def _while_speaking(self, heard: bool) -> TurnSignal | None:
        if heard:
            paused = self._silence_ms >= PAUSE_MS
            self._silence_ms = 0
            self._speech_ms += WINDOW_MS
            self._finished = None
            return SpeechResumed() if paused else None
        before = self._silence_ms
        self._silence_ms += WINDOW_MS
        if self._silence_ms >= self._longest_pause_ms:
            self.reset(position_ms=self._position_ms)
            return SpeechStopped(self._position_ms)
        if before < PAUSE_MS <= self._silence_ms:
            return PauseStarted()
        return None

    @property
    def _longest_pause_ms(self) -> float:
        rules = self.rules
        if rules.patience_ms is None or self._finished:
            return rules.silence_duration_ms
        if self._finished is None:
            return math.inf
        return rules.silence_duration_ms + rules.patience_ms
