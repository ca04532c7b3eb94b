"""The numbers and the words that a session's fields can have, and a sentence for each that is none of them.

Source: the Voice Live API reference of 2026-07-15.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

RANGES: dict[str, tuple[float, float]] = {
    "turn_detection.threshold": (0, 1),
    "turn_detection.prefix_padding_ms": (0, math.inf),
    "turn_detection.silence_duration_ms": (0, math.inf),
    "turn_detection.speech_duration_ms": (0, math.inf),
    "turn_detection.end_of_utterance_detection.timeout_ms": (0, math.inf),
    "voice.temperature": (0, 1),
    "input_audio_echo_cancellation.channels": (1, 2),
    "interim_response.latency_threshold_ms": (0, math.inf),
    "interim_response.max_completion_tokens": (1, math.inf),
    # Its upper end is told in two ways: 1.0 and 1.2.
    "temperature": (0, math.inf),
    "max_response_output_tokens": (1, 4096),
}

ENDLESS = "max_response_output_tokens"
"""May be ``"inf"`` too."""

WORDS: dict[str, tuple[str, ...]] = {
    "turn_detection.eagerness": ("auto", "low", "medium", "high"),
    "turn_detection.end_of_utterance_detection.threshold_level": (
        "low",
        "medium",
        "high",
        "default",
    ),
    "input_audio_noise_reduction.type": (
        "azure_deep_noise_suppression",
        "near_field",
        "far_field",
    ),
    "input_audio_echo_cancellation.reference_source": ("server", "client"),
    "output_audio_timestamp_types": ("word",),
    "animation.outputs": ("viseme_id", "blendshapes"),
    "interim_response.triggers": ("latency", "tool"),
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh"),
    "include": (
        "item.input_audio_transcription.logprobs",
        "item.input_audio_transcription.phrases",
        "file_search_call.results",
    ),
}


def beyond_limits(fields: dict[str, Any]) -> Iterator[str]:
    """A sentence for each value that the service has no use for."""
    for path, (least, most) in RANGES.items():
        value = _at(fields, path)
        if value is None or (path == ENDLESS and value == "inf"):
            continue
        if isinstance(value, str) or not (least <= value <= most and math.isfinite(value)):
            right = f"{least:g} or more" if math.isinf(most) else f"{least:g} to {most:g}"
            right += ' or "inf"' if path == ENDLESS else ""
            yield f"{_named(path)} must be {right}, not {value!r}"
    for path, known in WORDS.items():
        value = _at(fields, path)
        for word in [value] if isinstance(value, str) else value or []:
            if word not in known:
                yield (
                    f"{_named(path)} must be {' or '.join(known)}, not {word!r}; what is newer than this plugin "
                    "goes into `extra_session`"
                )


def _at(fields: dict[str, Any], path: str) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _named(path: str) -> str:
    option, _, part = path.partition(".")
    return f"`{option}`: {part}" if part else f"`{option}`"
