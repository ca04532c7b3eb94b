"""LiveKit's calls and Voice Live's events, each into the words of the other. No socket, no task, no clock.

Five rules hold here:
- No I/O: time comes in as ``now`` (seconds of a monotonic clock); futures and channels are settled, never awaited.
- A call or an event first settles all state. Only then is something emitted: LiveKit answers some events by calling back
  in. So there are two outboxes, and after every call the caller drains both.
- The parts return the client events that they want sent; only this class queues them.
- The state is the queue: every connection, the first and the tenth, is opened with what the state says. Without a
  connection nothing is queued.
- One dispatch, :meth:`Translator.receive`, with one case for each server event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from livekit import rtc
from livekit.agents import NOT_GIVEN, NotGivenOr, llm, utils
from livekit.agents.metrics import STTMetrics
from livekit.agents.metrics.base import Metadata

from . import errors
from .conversation import ContextUpdate, Conversation
from .input_audio import InputAudio
from .outcome import Emit, Identity, Outcome
from .output_audio import OutputAudio
from .pending_requests import PendingRequest, PendingRequests, fail, new_event_id, settle
from .protocol import client_events as client, server_events as server
from .protocol.items import Item, text_part
from .protocol.response import Response
from .protocol.wire_struct import UNSET, given
from .response_events import ResponseEvents
from .responses import CLIENT_EVENT_ID, Responses
from .session_settings import SessionSettings
from .tools import wire_tool_choice, wire_tools
from .user_turns import UserTurns


class Translator:
    """Owns the two outboxes, and the parts that own everything else."""

    def __init__(
        self,
        settings: SessionSettings,
        identity: Identity,
        *,
        reply_timeout_s: float = 10.0,
        image_field: str = "image_url",
    ) -> None:
        """``reply_timeout_s``: from asking for a response to its beginning. ``image_field``: see :mod:`.chat_items`."""
        self.settings = settings
        self._identity = identity
        self._pending = PendingRequests()
        self._conversation = Conversation(self._pending, image_field=image_field)
        self._responses = Responses(self._pending, reply_timeout_s=reply_timeout_s)
        self._input_audio = InputAudio(detects_turns=settings.detects_turns)
        self._output_audio = OutputAudio()
        self._user_turns = UserTurns()
        self._response_events = ResponseEvents(
            self._responses, self._conversation, self._output_audio, settings, identity
        )
        self._to_send: list[client.ClientEvent] = []
        self._to_emit: list[Emit] = []
        self._connected = False
        self._connections = 0
        self._opening_id: str | None = None

    # --- the outboxes -------------------------------------------------------------------------------------------------

    def events_to_send(self) -> list[client.ClientEvent]:
        """Take what is to be sent. Without a connection there is nothing: the next one is opened from the state."""
        events, self._to_send = self._to_send, []
        return events

    def events_to_emit(self) -> list[Emit]:
        """Take what LiveKit is to be told."""
        emits, self._to_emit = self._to_emit, []
        return emits

    def _send(self, events: Iterable[client.ClientEvent]) -> None:
        if self._connected:
            self._to_send += events

    def _emit(self, name: str, payload: Any) -> None:
        self._to_emit.append(Emit(name, payload))

    def _take(self, outcome: Outcome) -> None:
        self._send(outcome.send)
        self._to_emit += outcome.emit

    # --- LiveKit's calls ----------------------------------------------------------------------------------------------

    @property
    def chat_ctx(self) -> llm.ChatContext:
        """The history as the service has it."""
        return self._conversation.chat_ctx

    @property
    def confirmed(self) -> bool:
        """Whether the service has accepted this connection's configuration."""
        return self._connected and self._opening_id is None

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """The caller's audio: any rate, channel count and length."""
        self._send(self._input_audio.push(frame))

    def commit_audio(self) -> None:
        """The user's turn ends here."""
        for event in self._input_audio.commit():
            if isinstance(event, client.InputAudioBufferCommit) and self._connected:
                self._pending.add(PendingRequest(event))
            self._send([event])

    def clear_audio(self) -> None:
        """What the user said since the last turn does not count."""
        self._send(self._input_audio.clear())

    def update_instructions(self, instructions: str) -> None:
        """Replace the instructions."""
        self._update_session(self.settings.update({"instructions": instructions}))

    def update_tools(self, tools: list[llm.Tool | llm.Toolset]) -> None:
        """Replace the tools."""
        self._update_session(self.settings.update_tools(tools))

    def update_tool_choice(self, choice: llm.ToolChoice | None) -> None:
        """Change the tool choice of all replies to come."""
        self._update_session(self.settings.update_tool_choice(choice))

    def _update_session(self, events: list[client.SessionUpdate]) -> None:
        if self._connected:
            self._send(self._pending.add(PendingRequest(event)) for event in events)

    def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> list[asyncio.Future[Any]]:
        """Make the service's history this one; returns a waiter for every request that it takes."""
        unheard = set(self._responses.interrupted_messages())
        wanted = [
            item
            for item in chat_ctx.items
            # LiveKit's placeholder of a message that it never played is no wish to keep it.
            if item.id not in unheard or not isinstance(item, llm.ChatMessage) or item.content
        ]
        update: ContextUpdate = self._conversation.update(llm.ChatContext(wanted))
        self._send(update.events)
        return update.waiters

    def generate_reply(
        self,
        waiter: asyncio.Future[llm.GenerationCreatedEvent],
        *,
        now: float,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> None:
        """Ask for a reply; ``instructions`` are added to the session's for this one."""
        event_id = new_event_id()
        params = client.ResponseCreateParams(
            tool_choice=wire_tool_choice(tool_choice) if utils.is_given(tool_choice) else UNSET,
            tools=wire_tools(tools) if utils.is_given(tools) else UNSET,
            metadata={CLIENT_EVENT_ID: event_id},
        )
        event = client.ResponseCreate(
            event_id=event_id,
            response=params,
            additional_instructions=instructions if utils.is_given(instructions) else UNSET,
        )
        self._send(self._responses.request(event, waiter, now=now))

    def say(
        self, waiter: asyncio.Future[llm.GenerationCreatedEvent], text: str, *, now: float
    ) -> None:
        """Have exactly these words spoken, in the session's voice, without the model."""
        event_id = new_event_id()
        message = Item(type="message", role="assistant", content=[text_part("assistant", text)])
        params = client.ResponseCreateParams(
            metadata={CLIENT_EVENT_ID: event_id}, pre_generated_assistant_message=message
        )
        event = client.ResponseCreate(event_id=event_id, response=params)
        self._send(self._responses.request(event, waiter, now=now))

    def interrupt(self, *, now: float) -> None:
        """End what is being said, here and at once; the service follows."""
        events, unheard = self._responses.interrupt(now=now)
        self._conversation.forget(unheard)
        self._send(events)

    def truncate(
        self, item_id: str, *, audio_end_ms: int, audio_transcript: str | None, spoken: bool
    ) -> None:
        """Cut a message to what was heard, and remove the messages behind it.

        Args:
            item_id: LiveKit's message id.
            audio_end_ms: what was played, which can be more than was received.
            audio_transcript: LiveKit's idea of the words heard; word times know better.
            spoken: False for a text message, which has no audio to cut.
        """
        heard_ms = min(audio_end_ms, self._output_audio.received_ms(item_id)) if spoken else 0
        message = self._responses.message(item_id)
        heard_text = (message.words_heard(heard_ms) if message else None) or audio_transcript
        behind = self._responses.messages_behind(item_id)
        if spoken:
            self._send(
                self._conversation.truncate(item_id, heard_ms=heard_ms, heard_text=heard_text)
            )
        elif heard_text:
            self._send(self._conversation.shorten(item_id, heard_text))
        self._send(
            self._conversation.delete_unheard(id for id in behind if id in self._conversation)
        )

    # --- time ---------------------------------------------------------------------------------------------------------

    def advance(self, *, now: float) -> None:
        """Do what is due."""
        self._send(self._responses.advance(now=now))

    def next_deadline(self) -> float | None:
        """When :meth:`advance` is to be called even if nothing happens."""
        return self._responses.next_deadline()

    # --- connections --------------------------------------------------------------------------------------------------

    def _open(self, *, now: float) -> None:
        """``session.created``: bring the new connection to where the session is."""
        self._connected = True
        self._connections += 1
        self._responses.connected()
        opening = self.settings.opening()
        self._opening_id = given(opening.event_id)
        self._send([self._pending.add(PendingRequest(opening))])
        self._send(self._conversation.replay())
        self._send(self._input_audio.connected())
        self._send(self._responses.advance(now=now))

    def connection_lost(self, *, now: float) -> None:
        """The connection is gone; the session is not."""
        self._connected = False
        self._opening_id = None
        self._to_send.clear()
        ended, owed = self._responses.connection_lost()
        for generation in ended:
            for item_id, message in generation.messages.items():
                if item_id not in generation.to_delete:
                    self._conversation.assistant_spoke(item_id, message.text)
        self._conversation.connection_lost(self._pending.connection_lost())
        self._input_audio.disconnected()
        if owed and not self._input_audio.has_unanswered_turn:
            self._responses.request(client.ResponseCreate(event_id=new_event_id()), None, now=now)

    def close(self, error: llm.RealtimeError) -> None:
        """The session is over: nothing is answered any more."""
        for request in self._pending.connection_lost():
            fail(request.waiter, error)
        self._responses.close(error)
        self._connected = False
        self._to_send.clear()

    # --- Voice Live's events ------------------------------------------------------------------------------------------

    def receive(self, event: server.ServerEvent | server.UnknownEvent, *, now: float) -> None:
        """Take in what the service says.

        Raises:
            APIError: the connection is of no use any more; ``retryable`` says whether another one may be.
        """
        match event:
            case server.SessionCreated():
                self._open(now=now)
            case server.SessionUpdated():
                self._session_updated()
            case server.ErrorEvent(error=error):
                self._error(error, now=now)
            case server.InputAudioBufferSpeechStarted(item_id=item_id, audio_start_ms=start_ms):
                self._input_audio.speech_started(start_ms)
                self._user_turns.started(item_id, start_ms, started_at=self._identity.wall(now))
                self._emit("input_speech_started", llm.InputSpeechStartedEvent())
            case server.InputAudioBufferSpeechStopped(item_id=item_id, audio_end_ms=end_ms):
                self._user_turns.stopped(item_id, end_ms)
                stopped = llm.InputSpeechStoppedEvent(self.settings.transcribes)
                self._emit("input_speech_stopped", stopped)
            case server.InputAudioBufferCommitted(item_id=item_id):
                self._committed(item_id)
            case server.InputAudioTranscriptionDelta():
                self._transcribed(self._user_turns.heard(event), now=now)
            case server.InputAudioTranscriptionCompleted():
                self._transcribed(self._user_turns.completed(event), now=now)
            case server.InputAudioTranscriptionFailed(item_id=item_id, error=error):
                self._transcribed(self._user_turns.failed(item_id), now=now)
                self._emit("error", errors.server_error(error))
            case server.ConversationItemCreated(item=item, previous_item_id=previous_id):
                self._item_created(item, given(previous_id), now=now)
            case server.ConversationItemDeleted(item_id=item_id):
                self._conversation.item_deleted(item_id)
                self._output_audio.forget(item_id)
            case server.ConversationItemTruncated(item_id=item_id, audio_end_ms=end_ms):
                message = self._responses.message(item_id)
                heard = message.words_heard(end_ms) if message else None
                self._conversation.item_truncated(item_id, heard)
            case server.ResponseCreated(response=response):
                self._take(self._response_events.created(response, now=now))
            case server.ResponseOutputItemAdded(response_id=response_id, item=item):
                self._response_events.item_added(response_id, item, now=now)
            case server.ResponsePartEvent():
                self._response_events.part(event, now=now)
            case server.ResponseFunctionCallArgumentsDone():
                self._response_events.arguments_done(event, now=now)
            case server.ResponseOutputItemDone(response_id=response_id, item=item):
                self._response_events.item_done(response_id, item, now=now)
            case server.ResponseDone(response=response):
                self._response_done(response, now=now)
            case _:
                pass  # nothing that LiveKit has a word for

    def _session_updated(self) -> None:
        request = self._pending.take_first(lambda event: isinstance(event, client.SessionUpdate))
        if request is not None and request.event.event_id == self._opening_id:
            self._opening_id = None
            if self._connections > 1:
                self._emit("session_reconnected", llm.RealtimeSessionReconnectedEvent())

    def _error(self, error: server.ErrorDetails, *, now: float) -> None:
        event_id = given(error.event_id)
        request = self._pending.take(event_id)
        if not self._connected:
            raise errors.refused_connection(error)
        if request is None:
            if errors.ends_connection(error):
                raise errors.server_error(error)
            self._emit("error", errors.server_error(error))
        elif event_id == self._opening_id:
            raise errors.rejected_session(error)
        else:
            self._refused(request, error, now=now)

    def _refused(self, request: PendingRequest, error: server.ErrorDetails, *, now: float) -> None:
        code = errors.code(error)
        if isinstance(request.event, client.ResponseCreate):
            if code == errors.ACTIVE_RESPONSE:
                self._responses.refused_as_busy(now=now)
                return
            self._responses.refused()
        if self._conversation.refused(request, code):
            settle(request.waiter)
        elif not request.may_fail:
            refusal = errors.refusal(request.type, error)
            fail(request.waiter, refusal)
            self._emit("error", refusal)

    def _committed(self, item_id: str) -> None:
        by_hand = self._pending.take_first(
            lambda event: isinstance(event, client.InputAudioBufferCommit)
        )
        self._input_audio.committed(item_id, by_hand=by_hand is not None)
        if by_hand is None and self.settings.answers_turns:
            self._responses.turn_committed()

    def _transcribed(
        self, transcript: llm.InputTranscriptionCompleted | None, *, now: float
    ) -> None:
        if transcript is None:
            return
        if transcript.is_final:
            self._conversation.user_spoke(transcript.item_id, transcript.transcript)
            self._input_audio.understood(transcript.item_id)
        self._emit("input_audio_transcription_completed", transcript)
        if transcript.is_final:
            self._emit("metrics_collected", self._transcription_metrics(transcript.item_id, now))

    def _transcription_metrics(self, item_id: str, now: float) -> STTMetrics:
        transcriber = self.settings["input_audio_transcription"] or {}
        return STTMetrics(
            label=self._identity.label,
            request_id=item_id,
            timestamp=self._identity.wall(now),
            duration=0.0,
            audio_duration=self._user_turns[item_id].duration_s,
            streamed=True,
            metadata=Metadata(
                model_name=transcriber.get("model"), model_provider=self._identity.provider
            ),
        )

    def _item_created(self, item: Item, previous_id: str | None, *, now: float) -> None:
        added = self._conversation.item_created(
            item, previous_id, created_at=self._identity.wall(now)
        )
        if added is not None:
            self._emit("remote_item_added", added)

    def _response_done(self, response: Response, *, now: float) -> None:
        if errors.was_cancelled_by_us(response.status_details):
            # A cancel that came too late stays pending: its refusal is still to come.
            self._pending.take_first(
                lambda event: (
                    isinstance(event, client.ResponseCancel) and event.response_id == response.id
                )
            )
        self._input_audio.answered()
        self._take(self._response_events.done(response, now=now))
