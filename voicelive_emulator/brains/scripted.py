"""The scripted brain: what to say and which function to call, by rule, the same every time.

It knows only what it is given: the session's instructions and tools, and the history as it was recognised or written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ..work import Call, ConversationView, HistoryEntry, Say, Thought, ToolResult, Utterance
from . import arithmetic
from .persona import small_talk
from .story import STORY
from .tool_fit import fitting_call

_SAY = re.compile(
    r"\b(?:say|repeat)(?: exactly| after me| the words?| the following| this| just)*\s*[:,]?\s+"
    r"(?:[\"'“\u2018](?P<quoted>.+?)[\"'”\u2019](?:[\s.]|$)|(?P<plain>.+))",
    re.I | re.S,
)
_NAME = re.compile(
    r"\b[Mm]y name(?: is|'s)\s+([A-Za-zÀ-ÿ'\u2019-]+(?: [A-Z][\w'\u2019-]+)?)|\b(?:I am called|call me)\s+(\w+)"
)
_ROLE = re.compile(r"\byou(?:'re| are)\s+(?:called |named )?([^.!?\n]+)", re.I)


class ScriptedBrain:
    """Owns nothing but its clock."""

    def __init__(self, clock: Callable[[], datetime] = datetime.now) -> None:
        """``clock`` tells the date and time it speaks of."""
        self._clock = clock

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """The answer to the conversation as it stands, piece by piece."""
        results = unspoken_results(view.history)
        request = "" if results else unanswered(view.history)
        call = _call(view, request, after_result=bool(results))
        if call is not None:
            yield call
        elif view.additional_instructions and not results:
            yield from self._obey(view.additional_instructions, request, view)
        elif results:
            yield Say(" ".join(spoken_result(result.output) for result in results))
        elif request or view.history:
            yield from self._answer(request, view)
        else:
            yield from self._obey(view.instructions, "", view)

    def _answer(self, request: str, view: ConversationView) -> Iterator[Thought]:
        if re.search(r"\bstory\b", request, re.I):
            for sentence in STORY:
                yield Say(sentence)
            return
        yield Say(
            _exact_words(request)
            or self._remembered(request, view)
            or self._date_or_time(request)
            or _sum(request)
            or small_talk(request)
        )

    def _obey(self, instructions: str, request: str, view: ConversationView) -> Iterator[Thought]:
        """Words that fit instructions such as "greet the user" or "ask for their name"."""
        exact = _exact_words(instructions)
        asked = re.search(
            r"\bask (?:the \w+|them|him|her)?\s*(?:for|about|what|whether|if|how)\s+([^.]+)",
            instructions,
            re.I,
        )
        told = re.search(
            r"\b(?:tell|inform) (?:the \w+|them|him|her) (?:that )?([^.]+)", instructions, re.I
        )
        if exact:
            yield Say(exact)
        elif re.search(r"\b(greet|welcome|introduce|say hello|hello)", instructions, re.I):
            yield Say("Hello! I am your assistant. How can I help you today?")
        elif re.search(r"\b(goodbye|farewell|bye)\b", instructions, re.I):
            yield Say("Goodbye, and thank you for calling.")
        elif re.search(r"\bstory\b", instructions, re.I):
            yield from self._answer("a story", view)
        elif asked:
            yield Say(f"May I ask you about {_to_listener(asked.group(1))}?")
        elif told:
            yield Say(_sentence(_to_listener(told.group(1))))
        elif request:
            yield from self._answer(request, view)
        else:
            yield Say("Hello! How can I help you today?")

    def _date_or_time(self, request: str) -> str | None:
        now = self._clock()
        if re.search(r"\bwhat(?:'s| is)? (?:the )?time\b|\btime is it\b", request, re.I):
            return f"It is {now:%I:%M %p}.".replace(" 0", " ")
        if re.search(
            r"\bwhat(?:'s| is)? (?:the |today'?s )?(?:date|day)\b|\bday is it\b", request, re.I
        ):
            return f"Today is {now:%A}, {now:%B} {now.day}, {now.year}."
        return None

    def _remembered(self, request: str, view: ConversationView) -> str | None:
        said = _said_by("user", view.history)
        if re.search(
            r"\bwhat(?:'s| is) my name\b|\bwho am I\b|\bremember my name\b", request, re.I
        ):
            names = [match for text in said for match in _NAME.finditer(text)]
            name = (names[-1].group(1) or names[-1].group(2)) if names else None
            return f"Your name is {name}." if name else "You have not told me your name yet."
        told = _NAME.search(request)
        if told:
            return f"Nice to meet you, {told.group(1) or told.group(2)}."
        if re.search(r"\bwhat did I (?:just )?(?:say|ask)\b", request, re.I):
            return (
                f"You said: {said[-2]}" if len(said) > 1 else "You have not said anything before."
            )
        if re.search(
            r"\bwhat (?:did you (?:just )?say|was that)\b|\bsay that again\b", request, re.I
        ):
            spoken = _said_by("assistant", view.history)
            return f"I said: {spoken[-1]}" if spoken else "I have not said anything yet."
        if re.search(r"\b(?:your|the) instructions\b|\bwere you told\b", request, re.I):
            return (
                f"My instructions are: {view.instructions}" if view.instructions else "I have none."
            )
        role = _ROLE.search(view.instructions)
        if role and re.search(r"\bwho are you\b|\bwhat(?:'s| is) your name\b", request, re.I):
            return _sentence(f"I am {role.group(1).strip()}")
        return None


def _call(view: ConversationView, request: str, *, after_result: bool) -> Call | None:
    choice = view.tool_choice
    tools = view.tools
    if choice == "none" or not tools:
        return None
    named = choice["name"] if isinstance(choice, dict) else None
    if named:
        tools = tuple(tool for tool in tools if tool.get("name") == named)
    forced = bool(named) or choice == "required"
    if after_result and not forced:
        return None
    if not request:
        request = view.additional_instructions
    return fitting_call(tools, request, forced=forced) if request or forced else None


def _said_by(role: str, history: tuple[HistoryEntry, ...]) -> list[str]:
    return [entry.text for entry in history if isinstance(entry, Utterance) and entry.role == role]


def unspoken_results(history: tuple[HistoryEntry, ...]) -> list[ToolResult]:
    """Function results that came after the last words of anybody."""
    results: list[ToolResult] = []
    for entry in history:
        if isinstance(entry, ToolResult):
            results.append(entry)
        elif isinstance(entry, Utterance) and entry.role != "system":
            results.clear()
    return results


def unanswered(history: tuple[HistoryEntry, ...]) -> str:
    """What the user said since the assistant's last words; else the user's last words do not count again."""
    said: list[str] = []
    for entry in history:
        if isinstance(entry, Utterance) and entry.role == "user":
            said.append(entry.text)
        elif isinstance(entry, Utterance) and entry.role == "assistant":
            said.clear()
    return said[-1] if said else ""


def _exact_words(text: str) -> str | None:
    found = _SAY.search(text)
    if found is None or re.search(
        r"\b(?:did|do|can|could|would) (?:I|you) (?:just )?say\b", text, re.I
    ):
        return None
    words: str = found.group("quoted") or found.group("plain")
    if (
        re.match(r"(?:hello|hi|goodbye|bye|something|that again|a |an |it\b|thank)", words, re.I)
        and not found.group("quoted")
        and "exactly" not in text.lower()
    ):
        return None
    return _sentence(words.strip().strip("\"'“”\u2018\u2019"))


def _sum(request: str) -> str | None:
    expression = arithmetic.expression_in(request)
    return arithmetic.answer(expression) if expression else None


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def _to_listener(text: str) -> str:
    """From speaking about somebody to speaking to them."""
    return re.sub(r"\b(?:their|his|her|the user's|the caller's)\b", "your", text)


def spoken_result(output: str) -> str:
    """A function's output in words that a voice can say."""
    try:
        value: Any = json.loads(output)
    except ValueError:
        value = output
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return "That is done."
        complete = len(text.split()) > 3 or text.endswith((".", "!", "?"))
        return _sentence(text if complete else f"The answer is {text}")
    if isinstance(value, dict):
        return _sentence(
            ", ".join(f"{_words(key)} is {_words(part)}" for key, part in value.items())
            or "That is done"
        )
    if isinstance(value, list):
        return _sentence("I found " + (", ".join(map(_words, value)) or "nothing"))
    return "That is done." if value is None else f"The answer is {_words(value)}."


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return " and ".join(f"{_words(key)} {_words(part)}" for key, part in value.items())
    if isinstance(value, list):
        return " and ".join(map(_words, value))
    return "yes" if value is True else "no" if value is False else str(value).replace("_", " ")
