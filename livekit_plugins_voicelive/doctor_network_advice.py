"""What each failure on the way to the service means, before the handshake is answered, and the exact next step. Pure functions."""

from __future__ import annotations

from urllib.parse import urlsplit

from .doctor_advice import Advice
from .endpoint import Endpoint
from .environment import named

_CHECK_PROXY = "Check the environment's proxy (HTTPS_PROXY, HTTP_PROXY), or name the service's host in NO_PROXY."


def no_proxy() -> Advice:
    """The environment's proxy has no host, or no port that can be one."""
    return Advice(
        "network",
        "the proxy of the environment is no address",
        "Set HTTPS_PROXY to one such as http://proxy.example:3128, or unset it.",
    )


def unknown_name(host: str, *, proxy: bool) -> Advice:
    """A host that has no address."""
    cause = f"no address is known for {'the proxy ' if proxy else ''}{host}"
    check = (
        f"Check the resource's name in {named('endpoint')}; a private endpoint needs its DNS zone."
    )
    return Advice("name", cause, _CHECK_PROXY if proxy else check)


def unreachable(host: str, port: int, kind: str, *, proxy: bool) -> Advice:
    """A port on which nobody answers."""
    cause = (
        f"{'the proxy ' if proxy else ''}{host} does not take connections on port {port} ({kind})"
    )
    check = f"Check {named('endpoint')}, the firewall and the resource's network rules."
    return Advice("network", cause, _CHECK_PROXY if proxy else check)


def untrusted(host: str, reason: str) -> Advice:
    """A certificate that is not trusted."""
    return Advice(
        "network",
        f"the certificate of {host} is not trusted ({reason})",
        f"Check {named('endpoint')}. Where a company's proxy opens the encryption, add its root certificate to this "
        "machine's trust store (SSL_CERT_FILE).",
    )


def no_encryption(host: str, port: int, kind: str) -> Advice:
    """A port that takes connections, and no encryption."""
    return Advice(
        "network",
        f"{host} takes connections on port {port}, but agrees on no encryption there ({kind})",
        f"Check scheme and port of {named('endpoint')}: https:// is encrypted; http:// is not, and is what the emulator "
        "has.",
    )


def unanswered(message: str, *, proxy: str | None) -> Advice:
    """A connection on which no handshake is answered."""
    through = f" through the proxy {urlsplit(proxy).hostname}" if proxy else ""
    step = _CHECK_PROXY if proxy else "Try again; check proxies and firewalls."
    return Advice("handshake", f"{message}{through}", step)


def no_websocket(endpoint: Endpoint, message: str, proxy: str | None) -> Advice:
    """A connection on which something answers, and not as a WebSocket's server does."""
    cause = message.partition(";")[0]
    if proxy:
        where = urlsplit(endpoint.base).netloc
        step = f"The proxy {urlsplit(proxy).hostname} has to let connections to {where} through. {_CHECK_PROXY}"
    else:
        step = f"What answers there is no Voice Live: check {named('endpoint')}."
    return Advice("handshake", cause, step)
