"""The worker's settings: environment and ``.env`` files in, typed and checked values out, and the model made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from livekit_plugins_voicelive import RealtimeModel

AGENT_FOLDER = Path(__file__).resolve().parent.parent

ENV_FILES = [
    folder / name
    for name in (".env.local", ".env")
    for folder in (AGENT_FOLDER, AGENT_FOLDER.parent)
]
"""Read in this order; the first that sets a variable counts, after the real environment."""

INSTRUCTIONS = (
    "You are a friendly voice assistant on a call. Answer in one or two short spoken sentences, without lists, markup or "
    "emoji. Use your tools for the time in a place and for converting units; say what they returned in plain words."
)

GREETING = "Greet the user in one short sentence and offer your help."


def load_environment() -> None:
    """Add the ``.env`` files to the environment; what is set already stays, and ``NAME=`` sets nothing."""
    for path in ENV_FILES:
        for name, value in dotenv_values(path).items():
            if value and value.strip():
                os.environ.setdefault(name, value)


class EnvironmentSettings(BaseSettings):
    """Settings from the environment, where a blank variable is one that is not set."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in values.items()
            if not isinstance(value, str) or value.strip()
        }


class WorkerSettings(EnvironmentSettings):
    """What the worker is run with, whatever its calls."""

    max_jobs: int = Field(20, alias="AGENT_MAX_JOBS", ge=1)
    """Calls that it takes at a time."""


class Settings(EnvironmentSettings):
    """What one call is answered with. How Azure is reached, the model reads from the environment by itself."""

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


def problems(livekit_variables: Iterable[str]) -> list[str]:
    """What is wrong with the environment, a sentence each; nothing if a call can be answered.

    ``livekit_variables`` are those that must be set.
    """
    found = [
        f"{name} is not set: it is your LiveKit server's, see the README."
        for name in livekit_variables
        if not os.environ.get(name, "").strip()
    ]
    for needed in (WorkerSettings, Settings, RealtimeModel):
        try:
            needed()
        except ValidationError as error:
            found += [_sentence(details) for details in error.errors(include_input=False)]
        except ValueError as error:
            found.append(f"{str(error).removesuffix('.')}.")
    return found


def _sentence(details: Any) -> str:
    """Such as "AGENT_MAX_JOBS should be greater than or equal to 1."."""
    return f"{details['loc'][0]} {details['msg'].removeprefix('Input ')}."
