"""The check before the worker starts: every missing or wrong variable in a sentence of its own, and a status that tells.

LiveKit's own command line reports missing variables in its log and then exits with 0.
"""

from __future__ import annotations

import sys

from .livekit_server import LIVEKIT_VARIABLES
from .settings import problems

CHECKED_COMMANDS = ("dev", "start", "connect", "console")

NO_SOUND = (
    "The console needs PortAudio: on Linux `apt-get install libportaudio2` installs it. "
    "Without a sound card use `make talk`, or the page."
)


def preflight(arguments: list[str]) -> None:
    """Leave the process with status 2 if the command of this command line cannot work; help is always given."""
    command = next((word for word in arguments if not word.startswith("-")), None)
    options = {word.partition("=")[0] for word in arguments}
    if command not in CHECKED_COMMANDS or "--help" in options:
        return
    needed = [] if command == "console" else LIVEKIT_VARIABLES.keys()
    found = problems(variable for variable in needed if LIVEKIT_VARIABLES[variable] not in options)
    # With an address, as from `lk agent console`, sound comes and goes over a socket.
    if command == "console" and "--connect-addr" not in options and not _has_sound():
        found.append(NO_SOUND)
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        raise SystemExit(2)


def _has_sound() -> bool:
    try:
        import sounddevice  # type: ignore[import-untyped]  # noqa: F401
    except (ImportError, OSError):
        return False
    return True
