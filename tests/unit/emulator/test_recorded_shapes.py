"""The emulator beside recorded sessions of the real service: the same events, in the same order, with the same fields."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livekit_plugins_voicelive.protocol import codec
from tests.recorded_shapes import __file__ as package
from tests.recorded_shapes.comparison import differences
from tests.recorded_shapes.shape import NUMBER, TEXT, Sent, Shape, read_session
from tests.unit.emulator.client import NATIVE, SPOKEN_TURN, Client
from voicelive_emulator import Behaviour

SHAPES = sorted(Path(package).parent.glob("*.jsonl"))
assert SHAPES

QUESTION = "What is the weather in London?"

DIFFERENCES: dict[str, str] = {}
"""Every difference to a recorded session that is left, and why."""


def recorded(path: Path) -> list[Sent]:
    return list(read_session(path.read_text().splitlines()))


def emulated(session: list[Sent]) -> list[Sent]:
    """What the emulator makes of the same client."""
    shape = Shape()
    caller = Client(NATIVE, Behaviour(pace=math.inf), "Hello!")
    shape.take(Sent("service", wire(caller.created)))
    for sender, event in session:
        if sender == "client":
            message = json.dumps(filled("", event, shape))
            shape.take(Sent("client", json.loads(message)))
            for answer in caller.send(codec.decode_client_event(message)):  # type: ignore[arg-type]
                shape.take(Sent("service", wire(answer)))
    return shape.events


def wire(event: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.json.decode(codec.encode(event))
    return fields


def filled(name: str, value: Any, so_far: Shape) -> Any:
    """A client's event again out of its shape, speaking of this session's ids."""
    if isinstance(value, dict):
        return {key: filled(key, part, so_far) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(name, part, so_far) for part in value]
    if name == "audio":
        return base64.b64encode(SPOKEN_TURN).decode()
    if name.endswith("id"):
        return so_far.id_of(value) or value
    return {TEXT: QUESTION, NUMBER: 0}.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_a_recorded_session_differs_in_nothing_that_is_not_listed(path: Path) -> None:
    session = recorded(path)
    assert differences(session, emulated(session)) - DIFFERENCES.keys() == set()


def test_every_listed_difference_is_still_there() -> None:
    sessions = [recorded(path) for path in SHAPES]
    found = {one for session in sessions for one in differences(session, emulated(session))}
    assert DIFFERENCES.keys() - found == set()
