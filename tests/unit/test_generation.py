from typing import Any

from livekit.agents import llm
from livekit.agents.voice.io import TimedString
from livekit_plugins_voicelive.generation import Generation, Message
from livekit_plugins_voicelive.output_audio import OutputAudio
from livekit_plugins_voicelive.protocol.items import ContentPart
from livekit_plugins_voicelive.protocol.server_events import (
    ResponseAudioDelta,
    ResponseAudioDone,
    ResponseAudioTimestampDelta,
    ResponseAudioTranscriptDelta,
    ResponseContentPartAdded,
    ResponsePartEvent,
    ResponseTextDelta,
)


def drain(channel: Any) -> list[Any]:
    """All that a channel holds now; it fails if the channel is still open and empty."""
    items = []
    while not channel.empty():
        items.append(channel.recv_nowait())
    return items


def begun(*, timed: bool = False, discarded: bool = False) -> Generation:
    return Generation("resp", now=1.0, speaks=True, timed=timed, discarded=discarded)


def receive(generation: Generation, *events: ResponsePartEvent, now: float = 2.0) -> None:
    for event in events:
        generation.receive(event, OutputAudio(), now=now)


def spoken(item_id: str, text: str, *, ms: int = 20) -> list[ResponsePartEvent]:
    where = {"response_id": "resp", "item_id": item_id}
    return [
        ResponseContentPartAdded(**where, part=ContentPart(type="audio")),
        ResponseAudioTranscriptDelta(**where, delta=text),
        ResponseAudioDelta(**where, delta=bytes(48 * ms)),
    ]


async def test_a_message_begins_once_although_it_is_named_often() -> None:
    generation = begun()
    generation.message("a")
    receive(generation, *spoken("a", "Hi"))
    messages = drain(generation.created_event(user_initiated=False).message_stream)
    assert [message.message_id for message in messages] == ["a"]


async def test_audio_and_words_reach_their_streams() -> None:
    generation = begun()
    receive(generation, *spoken("a", "Hi "), *spoken("a", "there"))
    generation.close()
    [message] = drain(generation.created_event(user_initiated=False).message_stream)
    assert "".join(drain(message.text_stream)) == "Hi there"
    assert sum(frame.duration for frame in drain(message.audio_stream)) == 0.04
    assert await message.modalities == ["audio", "text"]


async def test_a_text_part_makes_a_text_message() -> None:
    generation = begun()
    where = {"response_id": "resp", "item_id": "a"}
    receive(generation, ResponseTextDelta(**where, delta="written"), ResponseAudioDone(**where))
    assert await generation.message("a").generation.modalities == ["text"]
    assert generation.unheard() == []


async def test_everything_is_settled_and_closed_when_nothing_came() -> None:
    generation = begun()
    message = generation.message("a").generation
    generation.close()
    generation.close()
    event = generation.created_event(user_initiated=False)
    assert await message.modalities == ["audio", "text"]
    for channel in (message.text_stream, message.audio_stream, event.function_stream):
        assert channel.closed  # type: ignore[attr-defined]
    assert drain(event.message_stream) == [message]
    assert event.message_stream.closed  # type: ignore[attr-defined]


async def test_what_comes_after_the_end_is_remembered_but_not_passed_on() -> None:
    generation = begun()
    receive(generation, *spoken("a", "one"))
    generation.close()
    receive(generation, *spoken("a", " two"), *spoken("b", "new"))
    assert generation.message("a").text == "one two"
    [message] = drain(generation.created_event(user_initiated=False).message_stream)
    assert drain(message.text_stream) == ["one"]
    assert len(drain(message.audio_stream)) == 1


async def test_a_discarded_response_begins_no_message() -> None:
    generation = begun(discarded=True)
    receive(generation, *spoken("a", "late"))
    assert generation.messages == {}


async def test_a_call_is_passed_on_once_and_not_after_the_end() -> None:
    generation = begun()
    call = llm.FunctionCall(call_id="c", name="f", arguments="{}")
    assert not generation.reached_user
    generation.call(call)
    generation.call(call)
    assert generation.reached_user
    generation.close()
    generation.call(llm.FunctionCall(call_id="d", name="f", arguments="{}"))
    event = generation.created_event(user_initiated=True)
    assert drain(event.function_stream) == [call]
    assert event.user_initiated
    assert event.response_id == "resp"


async def test_messages_of_which_nothing_arrived_were_not_heard() -> None:
    generation = begun()
    receive(generation, *spoken("a", "heard"))
    generation.message("b")
    assert generation.unheard() == ["b"]


async def test_the_first_output_is_timed() -> None:
    generation = begun()
    part = ResponseContentPartAdded(response_id="resp", item_id="a", part=ContentPart(type="audio"))
    receive(generation, part, now=3.0)
    assert generation.first_output_at is None
    receive(generation, *spoken("a", "x"), now=4.0)
    receive(generation, *spoken("a", "x"), now=5.0)
    assert generation.first_output_at == 4.0
    assert generation.last_event_at == 5.0


async def test_half_a_sample_is_no_audio_yet() -> None:
    generation = begun()
    receive(generation, ResponseAudioDelta(response_id="resp", item_id="a", delta=b"\x01"))
    assert generation.unheard() == ["a"]


# --- words and their times --------------------------------------------------------------------------------------------


def timed_message() -> Message:
    return Message("a", speaks=True, timed=True)


def time(word: str, start_ms: int) -> ResponsePartEvent:
    return ResponseAudioTimestampDelta(
        response_id="resp", item_id="a", text=word, audio_offset_ms=start_ms, audio_duration_ms=400
    )


async def test_words_come_out_with_their_times_punctuation_and_leading_space() -> None:
    generation = begun(timed=True)
    receive(generation, *spoken("a", "One, two three."))
    receive(generation, time("One", 0), time("two", 500), time("three", 900))
    words = drain(generation.message("a").generation.text_stream)
    assert [str(word) for word in words] == ["One,", " two", " three."]
    assert all(isinstance(word, TimedString) for word in words)
    assert [(word.start_time, word.end_time) for word in words] == [
        (0, 0.4),
        (0.5, 0.9),
        (0.9, 1.3),
    ]


async def test_times_that_nobody_asked_for_change_nothing_that_is_passed_on() -> None:
    generation = begun()
    receive(generation, *spoken("a", "One, two."), time("One", 0))
    generation.close()
    assert drain(generation.message("a").generation.text_stream) == ["One, two."]


async def test_a_message_without_word_times_is_plain_text_as_a_whole() -> None:
    message = timed_message()
    message.add_text("No times ")
    message.add_text("today.")
    message.close()
    [text] = drain(message.generation.text_stream)
    assert text == "No times today."
    assert not isinstance(text, TimedString)


async def test_words_behind_the_last_time_follow_at_its_end() -> None:
    message = timed_message()
    message.add_text("One and more")
    message.add_time("One", start_ms=0, end_ms=400)
    message.close()
    message.add_time("and", start_ms=500, end_ms=600)
    rest = drain(message.generation.text_stream)[-1]
    assert (str(rest), rest.start_time, rest.end_time) == (" and more", 0.4, 0.4)
    assert message.words_heard(600) == "One and"


async def test_a_space_that_ends_the_transcript_is_no_word_of_its_own() -> None:
    message = timed_message()
    message.add_text("One ")
    message.add_time("One", start_ms=0, end_ms=400)
    message.close()
    assert [str(word) for word in drain(message.generation.text_stream)] == ["One"]
