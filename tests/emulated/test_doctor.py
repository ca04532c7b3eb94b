"""The doctor against the emulator, healthy and with each fault: does it name the guilty one and say what to do?"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from livekit_plugins_voicelive.__main__ import table
from livekit_plugins_voicelive.doctor import Finding, examine, guilty_option
from livekit_plugins_voicelive.protocol.client_events import SessionUpdate
from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer

from .conftest import model_of

PATIENT_S = 10.0

SILENCE_S = 1.0
"""How long a service that says nothing is listened to."""

BYOM = {"model": "my-deployment", "byom_profile": "byom-azure-openai-chat-completion"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "VOICELIVE_")):
            monkeypatch.delenv(name)


@pytest.fixture
async def service() -> AsyncIterator[EmulatorServer]:
    behaviour = Behaviour(pace=float("inf"))
    async with EmulatorServer(api_key="key", behaviour=behaviour) as server:
        yield server


async def failure(
    service: EmulatorServer, *, timeout_s: float = PATIENT_S, **options: Any
) -> Finding:
    """The one finding that failed, which is the last."""
    findings = await examine(model_of(service, **options), timeout_s=timeout_s)
    assert [finding.passed for finding in findings] == [True] * (len(findings) - 1) + [False]
    return findings[-1]


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


async def test_a_port_that_nobody_listens_on(service: EmulatorServer) -> None:
    finding = await failure(service, endpoint="http://127.0.0.1:1")
    assert (finding.check, "port 1" in finding.detail) == ("network", True)


async def test_a_server_without_encryption_behind_an_encrypted_address(
    service: EmulatorServer,
) -> None:
    endpoint = service.endpoint.replace("http", "https")
    finding = await failure(service, endpoint=endpoint)
    assert (finding.check, "agrees on no encryption" in finding.detail) == ("network", True)
    assert "http:// is not" in finding.next_step


def self_signed(folder: Path) -> Path:
    """A key and its certificate, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial_number=1)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(
        now + timedelta(days=1)
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(
        secret + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    return folder / "both.pem"


async def test_a_certificate_that_nobody_trusts_is_told_from_no_encryption(
    service: EmulatorServer, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed(tmp_path))
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    async with server:
        [port] = [socket.getsockname()[1] for socket in server.sockets]
        finding = await failure(service, endpoint=f"https://127.0.0.1:{port}")
    assert (finding.check, "not trusted (self" in finding.detail) == ("network", True)
    assert "SSL_CERT_FILE" in finding.next_step


@asynccontextmanager
async def something_else(answer: bytes) -> AsyncIterator[int]:
    """A port on which something takes connections, and gives this answer or, for b"", none."""
    writers = []

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        if answer:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.transport.abort()


async def test_a_web_server_of_another_kind_is_told_from_the_network(
    service: EmulatorServer,
) -> None:
    async with something_else(b"HTTP/1.0 200 OK\r\n\r\nIt works!") as port:
        finding = await failure(service, endpoint=f"http://127.0.0.1:{port}")
    assert (finding.check, "no Voice Live" in finding.next_step) == ("handshake", True)


async def test_a_port_that_answers_nothing_does_not_hold_the_doctor_up(
    service: EmulatorServer,
) -> None:
    async with something_else(b"") as port:
        for scheme, check in (("http", "handshake"), ("https", "network")):
            endpoint = f"{scheme}://127.0.0.1:{port}"
            assert (await failure(service, timeout_s=SILENCE_S, endpoint=endpoint)).check == check


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Puts a proxy before a resource; returns the options of a model behind it."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

    def through(proxy: str) -> dict[str, str]:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        return {"endpoint": "https://my-resource.services.ai.azure.com"}

    return through


PROXIES = [
    (b"", "handshake", "through the proxy 127.0.0.1"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n", "handshake", "cannot connect"),
]


@pytest.mark.parametrize(("answer", "check", "words"), PROXIES)
async def test_a_proxy_that_lets_nothing_through_is_named(
    service: EmulatorServer, proxied: Any, answer: bytes, check: str, words: str
) -> None:
    async with something_else(answer) as port:
        options = proxied(f"http://127.0.0.1:{port}")
        finding = await failure(service, timeout_s=SILENCE_S, **options)
    assert (finding.check, words in finding.detail) == (check, True)
    assert "HTTPS_PROXY" in finding.next_step


@pytest.mark.parametrize(
    ("proxy", "check"),
    [
        ("http://127.0.0.1:1", "network"),
        ("http://proxy.invalid:3128", "name"),
        ("::::", "network"),
        ("http://proxy.example:port", "network"),
    ],
)
async def test_a_proxy_that_is_not_there_is_named(
    service: EmulatorServer, proxied: Any, proxy: str, check: str
) -> None:
    finding = await failure(service, **proxied(proxy))
    assert (finding.check, "the proxy" in finding.detail) == (check, True)
    assert "HTTPS_PROXY" in finding.next_step


async def test_a_socks_proxy_says_which_package_it_needs(
    service: EmulatorServer, proxied: Any
) -> None:
    async with something_else(b"") as port:
        finding = await failure(service, **proxied(f"socks5://127.0.0.1:{port}"))
    assert "pip install python-socks" in finding.detail


async def test_a_host_that_nobody_knows(service: EmulatorServer) -> None:
    finding = await failure(service, endpoint="https://no-such-resource.invalid")
    assert (finding.check, "no-such-resource.invalid" in finding.detail) == ("name", True)


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


# --- the command -----------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livekit_plugins_voicelive", "doctor", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_the_command_prints_a_table_and_its_status_tells(
    service: EmulatorServer, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        f"AZURE_VOICELIVE_ENDPOINT={service.endpoint}\nAZURE_VOICELIVE_API_KEY=key\n"
    )
    done = await asyncio.to_thread(run, tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["✔"] * 9
    assert "key" not in done.stdout.replace("key\n", "")

    service.faults.handshake_status = 403
    done = await asyncio.to_thread(run, tmp_path, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    assert found["findings"][-1]["check"] == "sign-in"


def test_without_settings_the_command_says_which_are_missing(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("✘ settings")
    assert "AZURE_VOICELIVE_ENDPOINT" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none_is_refused(tmp_path: Path, timeout: str) -> None:
    done = run(tmp_path, "--timeout", timeout)
    assert (done.returncode, "seconds above 0" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_the_table_puts_every_step_under_its_finding() -> None:
    failed = Finding("sign-in", False, "no key", "first\nsecond")
    lines = table([replace(failed, passed=True, next_step=""), failed]).splitlines()
    assert [line.strip()[0] for line in lines] == ["✔", "✘", "→", "→"]
