"""Both sides of the wire joined in memory: our translator and the emulated service, every event through the codec.

No socket, no clock, no sleep: time is a number that the test moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, TypeVar

from livekit import rtc
from livekit.agents import llm
from livekit_plugins_voicelive.outcome import Emit, Identity
from livekit_plugins_voicelive.protocol.client_events import ClientEvent, InputAudioBufferAppend
from livekit_plugins_voicelive.protocol.codec import (
    decode_client_event,
    decode_server_event,
    encode,
)
from livekit_plugins_voicelive.protocol.server_events import ServerEvent
from livekit_plugins_voicelive.session_settings import SessionSettings
from livekit_plugins_voicelive.translator import Translator
from voicelive_emulator.behaviour import Backend, Behaviour
from voicelive_emulator.emulated_session import EmulatedSession
from voicelive_emulator.in_memory import InMemoryEmulator
from voicelive_emulator.speech.stand_ins import DeafEars, hum
from voicelive_emulator.work import Call, ConversationView, Say, Thought

FRAME_MS = 40
WALL_CLOCK_OFFSET_S = 1_000_000.0

E = TypeVar("E")

SETTINGS: dict[str, Any] = {
    "modalities": ["text", "audio"],
    "turn_detection": {"type": "server_vad", "silence_duration_ms": 200},
    "input_audio_transcription": {"model": "whisper-1"},
}


class PlannedBrain:
    """Thinks what it was told to, one plan for each response; without a plan it says one sentence."""

    def __init__(self, *plans: Thought | list[Thought]) -> None:
        self.plans = [plan if isinstance(plan, list) else [plan] for plan in plans]
        self.views: list[ConversationView] = []

    def think(self, view: ConversationView) -> Iterator[Thought]:
        self.views.append(view)
        yield from self.plans.pop(0) if self.plans else [Say("All right then.")]


class SessionPair:
    """A session with LiveKit's calls on one end (`translator`) and the service (`service`) on the other."""

    def __init__(
        self,
        *plans: Thought | list[Thought],
        hears: list[str] | None = None,
        settings: dict[str, Any] | None = None,
        behaviour: Behaviour | None = None,
        backend: Backend | None = None,
        connected: bool = True,
    ) -> None:
        """`plans`: what the service will say; `hears`: what it will understand. At once, unless `behaviour` has a pace."""
        self.now = 0.0
        self.brain = PlannedBrain(*plans)
        self.ears = DeafEars(*(hears or []))
        self._behaviour = behaviour or Behaviour(pace=float("inf"))
        self._backend = backend or Backend()
        self.translator = Translator(
            SessionSettings(SETTINGS | (settings or {})),
            Identity("label", "gpt-realtime", "azure-voicelive", WALL_CLOCK_OFFSET_S),
        )
        self.service: InMemoryEmulator | None = None
        self._sent: list[ClientEvent] = []
        self.received: list[ServerEvent] = []
        self.emitted: list[Emit] = []
        self.withheld: set[type] = set()
        if connected:
            self.connect()

    # --- connections --------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        session = EmulatedSession(self._backend, behaviour=self._behaviour)
        self.service = InMemoryEmulator(session, ears=self.ears, brain=self.brain)
        self._deliver(self.service.advance(now=self.now))
        self.settle()

    def lose(self) -> None:
        self.service = None
        self.translator.connection_lost(now=self.now)
        self.settle()

    # --- both ends ----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Carry everything over until nobody has anything more to say at this moment."""
        while events := self.translator.events_to_send():
            assert self.service is not None
            for event in events:
                self._sent.append(event)
                again = decode_client_event(encode(event))
                assert again == event
                self._deliver(self.service.receive(again, now=self.now))
        self.emitted += self.translator.events_to_emit()

    def _deliver(self, events: list[ServerEvent]) -> None:
        for event in events:
            if type(event) in self.withheld:
                continue
            again = decode_server_event(encode(event))
            self.received.append(again)
            self.translator.receive(again, now=self.now)
            self.emitted += self.translator.events_to_emit()

    def advance(self, seconds: float) -> None:
        """Let time pass on both ends."""
        self.now += seconds
        self.translator.advance(now=self.now)
        self.settle()
        if self.service is not None:
            self._deliver(self.service.advance(now=self.now))
            self.settle()

    # --- the caller ---------------------------------------------------------------------------------------------------

    def hear(self, pcm: bytes) -> None:
        """The caller's microphone delivers this audio."""
        size = 48 * FRAME_MS
        for at in range(0, len(pcm) - size + 1, size):
            chunk = pcm[at : at + size]
            self.translator.push_audio(rtc.AudioFrame(chunk, 24_000, 1, len(chunk) // 2))
            self.settle()

    def start_speaking(self, ms: int = 600) -> None:
        self.hear(hum(ms))

    def stop_speaking(self, ms: int = 600) -> None:
        self.hear(bytes(48 * ms))

    def speak(self) -> None:
        """The caller says something and falls silent: a whole turn."""
        self.start_speaking()
        self.stop_speaking()

    # --- what happened ------------------------------------------------------------------------------------------------

    def sent(self) -> list[ClientEvent]:
        """What we sent since the last look, audio left out, ids taken off."""
        events, self._sent = self._sent, []
        return [event for event in events if not isinstance(event, InputAudioBufferAppend)]

    def sent_of(self, kind: type[E]) -> list[E]:
        return [event for event in self.sent() if isinstance(event, kind)]

    def emits(self, name: str) -> list[Any]:
        return [emit.payload for emit in self.emitted if emit.name == name]

    def names(self) -> list[str]:
        return [emit.name for emit in self.emitted]

    def generate_reply(self, **options: Any) -> asyncio.Future[llm.GenerationCreatedEvent]:
        waiter = asyncio.get_running_loop().create_future()
        self.translator.generate_reply(waiter, now=self.now, **options)
        self.settle()
        return waiter

    def interrupt(self) -> None:
        self.translator.interrupt(now=self.now)
        self.settle()

    def truncate(self, message_id: str, played_ms: int, heard: str | None = None) -> None:
        self.translator.truncate(
            message_id, audio_end_ms=played_ms, audio_transcript=heard, spoken=True
        )
        self.settle()

    def update(self, *items: llm.ChatItem) -> list[asyncio.Future[Any]]:
        waiters = self.translator.update_chat_ctx(llm.ChatContext(list(items)))
        self.settle()
        return waiters

    @property
    def history(self) -> list[llm.ChatItem]:
        return self.translator.chat_ctx.items

    @property
    def service_ids(self) -> list[str]:
        """The items of the service's own conversation."""
        assert self.service is not None
        entries = self.service.session._conversation.entries
        return [str(entry.item.id) for entry in entries]

    def agrees(self) -> bool:
        """Whether both ends have the same items in the same order."""
        return [item.id for item in self.history] == self.service_ids


class Heard:
    """What LiveKit got of one generation, as far as it is there."""

    def __init__(self, event: llm.GenerationCreatedEvent) -> None:
        self.event = event
        self.messages = _drain(event.message_stream)
        self.calls: list[llm.FunctionCall] = _drain(event.function_stream)
        self.texts = ["".join(_drain(message.text_stream)) for message in self.messages]
        self.audio = [_drain(message.audio_stream) for message in self.messages]
        self.closed = all(
            stream.closed  # type: ignore[attr-defined]
            for stream in (
                event.message_stream,
                event.function_stream,
                *(m.text_stream for m in self.messages),
                *(m.audio_stream for m in self.messages),
            )
        ) and all(message.modalities.done() for message in self.messages)  # type: ignore[attr-defined]

    @property
    def id(self) -> str:
        return self.messages[0].message_id

    def audio_ms(self, index: int = 0) -> int:
        return round(sum(frame.duration for frame in self.audio[index]) * 1000)


def _drain(channel: Any) -> list[Any]:
    items = []
    while not channel.empty():
        items.append(channel.recv_nowait())
    return items


__all__ = ["Call", "Heard", "PlannedBrain", "Say", "SessionPair"]
