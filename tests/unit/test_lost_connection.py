"""A connection is lost, or near its end, or silent, with both ends joined in memory."""

import pytest

from livekit import rtc
from livekit.agents import llm
from livekit_plugins_voicelive.connection_life import RECONNECT_BEFORE_S, SOUND_AFTER_S
from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.client_events import (
    ConversationItemCreate,
    InputAudioBufferAppend,
    InputAudioBufferCommit,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
)
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.response import Response
from tests.session_pair import WALL_CLOCK_OFFSET_S, Heard, Say, SessionPair
from tests.unit.scenario import PACED, STORY, call_begun, pair_waiter, user

# --- a service that listens and never answers -------------------------------------------------------------------------


@pytest.mark.parametrize("transcribes", [True, False])
async def test_a_turn_that_is_not_answered_is_asked_for_and_then_reported(
    transcribes: bool,
) -> None:
    transcription = {"model": "whisper-1"} if transcribes else None
    pair = SessionPair(hears=["Hello?"], settings={"input_audio_transcription": transcription})
    pair.withheld.add(server.ResponseCreated)
    pair.speak()
    pair.sent()
    pair.advance(8.0)
    assert len(pair.sent_of(ResponseCreate)) == 1
    pair.advance(10.0)
    assert "did not answer" in str(pair.emits("error")[-1])


async def test_a_response_that_says_nothing_is_given_up_and_reported() -> None:
    pair = SessionPair(STORY)
    silent = {server.ResponseOutputItemAdded, server.ConversationItemCreated, server.ResponseDone}
    pair.withheld |= silent | {server.ResponsePartEvent, *server.ResponsePartEvent.__subclasses__()}
    pair.withheld.add(server.ResponseOutputItemDone)
    waiter = pair.generate_reply()
    assert not Heard(waiter.result()).closed
    pair.sent()
    pair.advance(30)
    assert Heard(waiter.result()).closed
    assert [type(event) for event in pair.sent()] == [ResponseCancel]
    assert "sent no more of it" in str(pair.emits("error")[-1])


async def test_noise_is_not_asked_for() -> None:
    pair = SessionPair(hears=[""])
    pair.withheld.add(server.ResponseCreated)
    pair.speak()
    pair.sent()
    pair.advance(60.0)
    assert pair.sent() == []


# --- the service's time limit -----------------------------------------------------------------------------------------


def limited(expires_in_s: float) -> SessionPair:
    pair = SessionPair(connected=False)
    session = {"expires_at": WALL_CLOCK_OFFSET_S + expires_in_s}
    pair.translator.receive(server.SessionCreated(session=session), now=0)
    pair.translator.events_to_send()
    pair.translator.receive(server.SessionUpdated(session=session), now=0)
    return pair


@pytest.mark.parametrize(("limit_s", "reconnect_at"), [(3600, 3300), (600, 540), (60, 54)])
async def test_a_short_life_is_used_but_for_its_last_tenth(
    limit_s: float, reconnect_at: float
) -> None:
    assert limited(limit_s).translator.next_deadline(now=0) == reconnect_at


@pytest.mark.parametrize("limit_s", [59, 0, -100])
async def test_a_life_too_short_or_over_already_is_left_to_its_end(limit_s: float) -> None:
    pair = limited(limit_s)
    assert pair.translator.next_deadline(now=0) is None
    assert not pair.translator.is_due_to_reconnect(now=limit_s)


async def test_a_life_is_counted_from_its_own_beginning() -> None:
    pair = limited(3600)
    pair.lose()
    pair.now = 3000.0
    session = {"expires_at": WALL_CLOCK_OFFSET_S + 6600}
    pair.translator.receive(server.SessionCreated(session=session), now=pair.now)
    pair.translator.receive(server.SessionUpdated(session=session), now=pair.now)
    assert not pair.translator.is_due_to_reconnect(now=6299)
    assert pair.translator.is_due_to_reconnect(now=6300)


