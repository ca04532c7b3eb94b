"""The forms in which Azure shows an address, and the one that is called."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .environment import named

PATH = "/voice-live/realtime"

_SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}

_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.ASCII)

_RESOURCE = re.compile(r"([\w-]+)\.(services\.ai|cognitiveservices)\.azure\.\w+", re.ASCII)
"""Host of a resource with a name of its own, in any of Azure's clouds."""

_AZURE_OPENAI = re.compile(r"([\w-]+)\.openai\.azure\.\w+", re.ASCII)

_REGIONAL = (".api.cognitive.microsoft.com",)

_PORTALS = ("ai.azure.com", "oai.azure.com", "portal.azure.com", "speech.microsoft.com")


def websocket_base(endpoint: str) -> str:
    """``wss://host`` of any form in which Azure shows an endpoint, without its query.

    Raises:
        ValueError: it is none, or it is the address of another service.
    """
    try:
        parts = urlsplit(endpoint.strip())
        # Reading the port is what finds a wrong one.
        scheme, host, _ = _SCHEMES.get(parts.scheme.lower()), parts.hostname or "", parts.port
    except ValueError:
        scheme = None
    if scheme is None or not (_HOST.fullmatch(host) or ":" in host):
        raise ValueError(
            f"{named('endpoint')} must be the resource's address, such as "
            "https://my-resource.services.ai.azure.com"
        )
    if "@" in parts.netloc:
        raise ValueError(
            f"{named('endpoint')} must not hold a user or password; use {named('api_key')}"
        )
    _refuse_other_service(host)
    if not is_azures(f"//{parts.netloc}"):
        # A gateway or the emulator: it may serve Voice Live below a path of its own.
        return f"{scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(PATH)}"
    if scheme == "ws":
        raise ValueError(
            f"{named('endpoint')} must begin with https://, or the key would travel unencrypted"
        )
    # Whatever path was copied with it is a project's or another API's.
    return f"{scheme}://{parts.netloc}"


def _refuse_other_service(host: str) -> None:
    if host in _PORTALS:
        raise ValueError(
            f"{named('endpoint')} is the address of a portal: use the resource's own, which the portal shows under "
            "keys and endpoint, such as https://my-resource.services.ai.azure.com"
        )
    if openai := _AZURE_OPENAI.fullmatch(host):
        raise ValueError(
            f"{named('endpoint')} is an Azure OpenAI address, which does not serve Voice Live; "
            f"use https://{openai[1]}.services.ai.azure.com or "
            f"https://{openai[1]}.cognitiveservices.azure.com"
        )


def is_azures(base: str) -> bool:
    """Whether it is an address of Azure's, and not a gateway's or the emulator's."""
    host = urlsplit(base).hostname or ""
    return resource_at(base) is not None or host.endswith(_REGIONAL)


def resource_at(base: str) -> str | None:
    """The name of the resource that has this address; None where the address does not tell."""
    found = _RESOURCE.fullmatch(urlsplit(base).hostname or "")
    return found[1] if found else None


def resource_name(name: str | None) -> str | None:
    """Reduce ``foundry_resource_override`` to the bare resource name that the service wants.

    Raises:
        ValueError: it holds no resource name.
    """
    if name is None:
        return None
    found = re.fullmatch(r"([\w-]+)([.:/].*)?", name.lower().split("://")[-1], re.ASCII)
    if found is None:
        raise ValueError(
            f"{named('foundry_resource_override')} must be the name of the other Foundry resource, "
            "such as my-other-resource"
        )
    return found[1]
