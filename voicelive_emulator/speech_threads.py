"""The worker threads of ears, brain and voice: models are slow, and the event loop must not wait for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

from .work import Brain, Ears, Recognise, Speak, SpokenChunk, Think, Thought, Voice, Work

logger = logging.getLogger("voicelive_emulator")

Result = str | Thought | SpokenChunk
OnResult = Callable[[Work, Result], None]
OnEnd = Callable[[Work, bool], None]
"""Called with whether the work failed."""


class SpeechThreads:
    """Owns the threads, one for each sense, shared by all sessions of a server."""

    def __init__(self, ears: Ears, brain: Brain, voice: Voice) -> None:
        """Ears, brain and voice must bear being called from a thread."""
        self._ears, self._brain, self._voice = ears, brain, voice
        self._executors = {
            Recognise: ThreadPoolExecutor(1, "ears"),
            Think: ThreadPoolExecutor(4, "brain"),
            Speak: ThreadPoolExecutor(1, "voice"),
        }

    def start(self, work: Work, on_result: OnResult, on_end: OnEnd) -> None:
        """Do the work in a thread; both callbacks are called in the event loop, results first."""
        loop = asyncio.get_running_loop()

        def tell(callback: Callable[..., None], *arguments: object) -> None:
            if not work.cancelled and not loop.is_closed():
                loop.call_soon_threadsafe(callback, work, *arguments)

        def run() -> None:
            try:
                self._do(work, lambda result: tell(on_result, result))
            except Exception as error:
                # The text of an exception may hold speech: the type is enough here.
                logger.error("%s failed: %s", type(work).__name__, type(error).__name__)
                tell(on_end, True)
            else:
                tell(on_end, False)

        executor: Executor = self._executors[type(work)]
        executor.submit(run)

    def _do(self, work: Work, tell: Callable[[Result], None]) -> None:
        if work.cancelled:
            return
        match work:
            case Recognise():
                tell(self._ears.transcribe(work.audio, phrases=work.phrases))
            case Think():
                for thought in self._brain.think(work.view):
                    if work.cancelled:
                        return
                    tell(thought)
            case Speak():
                for chunk in self._voice.speak(work.text, voice=work.voice):
                    if work.cancelled:
                        return
                    tell(chunk)

    async def close(self) -> None:
        """Wait for what is running, which is a sentence at most; drop the rest."""
        for executor in self._executors.values():
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)
