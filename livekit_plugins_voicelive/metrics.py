"""Voice Live's usage to LiveKit's metrics. Pure functions."""

from __future__ import annotations

from livekit.agents.metrics import RealtimeModelMetrics
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
    input_details = given(usage.input_token_details) or InputTokenDetails()
    output_details = given(usage.output_token_details) or OutputTokenDetails()
    cached = given(input_details.cached_tokens_details) or CachedTokenDetails()
    output_tokens = given(usage.output_tokens) or 0
    return RealtimeModelMetrics(
        label=label,
        request_id=response.id,
        timestamp=timestamp,
        duration=duration_s,
        ttft=-1 if ttft_s is None else ttft_s,
        cancelled=response.status == "cancelled",
        input_tokens=given(usage.input_tokens) or 0,
        output_tokens=output_tokens,
        total_tokens=given(usage.total_tokens) or 0,
        tokens_per_second=output_tokens / duration_s if duration_s > 0 else 0.0,
        input_token_details=RealtimeModelMetrics.InputTokenDetails(
            audio_tokens=given(input_details.audio_tokens) or 0,
            text_tokens=given(input_details.text_tokens) or 0,
            image_tokens=given(input_details.image_tokens) or 0,
            cached_tokens=given(input_details.cached_tokens) or 0,
            cached_tokens_details=RealtimeModelMetrics.CachedTokenDetails(
                audio_tokens=given(cached.audio_tokens) or 0,
                text_tokens=given(cached.text_tokens) or 0,
                image_tokens=given(cached.image_tokens) or 0,
            ),
        ),
        output_token_details=RealtimeModelMetrics.OutputTokenDetails(
            audio_tokens=given(output_details.audio_tokens) or 0,
            text_tokens=given(output_details.text_tokens) or 0,
        ),
        metadata=metadata,
    )
