from collections.abc import Iterator

import msgspec
import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.items import Item, text_part
from livekit_plugins_voicelive.protocol.response import Response
from tests.unit.emulator.client import CASCADE, SPOKEN_TURN, Client, Connect, only, silence, types
from voicelive_emulator.emulated_session import NOT_EMULATED
from voicelive_emulator.speech.audio_formats import encode_output
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.work import Call, ConversationView, Say, Thought


def error(events: list[server.ServerEvent]) -> server.ErrorDetails:
    details: server.ErrorDetails = only(events, server.ErrorEvent).error
    return details


def done(events: list[server.ServerEvent]) -> Response:
    response: Response = only(events, server.ResponseDone).response
    return response


def audio_ms(events: list[server.ServerEvent]) -> int:
    return sum(len(e.delta) for e in events if isinstance(e, server.ResponseAudioDelta)) // 48


def telling_a_story(connect: Connect, *transcripts: str) -> Client:
    caller = connect(*transcripts, pace=8.0)
    caller.write("Tell me a story.")
    return caller


def test_audio_is_sent_eight_times_faster_than_it_plays(connect: Connect) -> None:
    caller = telling_a_story(connect)
    sent = [audio_ms(caller.emulator.advance(now=step / 100)) for step in range(1, 101)]
    assert sum(sent) == pytest.approx(8_000, abs=200)


def test_the_story_lasts_longer_than_half_a_minute(connect: Connect) -> None:
    assert audio_ms(connect().write("Tell me a long story, please.")) > 30_000


def test_a_second_response_is_refused_while_one_is_active(connect: Connect) -> None:
    caller = telling_a_story(connect)
    events = caller.send(client.ResponseCreate(event_id="e2"), now=0.1)
    assert (error(events).code, error(events).event_id) == (
        "conversation_already_has_active_response",
        "e2",
    )


