"""What one call is answered with: the environment's settings, changed by the metadata of the call's dispatch.

Metadata comes from whoever may make rooms and tokens, which need not be the worker's owner: what it may set is a closed list.
Messages name its keys and never its values.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from livekit.agents import llm

from .models import realtime_model
from .settings import Settings
from .tools import TOOLS

MODEL_KEYS = frozenset({"model", "byom_profile", "foundry_resource_override", "voice"})
"""Keys that are arguments of the model, under the same names; null means none, whatever the environment says."""


class CallRefused(Exception):
    """This call cannot be answered as it asks to be; the message is one sentence that says why."""


class CallMetadata(BaseModel):
    """The metadata of a dispatch: a JSON object, in which everything is optional."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str | None = Field(None, min_length=1)
    byom_profile: str | None = None
    foundry_resource_override: str | None = None
    voice: str | None = None
    language: str = ""
    instructions: str = Field("", repr=False)
    greeting: str = Field("", repr=False)
    tools: list[str] | None = None
    """Names of the worker's tools to offer; all of them without this key, none with an empty list."""
    text_only: bool = False
    """The caller reads and types: nothing is spoken, and no microphone is listened to."""

    @field_validator("tools")
    @classmethod
    def _known(cls, names: list[str] | None) -> list[str] | None:
        if set(names or ()) - TOOLS.keys():
            raise ValueError(
                f"names one that this worker does not have; it has {' and '.join(TOOLS)}"
            )
        return names


class CallSettings:
    """The settings of one call; nothing is connected by them."""

    def __init__(self, metadata: str = "") -> None:
        """``metadata`` is the dispatch's, empty for none.

        Raises:
            CallRefused: it cannot be obeyed.
        """
        asked = _read(metadata)
        settings = Settings()
        self.instructions = asked.instructions or settings.instructions
        self.greeting = asked.greeting or settings.greeting
        self.aec_warmup_s = settings.aec_warmup_s
        self.tools = [TOOLS[name] for name in (TOOLS if asked.tools is None else asked.tools)]
        self.text_only = asked.text_only
        self._language = asked.language or settings.language
        self._model = asked.model_dump(include=set(MODEL_KEYS & asked.model_fields_set))
        if asked.text_only:
            self._model["modalities"] = ["text"]

    def realtime_model(self) -> llm.RealtimeModel:
        """The model that answers, with the environment's fallback behind it.

        Raises:
            CallRefused: what the call asks for does not go together, or not with the environment.
        """
        try:
            return realtime_model(self._model, language=self._language)
        except ValueError as error:
            keys = ", ".join(f"`{key}`" for key in sorted(self._model)) or "nothing"
            raise CallRefused(
                f"The call's settings do not work with this worker's (the call set {keys})."
            ) from error


def _read(metadata: str) -> CallMetadata:
    if not metadata.strip():
        return CallMetadata()
    try:
        asked = json.loads(metadata)
    except ValueError:
        raise CallRefused(
            "The call's metadata is not JSON: it must be an object of settings."
        ) from None
    if not isinstance(asked, dict):
        raise CallRefused("The call's metadata must be a JSON object of settings.")
    try:
        return CallMetadata.model_validate(asked)
    except ValidationError as error:
        reasons = [_reason(details) for details in error.errors(include_input=False)]
        raise CallRefused(f"The call's settings are refused: {'; '.join(reasons)}.") from None


def _reason(details: Any) -> str:
    key = details["loc"][0]
    if details["type"] == "extra_forbidden":
        known = ", ".join(CallMetadata.model_fields)
        return f"`{key}` is not one of {known}"
    message = details["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"`{key}` {message}"
