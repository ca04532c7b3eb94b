import random

import pytest

from livekit_plugins_voicelive.word_times import MAX_WAITING, TimedTranscript, Word

SPOKEN = {
    "plain": ("One, two three.", "One|two|three", "One,| two| three."),
    "another case": ("Hello World now.", "hello|world|NOW", "Hello| World| now."),
    "another apostrophe": ("I won\u2019t go.", "I|won't|go", "I| won\u2019t| go."),
    "a hyphen": (
        "The well-known are known.",
        "The|well|known|are|known",
        "The| well-|known| are| known.",
    ),
    "words that the service joins": ("I can not eat.", "I|cannot|eat", "I| can not| eat."),
    "a number": ("It costs $5.50 today.", "It|costs|5.50 dollars|today", "It| costs| $5.50 today."),
    "punctuation as words": ("One, two. Three.", "One|,|two|.|Three|.", "One,| two.| Three."),
    "quotation marks": ("He (she) “said” it!", "He|she|said|it", "He| (she)| “said”| it!"),
    "an accent in two characters": ("Café au lait.", "Cafe\u0301|au|lait", "Café| au| lait."),
    "a word without a time": (
        "One two three four five.",
        "One|three|four|five",
        "One| two three| four| five.",
    ),
    "a word that is not there": (
        "I cannot eat a can.",
        "I|can|not|eat|a|can",
        "I| cannot eat| a| can.",
    ),
    "a word inside another": ("It is an art.", "it|is|a|art", "It| is| an art."),
    "Chinese": ("你好世界。今天很好。", "你好|世界|今天|很|好", "你好|世界。|今天|很|好。"),
    "a quotation without spaces": ("他说“你好”。", "他说|你好", "他说|“你好”。"),
    "Japanese": ("今日は晴れです。", "今日|は|晴れ|です", "今日|は|晴れ|です。"),
    "full width": ("\uff21\uff22\uff23 です", "ABC|です", "\uff21\uff22\uff23| です"),
}


def timed(words: str) -> list[Word]:
    return [Word(word, i * 400, i * 400 + 300) for i, word in enumerate(words.split("|"))]


def all_of(transcript: TimedTranscript, words: list[Word]) -> list[Word]:
    """What comes out when each word gets its time, and the text is then complete."""
    found = []
    for word in words:
        found += transcript.add_time(word.text, start_ms=word.start_ms, end_ms=word.end_ms)
    return found + transcript.finish()


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize("case", SPOKEN)
def test_words_come_out_as_they_stand_in_the_transcript(case: str) -> None:
    text, words, expected = SPOKEN[case]
    transcript = TimedTranscript()
    transcript.add_text(text)
    assert texts(all_of(transcript, timed(words))) == expected.split("|")
    assert transcript.rest == ""


@pytest.mark.parametrize("case", SPOKEN)
def test_words_whose_times_come_first_wait_for_the_transcript(case: str) -> None:
    text, words, expected = SPOKEN[case]
    transcript = TimedTranscript()
    for word in timed(words):
        assert transcript.add_time(word.text, start_ms=word.start_ms, end_ms=word.end_ms) == []
    found = transcript.add_text(text) + transcript.finish()
    assert texts(found) == expected.split("|")


def test_each_word_keeps_its_own_time() -> None:
    transcript = TimedTranscript()
    transcript.add_text("One two, three four.")
    found = all_of(transcript, [Word("One", 0, 300), Word("three", 900, 1200)])
    assert found == [Word("One", 0, 300), Word(" two, three", 900, 1200)]
    assert transcript.timed_to_ms == 1200
    assert transcript.rest == " four."


def test_a_word_of_which_only_the_beginning_has_arrived_waits_for_the_rest() -> None:
    transcript = TimedTranscript()
    transcript.add_text("It is I")
    assert texts(transcript.add_time("Ithaca", start_ms=0, end_ms=1)) == []
    assert texts(transcript.add_time("It", start_ms=0, end_ms=1)) == ["It"]
    assert texts(transcript.add_time("is", start_ms=0, end_ms=1)) == [" is"]
    assert texts(transcript.add_time("I", start_ms=0, end_ms=1)) == []
    assert texts(transcript.add_text(", ")) == [" I,"]


def test_a_long_passage_that_is_spoken_otherwise_is_left_behind_at_last() -> None:
    transcript = TimedTranscript()
    transcript.add_text("Write to info@my-company.example or call us any time of the day.")
    spoken = "Write|to|info|at|my|dash|company|dot|example|or|call|us|any|time|of|the|day"
    found = texts(all_of(transcript, timed(spoken)))
    assert found[-5:] == [" any", " time", " of", " the", " day."]
    assert "".join(found) == transcript.text


def test_a_word_that_is_not_there_does_not_run_ahead_to_the_next_one_like_it() -> None:
    transcript = TimedTranscript()
    transcript.add_text("It was many days before a man came.")
    assert texts(all_of(transcript, timed("It|xylophone|a"))) == ["It"]
    assert transcript.rest == " was many days before a man came."


def test_words_that_never_come_do_not_pile_up() -> None:
    transcript = TimedTranscript()
    for _ in range(2 * MAX_WAITING):
        transcript.add_time("never", start_ms=0, end_ms=1)
    assert len(transcript._waiting) == MAX_WAITING


def test_the_words_heard_are_those_that_had_begun() -> None:
    transcript = TimedTranscript()
    assert transcript.heard(1000) is None
    assert transcript.timed_to_ms is None
    transcript.add_text("One, two three. ")
    all_of(transcript, timed("One|two|three"))
    assert transcript.heard(600) == "One, two"
    assert transcript.heard(0) == ""


def test_of_chinese_only_the_words_that_had_begun_were_heard() -> None:
    transcript = TimedTranscript()
    transcript.add_text("你好世界。今天很好。")
    all_of(transcript, timed("你好|世界|今天|很|好"))
    assert transcript.heard(500) == "你好世界。"


PIECES = [
    "a",
    "an",
    "can",
    "Can",
    "not",
    "\u2019",
    ",",
    ".",
    " ",
    " ",
    " ",
    "5",
    "ß",
    "你",
    "好",
    "é",
    "😀",
]


@pytest.mark.parametrize("seed", range(300))
def test_whatever_is_timed_in_whatever_order_the_transcript_comes_out_once(seed: int) -> None:
    chance = random.Random(seed)

    def some(most: int) -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(0, most)))

    transcript = TimedTranscript()
    found: list[Word] = []
    for step in range(chance.randint(0, 40)):
        if chance.random() < 0.5:
            found += transcript.add_text(some(6))
        else:
            found += transcript.add_time(some(3), start_ms=step, end_ms=step + 1)
    found += transcript.finish()
    assert "".join(texts(found)) + transcript.rest == transcript.text
    assert transcript.heard(1_000) == ("".join(texts(found)).strip() if found else None)
    assert [word.start_ms for word in found] == sorted(word.start_ms for word in found)
