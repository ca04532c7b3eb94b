"""Events to JSON text and back, in both directions: the plugin encodes what the emulator decodes.

Strict in what is sent, tolerant in what is read: an unknown event type is an :class:`UnknownEvent`, an unknown field is
passed over, a ``null`` or a fraction where none belongs costs the server's event no more than that field, and a known event
that cannot be read even so is a :class:`MalformedEvent`. One that cannot be written is an
:class:`UnwritableEvent`. The texts of both hold none of the payload.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args

import msgspec

from .client_events import ClientEvent, ClientEventBase
from .event_base import ServerEventBase
from .server_events import ServerEvent, UnknownEvent
from .wire_struct import UNSET, UnsetType, given

E = TypeVar("E")

_encoder = msgspec.json.Encoder()
_server_events: msgspec.json.Decoder[ServerEvent] = msgspec.json.Decoder(ServerEvent)
_client_events: msgspec.json.Decoder[ClientEvent] = msgspec.json.Decoder(ClientEvent)

SERVER_EVENT_TYPES = frozenset(event.__struct_config__.tag for event in get_args(ServerEvent))
CLIENT_EVENT_TYPES = frozenset(event.__struct_config__.tag for event in get_args(ClientEvent))

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bad JSON, for bytes that are no UTF-8, and for nesting without end."""

_UNWRITABLE = (TypeError, ValueError, RecursionError)
"""What msgspec raises for a value that JSON has no form for, for half a surrogate pair, and for nesting without end."""

_SAFE_FAULT = re.compile(
    r"(Expected `[\w |]+`, got `\w+`|Object missing required field `\w+`)( - at `[^`]+`)?"
)
"""What may be repeated of msgspec's message: kinds and places. Other messages quote values."""


class MalformedEvent(ValueError):
    """A message that is no event, or a known event with a required field missing or of the wrong kind.

    The text names the event's type and the place of the fault, never a value.
    """

    def __init__(self, type: str | None, fault: str, *, event_id: str | None = None) -> None:
        """``type`` and ``event_id`` are the event's where they could be read; ``fault`` says what is wrong with it."""
        super().__init__(f"malformed {type or 'message'}: {fault}")
        self.type = type
        self.event_id = event_id


class UnwritableEvent(ValueError):
    """An event that has no form on the wire: a text holds half a surrogate pair, or a schema some object of Python's.

    The text names the event's type and the kind of the fault, never a value.
    """

    def __init__(self, type: str, fault: Exception) -> None:
        """``type`` is the event's type; of ``fault`` only the kind is told."""
        super().__init__(f"{type} cannot be written as JSON ({fault.__class__.__name__})")
        self.type = type


class _Peek(msgspec.Struct):
    """Just enough of a message to tell an unknown event from a malformed one."""

    type: str
    event_id: Any = UNSET

    @property
    def readable_id(self) -> str | UnsetType:
        return self.event_id if isinstance(self.event_id, str) else UNSET


_peek = msgspec.json.Decoder(_Peek)


def encode(event: ClientEventBase | ServerEventBase) -> bytes:
    """The event as UTF-8 JSON text; audio becomes base64.

    Raises:
        UnwritableEvent: some value of it has no form in JSON.
    """
    try:
        return _encoder.encode(event)
    except _UNWRITABLE as fault:
        raise UnwritableEvent(str(event.__struct_config__.tag), fault) from None


def decode_server_event(data: str | bytes) -> ServerEvent | UnknownEvent:
    """Read what the server sent.

    Raises:
        MalformedEvent: the message is no event, or a known one that cannot be read.
    """
    try:
        return _decode(_server_events, SERVER_EVENT_TYPES, data)
    except MalformedEvent as malformed:
        event = _read_leniently(data)
        if event is None:
            raise malformed from None
        return event


def _read_leniently(data: str | bytes) -> ServerEvent | None:
    """What can be read of a malformed event: without its nulls, and if that is not enough, without its fractions, too."""
    for whole_numbers in (False, True):
        try:
            plain = _simplified(msgspec.json.decode(data), whole_numbers=whole_numbers)
            event: ServerEvent = msgspec.convert(plain, ServerEvent)
        except _UNREADABLE:
            continue
        return event
    return None


def _simplified(value: Any, *, whole_numbers: bool) -> Any:
    if isinstance(value, dict):
        return {
            name: _simplified(inner, whole_numbers=whole_numbers)
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [_simplified(inner, whole_numbers=whole_numbers) for inner in value]
    return round(value) if whole_numbers and isinstance(value, float) else value


def decode_client_event(data: str | bytes) -> ClientEvent | UnknownEvent:
    """Read what a client sent.

    Raises:
        MalformedEvent: the message is no event, or a known one that cannot be read.
    """
    return _decode(_client_events, CLIENT_EVENT_TYPES, data)


def _decode(
    decoder: msgspec.json.Decoder[E], known: frozenset[str], data: str | bytes
) -> E | UnknownEvent:
    try:
        return decoder.decode(data)
    except _UNREADABLE as error:
        fault = _SAFE_FAULT.match(str(error))
    try:
        peek = _peek.decode(data)
    except _UNREADABLE:
        raise MalformedEvent(None, "not a JSON object with a type") from None
    if peek.type not in known:
        return UnknownEvent(type=peek.type, event_id=peek.readable_id)
    reason = fault.group() if fault else "a value of the wrong kind"
    raise MalformedEvent(peek.type, reason, event_id=given(peek.readable_id)) from None
