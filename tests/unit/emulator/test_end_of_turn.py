"""When words decide about turns: an unfinished sentence is waited for, a filler begins nothing."""

from __future__ import annotations

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import Client, Connect, only, silence, types
from voicelive_emulator.speech.stand_ins import hum

EOU: dict[str, Any] = {"model": "semantic_detection_v1"}


def listening(connect: Connect, *transcripts: str, **detection: Any) -> Client:
    caller = connect(*transcripts)
    caller.configure(turn_detection={"type": "azure_semantic_vad"} | detection)
    return caller


def hear(caller: Client, pcm: bytes, now: float = 0.0) -> list[str]:
    """The types of what comes back, in the steps of a client that sends as it records."""
    step = 48 * 32
    events = [caller.hear(pcm[at : at + step], now) for at in range(0, len(pcm), step)]
    return [name for answer in events for name in types(answer)]


STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"


# --- end-of-utterance detection ---------------------------------------------------------------------------------------


def test_an_unfinished_sentence_is_waited_for(connect: Connect) -> None:
    caller = listening(connect, "My number is", end_of_utterance_detection=EOU)
    assert STOPPED not in hear(caller, hum(640) + silence(1_400))
    assert STOPPED in hear(caller, silence(200))


def test_a_finished_sentence_is_not(connect: Connect) -> None:
    caller = listening(connect, "What time is it?", end_of_utterance_detection=EOU)
    assert STOPPED in hear(caller, hum(640) + silence(600))


def test_who_goes_on_in_time_says_all_in_one_turn(connect: Connect) -> None:
    caller = listening(
        connect, "My number is", "My number is five.", end_of_utterance_detection=EOU
    )
    assert STOPPED not in hear(caller, hum(640) + silence(1_200))
    assert STARTED not in (events := hear(caller, hum(640) + silence(600)))
    assert events.count(STOPPED) == 1
    heard = caller.emulator.session._conversation.history()[0]
    assert heard.text == "My number is five."  # type: ignore[union-attr]


def test_the_time_out_is_the_sessions(connect: Connect) -> None:
    short = EOU | {"timeout_ms": 300}
    caller = listening(connect, "My number is", end_of_utterance_detection=short)
    assert STOPPED not in hear(caller, hum(640) + silence(700))
    assert STOPPED in hear(caller, silence(200))


@pytest.mark.parametrize(("level", "ends"), [("low", True), ("medium", False)])
def test_the_level_is_the_sessions(connect: Connect, level: str, ends: bool) -> None:
    detection = EOU | {"threshold_level": level}
    caller = listening(connect, "I need a ticket to", end_of_utterance_detection=detection)
    assert (STOPPED in hear(caller, hum(640) + silence(600))) is ends


def test_ears_that_are_slow_end_the_turn_when_they_are_done(connect: Connect) -> None:
    caller = listening(connect, "What time is it?", end_of_utterance_detection=EOU)
    caller.emulator.idle = True
    assert STOPPED not in hear(caller, hum(640) + silence(900))
    caller.emulator.idle = False
    caller.emulator.advance(now=0)
    assert STOPPED in hear(caller, silence(64))


def test_without_the_detection_words_do_not_count(connect: Connect) -> None:
    caller = listening(connect, "My number is")
    assert STOPPED in hear(caller, hum(640) + silence(600))


# --- filler words -----------------------------------------------------------------------------------------------------


def test_a_filler_begins_no_turn(connect: Connect) -> None:
    caller = listening(connect, "Um.", remove_filler_words=True)
    assert hear(caller, hum(480) + silence(2_000)) == []


def test_words_begin_one_with_the_onset_of_their_speech(connect: Connect) -> None:
    caller = listening(connect, "Stop.", remove_filler_words=True, prefix_padding_ms=0)
    hear(caller, silence(960))
    events = caller.hear(hum(480) + silence(320))
    assert events == []
    started, *_ = caller.hear(silence(32))
    assert isinstance(started, server.InputAudioBufferSpeechStarted)
    assert started.audio_start_ms == pytest.approx(960, abs=32)
    events = caller.hear(silence(960))
    assert only(events, server.InputAudioBufferSpeechStopped).item_id == started.item_id


def test_long_speech_interrupts_before_its_words_are_known(connect: Connect) -> None:
    caller = listening(connect, "Um.", remove_filler_words=True)
    assert hear(caller, hum(960)) == [STARTED]


def test_yeah_does_not_interrupt_an_answer(connect: Connect) -> None:
    caller = connect("Yeah.", pace=1.0)
    caller.configure(turn_detection={"type": "azure_semantic_vad", "remove_filler_words": True})
    caller.write("Tell me a story.")
    assert STARTED not in hear(caller, hum(480) + silence(2_000), now=0.5)


def test_yeah_does_not_interrupt_what_is_still_playing(connect: Connect) -> None:
    caller = listening(connect, "Yeah.", "Yeah.", remove_filler_words=True)
    caller.write("Tell me a story.", now=0.0)
    assert hear(caller, hum(480) + silence(2_000), now=10.0) == []
    assert STARTED in hear(caller, hum(480) + silence(2_000), now=1_000.0)


def test_yeah_is_an_answer_when_nobody_speaks(connect: Connect) -> None:
    caller = listening(connect, "Yeah.", remove_filler_words=True)
    events = hear(caller, hum(480) + silence(2_000))
    assert [name for name in events if name.startswith("input_audio_buffer")] == [
        STARTED,
        STOPPED,
        "input_audio_buffer.committed",
    ]


def test_a_filler_interrupts_where_fillers_are_not_removed(connect: Connect) -> None:
    assert STARTED in hear(listening(connect, "Um."), hum(480))


def test_what_is_cleared_while_it_may_be_a_filler_is_gone(connect: Connect) -> None:
    caller = listening(connect, "Stop.", remove_filler_words=True)
    hear(caller, hum(480))
    assert types(caller.send(client.InputAudioBufferClear())) == ["input_audio_buffer.cleared"]
    assert hear(caller, silence(2_000)) == []


def test_a_filler_can_be_committed_by_the_client(connect: Connect) -> None:
    caller = listening(connect, "Um.", remove_filler_words=True)
    hear(caller, hum(480))
    events = types(caller.send(client.InputAudioBufferCommit()))
    assert events[0] == "input_audio_buffer.committed"
    assert hear(caller, silence(2_000)) == []
