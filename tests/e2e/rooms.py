"""Rooms of the tests' server: tokens to join them, and questions to its API."""

from __future__ import annotations

from typing import Literal

from demo.livekit_server import LiveKitAccess
from livekit import api


def token_for(
    livekit: LiveKitAccess,
    room: str,
    metadata: str | None = None,
    *,
    identity: str = "caller",
    kind: Literal["standard", "sip"] = "standard",
) -> str:
    """A token for a caller; with metadata, one that brings the unnamed agent with these settings."""
    token = (
        api.AccessToken(livekit.api_key, livekit.api_secret)
        .with_identity(identity)
        .with_kind(kind)
        .with_grants(api.VideoGrants(room_join=True, room=room))
    )
    if metadata is not None:
        dispatch = api.RoomAgentDispatch(metadata=metadata)
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    return token.to_jwt()
