"""The user's turns that may have to be said again: their audio, until they are understood or answered. Pure state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class CommittedTurn:
    """What was said up to a commit."""

    id: str
    """The user message's; until the service has told it, our commit's."""
    audio: bytes
    length: int
    """Bytes of all audio since the commit before; of a long turn not all is kept."""
    by_hand: bool
    """Committed by us, not by the service's detector."""
    confirmed: bool
    """The service has made a message of it."""


class CommittedTurns:
    """Owns the turns, oldest first, and which of them each running response answers."""

    def __init__(self, limit: int) -> None:
        """``limit``: bytes of audio; beyond that the oldest is given up, but for the last turn."""
        self._limit = limit
        self._turns: list[CommittedTurn] = []
        self._answers: dict[str, list[CommittedTurn]] = {}

    def add(self, turn: CommittedTurn) -> None:
        """A turn ended."""
        length = sum(len(known.audio) for known in self._turns) + len(turn.audio)
        for known in self._turns:
            if length > self._limit:
                length -= len(known.audio)
                known.audio = b""
        self._turns.append(turn)

    def confirm(self, commit_id: str, item_id: str) -> CommittedTurn:
        """The service has made a message of what we committed."""
        turn = next(turn for turn in self._turns if turn.id == commit_id)
        turn.id, turn.confirmed = item_id, True
        return turn

    def forget(self, id: str) -> None:
        """That turn need not be said again."""
        self._turns = [turn for turn in self._turns if turn.id != id]

    def answering(self, response_id: str) -> None:
        """A response began; it answers what is a message by now."""
        self._answers[response_id] = [turn for turn in self._turns if turn.confirmed]

    def answered(self, response_id: str) -> None:
        """A response ended: what it answered need not be said again."""
        answered = self._answers.pop(response_id, [])
        self._turns = [turn for turn in self._turns if turn not in answered]

    @property
    def answered_unasked(self) -> bool:
        """Whether one of them, said again, ends by the service's detector, and so is answered by itself."""
        return any(turn.audio and not turn.by_hand for turn in self._turns)

    def take(self) -> list[CommittedTurn]:
        """All that there is to say again, on a new connection: the old one's responses are gone, too."""
        turns = [turn for turn in self._turns if turn.audio]
        self._turns.clear()
        self._answers.clear()
        return turns
