import math
from typing import Any

import pytest

from tests.unit.emulator.client import NATIVE, Client, Connect
from voicelive_emulator import Backend, Behaviour


@pytest.fixture
def connect() -> Connect:
    def connect(
        *transcripts: str, backend: Backend = NATIVE, pace: float = math.inf, **behaviour: Any
    ) -> Client:
        return Client(backend, Behaviour(pace=pace, **behaviour), *transcripts)

    return connect
