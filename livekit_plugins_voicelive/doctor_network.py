"""The way to the service before a word of its protocol: the name, the port and the encryption, or the proxy that stands before them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from . import doctor_network_advice as advise
from .doctor_advice import Failed
from .endpoint import Endpoint

_PORTS = {"wss": 443, "ws": 80, "https": 443, "http": 80}

SOCKS_PORT = 1080


def proxy_for(endpoint: Endpoint) -> str | None:
    """The environment's proxy, in the order in which the WebSocket library looks for one."""
    parts = urlsplit(endpoint.base)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    schemes = (
        ("wss", "socks", "https") if parts.scheme == "wss" else ("ws", "socks", "https", "http")
    )
    return next((proxies[scheme] for scheme in schemes if scheme in proxies), None)


@dataclass(frozen=True)
class Way:
    """What is connected to first."""

    host: str
    port: int
    encrypted: bool
    is_proxy: bool

    @classmethod
    def to(cls, endpoint: Endpoint) -> Way:
        """The service itself, or the proxy, behind which neither its name nor its port can be tried from here.

        Raises:
            Failed: the environment's proxy has no address.
        """
        proxy = proxy_for(endpoint)
        parts = urlsplit(proxy or endpoint.base)
        port = _port(parts)
        if not parts.hostname or port is None:
            raise Failed(advise.no_proxy())
        return cls(parts.hostname, port, parts.scheme == "wss", proxy is not None)

    async def resolve(self) -> str:
        """Find the host's address.

        Raises:
            Failed: there is none.
        """
        try:
            addresses = await asyncio.get_running_loop().getaddrinfo(
                self.host, None, type=socket.SOCK_STREAM
            )
        # A name that cannot even be asked for is a UnicodeError.
        except (OSError, UnicodeError):
            raise Failed(advise.unknown_name(self.host, proxy=self.is_proxy)) from None
        return f"{self._named} is {addresses[0][4][0]}"

    async def reach(self, timeout_s: float) -> str:
        """Connect, and agree on encryption where there is to be one.

        Raises:
            Failed: nobody answers, or not so.
        """
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                _, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError) as fault:
            kind = type(fault).__name__
            raise Failed(
                advise.unreachable(self.host, self.port, kind, proxy=self.is_proxy)
            ) from None
        try:
            if self.encrypted:
                async with asyncio.timeout(timeout_s):
                    await writer.start_tls(ssl.create_default_context(), server_hostname=self.host)
        except ssl.SSLCertVerificationError as fault:
            raise Failed(advise.untrusted(self.host, fault.verify_message)) from None
        except (OSError, TimeoutError) as fault:
            raise Failed(advise.no_encryption(self.host, self.port, type(fault).__name__)) from None
        finally:
            writer.transport.abort()
        spent_ms = round((time.perf_counter() - started) * 1000)
        if self.is_proxy:
            return f"port {self.port} of {self._named} in {spent_ms} ms"
        return f"port {self.port} in {spent_ms} ms, {'' if self.encrypted else 'not '}encrypted"

    @property
    def _named(self) -> str:
        return f"the proxy {self.host}" if self.is_proxy else self.host


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port or _PORTS.get(parts.scheme, SOCKS_PORT)
    except ValueError:
        return None
