"""The worker's command line, as a user meets it: a process of its own with nothing in its environment."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
from dotenv import dotenv_values

from worker.livekit_server import LIVEKIT_VARIABLES
from worker.preflight import preflight
from worker.settings import problems

ROOT = Path(__file__).resolve().parents[2]

ENOUGH = {
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": "devkey",
    "LIVEKIT_API_SECRET": "secret",
    "AZURE_VOICELIVE_ENDPOINT": "https://my-resource.services.ai.azure.com",
    "AZURE_VOICELIVE_API_KEY": "very-secret-key",
}


def environment(**changes: str | None) -> dict[str, str]:
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIVEKIT_", "AZURE_", "AGENT_", "VOICELIVE_"))
    }
    wanted = {**ENOUGH, **changes}
    return bare | {name: value for name, value in wanted.items() if value is not None}


def run(
    *command: str, changes: Mapping[str, str | None], folder: Path = ROOT / "agent"
) -> subprocess.CompletedProcess[str]:
    # Blank and not absent: so the developer's own `.env.local` cannot fill in what a test leaves out.
    blank = dict.fromkeys(dotenv_values(ROOT / ".env.example"), "")
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=blank | environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_with_enough_set_nothing_is_wrong(surroundings: pytest.MonkeyPatch) -> None:
    assert problems(LIVEKIT_VARIABLES) == []


@pytest.mark.parametrize("name", sorted(ENOUGH.keys() - {"AZURE_VOICELIVE_API_KEY"}))
def test_a_missing_variable_is_named_in_one_sentence(
    surroundings: pytest.MonkeyPatch, name: str
) -> None:
    surroundings.delenv(name)
    [sentence] = problems(LIVEKIT_VARIABLES)
    assert re.match(rf"({name} is not set|`endpoint` \({name}\) is missing)", sentence)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "AZURE_VOICELIVE_ENDPOINT",
            "https://x.openai.azure.com",
            "https://x.services.ai.azure.com",
        ),
        ("AZURE_VOICELIVE_ENDPOINT", "my-resource", "AZURE_VOICELIVE_ENDPOINT"),
        ("AZURE_VOICELIVE_BYOM_PROFILE", "byom-gemini", "byom-foundry-anthropic-messages"),
        ("AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE", "other", "AZURE_VOICELIVE_BYOM_PROFILE"),
        ("AZURE_VOICELIVE_API_VERSION", "v1", "2026-07-15"),
        ("AGENT_AEC_WARMUP_S", "soon", "AGENT_AEC_WARMUP_S should be a valid number"),
        ("AGENT_MAX_JOBS", "many", "AGENT_MAX_JOBS should be a valid integer"),
        ("AGENT_MAX_JOBS", "0", "AGENT_MAX_JOBS should be greater than or equal to 1"),
        ("LIVEKIT_URL", "localhost", "LIVEKIT_URL must be an address such as ws://127.0.0.1:7880"),
        ("LIVEKIT_URL", "127.0.0.1:7880", "LIVEKIT_URL must be an address"),
        ("LIVEKIT_URL", "ftp://127.0.0.1", "LIVEKIT_URL must be an address"),
        ("LIVEKIT_URL", "ws://", "LIVEKIT_URL must be an address"),
        (
            "AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE",
            "byom-azure-openai-realtime",
            "AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE needs AZURE_VOICELIVE_FALLBACK_MODEL",
        ),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_do(
    surroundings: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    surroundings.setenv(name, value)
    [sentence] = problems(LIVEKIT_VARIABLES)
    assert words in sentence


@pytest.mark.parametrize("spelling", ["AZURE_VOICELIVE", "AZURE_VOICE_LIVE"])
def test_a_wrong_profile_of_the_fallback_is_named_by_its_own_variable(
    surroundings: pytest.MonkeyPatch, spelling: str
) -> None:
    surroundings.setenv(f"{spelling}_MODEL", "first")
    surroundings.setenv(f"{spelling}_BYOM_PROFILE", "byom-azure-openai-realtime")
    surroundings.setenv("AZURE_VOICELIVE_FALLBACK_MODEL", "mine")
    surroundings.setenv("AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE", "byom-gemini")
    [sentence] = problems(LIVEKIT_VARIABLES)
    assert "(AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE) must be one of" in sentence
    assert f"{spelling}_BYOM_PROFILE" not in sentence


@pytest.mark.parametrize("scheme", ["ws", "wss", "http", "https"])
def test_every_form_of_a_livekit_servers_address_is_taken(
    surroundings: pytest.MonkeyPatch, scheme: str
) -> None:
    surroundings.setenv("LIVEKIT_URL", f"{scheme}://livekit.example")
    assert problems(LIVEKIT_VARIABLES) == []


@pytest.mark.parametrize("name", sorted(ENOUGH.keys() - {"AZURE_VOICELIVE_API_KEY"}))
def test_a_worker_without_a_variable_prints_that_sentence_alone_and_fails(name: str) -> None:
    done = run("agent.py", "dev", changes={name: None})
    assert done.returncode == 2
    assert done.stdout == ""
    [sentence] = done.stderr.splitlines()
    assert name in sentence


@pytest.mark.parametrize("command", ["start", "console --connect-addr 127.0.0.1:1"])
def test_so_does_one_that_livekits_own_program_starts(command: str) -> None:
    changes = {"AZURE_VOICELIVE_ENDPOINT": None}
    command_line = ["-m", "livekit.agents", *command.split(), "agent/agent.py"]
    done = run(*command_line, changes=changes, folder=ROOT)
    assert done.returncode == 2
    assert done.stdout == ""
    [sentence] = done.stderr.splitlines()
    assert "AZURE_VOICELIVE_ENDPOINT" in sentence


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {"LIVEKIT_URL": None, "AGENT_MAX_JOBS": "0", "AZURE_VOICELIVE_BYOM_PROFILE": "gemini"}
    done = run("agent/agent.py", "start", changes=wrong, folder=ROOT)
    assert done.returncode == 2
    for name, sentence in zip(wrong, done.stderr.splitlines(), strict=True):
        assert name in sentence
    assert "very-secret-key" not in done.stderr


def checked(surroundings: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run the check for a command line, without a LiveKit server in the environment."""
    for name in LIVEKIT_VARIABLES:
        surroundings.delenv(name)
    preflight(list(arguments))


