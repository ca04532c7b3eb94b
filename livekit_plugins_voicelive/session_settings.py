"""What the session should be: the wanted configuration, and the ``session.update`` that asks for it.

Knows the wire's session object, nothing of connections: every connection is opened with all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livekit.agents import llm

from .audio_format import AudioFormat, input_format, output_format
from .pending_requests import new_event_id
from .protocol.client_events import SessionUpdate
from .tools import wire_tool_choice, wire_tools


class SessionSettings:
    """Owns instructions, tools, tool choice, voice, turn detection and the rest, as wanted. Lives as long as the session.

    A value of None is sent as ``null``, which switches off; a field that is not there leaves the service's default.
    """

    def __init__(self, fields: dict[str, Any], *, never_sent: frozenset[str] = frozenset()) -> None:
        """Start from these.

        Args:
            fields: the wire's session object, as :func:`~.options.session_options` makes it.
            never_sent: fields that belong to the service; wanting them has no effect.
        """
        self._fields = dict(fields)
        self._never_sent = never_sent
        self._tools = llm.ToolContext.empty()

    def __getitem__(self, name: str) -> Any:
        """The wanted value of a wire field; None where it is ``null`` or left to the service."""
        return self._fields.get(name)

    @property
    def fields(self) -> dict[str, Any]:
        """All wanted fields, as they stand on the wire."""
        return dict(self._fields)

    @property
    def tools(self) -> llm.ToolContext:
        """LiveKit's view of the tools."""
        return self._tools

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
        return bool(self._fields.get("input_audio_transcription"))

    @property
    def timestamps_words(self) -> bool:
        """Whether the service tells when each word is spoken."""
        return "word" in (self._fields.get("output_audio_timestamp_types") or [])

    @property
    def detects_turns(self) -> bool:
        """Whether the service hears where a turn ends.

        Without the field the service's own default stands, which is ``server_vad``.
        """
        return "turn_detection" not in self._fields or self._fields["turn_detection"] is not None

    @property
    def answers_turns(self) -> bool:
        """Whether the service answers a turn without being asked."""
        detection = self._fields.get("turn_detection") or {}
        return self.detects_turns and detection.get("create_response") is not False

    def opening(self) -> SessionUpdate:
        """The whole configuration, for a new connection."""
        return SessionUpdate(event_id=new_event_id(), session=dict(self._fields))

    def update(self, changes: dict[str, Any]) -> list[SessionUpdate]:
        """Take wanted values over; returns what must be sent for those that are new."""
        changed = {
            name: value
            for name, value in changes.items()
            if name not in self._never_sent
            and (name not in self._fields or self._fields[name] != value)
        }
        if not changed:
            return []
        self._fields.update(changed)
        return [SessionUpdate(event_id=new_event_id(), session=changed)]

    def update_tools(self, tools: Iterable[llm.Tool | llm.Toolset]) -> list[SessionUpdate]:
        """Replace all tools."""
        self._tools = llm.ToolContext(list(tools))
        return self.update({"tools": wire_tools(self._tools.flatten())})

    def update_tool_choice(self, choice: llm.ToolChoice | None) -> list[SessionUpdate]:
        """Change the tool choice of all responses to come; None is the service's default."""
        return self.update({"tool_choice": wire_tool_choice(choice)})
