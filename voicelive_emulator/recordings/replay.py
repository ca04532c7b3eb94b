"""The service's side of a recorded connection, played again to a live client, without any I/O.

What the service sent is sent again as soon as the client has sent all that it had sent by then: its events in the same
order, and as much sound. Sound is counted and not compared, for no microphone delivers the same twice in the same pieces.
It reads no clock: the recorded pauses are not waited for.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from .recording import RecordedClose, RecordedConnection, RecordedEvent
from .scrubbed import left_out_of, length_of

APPEND = "input_audio_buffer.append"
SILENT_BYTE = {"g711_ulaw": b"\xff", "g711_alaw": b"\xd5"}
"""What silence is made of where it is not zeros."""


class Departed(Exception):
    """The client does what it did not do in the recording. The text names the line and no content."""


class Replay:
    """Owns how far the recording has gone, and which of its ids stand for which of the client's."""

    def __init__(self, connection: RecordedConnection) -> None:
        self._ahead = list(connection.story)
        """What has not been released, and of the client what has not been sent."""
        self._asked = [
            told
            for told in connection.story
            if isinstance(told, RecordedEvent) and told.sender == "client" and not _is_sound(told)
        ]
        """What the client has still to send, sound apart."""
        self._last_line = max((told.line for told in connection.story), default=connection.line)
        self._done: set[int] = set()
        """The lines of the client's events that have come."""
        self._spare_bytes = 0
        """Sound that has come and that the recording has not used."""
        self._ids: dict[str, str] = {}
        self._output_format = ""
        self.closed: RecordedClose | None = None
        """How the service ends the connection, once that is due."""

    def begin(self) -> list[dict[str, Any]]:
        """What the service sends unasked."""
        return list(self._released())

    def receive(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Take a client's event; returns what the service sends now.

        Raises:
            Departed: the recording goes on in another way.
        """
        if event["type"] == APPEND:
            self._spare_bytes += length_of(str(event.get("audio") or ""))
        else:
            self._take(event)
        return list(self._released())

    def _take(self, event: dict[str, Any]) -> None:
        if not self._asked:
            raise Departed(
                f"The client sent {_named(event)}; behind line {self._last_line} the recording "
                "holds no more of this connection."
            )
        recorded = self._asked[0]
        if _named(recorded.event) != _named(event):
            raise Departed(
                f"The client sent {_named(event)}; line {recorded.line} of the recording goes on "
                f"with {_named(recorded.event)}."
            )
        self._asked.pop(0)
        self._done.add(recorded.line)
        self._ids |= _renamed("", recorded.event, event)
        if _ends_the_buffer(event):
            self._spare_bytes = 0
            self._ahead = [
                told for told in self._ahead if told.line > recorded.line or not _is_sound(told)
            ]

    def _released(self) -> Iterator[dict[str, Any]]:
        while self._ahead and self.closed is None and self._is_due(self._ahead[0]):
            told = self._ahead.pop(0)
            if isinstance(told, RecordedClose):
                self.closed = told if told.sender == "service" else None
            elif told.sender == "service":
                sent: dict[str, Any] = self._told("", told.event)
                self._note_format(sent)
                yield sent

    def _is_due(self, told: RecordedEvent | RecordedClose) -> bool:
        if isinstance(told, RecordedClose) or told.sender == "service":
            return True
        if not _is_sound(told):
            return told.line in self._done
        wanted = length_of(told.event["audio"])
        if self._spare_bytes < wanted:
            return False
        self._spare_bytes -= wanted
        return True

    def _told(self, name: str, value: Any) -> Any:
        """What was recorded, with this client's ids, and with silence where the sound was left out."""
        if isinstance(value, dict):
            return {key: self._told(key, part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._told(name, part) for part in value]
        if not isinstance(value, str):
            return value
        left_out = left_out_of(value) if name in ("audio", "delta") else None
        if left_out is not None:
            silence = SILENT_BYTE.get(self._output_format, b"\0") * left_out
            return base64.b64encode(silence).decode()
        return self._ids.get(value, value)

    def _note_format(self, event: dict[str, Any]) -> None:
        described = event.get("session") or event.get("response") or {}
        self._output_format = described.get("output_audio_format") or self._output_format


def _is_sound(told: RecordedEvent | RecordedClose) -> bool:
    return isinstance(told, RecordedEvent) and told.event["type"] == APPEND


def _ends_the_buffer(event: dict[str, Any]) -> bool:
    return event["type"] in ("input_audio_buffer.commit", "input_audio_buffer.clear")


def _named(event: dict[str, Any]) -> str:
    item = event.get("item")
    return f"{event['type']} ({item.get('type')})" if isinstance(item, dict) else str(event["type"])


def _renamed(name: str, recorded: Any, live: Any) -> dict[str, str]:
    """The ids of a recorded event, with those that the live client has given in their place."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        pairs = [_renamed(key, recorded[key], live[key]) for key in recorded.keys() & live.keys()]
    elif isinstance(recorded, list) and isinstance(live, list):
        pairs = [_renamed(name, *parts) for parts in zip(recorded, live, strict=False)]
    elif isinstance(recorded, str) and isinstance(live, str):
        return {recorded: live} if name == "id" or name.endswith("_id") else {}
    else:
        return {}
    return {old: new for pair in pairs for old, new in pair.items()}
