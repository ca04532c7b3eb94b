"""The items that a client may create: which fields and content parts each must have, and how the service shows them.

Source: Voice Live API reference 2026-07-15. Assumption: that what is incomplete is refused, and the code.
"""

from __future__ import annotations

import msgspec

from livekit_plugins_voicelive.protocol.items import ContentPart, Item
from livekit_plugins_voicelive.protocol.wire_struct import UNSET, given

from ..ids import new_id
from ..refusal import Refused

_REQUIRED = {
    "message": ("role", "content"),
    "function_call": ("name", "call_id", "arguments"),
    "function_call_output": ("call_id", "output"),
    "mcp_approval_response": ("approval_request_id", "approve"),
}
"""What an item of each kind must say."""

_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "user": {
        "input_text": ("text",),
        "input_audio": ("audio",),
        "input_image": ("image_url", "url"),
    },
    "system": {"input_text": ("text",)},
    # Observed 2026-07: GA's ``output_text`` is accepted. Speech of the assistant's cannot be brought.
    "assistant": {"text": ("text",), "output_text": ("text",)},
}
"""Which parts a message of each role may have, and which fields hold what a part says; one of them must be there."""

_STATUSES = (None, "completed", "incomplete")


def normalised(item: Item, param: str = "item") -> Item:
    """A client's item as the service shows it: with an id, an object, a status for messages, ``text`` for history.

    ``param`` names where the item stands in the event.

    Raises:
        Refused: a client cannot create such an item.
    """
    _check(item, param)
    content = given(item.content)
    if content:
        content = [
            msgspec.structs.replace(part, type="text") if part.type == "output_text" else part
            for part in content
        ]
    return msgspec.structs.replace(
        item,
        id=given(item.id) or new_id("item", 22),
        object="realtime.item",
        # Observed 2026-07: a function call's output has no status.
        status=given(item.status)
        or ("completed" if item.type != "function_call_output" else UNSET),
        content=content or UNSET,
    )


def sound_of(item: Item) -> bytes:
    """The audio that a client put into an item, in the session's input format."""
    return b"".join(given(part.audio) or b"" for part in given(item.content) or [])


def _check(item: Item, param: str) -> None:
    if item.type not in _REQUIRED:
        raise _refused(f"Items of type '{item.type}' cannot be created", f"{param}.type")
    for name in _REQUIRED[item.type]:
        if given(getattr(item, name)) is None:
            raise _refused(f"An item of type '{item.type}' needs {name}", f"{param}.{name}")
    if given(item.status) not in _STATUSES:
        raise _refused("The status can be 'completed' or 'incomplete'", f"{param}.status")
    if item.type == "message":
        _check_parts(str(item.role), given(item.content) or [], param)


def _check_parts(role: str, content: list[ContentPart], param: str) -> None:
    if role not in _PARTS:
        raise _refused("The role can be 'system', 'user' or 'assistant'", f"{param}.role")
    for index, part in enumerate(content):
        fields = _PARTS[role].get(part.type)
        if fields is None:
            kinds = " or ".join(_PARTS[role])
            raise _refused(
                f"A part for the role {role} is {kinds}", f"{param}.content[{index}].type"
            )
        if all(given(getattr(part, name)) is None for name in fields):
            raise _refused(f"The part needs {fields[0]}", f"{param}.content[{index}].{fields[0]}")


def _refused(message: str, param: str) -> Refused:
    return Refused(message, code="invalid_value", param=param)
