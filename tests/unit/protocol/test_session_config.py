import msgspec
import pytest

from livekit_plugins_voicelive.protocol.audio import bytes_to_ms, ms_to_bytes
from livekit_plugins_voicelive.protocol.session_config import (
    AudioEchoCancellation,
    AzureSemanticVad,
    AzureStandardVoice,
    ServerVad,
    SessionConfig,
    SmartEndOfTurnDetection,
    session_fields,
)
from livekit_plugins_voicelive.protocol.wire_struct import UNSET, given


def test_only_what_is_set_is_sent_and_none_is_null() -> None:
    assert session_fields(SessionConfig()) == {}
    assert session_fields(SessionConfig(turn_detection=None, temperature=0.0)) == {
        "turn_detection": None,
        "temperature": 0.0,
    }


def test_nested_objects_carry_their_type() -> None:
    config = SessionConfig(
        voice=AzureStandardVoice(name="en-US-AvaNeural", rate="1.1"),
        turn_detection=AzureSemanticVad(end_of_utterance_detection=SmartEndOfTurnDetection()),
        input_audio_echo_cancellation=AudioEchoCancellation(),
    )
    assert session_fields(config) == {
        "voice": {"type": "azure-standard", "name": "en-US-AvaNeural", "rate": "1.1"},
        "turn_detection": {
            "type": "azure_semantic_vad",
            "end_of_utterance_detection": {"model": "smart_end_of_turn_detection"},
        },
        "input_audio_echo_cancellation": {"type": "server_echo_cancellation"},
    }


def test_a_session_object_can_be_checked() -> None:
    config = msgspec.convert(
        {"voice": "alloy", "turn_detection": {"type": "server_vad", "threshold": 0.3}},
        SessionConfig,
    )
    assert config.voice == "alloy"
    assert config.turn_detection == ServerVad(threshold=0.3)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"turn_detection": {"type": "telepathy"}}, SessionConfig)


def test_absent_and_null_read_alike_where_they_mean_the_same() -> None:
    assert given(UNSET) is None
    assert given(None) is None
    assert given(0) == 0


def test_a_millisecond_of_audio_is_48_bytes() -> None:
    assert ms_to_bytes(10) == 480
    assert bytes_to_ms(480) == 10
    assert bytes_to_ms(479) == 9
