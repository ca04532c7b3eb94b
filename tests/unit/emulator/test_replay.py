"""A recorded connection played again: what the service sent follows what the client sends, with the client's own ids."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from voicelive_emulator.recordings.recording import WrongRecording, read_recording
from voicelive_emulator.recordings.replay import Departed, Replay


def line(sender: str, type: str, **fields: Any) -> dict[str, Any]:
    return {"connection": 1, "at_s": 0.0, "from": sender, "event": {"type": type} | fields}


HANDSHAKE = {"connection": 1, "at_s": 0.0, "from": "client", "handshake": "/voice-live/realtime"}
CREATED = line("service", "session.created", session={"output_audio_format": None})
ASKED = line("client", "response.create", event_id="old_1")
STARTED = line("service", "response.created", response={"id": "resp_1"})
REFUSED = line("service", "error", error={"event_id": "old_1"})


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(written) + "\n" for written in lines))
    return path


def replay(tmp_path: Path, *lines: dict[str, Any]) -> Replay:
    [connection] = read_recording(write(tmp_path / "recording.jsonl", HANDSHAKE, *lines))
    return Replay(connection)


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def append(size: int) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(bytes(size)).decode()}


def test_each_event_of_the_client_releases_what_followed_it(tmp_path: Path) -> None:
    done = line("service", "response.done")
    played = replay(tmp_path, CREATED, ASKED, STARTED, done, ASKED, STARTED)
    assert types(played.begin()) == ["session.created"]
    assert types(played.receive({"type": "response.create"})) == [
        "response.created",
        "response.done",
    ]
    assert types(played.receive({"type": "response.create"})) == ["response.created"]


def test_the_clients_own_ids_stand_where_the_recorded_ones_stood(tmp_path: Path) -> None:
    item = {"id": "old_item", "type": "message", "content": [{"text": "old_item"}]}
    created = line("service", "conversation.item.created", item={"id": "old_item"})
    answer = line(
        "service", "response.created", response={"metadata": {"client_event_id": "old_1"}}
    )
    asked = line("client", "response.create", response={"metadata": {"client_event_id": "old_1"}})
    played = replay(
        tmp_path,
        line("client", "conversation.item.create", event_id="old_2", item=item),
        created,
        line("service", "error", error={"event_id": "old_2"}),
        asked,
        answer,
    )
    live = {"id": "new_item", "type": "message", "content": [{"text": "other words"}]}
    made, error = played.receive(
        {"type": "conversation.item.create", "event_id": "new_2", "item": live}
    )
    assert made["item"]["id"] == "new_item"
    assert error["error"]["event_id"] == "new_2"
    [begun] = played.receive(
        {"type": "response.create", "response": {"metadata": {"client_event_id": "new_1"}}}
    )
    assert begun["response"]["metadata"] == {"client_event_id": "new_1"}


def test_as_much_sound_releases_what_followed_it_in_whatever_pieces(tmp_path: Path) -> None:
    sound = line("client", "input_audio_buffer.append", audio="(4800 bytes)")
    heard = line("service", "input_audio_buffer.speech_started")
    whole = line("client", "input_audio_buffer.append", audio=append(4_800)["audio"])
    played = replay(tmp_path, sound, sound, heard, whole, heard)
    played.begin()
    assert played.receive(append(9_000)) == []
    assert types(played.receive(append(5_000))) == ["input_audio_buffer.speech_started"]
    assert types(played.receive(append(400))) == ["input_audio_buffer.speech_started"]


def test_a_commit_does_not_wait_for_as_much_sound(tmp_path: Path) -> None:
    sound = line("client", "input_audio_buffer.append", audio="(4800 bytes)")
    commit, committed = (
        line("client", "input_audio_buffer.commit"),
        line("service", "input_audio_buffer.committed"),
    )
    played = replay(tmp_path, sound, commit, committed, sound, STARTED)
    assert played.receive(append(4_000)) == []
    assert types(played.receive(commit["event"])) == ["input_audio_buffer.committed"]
    assert played.receive(append(4_700)) == []
    assert types(played.receive(append(100))) == ["response.created"]


@pytest.mark.parametrize(
    ("output_format", "silence"),
    [("pcm16", b"\0"), ("g711_ulaw", b"\xff"), ("g711_alaw", b"\xd5"), (None, b"\0")],
)
def test_sound_that_was_left_out_is_silence_of_that_length(
    tmp_path: Path, output_format: str | None, silence: bytes
) -> None:
    session = {"output_audio_format": output_format}
    delta = line("service", "response.audio.delta", delta="(7 bytes)")
    played = replay(tmp_path, line("service", "session.updated", session=session), delta)
    assert base64.b64decode(played.begin()[1]["delta"]) == silence * 7


def test_sound_that_was_kept_is_played(tmp_path: Path) -> None:
    played = replay(tmp_path, line("service", "response.audio.delta", delta="AAEC"))
    assert played.begin()[0]["delta"] == "AAEC"


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            {"type": "response.cancel"},
            r"sent response\.cancel; line 3 of the recording goes on with response\.create\.",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "content": "secret"}},
            r"sent conversation\.item\.create \(message\); line 3 ",
        ),
    ],
)
def test_a_departure_names_the_line(tmp_path: Path, event: dict[str, Any], sentence: str) -> None:
    played = replay(tmp_path, CREATED, ASKED, STARTED)
    with pytest.raises(Departed, match=sentence) as departed:
        played.receive(event)
    assert "secret" not in str(departed.value)


def test_who_goes_on_behind_the_end_is_told_so(tmp_path: Path) -> None:
    played = replay(tmp_path, ASKED, STARTED)
    played.receive({"type": "response.create"})
    with pytest.raises(Departed, match=r"response\.create; behind line 3 "):
        played.receive({"type": "response.create"})


def test_the_services_close_comes_in_its_place(tmp_path: Path) -> None:
    closed = {"connection": 1, "from": "service", "closed": 1001, "reason": "session_expired"}
    played = replay(tmp_path, ASKED, REFUSED, closed)
    played.begin()
    assert played.closed is None
    played.receive({"type": "response.create", "event_id": "new"})
    assert played.closed is not None
    assert (played.closed.code, played.closed.reason) == (1001, "session_expired")


def test_the_clients_close_ends_nothing(tmp_path: Path) -> None:
    played = replay(tmp_path, {"connection": 1, "from": "client", "closed": 1000, "reason": ""})
    played.begin()
    assert played.closed is None


def test_connections_stand_apart_even_when_a_second_run_counts_them_anew(tmp_path: Path) -> None:
    second = {"connection": 2}
    refused = {"connection": 1, "from": "service", "refused": 401, "body": "{}"}
    path = write(
        tmp_path / "recording.jsonl",
        HANDSHAKE,
        HANDSHAKE | second,
        CREATED | second,
        refused,
        HANDSHAKE,
        CREATED,
        STARTED,
    )
    first, other, again = read_recording(path)
    assert first.refusal is not None
    assert (first.refusal.status, len(first.story)) == (401, 0)
    assert [told.line for told in other.story] == [3]
    assert [told.line for told in again.story] == [6, 7]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "recording.jsonl holds no connection"),
        ("[]\n", "Line 1 of .*recording.jsonl is none that"),
        (json.dumps(HANDSHAKE) + "\nnothing\n", "Line 2 of "),
        (json.dumps(CREATED) + "\n", "Line 1 of "),
        (json.dumps(HANDSHAKE) + '\n{"connection": 1, "from": "nobody"}\n', "Line 2 of "),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "recording.jsonl"
    path.write_text(text)
    with pytest.raises(WrongRecording, match=sentence):
        read_recording(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WrongRecording, match=r"nowhere\.jsonl cannot be read"):
        read_recording(tmp_path / "nowhere.jsonl")
