"""The emulator's log: one line for each event that matters, counts for what streams, and nothing of what is said."""

from __future__ import annotations

import logging

import pytest

from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.response import Response
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from voicelive_emulator.event_log import FROM_CLIENT, TO_CLIENT, EventLog, outcome_of


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> EventLog:
    caplog.set_level(logging.DEBUG, "voicelive_emulator")
    return EventLog(3)


def test_what_streams_is_counted_by_direction_until_its_run_is_over(
    log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        log.event(TO_CLIENT, "response.text.delta")
        log.event(TO_CLIENT, "response.audio.delta")
        log.event(FROM_CLIENT, "input_audio_buffer.append")
    log.event(TO_CLIENT, "response.audio.done")
    log.event(TO_CLIENT, "response.audio.delta")
    log.event(TO_CLIENT, "response.done", "cancelled")
    log.connection("disconnected")
    assert caplog.messages == [
        "3 -> response.text.delta",
        "3 -> response.audio.delta",
        "3 <- input_audio_buffer.append",
        "3 -> response.text.delta, 2 more",
        "3 -> response.audio.delta, 2 more",
        "3 -> response.audio.done",
        "3 -> response.audio.delta",
        "3 -> response.done cancelled",
        "3 <- input_audio_buffer.append, 2 more",
        "3 -- disconnected",
    ]


def test_events_are_logged_only_for_who_wants_to_know(
    log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "voicelive_emulator")
    log.event(FROM_CLIENT, "response.create")
    log.connection("connected")
    assert caplog.messages == ["3 -- connected"]


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (server.ErrorEvent(error=ErrorDetails(code="no_such", message="secret")), "no_such"),
        (server.ErrorEvent(error=ErrorDetails(message="secret")), ""),
        (server.ResponseDone(response=Response(id="r", status="failed")), "failed"),
        (server.ResponseTextDone(response_id="r", item_id="i", text="secret"), ""),
    ],
)
def test_an_outcome_is_a_code_and_never_a_text(event: server.ServerEvent, outcome: str) -> None:
    assert outcome_of(event) == outcome
