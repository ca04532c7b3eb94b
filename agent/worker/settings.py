"""The worker's settings: environment and ``.env`` files in, typed and checked values out, and the model made of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dotenv import load_dotenv
from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from livekit_plugins_voicelive import RealtimeModel

AGENT_FOLDER = Path(__file__).resolve().parent.parent

ENV_FILES = [
    folder / name
    for folder in (AGENT_FOLDER, AGENT_FOLDER.parent)
    for name in (".env.local", ".env")
]
"""Read in this order; the first that sets a variable counts, after the real environment."""

LIVEKIT_VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")

INSTRUCTIONS = (
    "You are a friendly voice assistant on a call. Answer in one or two short spoken sentences, without lists, markup or "
    "emoji. Use your tools for the time in a place and for converting units; say what they returned in plain words."
)

GREETING = "Greet the user in one short sentence and offer your help."


def load_environment() -> None:
    """Add the ``.env`` files to the environment; what is set already stays."""
    for path in ENV_FILES:
        load_dotenv(path)


class Settings(BaseSettings):
    """What one call is answered with. How Azure is reached, the model reads from the environment by itself."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    instructions: str = Field(
        INSTRUCTIONS, validation_alias=AliasChoices("AGENT_INSTRUCTIONS", "VOICELIVE_INSTRUCTIONS")
    )
    greeting: str = Field(GREETING, alias="AGENT_GREETING")
    """What the agent is asked to do when the call begins; it words the greeting itself."""
    aec_warmup_s: float = Field(3.0, alias="AGENT_AEC_WARMUP_S", ge=0)
    """How long the caller is not heard while the agent speaks first, for their echo canceller to settle. 0: not at all."""

    def realtime_model(self) -> RealtimeModel:
        """The model; it reads its own variables, ``AZURE_VOICELIVE_…``.

        Raises:
            ValueError: a setting is wrong; the text names its variable.
        """
        return RealtimeModel()


def problems(*, needs_livekit: bool) -> list[str]:
    """What is wrong with the environment, a sentence each; nothing if a call can be answered."""
    found = [
        f"{name} is not set: it is your LiveKit server's, see the README."
        for name in LIVEKIT_VARIABLES
        if needs_livekit and not os.environ.get(name, "").strip()
    ]
    try:
        Settings().realtime_model()
    except ValidationError as error:
        found += [_sentence(details) for details in error.errors(include_input=False)]
    except ValueError as error:
        found.append(f"{error}.")
    return found


def _sentence(details: Any) -> str:
    return f"{details['loc'][0]}: {details['msg']}."
