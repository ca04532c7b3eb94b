"""A well-formed field whose value is none of the documented ones is refused, in a session and in a response."""

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import CASCADE, WEATHER, Client, Connect, only, types
from voicelive_emulator import Backend

OLD = Backend(api_version="2025-10-01")
STEREO = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
REFERENCE = ("client_ec_reference:true",)


def update(caller: Client, **session: object) -> list[Any]:
    return caller.send(client.SessionUpdate(session=session))


def ask(caller: Client, **fields: Any) -> list[Any]:
    return caller.send(client.ResponseCreate(response=client.ResponseCreateParams(**fields)))


def refused_param(events: list[Any]) -> str:
    (event,) = events
    return str(event.error.param)


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("modalities", [], ""),
        ("modalities", ["smell"], "[0]"),
        ("input_audio_format", "mp3", ""),
        ("input_audio_sampling_rate", -1, ""),
        ("input_audio_sampling_rate", 11_025, ""),
        ("output_audio_format", "mp3", ""),
        ("turn_detection", {"type": "server_vad", "threshold": 1.5}, ".threshold"),
        (
            "turn_detection",
            {"type": "server_vad", "silence_duration_ms": -1},
            ".silence_duration_ms",
        ),
        ("turn_detection", {"type": "semantic_vad", "eagerness": "hot"}, ".eagerness"),
        ("input_audio_noise_reduction", {"type": "none"}, ".type"),
        ("input_audio_echo_cancellation", {}, ""),
        ("output_audio_timestamp_types", ["letter"], "[0]"),
        ("animation", {"outputs": ["hands"]}, ".outputs[0]"),
        ("avatar", {"style": "casual"}, ""),
        ("temperature", 1.3, ""),
        ("max_response_output_tokens", 0, ""),
        ("max_response_output_tokens", "many", ""),
        ("reasoning_effort", "some", ""),
        ("include", ["everything"], "[0]"),
        ("metadata", {str(number): "" for number in range(17)}, ""),
        ("metadata", {"k" * 65: ""}, ""),
        ("metadata", {"key": "v" * 513}, "[...]"),
        ("voice", {"type": "openai", "name": "bob"}, ".name"),
        ("tool_choice", 5, ""),
        ("tool_choice", {"type": "function"}, ""),
        ("tools", [WEATHER, {"type": "function"}], "[1]"),
        ("tools", [WEATHER | {"parameters": {"properties": 5}}], "[0]"),
    ],
)
def test_a_session_takes_documented_values_only(
    connect: Connect, field: str, value: Any, place: str
) -> None:
    caller = connect()
    before = caller.configure()
    assert refused_param(update(caller, **{field: value})).startswith(f"session.{field}{place}")
    assert caller.configure() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("modalities", []),
        ("modalities", ["smell"]),
        ("voice", {"name": "alloy"}),
        ("voice", 5),
        ("output_audio_format", "mp3"),
        ("max_output_tokens", 0),
        ("max_output_tokens", "many"),
        ("temperature", 9.0),
        ("reasoning_effort", "some"),
        ("metadata", {str(number): "" for number in range(17)}),
        ("conversation", "other"),
        ("tool_choice", 5),
        ("interim_response", {"type": "song"}),
        ("tools", [{"type": "hammer"}]),
    ],
)
def test_a_response_takes_documented_values_only(connect: Connect, field: str, value: Any) -> None:
    caller = connect()
    assert refused_param(ask(caller, **{field: value})).startswith(f"response.{field}")
    assert "response.created" in types(caller.send(client.ResponseCreate()))


@pytest.mark.parametrize(
    "field", [{"interim_response": {"type": "llm_interim_response"}}, {"parallel_tool_calls": True}]
)
def test_a_field_needs_the_api_version_that_brought_it(
    connect: Connect, field: dict[str, Any]
) -> None:
    assert refused_param(update(connect(backend=OLD), **field)) == f"session.{next(iter(field))}"
    assert "session.updated" in types(update(connect(), **field))


def test_a_native_voice_needs_its_model_and_its_api_version(connect: Connect) -> None:
    voice = {"type": "azure-realtime-native", "name": "ava"}
    new = Backend(model="azure-realtime")
    old = Backend(model="azure-realtime", api_version="2026-04-10")
    assert update(connect(), voice=voice)[0].error.code == "invalid_voice"
    assert refused_param(update(connect(backend=old), voice=voice)) == "session.voice"
    assert types(update(connect(backend=new), voice=voice)) == ["session.updated"]


