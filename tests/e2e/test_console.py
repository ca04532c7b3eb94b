"""The worker in LiveKit's console: no LiveKit server, sound and events over a socket to whoever drives it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from demo.process import ChildProcess
from demo.progress import CHECKOUT
from livekit.protocol.agent_pb.agent_session import AgentSessionMessage
from voicelive_emulator.server import EmulatorServer

DEADLINE_S = 60.0


async def test_the_console_hears_the_greeting(service: EmulatorServer, tmp_path: Path) -> None:
    heard = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not heard.is_set():
            message = AgentSessionMessage()
            length = int.from_bytes(await reader.readexactly(4), "big")
            message.ParseFromString(await reader.readexactly(length))
            if message.WhichOneof("message") == "audio_output":
                heard.set()
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    command = f"console --connect-addr 127.0.0.1:{port} agent.py"
    console = ChildProcess(
        "Console",
        [sys.executable, "-m", "livekit.agents", *command.split()],
        log=tmp_path / "console.log",
        environment={
            **os.environ,
            "AZURE_VOICELIVE_ENDPOINT": service.endpoint,
            "AZURE_VOICELIVE_API_KEY": service.api_key,
        },
        folder=CHECKOUT / "agent",
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            await heard.wait()
    finally:
        console.stop()
        listener.close()
