"""The ``session`` object of ``session.update``: voices, turn detection, transcription, noise, echo, tools.

The classes carry the names of Azure's own SDK, so that its documentation reads as ours. On the wire a session is a plain
JSON object of which only the fields present count: :func:`session_fields` makes one from a :class:`SessionConfig`.
Nested objects are replaced by an update, not merged (observed 2026-07).
"""

from __future__ import annotations

from typing import Any

import msgspec

from .wire_struct import UNSET, Maybe, UnsetType, WireStruct

# --- voices -----------------------------------------------------------------------------------------------------------


class OpenAIVoice(WireStruct, tag_field="type", tag="openai", frozen=True, kw_only=True):
    """A voice of the native OpenAI realtime models, managed or bring-your-own."""

    name: str
    """alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin or cedar."""


class AzureVoice(WireStruct, tag_field="type", frozen=True, kw_only=True):
    """What all Azure voices share. Pitch, rate and volume take SSML prosody values."""

    temperature: float | UnsetType = UNSET
    """0.0 to 1.0, for HD voices."""
    custom_lexicon_url: str | UnsetType = UNSET
    custom_text_normalization_url: str | UnsetType = UNSET
    prefer_locales: list[str] | UnsetType = UNSET
    """Preferred accent for each language, such as ``["en-GB", "es-ES"]``."""
    locale: str | UnsetType = UNSET
    """Forces one locale; text it cannot speak becomes silence."""
    style: str | UnsetType = UNSET
    pitch: str | UnsetType = UNSET
    rate: str | UnsetType = UNSET
    """Such as ``"1.2"`` or ``"+20%"``; 0.5 to 1.5 is recommended."""
    volume: str | UnsetType = UNSET


class AzureStandardVoice(AzureVoice, tag="azure-standard", frozen=True, kw_only=True):
    """A prebuilt neural voice, such as ``en-US-AvaNeural`` or ``en-US-Ava:DragonHDLatestNeural``."""

    name: str


class AzureCustomVoice(AzureVoice, tag="azure-custom", frozen=True, kw_only=True):
    """A custom neural voice; it must live on the same resource."""

    name: str
    endpoint_id: str


class AzurePersonalVoice(AzureVoice, tag="azure-personal", frozen=True, kw_only=True):
    """A personal voice."""

    name: str
    model: str
    """``DragonLatestNeural``, ``DragonHDOmniLatestNeural``, ``PhoenixLatestNeural``, …"""


class AzureRealtimeNativeVoice(
    WireStruct, tag_field="type", tag="azure-realtime-native", frozen=True, kw_only=True
):
    """A voice of the model ``azure-realtime`` only; needs ``2026-06-01-preview`` or later."""

    name: str


class AzureAvatarVoiceSyncVoice(AzureVoice, tag="avatar-voice-sync", frozen=True, kw_only=True):
    """A personal voice in step with a custom avatar."""

    model: str


Voice = (
    OpenAIVoice
    | AzureStandardVoice
    | AzureCustomVoice
    | AzurePersonalVoice
    | AzureRealtimeNativeVoice
    | AzureAvatarVoiceSyncVoice
)

# --- turn detection ---------------------------------------------------------------------------------------------------


class EouDetection(WireStruct, tag_field="model", frozen=True, kw_only=True):
    """Judges from the words whether an utterance is complete, and waits longer when it is not."""

    threshold_level: str | UnsetType = UNSET
    """``low``, ``medium``, ``high`` or ``default``; lower takes a turn for complete more easily."""
    timeout_ms: int | UnsetType = UNSET
    """Default 1000."""


class AzureSemanticDetection(EouDetection, tag="semantic_detection_v1", frozen=True, kw_only=True):
    """The default end-of-utterance model."""


class AzureSemanticDetectionEn(
    EouDetection, tag="semantic_detection_v1_en", frozen=True, kw_only=True
):
    """End-of-utterance detection for English."""


class AzureSemanticDetectionMultilingual(
    EouDetection, tag="semantic_detection_v1_multilingual", frozen=True, kw_only=True
):
    """End-of-utterance detection for several languages."""


class SmartEndOfTurnDetection(
    EouDetection, tag="smart_end_of_turn_detection", frozen=True, kw_only=True
):
    """Judges from the audio; preview, ``2026-06-01-preview`` only."""


