"""The variables that say where the LiveKit server is and how to get in, and what is wrong with them.

Imports nothing of LiveKit: its own clients read these variables by themselves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

LIVEKIT_VARIABLES = {
    "LIVEKIT_URL": "--url",
    "LIVEKIT_API_KEY": "--api-key",
    "LIVEKIT_API_SECRET": "--api-secret",
}
"""Each with the option of LiveKit's command line that takes its place."""

_ADDRESS = re.compile(r"(ws|http)s?://[^/\s]")


def livekit_problems(needed: Iterable[str] = LIVEKIT_VARIABLES) -> list[str]:
    """A sentence for each of these variables that is not set, or is no address where one must be."""
    return [problem for name in needed if (problem := _problem(name))]


def _problem(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        return f"{name} is not set: it is your LiveKit server's, see the README."
    # LiveKit's client takes anything, and then tries for minutes to connect to it.
    if name == "LIVEKIT_URL" and not _ADDRESS.match(value):
        return f"{name} must be an address such as ws://127.0.0.1:7880."
    return ""
