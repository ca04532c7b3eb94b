"""``python -m voicelive_emulator``: Voice Live on this machine, with real ears and a real voice."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import signal
import sys

from .recognizer import Recognizer
from .server import EmulatorServer
from .speech_detector import neural_probability
from .speech_packages import SpeechPackagesMissing
from .synthesizer import Synthesizer


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m voicelive_emulator",
        description="Azure Voice Live on this machine: it hears, answers and speaks, without an account.",
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
        "--verbose", action="store_true", help="log every event's type, never its content"
    )
    return parser.parse_args(argv)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    recognizer, synthesizer = Recognizer(options.recognizer), Synthesizer(options.voice)
    # The first use of each model is slow: not in front of the first caller.
    recognizer.transcribe(synthesizer.synthesize("Ready."))
    server = EmulatorServer(
        options.host,
        options.port,
        api_key=options.api_key,
        recognizer=recognizer,
        synthesizer=synthesizer,
        detector=neural_probability,
        keep_received=False,
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
    except SpeechPackagesMissing as missing:
        print(missing, file=sys.stderr)
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
