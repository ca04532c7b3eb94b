import math

import pytest

from livekit_plugins_voicelive.protocol.server_events import (
    InputAudioTranscriptionCompleted as Completed,
    InputAudioTranscriptionDelta as Delta,
    LogProb,
)
from livekit_plugins_voicelive.user_turns import UserTurns


def test_interim_transcripts_hold_all_words_so_far() -> None:
    turns = UserTurns()
    turns.started("a", 0, started_at=1000.5)
    first, second = (turns.heard(Delta(item_id="a", delta=d)) for d in ("What ", "time"))
    assert first is not None
    assert second is not None
    assert (first.transcript, second.transcript) == ("What ", "What time")
    assert not second.is_final
    assert second.turn_started_at == 1000.5


def test_a_turn_has_one_final_transcript() -> None:
    turns = UserTurns()
    final = turns.completed(Completed(item_id="a", transcript="Hello."))
    assert final is not None
    assert final.is_final
    assert final.confidence is None
    assert turns.completed(Completed(item_id="a", transcript="Hello.")) is None
    assert turns.heard(Delta(item_id="a", delta="late")) is None


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_transcript_is_no_final_one(empty: str | None) -> None:
    turns = UserTurns()
    assert turns.completed(Completed(item_id="a", transcript=empty)) is None
    assert turns.completed(Completed(item_id="a", transcript="Now.")) is not None
    assert turns.heard(Delta(item_id="b", delta=None)) is None


def test_a_failed_transcription_reports_what_was_heard_or_nothing() -> None:
    turns = UserTurns()
    turns.heard(Delta(item_id="a", delta="Half a"))
    failed = turns.failed("a")
    assert failed is not None
    assert (failed.transcript, failed.is_final) == ("Half a", True)
    assert turns.failed("b") is None


def test_confidence_is_the_mean_of_the_tokens() -> None:
    logprobs = [
        LogProb(token="a", logprob=math.log(0.5)),
        LogProb(token="b", logprob=math.log(0.5)),
    ]
    final = UserTurns().completed(Completed(item_id="a", transcript="x", logprobs=logprobs))
    assert final is not None
    assert final.confidence == pytest.approx(0.5)


def test_a_turn_lasts_from_start_to_stop() -> None:
    turns = UserTurns()
    turns.started("a", 400, started_at=0)
    assert turns["a"].duration_s == 0
    turns.stopped("a", 2400)
    assert turns["a"].duration_s == 2.0
