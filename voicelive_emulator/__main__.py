"""The command ``voicelive-emulator``: Voice Live on this machine, with real ears and a real voice."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import signal
import sys
from typing import Any

from .behaviour import Behaviour
from .faults import Faults
from .recognizer import Recognizer
from .server import EmulatorServer
from .speech_detector import neural_probability
from .speech_packages import SpeechPackagesMissing
from .switches import WrongSwitch, names, read_pair
from .synthesizer import Synthesizer


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="voicelive-emulator",
        description="Azure Voice Live on this machine: it hears, answers and speaks, without an account.",
        epilog=f"Switches of --behaviour: {', '.join(names(Behaviour))}. "
        f"Switches of --fault: {', '.join(names(Faults))}.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8088, help="0 takes any free one (%(default)s)")
    parser.add_argument(
        "--api-key", default="emulator", help="key that clients must show (%(default)s)"
    )
    parser.add_argument(
        "--recognizer", metavar="MODEL", help="folder or name of another faster-whisper model"
    )
    parser.add_argument("--voice", metavar="FILE", help="another Piper voice, NAME.onnx")
    parser.add_argument(
        "--deaf",
        action="store_true",
        help="load no models: listen by loudness, understand nothing and hum",
    )
    for option, what in (
        ("--behaviour", "how to behave where the service is unknown"),
        ("--fault", "what to do wrong"),
    ):
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"{what}; can be repeated, and changed while running",
        )
    parser.add_argument(
        "--verbose", action="store_true", help="log every event's type, never its content"
    )
    return parser.parse_args(argv)


def switched(kind: Any, pairs: list[str]) -> Any:
    """The switches of a dataclass as the command line sets them.

    Raises:
        WrongSwitch: one of them cannot be.
    """
    return kind(**dict(read_pair(kind, pair) for pair in pairs))


def speech(options: argparse.Namespace) -> dict[str, Any]:
    """Ears, voice and detector.

    Raises:
        SpeechPackagesMissing: they are not installed.
    """
    if options.deaf:
        return {}
    recognizer, synthesizer = Recognizer(options.recognizer), Synthesizer(options.voice)
    # The first use of each model is slow: not in front of the first caller.
    recognizer.transcribe(synthesizer.synthesize("Ready."))
    return {
        "recognizer": recognizer,
        "synthesizer": synthesizer,
        "detector": neural_probability,
    }


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    server = EmulatorServer(
        options.host,
        options.port,
        api_key=options.api_key,
        behaviour=switched(Behaviour, options.behaviour),
        faults=switched(Faults, options.fault),
        keep_received=False,
        **speech(options),
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        print(f"Voice Live emulator ready at {server.endpoint}")
        print(
            f"AZURE_VOICELIVE_ENDPOINT={server.endpoint} AZURE_VOICELIVE_API_KEY={options.api_key}",
            flush=True,
        )
        await stopped.wait()


def main() -> int:
    """The command; returns its exit code."""
    options = arguments()
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.getLogger("voicelive_emulator").setLevel(level)
    logging.getLogger("voicelive_emulator.websocket").setLevel(logging.WARNING)
    try:
        asyncio.run(run(options))
    except (SpeechPackagesMissing, WrongSwitch) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(
            f"Port {options.port} is taken: choose another one with --port, or 0 for any.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
