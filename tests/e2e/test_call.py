"""A person calls: the real LiveKit server, the worker, the emulator, speech in and speech out."""

import time

import pytest

from demo.caller import Caller
from demo.recording import Samples
from tests.e2e.speech import Speech, normalised, similarity

REPLY_DEADLINE_S = 45
SILENCE_BOUND_S = 3.0
"""From the start of an interruption to the last sound of the agent."""

# A greeting and one question with a tool take half a minute of real speech.
pytestmark = pytest.mark.timeout(180)


async def ask(caller: Caller, question: Samples) -> Samples:
    """Say something and listen to the whole answer."""
    spoken = await caller.speak(question)
    return await caller.wait_for_reply(since=spoken, deadline_s=REPLY_DEADLINE_S)


async def test_a_spoken_question_gets_the_right_spoken_answer(
    caller: Caller, speech: Speech
) -> None:
    said_before = len(caller.transcripts)
    heard = speech.words_in(await ask(caller, speech.of("What is seven plus five?")))
    assert "12" in heard.split() or "twelve" in heard.split(), heard
    # What the caller reads is what the caller hears.
    read = " ".join(said.text for said in caller.said_by_agent(after=said_before))
    assert similarity(read.replace("twelve", "12"), heard.replace("twelve", "12")) > 0.7
    # And the agent heard what the caller said.
    own = [said.text for said in caller.transcripts.values() if said.identity == caller.identity]
    assert similarity(own[-1], "What is seven plus five?") > 0.7 or "7" in own[-1]


async def test_the_time_in_a_place_comes_from_a_tool(caller: Caller, speech: Speech) -> None:
    heard = speech.words_in(await ask(caller, speech.of("What time is it in Tokyo?")))
    assert "tokyo" in heard


async def test_a_unit_conversion_comes_from_a_tool(caller: Caller, speech: Speech) -> None:
    heard = speech.words_in(await ask(caller, speech.of("Convert ten miles to kilometers.")))
    assert "16" in heard or "sixteen" in heard, heard


async def test_an_interruption_is_followed_by_silence(caller: Caller, speech: Speech) -> None:
    said_before = len(caller.transcripts)
    asked = await caller.speak(speech.of("Please tell me a long story."))
    await caller.wait_for_speech(since=asked, deadline_s=REPLY_DEADLINE_S)
    # Let one sentence be heard, so that there is something to compare.
    await caller.wait_until(
        lambda: len(caller.heard.samples(since=asked)) > 24_000 * 6,
        deadline_s=REPLY_DEADLINE_S,
        what="six seconds of story",
    )
    interrupted = time.monotonic()
    await caller.speak(speech.of("Stop, please."))
    await caller.wait_until(
        lambda: caller.agent_state != "speaking", deadline_s=10, what="end of the story"
    )
    last = caller.heard.last_audible(since=interrupted) or interrupted
    assert last - interrupted < SILENCE_BOUND_S
    story = caller.said_by_agent(after=said_before)[0].text
    heard = speech.words_in(caller.heard.samples(since=asked, until=last + 0.1))
    assert similarity(story, heard) > 0.6, (story, heard)
    assert "answer" not in normalised(story).split()[-3:], "the story was told to its end"


async def test_typed_chat_is_answered_aloud(caller: Caller, speech: Speech) -> None:
    typed = time.monotonic()
    await caller.type("What is nine plus four?")
    heard = speech.words_in(await caller.wait_for_reply(since=typed, deadline_s=REPLY_DEADLINE_S))
    assert "13" in heard.split() or "thirteen" in heard.split(), heard
