"""The session's configuration as the service keeps it: its defaults, what an update may change, and the echo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol.session_config import SessionConfig

from .behaviour import Backend
from .documented.backend_limits import check_backend
from .documented.session_parts import checked_choice, checked_format, checked_tools, checked_voice
from .documented.values import SessionValues, check_values, check_version
from .ids import new_id
from .refusal import Refused
from .turn_detector import TurnRules

PERSONA = (
    "You are a helpful, friendly voice assistant. Keep your answers short. "
    "Call a function whenever one fits."
)
"""Stands for the service's own default instructions, which every new session shows (observed 2026-07)."""

_DETECTION: dict[str, Any] = {
    "threshold": 0.5,
    "prefix_padding_ms": 400,
    "silence_duration_ms": 500,
    "create_response": True,
    "interrupt_response": True,
    "idle_timeout_ms": None,
    "speech_duration_ms": None,
    "end_of_utterance_detection": None,
    "auto_truncate": False,
    "appended_text_after_truncation": None,
}
"""What a ``server_vad`` sent without its numbers becomes. Observed 2026-07."""

_CREATED_DETECTION = _DETECTION | {"prefix_padding_ms": 300, "silence_duration_ms": 200}
"""What a session has before any update. Observed 2026-07: not the same numbers."""

_TRANSCRIPTION: dict[str, Any] = {
    "model": None,
    "language": None,
    "prompt": None,
    "custom_speech": None,
    "phrase_list": None,
}

_OLD_PADDING = ("2025-05-01-preview", "2025-10-01", "2026-01-01-preview")
"""api-versions whose default prefix padding is 300 ms. Source: Voice Live how-to."""

SEMANTIC_SILENCE_MS = {"low": 1_000, "medium": 600, "high": 300}
"""Silence that ends a turn for ``semantic_vad``, by eagerness. Assumption: the service judges words, we judge silence."""

FIXED_BY_AUDIO = (
    "input_audio_format",
    "input_audio_sampling_rate",
    "input_audio_echo_cancellation",
)
"""What cannot change any more once audio was sent; of echo cancellation, where its reference comes from.

Source: Voice Live API reference, 2026-07-15.
"""

_STEREO_WITHOUT_CLIENT = "invalid_ec_channels_requires_client"

AZURE_VOICE = {"name": "en-US-AvaNeural", "type": "azure-standard"}
"""Of a model without voices that was told none. Assumption: only that it is an Azure voice is documented."""


