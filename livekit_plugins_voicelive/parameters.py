"""What may be in the URL's query and in the handshake's headers, and what has an argument of its own instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, urlsplit

from .environment import named
from .foundry_agent import TOKEN_PARAMETER
from .models import ByomProfile

DEFAULT_API_VERSION = "2026-07-15"


def text_pairs(argument: str, pairs: Any) -> dict[str, str]:
    """Further parameters or headers, without what neither may hold.

    Raises:
        ValueError: they are no pairs of text, or one has a line break, which would begin another header.
    """
    if not isinstance(pairs, Mapping | None) or not all(
        isinstance(part, str) and part.isprintable()
        for pair in (pairs or {}).items()
        for part in pair
    ):
        raise ValueError(
            f"{named(argument)} must be a mapping of text to text, without line breaks, such as "
            '{"name": "value"}'
        )
    return dict(pairs or {})


def without_secrets(query: dict[str, str], argument: str) -> dict[str, str]:
    """Check that no credential is in a query: URLs land in logs.

    Raises:
        ValueError: there is one.
    """
    for name in query:
        if name.lower() in ("api-key", "authorization", TOKEN_PARAMETER):
            raise ValueError(
                f"{named(argument)} must not carry {name!r} in the URL, where logs would show it; "
                f"use {named('api_key')} or `credential`"
            )
    return query


PARAMETERS = {
    "api-version": "api_version",
    "model": "model",
    "profile": "byom_profile",
    "foundry-resource-override": "foundry_resource_override",
    "agent-name": "agent_name",
    "agent-project-name": "project_name",
    "agent-version": "agent_version",
    "conversation-id": "conversation_id",
    "agent-authentication-identity-client-id": "agent_client_id",
    "agent-id": "agent_id",
}
"""Of the query, with the argument that each has."""


def own_query(endpoint: str) -> dict[str, str]:
    """The parameters that the address carries itself; ours win where both name one.

    Raises:
        ValueError: one of them is a credential, or names an agent.
    """
    query = without_secrets(dict(parse_qsl(urlsplit(endpoint.strip()).query)), "endpoint")
    for name in query.keys() & PARAMETERS.keys():
        if name.startswith(("agent-", "conversation-")):
            raise _has_an_argument("endpoint", name)
    return query


def further_query(query: Any) -> dict[str, str]:
    """``extra_query``, of which nothing has an argument: what we do not know of is decided by nobody here.

    Raises:
        ValueError: one of its parameters has an argument, or is a credential.
    """
    pairs = without_secrets(text_pairs("extra_query", query), "extra_query")
    free = set()
    if pairs.get("profile", get_args(ByomProfile)[0]) not in get_args(ByomProfile):
        # A profile that came after this plugin has no other way in.
        free = {"profile", "foundry-resource-override"}
    for name in pairs:
        if name in PARAMETERS and name not in free:
            raise _has_an_argument("extra_query", name)
    return pairs


def _has_an_argument(where: str, name: str) -> ValueError:
    return ValueError(f"{named(where)} must not carry {name!r}: use {named(PARAMETERS[name])}")


def further_headers(headers: Any) -> dict[str, str]:
    """``extra_headers``, of which none is a credential.

    Raises:
        ValueError: one is, or cannot be sent.
    """
    pairs = text_pairs("extra_headers", headers)
    for name, value in pairs.items():
        if name.lower() in ("api-key", "authorization"):
            raise ValueError(
                f"`extra_headers` must not carry {name!r}: use {named('api_key')}, or `credential`, which is "
                "asked before every connection"
            )
        if not (re.fullmatch(r"[!#$%&'*+.^`|~\w-]+", name, re.ASCII) and value.isascii()):
            raise ValueError(
                f"`extra_headers`: {name!r} cannot be sent; a name holds letters, digits and hyphens, and a value "
                "plain ASCII"
            )
    return pairs


def dated_version(api_version: str) -> str:
    """Check the form of an api-version.

    Raises:
        ValueError: it has no date; ``v1`` has another wire format.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", api_version):
        reason = " (v1 has another wire format)" if api_version.lower() == "v1" else ""
        raise ValueError(
            f"{named('api_version')} must be a date such as {DEFAULT_API_VERSION} or 2025-10-01, "
            f"not {api_version!r}{reason}"
        )
    return api_version


def known_profile(name: str | None) -> ByomProfile | None:
    """Check the name of a BYOM profile.

    Raises:
        ValueError: there is no such profile.
    """
    if name is not None and name not in get_args(ByomProfile):
        known = ", ".join(get_args(ByomProfile))
        raise ValueError(f"{named('byom_profile')} must be one of {known}; got {name!r}")
    return cast("ByomProfile | None", name)
