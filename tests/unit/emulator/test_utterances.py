import pytest

from voicelive_emulator.utterances import is_filler, is_unfinished


@pytest.mark.parametrize(
    "text",
    [
        "I would like a table and",
        "I would like a table and.",
        "My phone number is.",
        "My phone number is...",
        "The old address was",
        "Well, um",
        "First, second,",
    ],
)
@pytest.mark.parametrize("level", ["low", "medium", "high", "default"])
def test_what_hangs_in_the_air_is_unfinished_at_every_level(text: str, level: str) -> None:
    assert is_unfinished(text, level)


@pytest.mark.parametrize(
    "text", ["What is the weather in London?", "What is the weather like?", "Stop!", "I do.", ""]
)
@pytest.mark.parametrize("level", ["low", "medium", "high", "default"])
def test_what_is_complete_is_finished_at_every_level(text: str, level: str) -> None:
    assert text == "" or not is_unfinished(text, level)


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("I need a ticket to", ["default", "high", "medium"]),
        ("Turn it on.", ["high"]),
        ("I have a question", ["high"]),
    ],
)
def test_a_lower_level_takes_a_turn_for_complete_more_easily(
    text: str, unfinished: list[str]
) -> None:
    levels = ("default", "high", "low", "medium")
    assert [level for level in levels if is_unfinished(text, level)] == unfinished


@pytest.mark.parametrize(
    ("text", "to_a_speaker", "otherwise"),
    [
        ("Um.", True, True),
        ("Um, uh.", True, True),
        ("Yeah.", True, False),
        ("Um, stop.", False, False),
        ("", False, False),
    ],
)
def test_fillers(text: str, to_a_speaker: bool, otherwise: bool) -> None:
    assert is_filler(text, while_assistant_speaks=True) is to_a_speaker
    assert is_filler(text, while_assistant_speaks=False) is otherwise
