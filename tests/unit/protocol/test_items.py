from livekit_plugins_voicelive.protocol.items import (
    ContentPart,
    Item,
    function_call_item,
    function_call_output_item,
    message_item,
    text_part,
)


def test_the_assistants_history_is_text_and_all_other_is_input() -> None:
    assert text_part("assistant", "a") == ContentPart(type="text", text="a")
    assert text_part("user", "b") == ContentPart(type="input_text", text="b")
    assert text_part("system", "c") == ContentPart(type="input_text", text="c")


def test_the_items_that_a_client_makes_carry_its_own_ids() -> None:
    said = [text_part("user", "Hi")]
    assert message_item(id="u", role="user", content=said) == Item(
        type="message", id="u", role="user", content=said
    )
    assert function_call_item(id="c", call_id="call", name="f", arguments="{}") == Item(
        type="function_call", id="c", call_id="call", name="f", arguments="{}"
    )
    assert function_call_output_item(id="o", call_id="call", output="") == Item(
        type="function_call_output", id="o", call_id="call", output=""
    )
