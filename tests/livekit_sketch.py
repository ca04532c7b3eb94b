"""LiveKit's part, played by a sketch of it: its history, its queue of speeches, its player, its tools."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import llm
from tests.latent_pair import LatentPair
from tests.session_pair import _drain


@dataclass
class Played:
    message: llm.MessageGeneration
    text: str = ""
    received_ms: float = 0.0
    played_ms: float = 0.0
    closed: bool = False

    def take(self) -> None:
        self.text += "".join(_drain(self.message.text_stream))
        self.received_ms += sum(f.duration for f in _drain(self.message.audio_stream)) * 1000
        self.closed = self.message.text_stream.closed and self.message.audio_stream.closed  # type: ignore[attr-defined]


@dataclass
class Speech:
    event: llm.GenerationCreatedEvent
    interrupted: bool = False
    finished: bool = False
    began: bool = False
    """LiveKit never looks at a speech that was still queued when it was interrupted."""
    messages: list[Played] = field(default_factory=list)
    calls: list[llm.FunctionCall] = field(default_factory=list)

    def take(self) -> None:
        self.messages += [Played(m) for m in _drain(self.event.message_stream)]
        self.calls += _drain(self.event.function_stream)
        for message in self.messages:
            message.take()

    @property
    def closed(self) -> bool:
        return (
            self.event.message_stream.closed  # type: ignore[attr-defined]
            and self.event.function_stream.closed  # type: ignore[attr-defined]
            and all(m.closed and m.message.modalities.done() for m in self.messages)  # type: ignore[attr-defined]
        )

    @property
    def played_out(self) -> bool:
        return self.closed and all(m.played_ms >= m.received_ms for m in self.messages)


class LiveKit:
    """A sketch of AgentActivity: its context, its queue of speeches, its player."""

    def __init__(self, pair: LatentPair) -> None:
        self.pair = pair
        pair.tell = self.told
        self.items: list[llm.ChatItem] = []
        self.queue: deque[Speech] = deque()
        self.speeches: list[Speech] = []
        self.waiters: list[asyncio.Future[Any]] = []
        self.replies: list[asyncio.Future[Any]] = []
        self.updates: deque[Any] = deque()
        self.running: list[asyncio.Future[Any]] | None = None
        self.since = 0.0
        self.typed = 0
        self.answers_calls = True

    # --- what the session tells ---

    def told(self, name: str, payload: Any) -> None:
        if name == "remote_item_added":
            if not any(i.id == payload.item.id for i in self.items):
                last = self.items[-1].id if self.items else None
                if payload.previous_item_id in (None, last):
                    self.items.append(payload.item.model_copy())
        elif name == "input_audio_transcription_completed" and payload.is_final:
            self._upsert(
                llm.ChatMessage(role="user", content=[payload.transcript], id=payload.item_id)
            )
        elif name == "generation_created" and not payload.user_initiated:
            self._new(payload)
        elif name == "input_speech_started":
            self.interrupt()

    def _new(self, event: llm.GenerationCreatedEvent) -> None:
        speech = Speech(event)
        self.speeches.append(speech)
        self.queue.append(speech)

    def _upsert(self, item: llm.ChatItem) -> None:
        for index, have in enumerate(self.items):
            if have.id == item.id:
                self.items[index] = item
                return
        self.items.append(item)

    # --- what it does ---

    def reply(self) -> None:
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.pair.translator.generate_reply(waiter, now=self.pair.now)
        self.replies.append(waiter)
        self.pair.settle()

    def say(self, text: str) -> None:
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.pair.translator.say(waiter, text, now=self.pair.now)
        self.replies.append(waiter)
        self.pair.settle()

    def look(self) -> None:
        """Take over replies that have begun."""
        for waiter in [w for w in self.replies if w.done()]:
            self.replies.remove(waiter)
            if not waiter.cancelled() and waiter.exception() is None:
                self._new(waiter.result())

    def play(self, ms: float) -> None:
        self.look()
        self.go_on()
        for speech in self.speeches:
            if not speech.finished:
                speech.take()
        while self.queue and ms > 0:
            speech = self.queue[0]
            for message in speech.messages:
                step = min(ms, message.received_ms - message.played_ms)
                message.played_ms += step
                ms -= step
                if not message.closed or message.played_ms < message.received_ms:
                    break
            if not speech.played_out:
                return
            self.queue.popleft()
            self._finish(speech)

    def _finish(self, speech: Speech) -> None:
        speech.finished = True
        for message in speech.messages:
            if message.text:
                self._upsert(
                    llm.ChatMessage(
                        role="assistant", content=[message.text], id=message.message.message_id
                    )
                )
        if speech.calls and self.answers_calls:
            outputs = []
            for call in speech.calls:
                out = llm.FunctionCallOutput(
                    call_id=call.call_id, output="found", is_error=False, name=call.name
                )
                outputs.append(out)
                self._upsert(call)
                self._upsert(out)
            self.update(self._with(outputs), self._reply_to_tools)

    def _reply_to_tools(self) -> None:
        self.pair.translator.interrupt(now=self.pair.now)
        self.pair.settle()
        self.reply()

    def update(
        self, wanted: Callable[[], llm.ChatContext], then: Callable[[], None] = lambda: None
    ) -> None:
        """One after the other, as RealtimeSession.update_chat_ctx does it."""
        self.updates.append((wanted, then))
        self.go_on()

    def go_on(self) -> None:
        while self.updates:
            if self.running is None:
                self.running = self.pair.translator.update_chat_ctx(self.updates[0][0]())
                for waiter in self.running:
                    waiter.add_done_callback(lambda w: w.cancelled() or w.exception())
                self.waiters += self.running
                self.since = self.pair.now
                self.pair.settle()
            if not all(w.done() for w in self.running):
                if self.pair.now < self.since + 10:
                    return
                for waiter in self.running:
                    if not waiter.done():
                        waiter.set_exception(llm.RealtimeError("timeout"))
            self.running = None
            _, then = self.updates.popleft()
            then()

    def _with(self, items: list[Any]) -> Callable[[], llm.ChatContext]:
        def wanted() -> llm.ChatContext:
            ctx = self.pair.translator.chat_ctx.copy()
            ctx.items.extend(items)
            return ctx

        return wanted

    def interrupt(self) -> None:
        self.look()
        self.pair.translator.interrupt(now=self.pair.now)
        self.pair.settle()
        queue, self.queue = self.queue, deque()
        for position, speech in enumerate(queue):
            speech.take()
            speech.interrupted = speech.finished = True
            if position == 0:
                speech.began = True
                self._cut(speech)

    def _cut(self, speech: Speech) -> None:
        self.pair.translator.interrupt(now=self.pair.now)
        skipped = False
        for message in speech.messages:
            if message.played_ms <= 0:
                skipped = True
                continue
            share = message.played_ms / message.received_ms
            heard = message.text[: int(len(message.text) * share)]
            if message.played_ms < message.received_ms or not message.closed:
                self.pair.translator.truncate(
                    message.message.message_id,
                    audio_end_ms=int(message.played_ms),
                    audio_transcript=heard,
                    spoken=True,
                )
            if heard:
                self._upsert(
                    llm.ChatMessage(
                        role="assistant",
                        content=[heard],
                        id=message.message.message_id,
                        interrupted=share < 1,
                    )
                )
        self.pair.settle()
        for call in speech.calls:
            self._upsert(call)
        if skipped:
            self.update(lambda: llm.ChatContext(list(self.items)))
        if speech.calls:
            outputs = [
                llm.FunctionCallOutput(
                    call_id=c.call_id, output="interrupted", is_error=True, name=c.name
                )
                for c in speech.calls
            ]
            self.items += outputs
            self.update(self._with(outputs))

    def type(self) -> None:
        self.typed += 1
        self.interrupt()
        message = llm.ChatMessage(role="user", content=[f"typed {self.typed}"])
        self.items.append(message)
        self.update(self._with([message]), self.reply)

    def edit(self, rng: random.Random) -> None:
        """The user's code changes the agent's history."""
        items = list(self.items)
        for _ in range(rng.randint(1, 3)):
            kind = rng.choice(["drop", "insert", "rewrite"])
            if kind == "insert" or not items:
                self.typed += 1
                items.insert(
                    rng.randint(0, len(items)),
                    llm.ChatMessage(
                        role=rng.choice(["user", "system", "assistant"]),
                        content=[f"note {self.typed}"],
                    ),
                )
                continue
            item = rng.choice(items)
            if kind == "drop":
                items = [i for i in items if i.id != item.id]
                if isinstance(item, llm.FunctionCall):
                    items = [i for i in items if getattr(i, "call_id", None) != item.call_id]
            elif isinstance(item, llm.ChatMessage) and item.content:
                self.typed += 1
                items[items.index(item)] = item.model_copy(
                    update={"content": [f"rewritten {self.typed}"]}
                )
        self.items = items
        self.update(lambda: llm.ChatContext(list(items)))
