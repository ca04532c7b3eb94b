"""The last words of a call that cannot go on: read by the caller, and heard, without any model or voice service.

``sorry.ogg`` says "I am sorry, something went wrong and I cannot go on. Please try again later.": 24 kHz mono, Opus, spoken by
the emulator's voice (Piper's en_US-joe-medium, which is in the public domain). It ends with most of a second of silence: who hangs up
when it has been sent does not cut its last word off.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path

from livekit import rtc
from livekit.agents.types import (
    ATTRIBUTE_TRANSCRIPTION_FINAL,
    ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID,
    TOPIC_TRANSCRIPTION,
)
from livekit.agents.utils.audio import audio_frames_from_file

logger = logging.getLogger("livekit.agents.voicelive-worker")

ERROR_TOPIC = "voicelive.error"
"""A text stream with one sentence, for a page to show."""

RECORDING = Path(__file__).with_name("sorry.ogg")
SAMPLE_RATE = 24_000
LISTENER_DEADLINE_S = 5.0
"""How long to wait for somebody to listen: who only reads does not."""


async def apologise(room: rtc.Room, sentence: str) -> None:
    """Write the sentence to everybody in the room, and play the recording to its end."""
    try:
        await _write(room, sentence)
        await _speak(room)
    except (ConnectionError, rtc.participant.PublishTrackError):
        logger.debug("the room was left before the caller could be told")


async def _write(room: rtc.Room, sentence: str) -> None:
    await room.local_participant.send_text(sentence, topic=ERROR_TOPIC)
    await room.local_participant.send_text(
        sentence,
        topic=TOPIC_TRANSCRIPTION,
        attributes={
            ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID: f"apology-{secrets.token_hex(4)}",
            ATTRIBUTE_TRANSCRIPTION_FINAL: "true",
        },
    )


async def _speak(room: rtc.Room) -> None:
    source = rtc.AudioSource(SAMPLE_RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("apology", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    publication = await room.local_participant.publish_track(track, options)
    try:
        async with asyncio.timeout(LISTENER_DEADLINE_S):
            await publication.wait_for_subscription()
        async for frame in audio_frames_from_file(str(RECORDING), sample_rate=SAMPLE_RATE):
            await source.capture_frame(frame)
        await source.wait_for_playout()
    except TimeoutError:
        logger.debug("nobody listens to the apology")
    finally:
        await source.aclose()
