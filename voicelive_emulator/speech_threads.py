"""The worker threads of ears, brain, voice and tools: models are slow, and the event loop must not wait for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

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
    """Owns the threads, one for each sense, shared by all sessions of a server."""

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
            case ListTools():
                tell(self._tool_servers.list_tools(work.server))
            case CallTool():
                tell(self._tool_servers.call_tool(work.server, work.name, work.arguments))
            case Speak():
                for chunk in self._voice.speak(work.text, voice=work.voice):
                    if work.cancelled:
                        return
                    tell(chunk)

    async def close(self) -> None:
        """Wait for what is running, which is a sentence at most; drop the rest. A tool server is not waited for."""
        for kind, executor in self._executors.items():
            wait = kind not in (ListTools, CallTool)
            await asyncio.to_thread(executor.shutdown, wait=wait, cancel_futures=True)
