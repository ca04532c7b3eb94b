"""A model's answer over HTTP as server-sent events: one POST, JSON out of each ``data:`` line. Blocking."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

TIMEOUT_S = 60.0
"""Without a byte from the model for this long, the answer has failed."""


def post(url: str, headers: Mapping[str, str], body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of the answer, as they come.

    Raises:
        OSError: the model cannot be reached, or refuses.
        ValueError: it does not answer with JSON.
    """
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "text/event-stream"} | dict(headers),
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        for line in response:
            data = line.decode().removeprefix("data:").strip()
            if line.startswith(b"data:") and data != "[DONE]":
                yield json.loads(data)
