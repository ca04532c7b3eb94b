"""What the machine's environment says must not reach the tests."""

import os

import pytest


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "VOICELIVE_")):
            monkeypatch.delenv(name)
