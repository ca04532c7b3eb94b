"""Measures one plugin in a process of its own and prints one JSON object; `against_official.py` starts it.

What is measured is the plugin alone: its session is driven as LiveKit's `AgentSession` drives it, the service is the deaf
emulator in another process, and nothing is played.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import resource
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

from livekit import rtc
from livekit.agents import llm

MODULES = {"ours": "livekit_plugins_voicelive", "official": "livekit.plugins.azure.realtime"}

RATE = 24_000
FRAME_MS = 50
"""As LiveKit's rooms hand audio to a session."""

SPEECH_S = 60
TURNS = 8
DEADLINE_S = 60.0


def frames(seconds: float, *, loud: bool) -> Iterator[rtc.AudioFrame]:
    """A tone, or silence."""
    samples = RATE * FRAME_MS // 1000
    tone = (8_000 * np.sin(np.arange(samples) * 2 * np.pi * 220 / RATE)).astype(np.int16)
    data = tone.tobytes() if loud else bytes(samples * 2)
    for _ in range(round(seconds * 1000 / FRAME_MS)):
        yield rtc.AudioFrame(data, RATE, 1, samples)


class Caller:
    """A session of one plugin, and the responses it announces."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.generations: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        session.on("generation_created", self.generations.put_nowait)
        session.on("input_speech_stopped", lambda _: setattr(self, "stopped", time.perf_counter()))
        self.stopped = 0.0

    async def say(self, seconds: float, *, loud: bool) -> None:
        """Push audio as fast as the loop takes turns."""
        for frame in frames(seconds, loud=loud):
            self.session.push_audio(frame)
            await asyncio.sleep(0.001)

    async def hear(self) -> tuple[float, float]:
        """Read a response to its end; returns when its first sound came, and how many seconds it lasts."""
        async with asyncio.timeout(DEADLINE_S):
            generation = await self.generations.get()
            first, seconds = 0.0, 0.0
            async for message in generation.message_stream:
                async for frame in message.audio_stream:
                    first = first or time.perf_counter()
                    seconds += frame.duration
            return first, seconds


async def measure(model: Any) -> dict[str, float]:
    """All figures of one plugin, in the units that their names say."""
    begun = time.perf_counter()
    session = model.session()
    caller = Caller(session)
    await session.generate_reply(instructions="Greet.")
    first, _ = await caller.hear()
    figures = {"first_sound_ms": (first - begun) * 1000}

    cpu = time.process_time()
    await caller.say(SPEECH_S, loud=False)
    figures["cpu_ms_per_minute_up"] = (time.process_time() - cpu) * 1000 * 60 / SPEECH_S

    latencies = []
    for _ in range(TURNS):
        await caller.say(0.6, loud=True)
        await caller.say(1.0, loud=False)
        first, _ = await caller.hear()
        latencies.append((first - caller.stopped) * 1000)
    figures["end_of_turn_to_sound_ms"] = median(latencies)

    heard_s, cpu = 0.0, time.process_time()
    while heard_s < SPEECH_S:
        await session.generate_reply(instructions="Say exactly " + "one two three four five " * 20)
        heard_s += (await caller.hear())[1]
    figures["cpu_ms_per_minute_down"] = (time.process_time() - cpu) * 1000 * 60 / heard_s
    await session.aclose()
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plugin", choices=MODULES)
    parser.add_argument("endpoint")
    options = parser.parse_args()
    begun = time.perf_counter()
    module = importlib.import_module(MODULES[options.plugin])
    figures = {"import_ms": (time.perf_counter() - begun) * 1000}
    model = module.RealtimeModel(
        endpoint=options.endpoint, api_key="emulator", model="gpt-realtime", voice="en-US-AvaNeural"
    )
    figures |= asyncio.run(measure(model))
    figures["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
