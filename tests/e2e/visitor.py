"""A caller who also keeps what the worker tells the room beside the conversation."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from demo.caller import Caller
from livekit import rtc
from worker.apology import ERROR_TOPIC
from worker.call_report import FIGURES_TOPIC

DEADLINE_S = 30.0


class Visitor(Caller):
    """Joins, and collects whole text streams by topic."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, list[str]] = defaultdict(list)
        for topic in (FIGURES_TOPIC, ERROR_TOPIC):
            self._room.register_text_stream_handler(topic, self._stream_started)

    @property
    def room(self) -> rtc.Room:
        return self._room

    @property
    def turns(self) -> dict[int, dict[str, Any]]:
        """The newest figures of each turn."""
        told = [json.loads(text) for text in self.told[FIGURES_TOPIC]]
        return {figures["turn"]: figures for figures in told}

    async def wait_for_state(self, state: str) -> None:
        await self.wait_until(
            lambda: self.agent_state == state, deadline_s=DEADLINE_S, what=f"agent that is {state}"
        )

    async def wait_to_read(self, *sentences: str) -> None:
        """Wait until the agent's sentences so far are these, each written to its end."""
        await self.wait_until(
            lambda: [said.text for said in self.said_by_agent() if said.final] == list(sentences),
            deadline_s=DEADLINE_S,
            what=f"agent that has said {sentences}",
        )

    def _stream_started(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._start(self._read(reader))

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        text = await reader.read_all()
        self.told[reader.info.topic].append(text)
        self._something_happened.set()
