"""A brain that fails or keeps silent while a fault says so."""

from __future__ import annotations

from collections.abc import Iterator

from ..faults import Faults
from ..work import Brain, ConversationView, Thought


class ModelFailed(Exception):
    """On demand."""


class FaultyBrain:
    """Thinks with another brain as long as no fault is on."""

    def __init__(self, brain: Brain, faults: Faults) -> None:
        self._brain = brain
        self._faults = faults

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """Piece by piece.

        Raises:
            ModelFailed: ``model_fails`` is on.
        """
        if self._faults.model_fails:
            raise ModelFailed
        if not self._faults.model_silent:
            yield from self._brain.think(view)
