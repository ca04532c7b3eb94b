"""One Voice Live session, without any I/O: client events and a clock in, server events out.

Recognising, thinking and speaking take time, so the session hands them out as :mod:`.work` and takes the results. After
every call, whoever drives it sends :meth:`~EmulatedSession.events_to_send`, starts :meth:`~EmulatedSession.work_to_do`
and calls :meth:`~EmulatedSession.advance` at :meth:`~EmulatedSession.next_deadline`. It never waits, reads no clock
and knows no socket, thread or model.
"""

from __future__ import annotations

from collections import deque

import msgspec

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.wire_struct import given

from .behaviour import Backend, Behaviour
from .conversation import Conversation, Entry
from .documented.client_items import sound_of
from .ids import new_id
from .mcp_servers import McpServers
from .refusal import Refused
from .responses import Responses
from .session_settings import SessionSettings
from .speech.detector import loudness_probability
from .turn_detector import SpeechProbability, SpeechStarted
from .user_turns import TurnEvent, UserTurns
from .work import (
    CallTool,
    ListTools,
    Recognise,
    ServerTools,
    Speak,
    SpokenChunk,
    Think,
    Thought,
    ToolOutput,
    Work,
)

NOT_EMULATED = {
    "session.avatar.connect": "has no avatar: leave out the session's avatar, or use the service.",
    "output_audio_buffer.clear": "has no avatar, and so no buffer of audio that plays.",
    "rtc.call.sdp.create": "speaks over the WebSocket only.",
    "input_text.delta": "takes text as conversation.item.create.",
    "input_text.done": "takes text as conversation.item.create.",
    "input_audio.turn.start": "takes audio as input_audio_buffer.append.",
    "input_audio.turn.append": "takes audio as input_audio_buffer.append.",
    "input_audio.turn.end": "takes audio as input_audio_buffer.append.",
    "input_audio.turn.cancel": "takes audio as input_audio_buffer.append.",
    "input_audio.clear": "takes audio as input_audio_buffer.append.",
    "transcription_session.update": "is configured by session.update.",
}
"""Client events that the service, its preview or its SDK knows, and why they are refused here."""


