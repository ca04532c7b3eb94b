"""A session with its ears, brain and voice in one thread and no socket: work is done at once, where it arises.

For tests of both sides of the wire. With a finite pace, audio deltas wait for :meth:`InMemoryEmulator.advance`.
"""

from __future__ import annotations

from livekit_plugins_voicelive.protocol.client_events import ClientEvent
from livekit_plugins_voicelive.protocol.server_events import ServerEvent, UnknownEvent

from .brains.scripted import ScriptedBrain
from .emulated_session import EmulatedSession
from .speech.stand_ins import DeafEars, HummingVoice, UnreachableToolServers
from .work import (
    Brain,
    CallTool,
    Ears,
    ListTools,
    Recognise,
    Speak,
    Think,
    ToolServers,
    Voice,
    Work,
)


class InMemoryEmulator:
    """Owns a session and does its work. ``idle`` leaves work undone until it is set back, as slow models would."""

    def __init__(
        self,
        session: EmulatedSession | None = None,
        *,
        ears: Ears | None = None,
        brain: Brain | None = None,
        voice: Voice | None = None,
        tool_servers: ToolServers | None = None,
    ) -> None:
        """Stand-ins for whatever is not given: deaf ears, the scripted brain, a humming voice, no tool servers."""
        self.session = session or EmulatedSession()
        self.ears = ears or DeafEars()
        self.brain = brain or ScriptedBrain()
        self.voice = voice or HummingVoice()
        self.tool_servers = tool_servers or UnreachableToolServers()
        self.idle = False
        self._undone: list[Work] = []

    def receive(self, event: ClientEvent | UnknownEvent, *, now: float = 0.0) -> list[ServerEvent]:
        """Take a client's event; returns everything that is sent at ``now``."""
        self.session.receive(event, now=now)
        return self._settle(now)

    def advance(self, *, now: float) -> list[ServerEvent]:
        """Let time pass; returns everything that is sent at ``now``."""
        self.session.advance(now=now)
        return self._settle(now)

    def _settle(self, now: float) -> list[ServerEvent]:
        self._undone += self.session.work_to_do()
        while self._undone and not self.idle:
            work = self._undone.pop(0)
            try:
                self._do(work, now)
            except OSError:  # a model that cannot be reached; anything else is a fault of the test
                self.session.failed(work, now=now)
            self._undone += self.session.work_to_do()
        return self.session.events_to_send()

    def _do(self, work: Work, now: float) -> None:
        match work:
            case Recognise():
                text = self.ears.transcribe(work.audio, phrases=work.phrases)
                self.session.recognised(work, text, now=now)
            case Think():
                for thought in self.brain.think(work.view):
                    self.session.thought(work, thought, now=now)
                self.session.finished(work, now=now)
            case ListTools():
                self.session.listed(work, self.tool_servers.list_tools(work.server), now=now)
            case CallTool():
                output = self.tool_servers.call_tool(work.server, work.name, work.arguments)
                self.session.called(work, output, now=now)
            case Speak():
                for chunk in self.voice.speak(work.text, voice=work.voice, promptly=work.promptly):
                    self.session.spoken(work, chunk, now=now)
                self.session.finished(work, now=now)
