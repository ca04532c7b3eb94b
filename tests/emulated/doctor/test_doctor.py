"""The doctor against the emulator, healthy and with each fault: does it name the guilty one and say what to do?"""

from __future__ import annotations

import pytest

from livekit_plugins_voicelive.doctor import examine, guilty_option
from livekit_plugins_voicelive.protocol.client_events import SessionUpdate
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from tests.emulated.conftest import model_of
from tests.emulated.doctor.conftest import PATIENT_S, SILENCE_S, failure
from voicelive_emulator.server import EmulatorServer

BYOM = {"model": "my-deployment", "byom_profile": "byom-azure-openai-chat-completion"}


async def test_a_healthy_service_passes_every_check(service: EmulatorServer) -> None:
    findings = await examine(model_of(service), timeout_s=PATIENT_S)
    assert [(finding.check, finding.passed) for finding in findings] == [
        ("name", True),
        ("network", True),
        ("sign-in", True),
        ("api-version", True),
        ("model", True),
        ("session", True),
        ("typed turn", True),
        ("spoken turn", True),
    ]
    assert " ms" in findings[-1].detail


async def test_a_session_that_only_writes_is_asked_in_writing(service: EmulatorServer) -> None:
    findings = await examine(model_of(service, modalities=["text"]), timeout_s=PATIENT_S)
    assert (findings[-1].check, findings[-1].passed) == ("typed turn", True)


HANDSHAKES = [
    (401, "", "sign-in", "--api-key"),
    (403, "", "sign-in", '"Cognitive Services User"'),
    (404, "", "endpoint", "AZURE_VOICELIVE_ENDPOINT"),
    (429, "", "quota", "a minute"),
    (400, "api-version is not supported", "api-version", "AZURE_VOICELIVE_API_VERSION"),
    (400, "no such model", "model", "AZURE_VOICELIVE_MODEL"),
    (503, "", "handshake", "Try again"),
    (200, "", "endpoint", "AZURE_VOICELIVE_ENDPOINT"),
    (499, "", "handshake", "Try again"),
    (
        404,
        '{"error": {"code": "DeploymentNotFound", "message": "There is none."}}',
        "model",
        "AZURE_VOICELIVE_MODEL",
    ),
]


@pytest.mark.parametrize(("status", "body", "check", "words"), HANDSHAKES)
async def test_a_refused_handshake_is_explained(
    service: EmulatorServer, status: int, body: str, check: str, words: str
) -> None:
    service.faults.handshake_status, service.faults.handshake_body = status, body
    finding = await failure(service)
    assert finding.check == check
    assert words in finding.next_step


async def test_a_wrong_key_is_named(service: EmulatorServer) -> None:
    finding = await failure(service, api_key="wrong-key")
    assert finding.check == "sign-in"
    assert "AZURE_VOICELIVE_API_KEY" in finding.next_step
    assert "wrong-key" not in finding.detail + finding.next_step


async def test_a_wrong_token_is_told_apart_from_a_wrong_key(service: EmulatorServer) -> None:
    service._accepts_token = lambda token: False
    finding = await failure(service, api_key=None, credential=lambda: "wrong-token")
    assert (finding.check, "az login" in finding.next_step) == ("sign-in", True)
    assert "wrong-token" not in finding.detail + finding.next_step


async def test_a_credential_without_a_token_is_named(service: EmulatorServer) -> None:
    def fails() -> str:
        raise RuntimeError("secret")

    finding = await failure(service, api_key=None, credential=fails)
    assert (finding.check, "az login" in finding.next_step) == ("sign-in", True)
    assert "secret" not in finding.detail


async def test_an_api_version_that_the_service_does_not_know_is_named(
    service: EmulatorServer,
) -> None:
    finding = await failure(service, api_version="2024-01-01")
    assert (finding.check, "2024-01-01" in finding.detail) == ("api-version", True)


async def test_a_redirect_is_not_followed(service: EmulatorServer) -> None:
    service.faults.redirect_to = "https://elsewhere.example/"
    assert (await failure(service)).check == "endpoint"


async def test_a_handshake_that_is_never_answered(service: EmulatorServer) -> None:
    service.faults.stall_handshake = True
    assert (await failure(service, timeout_s=SILENCE_S)).check == "handshake"


async def test_a_refusal_after_the_upgrade_points_at_model_and_profile(
    service: EmulatorServer,
) -> None:
    service.faults.error_after_upgrade = ErrorDetails(
        type="invalid_request_error", code="byom_realtime_connection_error", message="No deployment"
    )
    finding = await failure(service, **BYOM)
    assert finding.check == "model"
    assert "No deployment" in finding.detail
    assert "AZURE_VOICELIVE_BYOM_PROFILE" in finding.next_step


async def test_a_service_that_begins_no_session(service: EmulatorServer) -> None:
    service.faults.withhold = {"session.created"}
    assert (await failure(service, timeout_s=SILENCE_S)).check == "model"