EndOfUtteranceDetection = (
    AzureSemanticDetection
    | AzureSemanticDetectionEn
    | AzureSemanticDetectionMultilingual
    | SmartEndOfTurnDetection
)


class TurnDetectionBase(WireStruct, tag_field="type", frozen=True, kw_only=True):
    """What all turn detectors share."""

    create_response: bool | UnsetType = UNSET
    """Default true: a turn that ended is answered without being asked for."""
    interrupt_response: bool | UnsetType = UNSET
    """Default true: speech cancels the running response."""
    auto_truncate: bool | UnsetType = UNSET
    """Default false; assumes that the client plays in real time. LiveKit knows the true position, so leave it off."""


class AudioTurnDetection(TurnDetectionBase, frozen=True, kw_only=True):
    """Detectors that listen to the energy and shape of the audio."""

    threshold: float | UnsetType = UNSET
    """0 to 1, default 0.5."""
    prefix_padding_ms: int | UnsetType = UNSET
    silence_duration_ms: int | UnsetType = UNSET
    speech_duration_ms: int | UnsetType = UNSET
    end_of_utterance_detection: Maybe[EndOfUtteranceDetection] = UNSET


class ServerVad(AudioTurnDetection, tag="server_vad", frozen=True, kw_only=True):
    """Voice activity detection. Defaults: threshold 0.5, prefix 400 ms, silence 500 ms, speech 200 ms.

    Source: Voice Live API reference 2026-07-15; prefix and silence observed 2026-07.
    """


class AzureSemanticVadBase(AudioTurnDetection, frozen=True, kw_only=True):
    """What Azure's semantic detectors share. Defaults: prefix 420 ms, silence 500 ms, speech 80 ms."""

    remove_filler_words: bool | UnsetType = UNSET
    """Default false; true keeps "um" and "yeah" from interrupting."""
    languages: list[str] | UnsetType = UNSET
    appended_text_after_truncation: str | UnsetType = UNSET
    speech_duration_assistant_speaking_ms: int | UnsetType = UNSET
    """Accepted by the service, not documented."""


class AzureSemanticVad(AzureSemanticVadBase, tag="azure_semantic_vad", frozen=True, kw_only=True):
    """Azure's semantic turn detection, English."""


class AzureSemanticVadEn(
    AzureSemanticVadBase, tag="azure_semantic_vad_en", frozen=True, kw_only=True
):
    """The same under the name that only the SDK knows."""


class AzureSemanticVadMultilingual(
    AzureSemanticVadBase, tag="azure_semantic_vad_multilingual", frozen=True, kw_only=True
):
    """Azure's semantic turn detection for English, Spanish, French, Italian, German, Japanese, Portuguese, Chinese, Korean and Hindi."""


class SemanticVad(TurnDetectionBase, tag="semantic_vad", frozen=True, kw_only=True):
    """OpenAI's semantic detector; ``gpt-realtime`` and ``gpt-realtime-mini`` only.

    Reported to be accepted and then never to fire on Azure's sibling service: prefer :class:`AzureSemanticVad`.
    """

    eagerness: str | UnsetType = UNSET
    """``auto``, ``low``, ``medium`` or ``high``."""


TurnDetection = (
    ServerVad | AzureSemanticVad | AzureSemanticVadEn | AzureSemanticVadMultilingual | SemanticVad
)

# --- audio in ---------------------------------------------------------------------------------------------------------


class AudioInputTranscriptionOptions(WireStruct, frozen=True, kw_only=True):
    """What writes down the user's words."""

    model: str
    """``azure-speech``, ``whisper-1``, ``gpt-4o-transcribe``, ``mai-transcribe``, …"""
    language: Maybe[str] = UNSET
    """BCP-47 codes, comma-separated, for ``azure-speech``; one ISO-639-1 code for OpenAI's."""
    phrase_list: Maybe[list[str]] = UNSET
    custom_speech: Maybe[dict[str, str]] = UNSET
    """Locale to custom speech model id; ``azure-speech`` only."""
    prompt: Maybe[str] = UNSET
    """OpenAI's transcribers only."""


class AudioNoiseReduction(WireStruct, frozen=True, kw_only=True):
    """``azure_deep_noise_suppression`` with any model; ``near_field`` and ``far_field`` with ``gpt-realtime`` only."""

    type: str


class AudioEchoCancellation(
    WireStruct, tag_field="type", tag="server_echo_cancellation", frozen=True, kw_only=True
):
    """Server-side echo cancellation. WebRTC clients cancel their own echo, so LiveKit rooms rarely need it."""

    reference_source: str | UnsetType = UNSET
    channels: int | UnsetType = UNSET


