"""The model that answers a call: Voice Live as the environment says, changed by what the call asks for, with another in reserve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from livekit.agents import llm
from livekit.agents.llm import RealtimeModelFallbackAdapter
from livekit_plugins_voicelive import RealtimeModel
from livekit_plugins_voicelive.environment import VARIABLES

from .environment import EnvironmentSettings

AZURE_TRANSCRIBER = "azure-speech"

NO_FOUNDRY_AGENT = dict.fromkeys(("agent_name", "project_name", "agent_version"))
"""An agent brings its own model: a call or a fallback that names a model means that instead."""


class FallbackSettings(EnvironmentSettings):
    """What answers when the first model cannot: a managed model, or with a profile one's own deployment."""

    model: str = Field("", alias="AZURE_VOICELIVE_FALLBACK_MODEL")
    byom_profile: str | None = Field(None, alias="AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE")

    def arguments(self) -> dict[str, Any]:
        """As :class:`RealtimeModel` takes them; where the first model lives does not count for a managed one."""
        elsewhere = {} if self.byom_profile else {"foundry_resource_override": None}
        return {"model": self.model, "byom_profile": self.byom_profile} | elsewhere

    @classmethod
    def in_its_own_words(cls, message: str) -> str:
        """What :class:`RealtimeModel` refuses, with the fallback's variables in place of the first model's."""
        for name, field in cls.model_fields.items():
            for variable in VARIABLES[name]:
                message = message.replace(f"({variable})", f"({field.alias})")
        return f"the fallback model (AZURE_VOICELIVE_FALLBACK_MODEL): {message}"


def realtime_model(
    wanted: Mapping[str, Any] | None = None, *, language: str = ""
) -> llm.RealtimeModel:
    """The model for one call.

    Args:
        wanted: arguments of :class:`RealtimeModel`; what is not among them it reads from the environment.
        language: what the caller speaks, such as ``de-DE``; empty to let the service find out.

    Raises:
        ValueError: an argument or a variable is wrong; the text names it.
    """
    arguments = dict(wanted or {})
    first = _model(arguments, language)
    fallback = FallbackSettings()
    if not fallback.model and fallback.byom_profile:
        raise ValueError(
            "AZURE_VOICELIVE_FALLBACK_BYOM_PROFILE needs AZURE_VOICELIVE_FALLBACK_MODEL, the name of your deployment"
        )
    if not fallback.model:
        return first
    try:
        second = _model(arguments | fallback.arguments(), language)
        # It refuses two that differ in who speaks or who ends the user's turns.
        return RealtimeModelFallbackAdapter([first, second])
    except ValueError as error:
        raise ValueError(FallbackSettings.in_its_own_words(str(error))) from None


def name_of(model: llm.RealtimeModel) -> str:
    """The name of the model that answers now, behind a fallback adapter too."""
    return model.metrics_metadata.get("model_name") or model.model


def _model(arguments: dict[str, Any], language: str) -> RealtimeModel:
    if arguments.get("model"):
        arguments = NO_FOUNDRY_AGENT | arguments
    if arguments.get("byom_profile", "unset") is None:
        arguments = {"foundry_resource_override": None} | arguments
    model = RealtimeModel(**arguments)
    transcription = model.session_fields.get("input_audio_transcription")
    if language and transcription:
        model.update_options(
            input_audio_transcription=transcription
            | {"language": _transcribers_language(transcription["model"], language)}
        )
    return model


def _transcribers_language(transcriber: str, language: str) -> str:
    """OpenAI's transcribers take the language without the country."""
    return language if transcriber == AZURE_TRANSCRIBER else language.partition("-")[0]
