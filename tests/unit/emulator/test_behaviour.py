"""The switches for what nobody has established: each one changes what a client sees, and only that."""

from typing import Any

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from tests.unit.emulator.client import SPOKEN_TURN, Client, Connect, only, types
from voicelive_emulator.speech.stand_ins import hum

COMPLETED = "conversation.item.input_audio_transcription.completed"
STORY = "Tell me a story."


def listening(connect: Connect, *transcripts: str, **behaviour: Any) -> Client:
    caller = connect(*transcripts, **behaviour)
    caller.configure(
        modalities=["text", "audio"],
        input_audio_transcription={"model": "whisper-1"},
        turn_detection={"type": "server_vad", "auto_truncate": True},
    )
    return caller


def of(events: list[server.ServerEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_assistant_items_can_be_announced_twice(connect: Connect) -> None:
    for twice in (False, True):
        events = connect(announce_items_twice=twice).write("Hello!")
        ids = [event.item.id for event in of(events, server.ConversationItemCreated)[1:]]
        assert len(ids) == 1 + twice
        assert len(set(ids)) == 1


def test_a_user_transcript_comes_during_before_or_after_the_response(connect: Connect) -> None:
    def order(transcript: str) -> list[str]:
        caller = listening(connect, "Hello!", transcript=transcript)
        wanted = ("response.created", COMPLETED, "response.done")
        events = caller.hear(SPOKEN_TURN) + caller.hear(SPOKEN_TURN[:960])
        return [name for name in types(events) if name in wanted]

    assert order("during") == ["response.created", COMPLETED, "response.done"]
    assert order("before") == [COMPLETED, "response.created", "response.done"]
    assert order("after") == ["response.created", "response.done", COMPLETED]


def test_an_empty_transcript_can_follow_the_next_turn(connect: Connect) -> None:
    for extra in (False, True):
        caller = listening(connect, "Hello!", "What time is it?", empty_transcripts=extra)
        events = caller.hear(SPOKEN_TURN) + caller.hear(SPOKEN_TURN)
        done = of(events, server.InputAudioTranscriptionCompleted)
        assert [event.transcript for event in done] == (
            ["Hello!", "", "What time is it?"] if extra else ["Hello!", "What time is it?"]
        )
        assert not extra or done[0].item_id == done[1].item_id


def test_deltas_can_slip_out_after_a_cancel_and_belong_to_the_transcript(connect: Connect) -> None:
    for count in (0, 3):
        caller = connect(pace=1.0, deltas_after_cancel=count)
        before = caller.write(STORY)
        events = caller.send(client.ResponseCancel())
        assert only(events, server.ResponseDone).response.status == "cancelled"
        late = [name for name in map(_type, events) if name.endswith("delta")]
        assert len(late) == count
        said = of(before + events, server.ResponseAudioTranscriptDelta)
        done = only(events, server.ResponseAudioTranscriptDone)
        assert done.transcript == "".join(event.delta for event in said)


def test_a_truncation_comes_before_or_after_the_done_events(connect: Connect) -> None:
    for first in (False, True):
        caller = listening(connect, pace=2.0, truncate_first=first)
        caller.write(STORY)
        while (deadline := caller.emulator.session.next_deadline() or 0.0) < 2.0:
            caller.emulator.advance(now=deadline)
        names = types(caller.hear(hum(960), now=2.0))
        truncated = names.index("conversation.item.truncated")
        assert (truncated < names.index("response.audio_transcript.done")) is first


def test_rate_limits_can_follow_a_response(connect: Connect) -> None:
    assert "rate_limits.updated" not in types(connect().write("Hello!"))
    events = connect(rate_limits=True).write("Hello!")
    assert types(events)[-2:] == ["response.done", "rate_limits.updated"]
    assert {limit["name"] for limit in events[-1].rate_limits} == {"requests", "tokens"}  # type: ignore[union-attr]


def test_metadata_is_echoed_unless_it_is_not(connect: Connect) -> None:
    for echo in (True, False):
        request = client.ResponseCreateParams(metadata={"a": "b"})
        events = connect(echo_metadata=echo).send(client.ResponseCreate(response=request))
        created = only(events, server.ResponseCreated)
        assert created.response.metadata == ({"a": "b"} if echo else None)


def test_a_detected_user_item_is_done_unless_it_is_not(connect: Connect) -> None:
    for announced in (True, False):
        events = connect(announce_item_done=announced).hear(SPOKEN_TURN)
        assert ("conversation.item.done" in types(events)) is announced


def test_a_response_that_has_spent_its_tokens_is_incomplete(connect: Connect) -> None:
    caller = connect()
    caller.configure(modalities=["text"], max_response_output_tokens=5)
    events = caller.write(STORY)
    response = only(events, server.ResponseDone).response
    assert response.status == "incomplete"
    assert response.status_details == {"type": "incomplete", "reason": "max_output_tokens"}
    assert len(of(events, server.ResponseTextDelta)) == 5
    assert response.output[0].status == "incomplete"
    caller.configure(max_response_output_tokens="inf")
    assert only(caller.write("Hello!"), server.ResponseDone).response.status == "completed"


def _type(event: server.ServerEvent) -> str:
    return types([event])[0]
