"""Sessions with an agent: it brings its own instructions, a voice of Azure's, and its name in place of a model's."""

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import Client, only
from voicelive_emulator import Backend, Behaviour
from voicelive_emulator.handshake import UpgradeRequest, check
from voicelive_emulator.work import ConversationView, Think


def connect(**query: str) -> Client:
    wanted = {"agent-name": "concierge", "agent-project-name": "hotel"} | query
    target = "/voice-live/realtime?api-version=2026-07-15&" + "&".join(
        f"{name}={value}" for name, value in wanted.items()
    )
    request = UpgradeRequest(target, {"api-key": "key"})
    return Client(check(request, api_key="key", accepts_token=bool), Behaviour(pace=float("inf")))


def view(caller: Client, **request: Any) -> ConversationView:
    """What the agent's model is given for a response."""
    caller.emulator.idle = True
    caller.send(client.ResponseCreate(response=client.ResponseCreateParams(**request)))
    [think] = caller.emulator._undone
    assert isinstance(think, Think)
    return think.view


def test_the_session_shows_the_agent_and_neither_model_nor_profile_counts() -> None:
    caller = connect(model="no-such-model", profile="no-such-profile")
    fields = only([caller.created], server.SessionCreated).session
    assert (fields["model"], fields["agent"]["name"]) == ("concierge", "concierge")
    assert fields["voice"]["type"] == "azure-standard"
    assert fields["instructions"] is None


def test_a_stored_conversation_is_named() -> None:
    fields = only([connect(**{"conversation-id": "conv_1"}).created], server.SessionCreated).session
    assert fields["agent"]["thread_id"] == "conv_1"


def test_instructions_of_the_client_have_no_effect() -> None:
    caller = connect()
    own = view(connect()).instructions
    fields = caller.configure(instructions="Be rude.", agent={"name": "other"})
    assert (fields["instructions"], fields["agent"]["name"]) == (None, "concierge")
    assert view(caller, instructions="Be very rude.").instructions == own


def test_what_is_added_for_one_response_counts() -> None:
    caller = connect()
    caller.emulator.idle = True
    caller.send(client.ResponseCreate(additional_instructions="Greet the guest."))
    [think] = caller.emulator._undone
    assert think.view.additional_instructions == "Greet the guest."  # type: ignore[union-attr]


@pytest.mark.parametrize("backend", [Backend(), Backend("gpt-4.1", "cascade")])
def test_a_model_takes_the_instructions_of_the_client(backend: Backend) -> None:
    caller = Client(backend, Behaviour())
    caller.configure(instructions="Be brief.")
    assert view(caller).instructions == "Be brief."
    caller = Client(backend, Behaviour())
    caller.configure(instructions="Be brief.")
    assert view(caller, instructions="Be long.").instructions == "Be long."
    assert "agent" not in only([caller.created], server.SessionCreated).session


def test_the_connection_switches_features_on() -> None:
    stereo = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
    for query, answer in (
        ({}, server.ErrorEvent),
        ({"features": "other, client_ec_reference:true"}, server.SessionUpdated),
    ):
        update = client.SessionUpdate(session={"input_audio_echo_cancellation": stereo})
        assert isinstance(connect(**query).send(update)[0], answer)
