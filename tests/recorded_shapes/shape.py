"""The shape of a session: its events in order, with their fields, and the values that are the same in every session.

Of a text only that it is one stays, or that it is empty; of a sound, a time or a count of tokens likewise. An id becomes
a number in the order of appearance, so that which event speaks of which item stays visible. It knows no emulator.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

Sender = Literal["client", "service"]

CONSTANT_TEXTS = frozenset(
    [
        "type",
        "object",
        "status",
        "role",
        "model",
        "modalities",
        "voice",
        "name",
        "code",
        "reason",
        "tool_choice",
        "param",
        "input_audio_format",
        "output_audio_format",
        "max_output_tokens",
        "max_response_output_tokens",
        "timestamp_type",
        "output_audio_timestamp_types",
        "include",
        "required",
        "enum",
    ]
)
"""Fields whose texts are words of the protocol, or names."""

VARYING_NUMBERS = frozenset(
    [
        "audio_start_ms",
        "audio_end_ms",
        "audio_offset_ms",
        "audio_duration_ms",
        "expires_at",
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "text_tokens",
        "audio_tokens",
        "image_tokens",
        "reasoning_tokens",
        "limit",
        "remaining",
        "reset_seconds",
    ]
)
"""Fields whose numbers are times and counts."""

HANDSHAKE = "(handshake)"
"""Stands for the connection's URL as if it were the client's first event, with these of its parameters."""

PARAMETERS = ("api-version", "model", "profile", "agent-name", "agent-project-name")

TEXT, NUMBER, ID = "a text", "a number", "an id"

TRANSCRIPTION = "conversation.item.input_audio_transcription."
"""Comes when it is ready, whatever else goes on: its place among the other events means nothing."""


class Sent(NamedTuple):
    """An event with its sender, whole or as a shape."""

    sender: Sender
    event: dict[str, Any]


def read_session(lines: Iterable[str], *, connection: int = 1) -> Iterator[Sent]:
    """The events of one connection.

    Args:
        lines: JSON, either with ``from`` and ``event``, as ``voicelive-emulator --record`` and :func:`written` make
            them, or with ``direction`` (``sent`` or ``received``) and ``data``.
        connection: which one, where the recording numbers them.
    """
    for line in lines:
        match json.loads(line):
            case {"from": "client" | "service" as sender, "event": dict() as event, **rest}:
                if rest.get("connection", connection) == connection:
                    yield Sent(sender, event)
            case {"handshake": str(target), **rest}:
                if rest.get("connection", connection) == connection:
                    query = dict(parse_qsl(urlsplit(target).query))
                    kept = {name: query[name] for name in PARAMETERS if name in query}
                    yield Sent("client", {"type": HANDSHAKE} | kept)
            case {"direction": "sent" | "received" as direction, "data": dict() as event}:
                yield Sent("client" if direction == "sent" else "service", event)


def written(shape: Iterable[Sent]) -> str:
    """A shape as the text of a file."""
    return "".join(json.dumps({"from": s, "event": event}) + "\n" for s, event in shape)


def stream_of(event: Sent) -> str:
    """What the event is in order with."""
    return "transcription" if event.event["type"].startswith(TRANSCRIPTION) else event.sender


class Shape:
    """Owns the shape of a session as far as it has gone, and the numbers of its ids."""

    def __init__(self, session: Iterable[Sent] = ()) -> None:
        self.events: list[Sent] = []
        self._numbers: dict[str, str] = {}
        self._repeatable: dict[str, set[str]] = {}
        for sent in session:
            self.take(sent)

    def take(self, sent: Sent) -> None:
        """The session went on. Deltas and appends that repeat themselves count once."""
        shaped = Sent(sent.sender, self._shaped(sent))
        kind = sent.event["type"]
        repeatable = self._repeatable.setdefault(stream_of(sent), set())
        if not kind.endswith((".delta", ".append")):
            repeatable.clear()
        elif kind in repeatable:
            return
        else:
            repeatable.add(kind)
        self.events.append(shaped)

    def id_of(self, number: str) -> str | None:
        """The id in this session that has this number, if it has appeared."""
        return next((id for id, known in self._numbers.items() if known == number), None)

    def _shaped(self, sent: Sent) -> dict[str, Any]:
        fields = dict(sent.event)
        event_id = fields.pop("event_id", None)
        shape: dict[str, Any] = self._value("", fields)
        if event_id is not None:
            shape["event_id"] = ID if sent.sender == "service" else self._number(event_id, "event")
        return shape

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(key, part) for key, part in value.items()}
        if isinstance(value, list):
            parts = [self._value(name, part) for part in value]
            return sorted(parts) if name == "modalities" else parts  # their order is not stable
        if isinstance(value, str):
            return self._text(name, value)
        return NUMBER if name in VARYING_NUMBERS and isinstance(value, int) else value

    def _text(self, name: str, value: str) -> str:
        if name == "id" or name.endswith("_id"):
            return self._number(value, name.removesuffix("_id").removeprefix("previous_"))
        return value if not value or name in CONSTANT_TEXTS or name in PARAMETERS else TEXT

    def _number(self, value: str, kind: str) -> str:
        prefix = value.partition("_")[0]
        kind = prefix if prefix in ("item", "resp", "conv", "sess", "call") else kind
        number = 1 + sum(known.startswith(kind + " ") for known in self._numbers.values())
        return self._numbers.setdefault(value, f"{kind} {number}")
