"""Runs a command and ends it, with everything it started, as soon as our own input closes.

`python -m demo.leash GRACE_S FOLDER COMMAND…`. The input is a pipe that only the starter holds:
when the starter closes it, ends or is killed, the kernel closes it, on Linux as on macOS. The
starter therefore needs no signal handler and no luck to leave nothing behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Run the command; the exit status is its own."""
    grace_s, folder, *command = sys.argv[1:]
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True
        )
    except OSError as error:
        print(f"{command[0]} cannot be started: {error}", flush=True)
        return 127
    threading.Thread(target=end_with_input, args=(child, float(grace_s)), daemon=True).start()
    status = child.wait()
    # What the child itself started and left behind.
    signal_group(child, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def end_with_input(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Wait for the end of our input, then for the end of the child: first asked, then killed."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
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
