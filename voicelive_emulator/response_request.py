"""What a ``response.create`` asks for, held against session and backend before anything begins."""

from __future__ import annotations

from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol.client_events import ResponseCreateParams
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.session_config import InterimResponseConfig
from livekit_plugins_voicelive.protocol.wire_struct import UNSET, given

from .behaviour import Backend
from .documented.client_items import normalised, sound_of
from .documented.session_parts import checked_choice, checked_format, checked_tools, checked_voice
from .documented.values import ResponseValues, check_values, check_version
from .refusal import Refused
from .response_stream import ResponseSpec
from .session_settings import SessionSettings


def check_request(request: ResponseCreateParams, backend: Backend) -> None:
    """Hold everything that says nothing about the voice against what is documented.

    Raises:
        Refused: a value is none of those, or came with a newer api-version.
    """
    fields = {
        name: value for name, value in msgspec.structs.asdict(request).items() if value is not UNSET
    }
    check_values(fields, ResponseValues, "response")
    for name in fields:
        check_version(name, backend.api_version, f"response.{name}")
    checked_tools(given(request.tools) or [], backend, "response.tools")
    checked_choice(given(request.tool_choice), "response.tool_choice")
    _check_interim(given(request.interim_response))


def spec_of(
    request: ResponseCreateParams, settings: SessionSettings, backend: Backend
) -> ResponseSpec:
    """The response that a request makes of the session's settings and its own.

    Raises:
        Refused: the backend cannot speak like that.
    """
    voice = given(request.voice)
    voice = settings["voice"] if voice is None else checked_voice(voice, backend, "response.voice")
    modalities = given(request.modalities)
    native_voice = voice["type"] in ("openai", "azure-realtime-native")
    if modalities and {"text", "audio"} <= set(modalities) and native_voice:
        # Reported: per response, native voices take one or the other.
        raise Refused(
            "Modalities can be ['text'] or ['audio']",
            code="invalid_value",
            param="response.modalities",
        )
    format = checked_format(given(request.output_audio_format), "response.output_audio_format")
    temperature = given(request.temperature)
    tells_times = _tells_times(voice)
    return ResponseSpec(
        modalities=list(modalities or settings["modalities"]),
        voice=voice,
        output_audio_format=format or settings["output_audio_format"] or "pcm16",
        max_output_tokens=given(request.max_output_tokens)
        or settings["max_response_output_tokens"],
        temperature=settings["temperature"] if temperature is None else temperature,
        metadata=given(request.metadata),
        in_conversation=request.conversation != "none" and request.commit is not False,
        word_timestamps=tells_times and "word" in (settings["output_audio_timestamp_types"] or []),
        visemes=tells_times and "viseme_id" in settings.animation_outputs,
    )


def items_of(items: list[Item], param: str) -> list[Item]:
    """Items that a request brings for this response only.

    Raises:
        Refused: one is no item, or holds audio, which the emulator hears in the conversation only.
    """
    if any(sound_of(item) for item in items):
        raise Refused(
            "The emulator takes audio as conversation.item.create",
            code="invalid_value",
            param=param,
        )
    return [normalised(item, param) for item in items]


def text_of(message: Item) -> str:
    """The text of a pre-generated message.

    Raises:
        Refused: it is not an assistant's message with exactly one text part.
    """
    param = "response.pre_generated_assistant_message"
    parts = given(normalised(message, param).content) or []
    if message.role != "assistant" or len(parts) != 1 or not given(parts[0].text):
        raise Refused(
            "An assistant message with exactly one text part is needed",
            code="invalid_value",
            param=param,
        )
    return given(parts[0].text) or ""


def _check_interim(config: Any) -> None:
    try:
        msgspec.convert(config, InterimResponseConfig | None)
    except msgspec.ValidationError as error:
        raise Refused(str(error), code="invalid_value", param="response.interim_response") from None


def _tells_times(voice: dict[str, Any]) -> bool:
    """Azure's own text to speech knows when it says what. Source: Voice Live API reference 2026-07-15."""
    return str(voice["type"]) in ("azure-standard", "azure-custom", "azure-personal")
