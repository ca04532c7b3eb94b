"""`python -m worker.redispatch`: give a person whose agent has died another one.

LiveKit's server dispatches an agent when a room is made, and never again. One of these watches a whole LiveKit server; it holds
nothing that may not be lost, so it can be restarted at any time.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time

import aiohttp
from pydantic import Field, ValidationError

from livekit import api
from livekit.protocol.models import ParticipantInfo

from .environment import EnvironmentSettings, load_environment, wrong_values
from .livekit_server import livekit_problems
from .lonely_rooms import Dispatch, LonelyRooms, Room

logger = logging.getLogger("voicelive-redispatch")

LOOK_EVERY_S = 2.0
PEOPLE = (ParticipantInfo.STANDARD, ParticipantInfo.SIP)


class RedispatchSettings(EnvironmentSettings):
    """Whose rooms are watched, and how patiently; the server's address and keys are read by LiveKit's own client."""

    agent_name: str = Field("", alias="LIVEKIT_AGENT_NAME")
    patience_s: float = Field(10.0, alias="REDISPATCH_AFTER_S", gt=0)
    """How long a person waits without an agent before another one is sent."""


async def look(server: api.LiveKitAPI) -> list[Room]:
    """All rooms that have anybody in them."""
    listed = await server.room.list_rooms(api.ListRoomsRequest())
    return [await _room(server, room.name) for room in listed.rooms if room.num_participants]


async def send_agent(server: api.LiveKitAPI, room: Room, agent_name: str) -> None:
    """Dispatch an agent with the settings of the one that is missing, and withdraw the old wishes."""
    old = room.wanted(agent_name)
    await server.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(
            room=room.name, agent_name=agent_name, metadata=old[0].metadata
        )
    )
    for dispatch in old:
        await server.agent_dispatch.delete_dispatch(dispatch.id, room.name)
    logger.warning("room %s had a person and no agent: sent one", room.name)


async def watch(settings: RedispatchSettings) -> None:
    """Look again and again; a LiveKit server that does not answer is asked again too."""
    lonely = LonelyRooms(settings.agent_name, patience_s=settings.patience_s)
    async with api.LiveKitAPI() as server:
        while True:
            try:
                for room in lonely.overdue(await look(server), now=time.monotonic()):
                    await send_agent(server, room, settings.agent_name)
            except (aiohttp.ClientError, api.TwirpError, TimeoutError) as error:
                logger.warning("the LiveKit server does not answer as expected: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)


async def run(settings: RedispatchSettings) -> None:
    """Watch until SIGINT or SIGTERM."""
    watching = asyncio.create_task(watch(settings))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
    logger.info("watching the rooms of agent %r", settings.agent_name)
    await asyncio.wait([watching])
    if not watching.cancelled():
        watching.result()


def main() -> int:
    """The command; 0 when asked to stop, 2 when a setting is missing or wrong."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    load_environment()
    found = livekit_problems()
    try:
        settings = RedispatchSettings()
    except ValidationError as error:
        found += wrong_values(error)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 2
    asyncio.run(run(settings))
    return 0


async def _room(server: api.LiveKitAPI, name: str) -> Room:
    participants = await server.room.list_participants(api.ListParticipantsRequest(room=name))
    kinds = [one.kind for one in participants.participants if not one.permission.hidden]
    dispatches = await server.agent_dispatch.list_dispatch(name)
    return Room(
        name=name,
        people=sum(kind in PEOPLE for kind in kinds),
        agents=kinds.count(ParticipantInfo.AGENT),
        dispatches=tuple(
            Dispatch(id=one.id, agent_name=one.agent_name, metadata=one.metadata)
            for one in dispatches
            if not one.state.deleted_at
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
