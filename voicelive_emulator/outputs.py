"""What a response puts out, kind by kind: messages in sound or text, calls of functions and of MCP servers.

Each output knows the events that announce, fill and close its item. When they are sent is the response stream's affair.
"""

from __future__ import annotations

from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol import (
    animation_events,
    server_events as server,
    tool_events,
)
from livekit_plugins_voicelive.protocol.audio import bytes_to_ms
from livekit_plugins_voicelive.protocol.items import ContentPart, Item

from .conversation import Entry
from .ids import new_id
from .speech.audio_formats import OutputEncoder
from .speech.visemes import SILENCE, visemes
from .work import Word

Events = list[server.ServerEvent]


class Output:
    """One item of a response, with what of it was sent; it may outlive the response in the conversation."""

    in_conversation = True

    def __init__(self, item: Item, response_id: str, index: int) -> None:
        self.entry = Entry(item)
        self.index = index
        self.text = ""
        """What was sent of its transcript, text or arguments."""
        self.opened = False
        self.closed = False
        self._response_id = response_id

    @property
    def item_id(self) -> str:
        """The item's id."""
        return str(self.entry.item.id)

    def announcement(self) -> server.ResponseOutputItemAdded:
        """The event that comes first."""
        return server.ResponseOutputItemAdded(
            response_id=self._response_id, output_index=self.index, item=self.entry.item
        )

    def opening(self) -> Events:
        """What follows the announcement."""
        return []

    def text_delta(self, text: str) -> server.ServerEvent:
        """More of its transcript, text or arguments.

        Raises:
            NotImplementedError: this kind comes in one piece.
        """
        raise NotImplementedError

    def closing(self, status: str) -> Events:
        """What ends it, as ``completed`` or ``incomplete``."""
        return [self.item_done()]

    def item_done(self) -> server.ResponseOutputItemDone:
        """The whole item."""
        return server.ResponseOutputItemDone(
            response_id=self._response_id, output_index=self.index, item=self.entry.item
        )

    @property
    def _of_item(self) -> dict[str, Any]:
        return {
            "response_id": self._response_id,
            "item_id": self.item_id,
            "output_index": self.index,
        }

    def _change(self, **fields: Any) -> None:
        self.entry.item = msgspec.structs.replace(self.entry.item, **fields)


class Message(Output):
    """Words of the assistant's."""

    def __init__(self, response_id: str, index: int) -> None:
        item = Item(
            type="message",
            id=new_id("item"),
            object="realtime.item",
            status="in_progress",
            role="assistant",
            content=[],
        )
        super().__init__(item, response_id, index)
        self.queued = ""
        """All of its words so far, sent or not."""
        self.queued_ms = 0

    def opening(self) -> Events:
        """Its one content part."""
        return [server.ResponseContentPartAdded(**self.place, part=self._part())]

    def closing(self, status: str) -> Events:
        """The part's end, and the item's."""
        self._change(status=status)
        if self.entry.heard is None:  # not truncated meanwhile
            self._change(content=[self._part()])
        return [*self._part_done(), self.item_done()]

    @property
    def place(self) -> dict[str, Any]:
        """The ids of its content part."""
        return {**self._of_item, "content_index": 0}

    def _part(self) -> ContentPart:
        raise NotImplementedError

    def _part_done(self) -> Events:
        raise NotImplementedError


class TextMessage(Message):
    """A written message."""

    def text_delta(self, text: str) -> server.ServerEvent:
        """More text."""
        return server.ResponseTextDelta(**self.place, delta=text)

    def _part(self) -> ContentPart:
        return ContentPart(type="text", text=self.text)

    def _part_done(self) -> Events:
        # Observed 2026-07: the text of a finished text part is empty.
        empty = ContentPart(type="text", text="")
        return [
            server.ResponseTextDone(**self.place, text=self.text),
            server.ResponseContentPartDone(**self.place, part=empty),
        ]


