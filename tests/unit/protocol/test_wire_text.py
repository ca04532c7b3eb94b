import pytest

from livekit_plugins_voicelive.protocol.client_events import ConversationItemCreate
from livekit_plugins_voicelive.protocol.codec import encode
from livekit_plugins_voicelive.protocol.items import (
    function_call_item,
    function_call_output_item,
    message_item,
    text_part,
)
from livekit_plugins_voicelive.protocol.wire_text import wire_text

HALF = "\ud83d"


@pytest.mark.parametrize(
    ("text", "wired"),
    [
        ("", ""),
        ("plain, 你好, 😀", "plain, 你好, 😀"),
        (f"cut {HALF}", "cut \ufffd"),
        (f"{HALF}{HALF}a\ude00", "\ufffd\ufffda\ufffd"),
        (f"{HALF}\ude00", "😀"),
    ],
)
def test_halves_of_pairs_are_replaced_and_nothing_else(text: str, wired: str) -> None:
    assert wire_text(text) == wired


def test_whatever_a_client_tells_can_be_sent() -> None:
    said = [text_part("user", f"a{HALF}")]
    for item in (
        message_item(id="m", role="user", content=said),
        function_call_item(id="c", call_id="call", name="f", arguments=f'"{HALF}"'),
        function_call_output_item(id="o", call_id="call", output=f"o{HALF}"),
    ):
        assert "\ufffd" in encode(ConversationItemCreate(item=item)).decode()
