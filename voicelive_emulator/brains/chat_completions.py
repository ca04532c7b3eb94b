"""A model of one's own behind ``byom-azure-openai-chat-completion``: any server of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..work import Call, ConversationView, Say, Spent, Thought, ToolCall, ToolResult, Utterance
from .event_stream import post
from .sentence_stream import whole_sentences


class ChatCompletionsBrain:
    """Owns the address and the key of the server; the session's ``model`` is the model's name there."""

    def __init__(self, url: str, *, api_key: str = "") -> None:
        """Nothing is opened yet.

        Args:
            url: base address, such as ``http://127.0.0.1:11434/v1``.
            api_key: sent as bearer token when it is not empty.
        """
        self._url = url.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """The model's sentences as they come, then its calls, then what it says it has used.

        Raises:
            OSError: the model cannot be reached, or refuses.
        """
        calls: dict[int, Call] = {}
        spent: list[Spent] = []
        for sentence in whole_sentences(self._texts(view, calls, spent)):
            yield Say(sentence)
        yield from calls.values()
        yield from spent

    def _texts(
        self, view: ConversationView, calls: dict[int, Call], spent: list[Spent]
    ) -> Iterator[str]:
        for chunk in post(self._url, self._headers, _request(view)):
            usage = chunk.get("usage")
            if usage:
                spent[:] = [Spent(usage["prompt_tokens"], usage["completion_tokens"])]
            for choice in chunk.get("choices") or []:
                delta = choice.get("delta") or {}
                for part in delta.get("tool_calls") or []:
                    _gather(calls, part)
                if delta.get("content"):
                    yield delta["content"]


def _gather(calls: dict[int, Call], part: dict[str, Any]) -> None:
    """Name and arguments of a call come in pieces."""
    index, function = part.get("index", 0), part.get("function") or {}
    so_far = calls.get(index, Call("", ""))
    calls[index] = Call(
        so_far.name + (function.get("name") or ""),
        so_far.arguments + (function.get("arguments") or ""),
    )


def _request(view: ConversationView) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": view.model,
        "messages": _messages(view),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if view.tools:
        request["tools"] = [{"type": "function", "function": _function(t)} for t in view.tools]
        request["tool_choice"] = _tool_choice(view.tool_choice)
    return request


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: tool[name] for name in ("name", "description", "parameters") if name in tool}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, dict):
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _messages(view: ConversationView) -> list[dict[str, Any]]:
    system = "\n\n".join(filter(None, (view.instructions, view.additional_instructions)))
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for entry in view.history:
        match entry:
            case Utterance(role=role, text=text) if text:
                messages.append({"role": role, "content": text})
            case ToolCall(call_id=call_id, name=name, arguments=arguments):
                if not messages or "tool_calls" not in messages[-1]:
                    messages.append({"role": "assistant", "content": None, "tool_calls": []})
                function = {"name": name, "arguments": arguments}
                call = {"id": call_id, "type": "function", "function": function}
                messages[-1]["tool_calls"].append(call)
            case ToolResult(call_id=call_id, output=output):
                messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
    return messages
