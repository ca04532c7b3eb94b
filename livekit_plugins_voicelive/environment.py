"""The environment variables that stand in for arguments of ``RealtimeModel``, and how a message names the two together."""

from __future__ import annotations

import os
from typing import Any

from livekit.agents.utils import is_given


def _both_spellings(name: str, *samples: str) -> tuple[str, ...]:
    return (f"AZURE_VOICELIVE_{name}", f"AZURE_VOICE_LIVE_{name}", *samples)


VARIABLES: dict[str, tuple[str, ...]] = {
    "endpoint": _both_spellings("ENDPOINT"),
    "api_key": _both_spellings("API_KEY"),
    "api_version": _both_spellings("API_VERSION"),
    "model": _both_spellings("MODEL", "VOICELIVE_MODEL"),
    "byom_profile": _both_spellings("BYOM_PROFILE", "VOICELIVE_BYOM_MODE"),
    "foundry_resource_override": _both_spellings("FOUNDRY_RESOURCE_OVERRIDE"),
    "agent_name": _both_spellings("AGENT_NAME"),
    "project_name": _both_spellings("PROJECT_NAME"),
    "agent_version": _both_spellings("AGENT_VERSION"),
    "voice": _both_spellings("VOICE", "VOICELIVE_VOICE"),
}
"""Of each argument, in this order; the first that is set counts.

Source: Microsoft's samples (``AZURE_VOICELIVE_``), LiveKit's azure plugin (``AZURE_VOICE_LIVE_``), and Microsoft's sample for
bring-your-own-model (``VOICELIVE_``).
"""


def from_environment(argument: str) -> str | None:
    """What the environment says for an argument; a variable left blank is not set."""
    values = (os.environ.get(name, "").strip() for name in VARIABLES[argument])
    return next((value for value in values if value), None)


def given_or_environment(argument: str, value: Any) -> str | None:
    """The argument, None included, or else what the environment says.

    Raises:
        ValueError: it is no text.
    """
    return text(argument, value) if is_given(value) else from_environment(argument)


def text(argument: str, value: Any) -> str | None:
    """The argument without blanks around it; a blank one is None, as a blank variable is not set.

    Raises:
        ValueError: it is no text.
    """
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    raise ValueError(f"{named(argument)} must be text, not {type(value).__name__}")


def named(argument: str) -> str:
    """The argument and its variable, for a message: ```model` (AZURE_VOICELIVE_MODEL)``.

    Of several variables it is the one that counts, which whoever reads the message has set.
    """
    variables = VARIABLES.get(argument)
    if not variables:
        return f"`{argument}`"
    counts = next((name for name in variables if os.environ.get(name, "").strip()), variables[0])
    return f"`{argument}` ({counts})"
