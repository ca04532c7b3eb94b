"""One response as LiveKit sees it: a stream of messages, each with its text and audio, and a stream of function calls.

Every stream is closed exactly once, and every message says its modalities before it ends: LiveKit waits for both.
Knows no connection and no other response.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from livekit import rtc
from livekit.agents import llm, utils
from livekit.agents.voice.io import TimedString

from .output_audio import OutputAudio
from .protocol.server_events import (
    ResponseAudioDelta,
    ResponseAudioTimestampDelta,
    ResponseAudioTranscriptDelta,
    ResponseContentPartAdded,
    ResponsePartEvent,
    ResponseTextDelta,
)
from .word_times import TimedTranscript, Word

Modalities = list[Literal["text", "audio"]]


class Message:
    """Owns the text and audio streams of one assistant message; they die with the message."""

    def __init__(self, item_id: str, *, speaks: bool, timed: bool) -> None:
        """Begin a message.

        Args:
            item_id: the service's item, and LiveKit's message id.
            speaks: what to assume of a message that ends without any content.
            timed: hold the words back until their times come.
        """
        self.item_id = item_id
        self.reached_user = False
        self._speaks = speaks
        self._timed = timed
        self._transcript = TimedTranscript()
        self._closed = False
        self._text_ch = utils.aio.Chan[str]()
        self._audio_ch = utils.aio.Chan[rtc.AudioFrame]()
        self._modalities: asyncio.Future[Modalities] = asyncio.get_running_loop().create_future()

    @property
    def generation(self) -> llm.MessageGeneration:
        """What LiveKit reads."""
        return llm.MessageGeneration(
            message_id=self.item_id,
            text_stream=self._text_ch,
            audio_stream=self._audio_ch,
            modalities=self._modalities,
        )

    @property
    def text(self) -> str:
        """All words so far, spoken or written."""
        return self._transcript.text

    def settle_modalities(self, *, speaks: bool) -> None:
        """The message has its first content: speech and its words, or text alone."""
        if not self._modalities.done():
            self._modalities.set_result(["audio", "text"] if speaks else ["text"])
            self.reached_user = not speaks

    def add_text(self, delta: str) -> None:
        """More words, written or spoken. With word times they wait for :meth:`add_time` to bring them out."""
        self._pass_on(self._transcript.add_text(delta))
        if not self._timed and not self._closed:
            self._text_ch.send_nowait(delta)

    def add_time(self, word: str, *, start_ms: float, end_ms: float) -> None:
        """A word is spoken then, from the start of this message's audio.

        What is passed on is the transcript up to that word, with its punctuation and the space before it: LiveKit's
        transcript synchronizer takes a space behind a word for a word of its own.
        """
        self._pass_on(self._transcript.add_time(word, start_ms=start_ms, end_ms=end_ms))

    def _pass_on(self, words: list[Word]) -> None:
        if self._timed and not self._closed:
            for word in words:
                self._text_ch.send_nowait(_timed(word.text, word.start_ms, word.end_ms))

    def add_audio(self, frame: rtc.AudioFrame) -> None:
        """More speech."""
        self.reached_user = True
        if not self._closed:
            self._audio_ch.send_nowait(frame)

    def words_heard(self, heard_ms: int) -> str | None:
        """The words that had begun by then; None if the service gave no times."""
        return self._transcript.heard(heard_ms)

    def close(self) -> None:
        """No more content: everything is settled and closed, once."""
        if self._closed:
            return
        self._pass_on(self._transcript.finish())
        self._closed = True
        rest, end_ms = self._transcript.rest, self._transcript.timed_to_ms
        if self._timed and rest.strip():
            # With one piece timed, LiveKit's synchronizer counts on a time for every piece.
            self._text_ch.send_nowait(rest if end_ms is None else _timed(rest, end_ms, end_ms))
        self.settle_modalities(speaks=self._speaks)
        self._text_ch.close()
        self._audio_ch.close()


def _timed(text: str, start_ms: float, end_ms: float) -> TimedString:
    return TimedString(text, start_time=start_ms / 1000, end_time=end_ms / 1000)


class Generation:
    """Owns a response's streams and what LiveKit has been told of it; dies with ``response.done``."""

    def __init__(
        self, response_id: str, *, now: float, speaks: bool, timed: bool, discarded: bool
    ) -> None:
        """Begin a response.

        Args:
            response_id: the service's id, which LiveKit's metrics carry too.
            now: when it was created, seconds.
            speaks: whether its messages are spoken, unless a part says otherwise.
            timed: whether the times of words will come.
            discarded: nobody wants it any more: its events are swallowed and its items deleted.
        """
        self.response_id = response_id
        self.created_at = now
        self.last_event_at = now
        self.first_output_at: float | None = None
        self.discarded = discarded
        self.cancelled = False
        self.interrupted = False
        self.runs_calls = True
        self.wrote_instead_of_speaking = False
        self.messages: dict[str, Message] = {}
        self.open_calls: dict[str, str] = {}
        """Calls that LiveKit has not got yet: item id and name."""
        self.service_calls: set[str] = set()
        """Tools of the service's own that run, for as long as they take."""
        self.to_delete: list[str] = []
        self._speaks = speaks
        self._timed = timed
        self._closed = False
        self._calls: set[str] = set()
        self._message_ch = utils.aio.Chan[llm.MessageGeneration]()
        self._function_ch = utils.aio.Chan[llm.FunctionCall]()

    @property
    def closed(self) -> bool:
        """Whether LiveKit gets nothing more of it."""
        return self._closed

    def created_event(self, *, user_initiated: bool) -> llm.GenerationCreatedEvent:
        """What LiveKit reads."""
        return llm.GenerationCreatedEvent(
            message_stream=self._message_ch,
            function_stream=self._function_ch,
            user_initiated=user_initiated,
            response_id=self.response_id,
        )

    def message(self, item_id: str) -> Message:
        """The message of that item, begun when first named: the service may announce it twice."""
        if item_id not in self.messages:
            message = Message(item_id, speaks=self._speaks, timed=self._timed)
            self.messages[item_id] = message
            if self._closed:
                message.close()
            else:
                self._message_ch.send_nowait(message.generation)
        return self.messages[item_id]

    def receive(self, event: ResponsePartEvent, output_audio: OutputAudio, *, now: float) -> None:
        """Take in more of a message; what comes after the end is kept for the record, not passed on."""
        self.last_event_at = now
        if self.discarded:
            return
        message = self.message(event.item_id)
        match event:
            case ResponseContentPartAdded(part=part):
                message.settle_modalities(speaks=part.type == "audio")
                return
            case ResponseAudioDelta(delta=data):
                message.settle_modalities(speaks=True)
                if (frame := output_audio.frame(event.item_id, data)) is not None:
                    message.add_audio(frame)
            case ResponseAudioTranscriptDelta(delta=text):
                message.settle_modalities(speaks=True)
                message.add_text(text)
            case ResponseAudioTimestampDelta(text=word, audio_offset_ms=start_ms):
                end_ms = start_ms + event.audio_duration_ms
                message.add_time(word, start_ms=start_ms, end_ms=end_ms)
            case ResponseTextDelta(delta=text):
                self.wrote_instead_of_speaking = self._speaks
                message.settle_modalities(speaks=False)
                message.add_text(text)
            case _:
                return
        self.first_output_at = self.first_output_at or now

    def call(self, call: llm.FunctionCall) -> None:
        """A function call is complete; LiveKit runs it at once, and once."""
        if call.call_id not in self._calls and not self._closed:
            self._calls.add(call.call_id)
            self._function_ch.send_nowait(call)

    def has_called(self, call_id: str | None) -> bool:
        """Whether LiveKit has got that call already."""
        return call_id in self._calls

    def unheard(self) -> list[str]:
        """Messages of which nothing reached the user, and calls that nobody will run, in a response that ends here."""
        messages = [id for id, message in self.messages.items() if not message.reached_user]
        return [*messages, *self.open_calls]

    @property
    def reached_user(self) -> bool:
        """Whether the user, or a tool, has got anything of it."""
        return bool(self._calls) or any(m.reached_user for m in self.messages.values())

    def close(self) -> None:
        """End all streams, whatever the service still sends."""
        if self._closed:
            return
        for message in self.messages.values():
            message.close()
        self._closed = True
        self._message_ch.close()
        self._function_ch.close()
