"""The options page against the code it describes."""

import inspect

import livekit_plugins_voicelive as plugin
from docs.options_reference import CLASSES, PAGE, page
from livekit_plugins_voicelive import RealtimeModel
from livekit_plugins_voicelive.environment import VARIABLES


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python docs/options_reference.py"


def test_every_argument_is_described_and_every_variable_belongs_to_one() -> None:
    arguments = inspect.signature(RealtimeModel.__init__).parameters.keys() - {"self"}
    assert arguments == {name for name in arguments if f"| `{name}` | " in page()}
    assert VARIABLES.keys() <= arguments
    assert all(variable in page() for names in VARIABLES.values() for variable in names)


def test_every_exported_option_class_is_on_the_page() -> None:
    named = {name for names in CLASSES[1::2] for name in names}
    exported = {
        name for name in plugin.__all__ if getattr(plugin, name).__class__ is type(plugin.ServerVad)
    }
    # A voice of avatars, which are not offered.
    assert exported - named == {"AzureAvatarVoiceSyncVoice"}
