"""Where Voice Live is and how to get in: the URL with its query, and fresh credentials for every connection.

Knows the forms of an Azure endpoint and the names of the query's parameters; it opens nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from .credentials import DEFAULT_SCOPE, TokenSource, fresh_token
from .environment import named
from .foundry_agent import TOKEN_PARAMETER, Agent, ClassicAgent
from .models import ByomProfile, ModelKind, kind_of
from .version import __version__

PATH = "/voice-live/realtime"

DEFAULT_API_VERSION = "2026-07-15"

_SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}


def websocket_base(endpoint: str) -> str:
    """``wss://host`` of any form in which Azure shows an endpoint, without its query.

    Raises:
        ValueError: it is none, or it is the address of another service.
    """
    parts = urlsplit(endpoint.strip())
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None or not parts.hostname:
        raise ValueError(
            f"{named('endpoint')} must be the resource's address, such as "
            "https://my-resource.services.ai.azure.com"
        )
    if "@" in parts.netloc:
        raise ValueError(
            f"{named('endpoint')} must not hold a user or password; use {named('api_key')}"
        )
    if parts.hostname.endswith(".openai.azure.com"):
        resource = parts.hostname.removesuffix(".openai.azure.com")
        raise ValueError(
            f"{named('endpoint')} is an Azure OpenAI address, which does not serve Voice Live; "
            f"use https://{resource}.services.ai.azure.com or "
            f"https://{resource}.cognitiveservices.azure.com"
        )
    path = parts.path.rstrip("/")
    # The SDK's URL carries our path already, and the project endpoint that Foundry shows belongs to its resource.
    path = path.removesuffix(PATH)
    if path.startswith("/api/projects/"):
        path = ""
    return f"{scheme}://{parts.netloc}{path}"


def text_pairs(argument: str, pairs: Any) -> dict[str, str]:
    """Further parameters or headers, without what neither may hold.

    Raises:
        ValueError: they are no pairs of text, or one has a line break, which would begin another header.
    """
    if not isinstance(pairs, Mapping | None) or not all(
        isinstance(part, str) and part.isprintable()
        for pair in (pairs or {}).items()
        for part in pair
    ):
        raise ValueError(
            f"{named(argument)} must be a mapping of text to text, without line breaks, such as "
            '{"name": "value"}'
        )
    return dict(pairs or {})


def without_secrets(query: dict[str, str], argument: str) -> dict[str, str]:
    """Check that no credential is in a query: URLs land in logs.

    Raises:
        ValueError: there is one.
    """
    for name in query:
        if name.lower() in ("api-key", "authorization", TOKEN_PARAMETER):
            raise ValueError(
                f"{named(argument)} must not carry {name!r} in the URL, where logs would show it; "
                f"use {named('api_key')} or `credential`"
            )
    return query


def own_query(endpoint: str) -> dict[str, str]:
    """The parameters that the address carries itself; ours win where both name one.

    Raises:
        ValueError: one of them is a credential.
    """
    return without_secrets(dict(parse_qsl(urlsplit(endpoint.strip()).query)), "endpoint")


def dated_version(api_version: str) -> str:
    """Check the form of an api-version.

    Raises:
        ValueError: it has no date; ``v1`` has another wire format.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", api_version):
        reason = " (v1 has another wire format)" if api_version == "v1" else ""
        raise ValueError(
            f"{named('api_version')} must be a date such as {DEFAULT_API_VERSION} or 2025-10-01, "
            f"not {api_version!r}{reason}"
        )
    return api_version


def known_profile(name: str | None) -> ByomProfile | None:
    """Check the name of a BYOM profile.

    Raises:
        ValueError: there is no such profile.
    """
    if name is not None and name not in get_args(ByomProfile):
        known = ", ".join(get_args(ByomProfile))
        raise ValueError(f"{named('byom_profile')} must be one of {known}; got {name!r}")
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
    if not re.fullmatch(r"[\w-]+", bare):
        raise ValueError(
            f"{named('foundry_resource_override')} must be the name of the other Foundry resource, "
            "such as my-other-resource"
        )
    return bare


@dataclass(frozen=True)
class Endpoint:
    """One way in: to a model, or to an agent. Secrets are in no repr."""

    base: str
    """As :func:`websocket_base` makes it."""
    model: str | None = None
    """A managed model, or the name of a deployment where a profile is set; None with an agent."""
    agent: Agent | ClassicAgent | None = None
    api_version: str = DEFAULT_API_VERSION
    byom_profile: ByomProfile | None = None
    foundry_resource_override: str | None = None
    api_key: str | None = field(default=None, repr=False)
    credential: TokenSource | None = field(default=None, repr=False)
    scope: str = DEFAULT_SCOPE
    own_query: dict[str, str] = field(default_factory=dict, repr=False)
    """What the address carried itself; every other parameter wins over it."""
    extra_query: dict[str, str] = field(default_factory=dict, repr=False)
    extra_headers: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def answers(self) -> str:
        """The name of what answers: the model's, the deployment's or the agent's."""
        return self.agent.name if self.agent is not None else self.model or ""

    @property
    def managed_model(self) -> str | None:
        """The model's name where Azure runs it: a deployment's name says nothing about the model."""
        return self.model if self.byom_profile is None else None

    @property
    def kind(self) -> ModelKind:
        """What kind of model answers."""
        return kind_of(self.model, self.byom_profile)

    @property
    def url(self) -> str:
        """The WebSocket's address, without any secret."""
        query = {"api-version": self.api_version}
        if self.agent is not None:
            query |= self.agent.query
        elif self.model is not None:
            query["model"] = self.model
        if self.byom_profile is not None:
            query["profile"] = self.byom_profile
        if self.foundry_resource_override is not None:
            query["foundry-resource-override"] = self.foundry_resource_override
        query = self.own_query | query | self.extra_query
        return f"{self.base}{PATH}?{urlencode(query)}"

    async def handshake(self) -> tuple[str, dict[str, str]]:
        """URL and headers of one connection, with our credentials in them: tokens are used once, so each attempt takes fresh ones.

        Whatever the credential raises passes through.
        """
        url = self.url
        headers = {
            "User-Agent": f"livekit-plugins-voicelive/{__version__}",
            # Microsoft's support asks for it.
            "x-ms-client-request-id": str(uuid.uuid4()),
        }
        if self.api_key is not None:
            headers["api-key"] = self.api_key
        else:
            assert self.credential is not None, "an endpoint needs a key or a credential"
            token = await fresh_token(self.credential, self.scope)
            headers["Authorization"] = f"Bearer {token}"
            if isinstance(self.agent, ClassicAgent):
                url += "&" + urlencode({TOKEN_PARAMETER: token})
        extra = {name.lower() for name in self.extra_headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in extra}
        return url, kept | self.extra_headers