# --- audio out ---------------------------------------------------------------------------------------------------------


class Animation(WireStruct, frozen=True, kw_only=True):
    """Mouth shapes that go with the speech."""

    model_name: Maybe[str] = UNSET
    outputs: Maybe[list[str]] = UNSET
    """``viseme_id`` or ``blendshapes``. Microsoft's pages disagree on whether the latter works."""


# --- while the model thinks --------------------------------------------------------------------------------------------


class InterimResponseConfigBase(WireStruct, tag_field="type", frozen=True, kw_only=True):
    """Words that fill a wait; cascaded models and agents with an Azure voice only. ``2026-01-01-preview`` or later."""

    triggers: Maybe[list[str]] = UNSET
    """``latency``, ``tool``; default ``["latency"]``."""
    latency_threshold_ms: Maybe[int] = UNSET
    """Default 2000."""


class StaticInterimResponseConfig(
    InterimResponseConfigBase, tag="static_interim_response", frozen=True, kw_only=True
):
    """One of some given texts."""

    texts: Maybe[list[str]] = UNSET


class LlmInterimResponseConfig(
    InterimResponseConfigBase, tag="llm_interim_response", frozen=True, kw_only=True
):
    """Words that a small model makes up."""

    model: Maybe[str] = UNSET
    """Default ``gpt-4.1-mini``."""
    instructions: Maybe[str] = UNSET
    max_completion_tokens: Maybe[int] = UNSET
    """Default 50."""


InterimResponseConfig = StaticInterimResponseConfig | LlmInterimResponseConfig

# --- tools ------------------------------------------------------------------------------------------------------------


class FunctionTool(WireStruct, tag_field="type", tag="function", frozen=True, kw_only=True):
    """A function that the client runs."""

    name: str
    description: Maybe[str] = UNSET
    parameters: Any = UNSET
    """A JSON schema."""


class MCPServer(WireStruct, tag_field="type", tag="mcp", frozen=True, kw_only=True):
    """A Model Context Protocol server that the service itself calls; ``2026-04-10`` or later."""

    server_label: str
    server_url: str
    authorization: Maybe[str] = UNSET
    headers: Maybe[dict[str, str]] = UNSET
    allowed_tools: Maybe[list[str]] = UNSET
    require_approval: Any = UNSET
    """``"never"``, ``"always"`` (the default) or ``{"never": [names], "always": [names]}``."""

    def __repr__(self) -> str:
        """Without its address and headers, which can hold secrets."""
        return f"MCPServer(server_label={self.server_label!r})"


# --- the session ------------------------------------------------------------------------------------------------------


class SessionConfig(WireStruct, frozen=True, kw_only=True):
    """All that a ``session.update`` may carry; only what is set is sent."""

    modalities: list[str] | UnsetType = UNSET
    instructions: Maybe[str] = UNSET
    voice: Maybe[Voice | str] = UNSET
    input_audio_format: Maybe[str] = UNSET
    input_audio_sampling_rate: Maybe[int] = UNSET
    output_audio_format: Maybe[str] = UNSET
    turn_detection: Maybe[TurnDetection] = UNSET
    input_audio_noise_reduction: Maybe[AudioNoiseReduction] = UNSET
    input_audio_echo_cancellation: Maybe[AudioEchoCancellation] = UNSET
    input_audio_transcription: Maybe[AudioInputTranscriptionOptions] = UNSET
    output_audio_timestamp_types: Maybe[list[str]] = UNSET
    animation: Maybe[Animation] = UNSET
    avatar: Any = UNSET
    tools: Maybe[list[Any]] = UNSET
    tool_choice: Any = UNSET
    parallel_tool_calls: Maybe[bool] = UNSET
    temperature: Maybe[float] = UNSET
    max_response_output_tokens: Maybe[int | str] = UNSET
    reasoning_effort: Maybe[str] = UNSET
    interim_response: Maybe[InterimResponseConfig] = UNSET
    include: Maybe[list[str]] = UNSET
    metadata: Maybe[dict[str, str]] = UNSET


def session_fields(config: SessionConfig) -> dict[str, Any]:
    """The wire object: exactly the fields that are set, ``None`` as ``null``."""
    fields: dict[str, Any] = msgspec.to_builtins(config)
    return fields
