from typing import Any

from livekit.agents import llm
from livekit.agents.metrics import AgentSessionUsage, LLMModelUsage, STTModelUsage
from worker.figures import CallFigures, TurnFigures

MODEL = "gpt-realtime"


def usage(*, given: int, taken: int, model: str = MODEL) -> AgentSessionUsage:
    return AgentSessionUsage(
        [LLMModelUsage(provider="azure", model=model, input_tokens=given, output_tokens=taken)]
    )


def message() -> llm.ChatMessage:
    return llm.ChatMessage(role="assistant", content=["private words"])


def call_of(name: str) -> llm.FunctionCall:
    return llm.FunctionCall(call_id="1", name=name, arguments='{"place": "private place"}')


def turn(
    figures: CallFigures, *items: llm.ChatItem, interrupted: bool = False
) -> TurnFigures | None:
    figures.turn_began(spoken_to=True)
    return figures.turn_ended(list(items) or [message()], interrupted=interrupted)


def test_a_spoken_turn_is_measured_from_the_users_last_to_the_agents_first_sound() -> None:
    figures = CallFigures("configured", now=0)
    figures.user_stopped(now=10.0)
    figures.turn_began(spoken_to=True)
    figures.agent_sounded(now=10.75)
    figures.used(usage(given=5, taken=0))
    figures.agent_sounded(now=12.0)
    figures.used(usage(given=11, taken=7))
    assert figures.turn_ended(
        [call_of("get_time"), call_of("convert"), message()], interrupted=False
    ) == TurnFigures(
        turn=1,
        model=MODEL,
        latency_ms=750,
        interrupted=False,
        tools=("get_time", "convert"),
        input_tokens=11,
        output_tokens=7,
        total_tokens_of_call=18,
    )


def test_each_turn_has_its_own_tokens_and_the_calls_total() -> None:
    figures = CallFigures(MODEL, now=0)
    turns = []
    for given, taken in ((10, 1), (30, 3)):
        figures.turn_began(spoken_to=True)
        figures.used(usage(given=given, taken=taken))
        turns.append(figures.turn_ended([message()], interrupted=False))
    counted = [(t.input_tokens, t.output_tokens, t.total_tokens_of_call) for t in turns if t]
    assert counted == [(10, 1, 11), (20, 2, 33)]


def test_tokens_of_an_interrupted_turn_that_come_late_correct_that_turn() -> None:
    figures = CallFigures(MODEL, now=0)
    published = turn(figures, interrupted=True)
    assert published is not None
    assert (published.turn, published.input_tokens) == (1, 0)
    corrected = figures.used(usage(given=9, taken=4))
    assert corrected is not None
    assert (corrected.turn, corrected.interrupted, corrected.total_tokens_of_call) == (1, True, 13)
    assert figures.used(usage(given=9, taken=4)) is None


def test_tokens_that_come_while_the_agent_answers_are_that_answers() -> None:
    figures = CallFigures(MODEL, now=0)
    turn(figures)
    figures.turn_began(spoken_to=True)
    assert figures.used(usage(given=9, taken=4)) is None


def test_the_model_that_took_over_is_named() -> None:
    figures = CallFigures(MODEL, now=0)
    both = [
        *usage(given=9, taken=4).model_usage,
        *usage(given=2, taken=1, model="other").model_usage,
    ]
    figures.used(usage(given=9, taken=4))
    figures.used(AgentSessionUsage(both))
    answered = turn(figures)
    assert answered is not None
    assert (answered.model, answered.total_tokens_of_call) == ("other", 16)


def test_a_transcribers_tokens_are_not_the_models() -> None:
    figures = CallFigures(MODEL, now=0)
    heard = STTModelUsage(provider="azure", model="whisper-1", input_tokens=5, output_tokens=5)
    figures.used(AgentSessionUsage([heard]))
    assert figures.tokens == (0, 0)


def test_a_reply_of_which_nothing_was_heard_is_no_turn() -> None:
    figures = CallFigures(MODEL, now=0)
    figures.turn_began(spoken_to=True)
    assert figures.turn_ended([], interrupted=True) is None
    answered = turn(figures)
    assert answered is not None
    assert answered.turn == 1


def test_a_reply_that_is_cut_in_its_first_word_is_a_turn() -> None:
    figures = CallFigures(MODEL, now=0)
    figures.turn_began(spoken_to=True)
    figures.agent_sounded(now=1.0)
    cut = figures.turn_ended([], interrupted=True)
    assert cut is not None
    assert cut.interrupted


def test_an_answer_to_a_typed_line_has_no_latency_even_after_some_noise() -> None:
    figures = CallFigures(MODEL, now=0)
    figures.user_stopped(now=1.0)
    figures.turn_began(spoken_to=False)
    # LiveKit counts a user who has typed as one who spoke.
    figures.user_stopped(now=19.0)
    figures.agent_sounded(now=20.0)
    answered = figures.turn_ended([message()], interrupted=False)
    assert answered is not None
    assert answered.latency_ms is None


def test_the_summary_counts_everything_and_repeats_nothing_that_was_said() -> None:
    figures = CallFigures(MODEL, now=100.0)
    for latency_s in (0.5, 0.7, 2.0):
        figures.user_stopped(now=200.0)
        figures.turn_began(spoken_to=True)
        figures.agent_sounded(now=200.0 + latency_s)
        figures.turn_ended([call_of("get_time"), message()], interrupted=latency_s > 1)
    figures.used(usage(given=30, taken=12))
    figures.failed("http_403")
    figures.reconnected()
    summary: dict[str, Any] = figures.summary(now=160.04, ended="participant_disconnected")
    assert summary == {
        "ended": "participant_disconnected",
        "duration_s": 60.0,
        "turns": 3,
        "latency_median_ms": 700,
        "latency_max_ms": 2000,
        "interruptions": 1,
        "tool_calls": {"get_time": 3},
        "input_tokens": 30,
        "output_tokens": 12,
        "model": MODEL,
        "reconnects": 1,
        "errors": {"http_403": 1},
    }
    assert "private" not in str(summary)


def test_a_call_without_a_turn_has_a_summary_too() -> None:
    summary = CallFigures(MODEL, now=0).summary(now=1, ended="error")
    assert (summary["turns"], summary["latency_median_ms"], summary["latency_max_ms"]) == (
        0,
        None,
        None,
    )
