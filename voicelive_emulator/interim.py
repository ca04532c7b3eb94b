"""Words that fill a wait: when they are due, and what they are.

Source: Voice Live, interim responses. Assumption: they belong to the response that they precede, as a message that is
no part of the conversation and whose id begins with ``interim_``, as one client reports.
"""

from __future__ import annotations

import random
from typing import Any

from .behaviour import Backend

OF_A_MODEL = "One moment, please."
"""Stands for what the service's small model would make up."""


class Interim:
    """Owns whether one response has filled its wait; at most once it does."""

    def __init__(self, config: dict[str, Any] | None, backend: Backend) -> None:
        """``config``: ``interim_response`` of the session or of the request. A native model has none."""
        self._config = {} if backend.is_native else config or {}
        triggers = self._config.get("triggers") or ["latency"]
        self._text = _text(self._config)
        self._fills_tools = bool(self._text) and "tool" in triggers
        self._fills_latency = bool(self._text) and "latency" in triggers
        self._due_at: float | None = None

    def begin(self, *, now: float) -> None:
        """The wait begins."""
        if self._fills_latency and self._due_at is None:
            threshold_ms = self._config.get("latency_threshold_ms")
            self._due_at = now + (2_000 if threshold_ms is None else threshold_ms) / 1000

    def next_deadline(self) -> float | None:
        """When the wait has become too long."""
        return self._due_at if self._fills_latency else None

    def for_latency(self, *, now: float) -> str | None:
        """What to say if it has."""
        due = self._fills_latency and self._due_at is not None and now >= self._due_at
        return self._once() if due else None

    def for_tool(self) -> str | None:
        """What to say before a tool is called."""
        return self._once() if self._fills_tools else None

    def drop(self) -> None:
        """The answer is there: nothing is to be filled any more."""
        self._fills_tools = self._fills_latency = False

    def _once(self) -> str:
        self.drop()
        return self._text


def _text(config: dict[str, Any]) -> str:
    if config.get("type") == "static_interim_response":
        texts = config.get("texts") or []
        return random.choice(texts) if texts else ""
    return OF_A_MODEL if config else ""