class SpokenMessage(Message):
    """A message in sound, with its transcript."""

    def __init__(
        self,
        response_id: str,
        index: int,
        *,
        format: str,
        word_timestamps: bool = False,
        visemes: bool = False,
    ) -> None:
        """Nothing is said yet.

        Args:
            response_id: the response that it belongs to.
            index: its place there.
            format: of its audio on the wire.
            word_timestamps: whether to tell when each word comes.
            visemes: whether to tell when the mouth takes each shape.
        """
        super().__init__(response_id, index)
        self.entry.is_speech = True
        self._encoder = OutputEncoder(format)
        self._word_timestamps = word_timestamps
        self._visemes = visemes

    def text_delta(self, text: str) -> server.ServerEvent:
        """More of the transcript."""
        return server.ResponseAudioTranscriptDelta(**self.place, delta=text)

    def audio(self, pcm: bytes) -> Events:
        """More sound, PCM16 mono 24 kHz."""
        self.entry.audio += pcm
        return self._audio_delta(self._encoder.encode(pcm))

    def _audio_delta(self, encoded: bytes) -> Events:
        return [server.ResponseAudioDelta(**self.place, delta=encoded)] if encoded else []

    def closing(self, status: str) -> Events:
        """The rest of the sound, then the part's end and the item's."""
        rest = self._encoder.encode(b"", last=True) if status == "completed" else b""
        return self._audio_delta(rest) + super().closing(status)

    def word(self, word: Word) -> Events:
        """When a word is spoken, for whom it may interest."""
        self.entry.words.append(word)
        events: Events = []
        if self._word_timestamps:
            timestamp = server.ResponseAudioTimestampDelta(
                **self.place,
                text=word.text,
                audio_offset_ms=word.offset_ms,
                audio_duration_ms=word.duration_ms,
            )
            events.append(timestamp)
        return events + self._shapes(visemes(word) if self._visemes else [])

    def _shapes(self, shapes: list[tuple[int, int]]) -> Events:
        return [
            animation_events.ResponseAnimationVisemeDelta(
                **self.place, viseme_id=viseme_id, audio_offset_ms=offset_ms
            )
            for viseme_id, offset_ms in shapes
        ]

    def _part(self) -> ContentPart:
        return ContentPart(type="audio", transcript=self.text)

    def _part_done(self) -> Events:
        mouth_closed = [(SILENCE, bytes_to_ms(len(self.entry.audio)))]
        events = self._shapes(mouth_closed if self._visemes else [])
        events.append(server.ResponseAudioDone(**self.place))
        if self._word_timestamps:
            events.append(server.ResponseAudioTimestampDone(**self.place))
        if self._visemes:
            events.append(animation_events.ResponseAnimationVisemeDone(**self.place))
        events.append(server.ResponseAudioTranscriptDone(**self.place, transcript=self.text))
        events.append(server.ResponseContentPartDone(**self.place, part=self._part()))
        return events


class InterimMessage(SpokenMessage):
    """Words that fill the wait for the answer; nobody remembers them."""

    in_conversation = False

    def __init__(self, response_id: str, index: int, *, format: str) -> None:
        super().__init__(response_id, index, format=format)
        self._change(id=new_id("interim"))


class FunctionCall(Output):
    """A call that the client is to make."""

    def __init__(self, name: str, response_id: str, index: int) -> None:
        item = Item(
            type="function_call",
            id=new_id("item"),
            object="realtime.item",
            status="in_progress",
            name=name,
            call_id=new_id("call", 16),
            arguments="",
        )
        super().__init__(item, response_id, index)

    def text_delta(self, text: str) -> server.ServerEvent:
        """More arguments."""
        return server.ResponseFunctionCallArgumentsDelta(
            **self._of_item, call_id=self.entry.item.call_id, delta=text
        )

    def closing(self, status: str) -> Events:
        """All arguments, and the item."""
        self._change(status=status, arguments=self.text)
        item = self.entry.item
        done = server.ResponseFunctionCallArgumentsDone(
            **self._of_item, call_id=item.call_id, name=item.name, arguments=self.text
        )
        return [done, self.item_done()]


class McpCall(Output):
    """A call that the service makes itself; its result may come after the response.

    Source of the order: Microsoft's documentation and samples; not recorded.
    """

    def __init__(self, item: Item, response_id: str, index: int) -> None:
        """``item``: an ``mcp_call`` without arguments."""
        super().__init__(item, response_id, index)
        self.complete = False
        """Whether all arguments were sent, so that the server can be called."""

    def text_delta(self, text: str) -> server.ServerEvent:
        """More arguments."""
        return tool_events.ResponseMcpCallArgumentsDelta(**self._of_item, delta=text)

    def closing(self, status: str) -> Events:
        """All arguments. A call that was cut short will not be made, and fails here."""
        self._change(arguments=self.text)
        done = tool_events.ResponseMcpCallArgumentsDone(**self._of_item, arguments=self.text)
        if status != "completed":
            return [done, *self.failed("The response ended before the call")]
        self.complete = True
        return [done, tool_events.ResponseMcpCallInProgress(**self._of_call)]

    def succeeded(self, output: str) -> Events:
        """The server answered."""
        self._change(output=output)
        return [tool_events.ResponseMcpCallCompleted(**self._of_call), self.item_done()]

    def failed(self, message: str) -> Events:
        """The server did not, or with an error. Assumption: the shape of ``error``."""
        self._change(error={"type": "mcp_call_failed", "message": message})
        return [tool_events.ResponseMcpCallFailed(**self._of_call), self.item_done()]

    @property
    def _of_call(self) -> dict[str, Any]:
        return {"item_id": self.item_id, "output_index": self.index}


class ApprovalRequest(Output):
    """The question whether an MCP server may be called; it comes in one piece."""
