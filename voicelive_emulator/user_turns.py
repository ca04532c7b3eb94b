"""The user's side: audio in, turns found in it, and what the ears made of them.

Owns the input buffer and the recognition under way. Decides nothing about responses.
"""

from __future__ import annotations

from livekit_plugins_voicelive.protocol.audio import SAMPLE_RATE
from livekit_plugins_voicelive.protocol.items import ContentPart, Item

from .conversation import Entry
from .ids import new_id
from .input_buffer import InputBuffer
from .refusal import Refused
from .session_settings import SessionSettings
from .speech.audio_formats import InputDecoder
from .turn_detector import (
    PauseStarted,
    SpeechProbability,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    TurnDetector,
    TurnSignal,
)
from .utterances import is_filler, is_unfinished
from .work import Recognise

TurnEvent = SpeechStarted | SpeechStopped

MOST_BYTES = 15 * 1024 * 1024
"""More audio one event cannot hold."""

LONGEST_FILLER_MS = 800
"""More speech than this is no filler, whatever it says."""


class UserTurns:
    """Owns the audio of the open turn and the recognition of turns; lives as long as the session."""

    def __init__(self, settings: SessionSettings, probability: SpeechProbability) -> None:
        """``probability`` judges single windows, see :mod:`.turn_detector`."""
        self._settings = settings
        self._buffer = InputBuffer()
        self._detector = TurnDetector(probability)
        self._decoder: InputDecoder | None = None
        self._start_ms = 0
        self._held: SpeechStarted | None = None
        self._held_over_assistant = False
        self._early: Recognise | None = None
        self._early_text: str | None = None
        self._unheard: dict[str, Recognise] = {}
        self._work: list[Recognise] = []
        self.item_id = new_id("item")
        """The id of the user message that the current or next turn becomes."""

    @property
    def heard_audio(self) -> bool:
        """Whether any audio came yet; some settings are fixed from then on."""
        return self._decoder is not None

    @property
    def all_understood(self) -> bool:
        """Whether the ears are done with every committed turn."""
        return not self._unheard

    def work_to_do(self) -> list[Recognise]:
        """Take the recognitions that have become due."""
        work, self._work = self._work, []
        return [piece for piece in work if not piece.cancelled]

    # --- audio --------------------------------------------------------------------------------------------------------

    def append(self, data: bytes, *, assistant_speaks: bool = False) -> list[TurnEvent]:
        """Audio in the session's format; returns where turns began and ended.

        ``assistant_speaks``: whether the client is playing an answer, so that a "yeah" may mean nothing.

        Raises:
            Refused: it is too much, or of two channels a sample lacks one. Source: Voice Live API reference 2026-07-15.
        """
        # Assumption: the codes.
        if len(data) > MOST_BYTES:
            raise Refused("At most 15 MiB at once", code="invalid_value", param="audio")
        channels = self._settings.input_channels
        if channels == 2 and len(data) % 4:
            raise Refused(
                "Audio of two channels comes in multiples of 4 bytes",
                code="invalid_value",
                param="audio",
            )
        if self._decoder is None:
            self._decoder = self._new_decoder(channels)
        pcm = self._decoder.decode(data)
        self._buffer.append(pcm)
        rules = self._settings.turn_rules
        if rules is None:
            self._detector.skip(len(pcm))
            return []
        self._detector.rules = rules
        events = self._heed_words()
        for signal in self._detector.push(pcm):
            events += self._take(signal, assistant_speaks)
        if self._detector.speech_ms > LONGEST_FILLER_MS:
            events += self._release()
        if not self._detector.speaking and not events:
            self._buffer.trim()
        return events

    def _new_decoder(self, channels: int) -> InputDecoder:
        settings = self._settings
        rate = settings["input_audio_sampling_rate"] or SAMPLE_RATE
        return InputDecoder(settings["input_audio_format"], rate, channels)

    def _take(self, signal: TurnSignal, assistant_speaks: bool) -> list[TurnEvent]:
        match signal:
            case SpeechStarted(start_ms=start_ms):
                self._start_ms = start_ms
                if not self._settings.removes_fillers:
                    return [signal]
                self._held, self._held_over_assistant = signal, assistant_speaks
            case PauseStarted():
                self._recognise_early()
            case SpeechResumed():
                self._forget_early()
            case SpeechStopped() if self._is_filler:
                self._held = None
                self._forget_early()
            case SpeechStopped():
                return [*self._release(), signal]
        return []

    def _release(self) -> list[TurnEvent]:
        """Tell of the beginning that was held back until it was sure to be more than a filler."""
        held, self._held = self._held, None
        return [held] if held else []

    @property
    def _is_filler(self) -> bool:
        over = self._held_over_assistant
        text = self._early_text or ""
        return self._held is not None and is_filler(text, while_assistant_speaks=over)

    def _heed_words(self) -> list[TurnEvent]:
        """What the words before the pause say: that the turn is finished, or that it is a real one."""
        if self._early_text is None:
            return []
        level = self._settings.end_of_utterance_level
        unfinished = level is not None and is_unfinished(self._early_text, level)
        self._detector.judge(finished=self._is_filler or not unfinished)
        return [] if self._is_filler else self._release()

    def commit_turn(self, end_ms: int) -> Entry:
        """The detector heard the end: the turn's audio becomes a message."""
        return self._entry(self._buffer.take(self._start_ms, end_ms))

    def commit(self) -> Entry:
        """The client says that the turn ends here.

        Raises:
            Refused: there is no audio.
        """
        if not len(self._buffer):
            # Assumption: the code is that of OpenAI's realtime service.
            raise Refused("The input audio buffer is empty", code="input_audio_buffer_commit_empty")
        start_ms = self._start_ms if self._detector.speaking else 0
        self._forget_early()
        self._held = None
        entry = self._entry(self._buffer.take(start_ms))
        self._detector.reset(position_ms=self._buffer.end_ms)
        return entry

    def clear(self) -> None:
        """Drop the buffered audio and the open turn."""
        self._held = None
        self._buffer.clear()
        self._detector.reset(position_ms=self._buffer.end_ms)
        self._forget_early()

    def close(self) -> None:
        """Nobody wants to know any more."""
        self._forget_early()
        for work in self._unheard.values():
            work.cancelled = True

    def _entry(self, audio: bytes) -> Entry:
        item = Item(
            type="message",
            id=self.item_id,
            object="realtime.item",
            status="completed",
            role="user",
            content=[ContentPart(type="input_audio", transcript=None)],
        )
        self.item_id = new_id("item")
        return Entry(item, bytearray(audio))

    # --- understanding ------------------------------------------------------------------------------------------------

    def understand(self, entry: Entry) -> str | None:
        """Have a committed message recognised; returns the words if the ears were done before the turn was."""
        text, work = self._early_text, self._early
        self._early = self._early_text = None
        if text is not None:
            return text
        if work is None:
            work = self._recognise(str(entry.item.id), bytes(entry.audio))
        self._unheard[str(entry.item.id)] = work
        return None

    def listen_to(self, entry: Entry, sound: bytes) -> None:
        """Have the ears hear what a client brought in an item, in the session's format."""
        entry.audio += self._new_decoder(channels=1).decode(sound)
        item_id = str(entry.item.id)
        self._unheard[item_id] = self._recognise(item_id, bytes(entry.audio))

    def recognised(self, work: Recognise, text: str) -> bool:
        """Take the ears' result; true when it belongs to a committed message."""
        if work is self._early:
            self._early_text = text
            return False
        if self._unheard.get(work.item_id) is not work:
            return False
        del self._unheard[work.item_id]
        return True

    def _recognise_early(self) -> None:
        """Begin at the pause, so that the ears work while the detector waits for the turn's end."""
        self._early = self._recognise(self.item_id, self._buffer.since(self._start_ms))

    def _recognise(self, item_id: str, audio: bytes) -> Recognise:
        work = Recognise(item_id, audio, self._settings.phrases)
        self._work.append(work)
        return work

    def _forget_early(self) -> None:
        if self._early is not None:
            self._early.cancelled = True
        self._early = self._early_text = None
