import pytest

from livekit.agents.metrics.base import Metadata
from livekit_plugins_voicelive.metrics import response_metrics
from livekit_plugins_voicelive.protocol.response import (
    CachedTokenDetails,
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    Usage,
)

WHO = Metadata(model_name="m", model_provider="p")


def test_every_count_of_the_usage_arrives() -> None:
    usage = Usage(
        total_tokens=110,
        input_tokens=96,
        output_tokens=14,
        input_token_details=InputTokenDetails(
            cached_tokens=64,
            text_tokens=50,
            audio_tokens=40,
            image_tokens=6,
            cached_tokens_details=CachedTokenDetails(
                text_tokens=60, audio_tokens=3, image_tokens=1
            ),
        ),
        output_token_details=OutputTokenDetails(text_tokens=4, audio_tokens=10),
    )
    got = response_metrics(
        Response(id="resp_1", status="completed", usage=usage),
        label="l",
        metadata=WHO,
        timestamp=100.0,
        duration_s=2.0,
        ttft_s=0.25,
    )
    assert (got.request_id, got.timestamp, got.duration, got.ttft) == ("resp_1", 100.0, 2.0, 0.25)
    assert (got.input_tokens, got.output_tokens, got.total_tokens) == (96, 14, 110)
    assert got.tokens_per_second == pytest.approx(7.0)
    details = got.input_token_details
    assert (details.audio_tokens, details.text_tokens, details.image_tokens) == (40, 50, 6)
    assert details.cached_tokens == 64
    assert details.cached_tokens_details is not None
    assert details.cached_tokens_details.model_dump() == {
        "audio_tokens": 3,
        "text_tokens": 60,
        "image_tokens": 1,
    }
    assert got.output_token_details.audio_tokens == 10
    assert got.output_token_details.text_tokens == 4
    assert not got.cancelled
    assert got.metadata == WHO


@pytest.mark.parametrize("usage", [None, Usage(), Usage(input_token_details=None)])
def test_what_the_service_leaves_out_is_zero(usage: Usage | None) -> None:
    got = response_metrics(
        Response(id="r", status="cancelled", usage=usage),
        label="l",
        metadata=WHO,
        timestamp=0,
        duration_s=0,
        ttft_s=None,
    )
    assert got.cancelled
    assert got.ttft == -1
    assert got.tokens_per_second == 0
    assert got.total_tokens == got.input_token_details.cached_tokens == 0


def test_claudes_counts_come_from_the_metadata() -> None:
    usage = Usage(
        total_tokens=30,
        input_tokens=20,
        output_tokens=10,
        input_token_details=InputTokenDetails(audio_tokens=20),
        output_token_details=OutputTokenDetails(audio_tokens=10),
    )
    metadata = {
        "input_tokens": "100",
        "anthropic.output_tokens": "7",
        "cache_read_input_tokens": 40,
        "model": "claude",
        "output_tokens_note": "no number",
        "claude.output_tokens": "²",
    }
    got = response_metrics(
        Response(id="r", status="completed", usage=usage, metadata=metadata),
        label="l",
        metadata=WHO,
        timestamp=0,
        duration_s=1,
        ttft_s=None,
    )
    assert (got.input_tokens, got.output_tokens, got.total_tokens) == (120, 17, 137)
    assert got.input_token_details.text_tokens == 100
    assert got.input_token_details.cached_tokens == 40
    assert got.output_token_details.text_tokens == 7
