"""Outsiders judge what we say: Microsoft's own SDK reads every event and every session object that we can send.

Types shared by the plugin and the emulator could share one mistake; the SDK's authors never saw ours.
"""

from typing import get_args

import msgspec
import pytest
from azure.ai.voicelive import models as sdk

from livekit_plugins_voicelive.protocol import client_events as client, session_config as config
from livekit_plugins_voicelive.protocol.codec import encode
from livekit_plugins_voicelive.protocol.items import (
    ContentPart,
    Item,
    function_call_item,
    function_call_output_item,
    mcp_approval_response_item,
    message_item,
    text_part,
)
from livekit_plugins_voicelive.protocol.session_config import SessionConfig, session_fields
from tests.emulated.sdk_models import undeclared

VOICES = [
    config.OpenAIVoice(name="alloy"),
    config.AzureStandardVoice(name="en-US-AvaNeural", rate="1.2", pitch="+2%", locale="en-US"),
    config.AzureCustomVoice(name="mine", endpoint_id="e", temperature=0.5, style="calm"),
    config.AzurePersonalVoice(name="mine", model="DragonLatestNeural", prefer_locales=["en-GB"]),
    config.AzureAvatarVoiceSyncVoice(model="DragonLatestNeural", volume="+10%"),
    config.AzureRealtimeNativeVoice(name="ava"),
]

EOU = [
    config.AzureSemanticDetection(threshold_level="low", timeout_ms=500),
    config.AzureSemanticDetectionEn(),
    config.AzureSemanticDetectionMultilingual(),
]

DETECTORS = [
    config.ServerVad(
        threshold=0.4,
        prefix_padding_ms=300,
        silence_duration_ms=400,
        create_response=True,
        interrupt_response=False,
        auto_truncate=True,
        end_of_utterance_detection=EOU[0],
    ),
    config.AzureSemanticVad(
        remove_filler_words=True,
        languages=["en"],
        speech_duration_ms=80,
        end_of_utterance_detection=EOU[2],
    ),
    config.AzureSemanticVadEn(end_of_utterance_detection=EOU[1]),
    config.AzureSemanticVadMultilingual(languages=["en", "de"]),
]

SESSIONS = [
    *(SessionConfig(voice=voice) for voice in VOICES),
    *(SessionConfig(turn_detection=detector) for detector in DETECTORS),
    SessionConfig(
        modalities=["text", "audio"],
        instructions="Be brief.",
        input_audio_format="pcm16",
        input_audio_sampling_rate=24_000,
        output_audio_format="pcm16",
        input_audio_transcription=config.AudioInputTranscriptionOptions(
            model="azure-speech",
            language="en-US",
            phrase_list=["Foundry"],
            custom_speech={"en-US": "id"},
        ),
        input_audio_noise_reduction=config.AudioNoiseReduction(type="azure_deep_noise_suppression"),
        input_audio_echo_cancellation=config.AudioEchoCancellation(
            reference_source="server", channels=1
        ),
        output_audio_timestamp_types=["word"],
        tools=[
            msgspec.to_builtins(config.FunctionTool(name="f", description="d", parameters={})),
            msgspec.to_builtins(
                config.MCPServer(
                    server_label="l",
                    server_url="https://example.com",
                    authorization="a",
                    headers={"h": "v"},
                    allowed_tools=["t"],
                    require_approval="never",
                )
            ),
        ],
        tool_choice="auto",
        parallel_tool_calls=True,
        temperature=0.7,
        max_response_output_tokens="inf",
        reasoning_effort="low",
        include=["item.input_audio_transcription.logprobs"],
        metadata={"call": "1"},
    ),
]

REPLY = client.ResponseCreateParams(
    modalities=["audio"],
    instructions="x",
    voice={"type": "openai", "name": "alloy"},
    output_audio_format="pcm16",
    tools=[],
    tool_choice="none",
    temperature=0.7,
    max_output_tokens=100,
    reasoning_effort="low",
    metadata={"client_event_id": "e"},
    commit=True,
    cancel_previous=False,
    append_input_items=[],
    input_items=[],
    pre_generated_assistant_message=Item(
        type="message", role="assistant", content=[text_part("assistant", "Hello")]
    ),
)

