"""A recording read from its file: what the client and the service sent on each connection, line by line.

:mod:`.proxy` writes what this reads. It knows no socket.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Sender = Literal["client", "service"]


class WrongRecording(ValueError):
    """Says in one sentence what is wrong with the file."""


@dataclass(frozen=True)
class Refusal:
    """The answer to a handshake that did not become a connection."""

    status: int
    body: str


@dataclass(frozen=True)
class RecordedEvent:
    """What one side sent."""

    line: int
    sender: Sender
    event: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class RecordedClose:
    """Which side closed, and how."""

    line: int
    sender: Sender
    code: int
    reason: str


@dataclass
class RecordedConnection:
    """One connection from its handshake on."""

    line: int
    refusal: Refusal | None = None
    story: list[RecordedEvent | RecordedClose] = field(default_factory=list)


def read_recording(path: Path) -> list[RecordedConnection]:
    """The connections of a file, in the order of their handshakes.

    Raises:
        WrongRecording: it cannot be read, is no recording, or holds no connection.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            connections = _connections(lines)
    except OSError as error:
        raise WrongRecording(f"The recording {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise WrongRecording(f"The recording {path} cannot be read: it is no text.") from None
    except _WrongLine as wrong:
        raise WrongRecording(
            f"Line {wrong} of {path} is none that `voicelive-emulator --record` writes."
        ) from None
    if not connections:
        raise WrongRecording(f"The recording {path} holds no connection.")
    return connections


class _WrongLine(Exception):
    """Carries its number."""


def _connections(lines: Iterable[str]) -> list[RecordedConnection]:
    connections: list[RecordedConnection] = []
    # A file that was recorded in several runs counts its connections anew in each.
    by_number: dict[int, RecordedConnection] = {}
    for number, line in enumerate(lines, 1):
        try:
            written = json.loads(line)
            if "handshake" in written:
                by_number[written["connection"]] = RecordedConnection(number)
                connections.append(by_number[written["connection"]])
            else:
                _add(by_number[written["connection"]], number, written)
        except (ValueError, KeyError, TypeError):
            raise _WrongLine(number) from None
    return connections


def _add(connection: RecordedConnection, number: int, written: dict[str, Any]) -> None:
    match written:
        case {"from": "client" | "service" as sender, "event": {"type": str()} as event}:
            connection.story.append(RecordedEvent(number, sender, event))
        case {"from": "client" | "service" as sender, "closed": int() as code, "reason": str(text)}:
            connection.story.append(RecordedClose(number, sender, code, text))
        case {"refused": int() as status, "body": str() as body}:
            connection.refusal = Refusal(status, body)
        case {"refused": str() as reason}:
            connection.refusal = Refusal(502, reason)
        case _:
            raise ValueError