async def test_a_connection_is_replaced_before_its_end_when_all_is_quiet() -> None:
    pair = limited(3600)
    assert pair.translator.next_deadline(now=0) == 3600 - RECONNECT_BEFORE_S
    assert not pair.translator.is_due_to_reconnect(now=3000)
    assert pair.translator.is_due_to_reconnect(now=3301)
    assert pair.translator.next_deadline(now=3301) is None


async def test_nobody_is_cut_off_to_replace_a_connection() -> None:
    pair = limited(3600)
    pair.translator.receive(server.InputAudioBufferSpeechStarted(item_id="a"), now=3301)
    assert not pair.translator.is_due_to_reconnect(now=3301)
    pair.translator.receive(server.InputAudioBufferCommitted(item_id="a"), now=3302)
    assert not pair.translator.is_due_to_reconnect(now=3302)
    pair.translator.receive(server.ResponseCreated(response=Response(id="r")), now=3303)
    assert not pair.translator.is_due_to_reconnect(now=3303)
    pair.translator.receive(server.ResponseDone(response=Response(id="r")), now=3304)
    assert pair.translator.is_due_to_reconnect(now=3304)
    pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    assert not pair.translator.is_due_to_reconnect(now=3305)


async def test_a_service_without_a_limit_is_left_alone() -> None:
    pair = SessionPair(connected=False)
    pair.translator.receive(server.SessionCreated(session={}), now=0)
    assert not pair.translator.is_due_to_reconnect(now=1e12)


# --- what a connection was worth --------------------------------------------------------------------------------------


async def test_a_connection_is_sound_when_it_lasts_or_ends_a_response() -> None:
    pair = SessionPair(connected=False)
    assert not pair.translator.is_sound(now=1000)
    pair.connect()
    assert not pair.translator.is_sound(now=SOUND_AFTER_S - 1)
    assert pair.translator.is_sound(now=SOUND_AFTER_S)
    pair.generate_reply()
    assert pair.translator.is_sound(now=0)
    pair.lose()
    pair.connect()
    assert not pair.translator.is_sound(now=0)


async def test_a_response_that_failed_does_not_speak_for_its_connection() -> None:
    pair = SessionPair()
    pair.translator.receive(server.ResponseDone(response=Response(id="r", status="failed")), now=0)
    assert not pair.translator.is_sound(now=0)


async def test_a_connection_that_was_never_confirmed_is_not_sound() -> None:
    pair = SessionPair(connected=False)
    pair.translator.receive(server.SessionCreated(session={}), now=0)
    assert not pair.translator.is_sound(now=1000)


# --- a lost connection ------------------------------------------------------------------------------------------------


async def test_a_new_connection_is_brought_to_where_the_session_is() -> None:
    pair = SessionPair(Say("It is noon."), hears=["What time is it?"])
    pair.translator.update_instructions("Be brief.")
    pair.speak()
    pair.lose()
    pair.sent()
    pair.connect()
    sent = pair.sent()
    assert isinstance(sent[0], SessionUpdate)
    assert sent[0].session["instructions"] == "Be brief."
    assert [e.item.role for e in sent if isinstance(e, ConversationItemCreate)] == [
        "user",
        "assistant",
    ]
    assert pair.agrees()
    assert len(pair.emits("session_reconnected")) == 1
    assert pair.names().count("remote_item_added") == 2


async def test_the_first_connection_is_no_reconnection() -> None:
    assert SessionPair().emits("session_reconnected") == []


async def test_a_reply_cut_off_keeps_what_arrived_and_is_not_said_again() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    waiter = pair.generate_reply()
    pair.advance(0.3)
    pair.lose()
    heard = Heard(waiter.result())
    assert heard.closed
    assert heard.texts[0]
    pair.connect()
    assert pair.history[0].text_content == heard.texts[0]
    assert len(pair.emits("generation_created")) == 1


