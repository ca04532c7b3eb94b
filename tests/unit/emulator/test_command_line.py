"""Options that cannot work together, or at all, are refused before anything starts."""

import pytest

from voicelive_emulator.command_line import arguments

RECORD = ["--record", "call.jsonl", "--upstream", "https://example.com"]
REPLAY = ["--replay", "call.jsonl"]
OF_THE_EMULATOR = [
    ["--deaf"],
    ["--recognizer", "tiny"],
    ["--voice", "joe.onnx"],
    ["--script", "rules.yaml"],
    ["--chat-completions", "http://127.0.0.1:1/v1"],
    ["--messages", "http://127.0.0.1:1/v1"],
    ["--behaviour", "pace=1"],
    ["--fault", "half_open=true"],
]


def refusal(capsys: pytest.CaptureFixture[str], argv: list[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        arguments(argv)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1].removeprefix("voicelive-emulator: error: ")


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "http"])
def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], port: str) -> None:
    expected = f"argument --port: {port!r} is no port: choose one from 0 to 65535"
    assert refusal(capsys, [f"--port={port}"]) == expected
    assert [arguments(["--port", good]).port for good in ("0", "65535")] == [0, 65535]


@pytest.mark.parametrize("option", ["--chat-completions", "--messages", "--upstream"])
@pytest.mark.parametrize("url", ["foo", ""])
def test_a_server_without_a_url_is_refused(
    capsys: pytest.CaptureFixture[str], option: str, url: str
) -> None:
    assert refusal(capsys, [option, url]) == f"{option} must begin with https:// (or http://)"


def test_sound_is_recorded_only_into_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, ["--record-audio"]) == "--record-audio needs --record"
    assert arguments([*RECORD, "--record-audio"]).record_audio


@pytest.mark.parametrize("recording", [RECORD, REPLAY])
@pytest.mark.parametrize("emulating", OF_THE_EMULATOR)
def test_what_would_have_no_effect_beside_a_recording_is_refused(
    capsys: pytest.CaptureFixture[str], recording: list[str], emulating: list[str]
) -> None:
    said = refusal(capsys, [*recording, *emulating])
    assert said.startswith(f"{emulating[0]} has no effect with {recording[0]}, ")
    arguments(recording)
    arguments(emulating)
