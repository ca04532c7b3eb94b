"""`make talk`: a caller in the terminal.

Joins a room of the running demo, sends typed lines as speech (or a WAV file, the microphone, or
chat), plays and saves what it hears, and shows both transcripts while they are made.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.caller import Caller, CallFailed, Transcript
from demo.environment import read_environment
from demo.loudspeaker import Loudspeaker, SoundDeviceMissing, open_loudspeaker, open_microphone
from demo.recording import Samples, read_wav
from demo.room_access import join_token, livekit_access
from voicelive_emulator.speech.packages import SpeechPackagesMissing
from voicelive_emulator.speech.synthesizer import Synthesizer

AGENT_DEADLINE_S = 20.0
REPLY_DEADLINE_S = 60.0
COMMANDS = "/type LINE sends chat, /quit ends the call."


@dataclass(frozen=True)
class Turn:
    """One thing to do in the call."""

    kind: str
    """`say`, `wav` or `text`."""
    value: str


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.talk",
        description="Call the agent of a running demo. Without --say, --wav, --text or --mic: type "
        f"lines, which are spoken into the room; {COMMANDS}",
    )

    def turn(kind: str, metavar: str, help_text: str) -> None:
        parser.add_argument(
            f"--{kind}",
            dest="turns",
            action="append",
            default=[],
            type=lambda value: Turn(kind, value),
            metavar=metavar,
            help=help_text,
        )

    turn("say", "TEXT", "speak TEXT and wait for the reply; may be given again")
    turn("wav", "FILE", "speak a 16-bit WAV file and wait for the reply")
    turn("text", "TEXT", "send TEXT as chat and wait for the reply")
    parser.add_argument("--mic", action="store_true", help="speak with this machine's microphone")
    parser.add_argument("--save", type=Path, metavar="FILE", help="save what is heard as WAV")
    parser.add_argument("--room", default=f"talk-{secrets.token_hex(3)}", help="room to join")
    return parser.parse_args()


class Display:
    """Shows transcripts and states line by line; owns which utterances were printed so far."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._in_place = sys.stdout.isatty()
        caller.on_transcript = self.transcript
        caller.on_agent_state = lambda state: self.line(f"  · agent {state}")

    def line(self, text: str) -> None:
        """Print one finished line."""
        print(("\r\033[K" if self._in_place else "") + text, flush=True)

    def transcript(self, transcript: Transcript) -> None:
        """Show an utterance: in place while it grows, as a line of its own when it is final."""
        who = "you  " if transcript.identity == self._caller.identity else "agent"
        text = f"{who} {'│' if transcript.final else '…'} {transcript.text}"
        if transcript.final:
            self.line(text)
        elif self._in_place:
            columns = os.get_terminal_size().columns - 1
            print("\r\033[K" + text[-columns:], end="", flush=True)


class Mouth:
    """The caller's voice; loaded when the first words are to be spoken."""

    def __init__(self) -> None:
        self._voice: Synthesizer | None = None

    async def samples(self, text: str) -> Samples:
        """`text`, spoken in another voice than the agent's.

        Raises:
            CallFailed: the speech packages are not installed.
        """
        return await asyncio.to_thread(self._synthesize, text)

    def _synthesize(self, text: str) -> Samples:
        try:
            self._voice = self._voice or Synthesizer()
        except SpeechPackagesMissing as missing:
            raise CallFailed(str(missing)) from missing
        audio = self._voice.synthesize(text, voice={"name": "caller", "pitch": "+12%"})
        return np.frombuffer(audio, np.int16)


