"""Whatever a client sends, in whatever order: the session answers, never breaks, and its conversation stays consistent."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import (
    client_events as client,
    codec,
    server_events as server,
)
from livekit_plugins_voicelive.protocol.items import (
    Item,
    function_call_item,
    function_call_output_item,
    text_part,
)
from tests.unit.emulator.client import CASCADE, NATIVE, SPOKEN_TURN, WEATHER, Client, silence
from voicelive_emulator import Backend, Behaviour, ScriptedBrain
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.work import ConversationView, Thought

SEEDS = range(200)
BACKENDS = (
    NATIVE,
    CASCADE,
    Backend(model="my-agent", kind="agent"),
    Backend(api_version="2025-10-01"),
    Backend(model="mine", kind="cascade", profile="byom-foundry-anthropic-messages"),
)
STEPS = 60
SAID = ("Hello!", "What is the weather in London?", "Tell me a story.", "", "Stop.")


class Streams:
    """What one response streams: all that begins ends, and what is done is what came piece by piece."""

    def __init__(self) -> None:
        self._items: list[str] = []
        self._parts: set[str] = set()
        self._pieces: dict[tuple[str, str], str] = {}
        self._ended: list[str] = []

    def take(self, event: server.ServerEvent) -> None:
        match event:
            case server.ResponseOutputItemAdded(item=item):
                self._items.append(str(item.id))
            case server.ResponseContentPartAdded(item_id=item_id):
                assert item_id in self._items
                self._parts.add(item_id)
            case server.ResponseTextDelta() | server.ResponseAudioTranscriptDelta():
                assert event.item_id in self._parts
                self._add(event.item_id, "words", event.delta)
            case server.ResponseFunctionCallArgumentsDelta():
                self._add(event.item_id, "arguments", event.delta)
            case server.ResponseTextDone(item_id=item_id, text=words):
                assert self._pieces.get((item_id, "words"), "") == words
            case server.ResponseAudioTranscriptDone(item_id=item_id, transcript=words):
                assert self._pieces.get((item_id, "words"), "") == words
            case server.ResponseFunctionCallArgumentsDone(item_id=item_id, arguments=arguments):
                assert self._pieces.get((item_id, "arguments"), "") == arguments
            case server.ResponseContentPartDone(item_id=item_id):
                self._parts.remove(item_id)
            case server.ResponseOutputItemDone(item=item):
                assert item.status in ("completed", "incomplete")
                self._items.remove(str(item.id))
                self._ended.append(str(item.id))
            case server.ResponseDone(response=response):
                assert (self._items, self._parts) == ([], set())
                remembered = [id for id in self._ended if not id.startswith("interim_")]
                assert [item.id for item in response.output or []] == remembered

    def _add(self, item_id: str, kind: str, delta: str) -> None:
        self._pieces[item_id, kind] = self._pieces.get((item_id, kind), "") + delta


class Mirror:
    """A client's own copy of the conversation, kept by nothing but what the service says."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.deleted: list[str] = []
        self.calls: list[str] = []
        self.open_response: str | None = None
        self.last_response = "resp_unknown"
        self._streams = Streams()

    def take(self, event: server.ServerEvent) -> None:
        assert codec.decode_server_event(codec.encode(event)) == event
        self._streams.take(event)
        match event:
            case server.ConversationItemCreated(item=item, previous_item_id=previous):
                assert item.id not in self.ids
                place = self.ids.index(previous) + 1 if isinstance(previous, str) else 0
                self.ids.insert(place, str(item.id))
                if item.type == "function_call":
                    self.calls.append(str(item.call_id))
            case server.ConversationItemDeleted(item_id=item_id):
                self.ids.remove(item_id)
                self.deleted.append(item_id)
            case server.ResponseCreated(response=response):
                assert self.open_response is None
                self.open_response = self.last_response = str(response.id)
                self._streams = Streams()
            case server.ResponseDone(response=response):
                assert response.id == self.open_response
                assert response.status in ("completed", "cancelled", "incomplete", "failed")
                self.open_response = None
            case server.ResponseOutputItemAdded(response_id=response_id):
                assert response_id == self.open_response


def steps(pick: random.Random, mirror: Mirror) -> Iterator[client.ClientEvent]:
    """Legal events, though what they name may be gone or may never have been."""
    makers: list[Callable[[], client.ClientEvent]] = [
        lambda: client.SessionUpdate(session=pick.choice(SETTINGS)),
        lambda: client.InputAudioBufferAppend(audio=pick.choice(SOUNDS)),
        lambda: client.InputAudioBufferAppend(audio=pick.choice(SOUNDS)),
        client.InputAudioBufferCommit,
        client.InputAudioBufferClear,
        lambda: client.ConversationItemCreate(item=message(pick), previous_item_id=place()),
        lambda: client.ConversationItemCreate(item=output(pick, mirror)),
        lambda: client.ConversationItemCreate(item=past_call(pick), previous_item_id=place()),
        lambda: client.ResponseCancel(response_id=pick.choice([mirror.last_response, "resp_no"])),
        lambda: client.ConversationItemRetrieve(item_id=known()),
        lambda: client.ConversationItemTruncate(
            item_id=known(), content_index=0, audio_end_ms=pick.choice((0, 100, 900, 90_000))
        ),
        lambda: client.ConversationItemDelete(item_id=known()),
        client.ResponseCreate,
        lambda: client.ResponseCreate(response=pick.choice(REQUESTS)),
        client.ResponseCancel,
    ]

    def known() -> str:
        return pick.choice([*mirror.ids[-4:], *mirror.deleted[-1:], "item_unknown"])

    def place() -> Any:
        return pick.choice([None, "root", known()])

    for _ in range(STEPS):
        yield pick.choice(makers)()


