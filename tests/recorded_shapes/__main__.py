"""The command ``python -m tests.recorded_shapes``: prints the shape of a recorded session."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .shape import Shape, read_session, written


def main() -> None:
    """Read the command line and print, or end with one sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.recorded_shapes",
        description="Print the shape of a recorded session: its events and fields, without ids, "
        "times, words and sound. Names of models, agents, tools and their parameters stay.",
    )
    parser.add_argument(
        "recording", type=Path, help="JSON lines, as `voicelive-emulator --record` writes them"
    )
    parser.add_argument(
        "--connection", type=int, default=1, help="which of the recording's (%(default)s)"
    )
    options = parser.parse_args()
    try:
        with options.recording.open(encoding="utf-8") as lines:
            shape = Shape(read_session(lines, connection=options.connection)).events
    except OSError as error:
        sys.exit(f"The recording {options.recording} cannot be read: {error.strerror}.")
    except (ValueError, KeyError):
        sys.exit(f"{options.recording} is no recording of `voicelive-emulator --record`.")
    if not shape:
        sys.exit(f"The recording {options.recording} holds no connection {options.connection}.")
    print(written(shape), end="")


if __name__ == "__main__":
    main()
