"""A LiveKit server of our own on loopback, for as long as one wants it.

The settings are those of `livekit-server --dev`, said in full: loopback only, so that nothing
asks a STUN server for the machine's address and no other machine can join.
"""

import json
import os
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.process import ChildProcess

LOOPBACK = "127.0.0.1"
USUAL_PORT = 7880
"""The port that LiveKit's own documentation and tools assume."""
READY_DEADLINE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class LiveKitAccess:
    """What a client of the server needs: the worker, a caller, a token endpoint."""

    url: str
    api_key: str
    api_secret: str

    def environment(self) -> dict[str, str]:
        """The same under the names that every LiveKit tool reads."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.api_key,
            "LIVEKIT_API_SECRET": self.api_secret,
        }


WELL_KNOWN_KEY = ("devkey", "secret")
"""LiveKit's placeholder pair of key and secret, which its development tools assume."""


class LiveKitServer:
    """Owns the server's process, from entering the context to leaving it."""

    def __init__(self, binary: Path, *, port: int, key: tuple[str, str], log: Path) -> None:
        """`port` is the HTTP port; 0 takes free ones for everything."""
        self._binary = binary
        self._log = log
        # Media ports beside the HTTP port, as LiveKit has them, unless somebody is there.
        self.port = port or free_port()
        self._tcp_port = _port_or_free(port + 1 if port else 0, socket.SOCK_STREAM)
        self._udp_port = _port_or_free(port + 2 if port else 0, socket.SOCK_DGRAM)
        self.access = LiveKitAccess(
            url=f"ws://{LOOPBACK}:{self.port}", api_key=key[0], api_secret=key[1]
        )
        self.process: ChildProcess | None = None

    def __enter__(self) -> Self:
        """Start the server and wait until it answers.

        Raises:
            ProcessFailed: it ended, or did not answer in time.
        """
        self.process = ChildProcess(
            "LiveKit server",
            [self._binary],
            log=self._log,
            # By the environment, so that the secret is in no list of processes.
            environment={**os.environ, "LIVEKIT_CONFIG": self._config()},
            # It would wait for rooms to empty, in steps of five seconds, and keeps nothing.
            stop_grace_s=0.5,
        )
        try:
            self.process.wait_until(self._answers, deadline_s=READY_DEADLINE_S)
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        assert self.process is not None
        self.process.stop()

    def _config(self) -> str:
        """The configuration; JSON, which is YAML too."""
        config = {
            "port": self.port,
            "bind_addresses": [LOOPBACK],
            "keys": {self.access.api_key: self.access.api_secret},
            "rtc": {
                "tcp_port": self._tcp_port,
                "udp_port": self._udp_port,
                "node_ip": LOOPBACK,
                "use_external_ip": False,
                "enable_loopback_candidate": True,
            },
            # A room gets its agent when it is made: who comes back soon needs a new room.
            "room": {"departure_timeout": 1},
            "logging": {"level": "info", "json": False},
        }
        return json.dumps(config)

    def _answers(self) -> bool | None:
        """True when the server answers 200 on its HTTP port."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/", timeout=2) as response:
                return True if response.status == 200 else None
        except (urllib.error.URLError, OSError):
            return None


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of this machine's loopback that nobody uses now."""
    return _port_or_free(0, kind)


def port_is_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether nobody uses this port of this machine's loopback now."""
    return port == _port_or_free(port, kind)


def _port_or_free(port: int, kind: socket.SocketKind) -> int:
    """This port when nobody uses it now, else any that nobody uses."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # As servers do: a port whose last connection has just ended counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            probe.bind((LOOPBACK, 0))
        chosen: int = probe.getsockname()[1]
        return chosen
