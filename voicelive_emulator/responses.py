"""Responses: one at a time, from the request over thinking and speaking to ``response.done``.

Hands out the work of brain and voice, feeds their results to the stream, and ignores results of what was cancelled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

from livekit_plugins_voicelive.protocol.client_events import ResponseCreateParams
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Usage
from livekit_plugins_voicelive.protocol.wire_struct import UNSET, UnsetType, given

from .behaviour import Backend, Behaviour
from .conversation import Conversation, history_entries
from .documented.session_parts import one_way
from .interim import Interim
from .mcp_servers import McpServers, mcp_call
from .outputs import Events
from .refusal import Refused
from .response_request import check_request, items_of, spec_of, text_of
from .response_stream import ResponseStream
from .session_settings import SessionSettings
from .usage import usage, with_text_tokens
from .work import (
    Call,
    ConversationView,
    HistoryEntry,
    Say,
    Speak,
    Spent,
    SpokenChunk,
    Think,
    Thought,
)

CLAUDE = "byom-foundry-anthropic-messages"
"""Its usage holds audio tokens only; the model's own are in the metadata. Source: Voice Live, bring your own model."""


class Responses:
    """Owns the active response and the work done for it; both end with its ``response.done``."""

    def __init__(
        self,
        backend: Backend,
        settings: SessionSettings,
        conversation: Conversation,
        mcp_servers: McpServers,
        behaviour: Behaviour,
    ) -> None:
        """Settings, conversation and tools are read when a response begins."""
        self._backend = backend
        self._settings = settings
        self._conversation = conversation
        self._mcp_servers = mcp_servers
        self._behaviour = behaviour
        self._stream: ResponseStream | None = None
        self._request = ResponseCreateParams()
        self._replaced: list[Item] | None = None
        self._added: list[Item] = []
        self._additional_instructions = ""
        self._think: Think | None = None
        self._speak: Speak | None = None
        self._interim = Interim(None, backend)
        self._interim_chunks: list[SpokenChunk] | None = None
        self._thoughts: deque[Thought] = deque()
        self._thought_out = False
        self._ended = False
        self._spent: Spent | None = None
        self._work: list[Think | Speak] = []

    @property
    def active(self) -> bool:
        """Whether a response is between ``response.created`` and ``response.done``."""
        return self._stream is not None

    def work_to_do(self) -> list[Think | Speak]:
        """Take the work that has become due."""
        work, self._work = self._work, []
        return [piece for piece in work if not piece.cancelled]

    # --- beginning ----------------------------------------------------------------------------------------------------

    def begin(
        self,
        request: ResponseCreateParams | UnsetType = UNSET,
        additional_instructions: str | UnsetType = UNSET,
    ) -> Events:
        """Start a response.

        Raises:
            Refused: one is active, or the request asks for what cannot be.
        """
        if self._stream is not None:
            raise Refused(
                "Conversation already has an active response",
                code="conversation_already_has_active_response",
            )
        request = ResponseCreateParams() if isinstance(request, UnsetType) else request
        check_request(request, self._backend)
        spec = spec_of(request, self._settings, self._backend)
        if not self._behaviour.echo_metadata:
            spec = replace(spec, metadata=None)
        replaced = given(request.input_items)
        if replaced is not None:
            replaced = items_of(replaced, "response.input_items")
        added = items_of(given(request.append_input_items) or [], "response.append_input_items")
        message = given(request.pre_generated_assistant_message)
        self._thoughts = deque([Say(text_of(message))] if message else [])
        self._replaced, self._added = replaced, added
        self._thought_out = message is not None
        self._ended = False
        self._spent = None
        self._request = request
        self._additional_instructions = given(additional_instructions) or ""
        interim = given(request.interim_response) or self._settings["interim_response"]
        self._interim = Interim(interim if spec.spoken else None, self._backend)
        self._interim_chunks = None
        self._stream = ResponseStream(spec, self._conversation, self._behaviour)
        return [self._stream.created()]

    def begin_approved(self, request: Item) -> Events:
        """Make the call that an approved ``mcp_approval_request`` asked for.

        Assumption: it is a response of its own, because the one that asked has ended.
        """
        created = self.begin()
        if self._stream is not None:
            label, name = given(request.server_label) or "", given(request.name) or ""
            call = mcp_call(label, name, given(request.id))
            self._stream.call_server(call, given(request.arguments) or "")
        self._thought_out = True
        return created

    def _view(self) -> ConversationView:
        request, settings = self._request, self._settings
        history = self._conversation.history()
        if self._replaced is not None:
            history = _entries(self._replaced)
        return ConversationView(
            history=history + _entries(self._added),
            instructions=settings.instructions(given(request.instructions)),
            additional_instructions=self._additional_instructions,
            tools=self._mcp_servers.functions(self._tools),
            tool_choice=one_way(given(request.tool_choice) or settings["tool_choice"]) or "auto",
            model=self._backend.model,
            profile=self._backend.profile,
        )

    @property
    def _tools(self) -> list[dict[str, Any]]:
        tools = given(self._request.tools)
        return (self._settings["tools"] or []) if tools is None else tools

    # --- going on -----------------------------------------------------------------------------------------------------

    def advance(self, *, all_known: bool, now: float) -> Events:
        """Send what is due and hand out the next work. The brain waits until ``all_known``."""
        stream = self._stream
        if stream is None:
            return []
        if self._think is None and not self._thought_out and all_known:
            self._think = Think(stream.id, self._view())
            self._work.append(self._think)
        self._interim.begin(now=now)
        self._next_thoughts(stream)
        self._fill_wait(stream, now)
        events = stream.advance(self._usage(stream), now=now)
        for call in stream.take_mcp_calls():
            self._mcp_servers.call(call)
        self._forget_if_done()
        return events

    def next_deadline(self) -> float | None:
        """When :meth:`advance` has something to send."""
        if self._stream is None:
            return None
        deadlines = (self._stream.next_deadline(), self._interim.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def thought(self, work: Think, thought: Thought) -> None:
        """The brain has a piece."""
        if work is self._think:
            self._thoughts.append(thought)

    def spoken(self, work: Speak, chunk: SpokenChunk) -> None:
        """The voice has a sentence."""
        if work is not self._speak or self._stream is None:
            return
        if self._interim_chunks is not None:
            self._interim_chunks.append(chunk)
        else:
            self._stream.speak(chunk)

    def finished(self, work: Think | Speak) -> None:
        """A piece of work is done."""
        if work is self._think:
            self._thought_out = True
        elif work is self._speak and self._stream is not None:
            self._speak = None
            if self._interim_chunks is not None:
                self._stream.speak_interim(self._interim_chunks)
                self._interim_chunks = None

    def _next_thoughts(self, stream: ResponseStream) -> None:
        """In order: a call that follows words waits until the words are spoken."""
        while self._thoughts and self._speak is None:
            thought = self._thoughts.popleft()
            if isinstance(thought, Call) and (text := self._interim.for_tool()):
                self._thoughts.appendleft(thought)
                self._say_interim(stream, text)
                return
            if not isinstance(thought, Spent):
                self._interim.drop()
            match thought:
                case Call(name=name, arguments=arguments):
                    self._call(stream, name, arguments)
                case Spent():
                    self._spent = thought
                    if self._backend.profile == CLAUDE:
                        stream.add_metadata(_reported(thought))
                case Say(text=text) if stream.spec.spoken:
                    self._say(stream, text)
                case Say(text=text):
                    stream.write(text)
        if self._thought_out and self._speak is None and not self._thoughts and not self._ended:
            self._ended = True
            stream.end()

    def _fill_wait(self, stream: ResponseStream, now: float) -> None:
        if self._speak is None and (text := self._interim.for_latency(now=now)):
            self._say_interim(stream, text)

    def _say_interim(self, stream: ResponseStream, text: str) -> None:
        self._interim_chunks = []
        self._say(stream, text)

    def _say(self, stream: ResponseStream, text: str) -> None:
        self._speak = Speak(stream.id, text, stream.spec.voice, promptly=not stream.has_spoken)
        self._work.append(self._speak)

    def _call(self, stream: ResponseStream, name: str, arguments: str) -> None:
        tool = self._mcp_servers.find(self._tools, name)
        if tool is None:
            stream.call(name, arguments)
        elif tool.needs_approval:
            stream.ask_approval(tool.approval_request(arguments))
        else:
            stream.call_server(tool.call(), arguments)

    # --- ending -------------------------------------------------------------------------------------------------------

    def cancel(self, response_id: str | None, reason: str, *, now: float) -> Events:
        """Stop the active response.

        Raises:
            Refused: there is none, or it is another one.
        """
        stream = self._stream
        if stream is None or response_id not in (None, stream.id):
            raise Refused(
                "Cancellation failed: no active response found", code="response_cancel_not_active"
            )
        events = stream.cancel(reason, self._usage(stream), now=now)
        self._forget_if_done()
        return events

    def failed(self, work: Think | Speak) -> Events:
        """Brain or voice broke down."""
        if self._stream is None or work not in (self._think, self._speak):
            return []
        kind = "model" if isinstance(work, Think) else "text to speech"
        error = {"type": "server_error", "code": None, "message": f"The {kind} failed"}
        return self._finish(self._stream, "failed", {"type": "failed", "error": error})

    def _finish(self, stream: ResponseStream, status: str, details: dict[str, object]) -> Events:
        events = stream.finish(status, details, self._usage(stream))
        self._forget_if_done()
        return events

    def _forget_if_done(self) -> None:
        if self._stream is not None and self._stream.done:
            for work in (self._think, self._speak):
                if work is not None:
                    work.cancelled = True
            self._stream = self._think = self._speak = None
            self._thoughts.clear()

    def _usage(self, stream: ResponseStream) -> Usage:
        written = [output.entry for output in stream.outputs if output.opened]
        read = [entry for entry in self._conversation.entries if entry not in written]
        estimate = usage(self._settings["instructions"] or "", read, written)
        if self._backend.profile == CLAUDE:
            return with_text_tokens(estimate, 0, 0)
        if self._spent is not None:
            return with_text_tokens(estimate, self._spent.input_tokens, self._spent.output_tokens)
        return estimate


def _reported(spent: Spent) -> dict[str, str]:
    """Claude's token counts as metadata. Assumption: the names are those of Anthropic's own usage."""
    return {"input_tokens": str(spent.input_tokens), "output_tokens": str(spent.output_tokens)}


def _entries(items: list[Item]) -> tuple[HistoryEntry, ...]:
    return tuple(part for item in items for part in history_entries(item))
