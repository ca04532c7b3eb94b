"""The constructor: options in, session and capabilities out."""

from types import MappingProxyType
from typing import Any

import pytest
from azure.ai.voicelive import models as sdk

from livekit.agents import APIConnectOptions
from livekit_plugins_voicelive import (
    AudioInputTranscriptionOptions,
    AzureSemanticVad,
    AzureStandardVoice,
    RealtimeModel,
    ServerVad,
    StaticInterimResponseConfig,
)
from tests.unit.model_arguments import (
    CHAT,
    CLAUDE,
    ENDPOINT,
    REALTIME,
    model_with,
)


def test_nothing_is_sent_but_what_a_call_needs() -> None:
    assert model_with().session_fields == {
        "modalities": ["text", "audio"],
        "turn_detection": {"type": "azure_semantic_vad"},
        "input_audio_transcription": {"model": "whisper-1"},
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": 24_000,
        "output_audio_format": "pcm16",
    }


@pytest.mark.parametrize(
    ("options", "transcriber"),
    [
        ({"model": "gpt-realtime"}, "whisper-1"),
        ({"model": "gpt-realtime-mini"}, "whisper-1"),
        ({"model": "phi4-mm-realtime"}, "azure-speech"),
        ({"model": "azure-realtime"}, "azure-speech"),
        ({"model": "gpt-4.1"}, "azure-speech"),
        ({"model": "gpt-7"}, "azure-speech"),
        ({"model": "azure-realtime", "byom_profile": REALTIME}, "whisper-1"),
        ({"model": "gpt-realtime-of-mine", "byom_profile": CHAT}, "azure-speech"),
        ({"model": "claude", "byom_profile": CLAUDE}, "azure-speech"),
    ],
)
def test_who_transcribes_is_told_by_the_profile_and_never_by_a_deployments_name(
    options: dict[str, str], transcriber: str
) -> None:
    fields = model_with(**options).session_fields
    assert fields["input_audio_transcription"] == {"model": transcriber}


def test_every_option_reaches_the_session() -> None:
    options: dict[str, Any] = {
        "modalities": ["text", "audio"],
        "voice": AzureStandardVoice(name="en-US-AvaNeural", rate="1.1"),
        "turn_detection": ServerVad(threshold=0.3),
        "input_audio_transcription": AudioInputTranscriptionOptions(
            model="azure-speech", language="en-US,de-DE", phrase_list=["Contoso"]
        ),
        "input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"},
        "input_audio_echo_cancellation": {"type": "server_echo_cancellation"},
        "output_audio_timestamp_types": ["word"],
        "interim_response": StaticInterimResponseConfig(texts=["One moment."]),
        "parallel_tool_calls": False,
        "temperature": 0.0,
        "max_response_output_tokens": "inf",
        "reasoning_effort": "minimal",
        "include": ["item.input_audio_transcription.logprobs"],
        "metadata": {"call": "1"},
    }
    fields = model_with(model="gpt-5", tool_choice="none", **options).session_fields
    assert fields["turn_detection"] == {"type": "server_vad", "threshold": 0.3}
    assert fields["interim_response"] == {
        "type": "static_interim_response",
        "texts": ["One moment."],
    }
    assert fields["tool_choice"] == "none"
    assert options.keys() <= fields.keys()
    assert sdk.RequestSession(fields).turn_detection.threshold == 0.3


def test_objects_of_azures_sdk_are_taken_wherever_ours_are() -> None:
    ours = model_with(
        model="gpt-4.1",
        voice=AzureStandardVoice(name="en-US-AvaNeural", temperature=0.5),
        turn_detection=AzureSemanticVad(silence_duration_ms=300),
        input_audio_transcription=AudioInputTranscriptionOptions(
            model="azure-speech", phrase_list=["Contoso"]
        ),
        interim_response=StaticInterimResponseConfig(texts=["Hm."], triggers=["tool"]),
    )
    theirs = model_with(
        model="gpt-4.1",
        voice=sdk.AzureStandardVoice(name="en-US-AvaNeural", temperature=0.5),
        turn_detection=sdk.AzureSemanticVad(silence_duration_ms=300),
        input_audio_transcription=sdk.AudioInputTranscriptionOptions(
            model="azure-speech", phrase_list=["Contoso"]
        ),
        interim_response=sdk.StaticInterimResponseConfig(
            texts=["Hm."], triggers=[sdk.InterimResponseTrigger.TOOL]
        ),
        modalities=[sdk.Modality.TEXT, sdk.Modality.AUDIO],
    )
    assert theirs.session_fields == ours.session_fields


def test_a_call_written_for_livekits_azure_plugin_works_as_it_is() -> None:
    model = RealtimeModel(
        endpoint=ENDPOINT,
        model="gpt-realtime",
        voice="en-US-AvaMultilingualNeural",
        input_audio_transcription=sdk.AudioInputTranscriptionOptions(model="whisper-1"),
        modalities=["text", "audio"],
        turn_detection=sdk.ServerVad(threshold=0.5),
        tool_choice={"type": "function", "function": {"name": "look_up"}},
        temperature=0.8,
        max_output_tokens=4096,
        api_key="key",
        use_default_credential=False,
        conn_options=APIConnectOptions(),
    )
    fields = model.session_fields
    assert fields["max_response_output_tokens"] == 4096
    assert fields["tool_choice"] == {"type": "function", "name": "look_up"}
    assert fields["voice"]["type"] == "azure-standard"


