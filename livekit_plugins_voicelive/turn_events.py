"""What the service says of the user's turns, and what that does to the kept audio, the conversation and the answers due."""

from __future__ import annotations

from livekit.agents import llm

from . import errors
from .conversation import Conversation
from .input_audio import InputAudio
from .metrics import transcription_metrics
from .outcome import Emit, Identity, Outcome
from .protocol import server_events as server
from .responses import Responses
from .session_settings import SessionSettings
from .user_turns import UserTurns


class TurnEvents:
    """Owns the turns; joins them to what else they touch."""

    def __init__(
        self,
        input_audio: InputAudio,
        conversation: Conversation,
        responses: Responses,
        settings: SessionSettings,
        identity: Identity,
    ) -> None:
        self._input_audio = input_audio
        self._conversation = conversation
        self._responses = responses
        self._settings = settings
        self._identity = identity
        self._turns = UserTurns()

    def started(self, event: server.InputAudioBufferSpeechStarted, *, now: float) -> Outcome:
        """The user speaks: LiveKit interrupts."""
        self._input_audio.speech_started(event.audio_start_ms)
        self._responses.to_turn.speech_started(now=now)
        wall = self._identity.wall(now)
        self._turns.started(event.item_id, event.audio_start_ms, started_at=wall)
        return Outcome(emit=[Emit("input_speech_started", llm.InputSpeechStartedEvent())])

    def stopped(self, event: server.InputAudioBufferSpeechStopped) -> Outcome:
        """The user has stopped; with the flag LiveKit shows that words are on their way."""
        self._turns.stopped(event.item_id, event.audio_end_ms)
        stopped = llm.InputSpeechStoppedEvent(self._settings.transcribes)
        return Outcome(emit=[Emit("input_speech_stopped", stopped)])

    def connection_lost(self) -> Outcome:
        """Nobody will say when the speech that runs ends; the next connection reports it anew, if it hears it."""
        if not self._input_audio.in_speech:
            return Outcome()
        stopped = llm.InputSpeechStoppedEvent(self._settings.transcribes)
        return Outcome(emit=[Emit("input_speech_stopped", stopped)])

    def committed(self, item_id: str, *, now: float) -> None:
        """The turn is a message now; one that the service ended, it also answers."""
        if not self._turns.committed(item_id):
            return
        committed = self._input_audio.committed(item_id)
        understood = self._turns.final_words(item_id) is not None  # the words may come first
        if understood:
            self._input_audio.understood(item_id)
        if committed.by_hand:
            self._turns.ended_by_hand(item_id, self._input_audio.duration_s(committed))
        elif self._settings.answers_turns:
            self._responses.to_turn.turn_committed(now=now)
            if understood or not self._settings.transcribes:
                self._responses.to_turn.turn_understood(now=now)

    def words(self, item_id: str) -> str | None:
        """All words of a turn, where they are known already."""
        return self._turns.final_words(item_id)

    def heard(self, event: server.InputAudioTranscriptionDelta) -> Outcome:
        """More of the user's words."""
        interim = self._turns.heard(event)
        if interim is None:
            return Outcome()
        return Outcome(emit=[Emit("input_audio_transcription_completed", interim)])

    def completed(self, event: server.InputAudioTranscriptionCompleted, *, now: float) -> Outcome:
        """All of the user's words."""
        return self._final(self._turns.completed(event), now=now)

    def failed(self, event: server.InputAudioTranscriptionFailed, *, now: float) -> Outcome:
        """The user's words could not be written down; what was heard of them counts."""
        outcome = self._final(self._turns.failed(event.item_id), now=now)
        outcome.emit.append(Emit("error", errors.server_error(event.error)))
        return outcome

    def _final(self, transcript: llm.InputTranscriptionCompleted | None, *, now: float) -> Outcome:
        if transcript is None:
            return Outcome()
        item_id = transcript.item_id
        self._conversation.user_spoke(item_id, transcript.transcript)
        self._input_audio.understood(item_id)
        self._responses.to_turn.turn_understood(now=now)
        metrics = transcription_metrics(
            item_id,
            label=self._identity.label,
            model=(self._settings["input_audio_transcription"] or {}).get("model"),
            provider=self._identity.provider,
            timestamp=self._identity.wall(now),
            audio_duration_s=self._turns[item_id].duration_s,
        )
        return Outcome(
            emit=[
                Emit("input_audio_transcription_completed", transcript),
                Emit("metrics_collected", metrics),
            ]
        )
