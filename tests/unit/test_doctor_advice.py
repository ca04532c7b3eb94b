from dataclasses import replace

import pytest

from livekit_plugins_voicelive.doctor import proxy_for
from livekit_plugins_voicelive.doctor_advice import (
    grant,
    refused_handshake,
    refused_session,
    resource_of,
)
from livekit_plugins_voicelive.endpoint import Agent, Endpoint
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails

ENDPOINT = Endpoint(
    base="wss://my-resource.services.ai.azure.com", model="mine", api_key="very-secret"
)
BYOM = replace(ENDPOINT, byom_profile="byom-foundry-anthropic-messages")
ELSEWHERE = replace(BYOM, foundry_resource_override="other")
AGENT = replace(ENDPOINT, model=None, agent=Agent(name="concierge", project_name="lobby"))


def test_a_resource_is_named_as_its_address_begins() -> None:
    assert resource_of(ENDPOINT) == "my-resource"


def test_the_identity_is_that_of_voice_lives_resource_and_the_scope_the_models() -> None:
    assign, show, role = grant(ELSEWHERE).splitlines()
    assert "identity assign --name my-resource " in assign
    assert "identity show --name my-resource " in show
    assert "[?name=='other'].id" in role
    assert "my-resource" not in role
    assert "[?name=='my-resource'].id" in grant(BYOM).splitlines()[2]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 418, 429, 500, 503])
def test_every_status_has_a_cause_and_a_step_and_no_secret(status: int) -> None:
    advice = refused_handshake(ENDPOINT, status, "")
    assert advice.cause
    assert advice.next_step
    assert "very-secret" not in repr(advice)


def test_a_wrong_key_of_a_resource_is_looked_up_at_azure() -> None:
    step = refused_handshake(ENDPOINT, 401, "").next_step
    assert "az cognitiveservices account keys list --name my-resource " in step


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "[::1]:8765", "localhost:8765", "emulator"])
def test_a_wrong_key_of_what_is_no_resource_is_the_emulators(host: str) -> None:
    step = refused_handshake(replace(ENDPOINT, base=f"ws://{host}"), 401, "").next_step
    assert "the emulator's key is its --api-key" in step
    assert "az " not in step


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (ENDPOINT, "AZURE_VOICELIVE_BYOM_PROFILE"),
        (BYOM, "a deployment on the resource my-resource"),
        (ELSEWHERE, "a deployment on the resource other"),
        (AGENT, "AZURE_VOICELIVE_PROJECT_NAME"),
    ],
)
def test_a_refused_session_points_at_what_was_asked_for(endpoint: Endpoint, words: str) -> None:
    advice = refused_session(endpoint, ErrorDetails(code="invalid_request_error"))
    assert words in advice.next_step


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
def test_a_proxy_of_the_environment_is_seen_unless_the_host_is_excepted(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("no_proxy", "NO_PROXY", "https_proxy", "HTTPS_PROXY", "wss_proxy"):
        monkeypatch.delenv(variable, raising=False)
    assert proxy_for(ENDPOINT) is None
    monkeypatch.setenv(name, "http://proxy.example:3128")
    assert proxy_for(ENDPOINT) == "http://proxy.example:3128"
    monkeypatch.setenv("no_proxy", ".azure.com")
    assert proxy_for(ENDPOINT) is None