def test_a_cancelled_response_is_closed_with_what_was_sent(connect: Connect) -> None:
    caller = telling_a_story(connect)
    events = caller.send(client.ResponseCancel(), now=0.2)
    assert types(events)[-5:] == [
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    response = done(events)
    assert response.status == "cancelled"
    assert response.status_details == {"type": "cancelled", "reason": "client_cancelled"}
    assert response.output[0].status == "incomplete"  # type: ignore[index, union-attr]
    assert caller.emulator.advance(now=60.0) == []


class Assiduous:
    def think(self, view: ConversationView) -> Iterator[Thought]:
        yield Call("get_weather", "{}")
        yield Say("One moment, please.")


def test_a_cancel_closes_only_what_is_open(connect: Connect) -> None:
    caller = connect(pace=8.0)
    caller.emulator.brain = Assiduous()
    caller.write("What is the weather?")
    events = caller.send(client.ResponseCancel(), now=0.01)
    closed = [event for event in events if isinstance(event, server.ResponseOutputItemDone)]
    assert [event.item.type for event in closed] == ["message"]
    assert [item.status for item in done(events).output or ()] == ["completed", "incomplete"]


def test_a_cancel_without_a_response_is_refused(connect: Connect) -> None:
    assert error(connect().send(client.ResponseCancel())).code == "response_cancel_not_active"


def test_speech_interrupts_the_response(connect: Connect) -> None:
    caller = telling_a_story(connect)
    events = caller.hear(silence(320) + hum(640), now=1.0)
    assert types(events)[0] == "input_audio_buffer.speech_started"
    assert done(events).status_details == {"type": "cancelled", "reason": "turn_detected"}


def test_speech_does_not_interrupt_when_told_not_to(connect: Connect) -> None:
    caller = telling_a_story(connect, "Stop.")
    caller.send(
        client.SessionUpdate(
            session={"turn_detection": {"type": "server_vad", "interrupt_response": False}}
        )
    )
    assert "response.done" not in types(caller.hear(SPOKEN_TURN, now=0.1))
    kinds = types(caller.rest())
    assert kinds.index("response.created") > kinds.index("response.done")  # the story, the answer


def test_auto_truncate_cuts_at_what_was_playing(connect: Connect) -> None:
    caller = telling_a_story(connect)
    detection = {"type": "server_vad", "auto_truncate": True}
    caller.send(client.SessionUpdate(session={"turn_detection": detection}))
    caller.emulator.advance(now=0.5)
    caller.emulator.advance(now=1.0)
    events = caller.hear(hum(640), now=1.0)
    assert only(events, server.ConversationItemTruncated).audio_end_ms == 1_000


def test_the_model_is_told_of_a_truncation_in_the_words_that_were_asked_for(
    connect: Connect,
) -> None:
    caller = telling_a_story(connect)
    detection = {"type": "azure_semantic_vad", "auto_truncate": True}
    noted = detection | {"appended_text_after_truncation": "(interrupted)"}
    caller.configure(turn_detection=noted)
    for now in (0.5, 1.0):
        caller.emulator.advance(now=now)
    caller.hear(hum(640), now=1.0)
    told = caller.emulator.session._conversation.history()[-1].text  # type: ignore[union-attr]
    assert told.startswith("Once")
    assert told.endswith(" (interrupted)")


def test_late_results_of_cancelled_work_are_ignored(connect: Connect) -> None:
    caller = connect()
    caller.emulator.idle = True
    caller.write("Hello!")
    caller.send(client.ResponseCancel())
    caller.emulator.idle = False
    assert caller.emulator.advance(now=1.0) == []


def test_a_failing_voice_fails_the_response(connect: Connect) -> None:
    session = connect().emulator.session
    session.receive(client.ResponseCreate(), now=0.0)
    (think,) = session.work_to_do()
    session.failed(think, now=0.0)
    assert done(session.events_to_send()).status == "failed"


def test_failing_ears_fail_the_transcription_and_not_the_turn(connect: Connect) -> None:
    session = connect(backend=CASCADE).emulator.session
    session.receive(client.InputAudioBufferAppend(audio=SPOKEN_TURN), now=0.0)
    (recognise,) = session.work_to_do()
    session.failed(recognise, now=0.0)
    events = session.events_to_send()
    assert "conversation.item.input_audio_transcription.failed" in types(events)
    assert "response.created" in types(events)


def test_ears_that_nobody_asked_to_transcribe_fail_in_silence(connect: Connect) -> None:
    session = connect().emulator.session
    session.receive(client.InputAudioBufferAppend(audio=SPOKEN_TURN), now=0.0)
    (recognise,) = session.work_to_do()
    session.failed(recognise, now=0.0)
    kinds = types(session.events_to_send())
    assert "conversation.item.input_audio_transcription.failed" not in kinds


def test_metadata_is_echoed_unless_switched_off(connect: Connect) -> None:
    request = client.ResponseCreate(response=client.ResponseCreateParams(metadata={"a": "b"}))
    assert done(connect().send(request)).metadata == {"a": "b"}
    assert done(connect(echo_metadata=False).send(request)).metadata is None


def test_a_pre_generated_message_is_spoken_as_it_is(connect: Connect) -> None:
    message = Item(type="message", role="assistant", content=[text_part("assistant", "Hold on.")])
    params = client.ResponseCreateParams(pre_generated_assistant_message=message)
    events = connect().send(client.ResponseCreate(response=params))
    assert only(events, server.ResponseAudioTranscriptDone).transcript == "Hold on."


def test_a_response_can_have_its_own_voice_format_and_modalities(connect: Connect) -> None:
    params = client.ResponseCreateParams(modalities=["text"], output_audio_format="g711_ulaw")
    response = done(connect().send(client.ResponseCreate(response=params)))
    assert (response.modalities, response.output_audio_format) == (["text"], "g711_ulaw")


def test_a_native_voice_refuses_text_and_audio_for_one_response(connect: Connect) -> None:
    params = client.ResponseCreateParams(modalities=["text", "audio"])
    assert (
        error(connect().send(client.ResponseCreate(response=params))).param == "response.modalities"
    )


def test_a_response_outside_the_conversation_leaves_no_item(connect: Connect) -> None:
    params = client.ResponseCreateParams(conversation="none")
    events = connect().send(client.ResponseCreate(response=params))
    assert "conversation.item.created" not in types(events)
    assert done(events).conversation_id is None


# --- turns ------------------------------------------------------------------------------------------------------------


def test_a_manual_turn_is_committed_and_not_answered(connect: Connect) -> None:
    caller = connect("Hello!")
    caller.configure(turn_detection=None)
    assert caller.hear(SPOKEN_TURN) == []
    events = caller.send(client.InputAudioBufferCommit())
    assert types(events) == ["input_audio_buffer.committed", "conversation.item.created"]
    answer = only(caller.send(client.ResponseCreate()), server.ResponseAudioTranscriptDone)
    assert answer.transcript == "Hello! How can I help you?"


def test_an_empty_buffer_cannot_be_committed(connect: Connect) -> None:
    caller = connect()
    caller.configure(turn_detection=None)
    caller.hear(SPOKEN_TURN)
    assert types(caller.send(client.InputAudioBufferClear())) == ["input_audio_buffer.cleared"]
    assert (
        error(caller.send(client.InputAudioBufferCommit())).code
        == "input_audio_buffer_commit_empty"
    )


def test_a_turn_is_not_answered_when_create_response_is_off(connect: Connect) -> None:
    caller = connect("Hello!")
    caller.configure(turn_detection={"type": "server_vad", "create_response": False})
    assert "response.created" not in types(caller.hear(SPOKEN_TURN))


def test_the_ears_start_at_the_pause_and_stop_when_speech_resumes(connect: Connect) -> None:
    session = connect().emulator.session
    session.receive(client.SessionUpdate(session={"turn_detection": {"type": "server_vad"}}), now=0)
    session.receive(client.InputAudioBufferAppend(audio=hum(960) + silence(192)), now=0.0)
    (early,) = session.work_to_do()
    session.receive(client.InputAudioBufferAppend(audio=hum(640)), now=0.0)
    assert early.cancelled
    session.receive(client.InputAudioBufferAppend(audio=silence(640)), now=0.0)
    (late,) = [work for work in session.work_to_do() if hasattr(work, "audio")]
    assert len(late.audio) > len(early.audio)  # type: ignore[union-attr]


def test_a_long_turn_keeps_all_its_audio(connect: Connect) -> None:
    caller = connect()
    turn = silence(9_600) + hum(9_600) + silence(640)
    pieces = [turn[at : at + 4_800] for at in range(0, len(turn), 4_800)]
    events = [event for piece in pieces for event in caller.hear(piece)]
    item_id = only(events, server.InputAudioBufferCommitted).item_id
    (event,) = caller.send(client.ConversationItemRetrieve(item_id=item_id))
    assert isinstance(event, server.ConversationItemRetrieved)
    part = event.item.content[0]  # type: ignore[index, union-attr]
    assert hum(9_600) in bytes(part.audio)  # type: ignore[arg-type]


def test_telephone_audio_is_decoded(connect: Connect) -> None:
    caller = connect("Hello!")
    caller.configure(input_audio_format="g711_ulaw", output_audio_format="g711_ulaw")
    events = caller.hear(encode_output(SPOKEN_TURN, "g711_ulaw"))
    started = only(events, server.InputAudioBufferSpeechStarted)
    assert started.audio_start_ms == pytest.approx(660, abs=64)


# --- items ------------------------------------------------------------------------------------------------------------


def message(item_id: str) -> Item:
    return Item(type="message", id=item_id, role="user", content=[text_part("user", item_id)])


def created(events: list[server.ServerEvent]) -> tuple[object, object]:
    event = only(events, server.ConversationItemCreated)
    return event.previous_item_id, event.item.id


def test_items_are_placed_at_the_end_first_or_behind_another(connect: Connect) -> None:
    caller = connect()
    create = client.ConversationItemCreate
    assert created(caller.send(create(item=message("a")))) == (None, "a")
    assert created(caller.send(create(item=message("b")))) == ("a", "b")
    assert created(caller.send(create(item=message("c"), previous_item_id="root"))) == (None, "c")
    assert created(caller.send(create(item=message("d"), previous_item_id="a"))) == ("a", "d")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (client.ConversationItemDelete(item_id="x"), "item_delete_invalid_item_id"),
        (client.ConversationItemRetrieve(item_id="x"), "item_retrieve_invalid_item_id"),
        (
            client.ConversationItemTruncate(item_id="x", content_index=0, audio_end_ms=0),
            "item_truncate_invalid_item_id",
        ),
        (
            client.ConversationItemCreate(item=message("a"), previous_item_id="x"),
            "item_create_invalid_previous_item_id",
        ),
        (
            client.ConversationItemCreate(
                item=Item(type="function_call_output", call_id="x", output="")
            ),
            "item_create_invalid_tool_call_id",
        ),
        (client.ConversationItemCreate(item=Item(type="mcp_call")), "invalid_value"),
    ],
)
def test_an_unknown_item_is_refused_with_its_code(
    connect: Connect, event: client.ClientEvent, code: str
) -> None:
    event = msgspec.structs.replace(event, event_id="e9")
    details = error(connect().send(event))
    assert (details.code, details.event_id) == (code, "e9")


