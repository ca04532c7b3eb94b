"""Where Voice Live is and how to get in: the URL with its query, and fresh credentials for every connection.

It opens nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from .address import PATH
from .credentials import DEFAULT_SCOPE, TokenSource, fresh_token
from .foundry_agent import TOKEN_PARAMETER, Agent, ClassicAgent
from .models import ByomProfile, ModelKind, kind_of
from .parameters import DEFAULT_API_VERSION
from .version import __version__


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
        return None if self.byom_profile or "profile" in self.extra_query else self.model

    @property
    def kind(self) -> ModelKind:
        """What kind of model answers; behind a profile that we do not know, nobody can tell."""
        return (
            "unknown" if "profile" in self.extra_query else kind_of(self.model, self.byom_profile)
        )

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
