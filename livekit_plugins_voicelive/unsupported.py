"""What the service would refuse, or silently ignore: a table of rules, each of which names the option and what to use.

Only established facts are in it; what is not known to fail is left to the service. Source, unless a rule says otherwise: the
Voice Live API reference of 2026-07-15 and the pages on customising, bringing your own model and agents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .audio_format import FORMAT_FIELDS
from .endpoint import Endpoint
from .environment import named
from .limits import beyond_limits
from .log import logger
from .models import NATIVE_BUT_NOT_OPENAI

OPENAI_TRANSCRIBERS = ("whisper", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")

AZURE_VOICE = "an Azure voice such as en-US-AvaNeural"

SMART_END_SINCE = "2026-06-01-preview"

NEWER = {
    "parallel_tool_calls": "2026-06-01-preview",
    "interim_response": "2026-01-01-preview",
}
"""First api-version of a session's field, where it is not the first one."""


@dataclass(frozen=True)
class Wanted:
    """A session as it is asked for, with an empty object for what is absent."""

    endpoint: Endpoint
    fields: dict[str, Any]

    @property
    def kind(self) -> str:
        """What kind of model answers."""
        return self.endpoint.kind

    @property
    def who(self) -> str:
        """What answers, for a message."""
        endpoint = self.endpoint
        if endpoint.agent is not None:
            return "a Foundry agent"
        if endpoint.byom_profile is not None:
            return f"the profile {endpoint.byom_profile}"
        return f"the model {endpoint.model}"

    @property
    def is_openai(self) -> bool:
        """OpenAI's own model, which hears and speaks by itself."""
        return self.kind == "native" and self.endpoint.managed_model not in NATIVE_BUT_NOT_OPENAI

    @property
    def is_cascade(self) -> bool:
        """Speech to text, a text model, text to speech."""
        return self.kind in ("cascade", "agent")

    def part(self, name: str) -> dict[str, Any]:
        """A field's object; empty when it is absent or ``null``."""
        value = self.fields.get(name)
        return value if isinstance(value, dict) else {}


def refuse_unsupported(endpoint: Endpoint, fields: dict[str, Any], extra: dict[str, Any]) -> None:
    """Hold a session against all rules.

    Raises:
        ValueError: one is broken.
    """
    for sentence in _extra(extra):
        raise ValueError(sentence)
    wanted = Wanted(endpoint, {name: fields[name] for name in fields.keys() - extra.keys()})
    for rule in RULES:
        for sentence in rule(wanted):
            raise ValueError(sentence)
    for sentence in _doubtful(wanted):
        logger.warning(sentence)


def _doubtful(wanted: Wanted) -> Iterator[str]:
    """What is accepted, and may not do what it seems to promise."""
    detection = wanted.part("turn_detection")
    if detection.get("type") == "semantic_vad":
        # Source: reports about Azure OpenAI Realtime, which accepts it and then hears nothing.
        yield "semantic_vad is reported to be accepted and never to fire; prefer AzureSemanticVad"
    if isinstance(wanted.fields.get("tool_choice"), dict) and wanted.kind == "native":
        # Source: Microsoft's live tests of its SDK leave it out as not supported yet.
        yield f"`tool_choice`: {wanted.who} may not be held to one function; prefer required"
    if detection.get("interrupt_response") is False:
        # Source: LiveKit's agent activity interrupts whenever a realtime model reports speech.
        yield (
            "interrupt_response=False keeps the service from interrupting its speech, but not LiveKit, which "
            "does so as soon as the service hears the user; to speak without interruption use "
            "turn_detection=None, and let LiveKit take the turns"
        )


def _extra(extra: dict[str, Any]) -> Iterator[str]:
    if "model" in extra:
        yield f"`extra_session` must not hold model, which no session can change; use {named('model')}"
    for name in (*FORMAT_FIELDS, "modalities"):
        if name in extra:
            yield f"`extra_session` must not hold {name}, which is counted on here; use the option `{name}`"
    for name in ("instructions", "tools"):
        if name in extra:
            yield (
                f"`extra_session` must not hold {name}, which LiveKit replaces: give them to the Agent"
            )
    if not isinstance(extra.get("turn_detection"), dict | None):
        yield "`extra_session`: turn_detection must be an object with a type, or None"


def _modalities(wanted: Wanted) -> Iterator[str]:
    modalities = wanted.fields.get("modalities", ["text", "audio"])
    if sorted(modalities) not in (["text"], ["audio", "text"]):
        yield (
            '`modalities` must be ["text", "audio"], or ["text"] to speak with a separate TTS; '
            f"got {modalities}"
        )
    if modalities == ["text"] and wanted.part("voice"):
        yield (
            '`voice` is of no use with modalities=["text"]: leave it out, and choose the voice of the '
            "separate TTS"
        )


def _voice(wanted: Wanted) -> Iterator[str]:
    kind, name = (wanted.part("voice").get(key) for key in ("type", "name"))
    if kind == "openai" and wanted.kind != "unknown" and not wanted.is_openai:
        own = wanted.endpoint.managed_model == "azure-realtime"
        yield (
            f"{named('voice')}: {name!r} is an OpenAI voice, as its name has no locale, and {wanted.who} cannot speak "
            f"with it; use {'one of its own such as ava' if own else AZURE_VOICE}"
        )
    if kind == "azure-realtime-native" and wanted.endpoint.managed_model != "azure-realtime":
        yield (
            f"{named('voice')} is a native voice of the model azure-realtime, which {wanted.who} cannot "
            f"speak with; use {AZURE_VOICE}"
        )


