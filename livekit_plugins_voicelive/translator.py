"""LiveKit's calls and Voice Live's events, each into the words of the other. No socket, no task, no clock.

Five rules hold here:
- No I/O: time comes in as ``now`` (seconds of a monotonic clock); futures and channels are settled, never awaited.
- A call or an event first settles all state; then the caller drains two outboxes, for LiveKit calls back in from an emit.
- The parts return the client events that they want sent; only this class queues them.
- The state is the queue: every connection is opened with what it says, and without a connection nothing is queued.
- One dispatch, :meth:`Translator.receive`, with one case for each server event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from livekit import rtc
from livekit.agents import NOT_GIVEN, NotGivenOr, llm, utils

from . import errors
from .connection_life import ConnectionLife
from .conversation import ContextUpdate, Conversation
from .error_events import ErrorEvents
from .input_audio import InputAudio
from .mcp_events import McpEvents
from .outcome import Emit, Identity, Outcome
from .output_audio import OutputAudio
from .pending_requests import PendingRequest, PendingRequests, fail
from .protocol import client_events as client, server_events as server
from .protocol.items import Item, text_part
from .protocol.response import Response
from .protocol.tool_events import (
    McpListToolsEvent,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallEvent,
)
from .protocol.wire_struct import UNSET, given
from .protocol.wire_text import wire_text
from .reply import tagged_request
from .response_events import ResponseEvents
from .responses import Responses
from .session_settings import SessionSettings
from .tools import MCPApprovalRequest, wire_tool_choice, wire_tools
from .turn_events import TurnEvents


class Translator:
    """Owns the two outboxes, and the parts that own everything else."""

    def __init__(
        self,
        settings: SessionSettings,
        identity: Identity,
        *,
        reply_timeout_s: float = 10.0,
        turn_timeout_s: float = 8.0,
        silence_timeout_s: float = 30.0,
        image_field: str = "image_url",
    ) -> None:
        """Begin a session without a connection; the time-outs are those of :class:`.responses.Responses`."""
        self.settings = settings
        self._identity = identity
        self._pending = PendingRequests()
        self._conversation = Conversation(self._pending, image_field=image_field)
        self._responses = Responses(
            self._pending,
            reply_timeout_s=reply_timeout_s,
            turn_timeout_s=turn_timeout_s,
            silence_timeout_s=silence_timeout_s,
        )
        self._input_audio = InputAudio(
            self._pending, detects_turns=settings.detects_turns, format=settings.input_format
        )
        self._output_audio = OutputAudio(settings.output_format)
        self._turn_events = TurnEvents(
            self._input_audio,
            self._conversation,
            self._responses,
            settings,
            identity,
        )
        self._mcp_events = McpEvents(self._pending, self._responses)
        self._response_events = ResponseEvents(
            self._responses, self._conversation, self._output_audio, settings, identity
        )
        self._life = ConnectionLife()
        self._error_events = ErrorEvents(
            self._pending, self._life, self._conversation, self._responses
        )
        self._to_send: list[client.ClientEvent] = []
        self._to_emit: list[Emit] = []

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
        if self._life.connected:
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

    def is_sound(self, *, now: float) -> bool:
        """Whether this connection was worth having; see :class:`.connection_life.ConnectionLife`."""
        return self._life.is_sound(now=now)

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """The caller's audio: any rate, channel count and length."""
        self._send(self._input_audio.push(frame))

    def push_video(self, frame: rtc.VideoFrame, *, keep: int) -> None:
        """Show a picture; without a connection there is nobody to see it."""
        if self._life.connected:
            self._send(self._conversation.show(frame, keep=keep))

    def commit_audio(self) -> None:
        """The user's turn ends here."""
        self._send(self._input_audio.commit())

    def clear_audio(self) -> None:
        """What the user said since the last turn does not count."""
        self._send(self._input_audio.clear())

    def update_instructions(self, instructions: str) -> None:
        """Replace the instructions."""
        self._update_session(self.settings.update_instructions(instructions))

    def update_tools(self, tools: list[llm.Tool | llm.Toolset]) -> None:
        """Replace the tools."""
        self._update_session(self.settings.update_tools(tools))

    def update_tool_choice(self, choice: llm.ToolChoice | None) -> None:
        """Change the tool choice of all replies to come."""
        self._update_session(self.settings.update_tool_choice(choice))

    def update_options(self, changes: dict[str, Any]) -> None:
        """Change other fields of the session, as they stand on the wire."""
        self._update_session(self.settings.update(changes))
        self._input_audio.detects_turns = self.settings.detects_turns

    def _update_session(self, events: list[client.SessionUpdate]) -> None:
        if self._life.connected:
            requests = [PendingRequest(e, undo=partial(self._update_refused, e)) for e in events]
            self._send(self._pending.add(request) for request in requests)

    def _update_refused(self, event: client.SessionUpdate) -> None:
        self.settings.refused(event)
        self._input_audio.detects_turns = self.settings.detects_turns

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
        params = client.ResponseCreateParams(
            tool_choice=wire_tool_choice(tool_choice) if utils.is_given(tool_choice) else UNSET,
            tools=wire_tools(tools) if utils.is_given(tools) else UNSET,
        )
        more = wire_text(instructions) if utils.is_given(instructions) else UNSET
        event = tagged_request(params, additional_instructions=more)
        self._send(self._responses.request(event, waiter, now=now))

    def say(
        self, waiter: asyncio.Future[llm.GenerationCreatedEvent], text: str, *, now: float
    ) -> None:
        """Have exactly these words spoken, in the session's voice, without the model."""
        message = Item(type="message", role="assistant", content=[text_part("assistant", text)])
        params = client.ResponseCreateParams(pre_generated_assistant_message=message)
        self._send(self._responses.request(tagged_request(params), waiter, now=now))

    def answer_approval(self, request: MCPApprovalRequest, *, approve: bool) -> None:
        """Tell the service whether it may make that call; the next connection knows nothing of it."""
        self._take(self._mcp_events.answer(request, approve=approve))

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
        """Do what is due.

        Raises:
            APIError: the connection is of no use, because nobody knows what it is configured as.
        """
        if self._life.overdue(now=now):
            suspected = self._life.suspected
            raise errors.rejected_session(suspected) if suspected else errors.unconfirmed_session()
        cancels, unheard = self._responses.give_up_silent(now=now)
        self._send([*cancels, *self._conversation.delete_unheard(unheard)])
        for _ in cancels:
            self._emit("error", errors.silent_response())
        self._send(self._responses.advance(now=now))
        for _ in range(self._responses.take_turns_left_unanswered()):
            self._emit("error", errors.unanswered_turn())

    def next_deadline(self, *, now: float) -> float | None:
        """When to look again even if nothing happens: something is due, or the connection is to be replaced."""
        deadlines = [self._responses.next_deadline(), self._life.confirm_by]
        reconnect_at = self._life.reconnect_at
        if reconnect_at is not None and reconnect_at > now:
            deadlines.append(reconnect_at)
        return min((due for due in deadlines if due is not None), default=None)

    # --- connections --------------------------------------------------------------------------------------------------

    def is_due_to_reconnect(self, *, now: float) -> bool:
        """Whether the service will soon end this connection, and now is a quiet moment to take another."""
        due = self._life.reconnect_at
        quiet = not self._responses.busy and not self._input_audio.in_speech
        return due is not None and now >= due and quiet and not self._pending.awaited

    def _open(self, session: dict[str, Any], *, now: float) -> None:
        """``session.created``: bring the new connection to where the session is."""
        self._responses.connected()
        opening = self.settings.opening()
        self._life.opened(session, opening, now=now, wall=self._identity.wall(now))
        self._send([self._pending.add(PendingRequest(opening))])
        self._send(self._conversation.replay())
        self._send(self._input_audio.connected())
        self._send(self._responses.advance(now=now))

    def connection_lost(self, *, now: float) -> None:
        """The connection is gone; the session is not."""
        if self._life.connected:
            self._take(self._turn_events.connection_lost())
        self._life.lost()
        self._to_send.clear()
        ended, owed = self._responses.connection_lost()
        owed = self._mcp_events.connection_lost() or owed
        for generation in ended:
            self._conversation.forget(generation.unheard())
            for item_id, message in generation.messages.items():
                if item_id not in generation.to_delete:
                    self._conversation.assistant_spoke(item_id, message.text)
        self._conversation.connection_lost(self._pending.connection_lost())
        self._input_audio.disconnected()
        if owed and not self._input_audio.has_unanswered_turn:
            self._responses.ask_for_turn()

    def close(self, error: llm.RealtimeError) -> None:
        """The session is over: nothing is answered any more."""
        for request in self._pending.connection_lost():
            fail(request.waiter, error)
        self._responses.close(error)
        self._life.lost()
        self._to_send.clear()

    # --- Voice Live's events ------------------------------------------------------------------------------------------

    def receive(self, event: server.ServerEvent | server.UnknownEvent, *, now: float) -> None:
        """Take in what the service says.

        Raises:
            APIError: the connection is of no use any more; ``retryable`` says whether another one may be.
        """
        match event:
            case server.SessionCreated(session=session) if not self._life.connected:
                self._open(session, now=now)
            case server.SessionUpdated():
                self._session_updated()
            case server.ErrorEvent(error=error):
                self._take(self._error_events.receive(error, now=now))
            case server.InputAudioBufferSpeechStarted():
                self._take(self._turn_events.started(event, now=now))
            case server.InputAudioBufferSpeechStopped():
                self._take(self._turn_events.stopped(event))
            case server.InputAudioBufferCommitted(item_id=item_id):
                self._turn_events.committed(item_id, now=now)
            case server.InputAudioTranscriptionDelta():
                self._take(self._turn_events.heard(event))
            case server.InputAudioTranscriptionCompleted():
                self._take(self._turn_events.completed(event, now=now))
            case server.InputAudioTranscriptionFailed():
                self._take(self._turn_events.failed(event, now=now))
            case server.ConversationItemCreated(item=item, previous_item_id=previous_id):
                self._item_created(item, given(previous_id), now=now)
                self._take(self._mcp_events.item_created(item))
            case server.ConversationItemDeleted(item_id=item_id):
                self._conversation.item_deleted(item_id)
                self._output_audio.forget(item_id)
            case server.ConversationItemTruncated(item_id=item_id, audio_end_ms=end_ms):
                self._response_events.item_truncated(item_id, end_ms)
            case server.ResponseCreated(response=response):
                self._input_audio.answering(response.id)
                self._take(self._response_events.created(response, now=now))
            case server.ResponseOutputItemAdded(response_id=response_id, item=item):
                self._response_events.item_added(response_id, item, now=now)
            case server.ResponsePartEvent():
                self._response_events.part(event, now=now)
            case server.ResponseFunctionCallArgumentsDelta() | ResponseMcpCallArgumentsDelta():
                self._response_events.progressed(event.response_id, now=now)
            case server.ResponseFunctionCallArgumentsDone():
                self._response_events.arguments_done(event, now=now)
            case server.ResponseOutputItemDone(response_id=response_id, item=item):
                self._response_events.item_done(response_id, item, now=now)
            case server.ResponseDone(response=response):
                self._response_done(response, now=now)
            case McpListToolsEvent() | ResponseMcpCallEvent():
                speaks = self._input_audio.in_speech and self.settings.answers_turns
                self._take(self._mcp_events.receive(event, now=now, user_speaks=speaks))
            case _:
                pass  # nothing that LiveKit has a word for

    def _session_updated(self) -> None:
        request = self._pending.take_first(lambda event: isinstance(event, client.SessionUpdate))
        if request is None:
            return
        assert isinstance(request.event, client.SessionUpdate)
        self.settings.accepted(request.event)
        if self._life.accepted(request.event):
            self._emit("session_reconnected", llm.RealtimeSessionReconnectedEvent())

    def _item_created(self, item: Item, previous_id: str | None, *, now: float) -> None:
        added = self._conversation.item_created(
            item, previous_id, created_at=self._identity.wall(now)
        )
        if added is not None:
            self._emit("remote_item_added", added)
            if (words := self._turn_events.words(added.item.id)) is not None:
                self._conversation.user_spoke(added.item.id, words)

    def _response_done(self, response: Response, *, now: float) -> None:
        self._life.response_done(response)
        self._input_audio.answered(response.id)
        self._take(self._response_events.done(response, now=now))
        if response.status == "failed":
            failure = errors.failed_response(response.status_details)
            if not failure.retryable:
                raise failure
