"""Plausible token counts: about four letters a token, 10 audio tokens a second in and 20 out.

Source: Voice Live overview for the audio rates.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from livekit_plugins_voicelive.protocol.audio import bytes_to_ms
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import (
    CachedTokenDetails,
    InputTokenDetails,
    OutputTokenDetails,
    Usage,
)
from livekit_plugins_voicelive.protocol.wire_struct import given

from .conversation import Entry

RATE_LIMITS = (
    {"name": "requests", "limit": 1_000, "remaining": 999, "reset_seconds": 60.0},
    {"name": "tokens", "limit": 120_000, "remaining": 119_000, "reset_seconds": 60.0},
)
"""What ``rate_limits.updated`` says. Assumption: names and numbers are those of a resource without load."""

AUDIO_TOKENS_PER_S = 20
"""Of speech that goes out."""


def text_tokens(text: str) -> int:
    """Tokens in a text."""
    return -(-len(text) // 4)


def usage(instructions: str, read: Iterable[Entry], written: Iterable[Entry]) -> Usage:
    """What a response cost that read these entries and wrote those."""
    text_in, audio_in = _tokens(read, audio_per_s=10)
    text_out, audio_out = _tokens(written, audio_per_s=AUDIO_TOKENS_PER_S)
    text_in += text_tokens(instructions)
    return Usage(
        total_tokens=text_in + audio_in + text_out + audio_out,
        input_tokens=text_in + audio_in,
        output_tokens=text_out + audio_out,
        input_token_details=InputTokenDetails(
            cached_tokens=0,
            text_tokens=text_in,
            audio_tokens=audio_in,
            image_tokens=0,
            cached_tokens_details=CachedTokenDetails(text_tokens=0, audio_tokens=0, image_tokens=0),
        ),
        output_token_details=OutputTokenDetails(
            text_tokens=text_out, audio_tokens=audio_out, reasoning_tokens=0
        ),
    )


def with_text_tokens(estimate: Usage, text_in: int, text_out: int) -> Usage:
    """The same with these text tokens instead of the estimated ones."""
    read, written = given(estimate.input_token_details), given(estimate.output_token_details)
    audio_in = (read and given(read.audio_tokens)) or 0
    audio_out = (written and given(written.audio_tokens)) or 0
    return msgspec.structs.replace(
        estimate,
        total_tokens=text_in + audio_in + text_out + audio_out,
        input_tokens=text_in + audio_in,
        output_tokens=text_out + audio_out,
        input_token_details=read and msgspec.structs.replace(read, text_tokens=text_in),
        output_token_details=written and msgspec.structs.replace(written, text_tokens=text_out),
    )


def _tokens(entries: Iterable[Entry], *, audio_per_s: int) -> tuple[int, int]:
    text = audio = 0
    for entry in entries:
        text += text_tokens(_text(entry.item))
        audio += bytes_to_ms(len(entry.audio)) * audio_per_s // 1000
    return text, audio


def _text(item: Item) -> str:
    parts = given(item.content) or []
    texts = [given(part.text) or given(part.transcript) or "" for part in parts]
    return "".join([*texts, given(item.arguments) or "", given(item.output) or ""])
