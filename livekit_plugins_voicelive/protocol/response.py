"""A response and its usage, as ``response.created`` and ``response.done`` show them."""

from __future__ import annotations

from typing import Any

from .items import Item
from .wire_struct import UNSET, Maybe, WireStruct


class CachedTokenDetails(WireStruct, frozen=True, kw_only=True):
    """Tokens served from the cache, by modality."""

    text_tokens: Maybe[int] = UNSET
    audio_tokens: Maybe[int] = UNSET
    image_tokens: Maybe[int] = UNSET


class InputTokenDetails(WireStruct, frozen=True, kw_only=True):
    """Tokens read, by modality."""

    cached_tokens: Maybe[int] = UNSET
    text_tokens: Maybe[int] = UNSET
    audio_tokens: Maybe[int] = UNSET
    image_tokens: Maybe[int] = UNSET
    cached_tokens_details: Maybe[CachedTokenDetails] = UNSET


class OutputTokenDetails(WireStruct, frozen=True, kw_only=True):
    """Tokens written, by modality."""

    text_tokens: Maybe[int] = UNSET
    audio_tokens: Maybe[int] = UNSET
    reasoning_tokens: Maybe[int] = UNSET


class Usage(WireStruct, frozen=True, kw_only=True):
    """What a response cost. For Claude only audio is counted here; its tokens are in ``Response.metadata``."""

    total_tokens: Maybe[int] = UNSET
    input_tokens: Maybe[int] = UNSET
    output_tokens: Maybe[int] = UNSET
    input_token_details: Maybe[InputTokenDetails] = UNSET
    output_token_details: Maybe[OutputTokenDetails] = UNSET


class Response(WireStruct, frozen=True, kw_only=True):
    """A response, as ``response.created`` and ``response.done`` show it."""

    id: str
    object: Maybe[str] = UNSET
    status: Maybe[str] = UNSET
    """``in_progress``, ``completed``, ``cancelled``, ``incomplete`` or ``failed``."""
    status_details: Any = UNSET
    """An object, a bare string or ``null``."""
    output: Maybe[list[Item]] = UNSET
    usage: Maybe[Usage] = UNSET
    conversation_id: Maybe[str] = UNSET
    modalities: Maybe[list[str]] = UNSET
    voice: Any = UNSET
    output_audio_format: Maybe[str] = UNSET
    temperature: Maybe[float] = UNSET
    max_output_tokens: Any = UNSET
    metadata: Maybe[dict[str, Any]] = UNSET