class SessionSettings:
    """Owns the effective session object; lives as long as the session."""

    def __init__(self, backend: Backend, *, expires_at: int) -> None:
        """``expires_at``: Unix seconds at which the session will end."""
        self._backend = backend
        self._updated = False
        self.fields: dict[str, Any] = {
            "id": new_id("sess"),
            "model": backend.reported_model,
            "modalities": ["audio"],
            "instructions": PERSONA,
            "voice": _default_voice(backend),
            "input_audio_format": "pcm16",
            "output_audio_format": None,
            # Assumption: a cascade transcribes unasked, so it says so.
            "input_audio_transcription": None
            if backend.is_native
            else _TRANSCRIPTION | {"model": "azure-speech"},
            "input_audio_noise_reduction": None,
            "turn_detection": {"type": "server_vad"} | _CREATED_DETECTION,
            "tools": [],
            "tool_choice": "auto",
            "max_response_output_tokens": "inf",
            "expires_at": expires_at,
            "object": "realtime.session",
            "input_audio_sampling_rate": 24_000,
            "animation": None,
            "input_audio_echo_cancellation": None,
            "avatar": None,
            "output_audio_timestamp_types": None,
            "truncation_strategy": None,
            "include": None,
        }
        if backend.kind == "agent":
            # Assumption: the agent's own instructions are not shown.
            self.fields |= {"instructions": None, "agent": _agent(backend)}

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)

    @property
    def detection(self) -> dict[str, Any]:
        """The turn detection in force; empty when it is off."""
        return self.fields["turn_detection"] or {}

    @property
    def turn_rules(self) -> TurnRules | None:
        """How to find turns; None when the client ends them itself."""
        detection = self.detection
        if not detection:
            return None
        if detection["type"] == "semantic_vad":
            silence_ms = SEMANTIC_SILENCE_MS.get(detection.get("eagerness") or "", 600)
            return TurnRules(prefix_padding_ms=400, silence_duration_ms=silence_ms)
        end = detection.get("end_of_utterance_detection")
        patience_ms = 0 if self.removes_fillers else None
        if end:
            patience_ms = _given(end, "timeout_ms", 1_000)
        return TurnRules(
            threshold=detection["threshold"],
            prefix_padding_ms=detection["prefix_padding_ms"],
            silence_duration_ms=detection["silence_duration_ms"],
            speech_duration_ms=detection["speech_duration_ms"] or 200,
            patience_ms=patience_ms,
        )

    @property
    def end_of_utterance_level(self) -> str | None:
        """How complete an utterance must be to end a turn; None where its words do not count."""
        end = self.detection.get("end_of_utterance_detection")
        return _given(end, "threshold_level", "default") if end else None

    @property
    def input_channels(self) -> int:
        """2 where the client sends what it plays beside what it hears."""
        return int((self.fields["input_audio_echo_cancellation"] or {}).get("channels") or 1)

    @property
    def removes_fillers(self) -> bool:
        """Whether "um" begins no turn."""
        return bool(self.detection.get("remove_filler_words"))

    def instructions(self, own: str | None) -> str:
        """What the model is told, if a response has instructions of its ``own`` or none. An agent takes neither.

        Source: Voice Live how-to. Assumption: they are passed over rather than refused.
        """
        if self._backend.kind == "agent":
            return PERSONA
        return (self.fields["instructions"] or "") if own is None else own

    @property
    def animation_outputs(self) -> tuple[str, ...]:
        """What is told of the face: ``viseme_id``, or ``blendshapes``, which the emulator does not make."""
        return tuple((self.fields["animation"] or {}).get("outputs") or ())

    @property
    def phrases(self) -> tuple[str, ...]:
        """Words that the recogniser is told to expect."""
        return tuple((self.fields["input_audio_transcription"] or {}).get("phrase_list") or ())

    def update(
        self, changes: dict[str, Any], *, heard_audio: bool, has_spoken: bool = False
    ) -> None:
        """Take over the top-level fields present; nested objects are replaced, not merged (observed 2026-07).

        Args:
            changes: the fields.
            heard_audio: whether the client has sent any sound.
            has_spoken: whether the model has.

        Raises:
            Refused: a field cannot have this value, or not any more. Then nothing has changed.
        """
        if "model" in changes:
            # Reported: the field is documented, and refused.
            raise Refused("model cannot be changed", code="invalid_value", param="session.model")
        try:
            msgspec.convert(changes, SessionConfig)
        except msgspec.ValidationError as error:
            # Assumption: the code of a session that cannot be read.
            raise Refused(str(error), code="invalid_update_message", param="session") from None
        check_values(changes, SessionValues, "session")
        for name, value in changes.items():
            if value is not None:
                check_version(name, self._backend.api_version, f"session.{name}")
        input_format = changes.get("input_audio_format", self["input_audio_format"])
        check_backend(changes, input_format, self._backend)
        if heard_audio:
            self._check_frozen(changes)
        if "voice" in changes:
            self._check_voice(changes, has_spoken)
        normalise: dict[str, Callable[[Any], Any]] = {
            "voice": lambda value: checked_voice(value, self._backend, "session.voice"),
            "tools": lambda value: checked_tools(value or [], self._backend, "session.tools"),
            "tool_choice": lambda value: checked_choice(value, "session.tool_choice"),
            "turn_detection": self._detection,
            "input_audio_transcription": lambda value: value and _TRANSCRIPTION | value,
            "input_audio_echo_cancellation": _checked_echo,
            "output_audio_format": lambda value: checked_format(
                value, "session.output_audio_format"
            ),
        }
        self.fields |= {
            name: normalise[name](value) if name in normalise else value
            for name, value in changes.items()
            # Assumption: what no session has is passed over.
            if name in SessionConfig.__struct_fields__ and name not in self._read_only
        }
        self._updated = True

    @property
    def _read_only(self) -> frozenset[str]:
        return frozenset({"instructions"} if self._backend.kind == "agent" else ())

    def _check_frozen(self, changes: dict[str, Any]) -> None:
        for name in FIXED_BY_AUDIO:
            if name in changes and _fixed(changes[name]) != _fixed(self.fields[name]):
                raise Refused(
                    f"{name} cannot be changed once audio was sent",
                    code="invalid_value",
                    param=f"session.{name}",
                )

    def _check_voice(self, changes: dict[str, Any], has_spoken: bool) -> None:
        if self._updated and changes.get("modalities", self["modalities"]) == ["text"]:
            # Reported, without a code.
            raise Refused(
                "Text to speech synthesizer is not configured",
                code="invalid_update_message",
                param="session.voice",
            )
        voice = checked_voice(changes["voice"], self._backend, "session.voice")
        if has_spoken and self["voice"]["type"] == "openai" and voice != self["voice"]:
            # Azure's voices are reported to change. Assumption: the code, which is that of OpenAI's realtime service.
            raise Refused(
                "The voice cannot be changed once the model has spoken",
                code="cannot_update_voice",
                param="session.voice",
            )

    def _detection(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None or value["type"] == "semantic_vad":
            return value and {"create_response": True, "interrupt_response": True} | value
        defaults = dict(_DETECTION)
        if value["type"].startswith("azure_semantic_vad"):
            defaults |= {
                "prefix_padding_ms": 420,
                "speech_duration_ms": 80,
                "remove_filler_words": False,
                "languages": None,
            }
        if self._backend.api_version in _OLD_PADDING:
            defaults["prefix_padding_ms"] = 300
        given = {name: part for name, part in value.items() if part is not None}
        return {"type": value["type"]} | defaults | given


def _checked_echo(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Either the service's own reference in mono, or the client's as second channel. Source: Voice Live API reference."""
    if value is None:
        return None
    from_client = value.get("reference_source") == "client"
    stereo = value.get("channels") == 2
    if from_client != stereo:
        code = "invalid_ec_reference_channels" if from_client else _STEREO_WITHOUT_CLIENT
        raise Refused(
            "Echo cancellation takes reference_source 'server' with channels 1, or 'client' with 2",
            code=code,
            param="session.input_audio_echo_cancellation",
        )
    return value


def _fixed(value: Any) -> Any:
    return value.get("channels") or 1 if isinstance(value, dict) else value or 1


def _given(fields: dict[str, Any], name: str, default: Any) -> Any:
    value = fields.get(name)
    return default if value is None else value


def _agent(backend: Backend) -> dict[str, Any]:
    return {
        "type": "agent",
        "name": backend.model,
        "description": None,
        "agent_id": new_id("asst"),
        "thread_id": backend.conversation_id or new_id("conv"),
    }


def _default_voice(backend: Backend) -> dict[str, Any]:
    if backend.model == "azure-realtime":
        return {"name": "ava", "type": "azure-realtime-native"}
    if backend.has_openai_voices:
        return {"name": "alloy", "type": "openai"}
    return dict(AZURE_VOICE)
