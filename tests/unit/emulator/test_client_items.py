"""Items that a client brings: what each must say, and that the emulator listens to the audio in one."""

from typing import Any

import pytest

from livekit_plugins_voicelive.protocol import client_events as client, server_events as server
from livekit_plugins_voicelive.protocol.items import ContentPart, Item
from tests.unit.emulator.client import CASCADE, NATIVE, Client, Connect, only, types
from voicelive_emulator import Behaviour
from voicelive_emulator.speech.stand_ins import hum
from voicelive_emulator.work import Utterance

CALL = {"type": "function_call", "name": "f", "call_id": "call_1", "arguments": "{}"}
TEXT = ContentPart(type="input_text", text="Hello!")
SOUND = ContentPart(type="input_audio", audio=hum(500), transcript="What the client says it is.")


def without(name: str) -> Item:
    return Item(**{key: value for key, value in CALL.items() if key != name})


def message(role: str | None, *parts: ContentPart, **fields: Any) -> Item:
    return Item(type="message", role=role, content=list(parts), **fields)


def create(caller: Client, item: Item) -> list[Any]:
    return caller.send(client.ConversationItemCreate(item=item))


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (without("name"), "item.name"),
        (without("call_id"), "item.call_id"),
        (without("arguments"), "item.arguments"),
        (Item(type="function_call_output", call_id="call_1"), "item.output"),
        (Item(type="mcp_approval_response", approval_request_id="x"), "item.approve"),
        (message(None, TEXT), "item.role"),
        (message("king", TEXT), "item.role"),
        (Item(type="message", role="user"), "item.content"),
        (message("user", TEXT, status="in_progress"), "item.status"),
        (message("user", TEXT, ContentPart(type="text", text="Hi")), "item.content[1].type"),
        (message("system", SOUND), "item.content[0].type"),
        (message("assistant", TEXT), "item.content[0].type"),
        (message("assistant", ContentPart(type="audio")), "item.content[0].type"),
        (message("user", ContentPart(type="input_text")), "item.content[0].text"),
        (message("user", ContentPart(type="input_image")), "item.content[0].image_url"),
        (Item(type="mcp_call"), "item.type"),
    ],
)
def test_an_incomplete_item_is_refused(connect: Connect, item: Item, param: str) -> None:
    refused = only(create(connect(), item), server.ErrorEvent).error
    assert (refused.code, refused.param) == ("invalid_value", param)


@pytest.mark.parametrize("field", ["image_url", "url"])
def test_an_image_is_taken_under_its_old_name_and_its_new(connect: Connect, field: str) -> None:
    image = ContentPart(type="input_image", **{field: "https://example.com/cat.png"})
    assert types(create(connect(), message("user", image))) == ["conversation.item.created"]


def test_an_unknown_predecessor_is_named_as_such(connect: Connect) -> None:
    event = client.ConversationItemCreate(item=message("user", TEXT), previous_item_id="nobody")
    assert only(connect().send(event), server.ErrorEvent).error.param == "previous_item_id"


def test_the_emulator_listens_to_audio_in_an_item_and_does_not_read_what_is_said_of_it() -> None:
    caller = Client(NATIVE, Behaviour(), "Say exactly banana.")
    create(caller, message("user", SOUND, id="brought"))
    events = caller.send(client.ResponseCreate()) + caller.rest()
    assert only(events, server.ResponseAudioTranscriptDone).transcript == "Banana."
    retrieved = caller.send(client.ConversationItemRetrieve(item_id="brought"))
    assert only(retrieved, server.ConversationItemRetrieved).item.content == [SOUND]


def test_words_beside_the_audio_in_an_item_count_too() -> None:
    caller = Client(NATIVE, Behaviour(), "and what is said")
    create(caller, message("user", TEXT, SOUND))
    history = caller.emulator.session._conversation.history()
    assert history == (Utterance("user", "Hello! and what is said"),)


def test_what_a_client_brings_as_audio_is_not_transcribed_for_it() -> None:
    caller = Client(NATIVE, Behaviour(), "Hello!")
    caller.configure(input_audio_transcription={"model": "whisper-1"})
    assert types(create(caller, message("user", SOUND))) == ["conversation.item.created"]


def test_only_realtime_models_take_audio_in_an_item(connect: Connect) -> None:
    events = create(connect(backend=CASCADE), message("user", SOUND))
    assert only(events, server.ErrorEvent).error.param == "item.content"


def test_audio_for_one_response_only_is_refused_rather_than_passed_over(connect: Connect) -> None:
    request = client.ResponseCreateParams(input_items=[message("user", SOUND)])
    events = connect().send(client.ResponseCreate(response=request))
    assert only(events, server.ErrorEvent).error.param == "response.input_items"


@pytest.mark.parametrize("field", ["input_items", "append_input_items"])
def test_a_response_s_own_items_are_checked_before_it_begins(connect: Connect, field: str) -> None:
    request = client.ResponseCreateParams(**{field: [Item(type="nonsense")]})
    (refused,) = connect().send(client.ResponseCreate(response=request))
    assert refused.error.param == f"response.{field}.type"
