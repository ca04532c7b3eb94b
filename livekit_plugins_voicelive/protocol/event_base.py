"""What all server events share."""

from __future__ import annotations

from .wire_struct import UNSET, Maybe, WireStruct


class ServerEventBase(WireStruct, frozen=True, kw_only=True, tag_field="type"):
    """The server numbers its own events."""

    event_id: Maybe[str] = UNSET
