"""What the service would refuse or ignore is refused by the constructor, in one sentence that says what to use."""

from typing import Any

import pytest
from azure.ai.voicelive import models as sdk
from azure.core.credentials import AzureKeyCredential

from livekit_plugins_voicelive import (
    OpenAIVoice,
    SemanticVad,
    ServerVad,
    SmartEndOfTurnDetection,
    StaticInterimResponseConfig,
)
from livekit_plugins_voicelive.environment import VARIABLES
from tests.unit.model_arguments import (
    CHAT,
    CLAUDE,
    ENDPOINT,
    REALTIME,
    model_with,
)

AGENT = {"agent_name": "concierge", "project_name": "lobby"}
OPENAI = OpenAIVoice(name="alloy")
NATIVE_VOICE = {"type": "azure-realtime-native", "name": "ava"}


def transcription(model: str, **options: Any) -> dict[str, Any]:
    return {"input_audio_transcription": {"model": model} | options}


REFUSALS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"endpoint": ""}, ("AZURE_VOICELIVE_ENDPOINT", "https://")),
    ({"endpoint": "https://x.openai.azure.com"}, ("https://x.services.ai.azure.com",)),
    ({"endpoint": f"{ENDPOINT}?api-key=abc"}, ("endpoint", "`api_key`")),
    ({"endpoint": "https://user:word@host.example"}, ("endpoint", "`api_key`")),
    ({"endpoint": f"{ENDPOINT}?agent-name=x"}, ("endpoint", "AZURE_VOICELIVE_AGENT_NAME")),
    ({"endpoint": f"{ENDPOINT}?conversation-id=x"}, ("endpoint", "`conversation_id`")),
    ({"extra_query": {"Authorization": "Bearer abc"}}, ("extra_query", "`credential`")),
    ({"extra_query": {"model": "x"}}, ("`extra_query`", "AZURE_VOICELIVE_MODEL")),
    ({"extra_query": {"api-version": "v1"}}, ("`extra_query`", "AZURE_VOICELIVE_API_VERSION")),
    ({"extra_query": {"agent-name": "x"}}, ("`extra_query`", "AZURE_VOICELIVE_AGENT_NAME")),
    ({"extra_query": {"profile": CHAT}}, ("`extra_query`", "AZURE_VOICELIVE_BYOM_PROFILE")),
    (
        {"extra_query": {"foundry-resource-override": "x"}},
        ("`extra_query`", "AZURE_VOICELIVE_FOUNDRY_RESOURCE_OVERRIDE"),
    ),
    ({"extra_headers": {"API-Key": "abc"}}, ("`extra_headers`", "AZURE_VOICELIVE_API_KEY")),
    ({"extra_headers": {"authorization": "abc"}}, ("`extra_headers`", "`credential`")),
    ({"extra_headers": {"a b": "x"}}, ("`extra_headers`", "'a b'")),
    ({"extra_headers": {"x": "\u00e4"}}, ("`extra_headers`", "ASCII")),
    ({"api_key": None, "credential": AzureKeyCredential}, ("`credential`", "an object of it")),
    ({"use_default_credential": "no"}, ("`use_default_credential`", "True or False")),
    (AGENT | {"project_name": ENDPOINT}, ("AZURE_VOICELIVE_PROJECT_NAME", "not its address")),
    (
        {"agent_id": "a", "project_name": "p", "model": "x", "api_key": None},
        ("AZURE_VOICELIVE_MODEL", "`agent_id`"),
    ),
    ({"api_version": "v1"}, ("AZURE_VOICELIVE_API_VERSION", "2026-07-15", "wire format")),
    ({"api_version": "latest"}, ("api_version", "2026-07-15")),
    ({"byom_profile": "byom-gemini", "model": "x"}, ("AZURE_VOICELIVE_BYOM_PROFILE", CLAUDE)),
    ({"byom_profile": CHAT}, ("AZURE_VOICELIVE_MODEL", "deployment")),
    ({"foundry_resource_override": "o"}, ("AZURE_VOICELIVE_BYOM_PROFILE",)),
    ({"foundry_resource_override": "a b", "byom_profile": CHAT, "model": "x"}, ("resource",)),
    ({"agent_name": "a"}, ("AZURE_VOICELIVE_PROJECT_NAME",)),
    ({"agent_id": "a", "project_name": "p"}, ("`agent_id`", "`use_default_credential=True`")),
    ({"agent_id": "a", "agent_name": "b"}, ("`agent_id`", "AZURE_VOICELIVE_AGENT_NAME")),
    ({"agent_id": "a"}, ("AZURE_VOICELIVE_PROJECT_NAME",)),
    ({"agent_id": "a", "agent_version": "2"}, ("AZURE_VOICELIVE_AGENT_NAME",)),
    ({"animation": {"outputs": ["viseme_id"]}}, ("`animation`", "en-US-AvaNeural")),
    ({"agent_version": "2"}, ("AZURE_VOICELIVE_AGENT_NAME",)),
    ({"conversation_id": "c"}, ("AZURE_VOICELIVE_AGENT_NAME",)),
    (AGENT | {"model": "gpt-4.1"}, ("AZURE_VOICELIVE_MODEL", "AZURE_VOICELIVE_AGENT_NAME")),
    (AGENT | {"byom_profile": CHAT}, ("AZURE_VOICELIVE_BYOM_PROFILE",)),
    (AGENT | {"voice": "alloy"}, ("AZURE_VOICELIVE_VOICE", "en-US-AvaNeural", "agent")),
    ({"api_key": "abc\u201d"}, ("AZURE_VOICELIVE_API_KEY", "quotation mark")),
    ({"api_key": "abc\r\nx: y"}, ("AZURE_VOICELIVE_API_KEY", "line break")),
    ({"api_key": None, "credential": AzureKeyCredential("abc\0")}, ("`credential`", "line break")),
    ({"use_default_credential": True}, ("`api_key`", "`use_default_credential`")),
    ({"api_key": None, "credential": object()}, ("`credential`", "azure-identity")),
    ({"max_output_tokens": 1, "max_response_output_tokens": 2}, ("`max_output_tokens`",)),
    ({"model": "gpt-4.1", "voice": "alloy"}, ("AZURE_VOICELIVE_VOICE", "en-US-AvaNeural")),
    ({"model": "x", "byom_profile": CHAT, "voice": OPENAI}, (CHAT, "en-US-AvaNeural")),
    ({"model": "x", "byom_profile": CLAUDE, "voice": "alloy"}, (CLAUDE, "en-US-AvaNeural")),
    ({"model": "gpt-4.1", "voice": NATIVE_VOICE}, ("azure-realtime", "en-US-AvaNeural")),
    ({"voice": NATIVE_VOICE}, ("azure-realtime", "en-US-AvaNeural")),
    ({"model": "gpt-4.1"} | transcription("whisper-1"), ("azure-speech",)),
    ({"model": "x", "byom_profile": CLAUDE} | transcription("gpt-4o-transcribe"), (CLAUDE,)),
    ({"model": "phi4-mm-realtime"} | transcription("whisper-1"), ("use azure-speech",)),
    (transcription("azure-speech", phrase_list=["x"]), ("phrase_list", "gpt-4.1")),
    (
        {"model": "x", "byom_profile": REALTIME}
        | transcription("mai-transcribe", phrase_list=["x"]),
        (REALTIME, "phrase_list"),
    ),
    (
        {"model": "gpt-4.1"} | transcription("mai-transcribe", custom_speech={"en-US": "id"}),
        ("custom_speech", "use azure-speech"),
    ),
    ({"model": "gpt-4.1"} | transcription("azure-speech", prompt="x"), ("phrase_list",)),
    ({"model": "gpt-4.1", "turn_detection": {"type": "semantic_vad"}}, ("AzureSemanticVad",)),
    (
        {
            "turn_detection": {
                "type": "server_vad",
                "auto_truncate": True,
                "interrupt_response": False,
            }
        },
        ("auto_truncate", "interrupt_response"),
    ),
    (
        {
            "turn_detection": {
                "type": "azure_semantic_vad",
                "end_of_utterance_detection": {"model": "smart_end_of_turn_detection"},
            }
        },
        ("2026-06-01-preview", "AZURE_VOICELIVE_API_VERSION"),
    ),
    (
        {"model": "gpt-4.1", "input_audio_noise_reduction": {"type": "near_field"}},
        ("azure_deep_noise_suppression",),
    ),
    (
        {
            "input_audio_echo_cancellation": {
                "type": "server_echo_cancellation",
                "reference_source": "client",
                "channels": 2,
            }
        },
        ("reference_source",),
    ),
    ({"output_audio_timestamp_types": ["word"]}, ("AZURE_VOICELIVE_VOICE", "en-US-AvaNeural")),
    ({"interim_response": StaticInterimResponseConfig(texts=["x"])}, ("interim_response",)),
    (
        {
            "model": "gpt-4.1",
            "api_version": "2025-10-01",
            "interim_response": StaticInterimResponseConfig(texts=["x"]),
        },
        ("2026-01-01-preview", "AZURE_VOICELIVE_API_VERSION"),
    ),
    ({"api_version": "2026-04-10", "parallel_tool_calls": True}, ("2026-06-01-preview",)),
    (
        {"model": "azure-realtime", "api_version": "2026-04-10", "voice": NATIVE_VOICE},
        ("2026-06-01-preview",),
    ),
    ({"model": "azure-realtime", "api_version": "2025-10-01"}, ("2026-01-01-preview",)),
    (
        {"api_version": "2025-10-01", "turn_detection": ServerVad(auto_truncate=True)},
        ("auto_truncate", "2026-01-01-preview"),
    ),
    (
        {
            "api_version": "2025-05-01-preview",
            "turn_detection": ServerVad(end_of_utterance_detection=SmartEndOfTurnDetection()),
        },
        ("2026-06-01-preview",),
    ),
    ({"model": "azure-realtime", "voice": "alloy"}, ("'alloy'", "such as ava")),
    ({"model": "phi4-mm-realtime", "voice": "alloy"}, ("'alloy'", "en-US-AvaNeural")),
    ({"model": "gpt-4.1", "voice": "AvaNeural"}, ("'AvaNeural'", "en-US-AvaNeural")),
    ({"model": "azure-realtime", "turn_detection": SemanticVad()}, ("AzureSemanticVad",)),
    (
        {"model": "azure-realtime", "input_audio_noise_reduction": {"type": "near_field"}},
        ("azure_deep_noise_suppression",),
    ),
    ({"model": "phi4-mini"} | transcription("azure-speech", phrase_list=["x"]), ("phi4-mini",)),
    ({"turn_detection": {"type": "server_vad", "treshold": 1}}, ("turn_detection.treshold",)),
    ({"turn_detection": {"type": "server_vad", "languages": ["en"]}}, ("AzureSemanticVad",)),
    (
        {"turn_detection": sdk.AzureSemanticVad({"end_of_utterance_detection": {"timeout": 1}})},
        ("`turn_detection`", "model"),
    ),
    ({"turn_detection": ServerVad}, ("`turn_detection`", "class ServerVad", "an object")),
    ({"turn_detection": "server_vad"}, ("`turn_detection`", "AzureSemanticVad()")),
    ({"turn_detection": ""}, ("`turn_detection`", "AzureSemanticVad()")),
    (
        {"model": "gpt-7"} | transcription("whisper-1", phrase_list=["x"]),
        ("phrase_list", "use azure-speech"),
    ),
    (transcription("whisper-1", language="en,de"), ("one code", "use azure-speech")),
    (transcription("mai-transcribe", language="en,de"), ("one code", "use azure-speech")),
    (transcription("azure-speech", language=",".join(["en-US"] * 11)), ("10 codes", "not 11")),
    ({"turn_detection": ServerVad(threshold=2)}, ("`turn_detection`: threshold", "0 to 1")),
    ({"turn_detection": ServerVad(silence_duration_ms=-1)}, ("silence_duration_ms", "0 or more")),
    ({"turn_detection": SemanticVad(eagerness="most")}, ("eagerness", "medium", "extra_session")),
    ({"voice": b"alloy"}, ("`voice`", "bytes")),
    ({"voice": 5}, ("AZURE_VOICELIVE_VOICE", "AzureStandardVoice(")),
    ({"voice": lambda: "alloy"}, ("AZURE_VOICELIVE_VOICE", "function")),
    ({"temperature": float("nan")}, ("`temperature`", "0 or more")),
    ({"temperature": -1}, ("`temperature`", "0 or more")),
    ({"temperature": True}, ("`temperature`", "0.8")),
    ({"max_response_output_tokens": 0}, ("`max_response_output_tokens`", "1 to 4096")),
    ({"max_output_tokens": "INF"}, ("max_response_output_tokens", '"inf"')),
    ({"reasoning_effort": "extreme"}, ("`reasoning_effort`", "minimal", "extra_session")),
    ({"include": ["logprobs"]}, ("`include`", "item.input_audio_transcription.logprobs")),
    ({"include": 5}, ("`include`", "item.input_audio_transcription.phrases")),
    (
        {"voice": "en-US-AvaNeural", "output_audio_timestamp_types": ["words"]},
        ("`output_audio_timestamp_types`", "word"),
    ),
    ({"extra_session": {"modalities": 5}}, ("`extra_session`", "use the option `modalities`")),
    ({"extra_session": {"turn_detection": "x"}}, ("`extra_session`", "turn_detection")),
    ({"extra_session": {"instructions": "abc"}}, ("`extra_session`", "Agent")),
    ({"extra_session": {"tools": []}}, ("`extra_session`", "Agent")),
    ({"extra_session": {"new": object()}}, ("`extra_session`", "dict")),
    ({"reply_timeout_s": True}, ("`reply_timeout_s`", "above 0")),
    ({"max_video_frames": True}, ("`max_video_frames`", "0 or more")),
    ({"modalities": ["audio"]}, ('["text", "audio"]',)),
    ({"modalities": ["text", "audio", "avatar"]}, ('["text", "audio"]',)),
    ({"modalities": ["text"], "voice": "alloy"}, ("separate TTS",)),
    ({"metadata": {"k": "v" * 513}}, ("512",)),
    ({"metadata": {str(n): "" for n in range(17)}}, ("16 pairs",)),
    ({"extra_session": {"model": "x"}}, ("AZURE_VOICELIVE_MODEL",)),
    ({"extra_session": {"output_audio_format": "g711_ulaw"}}, ("use the option",)),
    ({"input_audio_format": "opus"}, ("`input_audio_format`", "g711_ulaw")),
    ({"input_audio_sampling_rate": 44_100}, ("`input_audio_sampling_rate`", "16000")),
    ({"output_audio_format": "pcm16-8000hz"}, ("`output_audio_format`", "pcm16_8000hz")),
    ({"turn_detection": {"type": "telepathy"}}, ("`turn_detection`", "extra_session")),
    ({"voice": {"type": "azure-custom", "name": "x"}}, ("`voice`", "endpoint_id")),
    ({"voice": object()}, ("azure-ai-voicelive",)),
    ({"model": 5}, ("AZURE_VOICELIVE_MODEL", "text, not int")),
    ({"endpoint": ["https://x"]}, ("AZURE_VOICELIVE_ENDPOINT", "text")),
    ({"api_version": 2025}, ("AZURE_VOICELIVE_API_VERSION", "text")),
    ({"api_key": b"abc"}, ("AZURE_VOICELIVE_API_KEY", "text")),
    ({"credential_scope": 5}, ("`credential_scope`", "text")),
    ({"foundry_resource_override": {}, "byom_profile": CHAT}, ("FOUNDRY_RESOURCE_OVERRIDE",)),
    ({"agent_name": 5}, ("AZURE_VOICELIVE_AGENT_NAME", "text")),
    ({"agent_id": 5}, ("`agent_id`", "text")),
    ({"conversation_id": 5}, ("`conversation_id`", "text")),
    ({"agent_client_id": 5}, ("`agent_client_id`", "text")),
    ({"extra_query": 5}, ("`extra_query`", "mapping")),
    ({"extra_query": {"a": 1}}, ("`extra_query`", "text to text")),
    ({"extra_headers": ["abc"]}, ("`extra_headers`", "mapping")),
    ({"extra_headers": {"x": "abc\r\ny: z"}}, ("`extra_headers`", "line breaks")),
    ({"extra_session": 5}, ("`extra_session`", "mapping")),
    ({"tool_choice": "Required"}, ("`tool_choice`", '"required"')),
    ({"tool_choice": {}}, ("`tool_choice`", "the_tool")),
    ({"tool_choice": {"type": "function"}}, ("`tool_choice`", "the_tool")),
    ({"reply_timeout_s": -1}, ("`reply_timeout_s`", "above 0")),
    ({"turn_timeout_s": "8"}, ("`turn_timeout_s`", "number")),
    ({"max_video_frames": -1}, ("`max_video_frames`", "0 or more")),
    ({"conn_options": 5}, ("`conn_options`", "APIConnectOptions")),
]


