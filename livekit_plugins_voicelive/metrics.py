"""Voice Live's usage to LiveKit's metrics. Pure functions."""

from __future__ import annotations

from typing import Any

from livekit.agents.metrics import RealtimeModelMetrics, STTMetrics
from livekit.agents.metrics.base import Metadata

from .protocol.response import (
    CachedTokenDetails,
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    Usage,
)
from .protocol.wire_struct import given


def response_metrics(
    response: Response,
    *,
    label: str,
    metadata: Metadata,
    timestamp: float,
    duration_s: float,
    ttft_s: float | None,
) -> RealtimeModelMetrics:
    """What one response cost, for LiveKit's ledger; every count the service left out is zero.

    Args:
        response: the response of ``response.done``; its id becomes the ``request_id``.
        label: the model's LiveKit label.
        metadata: the model's name and provider.
        timestamp: creation, Unix seconds.
        duration_s: from creation to the end.
        ttft_s: from creation to the first audio or text; None if there was none.
    """
    usage = given(response.usage) or Usage()
    output_details = given(usage.output_token_details) or OutputTokenDetails()
    claude = _claude_tokens(given(response.metadata) or {})
    text_out = (given(output_details.text_tokens) or 0) + claude["output_tokens"]
    input_tokens = (given(usage.input_tokens) or 0) + claude["input_tokens"]
    output_tokens = (given(usage.output_tokens) or 0) + claude["output_tokens"]
    return RealtimeModelMetrics(
        label=label,
        request_id=response.id,
        timestamp=timestamp,
        duration=duration_s,
        ttft=-1 if ttft_s is None else ttft_s,
        cancelled=response.status == "cancelled",
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        total_tokens=(given(usage.total_tokens) or 0)
        + claude["input_tokens"]
        + claude["output_tokens"],
        tokens_per_second=output_tokens / duration_s if duration_s > 0 else 0.0,
        input_token_details=_input_details(usage, claude),
        output_token_details=RealtimeModelMetrics.OutputTokenDetails(
            audio_tokens=given(output_details.audio_tokens) or 0,
            text_tokens=text_out,
        ),
        metadata=metadata,
    )


def _input_details(usage: Usage, claude: dict[str, int]) -> RealtimeModelMetrics.InputTokenDetails:
    details = given(usage.input_token_details) or InputTokenDetails()
    cached = given(details.cached_tokens_details) or CachedTokenDetails()
    cache_read = claude["cache_read_input_tokens"]
    return RealtimeModelMetrics.InputTokenDetails(
        audio_tokens=given(details.audio_tokens) or 0,
        text_tokens=(given(details.text_tokens) or 0) + claude["input_tokens"],
        image_tokens=given(details.image_tokens) or 0,
        cached_tokens=(given(details.cached_tokens) or 0) + cache_read,
        cached_tokens_details=RealtimeModelMetrics.CachedTokenDetails(
            audio_tokens=given(cached.audio_tokens) or 0,
            text_tokens=(given(cached.text_tokens) or 0) + cache_read,
            image_tokens=given(cached.image_tokens) or 0,
        ),
    )


CLAUDE_COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens")


def _claude_tokens(metadata: dict[str, Any]) -> dict[str, int]:
    """Claude's counts, which are in the response's metadata and not in its usage.

    Source: Microsoft's BYOM page, which does not name the keys. Assumption: they are those of the Messages API, as
    they are or behind a prefix.
    """
    counts = dict.fromkeys(CLAUDE_COUNTS, 0)
    for key, value in metadata.items():
        name = key.rsplit(".", 1)[-1]
        if name in counts and str(value).isdecimal():
            counts[name] += int(value)
    return counts


def transcription_metrics(
    item_id: str,
    *,
    label: str,
    model: str | None,
    provider: str,
    timestamp: float,
    audio_duration_s: float,
) -> STTMetrics:
    """What one transcribed turn cost, for LiveKit's ledger.

    Args:
        item_id: the user's message.
        label: the model's LiveKit label.
        model: who transcribed.
        provider: whose service that is.
        timestamp: Unix seconds.
        audio_duration_s: how long the user spoke.
    """
    return STTMetrics(
        label=label,
        request_id=item_id,
        timestamp=timestamp,
        duration=0.0,
        audio_duration=audio_duration_s,
        streamed=True,
        metadata=Metadata(model_name=model, model_provider=provider),
    )
