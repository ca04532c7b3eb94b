from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from livekit_plugins_voicelive.doctor_advice import (
    empty_reply,
    failed_reply,
    grant,
    no_reply,
    refused_handshake,
    refused_session,
    rejected_options,
    resource_of,
)
from livekit_plugins_voicelive.doctor_network import proxy_for
from livekit_plugins_voicelive.endpoint import Endpoint
from livekit_plugins_voicelive.foundry_agent import Agent
from livekit_plugins_voicelive.protocol.response import Response
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


NAMELESS = [
    "ws://127.0.0.1:8088",
    "wss://gateway.example/azure",
    "wss://swedencentral.api.cognitive.microsoft.com",
]


@pytest.mark.parametrize("base", NAMELESS)
def test_no_command_names_a_resource_that_the_address_does_not_tell(base: str) -> None:
    model = replace(BYOM, base=base)
    guessed = urlsplit(base).hostname.split(".")[0]
    steps = [refused_handshake(model, status, "").next_step for status in (403, 404)]
    steps += [failed_reply(model, "failed").next_step, no_reply(model, "is silent", 9).next_step]
    for step in steps:
        assert f"'{guessed}'" not in step
        assert f"{guessed}.services" not in step
        assert f"--name {guessed}" not in step
        assert ("RESOURCE" in step) == ("RESOURCE stands for your resource's name" in step)
    assert "RESOURCE" in steps[0]
    assert "'my-resource'" in refused_handshake(BYOM, 403, "").next_step
    assert "RESOURCE" not in failed_reply(BYOM, "failed").next_step


def test_what_the_service_says_of_a_refusal_is_told_in_brackets_and_not_endlessly() -> None:
    body = '{"error": {"code": "PermissionDenied", "message": "%s"}}' % ("no" * 400)
    cause = refused_handshake(ENDPOINT, 403, body).cause
    assert " (PermissionDenied: nono" in cause
    assert len(cause) < 400
    for wordless in ("", "<html>", "[]", "{}", '{"error": "no"}', '{"error": null}'):
        assert "(" not in refused_handshake(ENDPOINT, 403, wordless).cause


def test_a_deployment_that_is_not_found_is_no_wrong_address() -> None:
    body = '{"error": {"code": "DeploymentNotFound", "message": "x"}}'
    assert refused_handshake(BYOM, 404, body).check == "model"
    assert refused_handshake(BYOM, 404, "").check == "endpoint"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (ENDPOINT, "try another model or region"),
        (AGENT, "ask the agent in Foundry's playground"),
        (BYOM, "az role assignment create"),
    ],
)
def test_a_reply_that_fails_is_looked_into_where_its_model_is(
    endpoint: Endpoint, words: str
) -> None:
    cut = Response(id="r", status="incomplete", status_details={"reason": "content_filter"})
    empty = empty_reply(endpoint, cut)
    assert empty.cause == "the reply is empty (incomplete, content_filter)"
    failed, silent = failed_reply(endpoint, "failed"), no_reply(endpoint, "is silent", 10)
    assert silent.next_step.startswith("Try again with --timeout 30")
    for advice in (empty, failed, silent):
        assert words.lower() in advice.next_step.lower()
    assert failed_reply(endpoint, "insufficient_quota").check == "quota"


@pytest.mark.parametrize("option", ["voice", "turn_detection", ""])
def test_a_rejected_option_is_named_where_the_service_names_one(option: str) -> None:
    error = ErrorDetails(code="bad", param=f"session.{option}.type" if option else None)
    step = rejected_options(error).next_step
    assert (f"`{option}`" in step) if option else ("one by one" in step)


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
