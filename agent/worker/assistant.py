"""The agent that callers talk to."""

from __future__ import annotations

from livekit.agents import Agent

from .call_settings import CallSettings


class Assistant(Agent):
    """Greets, answers, and has the tools that the call is given."""

    def __init__(self, settings: CallSettings) -> None:
        super().__init__(instructions=settings.instructions, tools=list(settings.tools))
        self._greeting = settings.greeting

    async def on_enter(self) -> None:
        """Speak first: a caller waits to be greeted."""
        await self.session.generate_reply(instructions=self._greeting)
