"""Arguments to the wire's session object: objects of ours, of Azure's SDK or plain ones in, checked fields out.

Nothing is sent that was not asked for, except what a call needs. What each kind of model gets by default is decided here,
from the profile or a managed model's name and never from a deployment's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, get_args

from livekit.agents import NOT_GIVEN
from livekit.agents.utils import is_given

from .audio_format import input_format, output_format
from .endpoint import Endpoint
from .environment import from_environment
from .models import NATIVE_BUT_NOT_OPENAI, OpenAIVoiceName
from .option_value import shaped, wire
from .protocol.session_config import (
    Animation,
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    AzureRealtimeNativeVoice,
    AzureSemanticVad,
    AzureStandardVoice,
    InterimResponseConfig,
    OpenAIVoice,
    TurnDetection,
    Voice,
)
from .unsupported import refuse_unsupported

SWITCHED_OFF_BY_NULL = (
    "turn_detection",
    "input_audio_transcription",
    "input_audio_noise_reduction",
    "input_audio_echo_cancellation",
    "output_audio_timestamp_types",
    "interim_response",
    "animation",
)
"""What None switches off; of anything else None is the service's default. Source: Voice Live API reference 2026-07-15."""


def session_options(
    endpoint: Endpoint, given: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What every session starts from.

    Args:
        endpoint: what answers; it decides the defaults, and what is refused.
        given: the session's fields by their names on the wire; those that are ``NOT_GIVEN`` get a default, or are not sent.
        extra: fields that are newer than this plugin, sent as they are; they win.

    Raises:
        ValueError: an option is malformed, or cannot work with this model; the text says what to use.
    """
    if not isinstance(extra, Mapping | None):
        raise ValueError(
            "`extra_session` must be a mapping of the session's fields to their values"
        )
    chosen = {
        name: _shaped(endpoint, name, value)
        for name, value in given.items()
        if is_given(value) and (name in SWITCHED_OFF_BY_NULL or not _is_blank(value))
    }
    fields = _defaults(endpoint) | chosen
    # A session that only writes is refused when it names a voice again; None is the service's own.
    speaks = fields["modalities"] != ["text"]
    unnamed = not is_given(given.get("voice", NOT_GIVEN))
    if speaks and unnamed and (voice := from_environment("voice")):
        fields["voice"] = _shaped(endpoint, "voice", voice)
    newer: dict[str, Any] = wire("extra_session", dict(extra or {}))
    refuse_unsupported(endpoint, fields, newer)
    return fields | _audio_formats(fields) | newer


def _is_blank(value: Any) -> bool:
    """None, or a text that is as good as none, as a blank variable is not set."""
    return value is None or (isinstance(value, str) and not value.strip())


def _shaped(endpoint: Endpoint, name: str, value: Any) -> Any:
    return shaped(name, named_voice(endpoint, value) if name == "voice" else value)


class SessionOptions(TypedDict, total=False):
    """What ``update_options`` can change of a session that runs, by the names that ``RealtimeModel`` has for it.

    The service fixes the voice of native models once they have spoken, and modalities of some; a refusal is an ``error`` event.
    """

    modalities: list[Literal["text", "audio"]]
    voice: Voice | OpenAIVoiceName | str | Any
    turn_detection: TurnDetection | Any | None
    input_audio_transcription: AudioInputTranscriptionOptions | Any | None
    input_audio_noise_reduction: AudioNoiseReduction | Any | None
    input_audio_echo_cancellation: AudioEchoCancellation | Any | None
    output_audio_timestamp_types: list[Literal["word"]] | None
    interim_response: InterimResponseConfig | Any | None
    animation: Animation | Any | None
    parallel_tool_calls: bool
    temperature: float
    max_response_output_tokens: int | Literal["inf"]
    max_output_tokens: int | Literal["inf"]
    reasoning_effort: str
    include: list[str]
    metadata: dict[str, str]


def changed_options(
    endpoint: Endpoint, fields: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The wire's fields for a change of a session that has ``fields``.

    Raises:
        ValueError: an option is unknown or malformed, or cannot work with this model.
    """
    unknown = changes.keys() - SessionOptions.__annotations__.keys()
    if unknown:
        raise ValueError(f"`{min(unknown)}` cannot be changed while a session runs")
    wanted = {name: value for name, value in changes.items() if is_given(value)}
    if "max_output_tokens" in wanted:
        limit = one_name(
            max_response_output_tokens=wanted.get("max_response_output_tokens", NOT_GIVEN),
            max_output_tokens=wanted.pop("max_output_tokens"),
        )
        wanted["max_response_output_tokens"] = limit
    changed = {name: _shaped(endpoint, name, value) for name, value in wanted.items()}
    session = {**fields, **changed}
    if session.get("modalities") == ["text"] and "voice" not in changed:
        # While a session only writes, it keeps its voice for when it speaks again.
        session.pop("voice", None)
    refuse_unsupported(endpoint, session, {})
    return changed


def one_name(**values: Any) -> Any:
    """The value of an option that has several names, of which one may be used.

    Raises:
        ValueError: two are.
    """
    given = [value for value in values.values() if is_given(value)]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(f'`{name}`' for name in values)} are one option: pass one")
    return given[0] if given else NOT_GIVEN


def seconds(argument: str, value: Any) -> float:
    """The argument, if it is a time-out.

    Raises:
        ValueError: it is no number above 0.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"`{argument}` must be a number of seconds above 0, not {value!r}")


def count(argument: str, value: Any) -> int:
    """The argument, if it is a count.

    Raises:
        ValueError: it is no whole number, or below 0.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"`{argument}` must be a whole number, 0 or more, not {value!r}")


def named_voice(endpoint: Endpoint, voice: Any) -> Any:
    """The voice as an object. Azure's names carry a locale, such as ``en-US-AvaNeural``; OpenAI's are one word.

    So are those of the model ``azure-realtime``, which no other model has.
    """
    if not isinstance(voice, str):
        return voice
    name = str(voice).strip()
    if "-" in name:
        return AzureStandardVoice(name=name)
    if endpoint.managed_model == "azure-realtime" and name not in get_args(OpenAIVoiceName):
        return AzureRealtimeNativeVoice(name=name)
    return OpenAIVoice(name=name)


def default_transcription(endpoint: Endpoint) -> str:
    """The transcription model. Source: the table of transcription models in the API reference of 2026-07-15."""
    if endpoint.managed_model in NATIVE_BUT_NOT_OPENAI:
        return "azure-speech"
    return "whisper-1" if endpoint.kind == "native" else "azure-speech"


def _defaults(endpoint: Endpoint) -> dict[str, Any]:
    transcription = AudioInputTranscriptionOptions(model=default_transcription(endpoint))
    return {
        "modalities": ["text", "audio"],
        "turn_detection": shaped("turn_detection", AzureSemanticVad()),
        "input_audio_transcription": shaped("input_audio_transcription", transcription),
    }


def _audio_formats(fields: dict[str, Any]) -> dict[str, Any]:
    """Always said, because we count in them."""
    up = input_format(fields.get("input_audio_format"), fields.get("input_audio_sampling_rate"))
    down = fields.get("output_audio_format", "pcm16")
    output_format(down)
    return {
        "input_audio_format": up.encoding,
        "input_audio_sampling_rate": up.sample_rate,
        "output_audio_format": down,
    }
