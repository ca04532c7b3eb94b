"""A person in a LiveKit room, as a program: speaks, types, hears, reads and waits.

The terminal caller and the end-to-end tests are built on it. It knows the room and what LiveKit
puts into it (tracks, transcription streams, the agent's state), and nothing of the worker.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Self, TypeVar
from urllib.parse import urlsplit

import numpy as np

from demo.microphone import Microphone
from demo.recording import SAMPLE_RATE, Recording, Samples
from livekit import rtc

AGENT_STATE = "lk.agent.state"
CHAT = "lk.chat"
TRANSCRIPTION = "lk.transcription"
SECURE_SCHEMES = ("wss", "https")
KNOCK_DEADLINE_S = 5.0
SEGMENT_ID = "lk.segment_id"
FINAL = "lk.transcription_final"

Found = TypeVar("Found")


class CallFailed(Exception):
    """The call could not be made, or what was waited for did not happen."""


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One utterance as text, as far as it is known."""

    identity: str
    """Who spoke: the identity of a participant."""
    segment_id: str
    text: str
    final: bool


class Caller:
    """Owns one participant's connection and everything it has heard and read so far."""

    def __init__(self) -> None:
        self.heard = Recording()
        self.transcripts: dict[str, Transcript] = {}
        """By segment id, in order of appearance."""
        self.agent_states: list[tuple[float, str]] = []
        """Every state the agent was in, with the time (`time.monotonic`) at which we learnt it."""
        self.on_transcript: Callable[[Transcript], None] = lambda transcript: None
        self.on_agent_state: Callable[[str], None] = lambda state: None
        self.on_audio: Callable[[Samples], None] = lambda samples: None
        self._room = rtc.Room()
        self._microphone = Microphone()
        self._tasks: set[asyncio.Task[None]] = set()
        self._something_happened = asyncio.Event()

    @property
    def identity(self) -> str:
        """Our own identity in the room."""
        return self._room.local_participant.identity

    @property
    def agent_state(self) -> str | None:
        """What the agent last said it is doing; None before it joined."""
        return self.agent_states[-1][1] if self.agent_states else None

    async def join(self, url: str, token: str) -> Self:
        """Join the room and publish the microphone.

        Raises:
            CallFailed: there is no server at this address, or it refused the token.
        """
        self._room.on("track_subscribed", self._track_subscribed)
        self._room.on("participant_attributes_changed", self._attributes_changed)
        self._room.on("participant_connected", self._participant_connected)
        self._room.on("participant_disconnected", self._participant_disconnected)
        self._room.register_text_stream_handler(TRANSCRIPTION, self._transcription_started)
        await asyncio.to_thread(_knock, url)
        try:
            await self._room.connect(url, token)
        except rtc.ConnectError as error:
            raise CallFailed(f"Cannot join a room on {url}: {error}") from error
        for participant in self._room.remote_participants.values():
            self._participant_connected(participant)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._microphone.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(track, options)
        self._start(self._microphone.run())
        return self

    async def leave(self) -> None:
        """Leave the room; nothing runs afterwards."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._room.disconnect()
        await self._microphone.source.aclose()

    async def __aenter__(self) -> Self:
        """The caller itself; `join()` is a call of its own."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Leave the room."""
        await self.leave()

    def push_microphone(self, samples: Samples) -> None:
        """Speak mono 24 kHz samples into the room, behind those that still wait."""
        self._microphone.push(samples)

    async def speak(self, samples: Samples) -> float:
        """Speak mono 24 kHz samples; returns the time at which the last was spoken."""
        self._microphone.push(samples)
        await self._microphone.wait_until_silent()
        return time.monotonic()

    async def type(self, text: str) -> None:
        """Send a line of text chat to the agent."""
        await self._room.local_participant.send_text(text, topic=CHAT)

    async def wait_until(
        self, find: Callable[[], Found | None], *, deadline_s: float, what: str
    ) -> Found:
        """Wait until `find()` returns something true, asked whenever anything happened here.

        Raises:
            CallFailed: it did not within the deadline; the message names `what`.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while not (found := find()):
                    self._something_happened.clear()
                    await self._something_happened.wait()
                return found
        except TimeoutError:
            raise CallFailed(
                f"Within {deadline_s:.0f} s there was no {what} (agent: {self.agent_state})."
            ) from None

    async def wait_for_agent(self, *, deadline_s: float) -> str:
        """Wait until the agent is in the room and has said what it is doing."""
        return await self.wait_until(
            lambda: self.agent_state, deadline_s=deadline_s, what="agent in the room"
        )

    async def wait_for_speech(self, *, since: float, deadline_s: float) -> None:
        """Wait until the agent can be heard, after `since`."""
        await self.wait_until(
            lambda: self._spoke(since) and self.heard.last_audible(since=since),
            deadline_s=deadline_s,
            what="speech of the agent",
        )

    async def wait_for_reply(self, *, since: float, deadline_s: float) -> Samples:
        """Wait until the agent has spoken and is done, after `since`; returns what was heard."""
        await self.wait_until(
            lambda: self._spoke(since) and self.agent_state == "listening",
            deadline_s=deadline_s,
            what="complete reply of the agent",
        )
        return self.heard.samples(since=since)

    def said_by_agent(self, *, after: int = 0) -> list[Transcript]:
        """The agent's utterances as text, without the first `after` of all utterances."""
        return [
            transcript
            for transcript in list(self.transcripts.values())[after:]
            if transcript.identity != self.identity
        ]

    def _spoke(self, since: float) -> bool:
        return any(state == "speaking" and at >= since for at, state in self.agent_states)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _participant_connected(self, participant: rtc.RemoteParticipant) -> None:
        self._attributes_changed(dict(participant.attributes), participant)

    def _participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self._agent_is("gone")

    def _attributes_changed(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        if AGENT_STATE in changed:
            self._agent_is(changed[AGENT_STATE])

    def _agent_is(self, state: str) -> None:
        self.agent_states.append((time.monotonic(), state))
        self.on_agent_state(state)
        self._something_happened.set()

    def _track_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if isinstance(track, rtc.RemoteAudioTrack):
            self._start(self._listen(track))

    async def _listen(self, track: rtc.RemoteAudioTrack) -> None:
        stream = rtc.AudioStream.from_track(track=track, sample_rate=SAMPLE_RATE, num_channels=1)
        async with contextlib.aclosing(stream):
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16).copy()
                self.heard.add(samples, now=time.monotonic())
                self.on_audio(samples)
                self._something_happened.set()

    def _transcription_started(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._start(self._read_transcription(reader, identity))

    async def _read_transcription(self, reader: rtc.TextStreamReader, identity: str) -> None:
        """Follow one stream: a growing utterance, or one more version of one."""
        text = ""
        segment_id = (reader.info.attributes or {}).get(SEGMENT_ID, reader.info.stream_id)
        async for chunk in reader:
            text += chunk
            self._transcribed(identity, segment_id, text, final=False)
        # The attributes are complete only at the stream's end.
        final = (reader.info.attributes or {}).get(FINAL) == "true"
        self._transcribed(identity, segment_id, text, final=final)

    def _transcribed(self, identity: str, segment_id: str, text: str, *, final: bool) -> None:
        transcript = Transcript(identity=identity, segment_id=segment_id, text=text, final=final)
        self.transcripts[segment_id] = transcript
        self.on_transcript(transcript)
        self._something_happened.set()


def _knock(url: str) -> None:
    """Notice that nobody listens there: LiveKit would say so too, after pages of its log.

    Raises:
        CallFailed: the connection is refused. Anything else is LiveKit's to judge (a proxy, say).
    """
    address = urlsplit(url)
    if not address.hostname:
        return
    port = address.port or (443 if address.scheme in SECURE_SCHEMES else 80)
    try:
        socket.create_connection((address.hostname, port), timeout=KNOCK_DEADLINE_S).close()
    except ConnectionRefusedError as error:
        raise CallFailed(f"Cannot join a room on {url}: nobody listens there.") from error
    except OSError:
        return
