"""The part of LiveKit's program `lk` in its dealings with a worker, so that no test needs the program.

`lk agent` starts a worker as `python -m livekit.agents`, in the folder of the project, and listens for it on a socket: each message is a
protobuf behind its length.

Source: livekit-cli, pkg/ipc, cmd/lk/agent_run.go, agent_watcher.go and agent_dev.go, pkg/console/pipeline.go.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from google.protobuf.message import Message

from demo.livekit_server import LOOPBACK
from livekit.protocol.agent_pb.agent_dev import (
    AgentDevMessage,
    GetRunningAgentJobsRequest,
    GetRunningAgentJobsResponse,
)
from livekit.protocol.agent_pb.agent_session import AgentSessionMessage, SessionRequest
from tests.e2e.visitor import DEADLINE_S

ConsoleIO = AgentSessionMessage.ConsoleIO
CONSOLE_RATE = 48_000
FRAME_BYTES = CONSOLE_RATE * 2 * 30 // 1000


class Lk(ABC):
    """Listens, and talks with the worker that connects last."""

    message: ClassVar[type[Message]]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        self._worker.close()
        await self._worker.wait_closed()

    @property
    def address(self) -> str:
        """What the worker's command line is given."""
        return f"{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    def send(self, message: Message) -> None:
        data = message.SerializeToString()
        self._worker.write(len(data).to_bytes(4, "big") + data)

    @abstractmethod
    def received(self, message: Message) -> None:
        """React to what the worker says."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._worker = writer
        # It ends when the worker does, in whatever way.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int.from_bytes(await reader.readexactly(4), "big")
                message = self.message()
                message.ParseFromString(await reader.readexactly(length))
                self.received(message)
        writer.close()


class LkAgentDev(Lk):
    """`lk agent dev`: takes the calls from a worker that it ends, and gives them to the next."""

    message = AgentDevMessage

    def __init__(self) -> None:
        self._calls = GetRunningAgentJobsResponse()
        self._taken = asyncio.Event()

    async def take_calls(self) -> int:
        """How many calls the worker has: from now on they are the next worker's."""
        self.send(AgentDevMessage(get_running_jobs_request=GetRunningAgentJobsRequest()))
        async with asyncio.timeout(DEADLINE_S):
            await self._taken.wait()
        return len(self._calls.jobs)

    def received(self, message: AgentDevMessage) -> None:
        match message.WhichOneof("message"):
            case "get_running_jobs_request":
                self.send(AgentDevMessage(get_running_jobs_response=self._calls))
            case "get_running_jobs_response":
                self._calls = message.get_running_jobs_response
                self._taken.set()


class LkAgentConsole(Lk):
    """`lk agent console`: microphone, loudspeaker and keyboard."""

    message = AgentSessionMessage

    def __init__(self) -> None:
        self._playing = b""
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._answers: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self) -> bytes:
        """The next thing that the agent says, to its end."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._heard.get()

    def speak(self, audio: bytes) -> None:
        """Mono 16-bit samples at `CONSOLE_RATE`."""
        for start in range(0, len(audio), FRAME_BYTES):
            data = audio[start : start + FRAME_BYTES]
            frame = ConsoleIO.AudioFrame(
                data=data,
                sample_rate=CONSOLE_RATE,
                num_channels=1,
                samples_per_channel=len(data) // 2,
            )
            self.send(AgentSessionMessage(audio_input=frame))

    async def type(self, text: str) -> str:
        """The turn that a typed line has led to."""
        line = SessionRequest(request_id="typed", run_input=SessionRequest.RunInput(text=text))
        self.send(AgentSessionMessage(request=line))
        async with asyncio.timeout(DEADLINE_S):
            return await self._answers.get()

    def received(self, message: AgentSessionMessage) -> None:
        match message.WhichOneof("message"):
            case "audio_output":
                self._playing += message.audio_output.data
            case "audio_playback_flush" if self._playing:
                self._heard.put_nowait(self._playing)
                self._playing = b""
                finished = ConsoleIO.AudioPlaybackFinished()
                self.send(AgentSessionMessage(audio_playback_finished=finished))
            case "response":
                self._answers.put_nowait(str(message.response))
