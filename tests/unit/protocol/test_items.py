from livekit_plugins_voicelive.protocol.items import ContentPart, text_part


def test_the_assistants_history_is_text_and_all_other_is_input() -> None:
    assert text_part("assistant", "a") == ContentPart(type="text", text="a")
    assert text_part("user", "b") == ContentPart(type="input_text", text="b")
    assert text_part("system", "c") == ContentPart(type="input_text", text="c")
