from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livekit_plugins_voicelive.doctor import Finding, examine
from tests.emulated.conftest import model_of
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer

PATIENT_S = 10.0

SILENCE_S = 1.0
"""How long a service that says nothing is listened to."""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "VOICELIVE_")):
            monkeypatch.delenv(name)


@pytest.fixture
async def service() -> AsyncIterator[EmulatorServer]:
    behaviour = Behaviour(pace=float("inf"))
    async with EmulatorServer(api_key="key", behaviour=behaviour) as server:
        yield server


async def failure(
    service: EmulatorServer, *, timeout_s: float = PATIENT_S, **options: Any
) -> Finding:
    """The one finding that failed, which is the last."""
    findings = await examine(model_of(service, **options), timeout_s=timeout_s)
    assert [finding.passed for finding in findings] == [True] * (len(findings) - 1) + [False]
    return findings[-1]
