"""LiveKit's realtime model: arguments and environment become an endpoint, settings and capabilities, and sessions of them."""

from __future__ import annotations

import weakref
from typing import Any, cast

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
    llm,
)
from livekit.agents.utils import is_given

from .endpoint import (
    API_KEY_VARIABLES,
    DEFAULT_API_VERSION,
    DEFAULT_SCOPE,
    ENDPOINT_VARIABLES,
    AsyncTokenCredential,
    Endpoint,
    TokenProvider,
    byom_profile as checked_profile,
    from_environment,
    resource_name,
    websocket_base,
)
from .models import ByomProfile, Model, OpenAIVoiceName
from .protocol.audio import SAMPLE_RATE
from .protocol.session_config import (
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    AzureSemanticVad,
    AzureStandardVoice,
    OpenAIVoice,
    SessionConfig,
    TurnDetection,
    Voice,
    session_fields,
)
from .protocol.wire_struct import UNSET, UnsetType
from .realtime_session import RealtimeSession
from .session_settings import SessionSettings

MODEL_VARIABLES = ("AZURE_VOICELIVE_MODEL", "AZURE_VOICE_LIVE_MODEL")
PROFILE_VARIABLE = "AZURE_VOICELIVE_BYOM_PROFILE"
OVERRIDE_VARIABLE = "AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE"

SAY_SINCE = "2026-01-01"
"""First api-version with ``pre_generated_assistant_message``."""

IMAGE_URL_SINCE = "2026-06-01"
"""First api-version that spells an image's address ``image_url``; before it was ``url``."""


