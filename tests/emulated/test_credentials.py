"""Signing in with Entra ID: azure-identity itself, against a managed-identity endpoint, in front of the emulator."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from typing import Any

import azure.identity as blocking
import azure.identity.aio as awaiting
import pytest
from azure.core.exceptions import ClientAuthenticationError

from livekit.agents import APIError
from livekit_plugins_voicelive.credentials import may_pass
from livekit_plugins_voicelive.protocol.server_events import SessionCreated
from voicelive_emulator.behaviour import Behaviour
from voicelive_emulator.server import EmulatorServer

from .conftest import session_with
from .identity_service import IdentityService

SCOPE = "https://ai.azure.com/.default"


@pytest.fixture
async def identity(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityService]:
    monkeypatch.delenv("AZURE_VOICELIVE_API_KEY", raising=False)
    async with IdentityService(monkeypatch) as service:
        yield service


@pytest.fixture
async def azure(identity: IdentityService) -> AsyncIterator[EmulatorServer]:
    """Voice Live that accepts only the token that was issued last."""
    async with EmulatorServer(
        accepts_token=identity.accepts, behaviour=Behaviour(pace=100.0)
    ) as server:
        yield server


def authorizations(server: EmulatorServer) -> list[str | None]:
    return [request.headers.get("Authorization") for request in server.requests]


async def connects_twice_with(azure: EmulatorServer, credential: Any) -> None:
    async with session_with(azure, api_key=None, credential=credential) as (_, events):
        await events.server_event(SessionCreated)
        azure.faults.drop_connections()
        await events.server_event(SessionCreated, count=2)
    assert authorizations(azure) == ["Bearer issued-token-1", "Bearer issued-token-2"]
    assert all(request.headers.get("api-key") is None for request in azure.requests)


async def test_every_connection_takes_a_fresh_token_of_an_async_credential(
    azure: EmulatorServer, identity: IdentityService
) -> None:
    async with awaiting.ManagedIdentityCredential() as credential:
        await connects_twice_with(azure, credential)
    assert identity.resources == ["https://ai.azure.com"] * 2


async def test_a_blocking_credential_is_asked_in_a_thread(azure: EmulatorServer) -> None:
    with blocking.ManagedIdentityCredential() as credential:
        await connects_twice_with(azure, credential)


async def test_the_token_providers_of_azure_identity_work(azure: EmulatorServer) -> None:
    async with awaiting.ManagedIdentityCredential() as credential:
        await connects_twice_with(azure, awaiting.get_bearer_token_provider(credential, SCOPE))


async def test_the_blocking_token_providers_work_too(azure: EmulatorServer) -> None:
    with blocking.ManagedIdentityCredential() as credential:
        await connects_twice_with(azure, blocking.get_bearer_token_provider(credential, SCOPE))


async def test_default_azure_credential_is_one_switch_and_the_scope_an_option(
    azure: EmulatorServer, identity: IdentityService
) -> None:
    options = {"use_default_credential": True, "api_key": None}
    scope = "https://cognitiveservices.azure.com/.default"
    async with session_with(azure, credential_scope=scope, **options) as (_, events):
        await events.server_event(SessionCreated)
    assert identity.resources == ["https://cognitiveservices.azure.com"]


async def test_the_default_credential_gives_each_connection_a_token_and_leaves_nothing_open(
    azure: EmulatorServer,
) -> None:
    left_open: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: left_open.append(context["message"]))
    async with session_with(azure, use_default_credential=True, api_key=None) as (_, events):
        await events.server_event(SessionCreated)
        azure.faults.drop_connections()
        await events.server_event(SessionCreated, count=2)
    del _, events
    gc.collect()
    assert authorizations(azure) == ["Bearer issued-token-1", "Bearer issued-token-2"]
    assert left_open == []


async def test_a_classic_agents_token_is_in_the_url_and_in_no_log(
    azure: EmulatorServer, identity: IdentityService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with awaiting.ManagedIdentityCredential() as credential:
        agent = {"agent_id": "asst_1", "project_name": "lobby", "credential": credential}
        async with session_with(azure, api_key=None, **agent) as (_, events):
            await events.server_event(SessionCreated)
            azure.faults.handshake_status = 500
            azure.faults.drop_connections()
            await events.wait("error")
    assert "agent-access-token=issued-token-1" in azure.requests[0].target
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("livekit.")]
    assert "issued-token" not in " ".join(ours) + str(events.all("error"))


async def test_a_token_service_in_trouble_is_asked_again(
    azure: EmulatorServer, identity: IdentityService
) -> None:
    identity.status = 503
    async with (
        awaiting.ManagedIdentityCredential(retry_total=0) as credential,
        session_with(azure, api_key=None, credential=credential) as (_, events),
    ):
        fault = await events.wait("error")
        identity.status = 200
        await events.server_event(SessionCreated)
    assert fault.recoverable
    assert "AZURE_VOICELIVE_API_KEY" in str(fault.error)


async def test_a_refused_identity_is_final_and_told_in_a_sentence(
    azure: EmulatorServer, identity: IdentityService
) -> None:
    identity.status = 400
    async with (
        awaiting.ManagedIdentityCredential() as credential,
        session_with(azure, api_key=None, credential=credential) as (_, events),
    ):
        fault = await events.wait("error")
    assert not fault.recoverable
    assert isinstance(fault.error, APIError)
    assert "ClientAuthenticationError" in str(fault.error)
    assert fault.error.__cause__ is None
    assert azure.requests == []


async def test_no_token_is_in_a_log_even_at_debug_level(
    azure: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with awaiting.ManagedIdentityCredential() as credential:
        await connects_twice_with(azure, credential)
    # The emulator is the other end; what it logs is its own.
    ours = [record for record in caplog.records if not record.name.startswith("voicelive_emulator")]
    assert "issued-token" not in "".join(record.getMessage() for record in ours)


def with_status(status: int) -> ClientAuthenticationError:
    fault = ClientAuthenticationError("no")
    fault.status_code = status
    return fault


@pytest.mark.parametrize(
    ("fault", "passes"),
    [
        (ClientAuthenticationError("no"), False),
        (with_status(401), False),
        (with_status(429), True),
        (with_status(500), True),
        (TimeoutError(), True),
        (OSError(), True),
        (RuntimeError("the provider's own"), True),
        (TypeError("takes 1 argument"), False),
    ],
)
def test_what_may_pass_is_tried_again(fault: Exception, passes: bool) -> None:
    assert may_pass(fault) is passes


async def test_a_plain_function_does_not_block_the_loop(azure: EmulatorServer) -> None:
    loop = asyncio.get_running_loop()
    called_in: list[threading.Thread] = []

    def provide() -> str:
        called_in.append(threading.current_thread())
        # Only a loop that is not blocked can answer this.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=5)
        return "anything"

    azure._accepts_token = bool
    async with session_with(azure, api_key=None, credential=provide) as (_, events):
        await events.server_event(SessionCreated)
    assert called_in[0] is not threading.main_thread()
