"""The emulator beside recorded sessions of the real service: the same events, in the same order, with the same fields."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from livekit_plugins_voicelive.protocol import codec
from tests.recorded_shapes import __file__ as package
from tests.recorded_shapes.comparison import differences
from tests.recorded_shapes.shape import HANDSHAKE, NUMBER, TEXT, Sent, Shape, read_session, written
from tests.unit.emulator.client import NATIVE, SPOKEN_TURN, Client
from voicelive_emulator import Backend, Behaviour
from voicelive_emulator.handshake import PATH, UpgradeRequest, check

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
    caller = Client(backend_of(session), Behaviour(pace=math.inf), "Hello!")
    shape.take(Sent("service", wire(caller.created)))
    for sender, event in session:
        if sender == "client" and event["type"] != HANDSHAKE:
            message = json.dumps(filled("", event, shape))
            shape.take(Sent("client", json.loads(message)))
            for answer in caller.send(codec.decode_client_event(message)):  # type: ignore[arg-type]
                shape.take(Sent("service", wire(answer)))
    return shape.events


def backend_of(session: list[Sent]) -> Backend:
    """Whom the session addresses; ``gpt-realtime`` where that was not recorded."""
    for _, event in session:
        if event["type"] == HANDSHAKE:
            query = urlencode({name: value for name, value in event.items() if name != "type"})
            request = UpgradeRequest(f"{PATH}?{query}", {"api-key": "a key"})
            return check(request, api_key="a key", accepts_token=bool)
    return NATIVE


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
        return so_far.id_of(value) or value.replace(" ", "_")  # an id of its own choice
    return {TEXT: QUESTION, NUMBER: 0}.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_a_recorded_session_differs_in_nothing_that_is_not_listed(path: Path) -> None:
    session = recorded(path)
    assert differences(session, emulated(session)) - DIFFERENCES.keys() == set()


def test_every_listed_difference_is_still_there() -> None:
    sessions = [recorded(path) for path in SHAPES]
    found = {one for session in sessions for one in differences(session, emulated(session))}
    assert DIFFERENCES.keys() - found == set()


def test_a_shape_knows_whom_it_addressed() -> None:
    target = "/voice-live/realtime?api-version=2025-10-01&model=mine&api-key=secret"
    target += "&profile=byom-foundry-anthropic-messages"
    line = {"connection": 1, "at_s": 0.0, "from": "client", "handshake": target}
    shape = Shape(read_session([json.dumps(line)])).events
    assert "secret" not in written(shape)
    assert backend_of(shape) == Backend(
        "mine", "cascade", "byom-foundry-anthropic-messages", "2025-10-01"
    )
