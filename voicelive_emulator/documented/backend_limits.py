"""What a session cannot have with the model behind it, or as it was connected to.

Source: Voice Live API reference 2026-07-15, and the pages on languages and on bringing your own model. Assumption: that it
is refused, and the code; only the limits themselves are documented.
"""

from __future__ import annotations

from typing import Any

from ..behaviour import Backend
from ..refusal import Refused

_OPENAI_TRANSCRIBERS = ("whisper", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
_FIRST_WITH_REFERENCE = "2026-06-01-preview"
_REFERENCE_FEATURE = "client_ec_reference:true"
"""What the query parameter ``features`` must say for a client to send what it plays."""


def check_backend(changes: dict[str, Any], input_format: str, backend: Backend) -> None:
    """Hold a well-formed update against the backend; ``input_format`` is what it leaves in force.

    Raises:
        Refused: the backend cannot do something of it.
    """
    detection = changes.get("turn_detection") or {}
    if detection.get("type") == "semantic_vad" and not backend.is_native:
        raise _refused("semantic_vad works with realtime models only", "turn_detection")
    noise = changes.get("input_audio_noise_reduction") or {}
    if noise.get("type") in ("near_field", "far_field") and not backend.is_native:
        raise _refused(
            "near_field and far_field work with realtime models only", "input_audio_noise_reduction"
        )
    transcription = changes.get("input_audio_transcription") or {}
    if not _transcribes(str(transcription.get("model", "")), backend):
        raise _refused(
            "The transcription model does not work with this model", "input_audio_transcription"
        )
    echo = changes.get("input_audio_echo_cancellation") or {}
    if echo.get("reference_source") == "client":
        _check_reference(input_format, backend)


def _transcribes(transcriber: str, backend: Backend) -> bool:
    if backend.model == "phi4-mm-realtime":
        return transcriber in ("", "azure-speech")
    return backend.is_native or not transcriber.startswith(_OPENAI_TRANSCRIBERS)


def _check_reference(input_format: str, backend: Backend) -> None:
    wanted = None
    if backend.api_version < _FIRST_WITH_REFERENCE:
        wanted = f"api-version {_FIRST_WITH_REFERENCE} or later"
    elif _REFERENCE_FEATURE not in backend.features:
        wanted = f"the query parameter features={_REFERENCE_FEATURE}"
    elif input_format != "pcm16":
        wanted = "the input format pcm16"
    if wanted:
        raise _refused(f"A client's echo reference needs {wanted}", "input_audio_echo_cancellation")


def _refused(message: str, field: str) -> Refused:
    return Refused(message, code="invalid_value", param=f"session.{field}")
