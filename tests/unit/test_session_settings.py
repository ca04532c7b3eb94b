from typing import Any

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.session_settings import SessionSettings


@llm.function_tool
async def tell_time() -> str:
    """Tell the time."""
    return ""


def another_clock() -> llm.FunctionTool:
    @llm.function_tool
    async def tell_time() -> str:
        """Tell the time."""
        return ""

    return tell_time


def sessions(events: list) -> list[dict[str, Any]]:
    return [event.session for event in events]


def test_a_change_is_sent_alone_and_every_opening_has_all() -> None:
    settings = SessionSettings({"voice": {"type": "openai", "name": "alloy"}})
    assert sessions(settings.update({"instructions": "Be brief."})) == [
        {"instructions": "Be brief."}
    ]
    assert settings.opening().session == {
        "voice": {"type": "openai", "name": "alloy"},
        "instructions": "Be brief.",
    }


def test_instructions_can_always_be_sent() -> None:
    settings = SessionSettings({})
    assert sessions(settings.update_instructions("cut \ud83d")) == [{"instructions": "cut \ufffd"}]


def test_what_is_so_already_is_not_sent() -> None:
    settings = SessionSettings({"temperature": 0.7})
    assert settings.update({"temperature": 0.7}) == []
    assert settings.update({}) == []


def test_its_fields_can_be_read_and_not_changed() -> None:
    settings = SessionSettings({"temperature": 0.7})
    settings.fields["temperature"] = 1.0
    assert settings.fields == {"temperature": 0.7}


def test_null_is_a_value() -> None:
    settings = SessionSettings({})
    assert sessions(settings.update({"turn_detection": None})) == [{"turn_detection": None}]
    assert settings.opening().session == {"turn_detection": None}
    assert settings.update({"turn_detection": None}) == []


def test_an_update_does_not_reach_back_into_what_was_sent() -> None:
    settings = SessionSettings({"instructions": "one"})
    opening = settings.opening()
    settings.update({"instructions": "two"})
    assert opening.session == {"instructions": "one"}


def test_tools_are_kept_in_livekits_form_and_sent_in_the_services() -> None:
    settings = SessionSettings({})
    [session] = sessions(settings.update_tools([tell_time]))
    assert [tool["name"] for tool in session["tools"]] == ["tell_time"]
    assert list(settings.tools.function_tools) == ["tell_time"]
    assert settings.update_tools([tell_time]) == []
    assert sessions(settings.update_tools([])) == [{"tools": []}]


def test_a_tool_choice_is_sent_once() -> None:
    settings = SessionSettings({})
    assert sessions(settings.update_tool_choice("none")) == [{"tool_choice": "none"}]
    assert sessions(settings.update_tool_choice(None)) == [{"tool_choice": "auto"}]


def test_a_refused_change_is_in_force_no_more() -> None:
    settings = SessionSettings({"temperature": 0.7})
    [hot] = settings.update({"temperature": 9.0, "reasoning_effort": "low"})
    assert settings["temperature"] == 9.0
    settings.refused(hot)
    assert settings.fields == settings.opening().session == {"temperature": 0.7}
    assert sessions(settings.update({"temperature": 9.0})) == [{"temperature": 9.0}]


def test_a_refusal_leaves_what_was_asked_for_before_and_since() -> None:
    settings = SessionSettings({})
    [first] = settings.update({"instructions": "one", "temperature": 0.1})
    [second] = settings.update({"instructions": "two", "temperature": 0.2})
    [third] = settings.update({"instructions": "three"})
    settings.refused(second)
    assert settings.fields == {"instructions": "three", "temperature": 0.1}
    settings.refused(third)
    assert settings.fields == {"instructions": "one", "temperature": 0.1}
    settings.accepted(first)
    settings.refused(first)
    assert settings.fields == {"instructions": "one", "temperature": 0.1}


def test_refused_tools_are_in_force_no_more_in_either_form() -> None:
    settings = SessionSettings({})
    [agreed] = settings.update_tools([tell_time])
    settings.accepted(agreed)
    [refused] = settings.update_tools([])
    assert list(settings.tools.function_tools) == []
    settings.refused(refused)
    assert list(settings.tools.function_tools) == ["tell_time"]
    assert settings["tools"][0]["name"] == "tell_time"


def test_tools_that_look_alike_to_the_service_are_the_last_ones_given() -> None:
    settings = SessionSettings({})
    settings.update_tools([tell_time])
    again = another_clock()
    assert settings.update_tools([again]) == []
    assert list(settings.tools.function_tools.values()) == [again]


def test_an_opening_asks_for_all_at_once_and_is_answered_as_one() -> None:
    settings = SessionSettings({})
    [on_its_way] = settings.update({"temperature": 0.2})
    opening = settings.opening()
    settings.refused(on_its_way)
    settings.accepted(opening)
    assert settings.fields == opening.session == {"temperature": 0.2}


def test_what_is_fixed_is_not_changed_and_not_sent() -> None:
    settings = SessionSettings({"turn_detection": None}, fixed=frozenset({"turn_detection"}))
    assert settings.update({"turn_detection": {"type": "server_vad"}}) == []
    assert not settings.detects_turns
    assert settings.opening().session == {"turn_detection": None}


@pytest.mark.parametrize(
    ("fields", "detects", "answers"),
    [
        ({}, True, True),
        ({"turn_detection": None}, False, False),
        ({"turn_detection": {"type": "server_vad"}}, True, True),
        ({"turn_detection": {"type": "server_vad", "create_response": False}}, True, False),
    ],
)
def test_who_ends_and_answers_turns(fields: dict[str, Any], detects: bool, answers: bool) -> None:
    settings = SessionSettings(fields)
    assert (settings.detects_turns, settings.answers_turns) == (detects, answers)


def test_what_is_configured_can_be_asked() -> None:
    settings = SessionSettings(
        {
            "input_audio_transcription": {"model": "azure-speech"},
            "output_audio_timestamp_types": ["word"],
        }
    )
    assert settings.transcribes
    assert settings.timestamps_words
    assert settings["voice"] is None
    assert not SessionSettings({"input_audio_transcription": None}).transcribes
    assert not SessionSettings({}).timestamps_words


def test_a_session_that_only_writes_names_its_voice_when_it_speaks_again() -> None:
    settings = SessionSettings({"modalities": ["text", "audio"], "voice": {"name": "ava"}})
    assert settings.opening().session["voice"] == {"name": "ava"}
    [written] = settings.update({"modalities": ["text"]})
    assert written.session == {"modalities": ["text"]}
    assert settings.opening().session == {"modalities": ["text"]}
    [spoken] = settings.update({"modalities": ["text", "audio"]})
    assert spoken.session == {"modalities": ["text", "audio"], "voice": {"name": "ava"}}
    assert settings.opening().session["voice"] == {"name": "ava"}
    assert settings.update({"temperature": 0.5})[0].session == {"temperature": 0.5}
