"""LiveKit's chat items to Voice Live's conversation items and back. Pure functions."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from livekit.agents import llm

from .log import logger
from .protocol.items import (
    ContentPart,
    Item,
    function_call_item,
    function_call_output_item,
    message_item,
    text_part,
)
from .protocol.wire_struct import UNSET, given

MAX_CALL_ID_LENGTH = 32
"""Longer call ids are refused by OpenAI-style services."""


def wire_call_id(call_id: str) -> str:
    """The call id itself, or the same 32 characters every time for one that is too long."""
    if len(call_id) <= MAX_CALL_ID_LENGTH:
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:MAX_CALL_ID_LENGTH]


def wire_item(item: llm.ChatItem, *, image_field: str = "image_url") -> Item | None:
    """The conversation item to create for ``item``, or None if there is nothing to create.

    Handoffs and configuration changes are LiveKit's own; the service refuses a message without content.

    Args:
        item: LiveKit's item.
        image_field: ``image_url``, or ``url`` before api-version ``2026-06-01-preview``.
    """
    if isinstance(item, llm.FunctionCall):
        return function_call_item(
            id=item.id,
            call_id=wire_call_id(item.call_id),
            name=item.name,
            arguments=item.arguments,
        )
    if isinstance(item, llm.FunctionCallOutput):
        return function_call_output_item(
            id=item.id, call_id=wire_call_id(item.call_id), output=item.output
        )
    if not isinstance(item, llm.ChatMessage):
        return None
    role = "system" if item.role == "developer" else item.role
    parts = [part for c in item.content if (part := _wire_part(role, c, image_field)) is not None]
    return message_item(id=item.id, role=role, content=parts) if parts else None


def _wire_part(role: str, content: llm.ChatContent, image_field: str) -> ContentPart | None:
    if isinstance(content, llm.AudioContent):
        # Only native models take audio, and only the user's; its words are understood by all.
        content = content.transcript or ""
    if isinstance(content, str):
        return text_part(role, content) if content else None
    if isinstance(content, llm.ImageContent) and role == "user":
        return _image_part(content, image_field)
    return None


@cache
def _warn_once(kind: str) -> None:
    logger.warning("an image cannot be read (%s); it is left out", kind)


def _image_part(content: llm.ImageContent, image_field: str) -> ContentPart | None:
    try:
        image = llm.utils.serialize_image(content)
    except Exception as fault:
        # Whatever an image library raises: the words beside the picture must still arrive.
        _warn_once(type(fault).__name__)
        return None
    url = image.external_url
    if image.data_bytes is not None:
        url = f"data:{image.mime_type};base64,{base64.b64encode(image.data_bytes).decode()}"
    detail = image.inference_detail
    if image_field == "url":
        return ContentPart(type="input_image", url=url, detail=detail)
    return ContentPart(type="input_image", image_url=url, detail=detail)


def chat_item(item: Item, *, created_at: float) -> llm.ChatItem | None:
    """LiveKit's item for what the service announced, or None for kinds that LiveKit does not have.

    Args:
        item: as announced; without an id it cannot be addressed and is passed over.
        created_at: Unix seconds.
    """
    id = given(item.id)
    if id is None:
        return None
    if item.type == "message":
        texts = [text for part in given(item.content) or [] if (text := part_text(part))]
        content: list[llm.ChatContent] = ["".join(texts)] if texts else []
        return llm.ChatMessage(
            id=id, role=_chat_role(given(item.role)), content=content, created_at=created_at
        )
    if item.type == "function_call":
        return llm.FunctionCall(
            id=id,
            call_id=given(item.call_id) or "",
            name=given(item.name) or "",
            arguments=given(item.arguments) or "",
            created_at=created_at,
        )
    if item.type == "function_call_output":
        return llm.FunctionCallOutput(
            id=id,
            call_id=given(item.call_id) or "",
            output=given(item.output) or "",
            is_error=False,
            created_at=created_at,
        )
    return None


def part_text(part: ContentPart) -> str:
    """The words of a part, written or spoken."""
    return given(part.text) or given(part.transcript) or ""


def _chat_role(role: str | None) -> llm.ChatRole:
    if role == "user":
        return "user"
    if role == "system":
        return "system"
    return "assistant"


def is_playable(item: Item) -> bool:
    """Whether the item is an assistant's message, which LiveKit plays and shows."""
    return item.type == "message" and (item.role is UNSET or item.role == "assistant")
