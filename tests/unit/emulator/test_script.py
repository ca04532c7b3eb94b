"""Rules from a file answer the same way every time."""

from pathlib import Path

import pytest

from voicelive_emulator import ScriptedBrain
from voicelive_emulator.script import Script, ScriptedFailure, WrongScript, read_rules
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

RULES = """
- hears: weather|forecast
  says: One moment.
  calls: get_weather
  arguments: {city: London}
- returned: foggy
  says: [Take a coat., And a lamp.]
- hears: break
  fails: true
- hears: hello
  says: Good day.
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return Script(read_rules(path), ScriptedBrain())


def thoughts(script: Script, *history: HistoryEntry) -> list[Thought]:
    return list(script.think(ConversationView(history=history)))


def test_the_first_rule_that_fits_answers(script: Script) -> None:
    assert thoughts(script, Utterance("user", "Hello there!")) == [Say("Good day.")]
    asked = Utterance("user", "Hello, what is the WEATHER like?")
    call = Call("get_weather", '{"city": "London"}')
    assert thoughts(script, asked) == [Say("One moment."), call]


def test_a_functions_output_has_rules_of_its_own(script: Script) -> None:
    history = (
        Utterance("user", "How is the weather?"),
        ToolCall("c1", "get_weather", "{}"),
        ToolResult("c1", "It is foggy."),
    )
    assert thoughts(script, *history) == [Say("Take a coat."), Say("And a lamp.")]


def test_where_no_rule_fits_the_scripted_brain_answers(script: Script) -> None:
    assert thoughts(script, Utterance("user", "Say exactly 'so it is'.")) == [Say("So it is.")]


def test_a_rule_can_make_the_model_fail(script: Script) -> None:
    with pytest.raises(ScriptedFailure):
        thoughts(script, Utterance("user", "Please break."))


@pytest.mark.parametrize(
    "text", ["- heard: x\n", "says: x\n", "- hears: '('\n", "- says: 3\n", "- [", None]
)
def test_a_wrong_file_is_one_sentence_that_names_it(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "rules.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(WrongScript, match=r"rules\.yaml cannot be used: "):
        read_rules(path)
