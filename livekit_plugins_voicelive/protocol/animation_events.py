"""What the server says of the face that goes with the speech. Source: Voice Live API reference 2026-07-15."""

from __future__ import annotations

from .event_base import ServerEventBase
from .wire_struct import UNSET, Maybe


class ResponseAnimationVisemeDelta(
    ServerEventBase, frozen=True, kw_only=True, tag="response.animation_viseme.delta"
):
    """From when on the mouth has a shape."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    audio_offset_ms: float = 0
    """From the start of the item's audio."""
    viseme_id: int = 0
    """0 to 21; 0 is silence."""


class ResponseAnimationVisemeDone(
    ServerEventBase, frozen=True, kw_only=True, tag="response.animation_viseme.done"
):
    """All shapes of the part are known."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: Maybe[int] = UNSET


AnimationEvent = ResponseAnimationVisemeDelta | ResponseAnimationVisemeDone
