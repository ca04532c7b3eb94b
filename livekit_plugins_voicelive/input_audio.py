"""The caller's audio on its way up: any rate and channel count in, chunks in the session's format out.

Keeps what the service may not have understood yet, so that a lost connection costs no words. Knows no clock: time is
counted in audio.
"""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np

from livekit import rtc

from .audio_format import PCM_24_KHZ, AudioFormat
from .committed_turns import CommittedTurn, CommittedTurns
from .pending_requests import PendingRequest, PendingRequests, new_event_id
from .protocol.client_events import (
    ClientEvent,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
)

CHUNK_MS = 40
"""One append: small enough for quick turn detection, large enough to cost little."""

MIN_COMMIT_MS = 100
"""Less is refused by the service (OpenAI-style services; not confirmed for Voice Live)."""

QUIET_KEPT_MS = 1_000
"""Outside speech: enough for the detector's prefix padding and for the start of a word it has not reported yet."""

UTTERANCE_KEPT_MS = 30_000
"""Of one utterance, or of what was said while there is no connection; older audio is given up."""


REHEARD_WITHIN_MS = 5_000
"""On a new connection: until so much more was said, the detector may still report speech in what it hears again."""


class InputAudio:
    """Owns the resampler, the part chunk, and the audio kept for a reconnect. An utterance dies with its transcript."""

    def __init__(
        self, pending: PendingRequests, *, detects_turns: bool, format: AudioFormat = PCM_24_KHZ
    ) -> None:
        """Begin without a connection.

        Args:
            pending: where commits are remembered until they are answered.
            detects_turns: without the service's turn detection every sound belongs to the open utterance.
            format: what the service is to be sent.
        """
        self._pending = pending
        self.detects_turns = detects_turns
        self._format = format
        self._resampler: rtc.AudioResampler | None = None
        self._input_rate = 0
        self._part = bytearray()
        self._kept: deque[bytes] = deque()
        self._kept_length = 0
        self._sent_length = 0
        self._buffered_length = 0
        self._reheard_length = 0
        self._connected = False
        self.in_speech = False
        self._turns = CommittedTurns(format.ms_to_bytes(UTTERANCE_KEPT_MS))

    # --- up -----------------------------------------------------------------------------------------------------------

    def push(self, frame: rtc.AudioFrame) -> list[ClientEvent]:
        """Take a frame of any rate, channel count and length; returns the full chunks to send."""
        self._part += self._format.from_pcm(self._resampled(frame))
        size = self._format.ms_to_bytes(CHUNK_MS)
        chunks = []
        while len(self._part) >= size:
            chunks.append(bytes(self._part[:size]))
            del self._part[:size]
        return [self._append(chunk) for chunk in chunks]

    def commit(self) -> list[ClientEvent]:
        """End the turn by hand. Too little audio is no turn: it is dropped instead."""
        events = self._flush()
        if self._format.bytes_to_ms(self._buffered_length) < MIN_COMMIT_MS:
            return [*events, *self.clear()]
        return [*events, self._commit()]

    def _commit(self) -> ClientEvent:
        event = InputAudioBufferCommit(event_id=new_event_id())
        turn = self._end_turn(str(event.event_id), by_hand=True)
        if self._connected:
            self._pending.add(PendingRequest(event, undo=partial(self._turns.forget, turn.id)))
        return event

    def _end_turn(self, id: str, *, by_hand: bool) -> CommittedTurn:
        turn = CommittedTurn(
            id, self._take_kept(), self._buffered_length, by_hand, confirmed=not by_hand
        )
        self._buffered_length = 0
        self._turns.add(turn)
        return turn

    def clear(self) -> list[ClientEvent]:
        """Drop what was said since the last turn."""
        self._part.clear()
        self._take_kept()
        self._buffered_length = 0
        self.in_speech = False
        return [InputAudioBufferClear()]

    def _append(self, chunk: bytes) -> InputAudioBufferAppend:
        self._sent_length += len(chunk)
        self._buffered_length += len(chunk)
        self._kept.append(chunk)
        self._kept_length += len(chunk)
        self._trim()
        return InputAudioBufferAppend(audio=chunk)

    def _append_all(self, audio: bytes) -> list[ClientEvent]:
        size = self._format.ms_to_bytes(CHUNK_MS)
        return [self._append(audio[at : at + size]) for at in range(0, len(audio), size)]

    def _flush(self) -> list[ClientEvent]:
        if not self._part:
            return []
        chunk = bytes(self._part)
        self._part.clear()
        return [self._append(chunk)]

    def _resampled(self, frame: rtc.AudioFrame) -> bytes:
        mono = _mono(frame)
        if frame.sample_rate == self._format.sample_rate:
            return mono.data.tobytes()
        if self._resampler is None or frame.sample_rate != self._input_rate:
            self._input_rate = frame.sample_rate
            self._resampler = rtc.AudioResampler(
                frame.sample_rate, self._format.sample_rate, num_channels=1
            )
        return b"".join(out.data.tobytes() for out in self._resampler.push(mono))

    # --- what is kept -------------------------------------------------------------------------------------------------

    def speech_started(self, audio_start_ms: int) -> None:
        """The service hears speech from that point of the connection's audio on: keep all of it."""
        self.in_speech = True
        first_kept = self._sent_length - self._kept_length
        self._drop(self._format.ms_to_bytes(audio_start_ms) - first_kept)

    def committed(self, item_id: str) -> CommittedTurn:
        """What was committed became a user message: its audio is kept until it is understood or answered."""
        self.in_speech = False
        by_hand = self._pending.take_first(lambda sent: isinstance(sent, InputAudioBufferCommit))
        if by_hand is not None:
            return self._turns.confirm(str(by_hand.event.event_id), item_id)
        return self._end_turn(item_id, by_hand=False)

    def duration_s(self, turn: CommittedTurn) -> float:
        """How long that turn was, silence included."""
        return self._format.bytes_to_ms(turn.length) / 1000

    def understood(self, item_id: str) -> None:
        """The message has its transcript: its audio is needed no more."""
        self._turns.forget(item_id)

    def answering(self, response_id: str) -> None:
        """A response began, to what was committed before."""
        self._turns.answering(response_id)

    def answered(self, response_id: str) -> None:
        """The response ended: the audio of what it answered is needed no more."""
        self._turns.answered(response_id)

    @property
    def has_unanswered_turn(self) -> bool:
        """Whether the next connection hears a turn again, and will answer it unasked."""
        return self._turns.answered_unasked

    def connected(self) -> list[ClientEvent]:
        """Open a connection with what the last one may not have understood.

        The service counts its milliseconds from the first of this audio.
        """
        turns, kept = self._turns.take(), self._take_kept()
        again = sum(len(turn.audio) for turn in turns) + len(kept)
        self._reheard_length = again + self._format.ms_to_bytes(REHEARD_WITHIN_MS) if again else 0
        self._sent_length = self._buffered_length = 0
        self._connected = True
        # What the last detector heard, this one has yet to hear.
        self.in_speech = False
        events: list[ClientEvent] = []
        for turn in turns:
            events += self._append_all(turn.audio)
            if turn.by_hand:
                events.append(self._commit())
        return events + self._append_all(kept)

    def disconnected(self) -> None:
        """From now on everything said is kept, up to the limit."""
        self._connected = False

    def _trim(self) -> None:
        reheard = self._sent_length > self._reheard_length
        whole = self.in_speech or not (self._connected and self.detects_turns and reheard)
        self._drop(
            self._kept_length
            - self._format.ms_to_bytes(UTTERANCE_KEPT_MS if whole else QUIET_KEPT_MS)
        )

    def _drop(self, length: int) -> None:
        """Drop whole chunks from the front, at most ``length`` bytes."""
        while self._kept and len(self._kept[0]) <= length:
            length -= len(self._kept[0])
            self._kept_length -= len(self._kept.popleft())

    def _take_kept(self) -> bytes:
        kept = b"".join(self._kept)
        self._kept.clear()
        self._kept_length = 0
        return kept


def _mono(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    """The frame with its channels averaged: LiveKit's resampler would take them for one long channel."""
    if frame.num_channels == 1:
        return frame
    samples = np.frombuffer(frame.data, dtype=np.int16).reshape(-1, frame.num_channels)
    mono = samples.mean(axis=1).astype(np.int16)
    return rtc.AudioFrame(mono.tobytes(), frame.sample_rate, 1, len(mono))
