from livekit_plugins_voicelive.owed_answer import OwedAnswer

TIMEOUT_S = 5.0


def test_nothing_is_owed_before_a_turn_ends() -> None:
    owed = OwedAnswer(TIMEOUT_S)
    owed.turn_understood(now=0)
    owed.speech_started(now=0)
    assert not owed
    assert owed.deadline is None
    assert not owed.is_due(now=100)
    assert not owed.settle()


def test_an_understood_turn_is_owed_an_answer_in_time() -> None:
    owed = OwedAnswer(TIMEOUT_S)
    owed.turn_committed(now=0)
    owed.turn_understood(now=2)
    assert owed.deadline == 7
    assert not owed.is_due(now=6)
    assert owed.is_due(now=7)
    assert owed.settle()
    assert not owed


def test_a_turn_without_words_turns_out_to_be_noise() -> None:
    owed = OwedAnswer(TIMEOUT_S)
    owed.turn_committed(now=0)
    assert owed
    assert owed.deadline == 5
    assert not owed.is_due(now=5)
    assert not owed


def test_while_the_user_goes_on_nothing_is_due() -> None:
    owed = OwedAnswer(TIMEOUT_S)
    owed.turn_committed(now=0)
    owed.turn_understood(now=1)
    owed.speech_started(now=4)
    assert not owed.is_due(now=8)
    assert owed.deadline == 9


def test_an_answer_that_tells_of_more_is_owed_to_noise_too() -> None:
    owed = OwedAnswer(TIMEOUT_S)
    owed.more_to_tell(now=0)
    assert not owed
    owed.turn_committed(now=1)
    assert owed.is_due(now=6)
    assert owed.settle()
    owed.turn_committed(now=10)
    assert not owed.is_due(now=15)
