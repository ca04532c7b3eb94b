"""One response on its way out: its items and deltas in the service's order, paced, and cut short when it is cancelled.

What is to be said is queued as steps; state follows what was *sent*, because only that may be truncated, is in the
transcript of a cancelled item, and counts. Source of the order: recorded sessions, 2026-07.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes
from livekit_plugins_voicelive.protocol.items import ContentPart, Item
from livekit_plugins_voicelive.protocol.response import Response, Usage

from .audio_formats import encode_output
from .behaviour import Behaviour
from .conversation import Conversation, Entry
from .ids import new_id
from .usage import AUDIO_TOKENS_PER_S, RATE_LIMITS
from .work import SpokenChunk, Word

Events = list[server.ServerEvent]

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

    @property
    def spoken(self) -> bool:
        """Whether its messages are audio."""
        return "audio" in self.modalities


@dataclass(eq=False)
class Output:
    """One item of the response."""

    entry: Entry
    index: int
    kind: str
    """``audio``, ``text`` or ``function_call``."""
    text: str = ""
    """What was sent of its transcript, text or arguments."""
    queued: str = ""
    """All of it so far, sent or not."""
    queued_ms: int = 0
    opened: bool = False
    closed: bool = False

    @property
    def item_id(self) -> str:
        """The item's id."""
        return str(self.entry.item.id)


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
        self._message: Output | None = None
        self._next_at = 0.0
        self._tokens = 0.0
        self._metadata = spec.metadata

    def created(self) -> server.ResponseCreated:
        """The event that announces it."""
        return server.ResponseCreated(response=self._response("in_progress", None, None))

    # --- queueing -----------------------------------------------------------------------------------------------------

    def speak(self, chunk: SpokenChunk) -> None:
        """A spoken sentence: its transcript, the times of its words, then its sound."""
        output = self._open_message("audio")
        self._queue_text(output, chunk.text)
        for word in chunk.words:
            placed = Word(word.text, output.queued_ms + word.offset_ms, word.duration_ms)
            self._steps.append(Step(output, "word", word=placed))
        size = ms_to_bytes(self._behaviour.audio_delta_ms)
        for start in range(0, len(chunk.audio), size):
            self._steps.append(Step(output, "audio", pcm=chunk.audio[start : start + size]))
        output.queued_ms += bytes_to_ms(len(chunk.audio))

    def write(self, text: str) -> None:
        """A piece of a text message."""
        self._queue_text(self._open_message("text"), text)

    def call(self, name: str, arguments: str) -> None:
        """A function call, as an item of its own."""
        self._close_message()
        item = Item(
            type="function_call",
            id=new_id("item"),
            object="realtime.item",
            status="in_progress",
            name=name,
            call_id=new_id("call", 16),
            arguments="",
        )
        output = self._open(item, "function_call")
        for token in _TOKEN.findall(arguments):
            self._steps.append(Step(output, "text", token))
        self._steps.append(Step(output, "close"))

    def add_metadata(self, metadata: dict[str, str]) -> None:
        """What ``response.done`` shows beside the request's own."""
        self._metadata = (self._metadata or {}) | metadata

    def end(self) -> None:
        """Nothing more will come."""
        self._close_message()
        self._steps.append(Step(None, "end"))

    def _open_message(self, kind: str) -> Output:
        if self._message is None:
            item = Item(
                type="message",
                id=new_id("item"),
                object="realtime.item",
                status="in_progress",
                role="assistant",
                content=[],
            )
            self._message = self._open(item, kind)
        return self._message

    def _open(self, item: Item, kind: str) -> Output:
        output = Output(Entry(item), len(self.outputs), kind)
        self.outputs.append(output)
        self._steps.append(Step(output, "open"))
        return output

    def _queue_text(self, output: Output, text: str) -> None:
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
        match step.action:
            case "open":
                return self._announce(output)
            case "text":
                output.text += step.text
                self._tokens += 1
                return [self._text_delta(output, step.text)]
            case "word":
                return self._word(output, step.word)
            case "audio":
                return [self._audio_delta(output, step.pcm, now)]
            case _:
                return self._close(output, "completed")

    def _announce(self, output: Output) -> Events:
        output.opened = True
        events: Events = [
            server.ResponseOutputItemAdded(
                response_id=self.id, output_index=output.index, item=output.entry.item
            )
        ]
        if self.spec.in_conversation:
            created = self._conversation.append(output.entry)
            events += [created] * (2 if self._behaviour.announce_items_twice else 1)
        if output.kind != "function_call":
            part = _part(output.kind, "")
            events.append(server.ResponseContentPartAdded(**self._place(output), part=part))
        return events

    def _text_delta(self, output: Output, text: str) -> server.ServerEvent:
        match output.kind:
            case "audio":
                return server.ResponseAudioTranscriptDelta(**self._place(output), delta=text)
            case "text":
                return server.ResponseTextDelta(**self._place(output), delta=text)
            case _:
                return server.ResponseFunctionCallArgumentsDelta(
                    response_id=self.id,
                    item_id=output.item_id,
                    output_index=output.index,
                    call_id=output.entry.item.call_id,
                    delta=text,
                )

    def _word(self, output: Output, word: Word | None) -> Events:
        if word is None:
            return []
        output.entry.words.append(word)
        if not self.spec.word_timestamps:
            return []
        return [
            server.ResponseAudioTimestampDelta(
                **self._place(output),
                text=word.text,
                audio_offset_ms=word.offset_ms,
                audio_duration_ms=word.duration_ms,
            )
        ]

    def _audio_delta(self, output: Output, pcm: bytes, now: float) -> server.ServerEvent:
        entry = output.entry
        if entry.first_audio_at is None:
            entry.first_audio_at = now
        entry.audio += pcm
        duration_s = bytes_to_ms(len(pcm)) / 1000
        self._tokens += duration_s * AUDIO_TOKENS_PER_S
        self._next_at = max(self._next_at, now - _LATE_S) + duration_s / self._behaviour.pace
        return server.ResponseAudioDelta(
            **self._place(output), delta=encode_output(pcm, self.spec.output_audio_format)
        )

    def _close(self, output: Output, status: str) -> Events:
        output.closed = True
        entry = output.entry
        events: Events = []
        if output.kind == "function_call":
            entry.item = msgspec.structs.replace(entry.item, status=status, arguments=output.text)
            events.append(
                server.ResponseFunctionCallArgumentsDone(
                    response_id=self.id,
                    item_id=output.item_id,
                    output_index=output.index,
                    call_id=entry.item.call_id,
                    name=entry.item.name,
                    arguments=output.text,
                )
            )
        else:
            part = _part(output.kind, output.text)
            entry.item = msgspec.structs.replace(entry.item, status=status)
            if entry.heard is None:  # not truncated meanwhile
                entry.item = msgspec.structs.replace(entry.item, content=[part])
            events += self._close_part(output, part)
        events.append(
            server.ResponseOutputItemDone(
                response_id=self.id, output_index=output.index, item=entry.item
            )
        )
        return events

    def _close_part(self, output: Output, part: ContentPart) -> Events:
        place = self._place(output)
        if output.kind == "text":
            # Observed 2026-07: the text of a finished text part is empty.
            empty = ContentPart(type="text", text="")
            return [
                server.ResponseTextDone(**place, text=output.text),
                server.ResponseContentPartDone(**place, part=empty),
            ]
        events: Events = [server.ResponseAudioDone(**place)]
        if self.spec.word_timestamps:
            events.append(server.ResponseAudioTimestampDone(**place))
        events.append(server.ResponseAudioTranscriptDone(**place, transcript=output.text))
        events.append(server.ResponseContentPartDone(**place, part=part))
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
            output=[output.entry.item for output in self.outputs if output.opened],
            usage=usage,
            conversation_id=self._conversation.id if self.spec.in_conversation else None,
            modalities=self.spec.modalities,
            voice=self.spec.voice,
            output_audio_format=self.spec.output_audio_format,
            temperature=self.spec.temperature,
            max_output_tokens=self.spec.max_output_tokens,
            metadata=self._metadata,
        )

    def _place(self, output: Output) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "item_id": output.item_id,
            "output_index": output.index,
            "content_index": 0,
        }


def _part(kind: str, text: str) -> ContentPart:
    if kind == "audio":
        return ContentPart(type=kind, transcript=text)
    return ContentPart(type=kind, text=text)
