"""Serves two emulators from one event loop, a deaf and a hearing one, and watches that loop; `emulator_load.py` starts it.

Prints both addresses as one JSON line, and when its input ends, what the loop and the processor did, as another.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from statistics import quantiles

from voicelive_emulator import EmulatorServer, ScriptedBrain
from voicelive_emulator.brains.script import Rule, Script
from voicelive_emulator.speech.detector import neural_probability
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

LOOK_EVERY_S = 0.005
ANSWER = "This is the answer of a script. It goes on for a while, and then it ends."


class Watch:
    """Owns how late the event loop came to a timer, again and again."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.late_s: list[float] = []
        self._look(self._loop.time())

    def _look(self, due: float) -> None:
        now = self._loop.time()
        self.late_s.append(now - due)
        self._loop.call_at(now + LOOK_EVERY_S, self._look, now + LOOK_EVERY_S)


def hearing_emulator() -> EmulatorServer:
    """Real ears, real voice, real detector, warmed up as the command does."""
    recognizer, synthesizer = Recognizer(), Synthesizer()
    recognizer.transcribe(synthesizer.synthesize("Ready."))
    return EmulatorServer(
        recognizer=recognizer,
        synthesizer=synthesizer,
        detector=neural_probability,
        keep_received=False,
    )


async def main() -> None:
    """Serve until the input ends."""
    script = Script([Rule(says=ANSWER)], ScriptedBrain())
    deaf = EmulatorServer(brain=script, keep_received=False)
    async with deaf, hearing_emulator() as hearing:
        print(json.dumps({"deaf": deaf.endpoint, "hearing": hearing.endpoint}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        watch, begun = Watch(), resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.to_thread(sys.stdin.read)
        ended = resource.getrusage(resource.RUSAGE_SELF)
    used_s = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
    late_ms = [late * 1000 for late in watch.late_s]
    figures = {
        "longest_ms": max(late_ms),
        "p99_ms": quantiles(late_ms, n=100)[98],
        "processor_s": used_s,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
