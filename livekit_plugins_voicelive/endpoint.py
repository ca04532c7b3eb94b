"""Where Voice Live is and how to get in: the URL with its query, and fresh credentials for every connection.

Knows the forms of an Azure endpoint, the three BYOM profiles and two kinds of credentials; it opens nothing.
"""

from __future__ import annotations

import inspect
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from .models import ByomProfile
from .version import __version__

PATH = "/voice-live/realtime"

DEFAULT_API_VERSION = "2026-07-15"

DEFAULT_SCOPE = "https://ai.azure.com/.default"
"""Of an Entra token. ``https://cognitiveservices.azure.com/.default`` is accepted too. Source: API reference 2026-07-15."""

ENDPOINT_VARIABLES = ("AZURE_VOICELIVE_ENDPOINT", "AZURE_VOICE_LIVE_ENDPOINT")
API_KEY_VARIABLES = ("AZURE_VOICELIVE_API_KEY", "AZURE_VOICE_LIVE_API_KEY")

_SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}


class AsyncTokenCredential(Protocol):
    """What ``azure.identity.aio`` offers."""

    async def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """Return an object with the attribute ``token``."""
        ...


TokenProvider = Callable[[], str | Awaitable[str]]
"""A function that returns a bearer token, or awaits one; it is asked before every connection."""


def from_environment(*names: str) -> str | None:
    """The first of these variables that is set and not empty."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)


def websocket_base(endpoint: str) -> str:
    """``wss://host`` of any form in which Azure shows an endpoint.

    Raises:
        ValueError: it is none, or it is the address of another service.
    """
    argument = f"`endpoint` ({ENDPOINT_VARIABLES[0]})"
    parts = urlsplit(endpoint.strip())
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None or not parts.hostname:
        raise ValueError(
            f"{argument} must be the resource's address, such as "
            "https://my-resource.services.ai.azure.com"
        )
    if parts.hostname.endswith(".openai.azure.com"):
        resource = parts.hostname.removesuffix(".openai.azure.com")
        raise ValueError(
            f"{argument} is an Azure OpenAI address, which does not serve Voice Live; "
            f"use https://{resource}.services.ai.azure.com or "
            f"https://{resource}.cognitiveservices.azure.com"
        )
    path = parts.path.rstrip("/")
    # The project endpoint that Foundry shows for copying belongs to its resource, and the SDK's URL carries our path.
    if path.startswith("/api/projects/") or path.endswith(PATH):
        path = path.removesuffix(PATH) if path.endswith(PATH) else ""
    return f"{scheme}://{parts.netloc}{path}"


def byom_profile(name: str | None) -> ByomProfile | None:
    """Check the name of a BYOM profile.

    Raises:
        ValueError: there is no such profile.
    """
    if name is not None and name not in get_args(ByomProfile):
        known = ", ".join(get_args(ByomProfile))
        raise ValueError(
            f"`byom_profile` (AZURE_VOICELIVE_BYOM_PROFILE) must be one of {known}; got {name!r}"
        )
    return cast("ByomProfile | None", name)


def resource_name(name: str | None) -> str | None:
    """Reduce ``foundry_resource_override`` to the bare resource name that the service wants.

    Raises:
        ValueError: it holds no resource name.
    """
    if name is None:
        return None
    host = urlsplit(name if "//" in name else f"//{name}").hostname or ""
    bare = host.split(".", 1)[0]
    if not bare:
        raise ValueError(
            "`foundry_resource_override` (AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE) must be the name "
            "of the other Foundry resource, such as my-other-resource"
        )
    return bare


@dataclass(frozen=True)
class Endpoint:
    """One way in. Secrets are in no repr."""

    base: str
    """As :func:`websocket_base` makes it."""
    model: str
    """A managed model, or the name of a deployment where a profile is set."""
    api_version: str = DEFAULT_API_VERSION
    byom_profile: ByomProfile | None = None
    foundry_resource_override: str | None = None
    api_key: str | None = field(default=None, repr=False)
    credential: AsyncTokenCredential | TokenProvider | None = field(default=None, repr=False)
    scope: str = DEFAULT_SCOPE
    extra_query: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The WebSocket's URL; it holds no secret."""
        base = urlsplit(self.base)
        query = {"api-version": self.api_version, "model": self.model}
        if self.byom_profile is not None:
            query["profile"] = self.byom_profile
        if self.foundry_resource_override is not None:
            query["foundry-resource-override"] = self.foundry_resource_override
        query |= self.extra_query
        query = dict(parse_qsl(base.query)) | query
        return f"{base.scheme}://{base.netloc}{base.path}{PATH}?{urlencode(query)}"

    async def headers(self) -> dict[str, str]:
        """Headers for one connection: a token is used once, at the handshake, so each attempt takes a fresh one.

        Whatever the credential raises passes through.
        """
        headers = {
            "User-Agent": f"livekit-plugins-voicelive/{__version__}",
            # Microsoft's support asks for it.
            "x-ms-client-request-id": str(uuid.uuid4()),
        }
        if self.api_key is not None:
            return headers | {"api-key": self.api_key}
        return headers | {"Authorization": f"Bearer {await self._token()}"}

    async def _token(self) -> str:
        if callable(self.credential):
            provided = self.credential()
            return await provided if inspect.isawaitable(provided) else provided
        assert self.credential is not None, "an endpoint needs a key or a credential"
        return str((await self.credential.get_token(self.scope)).token)