def test_truncation_beyond_the_audio_is_refused(connect: Connect) -> None:
    caller = connect()
    events = caller.write("Hello!")
    item_id = done(events).output[0].id  # type: ignore[index, union-attr]
    length_ms = audio_ms(events)
    cut = client.ConversationItemTruncate(
        item_id=str(item_id), content_index=0, audio_end_ms=length_ms + 1
    )
    assert error(caller.send(cut)).code == "invalid_value"
    assert error(caller.send(msgspec.structs.replace(cut, audio_end_ms=-1))).param == "audio_end_ms"
    cut = msgspec.structs.replace(cut, audio_end_ms=length_ms)
    assert only(caller.send(cut), server.ConversationItemTruncated).audio_end_ms == length_ms


def test_a_written_answer_is_not_truncated(connect: Connect) -> None:
    caller = connect()
    caller.configure(modalities=["text"])
    written = done(caller.write("Hello!")).output[0]  # type: ignore[index]
    cut = client.ConversationItemTruncate(item_id=str(written.id), content_index=0, audio_end_ms=0)
    assert error(caller.send(cut)).code == "item_truncate_invalid_item_id"
    retrieve = client.ConversationItemRetrieve(item_id=str(written.id))
    assert only(caller.send(retrieve), server.ConversationItemRetrieved).item == written