async def test_what_nobody_heard_does_not_come_back_with_the_next_connection() -> None:
    pair = SessionPair()
    call_begun(pair)
    item = Item(type="message", id="unheard", role="assistant", content=[])
    response_id = pair.received[-1].response.id  # type: ignore[union-attr]
    pair.translator.receive(
        server.ResponseOutputItemAdded(response_id=response_id, item=item), now=0
    )
    pair.withheld.add(server.ResponseDone)
    pair.interrupt()
    pair.lose()
    pair.connect()
    assert pair.history == []


async def test_a_reply_that_never_began_is_asked_for_again() -> None:
    pair = SessionPair(Say("Here I am."))
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    pair.translator.events_to_send()  # it leaves, and the connection dies
    pair.lose()
    assert not waiter.done()
    pair.connect()
    assert Heard(waiter.result()).texts == ["Here I am."]


async def test_words_to_be_said_that_were_lost_are_said_again_and_no_others() -> None:
    pair = SessionPair(behaviour=PACED)
    pair.withheld |= {server.ResponseAudioDelta, server.ResponseAudioTranscriptDelta}
    waiter = pair_waiter()
    pair.translator.say(waiter, "Your call is recorded.", now=pair.now)
    pair.settle()
    assert waiter.done()
    pair.lose()
    pair.withheld.clear()
    pair.connect()
    pair.advance(10)
    assert Heard(pair.emits("generation_created")[-1]).texts == ["Your call is recorded."]


async def test_a_turn_whose_answer_was_lost_gets_its_answer() -> None:
    pair = SessionPair(
        Say("Lost."), Say("It is noon."), hears=["What time is it?"], behaviour=PACED
    )
    pair.withheld |= {
        server.ResponseOutputItemAdded,
        server.ResponseAudioDelta,
        server.ResponseAudioTranscriptDelta,
        server.ResponseContentPartAdded,
    }
    pair.speak()
    pair.lose()
    pair.withheld.clear()
    pair.connect()
    pair.advance(2)
    assert Heard(pair.emits("generation_created")[-1]).texts == ["It is noon."]
    assert pair.history[0].text_content == "What time is it?"


async def test_a_turn_that_was_not_understood_is_heard_again() -> None:
    pair = SessionPair(Say("Lost."), Say("It is noon."), hears=["What time is it?"])
    pair.service.idle = True  # type: ignore[union-attr]
    pair.speak()
    pair.lose()
    pair.connect()
    pair.advance(0)
    assert pair.history[0].text_content == "What time is it?"
    assert pair.emits("generation_created")


async def test_an_utterance_begun_before_the_loss_is_understood_whole() -> None:
    pair = SessionPair(hears=["What time is it?"])
    pair.start_speaking()
    pair.lose()
    pair.start_speaking()
    pair.connect()
    pair.stop_speaking()
    [final] = [t for t in pair.emits("input_audio_transcription_completed") if t.is_final]
    assert final.transcript == "What time is it?"
    assert pair.agrees()


async def test_changes_on_their_way_survive_the_connection() -> None:
    pair = SessionPair()
    waiters = pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    pair.translator.events_to_send()
    pair.lose()
    assert all(waiter.done() for waiter in waiters)
    pair.connect()
    assert pair.service_ids == ["a"]


async def test_at_the_end_every_waiter_fails_and_every_stream_closes() -> None:
    pair = SessionPair(STORY, behaviour=PACED)
    running = pair.generate_reply()
    queued = pair.generate_reply()
    update = pair.translator.update_chat_ctx(llm.ChatContext([user("a")]))
    error = llm.RealtimeError("over")
    pair.translator.close(error)
    assert Heard(running.result()).closed
    assert queued.exception() is error
    assert {waiter.exception() for waiter in update} == {error}
    assert pair.translator.events_to_send() == []