@pytest.mark.parametrize(("options", "words"), REFUSALS, ids=lambda value: str(value)[:60])
def test_what_cannot_work_is_refused_with_what_to_use(
    options: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        model_with(**options)
    for word in words:
        assert word in str(refused.value)
    assert not any(secret in str(refused.value) for secret in ("abc", "user:word"))


ACCEPTED: list[dict[str, Any]] = [
    {"voice": "alloy"},
    {"voice": "en-US-AvaNeural", "output_audio_timestamp_types": ["word"]},
    {"model": "mine", "byom_profile": REALTIME, "voice": "marin"},
    {"model": "azure-realtime", "voice": NATIVE_VOICE},
    {"model": "gpt-7", "voice": "alloy"},
    {"model": "gpt-7", "interim_response": {"type": "llm_interim_response"}},
    {"model": "gpt-4.1"} | transcription("azure-speech", phrase_list=["x"], custom_speech={}),
    transcription("gpt-4o-transcribe", prompt="names"),
    transcription("mai-transcribe"),
    transcription("whisper-1", language="en-US"),
    transcription("azure-speech", language="en-US,de-DE"),
    AGENT | {"voice": "en-US-AvaNeural"},
    {"extra_session": {"turn_detection": {"type": "semantic_vad"}}, "model": "gpt-4.1"},
    {"extra_session": {"turn_detection": None, "reasoning_effort": "extreme"}},
    {"max_response_output_tokens": "inf"},
    {"model": "gpt-7", "input_audio_noise_reduction": {"type": "near_field"}},
    {
        "api_version": "2026-06-01-preview",
        "turn_detection": ServerVad(end_of_utterance_detection=SmartEndOfTurnDetection()),
    },
]


@pytest.mark.parametrize("options", ACCEPTED, ids=lambda value: str(value)[:60])
def test_what_is_not_known_to_fail_is_left_to_the_service(options: dict[str, Any]) -> None:
    sdk.RequestSession(model_with(**options).session_fields)


@pytest.mark.parametrize(
    ("detection", "advice"),
    [
        ({"type": "semantic_vad"}, "prefer AzureSemanticVad"),
        ({"type": "server_vad", "interrupt_response": False}, "turn_detection=None"),
        ({"type": "server_vad", "interrupt_response": True}, ""),
    ],
)
def test_what_may_not_do_what_it_promises_is_warned_about(
    detection: dict[str, Any], advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    model_with(turn_detection=detection)
    assert advice in caplog.text
    assert bool(caplog.text) == bool(advice)


def test_a_function_that_a_realtime_model_may_not_be_held_to_is_warned_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model_with(model="gpt-4.1", tool_choice=sdk.ToolChoiceFunctionSelection(name="look_up"))
    model_with(tool_choice="required")
    assert caplog.text == ""
    model_with(tool_choice=sdk.ToolChoiceFunctionSelection(name="look_up"))
    assert "prefer required" in caplog.text


def test_an_agent_of_the_environment_does_not_hide_a_model_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_AGENT_NAME", "a")
    monkeypatch.setenv("AZURE_VOICELIVE_PROJECT_NAME", "p")
    monkeypatch.setenv("AZURE_VOICELIVE_MODEL", "gpt-4.1")
    with pytest.raises(ValueError, match="AZURE_VOICELIVE_MODEL"):
        model_with()
    assert model_with(agent_name=None).model == "gpt-4.1"


def test_every_variable_has_both_spellings() -> None:
    for names in VARIABLES.values():
        assert names[0].replace("VOICELIVE", "VOICE_LIVE") == names[1]
