"""Voice Live's errors to LiveKit's. Pure functions; messages carry codes and field names, never payloads.

The service's own English is repeated only where it answers a configuration or a connection, which hold no speech.
"""

from __future__ import annotations

import re
from typing import Any

from livekit.agents import APIConnectionError, APIError, APIStatusError, llm

from .protocol.response import Response
from .protocol.server_events import ErrorDetails
from .protocol.wire_struct import given

FATAL_CODES = frozenset(
    {
        "account_deactivated",
        "billing_hard_limit_reached",
        "credit_balance_exhausted",
        "insufficient_quota",
        "invalid_api_key",
    }
)
"""Codes that no retry heals. Source: LiveKit's list for OpenAI-style realtime services."""

ACTIVE_RESPONSE = "conversation_already_has_active_response"
SESSION_EXPIRED = "session_expired"


def refusal(request: str, error: ErrorDetails) -> llm.RealtimeError:
    """The service refused ``request``, an event type; the code and the field say why."""
    return llm.RealtimeError(f"Voice Live refused {request}: {summary(error)}", code=code(error))


def server_error(error: ErrorDetails) -> APIError:
    """An ``error`` event that answers none of our requests."""
    fatal = is_fatal(error)
    return APIError(f"Voice Live reported an error: {summary(error)}", retryable=not fatal)


def rejected_session(error: ErrorDetails) -> APIError:
    """The opening ``session.update`` was refused: going on would mean the service's own defaults."""
    message = given(error.message)
    # Of these the service's English may quote more than a log should hold.
    private = {"instructions", "tools"}.intersection(re.split(r"\W", given(error.param) or ""))
    detail = f" ({message})" if message and not private else ""
    return APIError(
        f"Voice Live rejected the session configuration: {summary(error)}{detail}. "
        "Change or leave out that option of RealtimeModel.",
        retryable=False,
    )


def unconfirmed_session() -> APIError:
    """The opening ``session.update`` was neither accepted nor refused."""
    return APIError("Voice Live did not confirm the session configuration")


def refused_connection(error: ErrorDetails) -> APIError:
    """An ``error`` before ``session.created``: the upgrade succeeded and the connection's parameters did not.

    Source: a report of ``invalid_request_error`` after the upgrade, followed by the close.
    """
    message = given(error.message)
    return APIError(
        f"Voice Live accepted the connection and then refused it: {summary(error)}"
        f"{f' ({message})' if message else ''}. "
        "Check `model`, `byom_profile` and `foundry_resource_override`.",
        retryable=may_pass(error),
    )


def ends_connection(error: ErrorDetails) -> bool:
    """Whether the connection is of no use after this ``error``."""
    return is_fatal(error) or code(error) == SESSION_EXPIRED


def failed_response(status_details: Any) -> APIError:
    """A response that ended as ``failed``; ``status_details`` may be an object, a string or null."""
    error = status_details.get("error") if isinstance(status_details, dict) else None
    named = [
        str(error[key]) for key in ("type", "code") if isinstance(error, dict) and error.get(key)
    ]
    what = ", ".join(named) or "no reason given"
    fatal = isinstance(error, dict) and error.get("code") in FATAL_CODES
    return APIError(f"Voice Live could not complete a response: {what}", retryable=not fatal)


def unanswered_turn() -> APIError:
    """The service heard and understood a turn, and did not answer it even when asked."""
    return APIError(
        "Voice Live did not answer a turn of the user; if that goes on, leave out options one by one: "
        "`turn_detection` and `input_audio_transcription` are the first to try"
    )


def silent_response() -> APIError:
    """A response began and fell silent."""
    return APIError("Voice Live began a response and then sent no more of it; it was given up")


def no_mcp_tools() -> APIError:
    """The service could not list the tools of an MCP server."""
    return APIError(
        "Voice Live could not list the tools of an MCP server: check its `server_url`, `authorization` and "
        "`headers`, and that the service can reach it"
    )


def took_our_cancel(response: Response) -> bool:
    """Whether a response that ended may have done so because of our ``response.cancel``: then that is answered.

    A reason is not always given. Where the user's speech is the reason, our cancel came too late and will be refused.
    """
    details = response.status_details
    reason = details.get("reason") if isinstance(details, dict) else None
    return response.status == "cancelled" and reason != "turn_detected"


def lost(reason: str) -> APIConnectionError:
    """The connection ended without our doing; ``reason`` is the close code and reason, or the fault's kind."""
    return APIConnectionError(f"the connection to Voice Live was lost ({reason})")


def refused_handshake(status: int, body: str) -> APIStatusError:
    """The upgrade to a WebSocket was answered with an HTTP status; the text says what to do about it."""
    return APIStatusError(
        f"Voice Live refused the connection with HTTP {status}. {_ADVICE.get(status, '')}".strip(),
        status_code=status,
        body=body or None,
    )


_ADVICE = {
    400: "Check `api_version`, `model` and `byom_profile`.",
    401: "Check `api_key` (AZURE_VOICELIVE_API_KEY), or that the credential's token is for this tenant.",
    403: "Give the caller the roles Cognitive Services User and Foundry User on the resource, "
    "and check its network rules.",
    404: "Check `endpoint` (AZURE_VOICELIVE_ENDPOINT), which is the resource's address such as "
    "https://my-resource.services.ai.azure.com, and the name of the model or deployment.",
    429: "The resource's quota of new connections (30 a minute) or tokens is used up.",
}


def code(error: ErrorDetails) -> str | None:
    """The error's code, or its type where it has no code."""
    named = given(error.code) or given(error.type)
    return None if named is None else str(named)


def may_pass(error: ErrorDetails) -> bool:
    """Whether the same may be accepted a little later: the service is at fault, or too many ask."""
    named = f"{given(error.type)} {code(error)}"
    passing = re.search(r"server_error|rate_limit|too_many_requests|\b(408|429|5\d\d)\b", named)
    return passing is not None and not is_fatal(error)


def is_fatal(error: ErrorDetails) -> bool:
    """Whether retrying cannot help."""
    return code(error) in FATAL_CODES


def summary(error: ErrorDetails) -> str:
    """Code and field, without the service's English, which may quote what was said."""
    param = given(error.param)
    return f"{code(error) or 'unknown error'}{f' at {param}' if param else ''}"