async def test_audio_pushed_without_a_connection_is_sent_by_the_next() -> None:
    pair = SessionPair(connected=False)
    pair.translator.push_audio(rtc.AudioFrame(bytes(48 * 3000), 24_000, 1, 24 * 3000))
    pair.connect()
    appends = [e for e in pair._sent if isinstance(e, InputAudioBufferAppend)]
    assert sum(len(e.audio) for e in appends) == 48 * 3000


async def test_a_commit_by_hand_without_a_connection_is_made_by_the_next() -> None:
    pair = SessionPair(hears=["Hello?"], settings={"turn_detection": None}, connected=False)
    pair.start_speaking()
    pair.translator.commit_audio()
    waiter = pair.generate_reply()
    pair.connect()
    assert len(pair.sent_of(InputAudioBufferCommit)) == 1
    assert waiter.done()
    assert pair.history[0].text_content == "Hello?"


UNDERSTOOD = {server.InputAudioTranscriptionDelta, server.InputAudioTranscriptionCompleted}


async def test_a_commit_by_hand_on_its_way_is_made_by_the_next_connection() -> None:
    pair = SessionPair(hears=["Hello?"], settings={"turn_detection": None})
    pair.start_speaking()
    pair.translator.commit_audio()
    waiter = pair_waiter()
    pair.translator.generate_reply(waiter, now=0)
    pair.translator.events_to_send()  # they leave, and the connection dies
    pair.lose()
    pair.sent()
    pair.connect()
    assert [type(event) for event in pair.sent()][1:] == [InputAudioBufferCommit, ResponseCreate]
    assert waiter.done()
    assert pair.history[0].text_content == "Hello?"


async def test_turns_by_hand_survive_two_losses() -> None:
    pair = SessionPair(
        hears=["One", "Two", "One", "Two"], settings={"turn_detection": None}, connected=False
    )
    for _ in range(2):
        pair.start_speaking()
        pair.translator.commit_audio()
    pair.generate_reply()
    pair.withheld |= {*UNDERSTOOD, server.ResponseCreated}
    pair.connect()
    pair.lose()
    pair.sent()
    pair.withheld.clear()
    pair.connect()
    assert len(pair.sent_of(InputAudioBufferCommit)) == 2
    assert [item.text_content for item in pair.history[:2]] == ["One", "Two"]


async def test_a_reply_to_a_turn_by_hand_is_asked_for_again() -> None:
    pair = SessionPair(Say("Here."), hears=["Hello?", "Hello?"], settings={"turn_detection": None})
    pair.start_speaking()
    pair.withheld |= UNDERSTOOD
    pair.translator.commit_audio()
    pair.settle()
    pair.service.idle = True  # type: ignore[union-attr]
    pair.generate_reply()
    pair.withheld.clear()
    pair.lose()
    pair.connect()
    assert Heard(pair.emits("generation_created")[-1]).texts == ["Here."]


async def test_a_session_that_is_announced_twice_is_opened_once() -> None:
    pair = SessionPair()
    pair.sent()
    pair.translator.receive(server.SessionCreated(session={}), now=0)
    pair.settle()
    assert pair.sent() == []


async def test_words_of_which_no_sound_came_are_not_told_to_the_next_connection() -> None:
    pair = SessionPair(STORY)
    pair.withheld |= {server.ResponseAudioDelta, server.ResponseOutputItemDone, server.ResponseDone}
    assert Heard(pair.generate_reply().result()).texts[0]
    pair.lose()
    assert pair.history == []


async def test_speech_that_a_lost_connection_heard_does_not_last_for_ever() -> None:
    pair = SessionPair(hears=["Hello?"])
    pair.start_speaking()
    for _ in range(2):  # the second never became a session
        pair.lose()
        assert pair.names() == ["input_speech_started", "input_speech_stopped"]
    pair.connect()
    pair.stop_speaking()
    assert pair.names().count("input_speech_started") == 2
    assert pair.names().count("input_speech_stopped") == 2