def test_none_switches_off_and_is_sent() -> None:
    model = model_with(turn_detection=None, input_audio_transcription=None)
    assert model.session_fields["turn_detection"] is None
    assert not model.capabilities.turn_detection
    assert not model.capabilities.user_transcription


def test_what_is_newer_than_we_are_is_sent_as_it_is() -> None:
    fields = model_with(extra_session={"turn_detection": {"type": "telepathy"}, "new": 1})
    assert fields.session_fields["turn_detection"] == {"type": "telepathy"}
    assert fields.session_fields["new"] == 1


@pytest.mark.parametrize("modalities", [["text"], ("text",), [sdk.Modality.TEXT]])
def test_a_session_that_only_writes_names_no_voice(
    monkeypatch: pytest.MonkeyPatch, modalities: Any
) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_VOICE", "en-US-AvaNeural")
    model = model_with(modalities=modalities)
    assert "voice" not in model.session_fields
    assert not model.capabilities.audio_output


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_none_of_what_cannot_be_switched_off_is_the_services_default(
    monkeypatch: pytest.MonkeyPatch, nothing: Any
) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_VOICE", "en-US-AvaNeural")
    options = ("voice", "temperature", "modalities", "reasoning_effort", "output_audio_format")
    model = model_with(**dict.fromkeys(options, nothing))
    assert model.session_fields == model_with(voice=None).session_fields
    assert "voice" not in model.session_fields


@pytest.mark.parametrize(
    ("model", "voice", "kind"),
    [
        ("azure-realtime", "ava", "azure-realtime-native"),
        ("azure-realtime", "en-US-AvaNeural", "azure-standard"),
        ("gpt-realtime", " marin ", "openai"),
        ("gpt-4.1", "en-US-Ava:DragonHDLatestNeural", "azure-standard"),
    ],
)
def test_a_voices_name_tells_its_kind(model: str, voice: str, kind: str) -> None:
    named = model_with(model=model, voice=voice).session_fields["voice"]
    assert named == {"type": kind, "name": voice.strip()}


def test_any_mapping_is_taken_for_a_dict() -> None:
    fields = model_with(metadata=MappingProxyType({"call": "1"})).session_fields
    assert fields["metadata"] == {"call": "1"}


def test_a_change_goes_by_both_names_of_the_token_limit_and_by_one_of_them() -> None:
    model = model_with(model="gpt-4.1")
    model.update_options(max_output_tokens=100)
    assert model.session_fields["max_response_output_tokens"] == 100
    for wrong in ({"max_output_tokens": 1, "max_response_output_tokens": 2}, {"speed": 1}):
        with pytest.raises(ValueError, match=f"`{next(iter(wrong))}`"):
            model.update_options(**wrong)
    with pytest.raises(ValueError, match="1 to 4096"):
        model.update_options(max_output_tokens=0)
    assert model.session_fields["max_response_output_tokens"] == 100


def test_a_session_can_stop_speaking_and_keeps_its_voice_for_when_it_speaks_again() -> None:
    model = model_with(voice="en-US-AvaNeural")
    model.update_options(modalities=["text"])
    model.update_options(max_output_tokens=100)
    assert model.session_fields["voice"]["name"] == "en-US-AvaNeural"
    with pytest.raises(ValueError, match="of no use"):
        model.update_options(voice="en-US-AndrewNeural")
    model.update_options(modalities=["text", "audio"], voice="en-US-AndrewNeural")
    assert model.session_fields["voice"]["name"] == "en-US-AndrewNeural"


def test_what_an_object_leaves_out_is_sent_as_the_service_wants_it() -> None:
    fields = model_with(input_audio_echo_cancellation={}).session_fields
    assert fields["input_audio_echo_cancellation"] == {"type": "server_echo_cancellation"}


def test_saying_given_words_needs_a_version_that_can() -> None:
    assert model_with().capabilities.supports_say
    assert not model_with(api_version="2025-10-01").capabilities.supports_say


async def test_one_session_can_leave_the_turns_to_livekit() -> None:
    model = model_with()
    session = model.session(turn_detection_disabled=True)
    try:
        assert not session.capabilities.turn_detection
        assert model.capabilities.turn_detection
        assert model.capabilities.can_disable_turn_detection
        assert not model_with(turn_detection=ServerVad()).capabilities.can_disable_turn_detection
    finally:
        await model.aclose()


async def test_a_change_of_the_model_leaves_detection_off_where_a_session_began_without() -> None:
    model = model_with()
    session = model.session(turn_detection_disabled=True)
    try:
        model.update_options(turn_detection=AzureSemanticVad(silence_duration_ms=300))
        assert not session.capabilities.turn_detection
        assert model.capabilities.turn_detection
    finally:
        await model.aclose()
