"""Events fit for a file: without keys, tokens and addresses of media, and without sound unless it is wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

SCRUBBED = "(scrubbed)"

SECRETS = (
    "api-key",
    "authorization",
    "agent-access-token",
    "client_sdp",
    "server_sdp",
    "ice_servers",
    "headers",
)
"""Names of fields and query parameters whose values are never written, in lower case."""

_LENGTH = re.compile(r"\((\d+) bytes\)")


def scrubbed_target(target: str) -> str:
    """Path and query of a handshake without its secrets."""
    url = urlsplit(target)
    query = [
        (name, SCRUBBED if name.lower() in SECRETS else value)
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    ]
    return f"{url.path}?{urlencode(query)}"


def scrubbed_event(event: Mapping[str, Any], *, keep_audio: bool) -> dict[str, Any]:
    """An event without its secrets; sound is replaced by its length."""
    cleaned: dict[str, Any] = _cleaned(event, keep_audio)
    if event.get("type") in ("response.audio.delta", "response.video.delta") and not keep_audio:
        cleaned["delta"] = _length(event.get("delta"))
    return cleaned


def _cleaned(value: Any, keep_audio: bool) -> Any:
    if isinstance(value, Mapping):
        return {name: _field(name, part, keep_audio) for name, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part, keep_audio) for part in value]
    return value


def _field(name: str, value: Any, keep_audio: bool) -> Any:
    if name.lower() in SECRETS and value:
        return SCRUBBED
    if name == "audio" and isinstance(value, str) and not keep_audio:
        return _length(value)
    return _cleaned(value, keep_audio)


def length_of(sound: str) -> int:
    """The bytes of a sound: as base64, or where it was left out."""
    left_out = left_out_of(sound)
    return len(sound) * 3 // 4 - sound[-2:].count("=") if left_out is None else left_out


def left_out_of(sound: str) -> int | None:
    """The bytes that were left out, if this stands for a sound."""
    found = _LENGTH.fullmatch(sound)
    return int(found.group(1)) if found else None


def _length(sound: Any) -> str:
    return f"({length_of(str(sound))} bytes)"
