"""The command ``voicelive-emulator``: Voice Live on this machine, with real ears and a real voice."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from typing import Any

from .behaviour import Behaviour
from .brains.by_profile import CHAT, CLAUDE, ProfileBrain
from .brains.chat_completions import ChatCompletionsBrain
from .brains.messages import MessagesBrain
from .brains.script import Script, WrongScript, read_rules
from .brains.scripted import ScriptedBrain
from .command_line import arguments
from .faults import Faults
from .recordings.proxy import RecordingProxy
from .recordings.recording import WrongRecording, read_recording
from .recordings.replay_server import ReplayServer
from .server import EmulatorServer
from .speech.detector import neural_probability
from .speech.packages import SpeechPackagesMissing
from .speech.recognizer import Recognizer, WrongModel
from .speech.synthesizer import Synthesizer
from .switches import WrongSwitch, read_pair
from .work import Brain


def switched(kind: Any, pairs: list[str]) -> Any:
    """The switches of a dataclass as the command line sets them.

    Raises:
        WrongSwitch: one of them cannot be.
    """
    return kind(**dict(read_pair(kind, pair) for pair in pairs))


def speech(options: argparse.Namespace) -> dict[str, Any]:
    """Ears, voice and detector.

    Raises:
        SpeechPackagesMissing: they are not installed.
        WrongModel: the recogniser's model cannot be loaded.
    """
    if options.deaf:
        return {}
    recognizer, synthesizer = Recognizer(options.recognizer), Synthesizer(options.voice)
    # The first use of each model is slow: not in front of the first caller.
    recognizer.transcribe(synthesizer.synthesize("Ready."))
    return {
        "recognizer": recognizer,
        "synthesizer": synthesizer,
        "detector": neural_probability,
    }


def brain(options: argparse.Namespace, faults: Faults) -> Brain:
    """What answers; a script can switch the faults.

    Raises:
        WrongScript: the script cannot be used.
    """
    scripted: Brain = ScriptedBrain()
    if options.script is not None:
        scripted = Script(read_rules(options.script), scripted, faults)
    brought: dict[str, Brain] = {}
    if options.chat_completions:
        key = os.environ.get("OPENAI_API_KEY", "")
        brought[CHAT] = ChatCompletionsBrain(options.chat_completions, api_key=key)
    if options.messages:
        key = os.environ.get("ANTHROPIC_API_KEY", "")
        brought[CLAUDE] = MessagesBrain(options.messages, api_key=key)
    return ProfileBrain(scripted, brought)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if options.record is not None:
        await record(options, stopped)
    elif options.replay is not None:
        await replay(options, stopped)
    else:
        await emulate(options, stopped)


async def record(options: argparse.Namespace, stopped: asyncio.Event) -> None:
    """Stand between clients and the real service."""
    with options.record.open("a", encoding="utf-8") as recording:
        proxy = RecordingProxy(
            options.upstream,
            recording,
            host=options.host,
            port=options.port,
            keep_audio=options.record_audio,
        )
        async with proxy:
            print(f"Recording {options.upstream} at {proxy.endpoint}")
            print(f"AZURE_VOICELIVE_ENDPOINT={proxy.endpoint}", flush=True)
            await stopped.wait()


async def replay(options: argparse.Namespace, stopped: asyncio.Event) -> None:
    """Play a recording.

    Raises:
        WrongRecording: the file cannot be used.
    """
    recording = read_recording(options.replay)
    async with ReplayServer(recording, host=options.host, port=options.port) as server:
        print(f"Replaying {options.replay} at {server.endpoint}")
        print(
            f"AZURE_VOICELIVE_ENDPOINT={server.endpoint} AZURE_VOICELIVE_API_KEY={options.api_key}",
            flush=True,
        )
        await stopped.wait()


async def emulate(options: argparse.Namespace, stopped: asyncio.Event) -> None:
    """Play the service."""
    faults = switched(Faults, options.fault)
    server = EmulatorServer(
        options.host,
        options.port,
        api_key=options.api_key,
        brain=brain(options, faults),
        behaviour=switched(Behaviour, options.behaviour),
        faults=faults,
        keep_received=False,
        **speech(options),
    )
    async with server:
        print(f"Voice Live emulator ready at {server.endpoint}")
        print(
            f"AZURE_VOICELIVE_ENDPOINT={server.endpoint} AZURE_VOICELIVE_API_KEY={options.api_key}",
            flush=True,
        )
        await stopped.wait()


def main() -> int:
    """The command; returns its exit code."""
    options = arguments()
    logging.basicConfig(
        format="%(asctime)s.%(msecs)03d %(message)s", datefmt="%H:%M:%S", level=logging.WARNING
    )
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.getLogger("voicelive_emulator").setLevel(level)
    logging.getLogger("voicelive_emulator.websocket").setLevel(logging.WARNING)
    try:
        asyncio.run(run(options))
    except (SpeechPackagesMissing, WrongModel, WrongRecording, WrongScript, WrongSwitch) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except OSError as error:
        print(told(error, options), file=sys.stderr)
        return 1
    return 0


def told(error: OSError, options: argparse.Namespace) -> str:
    """What the operating system refused, in one sentence: a file, or the place to listen at."""
    if error.filename is not None:
        return f"{error.filename} cannot be opened: {error.strerror}."
    if error.errno == errno.EADDRINUSE:
        return f"Port {options.port} is taken: choose another one with --port, or 0 for any."
    # asyncio puts the address a second time before the reason.
    reason = (error.strerror or str(error)).rpartition(": ")[2]
    return f"Cannot listen on {options.host}:{options.port}: {reason}."


if __name__ == "__main__":
    sys.exit(main())
