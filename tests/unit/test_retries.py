from livekit.agents import APIConnectionError, APIConnectOptions, APIError
from livekit_plugins_voicelive.retries import Retries

LOST = APIConnectionError("lost")
FATAL = APIError("refused", retryable=False)


def test_the_first_retry_is_quick_the_others_wait_and_they_come_to_an_end() -> None:
    retries = Retries(APIConnectOptions(max_retry=3, retry_interval=2))
    assert [retries.after(LOST) for _ in range(4)] == [0.1, 2, 2, None]


def test_after_a_sound_connection_all_retries_are_to_be_had_again() -> None:
    retries = Retries(APIConnectOptions(max_retry=1, retry_interval=2))
    assert retries.after(LOST) == 0.1
    retries.start_over()
    assert retries.after(LOST) == 0.1
    assert retries.after(LOST) is None


def test_what_no_retry_heals_is_not_tried_again() -> None:
    assert Retries(APIConnectOptions()).after(FATAL) is None
