"""Conversation items and their content parts.

One flat struct for all kinds, told apart by ``type``: a kind that the service adds tomorrow must not fail a decode.
The functions at the end build the items that a client may create.
"""

from __future__ import annotations

from typing import Any, Literal

from .wire_struct import UNSET, Maybe, UnsetType, WireStruct
from .wire_text import wire_text

Role = Literal["system", "user", "assistant"]


class ContentPart(WireStruct, frozen=True, kw_only=True):
    """One part of a message: ``input_text``, ``input_audio``, ``input_image``, ``text`` or ``audio``."""

    type: str
    text: Maybe[str] = UNSET
    """Of ``input_text`` and ``text``."""
    transcript: Maybe[str] = UNSET
    """Of ``audio`` and ``input_audio``; ``null`` until known. Observed 2026-07: a user item is announced with ``null``."""
    audio: Maybe[bytes] = UNSET
    """Of ``input_audio``, in the session's input format."""
    image_url: Maybe[str] = UNSET
    """Of ``input_image`` since ``2026-06-01-preview``."""
    url: Maybe[str] = UNSET
    """Of ``input_image`` before ``2026-06-01-preview``. Source: Voice Live API reference 2026-07-15."""
    detail: Maybe[str] = UNSET
    """Of ``input_image``: ``auto``, ``low`` or ``high``."""


class Item(WireStruct, frozen=True, kw_only=True):
    """An item of the conversation, as sent and as received."""

    type: str
    """``message``, ``function_call``, ``function_call_output``, ``mcp_call``, ``mcp_list_tools``, …"""
    id: Maybe[str] = UNSET
    """An id chosen by the client is honoured; the server invents one otherwise."""
    object: Maybe[str] = UNSET
    """``realtime.item`` in what the server sends."""
    status: Maybe[str] = UNSET
    """``in_progress``, ``completed`` or ``incomplete``."""
    role: Maybe[str] = UNSET
    content: Maybe[list[ContentPart]] = UNSET
    name: Maybe[str] = UNSET
    call_id: Maybe[str] = UNSET
    arguments: Maybe[str] = UNSET
    """JSON text, passed on as it is: it may hold line breaks."""
    output: Maybe[str] = UNSET
    error: Any = UNSET
    """Of ``mcp_call``; the shape is not fixed."""
    server_label: Maybe[str] = UNSET
    approval_request_id: Maybe[str] = UNSET
    approve: bool | UnsetType = UNSET
    reason: Maybe[str] = UNSET
    tools: Any = UNSET
    """Of ``mcp_list_tools``."""


def text_part(role: str, text: str) -> ContentPart:
    """The text part that fits ``role``: ``text`` for the assistant's history, ``input_text`` for all others."""
    kind = "text" if role == "assistant" else "input_text"
    return ContentPart(type=kind, text=wire_text(text))


def message_item(*, id: str, role: str, content: list[ContentPart]) -> Item:
    """A message that the client creates."""
    return Item(type="message", id=id, role=role, content=content)


def function_call_item(*, id: str, call_id: str, name: str, arguments: str) -> Item:
    """A function call that the client creates, to restore a history."""
    return Item(
        type="function_call", id=id, call_id=call_id, name=name, arguments=wire_text(arguments)
    )


def function_call_output_item(*, id: str, call_id: str, output: str) -> Item:
    """The result of a function call; ``output`` may be empty."""
    return Item(type="function_call_output", id=id, call_id=call_id, output=wire_text(output))


def mcp_approval_response_item(*, approval_request_id: str, approve: bool) -> Item:
    """The answer to an ``mcp_approval_request``; approval travels as an item, not as an event of its own."""
    return Item(
        type="mcp_approval_response", approval_request_id=approval_request_id, approve=approve
    )
