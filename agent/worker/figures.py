"""The figures of one call, turn by turn: how fast, how dear, with which tools. Numbers and names alone, never content.

A pure accumulator: it is told what LiveKit's session reports, and knows neither session nor room nor clock.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from livekit.agents import llm
from livekit.agents.metrics import AgentSessionUsage, LLMModelUsage


@dataclass(frozen=True, kw_only=True)
class TurnFigures:
    """One turn of the agent: a reply with its tool calls, a greeting, or a fixed sentence."""

    turn: int
    """From 1."""
    model: str
    """Which model answered, as its usage names it."""
    latency_ms: int | None
    """From the end of what the user said, as the service's detector notices it (after its silence), to the first sound of
    the reply; None if nobody had spoken, but typed or waited to be greeted."""
    interrupted: bool
    tools: tuple[str, ...]
    """The names of the tools that were called, in order."""
    input_tokens: int
    output_tokens: int
    total_tokens_of_call: int
    """Input and output of all turns so far."""


class CallFigures:
    """Owns the figures of a call from its beginning to its end."""

    def __init__(self, model: str, *, now: float) -> None:
        """``model`` is the configured one's name, until one reports usage; ``now`` is any clock's seconds."""
        self._model = model
        self._began_at = now
        self._open = 0
        self._spoken_to = False
        self._sounded = False
        self._counted: dict[tuple[str, str], tuple[int, int]] = {}
        self._credited = (0, 0)
        self._user_stopped_at: float | None = None
        self._latency_ms: int | None = None
        self._latencies_ms: list[int] = []
        self._interruptions = 0
        self._tools: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._reconnects = 0
        self._last: TurnFigures | None = None

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output of the whole call."""
        counts = self._counted.values()
        return sum(given for given, _ in counts), sum(taken for _, taken in counts)

    def used(self, usage: AgentSessionUsage) -> TurnFigures | None:
        """What all models have used so far; the last turn anew, if these tokens came after its end.

        An interrupted reply is paid for when the service has stopped it, which it says after LiveKit has moved on.
        """
        for entry in usage.model_usage:
            if not isinstance(entry, LLMModelUsage):
                continue
            counted = (entry.input_tokens, entry.output_tokens)
            if self._counted.get((entry.provider, entry.model)) != counted:
                self._counted[entry.provider, entry.model] = counted
                self._model = entry.model or self._model
        if self._open or self._last is None or self.tokens == self._credited:
            return None
        self._last = self._with_tokens(self._last)
        return self._last

    def user_stopped(self, *, now: float) -> None:
        """The user has spoken."""
        self._user_stopped_at = now

    def turn_began(self, *, spoken_to: bool) -> None:
        """The agent is to say something, because it was spoken to or for another reason."""
        self._open += 1
        self._spoken_to = spoken_to

    def agent_sounded(self, *, now: float) -> None:
        """The agent begins to be heard."""
        self._sounded = True
        if self._spoken_to and self._user_stopped_at is not None:
            self._latency_ms = round((now - self._user_stopped_at) * 1000)
        self._user_stopped_at = None

    def turn_ended(self, items: Sequence[llm.ChatItem], *, interrupted: bool) -> TurnFigures | None:
        """The agent has said it, or was interrupted; None if nothing of it was heard and nothing done.

        ``items`` are what the turn added to the conversation.
        """
        self._open -= 1
        tools = tuple(item.name for item in items if isinstance(item, llm.FunctionCall))
        said = any(isinstance(item, llm.ChatMessage) for item in items)
        # A reply that is cut before its first word is no message of the conversation, and was heard all the same.
        sounded, self._sounded = self._sounded, False
        if not (sounded or said or tools):
            return None
        latency_ms, self._latency_ms = self._latency_ms, None
        if latency_ms is not None:
            self._latencies_ms.append(latency_ms)
        self._interruptions += interrupted
        self._tools.update(tools)
        self._last = self._with_tokens(
            TurnFigures(
                turn=self._last.turn + 1 if self._last else 1,
                model=self._model,
                latency_ms=latency_ms,
                interrupted=interrupted,
                tools=tools,
                input_tokens=0,
                output_tokens=0,
                total_tokens_of_call=0,
            )
        )
        return self._last

    def failed(self, kind: str) -> None:
        """An error, whether the call went on or not."""
        self._errors[kind] += 1

    def reconnected(self) -> None:
        """The connection to the service was lost and is back, or another model took over."""
        self._reconnects += 1

    def summary(self, *, now: float, ended: str) -> dict[str, Any]:
        """The whole call, for one line of the log; ``ended`` says how."""
        median_ms = statistics.median(self._latencies_ms) if self._latencies_ms else None
        given, taken = self.tokens
        return {
            "ended": ended,
            "duration_s": round(now - self._began_at, 1),
            "turns": self._last.turn if self._last else 0,
            "latency_median_ms": None if median_ms is None else round(median_ms),
            "latency_max_ms": max(self._latencies_ms, default=None),
            "interruptions": self._interruptions,
            "tool_calls": dict(self._tools),
            "input_tokens": given,
            "output_tokens": taken,
            "model": self._model,
            "reconnects": self._reconnects,
            "errors": dict(self._errors),
        }

    def _with_tokens(self, turn: TurnFigures) -> TurnFigures:
        """The turn with the tokens that no turn has been credited with yet."""
        given, taken = self.tokens
        credited_given, credited_taken = self._credited
        self._credited = given, taken
        return replace(
            turn,
            model=self._model,
            input_tokens=turn.input_tokens + given - credited_given,
            output_tokens=turn.output_tokens + taken - credited_taken,
            total_tokens_of_call=given + taken,
        )
