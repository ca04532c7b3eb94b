"""One child process: started with a log, waited for, and never left running.

The child is held by `demo.leash`, so that it ends with its group when this process ends, however
that happens. This module knows nothing of what it starts.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from demo.progress import CHECKOUT, tail

STOP_GRACE_S = 5.0
"""How long a child may usually take to end by itself before it is killed."""
POLL_S = 0.05

Found = TypeVar("Found")


class ProcessFailed(Exception):
    """A child did not become ready, or ended; the message carries its last log lines."""


class ChildProcess:
    """Owns one running child and its log file; both are there until `stop()`, the log longer."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path = CHECKOUT,
        stop_grace_s: float = STOP_GRACE_S,
    ) -> None:
        """Start `command` in `folder`, with its whole output going to `log`."""
        self.name = name
        self.log = log
        self._stop_grace_s = stop_grace_s
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "demo.leash", str(stop_grace_s), str(folder)]
                + [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=CHECKOUT,
                env={**environment, "PYTHONUNBUFFERED": "1"},
                # Not in the terminal's group: Ctrl-C reaches only us, and we end the children.
                process_group=0,
            )

    @property
    def ended(self) -> bool:
        """Whether the child is no longer running."""
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        """The process id of the leash that holds the child."""
        return self._process.pid

    def wait_for_end(self, *, deadline_s: float) -> int:
        """Wait until the child has ended by itself; returns its exit status.

        Raises:
            ProcessFailed: it goes on beyond the deadline.
        """
        try:
            return self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(
                f"{self.name} had not ended within {deadline_s:.0f} s. {self._last_lines()}"
            ) from None

    def wait_for_line(self, pattern: str, *, deadline_s: float) -> re.Match[str]:
        """Wait until the log has a line that matches `pattern`, and return the match.

        Raises:
            ProcessFailed: the child ended first, or the deadline passed.
        """
        expression = re.compile(pattern, re.MULTILINE)

        def find() -> re.Match[str] | None:
            return expression.search(self.log.read_text(errors="replace"))

        return self.wait_until(find, deadline_s=deadline_s)

    def wait_until(self, find: Callable[[], Found | None], *, deadline_s: float) -> Found:
        """Wait until `find()` returns something, and return that.

        Raises:
            ProcessFailed: the child ended first, or the deadline passed.
        """
        deadline = time.monotonic() + deadline_s
        while True:
            # Asked before looking: what the child wrote before its end is then seen.
            ended = self.ended
            found = find()
            if found is not None:
                return found
            if ended:
                raise self.failure()
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{self.name} was not ready within {deadline_s:.0f} s. {self._last_lines()}"
                )
            time.sleep(POLL_S)

    def failure(self) -> ProcessFailed:
        """What to say when the child has ended although nobody asked it to."""
        status = self._process.poll()
        return ProcessFailed(f"{self.name} ended with status {status}. {self._last_lines()}")

    def stop(self) -> None:
        """End the child and everything it started; a child that is slow to end is killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=self._stop_grace_s + 5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_lines(self) -> str:
        lines = tail(self.log)
        shown = os.path.relpath(self.log, Path.cwd())
        return f"The last lines of {shown}:\n{lines}" if lines else f"It wrote nothing to {shown}."
