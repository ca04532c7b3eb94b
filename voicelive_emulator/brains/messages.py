"""A model of one's own behind ``byom-foundry-anthropic-messages``: any server of Anthropic's Messages API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..work import Call, ConversationView, Say, Spent, Thought, ToolCall, ToolResult, Utterance
from .event_stream import post
from .sentence_stream import whole_sentences

MAX_TOKENS = 1_024
"""The API wants a limit. Assumption: the service's own is unknown."""

OPENING = "(The user has not said anything yet.)"
"""The API wants the user to begin. Assumption: what the service sends for a greeting is unknown."""


class MessagesBrain:
    """Owns the address and the key of the server; the session's ``model`` is the model's name there."""

    def __init__(self, url: str, *, api_key: str = "") -> None:
        """Nothing is opened yet.

        Args:
            url: base address, such as ``http://127.0.0.1:8080/v1``.
            api_key: sent as ``x-api-key`` when it is not empty.
        """
        self._url = url.rstrip("/").removesuffix("/messages") + "/messages"
        self._headers = {"anthropic-version": "2023-06-01"} | (
            {"x-api-key": api_key} if api_key else {}
        )

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """The model's sentences as they come, then its calls, then what it says it has used.

        Raises:
            OSError: the model cannot be reached, or refuses.
            RuntimeError: the model breaks off with an error.
        """
        calls: dict[int, Call] = {}
        tokens: dict[str, int] = {}
        for sentence in whole_sentences(self._texts(view, calls, tokens)):
            yield Say(sentence)
        yield from (Call(call.name, call.arguments or "{}") for call in calls.values())
        if tokens:
            yield Spent(tokens.get("input_tokens", 0), tokens.get("output_tokens", 0))

    def _texts(
        self, view: ConversationView, calls: dict[int, Call], tokens: dict[str, int]
    ) -> Iterator[str]:
        for event in post(self._url, self._headers, _request(view)):
            match event:
                case {"type": "message_start", "message": {"usage": dict() as usage}}:
                    tokens.update(usage)
                case {"type": "message_delta", "usage": dict() as usage}:
                    tokens.update(usage)
                case {"type": "content_block_start", "index": index, "content_block": block}:
                    if block["type"] == "tool_use":
                        calls[index] = Call(block["name"], "")
                case {"type": "content_block_delta", "delta": {"text": text}}:
                    yield text
                case {"type": "content_block_delta", "delta": {"partial_json": part}}:
                    call = calls[event["index"]]
                    calls[event["index"]] = Call(call.name, call.arguments + part)
                case {"type": "error"}:
                    raise RuntimeError("the model broke off")


def _request(view: ConversationView) -> dict[str, Any]:
    told = [e.text for e in view.history if isinstance(e, Utterance) and e.role == "system"]
    system = (view.instructions, view.additional_instructions, *told)
    request: dict[str, Any] = {
        "model": view.model,
        "max_tokens": MAX_TOKENS,
        "system": "\n\n".join(filter(None, system)),
        "messages": _messages(view),
        "stream": True,
    }
    if view.tools:
        request["tools"] = [_tool(tool) for tool in view.tools]
        request["tool_choice"] = _tool_choice(view.tool_choice)
    return request


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": tool.get("name"),
        "description": tool.get("description") or "",
        "input_schema": tool.get("parameters") or {"type": "object", "properties": {}},
    }


def _tool_choice(choice: Any) -> dict[str, Any]:
    if isinstance(choice, dict):
        return {"type": "tool", "name": choice["name"]}
    return {"type": "any" if choice == "required" else choice}


def _messages(view: ConversationView) -> list[dict[str, Any]]:
    """Roles take turns: what follows in the same role joins the message before."""
    messages: list[dict[str, Any]] = []
    for role, block in _blocks(view):
        if not messages and role == "assistant":
            messages.append({"role": "user", "content": [{"type": "text", "text": OPENING}]})
        if not messages or messages[-1]["role"] != role:
            messages.append({"role": role, "content": []})
        messages[-1]["content"].append(block)
    return messages or [{"role": "user", "content": [{"type": "text", "text": OPENING}]}]


def _blocks(view: ConversationView) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in view.history:
        match entry:
            case Utterance(role="user" | "assistant" as role, text=text) if text:
                yield role, {"type": "text", "text": text}
            case ToolCall(call_id=call_id, name=name, arguments=arguments):
                given = json.loads(arguments or "{}")
                yield "assistant", {"type": "tool_use", "id": call_id, "name": name, "input": given}
            case ToolResult(call_id=call_id, output=output):
                result = {"type": "tool_result", "tool_use_id": call_id, "content": output}
                yield "user", result
