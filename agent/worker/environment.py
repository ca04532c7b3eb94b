"""The environment that the worker's parts read their settings from: ``.env`` files, blank variables that count as unset, wrong ones.

Knows no setting, and imports nothing of LiveKit: some of its packages look at the environment when they are imported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

AGENT_FOLDER = Path(__file__).resolve().parent.parent

ENV_FILES = [
    folder / name
    for name in (".env.local", ".env")
    for folder in (AGENT_FOLDER, AGENT_FOLDER.parent)
]
"""Read in this order; the first that sets a variable counts, after the real environment."""


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


def wrong_values(error: ValidationError) -> list[str]:
    """What each value is refused for, such as "AGENT_MAX_JOBS should be greater than or equal to 1."; nothing of missing ones."""
    return [
        f"{details['loc'][0]} {details['msg'].removeprefix('Input ')}."
        for details in error.errors(include_input=False)
        if details["type"] != "missing"
    ]
