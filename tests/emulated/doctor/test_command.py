"""The doctor as a command: its table and its status."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from livekit_plugins_voicelive.__main__ import table
from livekit_plugins_voicelive.doctor import Finding
from voicelive_emulator.server import EmulatorServer


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livekit_plugins_voicelive", "doctor", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_the_command_prints_a_table_and_its_status_tells(
    service: EmulatorServer, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        f"AZURE_VOICELIVE_ENDPOINT={service.endpoint}\nAZURE_VOICELIVE_API_KEY=key\n"
    )
    done = await asyncio.to_thread(run, tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["✔"] * 9
    assert "key" not in done.stdout.replace("key\n", "")

    service.faults.handshake_status = 403
    done = await asyncio.to_thread(run, tmp_path, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    assert found["findings"][-1]["check"] == "sign-in"


def test_without_settings_the_command_says_which_are_missing(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("✘ settings")
    assert "AZURE_VOICELIVE_ENDPOINT" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none_is_refused(tmp_path: Path, timeout: str) -> None:
    done = run(tmp_path, "--timeout", timeout)
    assert (done.returncode, "seconds above 0" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_the_table_puts_every_step_under_its_finding() -> None:
    failed = Finding("sign-in", False, "no key", "first\nsecond")
    lines = table([replace(failed, passed=True, next_step=""), failed]).splitlines()
    assert [line.strip()[0] for line in lines] == ["✔", "✘", "→", "→"]
