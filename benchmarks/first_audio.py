"""Measures how long the emulator's voice takes from a text to its first sound.

python benchmarks/first_audio.py
"""

from __future__ import annotations

import time
from statistics import median

from voicelive_emulator.speech.synthesizer import Synthesizer

TEXTS = (
    "Hello!",
    "Twelve times seven is eighty-four.",
    "It is foggy and twelve degrees in London, with a light wind from the west.",
    "Once upon a time there was a lighthouse. Its keeper had not seen a ship for years.",
    "The meeting on Thursday afternoon has been moved to the large conference room on the second floor.",
)
ROUNDS = 5


def first_audio_s(voice: Synthesizer, text: str) -> float:
    """From the call to the first chunk."""
    begun = time.perf_counter()
    next(iter(voice.speak(text, promptly=True)))
    return time.perf_counter() - begun


def main() -> None:
    """Print one line for each text."""
    voice = Synthesizer()
    first_audio_s(voice, "Warm up.")
    for text in TEXTS:
        measured = [first_audio_s(voice, text) for _ in range(ROUNDS)]
        print(f"{median(measured) * 1000:4.0f} ms  {text}")


if __name__ == "__main__":
    main()
