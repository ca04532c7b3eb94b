"""The constructor: arguments and environment in, endpoint out."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.core.credentials import AzureKeyCredential

from livekit_plugins_voicelive import (
    RealtimeModel,
)
from livekit_plugins_voicelive.credentials import DefaultCredential
from tests.unit.model_arguments import (
    CHAT,
    ENDPOINT,
    REALTIME,
    model_with,
    query,
)


def test_an_endpoint_and_a_key_are_enough() -> None:
    model = model_with()
    assert (model.model, model.provider) == ("gpt-realtime", "azure-voicelive")
    assert query(model) == {"api-version": "2026-07-15", "model": "gpt-realtime"}
    assert model.endpoint.api_key == "key"


@pytest.mark.parametrize("spelling", ["AZURE_VOICELIVE", "AZURE_VOICE_LIVE"])
def test_both_spellings_of_the_environment_work(
    monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    for name, value in {
        "ENDPOINT": ENDPOINT,
        "API_KEY": "key",
        "MODEL": "my-deployment",
        "BYOM_PROFILE": CHAT,
        "FOUNDRY_RESOURCE_OVERRIDE": "https://other.services.ai.azure.com/",
        "API_VERSION": "2025-10-01",
        "VOICE": "en-US-AvaNeural",
    }.items():
        monkeypatch.setenv(f"{spelling}_{name}", value)
    model = RealtimeModel()
    assert query(model) == {
        "api-version": "2025-10-01",
        "model": "my-deployment",
        "profile": CHAT,
        "foundry-resource-override": "other",
    }
    assert model.session_fields["voice"]["name"] == "en-US-AvaNeural"


def test_the_variables_of_microsofts_sample_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELIVE_MODEL", "mine")
    monkeypatch.setenv("VOICELIVE_BYOM_MODE", REALTIME)
    monkeypatch.setenv("VOICELIVE_VOICE", "alloy")
    model = model_with()
    assert (model.model, query(model)["profile"]) == ("mine", REALTIME)
    assert model.session_fields["voice"] == {"type": "openai", "name": "alloy"}


def test_an_argument_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_MODEL", "theirs")
    monkeypatch.setenv("AZURE_VOICELIVE_BYOM_PROFILE", CHAT)
    model = model_with(model="gpt-4.1", byom_profile=None)
    assert query(model) == {"api-version": "2026-07-15", "model": "gpt-4.1"}


def test_an_agent_is_addressed_without_a_model() -> None:
    model = model_with(
        agent_name="concierge",
        project_name="lobby",
        agent_version="3",
        conversation_id="conv_1",
        agent_client_id="client",
        foundry_resource_override="other",
    )
    assert query(model) == {
        "api-version": "2026-07-15",
        "agent-name": "concierge",
        "agent-project-name": "lobby",
        "agent-version": "3",
        "conversation-id": "conv_1",
        "agent-authentication-identity-client-id": "client",
        "foundry-resource-override": "other",
    }
    assert model.model == "concierge"
    assert not model.capabilities.mutable_instructions
    assert model.session_fields["input_audio_transcription"] == {"model": "azure-speech"}


async def test_a_classic_agent_is_called_with_a_token_in_the_url_that_no_log_shows() -> None:
    model = model_with(
        agent_id="asst_1", project_name="lobby", api_key=None, credential=lambda: "secret token"
    )
    assert query(model) == {
        "api-version": "2026-07-15",
        "agent-id": "asst_1",
        "agent-project-name": "lobby",
    }
    url, headers = await model.endpoint.handshake()
    assert parse_qsl(urlsplit(url).query)[-1] == ("agent-access-token", "secret token")
    assert headers["Authorization"] == "Bearer secret token"
    assert model.model == "asst_1"
    assert not model.capabilities.mutable_instructions


async def test_an_agent_is_never_sent_instructions() -> None:
    agent = model_with(agent_name="concierge", project_name="lobby").session()
    plain = model_with().session()
    try:
        for session in (agent, plain):
            await session.update_instructions("Be brief.")
        openings = [s._translator.settings.opening().session for s in (agent, plain)]
        assert "instructions" not in openings[0]
        assert openings[1]["instructions"] == "Be brief."
    finally:
        await agent.aclose()
        await plain.aclose()


def test_a_whole_address_of_microsofts_pages_is_taken_as_it_is() -> None:
    address = f"{ENDPOINT}/voice-live/realtime?api-version=2025-10-01&model=mine&profile={CHAT}"
    model = model_with(endpoint=f"{address}&foundry-resource-override=other&debug=on")
    assert query(model) == {
        "api-version": "2025-10-01",
        "model": "mine",
        "profile": CHAT,
        "foundry-resource-override": "other",
        "debug": "on",
    }
    assert model.session_fields["input_audio_transcription"] == {"model": "azure-speech"}


def test_options_count_more_than_the_addresses_own_query(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{ENDPOINT}?debug=on&model=old&profile={CHAT}&api-version=2025-10-01"
    monkeypatch.setenv("AZURE_VOICELIVE_API_VERSION", "2026-04-10")
    model = model_with(
        endpoint=address, model="gpt-4.1", byom_profile=None, extra_query={"debug": "off"}
    )
    assert query(model) == {"api-version": "2026-04-10", "model": "gpt-4.1", "debug": "off"}


def test_a_profile_newer_than_we_are_goes_through_and_nothing_is_held_against_it() -> None:
    newer = {"profile": "byom-of-tomorrow", "foundry-resource-override": "other"}
    model = model_with(model="gpt-4.1", extra_query=newer, voice="alloy")
    assert query(model) == {"api-version": "2026-07-15", "model": "gpt-4.1"} | newer
    assert (model.endpoint.kind, model.endpoint.managed_model) == ("unknown", None)


def test_a_blank_argument_is_none_as_a_blank_variable_is_not_set() -> None:
    model = model_with(model=" ", byom_profile="", api_version=" ", foundry_resource_override="")
    assert query(model) == {"api-version": "2026-07-15", "model": "gpt-realtime"}
    agent = model_with(
        agent_name=" a ", project_name="p", agent_version="", conversation_id="", agent_client_id=""
    )
    assert query(agent) == {
        "api-version": "2026-07-15",
        "agent-name": "a",
        "agent-project-name": "p",
    }


async def test_extra_headers_replace_ours_whatever_their_case() -> None:
    _, headers = await model_with(extra_headers={"user-agent": "mine"}).endpoint.handshake()
    assert [value for name, value in headers.items() if name.lower() == "user-agent"] == ["mine"]


def test_a_key_credential_is_a_key() -> None:
    model = model_with(api_key=None, credential=AzureKeyCredential("k2"))
    assert (model.endpoint.api_key, model.endpoint.credential) == ("k2", None)


def test_the_line_break_behind_a_mounted_secret_is_no_part_of_the_key() -> None:
    assert model_with(api_key="key\n").endpoint.api_key == "key"
    credential = AzureKeyCredential("key\r\n")
    assert model_with(api_key=None, credential=credential).endpoint.api_key == "key"


def test_an_odd_key_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "\u201ckey\u201d")
    with pytest.raises(ValueError, match="AZURE_VOICELIVE_API_KEY"):
        RealtimeModel(endpoint=ENDPOINT)


def test_a_credential_counts_more_than_a_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_VOICELIVE_API_KEY", "key")
    model = RealtimeModel(endpoint=ENDPOINT, credential=lambda: "token")
    assert model.endpoint.api_key is None
    for options in ({"use_default_credential": True}, {"credential": lambda: "token"}):
        assert RealtimeModel(endpoint=ENDPOINT, **options).endpoint.api_key is None


def test_without_a_key_it_signs_in_by_default() -> None:
    for options in ({}, {"use_default_credential": True}):
        model = RealtimeModel(endpoint=ENDPOINT, **options)
        assert isinstance(model.endpoint.credential, DefaultCredential)


def test_no_secret_is_in_a_repr_or_a_url() -> None:
    model = model_with(extra_headers={"x-secret": "hidden"}, api_key="hidden")
    assert "hidden" not in repr(model) + repr(model.endpoint) + model.endpoint.url
