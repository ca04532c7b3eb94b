"""What the session should be: the wanted configuration, and the ``session.update`` that asks for it.

Knows the wire's session object, nothing of connections: every connection is opened with all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm

from .audio_format import AudioFormat, input_format, output_format
from .pending_requests import new_event_id
from .protocol.client_events import SessionUpdate
from .protocol.wire_struct import UnsetType
from .protocol.wire_text import wire_text
from .tools import wire_tool_choice, wire_tools


@dataclass
class _Wish:
    """Wanted values, and the tools in LiveKit's form where they are among them."""

    fields: dict[str, Any]
    tools: llm.ToolContext | None = None


class SessionSettings:
    """Owns instructions, tools, tool choice, voice, turn detection and the rest, as wanted. Lives as long as the session.

    A value of None is sent as ``null``, which switches off; a field that is not there leaves the service's default.
    What is wanted counts at once. What the service then refuses counts no more, or it would end the next connection too.
    """

    def __init__(self, fields: dict[str, Any], *, fixed: frozenset[str] = frozenset()) -> None:
        """Start from these.

        Args:
            fields: the wire's session object, as :func:`~.options.session_options` makes it.
            fixed: fields that no wish changes: they belong to the service, or to whoever began the session.
        """
        self._fixed = fixed
        self._agreed = _Wish(dict(fields), llm.ToolContext.empty())
        self._asked: dict[str | UnsetType, _Wish] = {}
        self._voice_withheld = False

    def __getitem__(self, name: str) -> Any:
        """The wanted value of a wire field; None where it is ``null`` or left to the service."""
        return self.fields.get(name)

    @property
    def fields(self) -> dict[str, Any]:
        """All wanted fields, as they stand on the wire."""
        fields = dict(self._agreed.fields)
        for wish in self._asked.values():
            fields |= wish.fields
        return fields

    @property
    def tools(self) -> llm.ToolContext:
        """LiveKit's view of the tools."""
        tools = self._wish_for_tools.tools
        assert tools is not None
        return tools

    @property
    def _wish_for_tools(self) -> _Wish:
        """The last one that names tools."""
        wishes = [self._agreed, *self._asked.values()]
        return next(wish for wish in reversed(wishes) if wish.tools is not None)

    @property
    def input_format(self) -> AudioFormat:
        """What we send; the service lets no session change it."""
        return input_format(self["input_audio_format"], self["input_audio_sampling_rate"])

    @property
    def output_format(self) -> AudioFormat:
        """What the service sends."""
        return output_format(self["output_audio_format"])

    @property
    def transcribes(self) -> bool:
        """Whether the user's words are written down."""
        return bool(self["input_audio_transcription"])

    @property
    def timestamps_words(self) -> bool:
        """Whether the service tells when each word is spoken."""
        return "word" in (self["output_audio_timestamp_types"] or [])

    @property
    def detects_turns(self) -> bool:
        """Whether the service hears where a turn ends.

        Without the field the service's own default stands, which is ``server_vad``.
        """
        return self.fields.get("turn_detection", "server_vad") is not None

    @property
    def answers_turns(self) -> bool:
        """Whether the service answers a turn without being asked."""
        detection = self["turn_detection"] or {}
        return self.detects_turns and detection.get("create_response") is not False

    def opening(self) -> SessionUpdate:
        """The whole configuration, for a new connection; it is answered as one.

        A session that only writes does not name the voice that it may have for later: the service has been seen to refuse
        that. Source: a report in Pipecat's repository.
        """
        session = self.fields
        self._agreed = _Wish(session, self.tools)
        self._asked.clear()
        self._voice_withheld = session.get("modalities") == ["text"] and "voice" in session
        named = {
            name: value
            for name, value in session.items()
            if not (self._voice_withheld and name == "voice")
        }
        return SessionUpdate(event_id=new_event_id(), session=named)

    def update(
        self, changes: dict[str, Any], *, tools: llm.ToolContext | None = None
    ) -> list[SessionUpdate]:
        """Take wanted values over; returns what must be sent for those that are new.

        Args:
            changes: fields of the wire's session object.
            tools: LiveKit's form of the tools, where they are among the changes.
        """
        fields = self.fields
        new = {
            name: value
            for name, value in changes.items()
            if name not in self._fixed and (name not in fields or fields[name] != value)
        }
        if not new:
            if tools is not None:
                self._wish_for_tools.tools = tools
            return []
        if self._voice_withheld and "audio" in new.get("modalities", []):
            new.setdefault("voice", fields["voice"])
        event = SessionUpdate(event_id=new_event_id(), session=new)
        self._asked[event.event_id] = _Wish(new, tools)
        return [event]

    def update_instructions(self, instructions: str) -> list[SessionUpdate]:
        """Replace the instructions."""
        return self.update({"instructions": wire_text(instructions)})

    def update_tools(self, tools: Iterable[llm.Tool | llm.Toolset]) -> list[SessionUpdate]:
        """Replace all tools."""
        context = llm.ToolContext(list(tools))
        return self.update({"tools": wire_tools(context.flatten())}, tools=context)

    def update_tool_choice(self, choice: llm.ToolChoice | None) -> list[SessionUpdate]:
        """Change the tool choice of all responses to come; None is the service's default."""
        return self.update({"tool_choice": wire_tool_choice(choice)})

    def accepted(self, event: SessionUpdate) -> None:
        """The service has taken that over; an opening is agreed already."""
        if (wish := self._asked.pop(event.event_id, None)) is not None:
            self._agreed.fields |= wish.fields
            self._agreed.tools = wish.tools or self._agreed.tools

    def refused(self, event: SessionUpdate) -> None:
        """The service has not: what was agreed before, or asked for since, holds."""
        self._asked.pop(event.event_id, None)
