"""How likely it is that a window of audio holds speech: by a neural detector, or by loudness alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..turn_detector import SpeechProbability
from .packages import SpeechPackagesMissing


def loudness_probability(window: npt.NDArray[np.int16]) -> float:
    """1 for a window louder than a quiet voice, else 0. For tests: a slammed door is speech to it."""
    return 1.0 if np.sqrt(np.mean(np.square(window.astype(np.float64)))) > 300 else 0.0


def neural_probability() -> SpeechProbability:
    """A neural detector with its own memory, for one session; 0.04 ms a window.

    Raises:
        SpeechPackagesMissing: the package ``livekit-local-inference`` is not installed.
    """
    try:
        from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES
    except ImportError:
        raise SpeechPackagesMissing from None
    detector = VAD()

    def probability(window: npt.NDArray[np.int16]) -> float:
        # 24 kHz to the detector's 16 kHz: a light low-pass, then three samples to two.
        smooth = np.convolve(window.astype(np.float32), (0.25, 0.5, 0.25), mode="same")
        at = np.arange(VAD_WINDOW_SAMPLES) * (len(window) / VAD_WINDOW_SAMPLES)
        samples = np.interp(at, np.arange(len(window)), smooth)
        return float(detector.predict(samples.astype(np.int16)))

    return probability
