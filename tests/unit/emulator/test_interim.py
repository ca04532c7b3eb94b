"""Words that fill a wait: for a model that is slow, before a tool, once, and not remembered."""

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import CASCADE, NATIVE, WEATHER, Client, Connect, types
from voicelive_emulator import Backend
from voicelive_emulator.interim import OF_A_MODEL

STATIC: dict[str, Any] = {"type": "static_interim_response", "texts": ["Let me see."]}
QUESTION = "What is the weather in London?"


def said(events: list[server.ServerEvent]) -> list[tuple[bool, str]]:
    """What was spoken, and whether it was to fill a wait."""
    return [
        (event.item_id.startswith("interim_"), str(event.transcript))
        for event in events
        if isinstance(event, server.ResponseAudioTranscriptDone)
    ]


def thinking(connect: Connect, *, backend: Backend = CASCADE, **session: Any) -> Client:
    """A caller whose question is being thought about."""
    caller = connect(backend=backend)
    caller.configure(**session)
    caller.emulator.idle = True
    caller.write('Say exactly "All is well."', now=0.0)
    return caller


def speak_only(caller: Client, now: float) -> list[server.ServerEvent]:
    """The voice works, the brain is still slow."""
    events = caller.emulator.advance(now=now)
    emulator = caller.emulator
    slow = [work for work in emulator._undone if type(work).__name__ == "Think"]
    emulator._undone = [work for work in emulator._undone if work not in slow]
    emulator.idle = False
    events += emulator.advance(now=now)
    emulator.idle = True
    emulator._undone += slow
    return events


def finish(caller: Client, now: float) -> list[server.ServerEvent]:
    caller.emulator.idle = False
    return caller.emulator.advance(now=now)


@pytest.mark.parametrize(("threshold", "due"), [(None, 2.0), (500, 0.5)])
def test_a_slow_model_is_covered_after_the_threshold(
    connect: Connect, threshold: int | None, due: float
) -> None:
    caller = thinking(connect, interim_response=STATIC | {"latency_threshold_ms": threshold})
    assert caller.emulator.session.next_deadline() == due
    assert said(speak_only(caller, due - 0.1)) == []
    assert said(speak_only(caller, due)) == [(True, "Let me see.")]
    assert said(speak_only(caller, due + 10)) == [], "once is enough"
    assert said(finish(caller, due + 20)) == [(False, "All is well.")]


def test_a_model_that_is_quick_needs_no_filling(connect: Connect) -> None:
    caller = thinking(connect, interim_response=STATIC)
    assert said(finish(caller, 1.0)) == [(False, "All is well.")]


def test_it_is_no_part_of_the_conversation(connect: Connect) -> None:
    caller = thinking(connect, interim_response=STATIC)
    events = speak_only(caller, 3.0) + finish(caller, 4.0)
    created = [e.item.id for e in events if isinstance(e, server.ConversationItemCreated)]
    [done] = [event.response for event in events if isinstance(event, server.ResponseDone)]
    assert [item.id for item in done.output or []] == created
    assert len(created) == 1
    assert "Let me see." not in str(caller.emulator.session._conversation.history())


@pytest.mark.parametrize(("triggers", "fills"), [(["tool"], True), (None, False)])
def test_a_call_of_a_tool_is_announced_where_that_is_a_trigger(
    connect: Connect, triggers: Any, fills: bool
) -> None:
    caller = connect(backend=CASCADE)
    caller.configure(interim_response=STATIC | {"triggers": triggers}, tools=[WEATHER])
    events = caller.write(QUESTION)
    assert said(events) == ([(True, "Let me see.")] if fills else [])
    assert types(events)[-3:] == [
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.done",
    ]


def test_the_words_of_a_model_are_made_up(connect: Connect) -> None:
    caller = thinking(connect, interim_response={"type": "llm_interim_response"})
    assert said(speak_only(caller, 2.0)) == [(True, OF_A_MODEL)]


def test_a_response_can_have_an_interim_of_its_own(connect: Connect) -> None:
    caller = connect(backend=CASCADE)
    caller.configure(tools=[WEATHER], interim_response=STATIC)
    caller.emulator.idle = True
    own = {"type": "static_interim_response", "texts": ["Hm."], "latency_threshold_ms": 100}
    request = client.ResponseCreateParams(interim_response=own)
    caller.send(client.ResponseCreate(response=request))
    assert said(speak_only(caller, 0.1)) == [(True, "Hm.")]


@pytest.mark.parametrize(
    ("backend", "session"),
    [
        (NATIVE, {"interim_response": STATIC}),
        (CASCADE, {"interim_response": STATIC, "modalities": ["text"]}),
        (CASCADE, {"interim_response": STATIC | {"texts": []}}),
        (CASCADE, {}),
    ],
    ids=["native", "text only", "no texts", "not asked for"],
)
def test_otherwise_a_wait_stays_silent(
    connect: Connect, backend: Backend, session: dict[str, Any]
) -> None:
    caller = thinking(connect, backend=backend, **session)
    assert said(speak_only(caller, 60.0)) == []


def test_an_interim_is_cut_with_its_response(connect: Connect) -> None:
    caller = connect(backend=CASCADE, pace=1.0)
    caller.configure(interim_response=STATIC | {"triggers": ["tool"]}, tools=[WEATHER])
    caller.write(QUESTION)
    events = caller.send(client.ResponseCancel(), now=0.2)
    assert said(events)[0][0]
    assert types(events)[-1] == "response.done"
