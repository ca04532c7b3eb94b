"""What went wrong with a call: a word to count it by, and a sentence for the caller.

The model's own messages are for the worker's owner: they name variables and roles, and stay in the log.
"""

from __future__ import annotations

from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

STATUS_SENTENCES = {
    401: "Voice Live refused the assistant's credentials (HTTP 401).",
    403: "Voice Live refused the assistant's credentials (HTTP 403).",
    404: "Voice Live does not know the assistant's model or address (HTTP 404).",
    429: "Voice Live has no room for another call (HTTP 429).",
}

WHAT_TO_DO = "Please try again later; the assistant's log says more."


def kind_of(error: object) -> str:
    """Such as ``http_403`` or ``connection``; few enough for a label of a metric."""
    match error:
        case APIStatusError():
            return f"http_{error.status_code}"
        case APITimeoutError():
            return "timeout"
        case APIConnectionError():
            return "connection"
        case APIError():
            return "service"
    return "worker"


def in_words(error: object) -> str:
    """Why the call ends, for the person who called."""
    match error:
        case APIStatusError():
            status = error.status_code
            other = f"Voice Live refused the connection (HTTP {status})."
            why = STATUS_SENTENCES.get(status, other)
        case APIConnectionError():
            why = "The connection to Voice Live was lost and could not be made again."
        case APIError():
            why = "Voice Live reported an error with which the call cannot go on."
        case _:
            why = "The assistant failed."
    return f"{why} {WHAT_TO_DO}"
