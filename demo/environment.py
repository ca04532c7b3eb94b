"""The demo's environment, and the one decision taken from it: Azure, or the emulator.

Values come from `.env` and `.env.local`, of the checkout and of `agent/`, then from the process's
own environment; later ones win, as they do in the worker.
"""

import os
from pathlib import Path

from dotenv import dotenv_values

from demo.progress import CHECKOUT

ENDPOINT = "AZURE_VOICELIVE_ENDPOINT"
API_KEY = "AZURE_VOICELIVE_API_KEY"


def read_environment(folder: Path = CHECKOUT) -> dict[str, str]:
    """The environment for everything that the demo starts."""
    values: dict[str, str | None] = {
        **dotenv_values(folder / ".env"),
        **dotenv_values(folder / ".env.local"),
        **dotenv_values(folder / "agent" / ".env"),
        **dotenv_values(folder / "agent" / ".env.local"),
        **os.environ,
    }
    # An empty value, as in a copied `.env.example`, is the same as none.
    return {name: value for name, value in values.items() if value}


def azure_endpoint(environment: dict[str, str]) -> str | None:
    """The Voice Live resource to use, or None: then the emulator takes its place."""
    return environment.get(ENDPOINT)
