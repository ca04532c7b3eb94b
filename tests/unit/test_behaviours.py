"""What nobody knows about the service, both ways: the plugin does the same under every plausible behaviour."""

from dataclasses import replace

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive.protocol import server_events as server
from tests.session_pair import Call, Heard, Say, SessionPair
from voicelive_emulator.behaviour import Behaviour

PLAUSIBLE = {
    "as assumed": {},
    "metadata is not echoed": {"echo_metadata": False},
    "no conversation.item.done": {"announce_item_done": False},
    "items announced twice": {"announce_items_twice": True},
    "transcript before the response": {"transcript": "before"},
    "transcript after the response": {"transcript": "after"},
    "empty transcripts repeated": {"empty_transcripts": True},
    "deltas after a cancel": {"deltas_after_cancel": 5},
    "truncated before transcript done": {"truncate_first": True},
    "rate limits told": {"rate_limits": True},
}

STORY = Say("Once upon a time there was a fox. It lived in a wood and it liked to talk.")


@pytest.fixture(params=PLAUSIBLE)
def behaviour(request: pytest.FixtureRequest) -> Behaviour:
    return Behaviour(pace=float("inf"), **PLAUSIBLE[request.param])


async def test_a_turn(behaviour: Behaviour) -> None:
    pair = SessionPair(Say("It is noon."), hears=["What time is it?"], behaviour=behaviour)
    pair.speak()
    [generation] = pair.emits("generation_created")
    heard = Heard(generation)
    assert heard.texts == ["It is noon."]
    assert heard.closed
    finals = [t for t in pair.emits("input_audio_transcription_completed") if t.is_final]
    assert [final.transcript for final in finals] == ["What time is it?"]
    assert [item.text_content for item in pair.history] == ["What time is it?", "It is noon."]
    assert len(pair.emits("remote_item_added")) == 2
    assert pair.emits("error") == []
    assert pair.agrees()


async def test_a_tool_call(behaviour: Behaviour) -> None:
    plans = (Call("look_up", "{}"), Say("Found."))
    pair = SessionPair(*plans, behaviour=behaviour)
    [call] = Heard(pair.generate_reply().result()).calls
    output = llm.FunctionCallOutput(call_id=call.call_id, output="1", is_error=False)
    pair.update(*pair.history, output)
    assert Heard(pair.generate_reply().result()).texts == ["Found."]
    assert pair.emits("error") == []
    assert pair.agrees()


async def test_a_barge_in(behaviour: Behaviour) -> None:
    pair = SessionPair(STORY, Say("Yes?"), hears=["Stop."], behaviour=replace(behaviour, pace=4.0))
    first = pair.generate_reply()
    pair.advance(0.3)
    pair.start_speaking()
    pair.interrupt()
    heard = Heard(first.result())
    assert heard.closed
    pair.truncate(heard.id, 400, "Once upon")
    pair.stop_speaking()
    for _ in range(30):
        pair.advance(0.2)
    answers = [Heard(event) for event in pair.emits("generation_created")[1:]]
    assert [answer.texts for answer in answers] == [["Yes?"]]
    assert [item.text_content for item in pair.history] == ["Once upon", "Stop.", "Yes?"]
    assert pair.emits("error") == []
    assert pair.agrees()


async def test_replies_asked_for_while_others_run(behaviour: Behaviour) -> None:
    pair = SessionPair(Say("One."), Say("Two."), behaviour=replace(behaviour, pace=4.0))
    first, second = pair.generate_reply(), pair.generate_reply()
    for _ in range(30):
        pair.advance(0.2)
    assert [Heard(reply.result()).texts for reply in (first, second)] == [["One."], ["Two."]]


async def test_a_reply_given_up_is_not_spoken_later(behaviour: Behaviour) -> None:
    pair = SessionPair(Say("Too late."), behaviour=behaviour)
    pair.withheld.add(server.ResponseCreated)
    waiter = pair.generate_reply()
    pair.advance(10)
    assert isinstance(waiter.exception(), llm.RealtimeError)
    assert pair.emits("generation_created") == []
