"""Measures how many conversations the emulator bears: deaf scripted ones and hearing ones at once, all in real time.

    python benchmarks/emulator_load.py --deaf 20 --hearing 4 --seconds 60

The callers run in this process, the emulator in another; both share the machine. A caller speaks, waits for the answer,
lets it play to its end, and speaks again, with silence in between, as a microphone delivers it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.speech.synthesizer import Synthesizer

EMULATOR = Path(__file__).with_name("loaded_emulator.py")
SPOKEN = (
    "What is twelve times seven?",
    "Hello, how are you today?",
    "Please say exactly good morning everybody.",
    "What day is it today?",
)
DETECTION = {"type": "server_vad"}
"""With the service's defaults, which wait for half a second of silence."""

FRAME_MS = 50
FRAME_BYTES = 48 * FRAME_MS
SILENCE = bytes(FRAME_BYTES)


@dataclass
class Turns:
    """What one kind of caller has waited for."""

    first_audio_s: list[float] = field(default_factory=list)
    """From the last frame of speech to the first of the answer: the silence that ends a turn is in it."""
    speed: list[float] = field(default_factory=list)
    """Seconds of answer that came in one second."""
    late_s: float = 0.0
    """How much later than a microphone this process sent a frame, at worst."""


class Caller:
    """Owns one connection: what its microphone says, and when its answers came."""

    def __init__(self, websocket: ClientConnection, speech: list[bytes], turns: Turns) -> None:
        self._websocket = websocket
        self._speech = cycle(speech)
        self._turns = turns
        self._frames: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._spoken_at = 0.0
        self._first_at = 0.0
        self._answer_s = 0.0

    async def talk(self, seconds: float) -> None:
        """Converse for so long, then let the turn under way end unheard."""
        await self._send({"type": "session.update", "session": {"turn_detection": DETECTION}})
        hearing = asyncio.create_task(self._hear())
        self._speak()
        due = self._loop.time()
        end = due + seconds
        while due < end:
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            self._turns.late_s = max(self._turns.late_s, self._loop.time() - due)
            frame = self._frames.pop(0) if self._frames else SILENCE
            audio = base64.b64encode(frame).decode()
            await self._send({"type": "input_audio_buffer.append", "audio": audio})
            if frame is not SILENCE and not self._frames:
                self._spoken_at = self._loop.time()
            due += FRAME_MS / 1000
            if hearing.done():
                hearing.result()
        hearing.cancel()

    async def _send(self, event: dict[str, Any]) -> None:
        await self._websocket.send(json.dumps(event))

    def _speak(self) -> None:
        pcm = next(self._speech)
        self._frames = [
            pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
            for at in range(0, len(pcm), FRAME_BYTES)
        ]
        self._first_at = self._answer_s = 0.0

    async def _hear(self) -> None:
        async for message in self._websocket:
            event = json.loads(message)
            if event["type"] == "error":
                raise RuntimeError(f"the emulator refused something: {event['error']['code']}")
            if event["type"] == "response.audio.delta":
                self._first_at = self._first_at or self._loop.time()
                self._answer_s += len(event["delta"]) * 3 // 4 / 48_000
            elif event["type"] == "response.done":
                self._note(self._loop.time())

    def _note(self, now: float) -> None:
        if not self._first_at:
            raise RuntimeError("an answer had no audio")
        self._turns.first_audio_s.append(self._first_at - self._spoken_at)
        self._turns.speed.append(self._answer_s / (now - self._first_at))
        played_at = self._first_at + self._answer_s
        self._loop.call_at(played_at, self._speak)


@contextmanager
def emulators() -> Iterator[subprocess.Popen[str]]:
    """The process that serves both."""
    with subprocess.Popen(
        [sys.executable, str(EMULATOR)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


async def call(endpoint: str, speech: list[bytes], turns: Turns, *, after_s: float, seconds: float) -> None:  # fmt: skip
    """One caller, who comes a little after the one before."""
    await asyncio.sleep(after_s)
    url = endpoint.replace("http", "ws")
    url += "/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime"
    async with connect(url, additional_headers={"api-key": "emulator"}) as websocket:
        await Caller(websocket, speech, turns).talk(seconds - after_s)


async def load(options: argparse.Namespace, endpoints: dict[str, str]) -> dict[str, Turns]:
    """All callers at once."""
    synthesizer = Synthesizer()
    speech = [synthesizer.synthesize(text) for text in SPOKEN]
    said = {"deaf": [hum(1_500)], "hearing": speech}
    turns = {kind: Turns() for kind in said}
    async with asyncio.TaskGroup() as group:
        for kind, words in said.items():
            callers = getattr(options, kind)
            for number in range(callers):
                begin = number % len(words)
                group.create_task(
                    call(
                        endpoints[kind],
                        words[begin:] + words[:begin],
                        turns[kind],
                        after_s=4 * number / callers,
                        seconds=options.seconds,
                    )
                )
    return turns


def report(options: argparse.Namespace, turns: dict[str, Turns], loop: dict[str, float]) -> str:
    """The figures as Markdown."""
    lines = ["| | deaf | hearing |", "| --- | ---: | ---: |"]
    kinds = [turns[kind] for kind in ("deaf", "hearing")]
    rows = {
        "sessions": [str(getattr(options, kind)) for kind in turns],
        "turns": [str(len(kind.first_audio_s)) for kind in kinds],
        "end of speech to first audio, median": [
            f"{median(k.first_audio_s) * 1000:.0f} ms" for k in kinds
        ],
        "the same, slowest": [f"{max(k.first_audio_s) * 1000:.0f} ms" for k in kinds],
        "seconds of answer in a second, slowest": [f"{min(k.speed):.1f}" for k in kinds],
    }
    lines += [f"| {name} | {deaf} | {hearing} |" for name, (deaf, hearing) in rows.items()]
    sessions_s = options.seconds * (options.deaf + options.hearing)
    lines += [
        "",
        f"{os.cpu_count()} cores, {options.seconds} s. The event loop of the emulator: longest blockage "
        f"{loop['longest_ms']:.0f} ms, 99 % under {loop['p99_ms']:.1f} ms. Real-time factor "
        f"{loop['processor_s'] / sessions_s:.3f}: seconds of processor for a second of one conversation. "
        f"The callers themselves were late by {max(k.late_s for k in kinds) * 1000:.0f} ms at worst.",
    ]
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deaf", type=int, default=20, help="scripted sessions (%(default)s)")
    parser.add_argument("--hearing", type=int, default=4, help="conversing sessions (%(default)s)")
    parser.add_argument("--seconds", type=int, default=60, help="how long (%(default)s)")
    options = parser.parse_args()
    with emulators() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        endpoints = json.loads(process.stdout.readline())
        process.stdin.write("begin\n")
        process.stdin.flush()
        turns = asyncio.run(load(options, endpoints))
        process.stdin.close()
        loop = json.loads(process.stdout.readline())
    print(report(options, turns, loop))


if __name__ == "__main__":
    main()