@pytest.mark.parametrize(
    "session",
    [
        {"turn_detection": {"type": "semantic_vad"}},
        {"input_audio_noise_reduction": {"type": "near_field"}},
        {"input_audio_transcription": {"model": "whisper-1"}},
    ],
)
def test_a_cascade_has_nothing_of_what_only_realtime_models_have(
    connect: Connect, session: dict[str, Any]
) -> None:
    assert (
        refused_param(update(connect(backend=CASCADE), **session))
        == f"session.{next(iter(session))}"
    )
    assert types(update(connect(), **session)) == ["session.updated"]


@pytest.mark.parametrize("model", ["phi4-mm-realtime", "azure-realtime"])
def test_openai_s_voices_belong_to_openai_s_realtime_models(connect: Connect, model: str) -> None:
    caller = connect(backend=Backend(model=model))
    assert caller.created.session["voice"]["type"].startswith("azure-")
    assert update(caller, voice="alloy")[0].error.code == "invalid_voice"
    own = connect(backend=Backend(model=model, profile="byom-azure-openai-realtime"))
    assert types(update(own, voice="alloy")) == ["session.updated"]


def test_phi_hears_through_azure_speech_only(connect: Connect) -> None:
    caller = connect(backend=Backend(model="phi4-mm-realtime"))
    events = update(caller, input_audio_transcription={"model": "mai-transcribe"})
    assert refused_param(events) == "session.input_audio_transcription"
    assert caller.configure(input_audio_transcription={"model": "azure-speech"})


@pytest.mark.parametrize(
    ("backend", "session"),
    [
        (Backend(), {}),
        (Backend(features=REFERENCE, api_version="2026-04-10"), {}),
        (Backend(features=REFERENCE), {"input_audio_format": "g711_ulaw"}),
    ],
)
def test_a_client_s_echo_reference_needs_its_feature_its_version_and_its_format(
    connect: Connect, backend: Backend, session: dict[str, Any]
) -> None:
    events = update(connect(backend=backend), input_audio_echo_cancellation=STEREO, **session)
    assert refused_param(events) == "session.input_audio_echo_cancellation"


def test_a_sample_of_two_channels_has_both(connect: Connect) -> None:
    caller = connect(backend=Backend(features=REFERENCE))
    caller.configure(input_audio_echo_cancellation=STEREO)
    assert refused_param(caller.hear(bytes(4_802))) == "audio"
    assert caller.hear(bytes(4_804)) == []


def test_an_append_holds_15_mib(connect: Connect) -> None:
    caller = connect()
    caller.configure(turn_detection=None)
    assert refused_param(caller.hear(bytes(15 * 2**20 + 2))) == "audio"
    assert caller.hear(bytes(15 * 2**20)) == []


def test_a_field_that_no_session_has_is_not_shown(connect: Connect) -> None:
    assert "volume_knob" not in connect().configure(volume_knob=11)


def test_an_openai_voice_stays_once_it_has_spoken_and_an_azure_one_may_change(
    connect: Connect,
) -> None:
    for first, second, code in (
        (
            {"type": "openai", "name": "ash"},
            {"type": "openai", "name": "coral"},
            "cannot_update_voice",
        ),
        (azure("Ava"), azure("Andrew"), None),
    ):
        caller = connect()
        caller.configure(voice=first)
        caller.configure(voice=second)
        caller.configure(voice=first)
        caller.write("Hello!")
        caller.rest()
        caller.configure(voice=first)
        (event,) = update(caller, voice=second)
        assert (event.error.code if isinstance(event, server.ErrorEvent) else None) == code


def azure(name: str) -> dict[str, str]:
    return {"type": "azure-standard", "name": f"en-US-{name}Neural"}


def test_a_session_of_text_refuses_a_voice_that_is_named_again(connect: Connect) -> None:
    caller = connect()
    assert caller.configure(modalities=["text"], voice=azure("Ava"))
    (event,) = update(caller, modalities=["text"], voice=azure("Ava"))
    assert event.error.message == "Text to speech synthesizer is not configured"
    assert caller.configure(modalities=["text", "audio"], voice=azure("Ava"))


@pytest.mark.parametrize(
    "choice",
    [
        "get_time",
        {"type": "function", "name": "get_time"},
        {"type": "function", "function": {"name": "get_time"}},
    ],
)
def test_a_function_is_chosen_by_its_name_in_each_documented_way(
    connect: Connect, choice: Any
) -> None:
    caller = connect()
    time = WEATHER | {"name": "get_time", "description": "Tell the time in a city."}
    events = ask(caller, tools=[WEATHER, time], tool_choice=choice) + caller.rest()
    assert only(events, server.ResponseFunctionCallArgumentsDone).name == "get_time"


def test_with_an_azure_voice_a_response_may_have_text_and_audio(connect: Connect) -> None:
    caller = connect()
    assert refused_param(ask(caller, modalities=["text", "audio"])) == "response.modalities"
    events = ask(caller, modalities=["text", "audio"], voice=azure("Ava"))
    assert "response.created" in types(events)