def message(pick: random.Random) -> Item:
    role = pick.choice(("user", "assistant", "system"))
    return Item(type="message", role=role, content=[text_part(role, pick.choice(SAID) or "?")])


def output(pick: random.Random, mirror: Mirror) -> Item:
    call_id = pick.choice([*mirror.calls[-2:], "call_unknown"])
    return function_call_output_item(id=f"out_{pick.random()}", call_id=call_id, output="Foggy.")


def past_call(pick: random.Random) -> Item:
    """A call out of an older conversation; now and then with an id that is taken."""
    number = pick.randrange(8)
    return function_call_item(
        id=f"call_item_{number}", call_id=f"call_{number}", name="get_weather", arguments="{}"
    )


class FailingBrain:
    """Breaks down now and then, after a few words or before any."""

    def __init__(self, pick: random.Random) -> None:
        self._pick = pick
        self._brain = ScriptedBrain()

    def think(self, view: ConversationView) -> Iterator[Thought]:
        fate = self._pick.random()
        if fate < 0.1:
            raise OSError
        yield from self._brain.think(view)
        if fate > 0.9:
            raise OSError


SETTINGS: list[dict[str, Any]] = [
    {"modalities": ["text"]},
    {"modalities": ["text", "audio"]},
    {"turn_detection": None},
    {"turn_detection": {"type": "server_vad", "auto_truncate": True}},
    {"turn_detection": {"type": "azure_semantic_vad", "interrupt_response": False}},
    {"turn_detection": {"type": "server_vad", "create_response": False}},
    {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}},
    {"turn_detection": {"type": "no_such_vad"}},
    {"turn_detection": {"type": "azure_semantic_vad", "remove_filler_words": True}},
    {
        "turn_detection": {
            "type": "server_vad",
            "end_of_utterance_detection": {"model": "semantic_detection_v1"},
        }
    },
    {"animation": {"outputs": ["viseme_id"]}},
    {
        "interim_response": {
            "type": "static_interim_response",
            "texts": ["Well."],
            "triggers": ["tool", "latency"],
            "latency_threshold_ms": 100,
        }
    },
    {"voice": {"type": "azure-standard", "name": "en-US-AvaNeural"}},
    {"voice": "alloy"},
    {"output_audio_format": "g711_ulaw"},
    {"output_audio_format": "pcm16"},
    {"output_audio_timestamp_types": ["word"]},
    {"input_audio_transcription": {"model": "azure-speech"}},
    *[{"tools": [WEATHER], "tool_choice": "auto"}] * 4,
    {"tools": [], "instructions": ""},
    {"max_response_output_tokens": 6},
    {"max_response_output_tokens": "inf"},
]
SOUNDS = (silence(960), hum(960), SPOKEN_TURN, b"")
REQUESTS = (
    client.ResponseCreateParams(conversation="none"),
    client.ResponseCreateParams(modalities=["text"], metadata={"k": "v"}),
    client.ResponseCreateParams(input_items=[]),
    client.ResponseCreateParams(max_output_tokens=1),
    client.ResponseCreateParams(
        append_input_items=[Item(type="message", role="user", content=[text_part("user", "Hi!")])]
    ),
    client.ResponseCreateParams(
        pre_generated_assistant_message=Item(
            type="message", role="assistant", content=[text_part("assistant", "One moment.")]
        )
    ),
)


def behaviour(pick: random.Random) -> Behaviour:
    return Behaviour(
        pace=pick.choice((1.0, 8.0, math.inf)),
        transcript=pick.choice(("during", "before", "after")),
        empty_transcripts=pick.random() < 0.5,
        deltas_after_cancel=pick.choice((0, 5)),
        truncate_first=pick.random() < 0.5,
        rate_limits=pick.random() < 0.5,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_any_sequence_of_legal_events_leaves_a_consistent_conversation(seed: int) -> None:
    pick = random.Random(seed)
    said = [pick.choice(SAID) for _ in range(STEPS)]
    caller = Client(pick.choice(BACKENDS), behaviour(pick), *said)
    emulator, mirror, now = caller.emulator, Mirror(), 0.0
    emulator.brain = FailingBrain(pick)
    for event in steps(pick, mirror):
        emulator.idle = pick.random() < 0.2  # now and then the models are slow
        now += pick.choice((0.0, 0.05, 1.0))
        for answer in [*caller.send(event, now=now), *emulator.advance(now=now)]:
            mirror.take(answer)
    emulator.idle = False
    for answer in [*emulator.advance(now=now), *caller.rest(now)]:
        mirror.take(answer)
    assert mirror.open_response is None
    created = caller.send(client.ConversationItemCreate(item=message(pick)), now=now)
    for answer in created:
        mirror.take(answer)
    conversation = emulator.session._conversation
    assert mirror.ids == [entry.item.id for entry in conversation.entries]


def test_the_sequences_reach_what_matters() -> None:
    seen, statuses = set(), set()
    for seed in SEEDS[:40]:
        pick = random.Random(seed)
        caller = Client(NATIVE, behaviour(pick), *SAID)
        caller.emulator.brain = FailingBrain(pick)
        mirror = Mirror()
        for event in steps(pick, mirror):
            for answer in caller.send(event, now=float(seed)):
                mirror.take(answer)
                seen.add(type(answer))
                if isinstance(answer, server.ResponseDone):
                    statuses.add(answer.response.status)
    assert {
        server.ErrorEvent,
        server.ConversationItemTruncated,
        server.ConversationItemDeleted,
        server.ResponseFunctionCallArgumentsDone,
        server.InputAudioBufferSpeechStopped,
        server.ResponseTextDone,
        server.ResponseAudioDone,
    } <= seen
    assert statuses == {"completed", "cancelled", "incomplete", "failed"}
