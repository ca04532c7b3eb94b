"""`docs/official-plugin.md` against both plugins as they are installed."""

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from livekit.plugins.azure.realtime import RealtimeModel as Official
from livekit_plugins_voicelive import RealtimeModel

PAGE = (Path(__file__).parents[2] / "docs" / "official-plugin.md").read_text(encoding="utf-8")

REQUIRED = {"endpoint": "https://r.services.ai.azure.com", "api_key": "key"}


def rows(head: str) -> list[tuple[str, str, str]]:
    """Every name of the table with that head, and what it says of LiveKit's and of ours."""
    lines = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        (name, theirs, ours)
        for names, theirs, ours in cells
        for name in re.findall(r"`(\w+)`", names)
    ]


@pytest.mark.parametrize(("name", "theirs", "ours"), rows("What LiveKit can ask of the model"))
def test_capabilities_are_as_told(name: str, theirs: str, ours: str) -> None:
    both = [kind(**REQUIRED).capabilities for kind in (Official, RealtimeModel)]
    assert [getattr(it, name) for it in both] == [theirs == "yes", ours == "yes"]


@pytest.mark.parametrize(("name", "theirs", "ours"), rows("Argument"))
def test_arguments_are_as_told(name: str, theirs: str, ours: str) -> None:
    both = [inspect.signature(kind.__init__).parameters for kind in (Official, RealtimeModel)]
    assert [name in it for it in both] == [theirs == "yes", ours == "yes"]


def test_every_argument_of_livekits_plugin_is_ours_too() -> None:
    theirs = inspect.signature(Official.__init__).parameters.keys()
    assert theirs <= inspect.signature(RealtimeModel.__init__).parameters.keys()


def test_the_page_names_the_version_it_was_held_against() -> None:
    assert f"version {version('livekit-plugins-azure')}," in PAGE
