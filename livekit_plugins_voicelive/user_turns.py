"""The user's turns: when each began, and its words as far as they are known. Pure state, keyed by item id."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livekit.agents import llm

from .protocol.server_events import (
    InputAudioTranscriptionCompleted,
    InputAudioTranscriptionDelta,
    LogProb,
)
from .protocol.wire_struct import given
from .recent import Recent

TURNS_REMEMBERED = 64
"""Words can come long after their turn, but not after so many others."""


@dataclass
class UserTurn:
    """One stretch of user speech, which becomes one user message."""

    started_at: float | None = None
    """Unix seconds of its ``speech_started``; it decides where the message stands in LiveKit's history."""
    audio_start_ms: int = 0
    audio_end_ms: int = 0
    by_hand_s: float | None = None
    """All that was committed, where we ended the turn and no detector."""
    committed: bool = False
    words: str = ""
    final: bool = False

    @property
    def duration_s(self) -> float:
        """How long the user spoke, as far as the service has told."""
        if self.by_hand_s is not None:
            return self.by_hand_s
        return max(0, self.audio_end_ms - self.audio_start_ms) / 1000


class UserTurns:
    """Owns the turns of the session; a turn is reported as final once."""

    def __init__(self) -> None:
        self._turns: Recent[str, UserTurn] = Recent(TURNS_REMEMBERED)

    def started(self, item_id: str, audio_start_ms: int, *, started_at: float) -> None:
        """Speech begins."""
        turn = self[item_id]
        turn.started_at, turn.audio_start_ms = started_at, audio_start_ms

    def stopped(self, item_id: str, audio_end_ms: int) -> None:
        """Speech ends."""
        self[item_id].audio_end_ms = audio_end_ms

    def committed(self, item_id: str) -> bool:
        """The turn is a message; False if it has been one before."""
        turn = self[item_id]
        known, turn.committed = turn.committed, True
        return not known

    def ended_by_hand(self, item_id: str, duration_s: float) -> None:
        """No detector told how long the turn was."""
        self[item_id].by_hand_s = duration_s

    def heard(self, event: InputAudioTranscriptionDelta) -> llm.InputTranscriptionCompleted | None:
        """More words: an interim transcript, which holds all words so far."""
        turn = self[event.item_id]
        delta = given(event.delta)
        if turn.final or not delta:
            return None
        turn.words += delta
        return self._transcript(event.item_id, turn.words, is_final=False)

    def completed(
        self, event: InputAudioTranscriptionCompleted
    ) -> llm.InputTranscriptionCompleted | None:
        """All words: the final transcript; None for an empty one, or a second one (both occur)."""
        return self._complete(
            event.item_id, given(event.transcript) or "", _confidence(given(event.logprobs))
        )

    def failed(self, item_id: str) -> llm.InputTranscriptionCompleted | None:
        """The transcription gave up: what was heard so far is final; None if that is nothing."""
        return self._complete(item_id, self[item_id].words, None)

    def final_words(self, item_id: str) -> str | None:
        """All words of a turn that is complete."""
        turn = self._turns.get(item_id)
        return turn.words if turn and turn.final else None

    def _complete(
        self, item_id: str, words: str, confidence: float | None
    ) -> llm.InputTranscriptionCompleted | None:
        turn = self[item_id]
        if turn.final or not words.strip():
            return None
        turn.words, turn.final = words, True
        return self._transcript(item_id, words, is_final=True, confidence=confidence)

    def _transcript(
        self, item_id: str, words: str, *, is_final: bool, confidence: float | None = None
    ) -> llm.InputTranscriptionCompleted:
        return llm.InputTranscriptionCompleted(
            item_id=item_id,
            transcript=words,
            is_final=is_final,
            confidence=confidence,
            turn_started_at=self[item_id].started_at,
        )

    def __getitem__(self, item_id: str) -> UserTurn:
        """The turn of that item, known or new."""
        if item_id not in self._turns:
            self._turns[item_id] = UserTurn()
        return self._turns[item_id]


def _confidence(logprobs: list[LogProb] | None) -> float | None:
    """0 to 1: the geometric mean of the tokens' probabilities, where the service includes them."""
    if not logprobs:
        return None
    mean = sum(token.logprob for token in logprobs) / len(logprobs)
    return min(1.0, math.exp(mean))
