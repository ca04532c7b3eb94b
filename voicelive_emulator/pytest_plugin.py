"""A fixture for users' tests: Voice Live on a free port for each test, with nothing to install beside pytest-asyncio.

``pytest_plugins = ["voicelive_emulator.pytest_plugin"]`` in a ``conftest.py`` makes it known. It is no entry point,
so that it loads only where it is wanted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from .server import EmulatorServer


@pytest.fixture
def voicelive_emulator_options() -> dict[str, Any]:
    """Arguments of :class:`EmulatorServer`; override it to give the emulator ears, a brain, faults."""
    return {}


@pytest_asyncio.fixture
async def voicelive_emulator(
    voicelive_emulator_options: dict[str, Any],
) -> AsyncIterator[EmulatorServer]:
    """A running emulator; its ``endpoint`` and ``api_key`` are what a client needs."""
    async with EmulatorServer(**voicelive_emulator_options) as server:
        yield server
