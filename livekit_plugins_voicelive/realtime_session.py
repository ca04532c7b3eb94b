"""LiveKit's realtime session: a shell of tasks and deadlines around the translator and the connections.

No protocol knowledge: it hands calls and events over, and then empties the translator's two outboxes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Coroutine
from functools import partial
from typing import Any, Literal, Unpack

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    APIError,
    NotGivenOr,
    llm,
    utils,
)

from .alarm import Alarm
from .approvals import decision
from .confirmation import confirmed
from .connections import Connections
from .emit_queue import EmitQueue
from .endpoint import Endpoint
from .log import logger, without_words
from .options import SessionOptions, changed_options
from .outcome import Emit, Identity
from .pending_requests import fail
from .session_settings import SessionSettings
from .tools import MCPApprovalRequest
from .translator import Translator

CLOSE_TIMEOUT_S = 2.0
"""All that :meth:`RealtimeSession.aclose` may take, whatever the peer does."""


def closed() -> llm.RealtimeError:
    """What everybody hears who still waits for a session that was closed."""
    return llm.RealtimeError("the session is closed", code="closed")


class RealtimeSession(
    llm.RealtimeSession[Literal["voicelive_server_event_received", "voicelive_client_event_sent"]]
):
    """One conversation with Voice Live, over as many connections as it takes.

    Owns the tasks. Besides LiveKit's events it emits ``voicelive_server_event_received``
    and ``voicelive_client_event_sent`` with the typed event, for those who need what LiveKit has no word for.
    """

    def __init__(
        self,
        realtime_model: llm.RealtimeModel,
        *,
        endpoint: Endpoint,
        settings: SessionSettings,
        capabilities_of: Callable[[SessionSettings], llm.RealtimeCapabilities],
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        reply_timeout_s: float = 10.0,
        turn_timeout_s: float = 8.0,
        silence_timeout_s: float = 30.0,
        max_video_frames: int = 0,
        image_field: str = "image_url",
    ) -> None:
        """Called by :meth:`RealtimeModel.session`, inside a running loop; it connects in the background."""
        super().__init__(realtime_model)
        self._loop = asyncio.get_running_loop()
        self._endpoint = endpoint
        self._capabilities_of = capabilities_of
        self._update_timeout_s = reply_timeout_s
        self._max_video_frames = max_video_frames
        self._translator = Translator(
            settings,
            Identity(
                label=realtime_model.label,
                model=realtime_model.model,
                provider=realtime_model.provider,
                wall_clock_offset_s=time.time() - self._loop.time(),
            ),
            reply_timeout_s=reply_timeout_s,
            turn_timeout_s=turn_timeout_s,
            silence_timeout_s=silence_timeout_s,
            image_field=image_field,
        )
        self._connections = Connections(
            endpoint,
            conn_options,
            received=self._receive,
            acquired=self._report_connection_acquired,
            lost=self._lost,
            retrying=partial(self._report, recoverable=True),
        )
        self._emits = EmitQueue(self._tell)
        self._alarm = Alarm(self._advance)
        self._closed = False
        self._video_warned = False
        self._updates = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._run_task = asyncio.create_task(self._run(), name="voicelive.session")

    # --- what LiveKit reads -------------------------------------------------------------------------------------------

    @property
    def chat_ctx(self) -> llm.ChatContext:
        """The service's history, with what the user heard."""
        return self._translator.chat_ctx

    @property
    def tools(self) -> llm.ToolContext:
        """The tools in force."""
        return self._translator.settings.tools

    @property
    def capabilities(self) -> llm.RealtimeCapabilities:
        """What this session can do; with turn detection disabled that is not what the model can do."""
        return self._capabilities_of(self._translator.settings)

    # --- what LiveKit calls -------------------------------------------------------------------------------------------

    async def update_instructions(self, instructions: str) -> None:
        """Replace the instructions."""
        self._translator.update_instructions(instructions)
        self._settle()

    async def update_tools(self, tools: list[llm.Tool]) -> None:
        """Replace the tools."""
        self._translator.update_tools(list(tools))
        self._settle()

    def update_options(
        self,
        *,
        tool_choice: NotGivenOr[llm.ToolChoice | None] = NOT_GIVEN,
        **options: Unpack[SessionOptions],
    ) -> None:
        """Change what is given, and nothing else; for ``options`` see :class:`.options.SessionOptions`.

        Raises:
            ValueError: an option is malformed or cannot work with this model.
        """
        changes = changed_options(self._endpoint, self._translator.settings.fields, options)
        if utils.is_given(tool_choice):
            self._translator.update_tool_choice(tool_choice)
        self._translator.update_options(changes)
        self._settle()

    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None:
        """Make the service's history this one: creates, deletes and replacements, one call at a time.

        Raises:
            llm.RealtimeError: the service refused some of it, or did not confirm in time.
        """
        async with self._updates:
            waiters = self._translator.update_chat_ctx(chat_ctx)
            self._settle()
            await confirmed(waiters, timeout_s=self._update_timeout_s)

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """The caller's audio, of any sample rate, channel count and length."""
        self._translator.push_audio(frame)
        self._settle()

    def push_video(self, frame: rtc.VideoFrame) -> None:
        """Show a frame as a picture, if ``max_video_frames`` allows any."""
        if self._max_video_frames:
            self._translator.push_video(frame, keep=self._max_video_frames)
            self._settle()
        elif not self._video_warned:
            self._video_warned = True
            logger.warning("video is not shown to Voice Live; set `max_video_frames` to do so")

    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> asyncio.Future[llm.GenerationCreatedEvent]:
        """Ask for a reply; ``instructions`` are added to the session's for this one.

        The future fails with :class:`llm.RealtimeError`. Cancelling it cancels the reply.
        """
        waiter = self._new_waiter()
        if not waiter.done():
            try:
                self._translator.generate_reply(
                    waiter,
                    now=self._loop.time(),
                    instructions=instructions,
                    tool_choice=tool_choice,
                    tools=tools,
                )
            except (ValueError, llm.RealtimeError) as fault:
                fail(waiter, llm.RealtimeError(str(fault)))
            self._settle()
        return waiter

    def say(self, text: str | AsyncIterable[str]) -> asyncio.Future[llm.GenerationCreatedEvent]:
        """Have exactly these words spoken, in the session's voice; a stream of text is collected first."""
        waiter = self._new_waiter()
        if waiter.done():
            return waiter
        if isinstance(text, str):
            self._say(waiter, text)
        else:

            def stopped(task: asyncio.Task[None]) -> None:
                if task.cancelled():
                    fail(waiter, closed())

            collecting = self._spawn(self._collect(waiter, text))
            collecting.add_done_callback(stopped)
            # A caller that gives up wants no more of its text.
            waiter.add_done_callback(lambda _: collecting.cancel())
        return waiter

    async def _collect(
        self, waiter: asyncio.Future[llm.GenerationCreatedEvent], text: AsyncIterable[str]
    ) -> None:
        try:
            words = "".join([piece async for piece in text])
        except Exception as fault:
            kind = type(fault).__name__
            fail(waiter, llm.RealtimeError(f"the text to say could not be read ({kind})"))
        else:
            self._say(waiter, words)

    def _say(self, waiter: asyncio.Future[llm.GenerationCreatedEvent], text: str) -> None:
        if self._closed:
            fail(waiter, closed())
            return
        self._translator.say(waiter, text, now=self._loop.time())
        self._settle()

    def commit_audio(self) -> None:
        """The user's turn ends here."""
        self._translator.commit_audio()
        self._settle()

    def clear_audio(self) -> None:
        """What the user said since the last turn does not count."""
        self._translator.clear_audio()
        self._settle()

    def interrupt(self) -> None:
        """End what is being said, here and at once; without it, nothing happens."""
        self._translator.interrupt(now=self._loop.time())
        self._settle()

    def truncate(
        self,
        *,
        message_id: str,
        modalities: list[Literal["text", "audio"]],
        audio_end_ms: int,
        audio_transcript: NotGivenOr[str] = NOT_GIVEN,
    ) -> None:
        """Cut a message to what was heard, in the service's memory too."""
        self._translator.truncate(
            message_id,
            audio_end_ms=audio_end_ms,
            audio_transcript=audio_transcript if utils.is_given(audio_transcript) else None,
            spoken="audio" in modalities,
        )
        self._settle()

    async def aclose(self) -> None:
        """End the session within :data:`CLOSE_TIMEOUT_S` seconds; what was said before can still be played out."""
        if not self._closed:
            self._end(closed())
        self._run_task.cancel()
        await asyncio.wait([self._run_task, *self._tasks], timeout=CLOSE_TIMEOUT_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="voicelive.task")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _approve(self, request: MCPApprovalRequest) -> None:
        approve = await decision(request, self.tools)
        self._translator.answer_approval(request, approve=approve)
        self._settle()

    def _new_waiter(self) -> asyncio.Future[llm.GenerationCreatedEvent]:
        waiter: asyncio.Future[llm.GenerationCreatedEvent] = self._loop.create_future()
        # A caller that was interrupted never looks at its future: a failure there is not an accident to be reported.
        waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self._closed:
            fail(waiter, closed())
        return waiter

    # --- the outboxes and the clock -----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Send, then emit. Inside an emit, the outer call tells what is added here."""
        while events := self._translator.events_to_send():
            for event in events:
                self._send(event)
        self._emits.add(self._translator.events_to_emit())
        self._emits.tell_all()
        next_deadline = self._translator.next_deadline(now=self._loop.time())
        self._alarm.set(None if self._closed else next_deadline)
        if not self._emits.telling and self._translator.is_due_to_reconnect(now=self._loop.time()):
            self.reconnect()

    def emit(self, event: Any, *args: Any) -> None:
        """Tell whoever listens. LiveKit's emitter lets a ``TypeError`` of a handler out: it costs this event, not the call."""
        try:
            super().emit(event, *args)
        except Exception as fault:
            logger.error("a handler of `%s` failed: %s", event, without_words(fault))

    def _send(self, event: Any) -> None:
        refusal = self._connections.send(event)
        if refusal is None:
            self._emits.add([Emit("voicelive_client_event_sent", event)])
        else:
            self._translator.receive(refusal, now=self._loop.time())

    def _tell(self, emit: Emit) -> None:
        match emit:
            case Emit("error", error):
                self._report(error, recoverable=True)
            case Emit("mcp_approval_requested", request):
                self._spawn(self._approve(request))
            case Emit("metrics_collected", metrics):
                # LiveKit registers a generation's span when its task first runs: numbers come no earlier than that.
                self._loop.call_soon(self.emit, "metrics_collected", metrics)
            case Emit(name, payload):
                self.emit(name, payload)

    def _advance(self) -> None:
        try:
            self._translator.advance(now=self._loop.time())
        except APIError as fault:
            self._connections.end(fault)
        self._settle()

    def reconnect(self) -> None:
        """Take a new connection now, with the whole history; near the service's time limit this happens by itself."""
        self._connections.renew()

    # --- connections --------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        fault = await self._connections.run()
        self._end(llm.RealtimeError(f"the session ended: {type(fault).__name__}", code="ended"))
        self._report(fault, recoverable=False)

    def _lost(self) -> bool:
        now = self._loop.time()
        was_sound = self._translator.is_sound(now=now)
        self._translator.connection_lost(now=now)
        self._settle()
        return was_sound

    def _receive(self, event: Any) -> None:
        self._translator.receive(event, now=self._loop.time())
        self._emits.add([Emit("voicelive_server_event_received", event)])
        self._settle()

    def _end(self, error: llm.RealtimeError) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        self._translator.close(error)
        self._settle()

    def _report(self, error: Exception, *, recoverable: bool) -> None:
        label = self._realtime_model.label
        self.emit(
            "error",
            llm.RealtimeModelError(
                timestamp=time.time(), label=label, error=error, recoverable=recoverable
            ),
        )
