"""How a call begins and how it ends, whatever goes wrong; nobody has to be understood here."""

from __future__ import annotations

import asyncio
import json
import secrets

import numpy as np

from demo.livekit_server import LiveKitAccess
from livekit import api, rtc
from livekit_plugins_voicelive.protocol.client_events import InputAudioBufferAppend, SessionUpdate
from tests.e2e.conftest import StartWorker, Visit
from tests.e2e.rooms import token_for
from tests.e2e.speech import Speech, similarity
from tests.e2e.visitor import DEADLINE_S, Visitor
from tests.emulated.conftest import eventually
from voicelive_emulator.server import EmulatorServer
from voicelive_emulator.speech.stand_ins import hum
from worker.apology import ERROR_TOPIC

RECORDED = "I am sorry, something went wrong and I cannot go on. Please try again later."


async def wait_for_error(caller: Visitor) -> str:
    await caller.wait_until(
        lambda: caller.told[ERROR_TOPIC], deadline_s=DEADLINE_S, what="reason why the call ends"
    )
    return caller.told[ERROR_TOPIC][0]


async def test_a_call_that_breaks_says_why_in_writing_and_aloud_and_then_ends(
    start_worker: StartWorker, visit: Visit, service: EmulatorServer, speech: Speech
) -> None:
    await start_worker().registered()
    caller = await visit()
    await caller.wait_for_state("speaking")
    service.faults.handshake_status = 403
    service.faults.drop_connections()
    sentence = await wait_for_error(caller)
    assert sentence.startswith("Voice Live refused the assistant's credentials (HTTP 403).")
    assert "AZURE_" not in sentence
    await caller.wait_for_state("gone")
    assert sentence in [said.text for said in caller.said_by_agent()]
    heard = speech.words_in(caller.heard.samples())
    assert similarity(heard, RECORDED) > 0.8, heard


async def test_a_telephone_is_hung_up_when_it_has_heard_why_and_nobody_else_is_sent_away(
    start_worker: StartWorker,
    visit: Visit,
    livekit: LiveKitAccess,
    service: EmulatorServer,
    speech: Speech,
) -> None:
    await start_worker().registered()
    room = f"call-{secrets.token_hex(4)}"
    caller = await visit(room, identity="sip_caller", kind="sip")
    hung_up: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    caller.room.on("disconnected", hung_up.set_result)
    listener = rtc.Room()
    await listener.connect(livekit.url, token_for(livekit, room, identity="listener"))
    try:
        await caller.wait_for_state("speaking")
        service.faults.handshake_status = 403
        service.faults.drop_connections()
        async with asyncio.timeout(DEADLINE_S):
            assert await hung_up == rtc.DisconnectReason.PARTICIPANT_REMOVED
        heard = speech.words_in(caller.heard.samples())
        assert similarity(heard, RECORDED) > 0.8, heard
        await eventually(lambda: not listener.remote_participants)
        assert listener.isconnected()
    finally:
        await listener.disconnect()


async def test_a_call_with_unknown_settings_is_told_so_and_the_log_names_the_key_alone(
    start_worker: StartWorker, visit: Visit, service: EmulatorServer
) -> None:
    worker = start_worker()
    await worker.registered()
    caller = await visit(metadata=json.dumps({"api_key": "stolen-secret"}))
    assert "`api_key` is not one of model" in await wait_for_error(caller)
    await caller.wait_for_state("gone")
    assert "the call cannot start: The call's settings are refused: `api_key`" in worker.log
    assert "stolen-secret" not in worker.log
    assert service.requests == []


async def test_a_call_is_answered_as_its_dispatch_asks(
    start_worker: StartWorker, visit: Visit, service: EmulatorServer
) -> None:
    await start_worker().registered()
    asked = {"model": "gpt-4.1", "greeting": 'Say "Moin."', "tools": ["convert"]}
    caller = await visit(metadata=json.dumps(asked))
    await caller.wait_until(lambda: caller.turns, deadline_s=DEADLINE_S, what="greeting")
    assert caller.turns[1]["model"] == "gpt-4.1"
    await caller.wait_to_read("Moin.")
    assert "model=gpt-4.1" in service.requests[0].target
    [update] = [event for event in service.received[0] if isinstance(event, SessionUpdate)]
    assert [tool["name"] for tool in update.session["tools"]] == ["convert"]


async def test_voice_live_is_connected_before_the_caller_is_there_who_then_misses_nothing(
    start_worker: StartWorker, visit: Visit, service: EmulatorServer, livekit: LiveKitAccess
) -> None:
    # With a name, because a new room gets an unnamed agent by itself too.
    await start_worker(LIVEKIT_AGENT_NAME="concierge").registered()
    room = f"call-{secrets.token_hex(4)}"
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        await server.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(
                agent_name="concierge",
                room=room,
                metadata=json.dumps({"greeting": 'Say "You are here at last."'}),
            )
        )
    await eventually(lambda: any(service.received))
    caller = await visit(room)
    await caller.wait_to_read("You are here at last.")
    assert caller.heard.last_audible()


async def test_what_the_caller_said_before_the_agent_came_is_heard(
    start_worker: StartWorker, livekit: LiveKitAccess, service: EmulatorServer
) -> None:
    await start_worker().registered()
    room = rtc.Room()
    agent_came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    room.on("participant_connected", lambda agent: agent_came.set_result(agent.identity))
    await room.connect(livekit.url, token_for(livekit, f"call-{secrets.token_hex(4)}"))
    source = rtc.AudioSource(24_000, 1)
    try:
        # The live microphone is silent: only the buffer, sent as LiveKit's clients send it, holds a sound.
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, preconnect_buffer=True
        )
        publication = await room.local_participant.publish_track(track, options)
        writer = await room.local_participant.stream_bytes(
            "buffer",
            topic="lk.agent.pre-connect-audio-buffer",
            attributes={"trackId": publication.sid, "sampleRate": "24000", "channels": "1"},
            destination_identities=[await agent_came],
        )
        await writer.write(hum(800) + bytes(48_000))
        await writer.aclose()
        await eventually(lambda: heard_something(service))
    finally:
        await room.disconnect()
        await source.aclose()


def heard_something(service: EmulatorServer) -> bool:
    appended = [
        event.audio
        for connection in service.received
        for event in connection
        if isinstance(event, InputAudioBufferAppend)
    ]
    return any(np.abs(np.frombuffer(audio, "<i2")).max() > 1000 for audio in appended)


async def test_who_only_reads_and_types_is_answered_in_writing(
    start_worker: StartWorker, livekit: LiveKitAccess, service: EmulatorServer
) -> None:
    await start_worker().registered()
    room = rtc.Room()
    answers: asyncio.Queue[str] = asyncio.Queue()

    def on_text(reader: rtc.TextStreamReader, identity: str) -> None:
        reading.append(asyncio.create_task(read(reader)))

    async def read(reader: rtc.TextStreamReader) -> None:
        answers.put_nowait(await reader.read_all())

    reading: list[asyncio.Task[None]] = []
    room.register_text_stream_handler("lk.transcription", on_text)
    token = token_for(livekit, f"call-{secrets.token_hex(4)}", '{"text_only": true}')
    await room.connect(livekit.url, token, rtc.RoomOptions(auto_subscribe=False))
    try:
        async with asyncio.timeout(DEADLINE_S):
            assert "help" in await answers.get()
            await room.local_participant.send_text("What is nine plus four?", topic="lk.chat")
            assert "13" in await answers.get()
        [agent] = room.remote_participants.values()
        assert agent.track_publications == {}
    finally:
        await room.disconnect()