@pytest.mark.parametrize("command", ["dev", "start", "connect"])
def test_a_command_that_joins_rooms_needs_a_server(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        checked(surroundings, command, "--log-level", "debug")
    assert len(capsys.readouterr().err.splitlines()) == len(LIVEKIT_VARIABLES)


def test_an_option_of_the_command_line_takes_its_variables_place_and_no_others(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        checked(surroundings, "dev", "--url=ws://127.0.0.1:1", "--api-key", "k")
    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence.startswith("LIVEKIT_API_SECRET is not set")


@pytest.mark.parametrize(
    "arguments",
    [
        ["console"],
        ["dev", "--url", "ws://127.0.0.1:1", "--api-key=k", "--api-secret", "s"],
        ["download-files"],
        ["dev", "--help"],
        ["--help"],
        [],
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_server_is_not_stopped(
    surroundings: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    surroundings.setitem(sys.modules, "sounddevice", ModuleType("sounddevice"))
    checked(surroundings, *arguments)


def test_a_console_without_sound_says_what_to_install(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surroundings.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(SystemExit, match="2"):
        preflight(["console"])
    [sentence] = capsys.readouterr().err.splitlines()
    assert "apt-get install libportaudio2" in sentence


def test_a_console_whose_sound_goes_over_a_socket_needs_none_here(
    surroundings: pytest.MonkeyPatch,
) -> None:
    surroundings.setitem(sys.modules, "sounddevice", None)
    preflight(["console", "--connect-addr", "127.0.0.1:1"])


def test_help_needs_no_settings() -> None:
    done = run("agent.py", "--help", changes=dict.fromkeys(ENOUGH))
    assert done.returncode == 0
    assert "dev" in done.stdout


def test_importing_the_entry_file_offers_the_server_and_starts_nothing() -> None:
    code = "import threading, agent; print(type(agent.server).__name__, threading.active_count())"
    done = run("-c", code, changes=dict.fromkeys(ENOUGH))
    assert done.stdout.split() == ["Worker", "1"], done.stderr
