from livekit_plugins_voicelive.recent import Recent


def test_the_newest_entries_are_remembered() -> None:
    recent: Recent[str, int] = Recent(2)
    for number, name in enumerate(("a", "b", "a", "c")):
        recent[name] = number
    assert recent == {"b": 1, "c": 3}
