"""The caller's audio on its way up: any rate and channel count in, chunks in the session's format out.

Keeps what the service may not have understood yet, so that a lost connection costs no words. Knows no clock: time is
counted in audio.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from livekit import rtc

from .audio_format import PCM_24_KHZ, AudioFormat
from .pending_requests import new_event_id
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


@dataclass(frozen=True)
class CommittedTurn:
    """A user message that may have to be said again."""

    audio: bytes
    by_hand: bool
    """Committed by us, not by the service's detector."""


class InputAudio:
    """Owns the resampler, the part chunk, and the audio kept for a reconnect. An utterance dies with its transcript."""

    def __init__(self, *, detects_turns: bool, format: AudioFormat = PCM_24_KHZ) -> None:
        """Begin without a connection. ``detects_turns``: without the service's turn detection every sound belongs to the open utterance."""
        self.detects_turns = detects_turns
        self._format = format
        self._resampler: rtc.AudioResampler | None = None
        self._input_rate = 0
        self._part = bytearray()
        self._kept: deque[bytes] = deque()
        self._kept_length = 0
        self._sent_length = 0
        self._buffered_length = 0
        self._connected = False
        self.in_speech = False
        self._committed: dict[str, CommittedTurn] = {}

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
        self._buffered_length = 0
        if not self._connected:
            self.committed("", by_hand=True)
        return [*events, InputAudioBufferCommit(event_id=new_event_id())]

    def clear(self) -> list[ClientEvent]:
        """Drop what was said since the last turn."""
        self._part.clear()
        self._forget()
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

    def committed(self, item_id: str, *, by_hand: bool) -> None:
        """The utterance became a user message: it is kept until it is understood or answered."""
        self.in_speech = False
        self._buffered_length = 0
        # One turn is open at a time: an older one that nobody transcribed was answered long ago.
        self._committed = {item_id: CommittedTurn(b"".join(self._kept), by_hand)}
        self._forget()

    def understood(self, item_id: str) -> None:
        """The message has its transcript: its audio is needed no more."""
        self._committed.pop(item_id, None)

    def answered(self) -> None:
        """The last turn has its answer: its audio is needed no more."""
        self._committed.clear()

    @property
    def has_unanswered_turn(self) -> bool:
        """Whether the next connection hears a turn again, and will answer it."""
        return bool(self._committed)

    def connected(self) -> list[ClientEvent]:
        """Open a connection with what the last one may not have understood.

        The service counts its milliseconds from the first of this audio.
        """
        turns, kept = list(self._committed.values()), b"".join(self._kept)
        self._committed.clear()
        self._forget()
        self._sent_length = self._buffered_length = 0
        self._connected = True
        events: list[ClientEvent] = []
        for turn in turns:
            events += self._append_all(turn.audio)
            if turn.by_hand:
                events += self.commit()
        return events + self._append_all(kept)

    def disconnected(self) -> None:
        """From now on everything said is kept, up to the limit."""
        self._connected = False

    def _trim(self) -> None:
        whole = self.in_speech or not self._connected or not self.detects_turns
        self._drop(
            self._kept_length
            - self._format.ms_to_bytes(UTTERANCE_KEPT_MS if whole else QUIET_KEPT_MS)
        )

    def _drop(self, length: int) -> None:
        """Drop whole chunks from the front, at most ``length`` bytes."""
        while self._kept and len(self._kept[0]) <= length:
            length -= len(self._kept[0])
            self._kept_length -= len(self._kept.popleft())

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_length = 0


def _mono(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    """The frame with its channels averaged: LiveKit's resampler would take them for one long channel."""
    if frame.num_channels == 1:
        return frame
    samples = np.frombuffer(frame.data, dtype=np.int16).reshape(-1, frame.num_channels)
    mono = samples.mean(axis=1).astype(np.int16)
    return rtc.AudioFrame(mono.tobytes(), frame.sample_rate, 1, len(mono))
