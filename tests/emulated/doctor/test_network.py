"""The way to the service: names, ports, encryption and proxies, each found guilty by the doctor where it is."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.emulated.doctor.conftest import SILENCE_S, failure
from voicelive_emulator.server import EmulatorServer


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
