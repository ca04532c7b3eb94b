"""Tokens for rooms of the demo's server, and where a running demo leaves word of that server."""

import json
import os
import warnings
from datetime import timedelta
from pathlib import Path

from demo.livekit_server import LOOPBACK, USUAL_PORT, WELL_KNOWN_KEY, LiveKitAccess
from demo.progress import CACHE
from livekit import api

RUNNING_DEMO = CACHE / "demo.json"
TOKEN_LIFE = timedelta(hours=12)


def join_token(access: LiveKitAccess, *, room: str, identity: str) -> str:
    """A token that lets a person join `room`, with the agent that `LIVEKIT_AGENT_NAME` names."""
    token = (
        api.AccessToken(access.api_key, access.api_secret)
        .with_identity(identity)
        .with_ttl(TOKEN_LIFE)
        .with_grants(api.VideoGrants(room_join=True, room=room))
    )
    agent_name = os.environ.get("LIVEKIT_AGENT_NAME")
    if agent_name:
        # An agent with a name joins only rooms that ask for it.
        dispatch = api.RoomAgentDispatch(agent_name=agent_name)
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    with warnings.catch_warnings():
        # LiveKit's well-known development secret is shorter than PyJWT likes; it never leaves
        # this machine.
        warnings.filterwarnings("ignore", message=".*HMAC key is.*")
        return token.to_jwt()


def publish_running_demo(access: LiveKitAccess, record: Path = RUNNING_DEMO) -> None:
    """Leave word of a running demo's server, for callers on this machine."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(access.environment(), indent=2) + "\n")


def livekit_access(environment: dict[str, str], record: Path = RUNNING_DEMO) -> LiveKitAccess:
    """The server to call: the running demo's, else the environment's, else the usual one.

    The demo comes first because it always starts a server of its own, whatever `.env.local` says.
    """
    known = {
        "LIVEKIT_URL": f"ws://{LOOPBACK}:{USUAL_PORT}",
        "LIVEKIT_API_KEY": WELL_KNOWN_KEY[0],
        "LIVEKIT_API_SECRET": WELL_KNOWN_KEY[1],
    }
    if record.is_file():
        known |= json.loads(record.read_text())
    elif "LIVEKIT_URL" in environment:
        known |= {name: environment[name] for name in known if name in environment}
    return LiveKitAccess(
        url=known["LIVEKIT_URL"],
        api_key=known["LIVEKIT_API_KEY"],
        api_secret=known["LIVEKIT_API_SECRET"],
    )
