from typing import Any

import numpy as np
import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import CASCADE, Connect, only, silence, types
from voicelive_emulator import Backend
from voicelive_emulator.speech.stand_ins import hum

RECORDED_DETECTION = {
    "type": "server_vad",
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


STEREO = Backend(features=("client_ec_reference:true",))


def refusal(
    connect: Connect, backend: Backend | None = None, **session: object
) -> server.ErrorDetails:
    caller = connect(backend=backend or Backend())
    update = client.SessionUpdate(event_id="e1", session=session)
    details: server.ErrorDetails = only(caller.send(update), server.ErrorEvent).error
    return details


def test_a_new_session_has_other_paddings_than_an_updated_one(connect: Connect) -> None:
    caller = connect()
    assert isinstance(caller.created, server.SessionCreated)
    created = caller.created.session["turn_detection"]
    assert created == RECORDED_DETECTION | {"prefix_padding_ms": 300, "silence_duration_ms": 200}
    assert (
        caller.configure(turn_detection={"type": "server_vad"})["turn_detection"]
        == RECORDED_DETECTION
    )


def test_the_session_object_has_exactly_the_recorded_fields(connect: Connect) -> None:
    created = connect().created
    assert isinstance(created, server.SessionCreated)
    assert " ".join(created.session) == (
        "id model modalities instructions voice input_audio_format output_audio_format "
        "input_audio_transcription input_audio_noise_reduction turn_detection tools tool_choice "
        "max_response_output_tokens expires_at object input_audio_sampling_rate animation "
        "input_audio_echo_cancellation avatar output_audio_timestamp_types truncation_strategy include"
    )
    assert created.session["model"] == "gpt-realtime-global-standard"


def test_a_nested_object_is_replaced_and_not_merged(connect: Connect) -> None:
    caller = connect()
    caller.configure(turn_detection={"type": "server_vad", "silence_duration_ms": 900})
    detection = caller.configure(turn_detection={"type": "server_vad", "threshold": 0.7})
    assert detection["turn_detection"] == RECORDED_DETECTION | {"threshold": 0.7}


def test_null_switches_turn_detection_off_and_absence_leaves_it(connect: Connect) -> None:
    caller = connect()
    assert caller.configure(turn_detection=None)["turn_detection"] is None
    assert caller.configure(instructions="Be brief.")["turn_detection"] is None


def test_old_versions_pad_less(connect: Connect) -> None:
    caller = connect(backend=Backend(api_version="2025-10-01"))
    updated = caller.configure(turn_detection={"type": "azure_semantic_vad"})
    assert updated["turn_detection"]["prefix_padding_ms"] == 300


def test_a_cascade_refuses_an_openai_voice(connect: Connect) -> None:
    details = refusal(connect, CASCADE, voice={"type": "openai", "name": "alloy"})
    assert details == server.ErrorDetails(
        type="invalid_request_error",
        code="invalid_voice",
        message="Only Azure voice is supported",
        param="session.voice",
        event_id="e1",
    )


def test_the_model_cannot_be_updated(connect: Connect) -> None:
    assert refusal(connect, model="gpt-4o").param == "session.model"


def test_an_unreadable_session_changes_nothing(connect: Connect) -> None:
    caller = connect()
    events = caller.send(
        client.SessionUpdate(
            session={"instructions": "New.", "turn_detection": {"type": "psychic"}}
        )
    )
    assert only(events, server.ErrorEvent).error.code == "invalid_update_message"
    assert caller.configure()["instructions"] != "New."


def test_the_input_format_is_fixed_once_audio_was_heard(connect: Connect) -> None:
    caller = connect()
    caller.hear(silence(20))
    events = caller.send(client.SessionUpdate(session={"input_audio_format": "g711_ulaw"}))
    assert only(events, server.ErrorEvent).error.param == "session.input_audio_format"


@pytest.mark.parametrize(
    ("echo", "code"),
    [
        ({"channels": 2}, "invalid_ec_channels_requires_client"),
        ({"reference_source": "client"}, "invalid_ec_reference_channels"),
        ({"reference_source": "client", "channels": 1}, "invalid_ec_reference_channels"),
    ],
)
def test_an_echo_reference_needs_its_channel(
    connect: Connect, echo: dict[str, Any], code: str
) -> None:
    value = {"type": "server_echo_cancellation"} | echo
    assert refusal(connect, STEREO, input_audio_echo_cancellation=value).code == code


def test_the_reference_of_echo_cancellation_is_fixed_once_audio_was_sent(connect: Connect) -> None:
    caller = connect()
    mono = {"type": "server_echo_cancellation"}
    caller.configure(input_audio_echo_cancellation=mono)
    caller.hear(silence(100))
    assert caller.configure(input_audio_echo_cancellation=None)
    stereo = mono | {"reference_source": "client", "channels": 2}
    update = client.SessionUpdate(session={"input_audio_echo_cancellation": stereo})
    refused = only(caller.send(update), server.ErrorEvent).error
    assert refused.param == "session.input_audio_echo_cancellation"


def test_what_the_client_plays_in_the_second_channel_is_no_speech(connect: Connect) -> None:
    stereo = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
    heard = []
    for microphone, loudspeaker in ((silence(960), hum(960)), (hum(960), silence(960))):
        caller = connect(backend=STEREO)
        caller.configure(input_audio_echo_cancellation=stereo)
        frames = np.stack([np.frombuffer(side, "<i2") for side in (microphone, loudspeaker)], 1)
        heard.append(types(caller.hear(frames.tobytes())))
    assert heard == [[], ["input_audio_buffer.speech_started"]]