async def test_a_rejected_voice_is_named(service: EmulatorServer) -> None:
    # `gpt-x` is a family that the plugin does not know: it cannot refuse the voice itself.
    finding = await failure(service, model="gpt-x", voice="alloy")
    assert finding.check == "voice"
    assert "Only Azure voice is supported" in finding.detail
    assert "AZURE_VOICELIVE_VOICE" in finding.next_step


async def test_a_rejected_option_is_named(service: EmulatorServer) -> None:
    service.faults.refuse = {
        "session.update": ErrorDetails(code="invalid_value", param="session.temperature")
    }
    finding = await failure(service, temperature=9.0)
    assert (finding.check, "`temperature`" in finding.next_step) == ("session", True)


async def test_a_missing_role_ends_in_the_three_commands_to_run(service: EmulatorServer) -> None:
    service.faults.model_fails = True
    finding = await failure(service, foundry_resource_override="other-resource", **BYOM)
    assert finding.check == "reply"
    assign, principal, role = finding.next_step.splitlines()[-3:]
    # A number is no resource's name, so the commands cannot hold it.
    assert "RESOURCE stands for your resource's name" in finding.next_step
    assert assign.startswith("az cognitiveservices account identity assign --name RESOURCE ")
    assert principal.startswith("PRINCIPAL=$(az cognitiveservices account identity show")
    assert role.startswith("az role assignment create")
    assert "other-resource" in role
    assert "my-deployment" in finding.detail


async def test_a_reply_without_a_word_is_a_failure(service: EmulatorServer) -> None:
    service.faults.withhold = {"response.audio.delta"}
    finding = await failure(service)
    assert (finding.check, "empty" in finding.detail) == ("reply", True)


async def test_a_silent_model_is_told_from_a_failing_one(service: EmulatorServer) -> None:
    service.faults.model_silent = True
    finding = await failure(service, timeout_s=SILENCE_S, **BYOM)
    assert (finding.check, finding.detail) == ("reply", "the reply is empty (completed)")
    assert "playground. If it answers there" in finding.next_step
    assert "az role assignment create" in finding.next_step


async def test_a_connection_that_breaks_is_told_as_that(service: EmulatorServer) -> None:
    service.faults.drop_after = "session.updated"
    assert "lost" in (await failure(service)).detail


async def test_a_model_that_says_nothing_at_all_is_told_from_a_guilty_option(
    service: EmulatorServer,
) -> None:
    service.faults.withhold = {"response.created", "response.audio.delta", "response.done"}
    finding = await failure(service, timeout_s=SILENCE_S)
    assert (finding.check, "no options at all" in finding.detail) == ("reply", True)
    assert "begins no answer" in finding.detail


@pytest.mark.parametrize(
    ("event", "undone"),
    [("session.updated", "confirms no options"), ("response.done", "does not end it")],
)
async def test_the_service_is_told_to_fall_silent_where_it_does(
    service: EmulatorServer, event: str, undone: str
) -> None:
    service.faults.withhold = {event}
    finding = await failure(service, timeout_s=SILENCE_S)
    assert (finding.check, undone in finding.detail) == ("reply", True)
    assert "--timeout 3" in finding.next_step


async def test_a_quota_that_is_used_up_is_named(service: EmulatorServer) -> None:
    service.faults.refuse = {"response.create": ErrorDetails(code="rate_limit_exceeded")}
    assert (await failure(service)).check == "quota"


class SilentWith(set[str]):
    """Withholds every answer while the newest connection has this option."""

    def __init__(self, service: EmulatorServer, option: str) -> None:
        super().__init__()
        self._service, self._option = service, option

    def __contains__(self, event: object) -> bool:
        [update, *_] = [
            sent for sent in self._service.received[-1] if isinstance(sent, SessionUpdate)
        ] or [SessionUpdate(session={})]
        return str(event).startswith("response.") and self._option in update.session


@pytest.mark.parametrize("option", ["temperature", "turn_detection", "metadata"])
async def test_the_option_that_silences_the_service_is_found(
    service: EmulatorServer, option: str
) -> None:
    service.faults.withhold = SilentWith(service, option)
    finding = await failure(service, timeout_s=SILENCE_S, temperature=0.7, metadata={"a": "b"})
    assert (finding.check, f"`{option}`" in finding.next_step) == ("session", True)


@pytest.mark.parametrize("guilty", range(9))
async def test_halving_finds_any_option_in_few_calls(guilty: int) -> None:
    options = [f"option{number}" for number in range(9)]
    calls: list[list[str]] = []

    async def answers(kept: list[str]) -> bool:
        calls.append(kept)
        return options[guilty] not in kept

    assert await guilty_option(options, answers) == options[guilty]
    assert len(calls) <= 5


async def test_without_any_option_silent_means_none_is_guilty() -> None:
    async def answers(kept: list[str]) -> bool:
        return False

    assert await guilty_option(["a", "b"], answers) is None
