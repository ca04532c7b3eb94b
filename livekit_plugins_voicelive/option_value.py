"""One option's value: an object of ours, of Azure's SDK or a plain one in, the wire's JSON in the wire's shape out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .environment import named
from .protocol.session_config import SessionConfig

EXAMPLES = {
    "modalities": '["text", "audio"]',
    "voice": '"en-US-AvaNeural", or AzureStandardVoice(name="en-US-AvaNeural")',
    "turn_detection": "AzureSemanticVad(), or None",
    "input_audio_transcription": 'AudioInputTranscriptionOptions(model="azure-speech"), or None',
    "input_audio_format": '"pcm16"',
    "input_audio_sampling_rate": "24000",
    "output_audio_format": '"pcm16"',
    "input_audio_noise_reduction": 'AudioNoiseReduction(type="azure_deep_noise_suppression"), or None',
    "input_audio_echo_cancellation": "AudioEchoCancellation(), or None",
    "output_audio_timestamp_types": '["word"]',
    "interim_response": 'StaticInterimResponseConfig(texts=["One moment."]), or None',
    "animation": 'Animation(outputs=["viseme_id"])',
    "parallel_tool_calls": "False",
    "temperature": "0.8",
    "max_response_output_tokens": '1000, or "inf"',
    "reasoning_effort": '"low"',
    "include": '["item.input_audio_transcription.phrases"]',
    "metadata": '{"call": "1"}',
}
"""A right value of each option, for the message about a wrong one."""


def shaped(name: str, value: Any) -> Any:
    """The option's value on the wire.

    Raises:
        ValueError: it has another shape than the wire has for it, or holds what the wire does not know.
    """
    plain = wire(name, value)
    try:
        config = msgspec.convert({name: plain}, SessionConfig)
    except msgspec.ValidationError as fault:
        raise _malformed(name, str(fault)) from None
    known = msgspec.to_builtins(config).get(name)
    for path in _unknown(plain, known, name):
        raise _malformed(name, f"there is no {path}")
    return known


def wire(name: str, value: Any) -> Any:
    """Plain JSON of a value: our structs, models of ``azure-ai-voicelive``, enums, and lists and mappings of them.

    Raises:
        ValueError: it holds something else; ``name`` is the argument to name.
    """
    if isinstance(value, type):
        raise ValueError(f"{named(name)} is the class {value.__name__}: pass an object of it")
    try:
        # Bytes stay what they are, to be refused: as text they would be base64.
        return msgspec.to_builtins(
            value, enc_hook=_foreign, str_keys=True, builtin_types=(bytes, bytearray)
        )
    except TypeError as fault:
        raise ValueError(
            f"{named(name)} holds {fault}, which is no option of Voice Live: pass an object of this package or of "
            "azure-ai-voicelive, or a dict"
        ) from None


def _foreign(value: Any) -> Any:
    """Models of ``azure-ai-voicelive`` know their wire form; the package itself is not needed."""
    as_dict = getattr(value, "as_dict", None)
    if callable(as_dict):
        return as_dict()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__}")


def _unknown(given: Any, known: Any, path: str) -> Iterator[str]:
    """Where a value holds what did not survive: the service would pass over it in silence."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            if key in known:
                yield from _unknown(value, known[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"


def _malformed(name: str, fault: str) -> ValueError:
    right = f"; a right one is {EXAMPLES[name]}" if name in EXAMPLES else ""
    return ValueError(
        f"{named(name)} is malformed: {fault}{right}. What is newer than this plugin goes into `extra_session`"
    )
