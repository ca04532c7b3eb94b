"""What is missing or taken is said in one sentence. No network is needed here."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo import install, livekit_binary
from demo.environment import ENDPOINT, azure_endpoint, read_environment
from demo.livekit_server import LOOPBACK, LiveKitServer, port_is_free
from demo.process import ProcessFailed
from demo.progress import CHECKOUT, StepFailed, run_step
from demo.room_access import livekit_access, publish_running_demo


def test_a_taken_port_is_noticed() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert not port_is_free(port)
    assert port_is_free(port)


def test_a_server_that_cannot_start_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "no-such-server"
    server = LiveKitServer(missing, port=0, key=("key", "secret"), log=tmp_path / "log")
    with (
        pytest.raises(ProcessFailed, match=r"LiveKit server ended[\s\S]*cannot be started"),
        server,
    ):
        pass


def test_a_failed_step_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('what went wrong'); raise SystemExit(1)"]
    with pytest.raises(StepFailed, match=r"Building failed[\s\S]*what went wrong"):
        run_step("Building", command, log=tmp_path / "log", environment={})


def test_a_missing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot be started"):
        run_step("Building", [tmp_path / "go"], log=tmp_path / "log", environment={})


def test_an_old_livekit_server_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "livekit-server"
    old.write_text("#!/bin/sh\necho livekit-server version 1.5.0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(livekit_binary, "CACHED_BINARY", tmp_path / "none")
    assert livekit_binary.find_livekit_server() is None
    old.write_text("#!/bin/sh\necho livekit-server version 1.13.5\n")
    assert livekit_binary.find_livekit_server() == old


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["install", "demo"])
    monkeypatch.setattr(install, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit, match="install a newer one and name it"):
        install.main()


@pytest.mark.parametrize("module", ["__init__.py", "install.py"])
def test_an_old_python_can_read_the_sentence_that_is_for_it(module: str) -> None:
    program = ast.parse((CHECKOUT / "demo" / module).read_text(), feature_version=(3, 7))
    imported = [part.module for part in ast.walk(program) if isinstance(part, ast.ImportFrom)]
    assert "__future__" not in imported, "a SyntaxError for who does not know what it asks for"
    signatures = [part for part in ast.walk(program) if isinstance(part, ast.arg)]
    types = [signature.annotation for signature in signatures if signature.annotation]
    assert all(isinstance(kind, ast.Name) for kind in types), "as `list[str]` fails before 3.9"


def test_help_names_arguments_for_what_reads_them_and_nothing_else() -> None:
    def make(*arguments: str) -> str:
        command = ["make", "-C", str(CHECKOUT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert 'ARGS="…" for talk, test and lock\n' in make("help")
    readers = {
        target
        for target in ("demo", "talk", "test", "check", "lock", "clean")
        if "--any" in make("--dry-run", target, "ARGS=--any")
    }
    assert readers == {"talk", "test", "lock"}


def test_an_empty_endpoint_means_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    (tmp_path / ".env").write_text(f"{ENDPOINT}=\n")
    assert azure_endpoint(read_environment(tmp_path)) is None
    (tmp_path / ".env.local").write_text(f"{ENDPOINT}=https://mine.example\n")
    assert azure_endpoint(read_environment(tmp_path)) == "https://mine.example"
    monkeypatch.setenv(ENDPOINT, "https://other.example")
    assert azure_endpoint(read_environment(tmp_path)) == "https://other.example"


def test_a_caller_finds_the_running_demo_wherever_it_listens(tmp_path: Path) -> None:
    record = tmp_path / "demo.json"
    assert livekit_access({}, record).url == "ws://127.0.0.1:7880"
    running = livekit_access({"LIVEKIT_URL": "ws://127.0.0.1:1234"}, record)
    publish_running_demo(running, record)
    assert livekit_access({}, record) == running
    assert livekit_access({"LIVEKIT_URL": "wss://elsewhere.example"}, record) == running
