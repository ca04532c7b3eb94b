"""The worker's settings, and what each of its calls starts from: environment in, typed and checked values out."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import AliasChoices, Field, ValidationError

from .environment import EnvironmentSettings, wrong_values
from .livekit_server import livekit_problems
from .models import realtime_model

INSTRUCTIONS = (
    "You are a friendly voice assistant on a call. Answer in one or two short spoken sentences, without lists, markup or "
    "emoji. Use your tools for the time in a place and for converting units; say what they returned in plain words."
)

GREETING = "Greet the user in one short sentence and offer your help."


class WorkerSettings(EnvironmentSettings):
    """What the worker is run with, whatever its calls."""

    max_jobs: int = Field(20, alias="AGENT_MAX_JOBS", ge=1)
    """Calls that it takes at a time."""
    http_port: int | None = Field(None, alias="AGENT_HTTP_PORT", ge=0, le=65535)
    """Where it tells of its health and metrics; 0 takes any free port. Without it, `start` takes 8081 and `dev` any."""
    register_retries: int = Field(16, alias="AGENT_REGISTER_RETRIES", ge=0)
    """How often it tries again to reach the LiveKit server, over some two minutes, before it gives up."""


class Settings(EnvironmentSettings):
    """What a call is answered with, unless it asks for something else. How Azure is reached, the model reads by itself."""

    instructions: str = Field(
        INSTRUCTIONS, validation_alias=AliasChoices("AGENT_INSTRUCTIONS", "VOICELIVE_INSTRUCTIONS")
    )
    greeting: str = Field(GREETING, alias="AGENT_GREETING")
    """What the agent is asked to do when the call begins; it words the greeting itself."""
    language: str = Field("", alias="AGENT_LANGUAGE")
    """What callers speak, such as ``de-DE``; the service finds out by itself when it is empty."""
    aec_warmup_s: float = Field(3.0, alias="AGENT_AEC_WARMUP_S", ge=0)
    """How long the caller is not heard while the agent speaks first, for their echo canceller to settle. 0: not at all."""


def problems(livekit_variables: Iterable[str]) -> list[str]:
    """What is wrong with the environment, a sentence each; nothing if a call can be answered.

    ``livekit_variables`` are those that must be set.
    """
    found = livekit_problems(livekit_variables)
    for needed in (WorkerSettings, Settings, realtime_model):
        try:
            needed()
        except ValidationError as error:
            found += wrong_values(error)
        except ValueError as error:
            found.append(f"{str(error).removesuffix('.')}.")
    return found
