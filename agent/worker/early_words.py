"""What a caller says while the call is being made: their client records it, and sends it ahead of its live sound.

While an agent speaks for the first time, LiveKit gives the model silence for the caller's sound (AGENT_AEC_WARMUP_S). A greeting
that began too soon would so swallow the recording, which holds nothing of the agent's.
"""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioInput
from livekit.rtc._proto.track_pb2 import AudioTrackFeature

ARRIVAL_DEADLINE_S = 4.0
"""LiveKit gives the recording three seconds, then goes on with live sound."""


async def early_words(session: AgentSession[Any]) -> None:
    """Return when the caller is there, and what they recorded is on its way to the model; at once where there is no room."""
    try:
        room_io = session.room_io
    except RuntimeError:
        return
    await room_io.wait_for_ready()
    caller, sound = room_io.linked_participant, session.input.audio
    if caller is None or sound is None or not _records(caller):
        return
    session.input.audio = first = _FirstSound(sound)
    try:
        await asyncio.wait_for(first.arrived.wait(), ARRIVAL_DEADLINE_S)
    except TimeoutError:
        return


def _records(caller: rtc.RemoteParticipant) -> bool:
    return any(
        AudioTrackFeature.TF_PRECONNECT_BUFFER in publication.audio_features
        for publication in caller.track_publications.values()
    )


class _FirstSound(AudioInput):
    """Passes everything on. The recording comes first, and in one piece."""

    def __init__(self, source: AudioInput) -> None:
        super().__init__(label="FirstSound", source=source)
        self.arrived = asyncio.Event()

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await super().__anext__()
        self.arrived.set()
        return frame