class EmulatedSession:
    """Owns the outbox and the parts that own everything else; lives as long as one connection."""

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        probability: SpeechProbability = loudness_probability,
        behaviour: Behaviour | None = None,
        expires_at: int = 0,
    ) -> None:
        """Begins with ``session.created`` in the outbox.

        Args:
            backend: whom to play; ``gpt-realtime`` by default.
            probability: judges windows of audio; by default by loudness alone.
            behaviour: pace, and choices where the service is unknown.
            expires_at: Unix seconds, as the session object shows it.
        """
        self.backend = backend or Backend()
        self._behaviour = behaviour or Behaviour()
        self._settings = SessionSettings(self.backend, expires_at=expires_at)
        self._conversation = Conversation(takes_audio=self.backend.is_native)
        self._turns = UserTurns(self._settings, probability)
        self._mcp_servers = McpServers(self._conversation)
        self._responses = Responses(
            self.backend, self._settings, self._conversation, self._mcp_servers, self._behaviour
        )
        self._answer_owed = False
        self._approved: deque[Item] = deque()
        self._transcribed_id: str | None = None
        self._held_back: list[server.ServerEvent] = []
        self._outbox: list[server.ServerEvent] = []
        self._send(server.SessionCreated(session=dict(self._settings.fields)))

    # --- what comes out -----------------------------------------------------------------------------------------------

    def events_to_send(self) -> list[server.ServerEvent]:
        """Take what is to be sent."""
        events, self._outbox = self._outbox, []
        return events

    def work_to_do(self) -> list[Work]:
        """Take the work that has become due. Its results come back by the methods at the end."""
        return [
            *self._turns.work_to_do(),
            *self._responses.work_to_do(),
            *self._mcp_servers.work_to_do(),
        ]

    def next_deadline(self) -> float | None:
        """When :meth:`advance` is to be called even if nothing happens."""
        return self._responses.next_deadline()

    def _send(self, *events: server.ServerEvent) -> None:
        self._outbox += [
            msgspec.structs.replace(event, event_id=new_id("event", 22)) for event in events
        ]

    # --- what comes in ------------------------------------------------------------------------------------------------

    def advance(self, *, now: float) -> None:
        """Do what is due."""
        self._advance_response(now)
        while self._begin_response():
            self._advance_response(now)
        if not self._responses.active:
            self._send(*self._held_back)
            self._held_back.clear()

    def _advance_response(self, now: float) -> None:
        # Assumption: a model is not asked before the tools are known that it was given.
        all_known = self._turns.all_understood and not self._mcp_servers.listing
        self._send(*self._responses.advance(all_known=all_known, now=now))

    def receive(self, event: client.ClientEvent | server.UnknownEvent, *, now: float) -> None:
        """Take in what the client says. What cannot be done is answered with an ``error``."""
        try:
            self._dispatch(event, now)
        except Refused as refusal:
            self.refuse(refusal, event_id=given(event.event_id))
        self.advance(now=now)

    def refuse(self, refusal: Refused, *, event_id: str | None = None) -> None:
        """Answer with an ``error``; the session goes on."""
        details = server.ErrorDetails(
            type="invalid_request_error",
            code=refusal.code,
            message=refusal.message,
            param=refusal.param,
            event_id=event_id,
        )
        self._send(server.ErrorEvent(error=details))

    def _dispatch(self, event: client.ClientEvent | server.UnknownEvent, now: float) -> None:
        match event:
            case client.SessionUpdate(session=changes):
                self._settings.update(
                    changes,
                    heard_audio=self._turns.heard_audio,
                    has_spoken=self._conversation.has_speech,
                )
                self._send(server.SessionUpdated(session=dict(self._settings.fields)))
                self._send(*self._mcp_servers.get_to_know(self._settings["tools"] or []))
            case client.InputAudioBufferAppend(audio=audio):
                speaks = self._assistant_speaks(now)
                for turn_event in self._turns.append(audio, assistant_speaks=speaks):
                    self._turn(turn_event, now)
            case client.InputAudioBufferCommit():
                self._commit(self._turns.commit())
            case client.InputAudioBufferClear():
                self._turns.clear()
                self._send(server.InputAudioBufferCleared())
            case client.ConversationItemCreate():
                self._send(created := self._conversation.create(event))
                self._note_approval(created.item)
                self._listen_to(created.item)
            case client.ConversationItemRetrieve(item_id=item_id):
                self._send(self._conversation.retrieve(item_id))
            case client.ConversationItemTruncate(
                item_id=item_id, content_index=index, audio_end_ms=end_ms
            ):
                self._send(self._conversation.truncate(item_id, index, end_ms))
            case client.ConversationItemDelete(item_id=item_id):
                self._send(self._conversation.delete(item_id))
            case client.ResponseCreate(response=request, additional_instructions=additional):
                self._send(*self._responses.begin(request, additional))
                own_tools = given(request.tools) if request else None
                self._send(*self._mcp_servers.get_to_know(own_tools or []))
            case client.ResponseCancel(response_id=response_id):
                self._send(*self._responses.cancel(given(response_id), "client_cancelled", now=now))
            case server.UnknownEvent(type=type) if type in NOT_EMULATED:
                raise Refused(f"The emulator {NOT_EMULATED[type]}", code=type, param="type")
            case server.UnknownEvent(type=type):
                # Assumption: code and wording after OpenAI's realtime service.
                raise Refused(f"Invalid value: '{type}'.", code="invalid_value", param="type")

    def _note_approval(self, item: Item) -> None:
        request = self._conversation.find(given(item.approval_request_id))
        if item.type == "mcp_approval_response" and item.approve and request:
            self._approved.append(request.item)

    def _listen_to(self, item: Item) -> None:
        """A model hears the audio that a client brings; it does not read what the client says of it."""
        entry = self._conversation.find(given(item.id))
        if entry is not None and (sound := sound_of(item)):
            self._turns.listen_to(entry, sound)

    def _begin_response(self) -> bool:
        """Begin what is waiting to be begun, unless a response is active."""
        if self._responses.active:
            return False
        if self._approved:
            self._send(*self._responses.begin_approved(self._approved.popleft()))
            return True
        return self._answer_turn()

    # --- the user's turns ---------------------------------------------------------------------------------------------

    def _turn(self, event: TurnEvent, now: float) -> None:
        if isinstance(event, SpeechStarted):
            self._send(
                server.InputAudioBufferSpeechStarted(
                    audio_start_ms=event.start_ms, item_id=self._turns.item_id
                )
            )
            self._interrupt(now)
            return
        self._send(
            server.InputAudioBufferSpeechStopped(
                audio_end_ms=event.end_ms, item_id=self._turns.item_id
            )
        )
        entry = self._turns.commit_turn(event.end_ms)
        self._answer_owed = self._settings.detection.get("create_response") is not False
        self._commit(entry, detected=True)

    def _commit(self, entry: Entry, *, detected: bool = False) -> None:
        item_id = str(entry.item.id)
        self._send(
            server.InputAudioBufferCommitted(
                previous_item_id=self._conversation.last_id, item_id=item_id
            )
        )
        created = self._conversation.append(entry)
        self._send(created)
        if detected and self._behaviour.announce_item_done:
            previous_id = created.previous_item_id
            self._send(server.ConversationItemDone(previous_item_id=previous_id, item=created.item))
        if self._behaviour.empty_transcripts and self._transcribed_id is not None:
            self._send(
                server.InputAudioTranscriptionCompleted(item_id=self._transcribed_id, transcript="")
            )
        text = self._turns.understand(entry)
        if self._answers_unheard:
            self._answer_turn()  # a native model begins its response before the words are known
        if text is not None:
            self._understood(item_id, text)

    @property
    def _answers_unheard(self) -> bool:
        """Whether a response begins before the words of the turn are known."""
        return self.backend.is_native and self._behaviour.transcript != "before"

    def _answer_turn(self) -> bool:
        """Answer a finished turn. A cascade needs its words first; a running response is waited for."""
        ready = self._answers_unheard or self._turns.all_understood
        if not self._answer_owed or not ready or self._responses.active:
            return False
        self._answer_owed = False
        self._send(*self._responses.begin())
        return True

    def _interrupt(self, now: float) -> None:
        detection = self._settings.detection
        if detection.get("interrupt_response") is False:
            return
        truncates, first = detection.get("auto_truncate"), self._behaviour.truncate_first
        if truncates and first:
            self._truncate_to_heard(now)
        if self._responses.active:
            self._send(*self._responses.cancel(None, "turn_detected", now=now))
        self._answer_owed = False
        if truncates and not first:
            self._truncate_to_heard(now)

    def _truncate_to_heard(self, now: float) -> None:
        """``auto_truncate``: supposes that the client played in real time from the first delta on."""
        entry = self._conversation.last_message
        if entry is not None and entry.is_playing(now):
            heard_ms = entry.played_ms(now)
            self._send(self._conversation.truncate(str(entry.item.id), 0, heard_ms))
            appended = self._settings.detection.get("appended_text_after_truncation")
            entry.heard = " ".join(filter(None, (entry.heard, appended)))

    def _assistant_speaks(self, now: float) -> bool:
        """Supposes that the client plays what it gets in real time. Source: Voice Live how-to."""
        entry = self._conversation.last_message
        return self._responses.active or (entry is not None and entry.is_playing(now))

    def _understood(self, item_id: str, text: str) -> None:
        told = self._conversation.transcribed(item_id, text)
        if not told or self._settings["input_audio_transcription"] is None:
            return
        self._transcribed_id = item_id
        events: list[server.ServerEvent] = []
        if text:
            events.append(server.InputAudioTranscriptionDelta(item_id=item_id, delta=text))
        events.append(server.InputAudioTranscriptionCompleted(item_id=item_id, transcript=text))
        if self.backend.is_native and self._behaviour.transcript == "after":
            self._held_back += events
        else:
            self._send(*events)

    # --- results of work ----------------------------------------------------------------------------------------------

    def recognised(self, work: Recognise, text: str, *, now: float) -> None:
        """The ears wrote down what they heard."""
        if not work.cancelled and self._turns.recognised(work, text):
            self._understood(work.item_id, text)
            self.advance(now=now)

    def thought(self, work: Think, thought: Thought, *, now: float) -> None:
        """The brain has something to say or to call; more may follow until :meth:`finished`."""
        if not work.cancelled:
            self._responses.thought(work, thought)
            self.advance(now=now)

    def spoken(self, work: Speak, chunk: SpokenChunk, *, now: float) -> None:
        """The voice spoke a sentence; more may follow until :meth:`finished`."""
        if not work.cancelled:
            self._responses.spoken(work, chunk)
            self.advance(now=now)

    def finished(self, work: Think | Speak, *, now: float) -> None:
        """Brain or voice are done with this."""
        if not work.cancelled:
            self._responses.finished(work)
            self.advance(now=now)

    def listed(self, work: ListTools, tools: ServerTools, *, now: float) -> None:
        """An MCP server told its tools."""
        if not work.cancelled:
            self._send(*self._mcp_servers.listed(work, tools))
            self.advance(now=now)

    def called(self, work: CallTool, output: ToolOutput, *, now: float) -> None:
        """A tool of an MCP server answered."""
        if not work.cancelled:
            self._send(*self._mcp_servers.called(work, output))
            self._follow_up()
            self.advance(now=now)

    def _follow_up(self) -> None:
        if self._behaviour.mcp_follow_up and not self._mcp_servers.calling:
            self._answer_owed = True

    def failed(self, work: Work, *, now: float) -> None:
        """Ears, brain, voice or a tool server broke down over this."""
        if work.cancelled:
            return
        if isinstance(work, ListTools | CallTool):
            self._send(*self._mcp_servers.failed(work))
            if isinstance(work, CallTool):
                self._follow_up()
            self.advance(now=now)
            return
        if isinstance(work, Recognise):
            if self._turns.recognised(work, "") and self._settings["input_audio_transcription"]:
                details = server.ErrorDetails(
                    type="server_error", code="transcription_failed", message="Not understood"
                )
                self._send(
                    server.InputAudioTranscriptionFailed(item_id=work.item_id, error=details)
                )
        else:
            self._send(*self._responses.failed(work))
        self.advance(now=now)

    def close(self) -> None:
        """The connection is gone: nothing is wanted any more."""
        self._turns.close()
        self._mcp_servers.close()
        if self._responses.active:
            self._responses.cancel(None, "connection_closed", now=0.0)
        self._outbox.clear()