def _transcription(wanted: Wanted) -> Iterator[str]:
    options = wanted.part("input_audio_transcription")
    model = str(options.get("model", ""))
    openai = model.startswith(OPENAI_TRANSCRIBERS)
    where = "`input_audio_transcription`"
    if openai and wanted.is_cascade:
        yield f"{where}: {model} does not work with {wanted.who}; use azure-speech or mai-transcribe"
    if wanted.endpoint.managed_model == "phi4-mm-realtime" and model not in ("", "azure-speech"):
        yield f"{where}: {model} does not work with phi4-mm-realtime; use azure-speech"
    for name in ("phrase_list", "custom_speech"):
        deaf = name == "phrase_list" and str(wanted.endpoint.managed_model).startswith("phi")
        if options.get(name) and (wanted.kind == "native" or deaf):
            yield (
                f"{where}: {name} does not work with {wanted.who}; leave it out, or "
                "use a text model such as gpt-4.1 or a chat-completion deployment"
            )
    if options.get("phrase_list") and openai:
        yield f"{where}: phrase_list does not work with {model}; use azure-speech or mai-transcribe"
    if options.get("custom_speech") and model != "azure-speech":
        yield f"{where}: custom_speech does not work with {model}; use azure-speech"
    codes = str(options.get("language") or "").count(",") + 1
    if model == "azure-speech" and codes > 10:
        yield f"{where}: language may hold up to 10 codes with azure-speech, not {codes}"
    if codes > 1 and (openai or model.startswith("mai-transcribe")):
        yield f"{where}: language is one code with {model}; use azure-speech for several"
    if options.get("prompt") and not openai:
        yield f"{where}: prompt does not work with {model}; use phrase_list"


def _turn_detection(wanted: Wanted) -> Iterator[str]:
    detection = wanted.part("turn_detection")
    if detection.get("type") == "semantic_vad" and not wanted.is_openai:
        yield (
            f"`turn_detection`: semantic_vad never fires with {wanted.who}; use AzureSemanticVad or "
            "AzureSemanticVadMultilingual"
        )
    if detection.get("auto_truncate") and detection.get("interrupt_response") is False:
        yield "`turn_detection`: auto_truncate needs interrupt_response; leave interrupt_response out"
    end = detection.get("end_of_utterance_detection") or {}
    version = wanted.endpoint.api_version
    is_smart = end.get("model") == "smart_end_of_turn_detection"
    if is_smart and not (version.endswith("-preview") and version >= SMART_END_SINCE):
        yield (
            f"`turn_detection`: smart_end_of_turn_detection is in preview; set {named('api_version')} to "
            f"{SMART_END_SINCE}, or use AzureSemanticDetection"
        )


def _input_audio(wanted: Wanted) -> Iterator[str]:
    noise = wanted.part("input_audio_noise_reduction").get("type")
    if noise in ("near_field", "far_field") and wanted.kind != "unknown" and not wanted.is_openai:
        yield (
            f"`input_audio_noise_reduction`: {noise} does not work with {wanted.who}; use "
            "azure_deep_noise_suppression"
        )
    echo = wanted.part("input_audio_echo_cancellation")
    if echo.get("reference_source") == "client" or echo.get("channels") == 2:
        yield (
            "`input_audio_echo_cancellation`: a reference from the client is not sent by this plugin; leave "
            "reference_source and channels out"
        )


def _speech_extras(wanted: Wanted) -> Iterator[str]:
    voice = wanted.part("voice").get("type", "openai" if wanted.kind == "native" else "")
    speaks_natively = voice == "openai" and wanted.endpoint.managed_model != "azure-realtime"
    for name in ("output_audio_timestamp_types", "animation"):
        if wanted.fields.get(name) and speaks_natively:
            yield f"`{name}` works with Azure voices only; set {named('voice')} to {AZURE_VOICE}"
    if wanted.part("interim_response") and wanted.kind == "native":
        yield (
            f"`interim_response` does not work with {wanted.who}, which answers by itself; leave it out"
        )


def _metadata(wanted: Wanted) -> Iterator[str]:
    metadata = wanted.part("metadata")
    if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
        yield "`metadata` may hold 16 pairs, of keys up to 64 and values up to 512 characters"


def _versions(wanted: Wanted) -> Iterator[str]:
    version = wanted.endpoint.api_version
    since = {
        f"`{name}`": first for name, first in NEWER.items() if wanted.fields.get(name) is not None
    }
    for name in ("auto_truncate", "appended_text_after_truncation"):
        if wanted.part("turn_detection").get(name):
            since[f"`turn_detection`: {name}"] = "2026-01-01-preview"
    if wanted.endpoint.managed_model == "azure-realtime":
        since["the model azure-realtime"] = "2026-01-01-preview"
    if wanted.part("voice").get("type") == "azure-realtime-native":
        since["`voice`: azure-realtime-native"] = "2026-06-01-preview"
    for name, first in since.items():
        if version < first:
            yield (
                f"{name} came with {first}, and {named('api_version')} is {version}: leave it out, or use a "
                "later version"
            )


def _limits(wanted: Wanted) -> Iterator[str]:
    yield from beyond_limits(wanted.fields)


RULES: tuple[Callable[[Wanted], Iterator[str]], ...] = (
    _modalities,
    _voice,
    _transcription,
    _turn_detection,
    _input_audio,
    _speech_extras,
    _metadata,
    _versions,
    _limits,
)
