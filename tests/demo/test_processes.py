"""Children are waited for, explained when they fail, and never left running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.process import ChildProcess, ProcessFailed

# A child that has a child of its own, says both ids and would run for ever.
FAMILY = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ids", os.getpid(), grandchild.pid, flush=True)
time.sleep(600)
"""


def start(tmp_path: Path, code: str) -> ChildProcess:
    return ChildProcess(
        "Child", [sys.executable, "-c", code], log=tmp_path / "log", environment=os.environ
    )


def family(tmp_path: Path) -> tuple[ChildProcess, list[int]]:
    child = start(tmp_path, FAMILY)
    ids = child.wait_for_line(r"^ids (\d+) (\d+)$", deadline_s=20)
    return child, [int(ids[1]), int(ids[2])]


def wait_until_gone(ids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(alive(number) for number in ids):
        assert time.monotonic() < deadline, "a process was left running"
        time.sleep(0.05)


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True)
    return bool(status.stdout.strip()) and not status.stdout.startswith(b"Z")


def test_a_stopped_child_takes_its_own_children_with_it(tmp_path: Path) -> None:
    child, ids = family(tmp_path)
    child.stop()
    assert child.ended
    wait_until_gone(ids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_we_are_killed_ourselves(
    tmp_path: Path, number: signal.Signals
) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log"), FAMILY],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    ids = [int(word) for word in starter.stdout.readline().split()]
    starter.send_signal(number)
    starter.wait(timeout=20)
    starter.stdout.close()
    wait_until_gone(ids)


STARTER = """
import os, sys, time
from pathlib import Path
from demo.process import ChildProcess
command = [sys.executable, "-c", sys.argv[2]]
child = ChildProcess("Child", command, log=Path(sys.argv[1]), environment=os.environ)
print(*child.wait_for_line(r"^ids (.+)$", deadline_s=20).groups(), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a child of it")
def test_the_child_does_not_outlive_a_leash_that_is_killed(tmp_path: Path) -> None:
    child, ids = family(tmp_path)
    parent = subprocess.run(["ps", "-o", "ppid=", "-p", str(ids[0])], capture_output=True).stdout
    os.kill(int(parent), signal.SIGKILL)
    wait_until_gone(ids[:1])
    child.stop()
    os.kill(ids[1], signal.SIGKILL)


def test_a_child_that_ends_too_early_is_named_with_its_last_words(tmp_path: Path) -> None:
    child = start(tmp_path, "print('the reason'); raise SystemExit(3)")
    with pytest.raises(ProcessFailed, match=r"Child ended with status 3[\s\S]*the reason"):
        child.wait_for_line("never", deadline_s=20)
    child.stop()


def test_a_child_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    child = start(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(ProcessFailed, match="Child was not ready within"):
        child.wait_for_line("never", deadline_s=0.2)
    child.stop()
