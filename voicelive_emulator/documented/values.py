"""Which values the service documents for the fields of a session and of a response: names, ranges, and since when.

Shapes are the protocol's affair; here is only what a well-formed field may not say. Source: Voice Live API reference
2026-07-15 and Microsoft's SDK 1.3.1; where they name different ranges, both are taken. Assumption: that what is not
documented is refused, and the code.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ..refusal import Refused

Milliseconds = Annotated[int, Meta(ge=0)]
Modalities = Annotated[list[Literal["text", "audio", "animation", "avatar"]], Meta(min_length=1)]
TokenLimit = Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"]
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(max_length=16),
]
Temperature = Annotated[float, Meta(ge=0, le=1.2)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]


class EndOfUtterance(msgspec.Struct):
    """``end_of_utterance_detection`` of a turn detection."""

    threshold_level: Literal["low", "medium", "high", "default"] | None = None
    timeout_ms: Milliseconds | None = None


class Detection(msgspec.Struct):
    """``turn_detection``."""

    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    prefix_padding_ms: Milliseconds | None = None
    silence_duration_ms: Milliseconds | None = None
    speech_duration_ms: Milliseconds | None = None
    speech_duration_assistant_speaking_ms: Milliseconds | None = None
    eagerness: Literal["auto", "low", "medium", "high"] | None = None
    end_of_utterance_detection: EndOfUtterance | None = None


class NoiseReduction(msgspec.Struct):
    """``input_audio_noise_reduction``."""

    type: Literal["azure_deep_noise_suppression", "near_field", "far_field"]


class EchoCancellation(msgspec.Struct):
    """``input_audio_echo_cancellation``."""

    type: Literal["server_echo_cancellation"]
    reference_source: Literal["server", "client"] | None = None
    channels: Literal[1, 2] | None = None


class Animation(msgspec.Struct):
    """``animation``."""

    outputs: list[Literal["blendshapes", "viseme_id"]] | None = None


class Avatar(msgspec.Struct):
    """``avatar``."""

    character: str


class Interim(msgspec.Struct):
    """``interim_response``."""

    triggers: list[Literal["latency", "tool"]] | None = None
    latency_threshold_ms: Milliseconds | None = None


class SessionValues(msgspec.Struct):
    """What the fields of a session may say."""

    modalities: Modalities | UnsetType = UNSET
    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"] | UnsetType = UNSET
    input_audio_sampling_rate: Literal[8_000, 16_000, 24_000, 44_100] | None = None
    turn_detection: Detection | None = None
    input_audio_noise_reduction: NoiseReduction | None = None
    input_audio_echo_cancellation: EchoCancellation | None = None
    output_audio_timestamp_types: list[Literal["word"]] | None = None
    animation: Animation | None = None
    avatar: Avatar | None = None
    temperature: Temperature | None = None
    max_response_output_tokens: TokenLimit | None = None
    reasoning_effort: Effort | None = None
    interim_response: Interim | None = None
    include: (
        list[
            Literal[
                "item.input_audio_transcription.logprobs",
                "item.input_audio_transcription.phrases",
                "file_search_call.results",
            ]
        ]
        | None
    ) = None
    metadata: Metadata | None = None


class ResponseValues(msgspec.Struct):
    """What the fields of a ``response.create`` may say."""

    modalities: Modalities | UnsetType = UNSET
    temperature: Temperature | UnsetType = UNSET
    max_output_tokens: TokenLimit | UnsetType = UNSET
    reasoning_effort: Effort | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    conversation: Literal["auto", "none"] | UnsetType = UNSET
    interim_response: Interim | None = None


SINCE = {
    "interim_response": "2026-01-01-preview",
    "pre_generated_assistant_message": "2026-01-01-preview",
    "parallel_tool_calls": "2026-06-01-preview",
    "azure-realtime-native": "2026-06-01-preview",
    "mcp": "2026-04-10",
}
"""First api-version of a field, a kind of voice or a kind of tool, where it is not the first one of all."""

VOICE_NAMES = {
    "openai": {
        *("alloy", "ash", "ballad", "coral", "echo"),
        *("sage", "shimmer", "verse", "marin", "cedar"),
    },
    "azure-realtime-native": {
        *("aarti", "andrew", "ava", "denise", "diya", "elsa"),
        *("florian", "francisca", "meera", "xiaoxiao", "yunxi", "ximena"),
    },
}
"""The names of the voices of a kind, where they are counted."""


def check_values(fields: dict[str, Any], values: type[msgspec.Struct], param: str) -> None:
    """Hold fields against :class:`SessionValues` or :class:`ResponseValues`.

    Raises:
        Refused: a value is none of the documented ones.
    """
    try:
        msgspec.convert(fields, values)
    except msgspec.ValidationError as error:
        place = re.search(r"`\$\.?([^`]*)`$", str(error))
        where = ".".join(filter(None, (param, place and place.group(1))))
        raise Refused(
            f"{where} has no value that is supported", code="invalid_value", param=where
        ) from None


def check_version(what: str, api_version: str, param: str) -> None:
    """Hold something that is used against the connection's version.

    Raises:
        Refused: it came later.
    """
    first = SINCE.get(what, "")
    if api_version < first:
        raise Refused(
            f"{what} needs api-version {first} or later", code="invalid_value", param=param
        )
