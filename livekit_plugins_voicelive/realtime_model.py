"""LiveKit's realtime model: an endpoint, the options and capabilities of its sessions, and sessions of them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any, Literal, Unpack

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
    llm,
)
from livekit.agents.utils import is_given

from .audio_format import Encoding, OutputAudioFormat
from .credentials import DEFAULT_SCOPE, Credential
from .endpoint import Endpoint
from .foundry_agent import foundry_agent
from .models import ByomProfile, Model, OpenAIVoiceName
from .options import (
    SessionOptions,
    changed_options,
    count,
    one_name,
    seconds,
    session_options,
)
from .protocol.session_config import (
    Animation,
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    InterimResponseConfig,
    TurnDetection,
    Voice,
)
from .realtime_session import RealtimeSession
from .session_settings import SessionSettings
from .tools import wire_tool_choice
from .way_in import way_in

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
        model: NotGivenOr[Model | str | None] = NOT_GIVEN,
        byom_profile: NotGivenOr[ByomProfile | str | None] = NOT_GIVEN,
        foundry_resource_override: NotGivenOr[str | None] = NOT_GIVEN,
        agent_name: NotGivenOr[str | None] = NOT_GIVEN,
        project_name: NotGivenOr[str | None] = NOT_GIVEN,
        agent_version: NotGivenOr[str | None] = NOT_GIVEN,
        conversation_id: str | None = None,
        agent_id: str | None = None,
        agent_client_id: str | None = None,
        endpoint: NotGivenOr[str | None] = NOT_GIVEN,
        api_version: NotGivenOr[str | None] = NOT_GIVEN,
        api_key: NotGivenOr[str | None] = NOT_GIVEN,
        credential: NotGivenOr[Credential | None] = NOT_GIVEN,
        use_default_credential: bool = False,
        credential_scope: str = DEFAULT_SCOPE,
        modalities: NotGivenOr[list[Literal["text", "audio"]]] = NOT_GIVEN,
        voice: NotGivenOr[Voice | OpenAIVoiceName | str | Any] = NOT_GIVEN,
        turn_detection: NotGivenOr[TurnDetection | Any | None] = NOT_GIVEN,
        input_audio_transcription: NotGivenOr[
            AudioInputTranscriptionOptions | Any | None
        ] = NOT_GIVEN,
        input_audio_format: NotGivenOr[Encoding | str] = NOT_GIVEN,
        input_audio_sampling_rate: NotGivenOr[int] = NOT_GIVEN,
        output_audio_format: NotGivenOr[OutputAudioFormat | str] = NOT_GIVEN,
        input_audio_noise_reduction: NotGivenOr[AudioNoiseReduction | Any | None] = NOT_GIVEN,
        input_audio_echo_cancellation: NotGivenOr[AudioEchoCancellation | Any | None] = NOT_GIVEN,
        output_audio_timestamp_types: NotGivenOr[list[Literal["word"]] | None] = NOT_GIVEN,
        interim_response: NotGivenOr[InterimResponseConfig | Any | None] = NOT_GIVEN,
        animation: NotGivenOr[Animation | Any | None] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice | None] = NOT_GIVEN,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        temperature: NotGivenOr[float] = NOT_GIVEN,
        max_response_output_tokens: NotGivenOr[int | Literal["inf"]] = NOT_GIVEN,
        max_output_tokens: NotGivenOr[int | Literal["inf"]] = NOT_GIVEN,
        reasoning_effort: NotGivenOr[
            Literal["none", "minimal", "low", "medium", "high", "xhigh"] | str
        ] = NOT_GIVEN,
        include: NotGivenOr[list[str]] = NOT_GIVEN,
        metadata: NotGivenOr[dict[str, str]] = NOT_GIVEN,
        extra_session: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, str] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        reply_timeout_s: float = 10.0,
        turn_timeout_s: float = 8.0,
        silence_timeout_s: float = 30.0,
        max_video_frames: int = 0,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> None:
        """Describe a model; what is not given comes from the environment, or stays the service's default.

        Objects of the package ``azure-ai-voicelive``, and plain dicts, are accepted wherever ours are.

        Args:
            model: A managed model such as ``gpt-realtime``, or, with ``byom_profile``, the name of your deployment. Without
                one, ``gpt-realtime``.
            byom_profile: Bring your own model: ``byom-azure-openai-realtime``, ``byom-azure-openai-chat-completion`` or
                ``byom-foundry-anthropic-messages``.
            foundry_resource_override: Name of another Foundry resource on which your deployment or agent lives.
            agent_name: An agent of the Foundry Agent Service instead of a model; it brings its own instructions.
            project_name: The Foundry project of the agent.
            agent_version: Pins the agent's version.
            conversation_id: A stored Foundry conversation that the agent goes on with.
            agent_id: A classic agent, by its id and `project_name`; it needs Entra ID.
            agent_client_id: Client id of the managed identity that the agent is called with.
            endpoint: The resource's address, such as ``https://my-resource.services.ai.azure.com``. A project's endpoint is
                reduced to it; what the query of a whole URL says counts where no option and no variable does.
            api_version: Of the service, such as ``2025-10-01``; the default is ``2026-07-15``.
            api_key: The resource's key.
            credential: A credential of ``azure.identity.aio`` or ``azure.identity``, an ``AzureKeyCredential``, or a function
                that returns a token. It is asked before every connection. Without it and without a key,
                ``DefaultAzureCredential``.
            use_default_credential: ``DefaultAzureCredential``, even where the environment has a key.
            credential_scope: What the token is for.
            modalities: ``["text", "audio"]``, or ``["text"]`` for a separate TTS.
            voice: A name, where ``alloy`` is an OpenAI voice and ``en-US-AvaNeural`` an Azure one, or a voice object. None is
                the model's own voice, whatever the variable says.
            turn_detection: A detector, or None to let LiveKit or your code end turns. The default is
                :class:`AzureSemanticVad`.
            input_audio_transcription: Who writes down the user's words, or None for nobody. The default is ``whisper-1`` with
                native OpenAI models and ``azure-speech`` with all others.
            input_audio_format: What is sent of the caller's audio, which the room may bring at any rate: `pcm16`, `g711_ulaw`
                or `g711_alaw`.
            input_audio_sampling_rate: Hz: 8000, 16000 or 24000 of PCM16, the default is 24000; 8000 of G.711. A telephone
                brings no more than 8000, so less than 24000 saves bandwidth.
            output_audio_format: What the service sends: `pcm16` (24 kHz), `pcm16_16000hz`, `pcm16_8000hz`, `g711_ulaw` or
                `g711_alaw`. OpenAI voices are only known to speak `pcm16` and G.711.
            input_audio_noise_reduction: None switches it off.
            input_audio_echo_cancellation: None switches it off. WebRTC callers cancel their own echo.
            output_audio_timestamp_types: ``["word"]`` tells when each word is spoken; Azure voices only.
            animation: Mouth shapes to go with the speech, as server events for your own code (`voicelive_server_event_received`);
                Azure voices only.
            interim_response: Words that fill a wait; cascaded models and agents only.
            tool_choice: Of all replies, as LiveKit spells it.
            parallel_tool_calls: Whether a reply may call several tools.
            temperature: Of the model.
            max_response_output_tokens: 1 to 4096, or ``"inf"``.
            max_output_tokens: The same under the name that LiveKit's azure plugin has for it.
            reasoning_effort: Of reasoning models.
            include: Extra parts of events, such as ``item.input_audio_transcription.logprobs``.
            metadata: Up to 16 pairs that Azure writes to the resource's logs.
            extra_session: Fields of the wire's session object that this plugin does not know; they win.
            extra_query: Further parameters of the URL, such as a ``profile`` that this plugin does not know; what has an option is
                refused.
            extra_headers: Further headers of the handshake; they win. Credentials are refused, which have options of their own.
            reply_timeout_s: From asking for a reply to its beginning, and for changes of the history.
            turn_timeout_s: From the end of a user's turn to the service's answer; then it is asked for once.
            silence_timeout_s: From one event of a reply to the next; then the reply is given up.
            max_video_frames: Video frames shown as pictures and kept in the history, the newest; 0 shows none. The model
                must understand images.
            conn_options: LiveKit's retries and time-out for connections.

        Raises:
            ValueError: An argument is missing or wrong, or cannot work with this model; the text names it, and its
                environment variable, and says what to use.
        """
        self._endpoint = way_in(
            endpoint=endpoint,
            api_version=api_version,
            model=model,
            byom_profile=byom_profile,
            foundry_resource_override=foundry_resource_override,
            agent=foundry_agent(
                agent_name=agent_name,
                agent_id=agent_id,
                project_name=project_name,
                agent_version=agent_version,
                conversation_id=conversation_id,
                agent_client_id=agent_client_id,
            ),
            api_key=api_key,
            credential=credential,
            use_default_credential=use_default_credential,
            credential_scope=credential_scope,
            extra_query=extra_query,
            extra_headers=extra_headers,
        )
        given = {
            "modalities": modalities,
            "voice": voice,
            "turn_detection": turn_detection,
            "input_audio_transcription": input_audio_transcription,
            "input_audio_format": input_audio_format,
            "input_audio_sampling_rate": input_audio_sampling_rate,
            "output_audio_format": output_audio_format,
            "input_audio_noise_reduction": input_audio_noise_reduction,
            "input_audio_echo_cancellation": input_audio_echo_cancellation,
            "output_audio_timestamp_types": output_audio_timestamp_types,
            "interim_response": interim_response,
            "animation": animation,
            "tool_choice": wire_tool_choice(tool_choice) if is_given(tool_choice) else NOT_GIVEN,
            "parallel_tool_calls": parallel_tool_calls,
            "temperature": temperature,
            "max_response_output_tokens": one_name(
                max_response_output_tokens=max_response_output_tokens,
                max_output_tokens=max_output_tokens,
            ),
            "reasoning_effort": reasoning_effort,
            "include": include,
            "metadata": metadata,
        }
        self._fields = session_options(self._endpoint, given, extra_session)
        self._turn_detection_given = is_given(turn_detection)
        self._reply_timeout_s = seconds("reply_timeout_s", reply_timeout_s)
        self._turn_timeout_s = seconds("turn_timeout_s", turn_timeout_s)
        self._silence_timeout_s = seconds("silence_timeout_s", silence_timeout_s)
        self._max_video_frames = count("max_video_frames", max_video_frames)
        if not isinstance(conn_options, APIConnectOptions):
            raise ValueError("`conn_options` must be an APIConnectOptions of livekit.agents")
        self._conn_options = conn_options
        self._sessions: weakref.WeakSet[RealtimeSession] = weakref.WeakSet()
        super().__init__(capabilities=self._capabilities_of(SessionSettings(self._fields)))

    @property
    def model(self) -> str:
        """The model's, the deployment's or the agent's name."""
        return self._endpoint.answers

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
        fixed = set()
        if self._endpoint.agent is not None:
            # An agent has its own instructions, and takes no others.
            fixed.add("instructions")
        if turn_detection_disabled:
            fields["turn_detection"] = None
            fixed.add("turn_detection")
        settings = SessionSettings(fields, fixed=frozenset(fixed))
        session = RealtimeSession(
            self,
            endpoint=self._endpoint,
            settings=settings,
            capabilities_of=self._capabilities_of,
            conn_options=self._conn_options,
            reply_timeout_s=self._reply_timeout_s,
            turn_timeout_s=self._turn_timeout_s,
            silence_timeout_s=self._silence_timeout_s,
            max_video_frames=self._max_video_frames,
            image_field="image_url" if self._endpoint.api_version >= IMAGE_URL_SINCE else "url",
        )
        self._sessions.add(session)
        return session

    def update_options(
        self,
        *,
        tool_choice: NotGivenOr[llm.ToolChoice | None] = NOT_GIVEN,
        **options: Unpack[SessionOptions],
    ) -> None:
        """Change what sessions to come start from, and the sessions that run; only what is given.

        Raises:
            ValueError: an option is malformed or cannot work with this model; then nothing is changed.
        """
        changes = changed_options(self._endpoint, self._fields, options)
        if is_given(tool_choice):
            changes["tool_choice"] = wire_tool_choice(tool_choice)
        self._fields |= changes
        self._capabilities = self._capabilities_of(SessionSettings(self._fields))
        for session in list(self._sessions):
            session.update_options(tool_choice=tool_choice, **options)

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
            mutable_instructions=self._endpoint.agent is None,
            mutable_tools=True,
            per_response_tool_choice=True,
            supports_say=self._endpoint.api_version >= SAY_SINCE,
        )
