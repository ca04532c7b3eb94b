"""One response on its way out: its items and deltas in the service's order, paced, and cut short when it is cancelled.

What is to be said is queued as steps; state follows what was *sent*, because only that may be truncated, is in the
transcript of a cancelled item, and counts. Source of the order: recorded sessions, 2026-07.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response, Usage

from .behaviour import Behaviour
from .conversation import Conversation
from .ids import new_id
from .outputs import (
    ApprovalRequest,
    Events,
    FunctionCall,
    InterimMessage,
    McpCall,
    Message,
    Output,
    SpokenMessage,
    TextMessage,
)
from .usage import AUDIO_TOKENS_PER_S, RATE_LIMITS
from .work import SpokenChunk, Word

_TOKEN = re.compile(r"\s*[\w'\u2019]+|\s*[^\w\s]|\s+")
_LATE_S = 0.1
"""A timer that fires this late does not slow the stream down."""


@dataclass(frozen=True)
class ResponseSpec:
    """What one response is to be: the session's settings and the request's own."""

    modalities: list[str]
    voice: dict[str, Any]
    output_audio_format: str
    max_output_tokens: Any = "inf"
    temperature: float | None = None
    metadata: dict[str, str] | None = None
    in_conversation: bool = True
    word_timestamps: bool = False
    visemes: bool = False

    @property
    def spoken(self) -> bool:
        """Whether its messages are audio."""
        return "audio" in self.modalities


@dataclass
class Step:
    """Something to send, in order."""

    output: Output | None
    action: str
    """``open``, ``text``, ``word``, ``audio``, ``close`` or ``end``."""
    text: str = ""
    pcm: bytes = field(default=b"", repr=False)
    word: Word | None = None


class ResponseStream:
    """Owns the steps not yet sent and the items of one response; over with ``response.done``."""

    def __init__(
        self, spec: ResponseSpec, conversation: Conversation, behaviour: Behaviour
    ) -> None:
        """Its items go into ``conversation`` when they are announced."""
        self.id = new_id("resp")
        self.spec = spec
        self.done = False
        self.outputs: list[Output] = []
        self._conversation = conversation
        self._behaviour = behaviour
        self._steps: deque[Step] = deque()
        self._message: Message | None = None
        self._next_at = 0.0
        self._tokens = 0.0
        self._metadata = spec.metadata
        self._mcp_calls: list[McpCall] = []

    def created(self) -> server.ResponseCreated:
        """The event that announces it."""
        return server.ResponseCreated(response=self._response("in_progress", None, None))

    @property
    def has_spoken(self) -> bool:
        """Whether there is something to hear, or will be."""
        return any(isinstance(output, SpokenMessage) for output in self.outputs)

    # --- queueing -----------------------------------------------------------------------------------------------------

    def speak(self, chunk: SpokenChunk) -> None:
        """A spoken sentence or a part of one: its transcript, the times of its words, then its sound."""
        output = self._message or self._begin_message()
        self._queue_text(output, chunk.text)
        for word in chunk.words:
            placed = Word(word.text, output.queued_ms + word.offset_ms, word.duration_ms)
            self._steps.append(Step(output, "word", word=placed))
        size = ms_to_bytes(self._behaviour.audio_delta_ms)
        for start in range(0, len(chunk.audio), size):
            self._steps.append(Step(output, "audio", pcm=chunk.audio[start : start + size]))
        output.queued_ms += bytes_to_ms(len(chunk.audio))

    def speak_interim(self, chunks: list[SpokenChunk]) -> None:
        """Fill the wait: a message of its own, before all others."""
        format = self.spec.output_audio_format
        self._message = InterimMessage(self.id, len(self.outputs), format=format)
        self._open(self._message)
        for chunk in chunks:
            self.speak(chunk)
        self._close_message()

    def write(self, text: str) -> None:
        """A piece of a text message."""
        self._queue_text(self._message or self._begin_message(), text)

    def call(self, name: str, arguments: str) -> None:
        """A function call, as an item of its own."""
        self._add(FunctionCall(name, self.id, len(self.outputs)), arguments)

    def call_server(self, item: Item, arguments: str) -> None:
        """A call of an MCP server: ``item`` is an ``mcp_call``."""
        self._add(McpCall(item, self.id, len(self.outputs)), arguments)

    def ask_approval(self, item: Item) -> None:
        """Ask whether an MCP server may be called: ``item`` is an ``mcp_approval_request``."""
        self._add(ApprovalRequest(item, self.id, len(self.outputs)), "")

    def take_mcp_calls(self) -> list[McpCall]:
        """The calls of MCP servers that are complete and were not taken yet."""
        calls, self._mcp_calls = self._mcp_calls, []
        return calls

    def add_metadata(self, metadata: dict[str, str]) -> None:
        """What ``response.done`` shows beside the request's own."""
        self._metadata = (self._metadata or {}) | metadata

    def end(self) -> None:
        """Nothing more will come."""
        self._close_message()
        self._steps.append(Step(None, "end"))

    def _begin_message(self) -> Message:
        index = len(self.outputs)
        if self.spec.spoken:
            spec = self.spec
            self._message = SpokenMessage(
                self.id,
                index,
                format=spec.output_audio_format,
                word_timestamps=spec.word_timestamps,
                visemes=spec.visemes,
            )
        else:
            self._message = TextMessage(self.id, index)
        self._open(self._message)
        return self._message

    def _add(self, output: Output, text: str) -> None:
        """A whole item."""
        self._close_message()
        self._open(output)
        for token in _TOKEN.findall(text):
            self._steps.append(Step(output, "text", token))
        self._steps.append(Step(output, "close"))

    def _open(self, output: Output) -> None:
        self.outputs.append(output)
        self._steps.append(Step(output, "open"))

    def _queue_text(self, output: Message, text: str) -> None:
        if output.queued:
            text = " " + text
        output.queued += text
        for token in _TOKEN.findall(text):
            self._steps.append(Step(output, "text", token))

    def _close_message(self) -> None:
        if self._message is not None:
            self._steps.append(Step(self._message, "close"))
            self._message = None

    # --- sending ------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When :meth:`advance` has something to send."""
        return self._next_at if self._steps else None

    def advance(self, usage: Usage, *, now: float) -> Events:
        """Send what is due; audio takes its time."""
        events: Events = []
        while self._steps and self._next_at <= now:
            if self._exhausted and self._steps[0].action in ("text", "audio"):
                details = {"type": "incomplete", "reason": "max_output_tokens"}
                return events + self.finish("incomplete", details, usage)
            step = self._steps.popleft()
            if step.output is None:
                events += self._end("completed", None, usage)
            else:
                events += self._send(step, step.output, now)
        return events

    @property
    def _exhausted(self) -> bool:
        """Whether it has spent its tokens. Assumption: text and audio count alike."""
        limit = self.spec.max_output_tokens
        return isinstance(limit, int) and self._tokens >= limit

    def cancel(self, reason: str, usage: Usage, *, now: float) -> Events:
        """End it at the wish of client or caller; a few deltas may still slip out."""
        events: Events = []
        deltas = [step for step in self._steps if step.action in ("text", "word", "audio")]
        for step in deltas[: self._behaviour.deltas_after_cancel]:
            if step.output is not None and step.output.opened:
                events += self._send(step, step.output, now)
        return events + self.finish("cancelled", {"type": "cancelled", "reason": reason}, usage)

    def finish(self, status: str, details: dict[str, Any], usage: Usage) -> Events:
        """End it now, as cancelled, incomplete or failed: what was not sent never will be."""
        events: Events = []
        for output in self.outputs:
            if output.opened and not output.closed:
                events += self._close(output, "incomplete")
        return events + self._end(status, details, usage)

    def _send(self, step: Step, output: Output, now: float) -> Events:
        match step.action, output:
            case "open", _:
                return self._announce(output)
            case "text", _:
                output.text += step.text
                self._tokens += 1
                return [output.text_delta(step.text)]
            case "word", SpokenMessage():
                return output.word(step.word) if step.word else []
            case "audio", SpokenMessage():
                return self._audio(output, step.pcm, now)
            case _:
                return self._close(output, "completed")

    def _announce(self, output: Output) -> Events:
        output.opened = True
        events: Events = [output.announcement()]
        if self.spec.in_conversation and output.in_conversation:
            created = self._conversation.append(output.entry)
            events += [created] * (2 if self._behaviour.announce_items_twice else 1)
        return events + output.opening()

    def _audio(self, output: SpokenMessage, pcm: bytes, now: float) -> Events:
        if output.entry.first_audio_at is None:
            output.entry.first_audio_at = now
        duration_s = bytes_to_ms(len(pcm)) / 1000
        self._tokens += duration_s * AUDIO_TOKENS_PER_S
        self._next_at = max(self._next_at, now - _LATE_S) + duration_s / self._behaviour.pace
        return output.audio(pcm)

    def _close(self, output: Output, status: str) -> Events:
        output.closed = True
        events = output.closing(status)
        if isinstance(output, McpCall) and output.complete:
            self._mcp_calls.append(output)
        return events

    def _end(self, status: str, details: dict[str, Any] | None, usage: Usage) -> Events:
        self.done = True
        events: Events = [server.ResponseDone(response=self._response(status, details, usage))]
        if self._behaviour.rate_limits:
            events.append(server.RateLimitsUpdated(rate_limits=list(RATE_LIMITS)))
        return events

    def _response(
        self, status: str, details: dict[str, Any] | None, usage: Usage | None
    ) -> Response:
        return Response(
            object="realtime.response",
            id=self.id,
            status=status,
            status_details=details,
            output=[
                output.entry.item
                for output in self.outputs
                if output.opened and output.in_conversation
            ],
            usage=usage,
            conversation_id=self._conversation.id if self.spec.in_conversation else None,
            modalities=self.spec.modalities,
            voice=self.spec.voice,
            output_audio_format=self.spec.output_audio_format,
            temperature=self.spec.temperature,
            max_output_tokens=self.spec.max_output_tokens,
            metadata=self._metadata,
        )
