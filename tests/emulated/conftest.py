from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from livekit.agents import APIConnectOptions, llm
from livekit_plugins_voicelive import RealtimeModel, RealtimeSession
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.detector import neural_probability
from voicelive_emulator.speech.recognizer import Recognizer
from voicelive_emulator.speech.synthesizer import Synthesizer

DEADLINE_S = 10.0

KEY = "a key for tests"

QUICK_RETRIES = APIConnectOptions(max_retry=3, retry_interval=0.05, timeout=2.0)


class Events:
    """What a session emits, to be waited for."""

    NAMES = (
        "input_speech_started",
        "input_speech_stopped",
        "input_audio_transcription_completed",
        "generation_created",
        "session_reconnected",
        "metrics_collected",
        "remote_item_added",
        "error",
        "voicelive_server_event_received",
        "voicelive_client_event_sent",
    )

    def __init__(self, session: RealtimeSession) -> None:
        self.log: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        for name in self.NAMES:
            session.on(name, self._listener(name))  # type: ignore[arg-type]

    def _listener(self, name: str) -> Callable[..., None]:
        def note(payload: Any) -> None:
            self.log.append((name, payload))
            self._news.set()

        return note

    def all(self, name: str) -> list[Any]:
        return [payload for logged, payload in self.log if logged == name]

    async def wait(
        self, name: str, *, count: int = 1, where: Callable[[Any], bool] = lambda _: True
    ) -> Any:
        """The count-th event of that name, however long it takes within the deadline."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                found = [payload for payload in self.all(name) if where(payload)]
                if len(found) >= count:
                    return found[count - 1]
                self._news.clear()
                await self._news.wait()

    async def server_event(self, kind: type, *, count: int = 1) -> Any:
        return await self.wait(
            "voicelive_server_event_received", count=count, where=lambda e: isinstance(e, kind)
        )


@pytest.fixture
async def service() -> AsyncIterator[EmulatorServer]:
    """Voice Live on loopback: it listens by loudness, understands nothing and hums, all at once."""
    async with EmulatorServer(api_key="key", behaviour=Behaviour(pace=100.0)) as server:
        yield server


@pytest.fixture(scope="session")
def ears() -> Recognizer:
    return Recognizer()


@pytest.fixture(scope="session")
def voice() -> Synthesizer:
    return Synthesizer()


@pytest.fixture
async def emulator(ears: Recognizer, voice: Synthesizer) -> AsyncIterator[EmulatorServer]:
    """Voice Live on loopback with real ears, a real voice and a real detector."""
    async with EmulatorServer(
        api_key=KEY, recognizer=ears, synthesizer=voice, detector=neural_probability
    ) as server:
        yield server


def model_of(service: EmulatorServer, **options: Any) -> RealtimeModel:
    defaults = {"endpoint": service.endpoint, "api_key": "key", "conn_options": QUICK_RETRIES}
    return RealtimeModel(**(defaults | options))


@asynccontextmanager
async def session_with(
    service: EmulatorServer, **options: Any
) -> AsyncIterator[tuple[RealtimeSession, Events]]:
    session = model_of(service, **options).session()
    try:
        yield session, Events(session)
    finally:
        await session.aclose()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; for what announces itself by no event."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def user(text: str, id: str = "item_user") -> llm.ChatMessage:
    return llm.ChatMessage(id=id, role="user", content=[text])


async def heard(event: llm.GenerationCreatedEvent) -> tuple[str, float]:
    """The words and the seconds of audio of a generation, read to its end."""
    text, seconds = "", 0.0
    async with asyncio.timeout(DEADLINE_S):
        async for message in event.message_stream:
            async for frame in message.audio_stream:
                seconds += frame.duration
            async for delta in message.text_stream:
                text += delta
    return text, seconds
