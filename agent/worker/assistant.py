"""The agent that callers talk to."""

from __future__ import annotations

from livekit.agents import Agent

from .call_settings import CallSettings
from .takeover import Takeover


class Assistant(Agent):
    """Greets, answers, and has the tools that the call is given."""

    def __init__(self, settings: CallSettings) -> None:
        super().__init__(instructions=settings.instructions, tools=list(settings.tools))
        self._greeting = settings.greeting
        self._text_only = settings.text_only
        self._takeover: Takeover | None = None

    async def on_enter(self) -> None:
        """Speak first: a caller waits to be greeted."""
        self._takeover = Takeover(self.session, self.realtime_llm_session, self._greet)
        if self._text_only:
            # Speech waits until somebody listens; written words would be gone before the caller is there.
            await self.session.room_io.wait_for_ready()
        self._greet()

    def _greet(self) -> None:
        self.session.generate_reply(instructions=self._greeting)