def test_after_a_truncation_only_what_was_heard_is_remembered(connect: Connect) -> None:
    caller = connect()
    events = caller.write("Say exactly 'alpha beta gamma delta'.")
    item_id = str(done(events).output[0].id)  # type: ignore[index, union-attr]
    # The hum takes 60 ms a letter: alpha until 300, beta until 540.
    caller.send(client.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=500))
    retrieved = only(
        caller.send(client.ConversationItemRetrieve(item_id=item_id)),
        server.ConversationItemRetrieved,
    )
    assert retrieved.item.content[0].transcript is None
    assert len(retrieved.item.content[0].audio) == 500 * 48
    answer = only(caller.write("What did you say?"), server.ResponseAudioTranscriptDone)
    assert answer.transcript == "I said: Alpha beta"


def test_a_users_audio_can_be_retrieved(connect: Connect) -> None:
    caller = connect("Hello!")
    item_id = only(caller.hear(SPOKEN_TURN), server.InputAudioBufferCommitted).item_id
    (event,) = caller.send(client.ConversationItemRetrieve(item_id=item_id))
    assert isinstance(event, server.ConversationItemRetrieved)
    part = event.item.content[0]  # type: ignore[index, union-attr]
    assert part.transcript == "Hello!"
    assert hum(1920) in bytes(part.audio)  # type: ignore[arg-type]


def test_an_unknown_event_is_refused(connect: Connect) -> None:
    events = connect().emulator.receive(server.UnknownEvent(type="make.coffee", event_id="e9"))
    assert (error(events).param, error(events).event_id) == ("type", "e9")


@pytest.mark.parametrize("type", NOT_EMULATED)
def test_what_the_service_knows_and_the_emulator_does_not_is_told_in_a_sentence(
    connect: Connect, type: str
) -> None:
    refused = error(connect().emulator.receive(server.UnknownEvent(type=type)))
    assert (refused.code, refused.param) == (type, "type")
    assert str(refused.message).startswith("The emulator ")
