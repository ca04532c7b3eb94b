"""What stays of a recording in its shape, and which differences between two shapes are found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_shapes.comparison import differences
from tests.recorded_shapes.shape import Sent, Shape, read_session, written

SESSION = [
    Sent("client", {"type": "conversation.item.create", "event_id": "mine", "item": {"id": "a"}}),
    Sent("service", {"type": "conversation.item.created", "event_id": "e1", "item": {"id": "a"}}),
    Sent("service", {"type": "response.created", "response": {"id": "resp_1", "status": "x"}}),
    Sent("service", {"type": "response.text.delta", "delta": "My name", "response_id": "resp_1"}),
    Sent("service", {"type": "response.text.delta", "delta": " is Ada", "response_id": "resp_1"}),
    Sent("service", {"type": "response.text.done", "text": "My name is Ada", "content_index": 0}),
    Sent("service", {"type": "response.done", "usage": {"total_tokens": 31}, "none": None}),
    Sent("service", {"type": "error", "error": {"event_id": "mine", "message": "No, Ada"}}),
]


def test_ids_become_numbers_and_what_is_said_goes() -> None:
    shape = Shape(SESSION).events
    assert [sent.event for sent in shape] == [
        {"type": "conversation.item.create", "event_id": "event 1", "item": {"id": "id 1"}},
        {"type": "conversation.item.created", "event_id": "an id", "item": {"id": "id 1"}},
        {"type": "response.created", "response": {"id": "resp 1", "status": "x"}},
        {"type": "response.text.delta", "delta": "a text", "response_id": "resp 1"},
        {"type": "response.text.done", "text": "a text", "content_index": 0},
        {"type": "response.done", "usage": {"total_tokens": "a number"}, "none": None},
        {"type": "error", "error": {"event_id": "event 1", "message": "a text"}},
    ]
    assert "Ada" not in written(shape)


def test_a_shape_read_again_is_the_same() -> None:
    shape = Shape(SESSION).events
    assert list(read_session(written(shape).splitlines())) == shape


@pytest.mark.parametrize("connection", [1, 2])
def test_the_command_reads_one_connection_of_our_own_recordings(
    tmp_path: Path, connection: int
) -> None:
    path = tmp_path / "recording.jsonl"
    lines = [
        {"connection": number, "at_s": 0.1} | what
        for what in ({"from": "client", "handshake": "/voice-live/realtime?model=m"}, {})
        for number in (1, 2)
    ]
    for line in lines[2:]:
        line |= {"from": "service", "event": {"type": f"from.{line['connection']}"}}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    printed = subprocess.run(
        [sys.executable, "-m", "tests.recorded_shapes", str(path), f"--connection={connection}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert list(map(json.loads, printed.splitlines())) == [
        {"from": "client", "event": {"type": "(handshake)", "model": "m"}},
        {"from": "service", "event": {"type": f"from.{connection}"}},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "The recording {} cannot be read: No such file or directory.\n"),
        ("no recording", "{} is no recording of `voicelive-emulator --record`.\n"),
        (
            '{"from": "client", "event": {}}',
            "{} is no recording of `voicelive-emulator --record`.\n",
        ),
        ("", "The recording {} holds no connection 1.\n"),
    ],
)
def test_a_file_without_a_session_is_one_sentence(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    path = tmp_path / "nope.jsonl"
    if text is not None:
        path.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.recorded_shapes", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == sentence.format(path)


def changed(number: int, **fields: Any) -> list[Sent]:
    sent = SESSION[number]
    return [*SESSION[:number], Sent(sent.sender, sent.event | fields), *SESSION[number + 1 :]]


@pytest.mark.parametrize(
    ("emulated", "found"),
    [
        (
            SESSION[:5] + SESSION[6:],
            {"after response.text.delta: the service sends response.text.done"},
        ),
        (
            [*SESSION, Sent("service", {"type": "warning"})],
            {"after error: the emulator sends warning"},
        ),
        (
            changed(2, response={"id": "resp_1", "status": "y"}),
            {"response.created response.status: 'x' in the service, 'y' in the emulator"},
        ),
        (
            changed(6, usage={}),
            {
                "response.done usage.total_tokens: 'a number' in the service, "
                "'absent' in the emulator"
            },
        ),
        (
            changed(3, response_id="resp_2"),
            {"response.text.delta response_id: 'resp 1' in the service, 'resp 2' in the emulator"},
        ),
        (
            changed(5, text="", content_index=1),
            {
                "response.text.done text: 'a text' in the service, '' in the emulator",
                "response.text.done content_index: 0 in the service, 1 in the emulator",
            },
        ),
    ],
)
def test_an_event_a_field_and_a_reference_that_differ_are_named(
    emulated: list[Sent], found: set[str]
) -> None:
    assert differences(Shape(SESSION).events, Shape(emulated).events) == found


def test_words_ids_times_and_the_place_of_a_transcription_may_differ() -> None:
    heard = Sent(
        "service",
        {"type": "conversation.item.input_audio_transcription.completed", "transcript": "Hello"},
    )
    other = changed(5, text="I am Bob")
    assert (
        differences(
            Shape([*SESSION[:2], heard, *SESSION[2:]]).events,
            Shape([*other[:4], heard, *other[4:]]).events,
        )
        == set()
    )
