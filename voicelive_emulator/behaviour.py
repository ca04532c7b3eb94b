"""Whom the emulator plays, and the switches for what nobody has established about the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

BackendKind = Literal["native", "cascade", "agent"]

LATEST_API_VERSION = "2026-07-15"


@dataclass(frozen=True)
class Backend:
    """What answers behind the session, as the connection's URL chose it."""

    model: str = "gpt-realtime"
    """The managed model, or the deployment's name, or the agent's name."""
    kind: BackendKind = "native"
    """``native``: a speech-to-speech model. The other two are cascades: ears, a text model, a voice."""
    profile: str | None = None
    api_version: str = LATEST_API_VERSION
    conversation_id: str | None = None
    """The stored conversation that an agent is to continue. It is only shown: nothing is stored."""
    features: tuple[str, ...] = ()
    """What the connection switched on, such as ``client_ec_reference:true``."""

    @property
    def is_native(self) -> bool:
        """Whether the model itself hears and speaks."""
        return self.kind == "native"

    @property
    def reported_model(self) -> str:
        """The ``model`` of the session object.

        Observed 2026-07, not documented: ``gpt-realtime`` comes back as ``gpt-realtime-global-standard``.
        """
        observed = self.profile is None and self.model == "gpt-realtime"
        return f"{self.model}-global-standard" if observed else self.model

    @property
    def has_openai_voices(self) -> bool:
        """Whether it is one of OpenAI's realtime models. Source: Voice Live how-to."""
        other = ("phi4-mm-realtime", "azure-realtime")
        return self.is_native and (self.profile is not None or self.model not in other)


@dataclass(frozen=True)
class Behaviour:
    """Choices where the service's behaviour is unknown, and its pace."""

    pace: Annotated[float, Meta(gt=0)] = 8.0
    """Seconds of audio sent in one second. ``inf``: everything at once.
    Assumption: recorded sessions only show that it is well above real time."""
    audio_delta_ms: Annotated[int, Meta(ge=1)] = 100
    """Audio in one delta. Assumption: not established."""
    echo_metadata: bool = True
    """Whether a response carries the ``metadata`` of its ``response.create``. Assumption: only ``null``
    for requests without metadata has been recorded."""
    announce_item_done: bool = True
    """Whether ``conversation.item.done`` follows a user item that the detector committed (observed 2026-07)."""
    announce_items_twice: bool = False
    """Whether ``conversation.item.created`` of the assistant's items comes twice.
    Assumption: once is the rule; one client reports that it can arrive twice."""
    transcript: Literal["during", "before", "after"] = "during"
    """When a native model's user transcript comes, seen from the response. Recorded 2026-07: in its middle;
    the transcription is a model of its own, so both others can happen. Cascades always know the words before."""
    empty_transcripts: bool = False
    """Whether each further user turn is followed by one more, empty ``completed`` for the turn before it.
    Assumption: the exception, reported by one client."""
    deltas_after_cancel: Annotated[int, Meta(ge=0)] = 0
    """How many deltas of a cancelled response still come before its ``done`` events.
    Assumption: none; clients report that some arrive."""
    truncate_first: bool = False
    """Whether ``auto_truncate`` cuts the item before the response's ``done`` events rather than after them.
    Assumption: after; one client has seen both."""
    mcp_follow_up: bool = False
    """Whether the service speaks about the result of an MCP server's tool without being asked.
    Assumption: it does not; Microsoft's samples send ``response.create`` for it."""
    rate_limits: bool = False
    """Whether ``rate_limits.updated`` follows each response. Documented, and in no recorded session."""
    session_limit_s: Annotated[float, Meta(gt=0, le=1_000_000)] = 3600.0
    """A session's longest life, after which it expires. Source: Speech service quotas and limits."""
