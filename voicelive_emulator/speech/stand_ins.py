"""Ears, a voice and tool servers that cost nothing: for tests and load runs in which nobody has to be understood.

They do not pretend: the ears hear only what they were told beforehand, the voice only hums, no server is there.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from livekit_plugins_voicelive.protocol.audio import SAMPLE_RATE

from ..work import ServerTools, SpokenChunk, ToolOutput, Word

MS_PER_CHARACTER = 60


class DeafEars:
    """Answers with the given transcripts, one after the other, then with nothing."""

    def __init__(self, *transcripts: str) -> None:
        """``transcripts``: what each utterance is taken to be."""
        self._transcripts = deque(transcripts)

    def transcribe(self, pcm: bytes, *, phrases: Sequence[str] = ()) -> str:
        """The next transcript."""
        return self._transcripts.popleft() if self._transcripts else ""


class HummingVoice:
    """Hums for as long as speaking would take."""

    def speak(
        self, text: str, *, voice: dict[str, Any] | None = None, promptly: bool = False
    ) -> Iterator[SpokenChunk]:
        """A hum for each sentence, with the times of its words. To hum takes no time, so it is always prompt."""
        for sentence in sentences(text):
            words = []
            offset_ms = 0
            for word in sentence.split():
                duration_ms = MS_PER_CHARACTER * len(word)
                words.append(Word(word, offset_ms, duration_ms))
                offset_ms += duration_ms
            yield SpokenChunk(sentence, hum(offset_ms), tuple(words))


class UnreachableToolServers:
    """As if no MCP server were there."""

    def list_tools(self, server: dict[str, Any]) -> ServerTools:
        """Nothing.

        Raises:
            ConnectionError: always.
        """
        raise ConnectionError

    def call_tool(self, server: dict[str, Any], name: str, arguments: str) -> ToolOutput:
        """Nothing.

        Raises:
            ConnectionError: always.
        """
        raise ConnectionError


def sentences(text: str) -> list[str]:
    """Cut after full stops, question and exclamation marks."""
    return [part for part in re.split(r"(?<=[.!?…])\s+", text.strip()) if part]


def hum(duration_ms: int, *, pitch_hz: int = 220) -> bytes:
    """A steady tone, PCM16 mono 24 kHz."""
    times = np.arange(SAMPLE_RATE * duration_ms // 1000) / SAMPLE_RATE
    return (8_000 * np.sin(2 * np.pi * pitch_hz * times)).astype("<i2").tobytes()
