"""The agent that callers talk to."""

from __future__ import annotations

from livekit.agents import Agent

from .settings import Settings
from .tools import convert, get_time


class Assistant(Agent):
    """Greets, answers, and has two tools."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(instructions=settings.instructions, tools=[get_time, convert])
        self._greeting = settings.greeting

    async def on_enter(self) -> None:
        """Speak first: a caller waits to be greeted."""
        await self.session.generate_reply(instructions=self._greeting)
