"""The worker's command line, as a user meets it: a process of its own with nothing in its environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from worker.settings import problems

AGENT = Path(__file__).resolve().parents[2] / "agent"

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


def run(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "agent.py", *arguments],
        cwd=AGENT,
        env=environment(**changes),
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
    assert problems(needs_livekit=True) == []


@pytest.mark.parametrize("name", sorted(ENOUGH.keys() - {"AZURE_VOICELIVE_API_KEY"}))
def test_a_missing_variable_is_named_in_one_sentence(
    surroundings: pytest.MonkeyPatch, name: str
) -> None:
    surroundings.delenv(name)
    [sentence] = problems(needs_livekit=True)
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
        ("AGENT_AEC_WARMUP_S", "soon", "AGENT_AEC_WARMUP_S"),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_do(
    surroundings: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    surroundings.setenv(name, value)
    [sentence] = problems(needs_livekit=True)
    assert words in sentence


def test_the_console_needs_no_livekit_server(surroundings: pytest.MonkeyPatch) -> None:
    surroundings.delenv("LIVEKIT_URL")
    assert problems(needs_livekit=False) == []


def test_the_command_line_prints_a_sentence_each_and_fails() -> None:
    wrong = {"LIVEKIT_URL": None, "AZURE_VOICELIVE_BYOM_PROFILE": "byom-gemini"}
    done = run("start", **wrong)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == len(wrong)
    for name, line in zip(wrong, done.stderr.splitlines(), strict=True):
        assert name in line
    assert "very-secret-key" not in done.stderr


def test_help_needs_no_settings() -> None:
    done = run("--help", **dict.fromkeys(ENOUGH))
    assert done.returncode == 0
    assert "dev" in done.stdout


def test_importing_the_entry_file_offers_the_server_and_starts_nothing() -> None:
    code = "import threading, agent; print(type(agent.server).__name__, threading.active_count())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=AGENT,
        env=environment(**dict.fromkeys(ENOUGH)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["AgentServer", "1"], done.stderr
