"""LiveKit's token request, as its `TokenSource.endpoint` sends it, and the token made for it.

Source: the fields and the reply are those of LiveKit's endpoint token generation
(docs.livekit.io, frontends, authentication, endpoint).
"""

from __future__ import annotations

import secrets
import warnings
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from livekit import api

from .settings import WebSettings

TOKEN_LIFE = timedelta(minutes=15)
"""A token is for joining; the LiveKit server renews it for as long as the call lasts."""


class AgentDispatch(BaseModel):
    """One agent that the new room is to have."""

    agent_name: str = Field("", max_length=256)
    """Empty: the one of LIVEKIT_AGENT_NAME."""
    metadata: str = Field("", max_length=64_000)
    """The call's settings, which the worker checks."""
    deployment: str = Field("", max_length=256)
    """Which of the agent's deployments, on LiveKit Cloud."""


class RoomConfig(BaseModel):
    """What a client may decide about the room: its agents. Recording and the like stay with the server's owner."""

    agents: list[AgentDispatch] = Field(default_factory=list, max_length=8)


class TokenRequest(BaseModel):
    """Everything is optional; unknown fields are left unread."""

    model_config = ConfigDict(extra="ignore", strict=True)

    room_name: str | None = Field(None, max_length=256)
    participant_identity: str | None = Field(None, max_length=256)
    participant_name: str | None = Field(None, max_length=256)
    participant_metadata: str | None = Field(None, max_length=64_000)
    participant_attributes: dict[str, str] | None = None
    room_config: RoomConfig | None = None


def make_token(request: TokenRequest, settings: WebSettings) -> str:
    """A token that lets its holder join one room, with the agents it asks for, else the one of LIVEKIT_AGENT_NAME."""
    # A room of its own for each call: a room gets its agent when it is made.
    room = request.room_name or f"call-{secrets.token_hex(4)}"
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        can_publish=True,
        can_publish_data=True,
        can_subscribe=True,
        can_update_own_metadata=True,
    )
    token = (
        api.AccessToken(settings.api_key, settings.api_secret)
        .with_identity(request.participant_identity or f"caller-{secrets.token_hex(4)}")
        .with_name(request.participant_name or "")
        .with_metadata(request.participant_metadata or "")
        .with_attributes(request.participant_attributes or {})
        .with_ttl(TOKEN_LIFE)
        .with_grants(grants)
    )
    agents = request.room_config.agents if request.room_config else []
    if not agents and settings.agent_name:
        # An agent with a name joins only rooms that ask for it.
        agents = [AgentDispatch()]
    if agents:
        wanted = [
            api.RoomAgentDispatch(
                agent_name=agent.agent_name or settings.agent_name,
                metadata=agent.metadata,
                deployment=agent.deployment,
            )
            for agent in agents
        ]
        token = token.with_room_config(api.RoomConfiguration(agents=wanted))
    with warnings.catch_warnings():
        # The development server's well-known secret is shorter than PyJWT likes.
        warnings.filterwarnings("ignore", message=".*HMAC key is.*")
        return token.to_jwt()
