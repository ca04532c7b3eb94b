"""The worker threads of ears, brain, voice and tools: models are slow, and the event loop must not wait for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress

from .work import (
    Brain,
    CallTool,
    Ears,
    ListTools,
    Recognise,
    ServerTools,
    Speak,
    SpokenChunk,
    Think,
    Thought,
    ToolOutput,
    ToolServers,
    Voice,
    Work,
)

logger = logging.getLogger("voicelive_emulator")

Result = str | Thought | SpokenChunk | ServerTools | ToolOutput
OnResult = Callable[[Work, Result], None]
OnEnd = Callable[[Work, bool], None]
"""Called with whether the work failed."""


class SpeechThreads:
    """Owns the threads of each sense, shared by all sessions of a server."""

    def __init__(self, ears: Ears, brain: Brain, voice: Voice, tool_servers: ToolServers) -> None:
        """All must bear being called from a thread."""
        self._ears, self._brain, self._voice = ears, brain, voice
        self._tool_servers = tool_servers
        tools = ThreadPoolExecutor(4, "tools")
        self._executors = {
            Recognise: ThreadPoolExecutor(1, "ears"),
            Think: ThreadPoolExecutor(4, "brain"),
            Speak: ThreadPoolExecutor(1, "voice"),
            ListTools: tools,
            CallTool: tools,
        }
        # Whoever waits in silence does not wait for the sentences of those who have something to listen to.
        self._first_words = ThreadPoolExecutor(1, "voice of first words")

    def start(self, work: Work, on_result: OnResult, on_end: OnEnd) -> None:
        """Do the work in a thread; both callbacks are called in the event loop, results first."""
        loop = asyncio.get_running_loop()

        def tell(callback: Callable[..., None], *arguments: object) -> None:
            if not work.cancelled and not loop.is_closed():
                loop.call_soon_threadsafe(callback, work, *arguments)

        results = self._results(work)
        executor: Executor = self._executors[type(work)]
        prompt = isinstance(work, Speak) and work.promptly

        def go_on() -> None:
            """One result at a time: a session that has a story told waits for its next sentence like all others."""
            if work.cancelled:
                results.close()
                return
            try:
                tell(on_result, next(results))
            except StopIteration:
                tell(on_end, False)
            except Exception as error:
                # The text of an exception may hold speech: the type is enough here.
                logger.error("%s failed: %s", type(work).__name__, type(error).__name__)
                tell(on_end, True)
            else:
                with suppress(RuntimeError):  # the threads are closing
                    executor.submit(go_on)

        (self._first_words if prompt else executor).submit(go_on)

    def _results(self, work: Work) -> Generator[Result, None, None]:
        match work:
            case Recognise():
                yield self._ears.transcribe(work.audio, phrases=work.phrases)
            case Think():
                yield from self._brain.think(work.view)
            case ListTools():
                yield self._tool_servers.list_tools(work.server)
            case CallTool():
                yield self._tool_servers.call_tool(work.server, work.name, work.arguments)
            case Speak():
                yield from self._voice.speak(work.text, voice=work.voice, promptly=work.promptly)

    async def close(self) -> None:
        """Wait for what is running, which is a sentence at most; drop the rest. A tool server is not waited for."""
        await asyncio.to_thread(self._first_words.shutdown, cancel_futures=True)
        for kind, executor in self._executors.items():
            wait = kind not in (ListTools, CallTool)
            await asyncio.to_thread(executor.shutdown, wait=wait, cancel_futures=True)
