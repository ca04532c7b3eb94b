"""No model works in the event loop: ears, brain and voice are asked in threads of their own, from first to last word."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client
from tests.emulated.test_emulator_server import KEY, TURN, dial, read, send
from voicelive_emulator import EmulatorServer
from voicelive_emulator.brains.scripted import ScriptedBrain
from voicelive_emulator.speech.stand_ins import DeafEars, HummingVoice, UnreachableToolServers
from voicelive_emulator.speech_threads import Result, SpeechThreads
from voicelive_emulator.work import ConversationView, Say, Speak, SpokenChunk, Thought, Work


class Senses:
    """Ears, brain and voice that note in which thread they work, at every step."""

    def __init__(self) -> None:
        self.threads: dict[str, set[threading.Thread]] = {}

    def _note(self, sense: str) -> None:
        self.threads.setdefault(sense, set()).add(threading.current_thread())

    def transcribe(self, pcm: bytes, *, phrases: Sequence[str] = ()) -> str:
        self._note("ears")
        return "Hello!"

    def think(self, view: ConversationView) -> Iterator[Thought]:
        for sentence in ("Good day.", "How are you?"):
            self._note("brain")
            yield Say(sentence)
        self._note("brain")

    def speak(
        self, text: str, *, voice: dict[str, Any] | None = None, promptly: bool = False
    ) -> Iterator[SpokenChunk]:
        for chunk in HummingVoice().speak(text):
            self._note("voice")
            yield chunk
        self._note("voice")


async def test_ears_brain_and_voice_work_outside_of_the_event_loop() -> None:
    senses = Senses()
    async with (
        EmulatorServer(
            api_key=KEY, recognizer=senses, brain=senses, synthesizer=senses
        ) as emulator,
        dial(emulator) as websocket,
    ):
        await send(websocket, client.InputAudioBufferAppend(audio=TURN))
        await read(websocket, "response.done")
    assert set(senses.threads) == {"ears", "brain", "voice"}
    for sense, threads in senses.threads.items():
        assert threading.current_thread() not in threads
        assert all(thread.name.startswith(sense) for thread in threads)


class HesitantVoice(HummingVoice):
    """Begins when it is told to, unless somebody waits in silence."""

    def __init__(self) -> None:
        self.may_begin = threading.Event()

    def speak(
        self, text: str, *, voice: dict[str, Any] | None = None, promptly: bool = False
    ) -> Iterator[SpokenChunk]:
        if not promptly:
            self.may_begin.wait()
        yield from super().speak(text)


@pytest.mark.parametrize(
    ("promptly", "order"),
    [
        (False, ["One.", "Hello!", "Two.", "Three."]),
        (True, ["Hello!", "One.", "Two.", "Three."]),
    ],
)
async def test_one_session_s_story_does_not_keep_the_others_waiting(
    promptly: bool, order: list[str]
) -> None:
    voice = HesitantVoice()
    threads = SpeechThreads(DeafEars(), ScriptedBrain(), voice, UnreachableToolServers())
    spoken: asyncio.Queue[str] = asyncio.Queue()

    def result(work: Work, chunk: Result) -> None:
        assert isinstance(chunk, SpokenChunk)
        spoken.put_nowait(chunk.text)

    story = Speak("resp_1", "One. Two. Three.", {})
    greeting = Speak("resp_2", "Hello!", {}, promptly=promptly)
    for work in (story, greeting):
        threads.start(work, result, lambda work, failed: None)
    try:
        async with asyncio.timeout(10):
            heard = [await spoken.get()] if promptly else []
            voice.may_begin.set()
            heard += [await spoken.get() for _ in order[len(heard) :]]
    finally:
        voice.may_begin.set()
        await threads.close()
    assert heard == order
