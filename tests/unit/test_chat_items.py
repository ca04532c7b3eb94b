import pytest

from livekit import rtc
from livekit.agents import llm
from livekit_plugins_voicelive.chat_items import (
    _warn_once,
    chat_item,
    is_playable,
    wire_call_id,
    wire_item,
)
from livekit_plugins_voicelive.protocol.items import ContentPart, Item

LONG_ID = "call_" + "x" * 40


@pytest.mark.parametrize(
    ("role", "wire_role", "part"),
    [
        ("user", "user", "input_text"),
        ("system", "system", "input_text"),
        ("developer", "system", "input_text"),
        ("assistant", "assistant", "text"),
    ],
)
def test_a_message_becomes_text_in_its_role(role: str, wire_role: str, part: str) -> None:
    item = wire_item(llm.ChatMessage(id="m", role=role, content=["Hello"]))
    assert item == Item(
        type="message", id="m", role=wire_role, content=[ContentPart(type=part, text="Hello")]
    )


@pytest.mark.parametrize("content", [[], [""]])
def test_a_message_without_content_is_nothing_to_create(content: list[str]) -> None:
    assert wire_item(llm.ChatMessage(role="user", content=content)) is None


def test_what_belongs_to_livekit_alone_is_nothing_to_create() -> None:
    assert wire_item(llm.AgentHandoff(new_agent_id="other")) is None


def test_a_long_call_id_is_shortened_alike_in_call_and_output() -> None:
    call = wire_item(llm.FunctionCall(call_id=LONG_ID, name="f", arguments="{}"))
    output = wire_item(llm.FunctionCallOutput(call_id=LONG_ID, output="1", is_error=False))
    assert call is not None
    assert output is not None
    assert call.call_id == output.call_id
    assert len(str(call.call_id)) == 32
    assert wire_call_id("call_short") == "call_short"


def test_a_tool_that_returned_nothing_has_an_empty_output() -> None:
    output = wire_item(llm.FunctionCallOutput(call_id="c", output="", is_error=False))
    assert output is not None
    assert output.output == ""


def test_spoken_content_is_told_in_its_words() -> None:
    frame = rtc.AudioFrame(bytes(2), 24_000, 1, 1)
    audio = llm.AudioContent(frame=[frame], transcript="Spoken")
    item = wire_item(llm.ChatMessage(role="user", content=[audio]))
    assert item is not None
    assert item.content == [ContentPart(type="input_text", text="Spoken")]
    silent = llm.AudioContent(frame=[frame])
    assert wire_item(llm.ChatMessage(role="user", content=[silent])) is None


@pytest.mark.parametrize("field", ["image_url", "url"])
def test_an_image_is_sent_in_the_spelling_of_the_api_version(field: str) -> None:
    image = llm.ImageContent(image="https://example.com/a.png", inference_detail="low")
    item = wire_item(llm.ChatMessage(role="user", content=[image]), image_field=field)
    assert item is not None
    assert item.content == [
        ContentPart(type="input_image", detail="low", **{field: "https://example.com/a.png"})
    ]
    assert wire_item(llm.ChatMessage(role="assistant", content=[image])) is None


def test_image_data_travels_in_the_url() -> None:
    image = llm.ImageContent(image="data:image/png;base64,iVBORw0KGgo=")
    item = wire_item(llm.ChatMessage(role="user", content=[image]))
    assert item is not None
    assert item.content[0].image_url == "data:image/png;base64,iVBORw0KGgo="  # type: ignore[index]


@pytest.mark.parametrize(
    "image", ["data:image/bmp;base64,AAAA", "data:image/png;base64,A", "data:"]
)
def test_an_image_that_cannot_be_read_is_left_out_aloud(
    image: str, caplog: pytest.LogCaptureFixture
) -> None:
    _warn_once.cache_clear()
    content: list[llm.ChatContent] = ["Look:", llm.ImageContent(image=image)]
    for _ in range(2):
        item = wire_item(llm.ChatMessage(role="user", content=content))
        assert item is not None
        assert item.content == [ContentPart(type="input_text", text="Look:")]
    assert caplog.text.count("cannot be read") == 1
    assert "AAAA" not in caplog.text
    assert wire_item(llm.ChatMessage(role="user", content=content[1:])) is None


def test_announced_messages_have_their_words_written_or_spoken() -> None:
    written = Item(
        type="message", id="a", role="user", content=[ContentPart(type="input_text", text="Hi")]
    )
    spoken = Item(
        type="message",
        id="b",
        role="assistant",
        content=[ContentPart(type="audio", transcript="Yo")],
    )
    system = Item(type="message", id="c", role="system", content=[])
    messages = [chat_item(item, created_at=5.0) for item in (written, spoken, system)]
    assert all(isinstance(message, llm.ChatMessage) for message in messages)
    assert [m.role for m in messages] == ["user", "assistant", "system"]  # type: ignore[union-attr]
    assert [m.content for m in messages] == [["Hi"], ["Yo"], []]  # type: ignore[union-attr]
    assert messages[0].created_at == 5.0  # type: ignore[union-attr]


def test_announced_calls_and_outputs_are_livekits_too() -> None:
    call = chat_item(
        Item(type="function_call", id="a", call_id="c", name="f", arguments="{\n}"), created_at=1
    )
    output = chat_item(
        Item(type="function_call_output", id="b", call_id="c", output="1"), created_at=1
    )
    assert isinstance(call, llm.FunctionCall)
    assert (call.call_id, call.name, call.arguments) == ("c", "f", "{\n}")
    assert isinstance(output, llm.FunctionCallOutput)
    assert output.output == "1"


def test_items_that_livekit_does_not_have_are_passed_over() -> None:
    assert chat_item(Item(type="mcp_call", id="a"), created_at=1) is None
    assert chat_item(Item(type="message", role="user"), created_at=1) is None


def test_only_the_assistants_messages_are_played() -> None:
    assert is_playable(Item(type="message", role="assistant"))
    assert is_playable(Item(type="message"))
    assert not is_playable(Item(type="message", role="user"))
    assert not is_playable(Item(type="function_call"))
