"""Whatever is said, cut, edited and lost, in whatever order it arrives: both ends agree in the end, and nobody waits."""

import random

import pytest

from livekit.agents import llm
from tests.latent_pair import LatentPair
from tests.livekit_sketch import LiveKit
from voicelive_emulator.behaviour import Behaviour

WALKS = range(120)
LOSSES = range(20)
STEPS = 60


def world(rng: random.Random) -> LatentPair:
    behaviour = Behaviour(
        pace=rng.choice([float("inf"), 4.0, 1.5]),
        echo_metadata=rng.random() < 0.7,
        announce_items_twice=rng.random() < 0.3,
        transcript=rng.choice(["during", "before", "after"]),
        empty_transcripts=rng.random() < 0.3,
        deltas_after_cancel=rng.choice([0, 0, 1, 3]),
        truncate_first=rng.random() < 0.5,
    )
    detection = {"type": "server_vad", "silence_duration_ms": 200}
    if rng.random() < 0.3:
        detection["auto_truncate"] = True
    settings = {"turn_detection": detection}
    if rng.random() < 0.4:
        settings["output_audio_timestamp_types"] = ["word"]
    return LatentPair(rng, behaviour, settings)


def step(pair: LatentPair, livekit: LiveKit, rng: random.Random) -> str:
    acts = ["up"] * 5 + ["down"] * 8 + ["advance"] * 5 + ["play"] * 5
    acts += ["speak", "start", "stop", "reply", "say", "type", "interrupt", "cancel"]
    acts += ["edit"] * 2
    acts += ["lose"] if pair.connected else ["connect"] * 6
    livekit.go_on()
    act = rng.choice(acts)
    match act:
        case "up":
            pair.step_up(rng.choice([1, 3, 1000]))
        case "down":
            pair.step_down(rng.choice([1, 2, 5, 20, 1000]))
        case "advance":
            pair.advance(rng.choice([0.02, 0.1, 0.5, 1.0]))
        case "play":
            livekit.play(rng.choice([40, 200, 1000, 10_000]))
        case "speak":
            pair.speak()
        case "start":
            pair.start_speaking(rng.choice([100, 400, 600]))
        case "stop":
            pair.stop_speaking(rng.choice([100, 600]))
        case "reply":
            livekit.reply()
        case "say":
            livekit.say("This is what I was told to say, word for word.")
        case "type":
            livekit.type()
        case "interrupt":
            livekit.interrupt()
        case "cancel":
            if livekit.replies:
                rng.choice(livekit.replies).cancel()
        case "edit":
            livekit.edit(rng)
        case "lose":
            pair.lose()
        case "connect":
            pair.connect()
    return act


def rest(pair: LatentPair, livekit: LiveKit, seconds: float = 60.0) -> None:
    """Everything arrives, everything is played."""
    if not pair.connected:
        pair.connect()
    end = pair.now + seconds
    pair.carry_all()
    while pair.now < end:
        pair.advance(0.25)
        pair.carry_all()
        livekit.play(250)
    livekit.play(1e9)
    pair.carry_all()
    livekit.look()


def check_at_rest(pair: LatentPair, livekit: LiveKit) -> None:
    translator = pair.translator
    history = [item.id for item in pair.history]
    assert history == pair.service_ids, f"ends differ: {history} {pair.service_ids}"
    assert all(waiter.done() for waiter in livekit.waiters), "an update still waits"
    assert not [w for w in livekit.replies if not w.done()], "a reply still waits"
    for speech in livekit.speeches:
        speech.take()
        assert speech.closed, f"streams of {speech.event.response_id} are open"
    left = [r.type for r in translator._pending._requests.values()]
    assert not left, f"pending: {left}"
    responses = translator._responses
    assert not responses.busy, (
        f"busy: active {list(responses._active)} asked {responses._asked} queue {responses._queue} owed {responses.to_turn.deadline}"
    )
    assert not responses._answers
    # Without an echo of metadata a reply and a turn's answer can be taken for each other.
    assert not (pair._behaviour.echo_metadata and responses._given_up), responses._given_up
    unheard = {
        message.message.message_id
        for speech in livekit.speeches
        if speech.interrupted and speech.began
        for message in speech.messages
        if message.played_ms <= 0
    }
    rewritten = {
        i.id
        for i in livekit.items
        if isinstance(i, llm.ChatMessage) and str(i.content).find("rewritten") >= 0
    }
    assert not unheard & set(history) - rewritten, (
        f"unheard in the history: {unheard & set(history)}"
    )
    for speech in livekit.speeches:
        for message in speech.messages:
            item = translator._conversation.get(message.message.message_id)
            if (
                not (speech.interrupted and speech.began)
                or item is None
                or item.id in rewritten
                or message.played_ms >= message.received_ms
            ):
                continue
            words = item.text_content or ""
            share = message.played_ms / message.received_ms
            allowed = message.text[: int(len(message.text) * share) + 14]
            assert len(words) <= len(allowed), (
                f"more in the history than was heard: {words!r} of {message.text!r}, share {share}"
            )
    calls = {i.call_id for i in pair.history if isinstance(i, llm.FunctionCall)}
    outputs = {i.call_id for i in pair.history if isinstance(i, llm.FunctionCallOutput)}
    assert outputs <= calls, "an output without its call"


