"""Options changed while a session runs."""

import pytest

from livekit_plugins_voicelive import AzureSemanticVad, ServerVad
from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.emulated.conftest import Events, eventually, heard, model_of, session_with
from voicelive_emulator.server import EmulatorServer


def sessions(service: EmulatorServer) -> list[dict[str, object]]:
    return [e.session for e in service.received[-1] if isinstance(e, client.SessionUpdate)]


async def test_what_is_given_changes_and_nothing_else(service: EmulatorServer) -> None:
    async with session_with(service) as (session, events):
        await events.server_event(server.SessionUpdated)
        session.update_options(voice="en-US-AndrewNeural", turn_detection=ServerVad(threshold=0.3))
        await events.server_event(server.SessionUpdated, count=2)
        assert sessions(service)[-1] == {
            "voice": {"type": "azure-standard", "name": "en-US-AndrewNeural"},
            "turn_detection": {"type": "server_vad", "threshold": 0.3},
        }


async def test_capabilities_are_true_right_after_a_change(service: EmulatorServer) -> None:
    async with session_with(service) as (session, _):
        assert session.capabilities.turn_detection
        session.update_options(turn_detection=AzureSemanticVad(create_response=False))
        assert not session.capabilities.turn_detection
        session.update_options(input_audio_transcription=None)
        assert not session.capabilities.user_transcription


async def test_a_change_of_the_model_reaches_its_sessions_and_those_to_come(
    service: EmulatorServer,
) -> None:
    model = model_of(service)
    session = model.session()
    model.update_options(turn_detection=None)
    assert not model.capabilities.turn_detection
    assert not session.capabilities.turn_detection
    assert not model.session().capabilities.turn_detection
    await eventually(lambda: len(service.received) == 2 and all(service.received))
    assert sessions(service)[0]["turn_detection"] is None
    await model.aclose()


async def test_a_change_has_the_names_that_the_constructor_has(service: EmulatorServer) -> None:
    model = model_of(service)
    events = Events(model.session())
    await events.server_event(server.SessionUpdated)
    model.update_options(tool_choice="none", max_output_tokens=100)
    await events.server_event(server.SessionUpdated, count=3)
    assert {"tool_choice": "none"} in sessions(service)
    assert {"max_response_output_tokens": 100} in sessions(service)
    assert (
        model.session_fields.items()
        >= {"tool_choice": "none", "max_response_output_tokens": 100}.items()
    )
    await model.aclose()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"voice": "alloy"}, "voice"),
        ({"temperature": "hot"}, "temperature"),
        ({"instructions": "x"}, "instructions"),
        ({"tool_choice": "Required", "temperature": 0.5}, "tool_choice"),
        ({"max_output_tokens": 1, "max_response_output_tokens": 2}, "max_output_tokens"),
    ],
)
async def test_a_change_that_cannot_work_is_refused_and_nothing_is_changed(
    service: EmulatorServer, options: dict[str, str], named: str
) -> None:
    model = model_of(service, model="gpt-4.1")
    before = model.session_fields
    with pytest.raises(ValueError, match=f"`{named}`"):
        model.update_options(**options)  # type: ignore[arg-type]
    assert model.session_fields == before
    await model.aclose()


async def test_a_refused_option_leaves_the_others_of_its_call_unchanged(
    service: EmulatorServer,
) -> None:
    async with session_with(service, model="gpt-4.1") as (session, events):
        await events.server_event(server.SessionUpdated)
        before = len(sessions(service))
        with pytest.raises(ValueError, match="`voice`"):
            session.update_options(tool_choice="none", voice="alloy")
        session.update_options(temperature=0.5)
        await events.server_event(server.SessionUpdated, count=2)
        assert sessions(service)[before:] == [{"temperature": 0.5}]


async def test_a_session_writes_for_a_while_and_speaks_again_with_its_voice(
    service: EmulatorServer,
) -> None:
    async with session_with(service, voice="en-US-AvaNeural") as (session, events):
        await events.server_event(server.SessionUpdated)
        session.update_options(modalities=["text"])
        text, seconds = await heard(await session.generate_reply())
        assert text
        assert not seconds
        session.reconnect()
        await events.wait("session_reconnected")
        session.update_options(modalities=["text", "audio"])
        assert (await heard(await session.generate_reply()))[1]
        updated = await events.server_event(server.SessionUpdated, count=4)
        assert updated.session["voice"]["name"] == "en-US-AvaNeural"
        assert events.all("error") == []
