import json
from datetime import datetime
from typing import Any

import pytest

from tests.unit.emulator.client import WEATHER
from voicelive_emulator import ScriptedBrain
from voicelive_emulator.brains.scripted import spoken_result
from voicelive_emulator.work import (
    Call,
    ConversationView,
    HistoryEntry,
    Say,
    Thought,
    ToolCall,
    ToolResult,
    Utterance,
)

CLOCK = datetime(2026, 3, 5, 15, 7)


def string(description: str = "") -> dict[str, Any]:
    return {"type": "string", "description": description}


def tool(name: str, description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


TIME = tool("get_time", "Tell the current time in a place.", place=string("A city or country."))
CONVERT = tool(
    "convert",
    "Convert a value from one unit to another.",
    value={"type": "number"},
    from_unit=string(),
    to_unit=string(),
)
CALCULATE = tool("calculate", "Work out a sum.", expression=string())
LIGHT = tool(
    "set_light",
    "Switch a light in the house on or off.",
    room={"type": "string", "enum": ["kitchen", "bedroom"]},
    on={"type": "boolean"},
)
TOOLS = (TIME, CONVERT, CALCULATE, LIGHT, WEATHER)


def think(*history: HistoryEntry, **view: Any) -> list[Thought]:
    return list(ScriptedBrain(lambda: CLOCK).think(ConversationView(history, **view)))


def asked(text: str, **view: Any) -> Thought:
    (thought,) = think(Utterance("user", text), **view)
    return thought


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Hello!", "Hello! How can I help you?"),
        ("What is twelve times seven?", "12 times 7 is 84."),
        ("What's 10 divided by 4?", "10 divided by 4 is 2.5."),
        ("How much is two plus three times four?", "2 plus 3 times 4 is 14."),
        ("What is 5 divided by zero?", "Nothing can be divided by zero."),
        ("What time is it?", "It is 3:07 PM."),
        ("What day is it today?", "Today is Thursday, March 5, 2026."),
        ("Say exactly: the quick brown fox.", "The quick brown fox."),
        ("Please say 'red lorry'.", "Red lorry."),
        ("My name is Alice.", "Nice to meet you, Alice."),
        ("What is my name?", "You have not told me your name yet."),
        ("", "Sorry, I did not catch that."),
        (
            "Purple elephants dance.",
            "You said: Purple elephants dance. I have no better answer to that.",
        ),
    ],
)
def test_a_question_has_its_answer(question: str, answer: str) -> None:
    assert asked(question) == Say(answer)


def test_a_name_told_earlier_is_remembered() -> None:
    history = (Utterance("user", "My name is Alice."), Utterance("assistant", "Nice to meet you."))
    assert think(*history, Utterance("user", "What is my name?")) == [Say("Your name is Alice.")]


@pytest.mark.parametrize(
    ("request_", "name", "arguments"),
    [
        ("What time is it in Tokyo?", "get_time", {"place": "Tokyo"}),
        ("Tell me the time in New York right now, please.", "get_time", {"place": "New York"}),
        (
            "Convert ten miles to kilometres.",
            "convert",
            {"value": 10, "from_unit": "miles", "to_unit": "kilometres"},
        ),
        (
            "How many kilometers are 26.2 miles?",
            "convert",
            {"value": 26.2, "from_unit": "miles", "to_unit": "kilometers"},
        ),
        (
            "How many feet are in a mile?",
            "convert",
            {"value": 1, "from_unit": "mile", "to_unit": "feet"},
        ),
        (
            "Convert 100 kilometres per hour to miles per hour.",
            "convert",
            {"value": 100, "from_unit": "kilometres per hour", "to_unit": "miles per hour"},
        ),
        (
            "How much is 100 degrees Fahrenheit in Celsius?",
            "convert",
            {"value": 100, "from_unit": "fahrenheit", "to_unit": "celsius"},
        ),
        ("What is twelve times seven?", "calculate", {"expression": "12 * 7"}),
        ("Turn off the kitchen light.", "set_light", {"room": "kitchen", "on": False}),
        (
            "What's the weather like in San Francisco today?",
            "get_weather",
            {"city": "San Francisco"},
        ),
        ("Will it rain in London tomorrow?", "get_weather", {"city": "London"}),
    ],
)
def test_a_request_calls_the_function_that_fits(
    request_: str, name: str, arguments: dict[str, Any]
) -> None:
    call = asked(request_, tools=TOOLS)
    assert isinstance(call, Call)
    assert (call.name, json.loads(call.arguments)) == (name, arguments)


@pytest.mark.parametrize(
    "text", ["Hello!", "What time is it?", "Tell me a joke.", "My name is Bob."]
)
def test_small_talk_calls_no_function(text: str) -> None:
    assert isinstance(asked(text, tools=TOOLS), Say)


def test_tool_choice_none_forbids_and_a_named_one_forces() -> None:
    question = "What is the weather in London?"
    assert isinstance(asked(question, tools=TOOLS, tool_choice="none"), Say)
    forced = asked("Hello!", tools=TOOLS, tool_choice={"type": "function", "name": "get_time"})
    assert isinstance(forced, Call)
    assert forced.name == "get_time"
    assert isinstance(asked("Hello!", tools=TOOLS, tool_choice="required"), Call)


def test_after_a_function_its_result_is_spoken_of_once() -> None:
    history = (
        Utterance("user", "What is the weather in London?"),
        ToolCall("c", "get_weather", "{}"),
        ToolResult("c", "It is foggy and 12 degrees."),
    )
    assert think(*history, tools=TOOLS) == [Say("It is foggy and 12 degrees.")]
    later = (*history, Utterance("assistant", "It is foggy."), Utterance("user", "Thank you."))
    assert think(*later, tools=TOOLS) == [Say("You are welcome.")]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("16.09", "The answer is 16.09."),
        ('{"temperature": 12, "sky": "foggy"}', "Temperature is 12, sky is foggy."),
        ('["red", "green"]', "I found red, green."),
        ("", "That is done."),
    ],
)
def test_any_output_can_be_spoken(output: str, words: str) -> None:
    assert spoken_result(output) == words


@pytest.mark.parametrize(
    ("instructions", "words"),
    [
        (
            "Greet the user and offer your help.",
            "Hello! I am your assistant. How can I help you today?",
        ),
        ("Ask the user for their phone number.", "May I ask you about your phone number?"),
        ("Tell the user that the shop is closed.", "The shop is closed."),
        ('Say exactly "One moment."', "One moment."),
        ("Say goodbye to the user.", "Goodbye, and thank you for calling."),
    ],
)
def test_instructions_for_one_response_are_followed(instructions: str, words: str) -> None:
    assert think(additional_instructions=instructions) == [Say(words)]


def test_a_story_comes_sentence_by_sentence() -> None:
    assert len(think(Utterance("user", "Tell me a long story."))) > 5