@pytest.mark.parametrize("seed", WALKS)
async def test_whatever_happens_both_ends_agree_and_nobody_waits(seed: int) -> None:
    rng = random.Random(seed)
    pair = world(rng)
    livekit = LiveKit(pair)
    if rng.random() < 0.7:
        pair.connect()
        pair.carry_all()
    for _ in range(STEPS):
        step(pair, livekit, rng)
    rest(pair, livekit)
    errors = [getattr(e, "message", e) for e in pair.emits("error")]
    check_at_rest(pair, livekit)
    livekit.interrupt()
    # The service's own cut can be shorter than ours.
    errors = [e for e in errors if "audio_end_ms" not in str(e) and "tool_call_id" not in str(e)]
    assert not errors, f"errors: {errors}"
    # And it still works: one turn, one answer.
    pair.brain.calm = True
    pair.stop_speaking(1000)
    rest(pair, livekit, 20)
    created = len(pair.emits("generation_created"))
    users = sum(getattr(i, "role", "") == "user" for i in pair.history)
    pair.speak()
    rest(pair, livekit, 20)
    check_at_rest(pair, livekit)
    assert sum(getattr(i, "role", "") == "user" for i in pair.history) == users + 1
    assert len(pair.emits("generation_created")) == created + 1
    assert pair.history[-1].role == "assistant"
    assert pair.history[-1].text_content
    translator = pair.translator
    assert not translator._input_audio._turns._turns, "audio is kept of what was answered"


@pytest.mark.parametrize("seed", LOSSES)
async def test_a_turn_is_answered_whenever_the_connection_is_lost(seed: int) -> None:
    rng = random.Random(seed)
    pair = world(rng)
    livekit = LiveKit(pair)
    pair.brain.calm = True
    pair.connect()
    pair.carry_all()
    for _ in range(rng.randint(0, 1)):
        pair.speak()
        rest(pair, livekit, 10)
    before = len(livekit.speeches)
    pair.start_speaking(600)
    if rng.random() < 0.5:
        pair.stop_speaking(600)
        missing = 0
    else:
        missing = 600
    for _ in range(rng.randint(0, 25)):
        act = rng.choice(["up", "down", "down", "advance"])
        match act:
            case "up":
                pair.step_up(rng.choice([1, 5, 20]))
            case "down":
                pair.step_down(rng.choice([1, 2, 5]))
            case "advance":
                pair.advance(rng.choice([0.05, 0.2, 0.5]))
    pair.lose()
    pair.advance(rng.choice([0.1, 1.0]))
    pair.connect()
    if rng.random() < 0.3:
        pair.carry_all() if rng.random() < 0.5 else pair.step_down(3)
        pair.lose()
        pair.connect()
    if missing:
        pair.stop_speaking(missing)
    for _ in range(40):
        pair.carry_all()
        pair.stop_speaking(200)
        pair.advance(0.2)
        livekit.play(200)
    rest(pair, livekit, 40)
    check_at_rest(pair, livekit)
    answers = livekit.speeches[before:]
    said = [s for s in answers if any(m.played_ms > 0 for m in s.messages)]
    assert said, "the turn was not answered"
    assert len(said) == 1, f"answered {len(said)} times"
    last = [i for i in pair.history if isinstance(i, llm.ChatMessage)][-1]
    assert last.role == "assistant"