class RealtimeModel(llm.RealtimeModel):
    """Azure Voice Live as a LiveKit realtime model.

    Owns what every session starts from; sessions take a copy. Nothing is connected before :meth:`session`.
    """

    def __init__(
        self,
        *,
        model: NotGivenOr[Model | str] = NOT_GIVEN,
        byom_profile: NotGivenOr[ByomProfile | str | None] = NOT_GIVEN,
        foundry_resource_override: NotGivenOr[str | None] = NOT_GIVEN,
        endpoint: NotGivenOr[str] = NOT_GIVEN,
        api_key: NotGivenOr[str] = NOT_GIVEN,
        credential: NotGivenOr[AsyncTokenCredential | TokenProvider] = NOT_GIVEN,
        credential_scope: str = DEFAULT_SCOPE,
        api_version: str = DEFAULT_API_VERSION,
        modalities: NotGivenOr[list[str]] = NOT_GIVEN,
        voice: NotGivenOr[Voice | OpenAIVoiceName | str] = NOT_GIVEN,
        turn_detection: NotGivenOr[TurnDetection | None] = NOT_GIVEN,
        input_audio_transcription: NotGivenOr[AudioInputTranscriptionOptions | None] = NOT_GIVEN,
        input_audio_noise_reduction: NotGivenOr[AudioNoiseReduction | None] = NOT_GIVEN,
        input_audio_echo_cancellation: NotGivenOr[AudioEchoCancellation | None] = NOT_GIVEN,
        output_audio_timestamp_types: NotGivenOr[list[str]] = NOT_GIVEN,
        temperature: NotGivenOr[float] = NOT_GIVEN,
        max_response_output_tokens: NotGivenOr[int | str] = NOT_GIVEN,
        reply_timeout_s: float = 10.0,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> None:
        """Describe a model; what is not given comes from the environment, or stays the service's default.

        Args:
            model: a managed model such as ``gpt-realtime``, or, with ``byom_profile``, the name of your deployment.
                Else ``AZURE_VOICELIVE_MODEL``, else ``gpt-realtime``.
            byom_profile: bring your own model: ``byom-azure-openai-realtime``, ``byom-azure-openai-chat-completion`` or
                ``byom-foundry-anthropic-messages``. Else ``AZURE_VOICELIVE_BYOM_PROFILE``.
            foundry_resource_override: name of another Foundry resource on which your deployment lives. Else
                ``AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE``.
            endpoint: the resource's address, such as ``https://my-resource.services.ai.azure.com``. Else
                ``AZURE_VOICELIVE_ENDPOINT``.
            api_key: the resource's key. Else, unless a ``credential`` is given, ``AZURE_VOICELIVE_API_KEY``.
            credential: an async credential of ``azure.identity.aio``, or a function that returns a token. Without it and
                without a key, ``DefaultAzureCredential``.
            credential_scope: what the token is for.
            api_version: of the service, such as ``2025-10-01`` or ``2026-07-15``.
            modalities: ``["text", "audio"]``, or ``["text"]`` for a separate TTS.
            voice: a name, where ``alloy`` is an OpenAI voice and ``en-US-AvaNeural`` an Azure one, or a voice object.
            turn_detection: a detector, or None to let LiveKit or your code end turns. Else :class:`AzureSemanticVad`.
            input_audio_transcription: who writes down the user's words, or None for nobody. Else ``whisper-1`` with
                native realtime models and ``azure-speech`` with all others.
            input_audio_noise_reduction: None switches it off.
            input_audio_echo_cancellation: None switches it off.
            output_audio_timestamp_types: ``["word"]`` tells when each word is spoken; Azure voices only.
            temperature: of the model.
            max_response_output_tokens: a number, or ``"inf"``.
            reply_timeout_s: from asking for a reply to its beginning, and for changes of the history.
            conn_options: LiveKit's retries and time-out for connections.

        Raises:
            ValueError: an argument is missing or wrong; the text names it, and its environment variable.
        """
        profile = _given_or(byom_profile, from_environment(PROFILE_VARIABLE))
        override = _given_or(foundry_resource_override, from_environment(OVERRIDE_VARIABLE))
        name = _given_or(model, from_environment(*MODEL_VARIABLES)) or "gpt-realtime"
        self._endpoint = _endpoint(
            endpoint=_given_or(endpoint, from_environment(*ENDPOINT_VARIABLES)),
            model=name,
            byom_profile=profile,
            foundry_resource_override=override,
            api_key=api_key,
            credential=credential,
            scope=credential_scope,
            api_version=api_version,
        )
        config = SessionConfig(
            modalities=_given_or(modalities, ["text", "audio"]),
            voice=_voice(_given_or(voice, UNSET)),
            input_audio_format="pcm16",
            input_audio_sampling_rate=SAMPLE_RATE,
            output_audio_format="pcm16",
            turn_detection=_given_or(turn_detection, AzureSemanticVad()),
            input_audio_transcription=_given_or(
                input_audio_transcription, _transcription(name, profile)
            ),
            input_audio_noise_reduction=_given_or(input_audio_noise_reduction, UNSET),
            input_audio_echo_cancellation=_given_or(input_audio_echo_cancellation, UNSET),
            output_audio_timestamp_types=_given_or(output_audio_timestamp_types, UNSET),
            temperature=_given_or(temperature, UNSET),
            max_response_output_tokens=_given_or(max_response_output_tokens, UNSET),
        )
        self._fields = session_fields(config)
        self._turn_detection_given = is_given(turn_detection)
        self._reply_timeout_s = reply_timeout_s
        self._conn_options = conn_options
        self._sessions: weakref.WeakSet[RealtimeSession] = weakref.WeakSet()
        super().__init__(capabilities=self._capabilities_of(SessionSettings(self._fields)))

    @property
    def model(self) -> str:
        """The model's or the deployment's name."""
        return self._endpoint.model

    @property
    def provider(self) -> str:
        """As LiveKit's metrics name the service."""
        return "azure-voicelive"

    @property
    def endpoint(self) -> Endpoint:
        """Where its sessions connect to; no secret shows in its repr."""
        return self._endpoint

    @property
    def session_fields(self) -> dict[str, Any]:
        """The wire's session object that every session starts from."""
        return dict(self._fields)

    def session(self, *, turn_detection_disabled: bool = False) -> RealtimeSession:
        """Begin a conversation; it connects in the background.

        Args:
            turn_detection_disabled: LiveKit or your code ends the turns of this one; the model stays as it is.
        """
        fields = dict(self._fields)
        if turn_detection_disabled:
            fields["turn_detection"] = None
        settings = SessionSettings(fields)
        session = RealtimeSession(
            self,
            endpoint=self._endpoint,
            settings=settings,
            capabilities=self._capabilities_of(settings),
            conn_options=self._conn_options,
            reply_timeout_s=self._reply_timeout_s,
            image_field="image_url" if self._endpoint.api_version >= IMAGE_URL_SINCE else "url",
        )
        self._sessions.add(session)
        return session

    async def aclose(self) -> None:
        """Close the sessions that are still open."""
        for session in list(self._sessions):
            await session.aclose()

    def _capabilities_of(self, settings: SessionSettings) -> llm.RealtimeCapabilities:
        return llm.RealtimeCapabilities(
            message_truncation=True,
            turn_detection=settings.answers_turns,
            user_transcription=settings.transcribes,
            auto_tool_reply_generation=False,
            audio_output="audio" in settings["modalities"],
            manual_function_calls=True,
            can_disable_turn_detection=not self._turn_detection_given,
            supports_overlapping_speech=False,
            mutable_chat_context=True,
            mutable_instructions=True,
            mutable_tools=True,
            per_response_tool_choice=True,
            supports_say=self._endpoint.api_version >= SAY_SINCE,
        )


def _given_or(value: Any, default: Any) -> Any:
    return value if is_given(value) else default


def _voice(voice: Voice | str | UnsetType) -> Voice | UnsetType:
    """Azure's voices carry a locale in their name, such as ``en-US-AvaNeural``; OpenAI's are one word."""
    if not isinstance(voice, str):
        return voice
    return AzureStandardVoice(name=voice) if "-" in voice else OpenAIVoice(name=voice)


def is_native(model: str, profile: str | None) -> bool:
    """Whether the model itself hears and speaks. A deployment's name says nothing, so a profile decides alone."""
    if profile is not None:
        return profile == "byom-azure-openai-realtime"
    return "realtime" in model


def _transcription(model: str, profile: str | None) -> AudioInputTranscriptionOptions:
    """Source: the table of transcription models in the API reference of 2026-07-15."""
    openai = is_native(model, profile) and model not in ("phi4-mm-realtime", "azure-realtime")
    return AudioInputTranscriptionOptions(model="whisper-1" if openai else "azure-speech")


def _endpoint(
    *,
    endpoint: str | None,
    model: str,
    byom_profile: str | None,
    foundry_resource_override: str | None,
    api_key: NotGivenOr[str],
    credential: NotGivenOr[AsyncTokenCredential | TokenProvider],
    scope: str,
    api_version: str,
) -> Endpoint:
    if not endpoint:
        raise ValueError(
            "`endpoint` is missing: pass it or set AZURE_VOICELIVE_ENDPOINT to your resource's address, "
            "such as https://my-resource.services.ai.azure.com"
        )
    if api_version == "v1":
        raise ValueError(
            "`api_version` v1 has another wire format; use a dated one such as "
            + DEFAULT_API_VERSION
        )
    override = resource_name(foundry_resource_override)
    if override is not None and byom_profile is None:
        raise ValueError(
            f"`foundry_resource_override` ({OVERRIDE_VARIABLE}) says where your own model is: "
            f"it needs `byom_profile` ({PROFILE_VARIABLE})"
        )
    key = api_key if is_given(api_key) else None
    if key is None and not is_given(credential):
        key = from_environment(*API_KEY_VARIABLES)
    return Endpoint(
        base=websocket_base(endpoint),
        model=model,
        api_version=api_version,
        byom_profile=checked_profile(byom_profile),
        foundry_resource_override=override,
        api_key=key,
        credential=None if key else _given_or(credential, None) or _default_credential(),
        scope=scope,
    )


def _default_credential() -> AsyncTokenCredential:
    # Imported when needed: the package is heavy, and worker processes import the plugin before they are forked.
    from azure.identity.aio import DefaultAzureCredential

    return cast(AsyncTokenCredential, DefaultAzureCredential())
