"""Who may connect, and to what: the upgrade request's path, credentials and query, judged without any I/O.

Statuses and bodies are assumptions throughout: the service publishes no table of refused handshakes.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from .behaviour import Backend, BackendKind

PATH = "/voice-live/realtime"

API_VERSIONS = (
    "2025-05-01-preview",
    "2025-10-01",
    "2026-01-01-preview",
    "2026-04-10",
    "2026-06-01-preview",
    "2026-07-15",
)
"""Dated versions that this emulator speaks. ``v1`` has another wire shape."""

PROFILES: dict[str, BackendKind] = {
    "byom-azure-openai-realtime": "native",
    "byom-azure-openai-chat-completion": "cascade",
    "byom-foundry-anthropic-messages": "cascade",
}
"""Source: Voice Live, bring your own model."""

NATIVE_MODELS = (
    "gpt-realtime",
    "gpt-4o-realtime",
    "gpt-4o-mini-realtime",
    "phi4-mm-realtime",
    "azure-realtime",
)
"""How the names of speech-to-speech models begin; all other models are cascades. Source: Voice Live overview."""


class HandshakeRefused(Exception):
    """The request is not upgraded."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps({"error": {"code": code, "message": message}})


@dataclass(frozen=True)
class UpgradeRequest:
    """What the client asked for."""

    target: str
    """Path and query as sent."""
    headers: Mapping[str, str]


def check(
    request: UpgradeRequest, *, api_key: str, accepts_token: Callable[[str], bool]
) -> Backend:
    """The backend that the request addresses.

    Raises:
        HandshakeRefused: wrong path, credentials or parameters.
    """
    url = urlsplit(request.target)
    if url.path.rstrip("/") != PATH:
        raise HandshakeRefused(404, "404", f"Resource not found. Voice Live is at {PATH}.")
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    _check_credentials(request.headers, query, api_key, accepts_token)
    api_version = query.get("api-version")
    if api_version not in API_VERSIONS:
        raise HandshakeRefused(
            400,
            "UnsupportedApiVersion",
            f"The query parameter api-version must be one of {', '.join(API_VERSIONS)}.",
        )
    return _backend(query, api_version)


def _check_credentials(
    headers: Mapping[str, str],
    query: Mapping[str, str],
    api_key: str,
    accepts_token: Callable[[str], bool],
) -> None:
    key = headers.get("api-key") or query.get("api-key")
    authorization = headers.get("Authorization") or query.get("Authorization") or ""
    if key is not None and hmac.compare_digest(key.encode(), api_key.encode()):
        return
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and accepts_token(token):
        return
    raise HandshakeRefused(
        401, "401", "Access denied: the api-key or access token is missing or not valid."
    )


def _backend(query: Mapping[str, str], api_version: str) -> Backend:
    features = tuple(part.strip() for part in query.get("features", "").split(",") if part.strip())
    agent = query.get("agent-name") or query.get("agent-id")
    if agent and query.get("agent-project-name"):
        # Reported: with an agent, model and profile are not even looked at.
        conversation_id = query.get("conversation-id")
        return Backend(agent, "agent", None, api_version, conversation_id, features)
    model = query.get("model")
    if not model:
        raise HandshakeRefused(
            400,
            "BadRequest",
            "The query parameter model is missing (or agent-name with agent-project-name).",
        )
    profile = query.get("profile")
    if profile is None:
        native = model.startswith(NATIVE_MODELS)
        kind: BackendKind = "native" if native else "cascade"
        return Backend(model, kind, None, api_version, features=features)
    if profile not in PROFILES:
        raise HandshakeRefused(
            400, "BadRequest", f"The query parameter profile must be one of {', '.join(PROFILES)}."
        )
    return Backend(model, PROFILES[profile], profile, api_version, features=features)
