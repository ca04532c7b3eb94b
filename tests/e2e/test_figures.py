"""The figures of a real call's turns reach its room, and the call's summary the worker's log."""

import numpy as np

from demo.recording import Samples
from tests.e2e.conftest import StartWorker, Visit
from tests.e2e.visitor import DEADLINE_S, Visitor
from voicelive_emulator.speech.stand_ins import hum

SECRET = "What time is it in Tokyo?"


def utterance(ms: int = 800) -> Samples:
    """A sound, and the silence in which a turn ends."""
    return np.frombuffer(hum(ms) + bytes(48 * 1000), np.int16)


async def wait_for_turn(caller: Visitor, turn: int) -> None:
    await caller.wait_until(
        lambda: turn in caller.turns, deadline_s=DEADLINE_S, what=f"figures of turn {turn}"
    )


async def test_each_turn_is_told_to_the_room_and_the_whole_call_to_the_log(
    start_worker: StartWorker, visit: Visit
) -> None:
    worker = start_worker(AZURE_VOICELIVE_MODEL="gpt-realtime-mini")
    await worker.registered()
    caller = await visit()
    await wait_for_turn(caller, 1)
    await caller.speak(utterance())
    await wait_for_turn(caller, 2)
    await caller.type(SECRET)
    await wait_for_turn(caller, 3)
    await caller.wait_for_state("listening")
    await caller.type("Tell me a long story.")
    await caller.wait_for_state("speaking")
    await caller.speak(utterance())
    await wait_for_turn(caller, 4)
    await caller.leave()
    turns = [caller.turns[number] for number in (1, 2, 3, 4)]
    assert {turn["model"] for turn in turns} == {"gpt-realtime-mini"}
    assert [turn["latency_ms"] is None for turn in turns] == [True, False, True, True]
    assert [turn["tools"] for turn in turns] == [[], [], ["get_time"], []]
    assert [turn["interrupted"] for turn in turns] == [False, False, False, True]
    await worker.says("call summary")
    [summary] = [line for line in worker.log_lines if line["message"] == "call summary"]
    assert summary["ended"] == "participant_disconnected"
    assert summary["turns"] >= 4
    assert summary["interruptions"] >= 1
    assert summary["tool_calls"] == {"get_time": 1}
    assert summary["input_tokens"] + summary["output_tokens"] >= turns[3]["total_tokens_of_call"]
    assert SECRET not in worker.log
