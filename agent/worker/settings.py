"""The worker's settings: environment and ``.env`` files in, typed and checked values out, and the model made of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, get_args

from dotenv import load_dotenv
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from livekit_plugins_voicelive import ByomProfile, RealtimeModel

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


def _none_if_blank(value: Any) -> Any:
    """``NAME=`` in an env file means: not set."""
    return None if isinstance(value, str) and not value.strip() else value


Optional = Annotated[str | None, BeforeValidator(_none_if_blank)]


class Settings(BaseSettings):
    """What one call is answered with. Secrets are masked in every repr."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    endpoint: str = Field(alias="AZURE_VOICELIVE_ENDPOINT")
    api_key: SecretStr | None = Field(None, alias="AZURE_VOICELIVE_API_KEY")
    """Without it the worker signs in with Entra ID (``DefaultAzureCredential``)."""
    model: str = Field("gpt-realtime", alias="AZURE_VOICELIVE_MODEL")
    byom_profile: ByomProfile | None = Field(None, alias="AZURE_VOICELIVE_BYOM_PROFILE")
    foundry_resource_override: Optional = Field(
        None, alias="AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE"
    )
    voice: Optional = Field(None, alias="AZURE_VOICELIVE_VOICE")
    api_version: Optional = Field(None, alias="AZURE_VOICELIVE_API_VERSION")
    instructions: str = Field(INSTRUCTIONS, alias="AGENT_INSTRUCTIONS")
    greeting: str = Field(GREETING, alias="AGENT_GREETING")
    """What the agent is asked to do when the call begins; it words the greeting itself."""
    aec_warmup_s: float = Field(3.0, alias="AGENT_AEC_WARMUP_S", ge=0)
    """How long the caller is not heard while the agent speaks first, for their echo canceller to settle. 0: not at all."""

    def realtime_model(self) -> RealtimeModel:
        """The model of these settings.

        Raises:
            ValueError: a setting is wrong; the text names its variable.
        """
        optional = {
            "byom_profile": self.byom_profile,
            "foundry_resource_override": self.foundry_resource_override,
            "voice": self.voice,
            "api_version": self.api_version,
            "api_key": self.api_key.get_secret_value() if self.api_key else None,
        }
        given: dict[str, Any] = {
            name: value for name, value in optional.items() if value is not None
        }
        return RealtimeModel(endpoint=self.endpoint, model=self.model, **given)


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
    name = str(details["loc"][0])
    if details["type"] == "missing":
        return (
            f"{name} is not set: it is your Azure resource's address, such as "
            "https://my-resource.services.ai.azure.com."
        )
    if details["type"] == "literal_error":
        return f"{name} must be one of {', '.join(get_args(ByomProfile))}."
    return f"{name}: {details['msg']}."
