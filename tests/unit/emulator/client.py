"""A client joined to the emulator in memory, and ways to read what it gets."""

from collections.abc import Callable
from typing import Any

from livekit_plugins_voicelive.protocol import client_events as client
from livekit_plugins_voicelive.protocol.items import Item, text_part
from livekit_plugins_voicelive.protocol.server_events import ServerEvent
from voicelive_emulator import (
    Backend,
    Behaviour,
    DeafEars,
    EmulatedSession,
    InMemoryEmulator,
)
from voicelive_emulator.session_runner import event_type
from voicelive_emulator.speech.stand_ins import hum

NATIVE = Backend()
CASCADE = Backend(model="gpt-4.1", kind="cascade")
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather for a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def silence(duration_ms: int) -> bytes:
    return bytes(48 * duration_ms)


SPOKEN_TURN = silence(960) + hum(1920) + silence(960)


class Client:
    """A client of an emulator in memory, reading what comes back by type."""

    def __init__(self, backend: Backend, behaviour: Behaviour, *transcripts: str) -> None:
        session = EmulatedSession(backend, behaviour=behaviour)
        self.emulator = InMemoryEmulator(session, ears=DeafEars(*transcripts))
        self.created = self.emulator.advance(now=0)[0]

    def send(self, *events: client.ClientEvent, now: float = 0.0) -> list[ServerEvent]:
        return [got for event in events for got in self.emulator.receive(event, now=now)]

    def configure(self, **session: Any) -> dict[str, Any]:
        (answer,) = self.send(client.SessionUpdate(session=session))
        fields: dict[str, Any] = answer.session  # type: ignore[union-attr]
        return fields

    def rest(self, now: float = 0.0) -> list[ServerEvent]:
        """All that comes if time goes on and nobody says anything."""
        events = []
        while (deadline := self.emulator.session.next_deadline()) is not None:
            now = max(now, deadline)
            events += self.emulator.advance(now=now)
        return events

    def hear(self, pcm: bytes, now: float = 0.0) -> list[ServerEvent]:
        return self.send(client.InputAudioBufferAppend(audio=pcm), now=now)

    def write(self, text: str, now: float = 0.0) -> list[ServerEvent]:
        item = Item(type="message", role="user", content=[text_part("user", text)])
        return self.send(client.ConversationItemCreate(item=item), client.ResponseCreate(), now=now)


Connect = Callable[..., Client]


def types(events: list[ServerEvent]) -> list[str]:
    """The events' types; between two other events, each kind of delta counts once."""
    found: list[str] = []
    deltas: set[str] = set()
    for event in events:
        name = event_type(event)
        if not name.endswith("delta"):
            deltas.clear()
        elif name in deltas:
            continue
        else:
            deltas.add(name)
        found.append(name)
    return found


def only(events: list[ServerEvent], kind: type[Any]) -> Any:
    (event,) = [event for event in events if isinstance(event, kind)]
    return event