ITEMS = [
    message_item(id="u", role="user", content=[text_part("user", "Hi")]),
    message_item(id="s", role="system", content=[text_part("system", "Be brief")]),
    message_item(id="a", role="assistant", content=[text_part("assistant", "Hello")]),
    function_call_item(id="c", call_id="call", name="f", arguments="{}"),
    function_call_output_item(id="o", call_id="call", output=""),
    mcp_approval_response_item(approval_request_id="m", approve=True),
]

EVENTS = [
    *(client.SessionUpdate(event_id="e", session=session_fields(session)) for session in SESSIONS),
    client.InputAudioBufferAppend(event_id="e", audio=b"\x00\x01"),
    client.InputAudioBufferCommit(event_id="e"),
    client.InputAudioBufferClear(event_id="e"),
    *(client.ConversationItemCreate(event_id="e", item=i, previous_item_id="root") for i in ITEMS),
    client.ConversationItemRetrieve(event_id="e", item_id="i"),
    client.ConversationItemTruncate(event_id="e", item_id="i", content_index=0, audio_end_ms=1),
    client.ConversationItemDelete(event_id="e", item_id="i"),
    client.ResponseCreate(event_id="e", response=REPLY, additional_instructions="more"),
    client.ResponseCancel(event_id="e", response_id="r"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_the_sdk_reads_what_we_send(event: client.ClientEvent) -> None:
    wire = msgspec.json.decode(encode(event))
    read = sdk.ClientEvent._deserialize(wire, [])
    assert type(read) is not sdk.ClientEvent, "an event type that the SDK does not know"
    assert undeclared(read) == []
    assert read.as_dict() == wire


def test_every_event_that_we_can_send_is_judged() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(client.ClientEvent))


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: type(voice).__name__)
def test_voices_carry_the_sdks_names_and_fields(voice: config.Voice) -> None:
    wire = msgspec.to_builtins(voice)
    ours = type(voice).__name__
    theirs = getattr(sdk, ours)
    assert undeclared(theirs._deserialize(wire, [])) == []
    assert theirs(**{k: v for k, v in wire.items() if k != "type"})["type"] == wire["type"]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: type(detector).__name__)
def test_detectors_are_the_sdks(detector: config.TurnDetection) -> None:
    read = sdk.TurnDetection._deserialize(msgspec.to_builtins(detector), [])
    assert type(read) is not sdk.TurnDetection
    assert undeclared(read) == []


def test_every_voice_and_detector_that_we_can_send_is_judged() -> None:
    assert {type(voice) for voice in VOICES} == set(get_args(config.Voice))
    assert {type(detector) for detector in DETECTORS} | {config.SemanticVad} == set(
        get_args(config.TurnDetection)
    )
    assert {type(model) for model in EOU} | {config.SmartEndOfTurnDetection} == set(
        get_args(config.EndOfUtteranceDetection)
    )


def test_the_sdk_still_does_not_know_openais_detector_and_the_preview_of_azures() -> None:
    semantic = sdk.TurnDetection._deserialize(msgspec.to_builtins(config.SemanticVad()), [])
    assert type(semantic) is sdk.TurnDetection
    smart = msgspec.to_builtins(config.SmartEndOfTurnDetection())
    assert type(sdk.EouDetection._deserialize(smart, [])) is sdk.EouDetection


def test_an_image_part_is_the_sdks() -> None:
    # The SDK reads a message's parts without telling their kinds apart, so this one is read on its own.
    part = ContentPart(type="input_image", image_url="https://example.com/x.png", detail="low")
    read = sdk.RequestImageContentPart._deserialize(msgspec.to_builtins(part), [])
    assert undeclared(read) == []
