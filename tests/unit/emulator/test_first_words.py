"""Where a long sentence is cut so that its beginning is heard soon."""

import pytest

from voicelive_emulator.brains.story import STORY
from voicelive_emulator.speech.first_words import SHORT_LETTERS, first_words


@pytest.mark.parametrize(
    ("sentence", "beginning"),
    [
        ("When it lifted, eleven ships lay safe in the harbour.", "When it lifted,"),
        ("It is foggy and twelve degrees in London today.", "It is foggy"),
        ("Marta played all night, until her lips were sore.", "Marta played all night,"),
        ("Seven beautiful lighthouses guarded these harbours.", "Seven beautiful lighthouses"),
        ("I looked for that: three restaurants near the station.", "I looked for that:"),
    ],
)
def test_a_long_sentence_is_cut_at_a_pause_or_before_a_word_that_opens_a_part(
    sentence: str, beginning: str
) -> None:
    assert first_words(sentence) == (beginning, sentence[len(beginning) + 1 :])


def test_a_short_sentence_stays_whole() -> None:
    assert first_words("Twelve times seven is 84, sir.") == ("Twelve times seven is 84, sir.", "")


def test_the_rest_of_a_sentence_is_no_single_word() -> None:
    assert first_words("Everybody laughed and danced, sir.")[1] == "and danced, sir."


def test_a_sentence_without_a_place_to_pause_stays_whole() -> None:
    endless = "Donaudampfschifffahrtsgesellschaftskapitaensmuetze"
    assert first_words(endless) == (endless, "")


@pytest.mark.parametrize("sentence", STORY)
def test_no_word_is_lost_and_the_beginning_is_short(sentence: str) -> None:
    beginning, rest = first_words(sentence)
    assert f"{beginning} {rest}" == sentence
    assert len(beginning) < SHORT_LETTERS
