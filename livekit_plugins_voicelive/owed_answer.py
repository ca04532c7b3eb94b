"""Whether the service owes the user's turn an answer, and how long it is waited for. Pure state; time is passed in."""

from __future__ import annotations


class OwedAnswer:
    """Owns the debt: it arises with a turn that the service ended, and dies with its answer, or as noise."""

    def __init__(self, timeout_s: float) -> None:
        """``timeout_s``: from the end of a turn to its words, and from its words to its answer."""
        self._timeout_s = timeout_s
        self._due_at: float | None = None
        self._words_due_at: float | None = None
        self._more_to_tell = False

    def __bool__(self) -> bool:
        return self._due_at is not None or self._words_due_at is not None

    @property
    def deadline(self) -> float | None:
        """When something is due."""
        return self._due_at if self._words_due_at is None else self._words_due_at

    def turn_committed(self, *, now: float) -> None:
        """A turn ended; whether anything was said is not known yet."""
        self._due_at, self._words_due_at = None, now + self._timeout_s
        if self._more_to_tell:
            self.wait_on(now=now)

    def turn_understood(self, *, now: float) -> None:
        """Something was said, so there will be an answer."""
        if self:
            self.wait_on(now=now)

    def more_to_tell(self, *, now: float) -> None:
        """The answer is to tell of something else as well: it is owed even if the turn turns out to be noise."""
        self._more_to_tell = True
        self.turn_understood(now=now)

    def wait_on(self, *, now: float) -> None:
        """The time for the answer begins now."""
        self._due_at, self._words_due_at = now + self._timeout_s, None

    def speech_started(self, *, now: float) -> None:
        """The user goes on: the answer to what came before is not due before the whole is understood."""
        if self:
            self.turn_committed(now=now)

    def is_due(self, *, now: float) -> bool:
        """Whether there should be an answer by now. A turn without words turns out to be noise, which is owed none."""
        if self._words_due_at is not None and now >= self._words_due_at:
            self._words_due_at = None
        return self._due_at is not None and now >= self._due_at

    def settle(self) -> bool:
        """The debt is paid, or nobody can pay it any more; returns whether there was one."""
        owed = bool(self)
        self._due_at = self._words_due_at = None
        self._more_to_tell = False
        return owed
