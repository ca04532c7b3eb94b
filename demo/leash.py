"""Runs a command and ends it, with everything it started, as soon as our own input closes.

`python -m demo.leash GRACE_S FOLDER COMMAND…`. The input is a pipe that only the starter holds:
when the starter closes it, ends or is killed, the kernel closes it, on Linux as on macOS. The
starter therefore needs no signal handler and no luck to leave nothing behind.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
"""`prctl` of Linux: the signal that a process gets when its parent dies."""


def main() -> int:
    """Run the command; the exit status is its own."""
    grace_s, folder, *command = sys.argv[1:]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    except OSError as error:
        print(f"{command[0]} cannot be started: {error}", flush=True)
        return 127

    def end() -> None:
        threading.Thread(target=end_child, args=(child, float(grace_s)), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: end())
    threading.Thread(target=call_at_end_of_input, args=(end,), daemon=True).start()
    status = child.wait()
    # What the child itself started and left behind.
    signal_group(child, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def die_with_parent() -> None:
    """In the child, before the command runs: not even the killing of this leash leaves it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def call_at_end_of_input(end: Callable[[], None]) -> None:
    """Wait until our input closes, then call `end()`."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    end()


def end_child(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask the child to end; kill it with its group when it takes longer than `grace_s`."""
    signal_group(child, signal.SIGTERM)
    try:
        child.wait(timeout=grace_s)
    except subprocess.TimeoutExpired:
        signal_group(child, signal.SIGKILL)


def signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the child's whole group, which has the child's id as its name."""
    # macOS answers PermissionError for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main())
