"""Plain HTTP responses, where a handshake is not upgraded."""

from __future__ import annotations

from http.client import responses

from websockets.datastructures import Headers
from websockets.http11 import Response


def http_response(status: int, body: str, *, location: str | None = None) -> Response:
    """A response with a JSON body, after which the connection ends."""
    data = body.encode()
    headers = Headers(
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "Connection": "close",
        }
    )
    if location is not None:
        headers["Location"] = location
    return Response(status, responses.get(status, "Unassigned"), headers, data)
