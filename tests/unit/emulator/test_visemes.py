"""Shapes of the mouth: in the time of the words, between the audio, and only from a voice that knows them."""

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import (
    animation_events,
    client_events as client,
    server_events as server,
)
from tests.unit.emulator.client import CASCADE, NATIVE, Client, Connect, types
from voicelive_emulator.speech.visemes import visemes
from voicelive_emulator.work import Word

AVA = {"type": "azure-standard", "name": "en-US-AvaNeural"}
VISEMES = {"outputs": ["viseme_id"]}


def spoken(caller: Client, **session: Any) -> list[server.ServerEvent]:
    caller.configure(**({"animation": VISEMES} | session))
    return caller.write('Say exactly "Good morning, Bob."')


def shapes(events: list[server.ServerEvent]) -> list[animation_events.ResponseAnimationVisemeDelta]:
    return [e for e in events if isinstance(e, animation_events.ResponseAnimationVisemeDelta)]


def test_a_word_is_shaped_sound_by_sound() -> None:
    assert visemes(Word("Bob", 300, 300)) == [(21, 300), (8, 400), (21, 500)]
    assert [shape for shape, _ in visemes(Word("shoot!", 0, 400))] == [16, 7, 19]
    assert visemes(Word("84", 100, 50)) == [(1, 100)]


def test_shapes_come_in_the_order_of_the_speech_and_end_with_a_closed_mouth(
    connect: Connect,
) -> None:
    events = spoken(connect(backend=CASCADE))
    told = shapes(events)
    offsets = [shape.audio_offset_ms for shape in told]
    assert offsets == sorted(offsets)
    [length] = {sum(len(e.delta) for e in events if isinstance(e, server.ResponseAudioDelta)) // 48}
    assert (told[-1].viseme_id, told[-1].audio_offset_ms) == (0, length)
    assert all(0 <= shape.viseme_id <= 21 for shape in told)
    assert len(told) > 8


def test_they_end_before_the_item_does(connect: Connect) -> None:
    names = types(spoken(connect(backend=CASCADE)))
    assert names.index("response.animation_viseme.done") < names.index("response.output_item.done")
    assert names.index("response.animation_viseme.delta") < names.index("response.audio.done")


@pytest.mark.parametrize(
    ("voice", "outputs"),
    [("alloy", ["viseme_id"]), (AVA, ["blendshapes"]), (AVA, None)],
    ids=["a voice of OpenAI's", "blendshapes are not made", "not asked for"],
)
def test_without_an_azure_voice_and_the_wish_there_are_none(
    connect: Connect, voice: Any, outputs: Any
) -> None:
    animation = {"outputs": outputs} if outputs else None
    events = spoken(connect(backend=NATIVE), voice=voice, animation=animation)
    assert shapes(events) == []
    assert "response.animation_viseme.done" not in types(events)


def test_a_native_model_with_an_azure_voice_has_them(connect: Connect) -> None:
    assert shapes(spoken(connect(backend=NATIVE), voice=AVA))


def test_what_is_cut_off_closes_its_mouth_there(connect: Connect) -> None:
    caller = connect(backend=CASCADE, pace=1.0)
    caller.configure(animation=VISEMES)
    caller.write("Tell me a story.")
    events = caller.send(client.ResponseCancel(), now=0.5)
    [closed] = [shape for shape in shapes(events) if shape.viseme_id == 0]
    assert 0 < closed.audio_offset_ms <= 1_000
