"""The agent that callers talk to."""

from __future__ import annotations

from collections.abc import Callable

from livekit.agents import Agent
from livekit.agents.llm import RealtimeSession

from .call_settings import CallSettings
from .early_words import early_words
from .takeover import Takeover


class Assistant(Agent):
    """Greets, answers, and has the tools that the call is given."""

    def __init__(
        self, settings: CallSettings, *, watch: Callable[[RealtimeSession], None] = lambda _: None
    ) -> None:
        """``watch`` is given the connection to the model, before anything happens on it."""
        super().__init__(instructions=settings.instructions, tools=list(settings.tools))
        self._greeting = settings.greeting
        self._watch = watch
        self._takeover: Takeover | None = None

    async def on_enter(self) -> None:
        """Speak first: a caller waits to be greeted."""
        self._watch(self.realtime_llm_session)
        self._takeover = Takeover(self.session, self.realtime_llm_session, self._greet)
        # Written words would be gone before the caller is there.
        await early_words(self.session)
        self._greet()

    def _greet(self) -> None:
        self.session.generate_reply(instructions=self._greeting)
