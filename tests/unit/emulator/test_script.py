"""Rules from a file answer the same way every time."""

import copy
import dataclasses
from pathlib import Path

import pytest

from livekit_plugins_voicelive.protocol.server_events import ErrorDetails
from voicelive_emulator import Faults, ScriptedBrain
from voicelive_emulator.brains.script import Script, ScriptedFailure, WrongScript, read_rules
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
    "text",
    [
        "- heard: x\n",
        "says: x\n",
        "- hears: '('\n",
        "- says: 3\n",
        "- faults: {drop: true}\n",
        "- faults: {send_delay_s: soon}\n",
        "- [",
        '- says: "\x01"',
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(WrongScript, match=r"rules\.yaml cannot be used: ") as wrong:
        read_rules(path)
    assert "\n" not in str(wrong.value)
    assert "byte string" not in str(wrong.value)


def test_a_mistake_in_yaml_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text('hears: "x\n  a: [')
    with pytest.raises(WrongScript) as wrong:
        read_rules(path)
    assert str(wrong.value) == (
        f"The script {path} cannot be used: while scanning a quoted scalar (line 1, column 8), "
        "found unexpected end of stream (line 2, column 7)."
    )


def test_a_missing_file_is_one_sentence_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    with pytest.raises(WrongScript) as wrong:
        read_rules(path)
    assert str(wrong.value) == f"The script {path} cannot be read: No such file or directory."


FAULTY = """
- hears: story
  once: true
  says: Once upon a time.
  faults: {drop_after: response.audio.delta, withhold: [response.done, error], send_delay_s: 0.5}
- hears: story
  says: It was a dark night.
"""


def faulty(tmp_path: Path, faults: Faults) -> Script:
    path = tmp_path / "rules.yaml"
    path.write_text(FAULTY)
    return Script(read_rules(path), ScriptedBrain(), faults)


def test_a_rules_faults_are_on_before_its_answer_and_off_with_the_next(tmp_path: Path) -> None:
    faults = Faults(withhold={"response.created"}, refuse={"session.update": ErrorDetails()})
    before = copy.copy(faults)
    script = faulty(tmp_path, faults)
    asked = ConversationView(history=(Utterance("user", "A story!"),))
    answer = script.think(asked)
    assert next(answer) == Say("Once upon a time.")
    during = dataclasses.replace(
        before,
        drop_after="response.audio.delta",
        withhold={"response.done", "error"},
        send_delay_s=0.5,
    )
    assert faults == during
    assert list(answer) == []
    assert faults == during
    assert next(script.think(asked)) == Say("It was a dark night.")
    assert faults == before


def test_faults_end_with_an_answer_that_is_not_the_scripts(tmp_path: Path) -> None:
    faults = Faults()
    script = faulty(tmp_path, faults)
    thoughts(script, Utterance("user", "A story!"))
    thoughts(script, Utterance("user", "Say exactly 'so it is'."))
    assert faults == Faults()


def test_a_rule_for_once_fits_nothing_more(tmp_path: Path) -> None:
    script = faulty(tmp_path, Faults())
    assert [thoughts(script, Utterance("user", "A story!")) for _ in range(3)] == [
        [Say("Once upon a time.")],
        [Say("It was a dark night.")],
        [Say("It was a dark night.")],
    ]
