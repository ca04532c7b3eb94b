"""Switches by name and text, and the requests that set them while the emulator runs."""

import json
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from voicelive_emulator import Behaviour, Faults
from voicelive_emulator.control import Control
from voicelive_emulator.switches import WrongSwitch, names, read, read_pair


class Connection:
    def __init__(self) -> None:
        self.ends: list[str] = []

    def drop(self) -> None:
        self.ends.append("dropped")

    def expire(self) -> None:
        self.ends.append("expired")


@pytest.mark.parametrize(
    ("kind", "pair", "value"),
    [
        (Behaviour, "pace=inf", float("inf")),
        (Behaviour, "echo_metadata=false", False),
        (Behaviour, "transcript=after", "after"),
        (Faults, "handshake_status=503", 503),
        (Faults, "handshake_status=599", 599),
        (Faults, "handshake_status=null", None),
        (Faults, 'handshake_body={"error":{}}', '{"error":{}}'),
        (Faults, "drop_after=response.done", "response.done"),
        (Faults, "drop_after=3", 3),
        (Faults, "withhold=response.done,error", {"response.done", "error"}),
        (Faults, "withhold=", set()),
        (Faults, 'error_after_upgrade={"code":"no"}', ErrorDetails(code="no")),
        (Faults, 'refuse={"session.update":{"code":"no"}}', {"session.update": ErrorDetails(code="no")}),
    ],
)  # fmt: skip
def test_a_switch_is_read_from_text(kind: type, pair: str, value: Any) -> None:
    assert read_pair(kind, pair) == (pair.partition("=")[0], value)


@pytest.mark.parametrize(
    ("pair", "hint"),
    [
        ("pace", "NAME=VALUE"),
        ("speed=1", "pace"),
        ("pace=fast", "pace"),
        ("transcript=x", "'x'"),
        ("pace=0", "> 0"),
        ("pace=nan", "> 0"),
        ("audio_delta_ms=0", ">= 1"),
        ("deltas_after_cancel=-1", ">= 0"),
        ("session_limit_s=0", "> 0"),
        ("session_limit_s=inf", "<= 1000000"),
    ],
)
def test_a_wrong_switch_is_one_sentence(pair: str, hint: str) -> None:
    with pytest.raises(WrongSwitch, match=hint):
        read_pair(Behaviour, pair)


@pytest.mark.parametrize("status", [7, 101, 600])
def test_a_handshake_is_refused_only_with_what_can_be_a_status(status: int) -> None:
    with pytest.raises(WrongSwitch, match="handshake_status"):
        read_pair(Faults, f"handshake_status={status}")


def test_every_behaviour_can_be_read_from_its_own_default() -> None:
    for name in names(Behaviour):
        default = getattr(Behaviour(), name)
        assert read(Behaviour, name, str(default)) == default


def test_faults_are_shown_changed_and_reset() -> None:
    faults = Faults()
    control = Control(Behaviour(), faults)
    status, body = control.answer("/emulator/faults?handshake_status=429&withhold=response.done")
    assert (status, json.loads(body)["handshake_status"]) == (200, 429)
    assert faults.withhold == {"response.done"}
    assert json.loads(control.answer("/emulator/faults")[1])["withhold"] == ["response.done"]
    control.answer("/emulator/reset")
    assert faults == Faults()


def test_a_wrong_request_changes_nothing() -> None:
    faults = Faults()
    control = Control(Behaviour(), faults)
    status, body = control.answer("/emulator/faults?model_fails=true&handshake_status=often")
    assert status == 400
    assert "handshake_status" in json.loads(body)["error"]
    assert faults == Faults()
    assert control.answer("/emulator/coffee")[0] == 404


def test_the_behaviour_of_the_next_sessions_can_be_changed() -> None:
    control = Control(Behaviour(), Faults())
    assert json.loads(control.answer("/emulator/behaviour?pace=2")[1])["pace"] == 2.0
    assert control.behaviour == Behaviour(pace=2.0)
    for impossible in ("pace=0", "audio_delta_ms=0"):
        assert control.answer(f"/emulator/behaviour?rate_limits=true&{impossible}")[0] == 400
    assert control.behaviour == Behaviour(pace=2.0)


def test_connections_are_dropped_and_expired_on_request() -> None:
    faults, connection = Faults(), Connection()
    faults.connections.add(connection)
    control = Control(Behaviour(), faults)
    assert json.loads(control.answer("/emulator/drop")[1]) == {"connections": 1}
    control.answer("/emulator/expire")
    assert connection.ends == ["dropped", "expired"]
