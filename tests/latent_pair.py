"""Both ends joined by a wire with latency, over which nothing arrives before the walk lets it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.codec import (
    decode_client_event,
    decode_server_event,
    encode,
)
from tests.session_pair import Call, Say, SessionPair
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.emulated_session import EmulatedSession
from voicelive_emulator.in_memory import InMemoryEmulator
from voicelive_emulator.work import ConversationView, Thought

SENTENCES = (
    "Right.",
    "Once upon a time there was a fox.",
    "It lived in a wood.",
    "So it goes on and on.",
)


class RandomBrain:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._calls = 0
        self.calm = False
        self.views: list[ConversationView] = []

    def think(self, view: ConversationView) -> Iterator[Thought]:
        self.views.append(view)
        kind = (
            "say"
            if self.calm
            else self._rng.choice(["say", "say", "tell", "tell", "call", "both", "nothing"])
        )
        if kind in ("say", "tell", "both"):
            yield Say(" ".join(self._rng.choices(SENTENCES, k=4 if kind == "tell" else 1)))
        if kind in ("call", "both"):
            self._calls += 1
            yield Call("look_up", f'{{"n": {self._calls}}}')


class CountingEars:
    """Understands each utterance as other words."""

    def __init__(self) -> None:
        self.count = 0

    def transcribe(self, pcm: bytes, *, phrases: Any = ()) -> str:
        self.count += 1
        return f"words {self.count}"


class LatentPair(SessionPair):
    """What is sent arrives when the walk lets it."""

    def __init__(self, rng: random.Random, behaviour: Behaviour, settings: dict[str, Any]) -> None:
        self.rng = rng
        self.up: deque[client.ClientEvent] = deque()
        self.down: deque[server.ServerEvent] = deque()
        self.tell: Callable[[str, Any], None] = lambda name, payload: None
        super().__init__(settings=settings, behaviour=behaviour, connected=False)
        self.brain = RandomBrain(rng)  # type: ignore[assignment]
        self.ears = CountingEars()  # type: ignore[assignment]

    @property
    def connected(self) -> bool:
        return self.service is not None

    def connect(self) -> None:
        session = EmulatedSession(self._backend, behaviour=self._behaviour)
        self.service = InMemoryEmulator(session, ears=self.ears, brain=self.brain)  # type: ignore[arg-type]
        self.down += self.service.advance(now=self.now)

    def lose(self) -> None:
        self.service = None
        self.up.clear()
        self.down.clear()
        self.translator.connection_lost(now=self.now)
        self.settle()

    def settle(self) -> None:
        self.up += self.translator.events_to_send()
        self._sent += self.up
        emits = self.translator.events_to_emit()
        self.emitted += emits
        for emit in emits:
            self.tell(emit.name, emit.payload)

    def step_up(self, count: int) -> None:
        for _ in range(min(count, len(self.up))):
            assert self.service is not None
            event = decode_client_event(encode(self.up.popleft()))
            self.down += self.service.receive(event, now=self.now)

    def step_down(self, count: int) -> None:
        for _ in range(min(count, len(self.down))):
            event = decode_server_event(encode(self.down.popleft()))
            self.received.append(event)
            self.translator.receive(event, now=self.now)
            self.settle()
            if self.service is None:
                return

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.translator.advance(now=self.now)
        self.settle()
        if self.service is not None:
            self.down += self.service.advance(now=self.now)

    def carry_all(self) -> None:
        while self.up or self.down:
            self.step_up(len(self.up))
            self.step_down(len(self.down))
