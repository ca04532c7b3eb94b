"""Runs one long command while a single line on the terminal shows how far it is.

Standard library only: the first step it shows is the one that installs everything else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
LOGS = CACHE / "logs"


class StepFailed(Exception):
    """A step of the set-up could not be done; the message says what to do about it."""


def say(line: str) -> None:
    """Print one line at once, also when the output is a pipe."""
    print(line, flush=True)


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, indented; empty when there is no log."""
    if not log.is_file():
        return ""
    text = log.read_text(errors="replace").rstrip().splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)


def run_step(
    title: str, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]
) -> None:
    """Run `command`, keep its output in `log`, and show its latest line behind `title`.

    Raises:
        StepFailed: the command could not be started or did not succeed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    in_place = sys.stdout.isatty()
    if not in_place:
        say(f"{title} …")
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise StepFailed(f"{title}: {command[0]} cannot be started: {error}") from error
    assert process.stdout is not None
    with process, log.open("w") as kept:
        for line in process.stdout:
            kept.write(line)
            if in_place and line.strip():
                _show(f"{title} … {line.strip()}")
    elapsed_s = time.monotonic() - started
    if process.returncode:
        raise StepFailed(f"{title} failed. The last lines of {log}:\n{tail(log)}")
    if in_place:
        _show(f"{title}: done in {elapsed_s:.0f} s\n")
    else:
        say(f"{title}: done in {elapsed_s:.0f} s")


def _show(line: str) -> None:
    """Overwrite the terminal's current line."""
    columns = shutil.get_terminal_size().columns - 1
    shown = line if line.endswith("\n") else line[:columns]
    sys.stdout.write("\r\033[K" + shown)
    sys.stdout.flush()
