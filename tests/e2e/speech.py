"""The caller's own mouth and ears: a voice unlike the agent's, and a recogniser that only listens."""

import difflib
import re

import numpy as np

from demo.recording import SAMPLE_RATE, Samples
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

PAUSE_MS = 200


class Speech:
    """Owns the loaded models."""

    def __init__(self) -> None:
        self._synthesizer = Synthesizer()
        self._recognizer = Recognizer()

    def of(self, text: str) -> Samples:
        """A person saying `text`: a higher and slightly slower voice than the agent's."""
        voice = {"name": "caller", "type": "azure-standard", "pitch": "+12%"}
        audio = self._synthesizer.synthesize(text, voice=voice, rate=0.95)
        pause = np.zeros(SAMPLE_RATE * PAUSE_MS // 1000, np.int16)
        return np.concatenate([pause, np.frombuffer(audio, np.int16), pause])

    def words_in(self, samples: Samples) -> str:
        """What is said in `samples`, as one listener understands it, normalised."""
        return normalised(self._recognizer.transcribe(samples.tobytes()))


def normalised(text: str) -> str:
    """Lower case words and digits alone, so that two spellings of one sentence are equal."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def similarity(one: str, other: str) -> float:
    """0 for nothing in common to 1 for the same words in the same order."""
    return difflib.SequenceMatcher(None, normalised(one).split(), normalised(other).split()).ratio()