async def call(options: argparse.Namespace) -> None:
    """Make the call that the command line asks for."""
    access = livekit_access(read_environment())
    mouth = Mouth()
    async with contextlib.AsyncExitStack() as stack:
        caller = await stack.enter_async_context(Caller())
        # Before joining: nobody should be called by a machine that cannot hear its user.
        microphone = open_microphone(caller.push_microphone) if options.mic else None
        start_microphone = stack.enter_context(microphone) if microphone else None
        display = Display(caller)
        loudspeaker = stack.enter_context(contextlib.closing(_loudspeaker(display, options)))
        caller.on_audio = loudspeaker.play
        joined = time.monotonic()
        try:
            token = join_token(access, room=options.room, identity="you")
            await caller.join(access.url, token)
        except CallFailed as failure:
            raise CallFailed(f"{failure}\nIs `make demo` running in another terminal?") from None
        if options.save:
            stack.callback(_save, caller, options.save)
        await caller.wait_for_agent(deadline_s=AGENT_DEADLINE_S)
        if start_microphone:
            start_microphone()
            display.line("The microphone is open. Ctrl-C ends the call.")
        if options.turns:
            await caller.wait_for_reply(since=joined, deadline_s=REPLY_DEADLINE_S)
            for turn in options.turns:
                began = await take(turn, caller, mouth)
                await caller.wait_for_reply(since=began, deadline_s=REPLY_DEADLINE_S)
        elif not options.mic:
            display.line(f"Type, and your words are spoken. {COMMANDS}")
        if options.mic or not options.turns:
            await converse(caller, mouth, display, joined=joined)


async def converse(caller: Caller, mouth: Mouth, display: Display, *, joined: float) -> None:
    """Take turns from typed lines until /quit, or the end of the input and the last reply."""
    began = None
    async for line in typed_lines():
        if line == "/quit":
            return
        turn = typed_turn(line)
        if turn is None:
            display.line(f"This is neither a command nor words to speak. {COMMANDS}")
            continue
        if began is None:
            # What is said at once falls into the time in which LiveKit learns the echo.
            await caller.wait_for_reply(since=joined, deadline_s=REPLY_DEADLINE_S)
        began = await take(turn, caller, mouth)
    if began is not None:
        await caller.wait_for_reply(since=began, deadline_s=REPLY_DEADLINE_S)


def typed_turn(line: str) -> Turn | None:
    """The turn that a typed line asks for; None when it is a command that cannot be followed."""
    if not line.startswith("/"):
        return Turn("say", line)
    command, _, text = line.partition(" ")
    return Turn("text", text.strip()) if command == "/type" and text.strip() else None


async def take(turn: Turn, caller: Caller, mouth: Mouth) -> float:
    """Take one turn; returns the time since which a reply answers it."""
    began = time.monotonic()
    if turn.kind == "text":
        await caller.type(turn.value)
    elif turn.kind == "wav":
        began = await caller.speak(read_wav(Path(turn.value)))
    else:
        began = await caller.speak(await mouth.samples(turn.value))
    return began


async def typed_lines() -> AsyncIterator[str]:
    """The lines of our input that are not empty, as they are typed."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # The bare descriptor: a thread that waits inside sys.stdin would hold its lock at exit.
        rest = b""
        while data := os.read(0, 4096):
            *complete, rest = (rest + data).split(b"\n")
            for line in complete:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace").strip())
        loop.call_soon_threadsafe(lines.put_nowait, rest.decode(errors="replace").strip())
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        if line:
            yield line


def _loudspeaker(display: Display, options: argparse.Namespace) -> Loudspeaker:
    """This machine's loudspeaker; a silent one, with a word on it, where there is none."""
    try:
        return open_loudspeaker()
    except SoundDeviceMissing as missing:
        hint = "" if options.save else " Add --save FILE to keep what the agent says."
        display.line(f"{missing}{hint}")
        return Loudspeaker()


def _save(caller: Caller, file: Path) -> None:
    caller.heard.save(file)
    print(f"Saved what was heard to {file}")


def check_files(options: argparse.Namespace) -> None:
    """Look at the files of the command line, before anybody is called.

    Raises:
        ValueError: one cannot be spoken, or not be written; the message names its argument.
    """
    for turn in options.turns:
        if turn.kind == "wav":
            if not Path(turn.value).is_file():
                raise ValueError(f"--wav {turn.value}: there is no such file.")
            try:
                read_wav(Path(turn.value))
            except (OSError, ValueError) as error:
                raise ValueError(f"--wav {error}") from error
    save: Path | None = options.save
    if save and (save.is_dir() or not os.access(save if save.exists() else save.parent, os.W_OK)):
        raise ValueError(
            f"--save {save} cannot be written: name a file in a folder that exists and that you "
            "may write to."
        )


def main() -> int:
    """Make one call; 0 when it was made, 1 with one sentence when it could not be."""
    options = arguments()
    try:
        check_files(options)
        asyncio.run(call(options))
    except (CallFailed, SoundDeviceMissing, ValueError) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
