"""The table of layers, held against the code's own imports."""

import ast
import tomllib
from pathlib import Path

import pytest

import livekit_plugins_voicelive

ROOT = Path(livekit_plugins_voicelive.__file__).parent

LAYERS = [
    {"version", "log", "models", "limits", "recent"},
    {"protocol"},
    {"chat_items", "tools", "metrics", "errors", "audio_format"},
    {"pending_requests"},
    {
        "committed_turns",
        "outcome",
        "connection_life",
        "retries",
        "mirror",
        "owed_answer",
        "item_requests",
        "reply",
    },
    {"session_settings", "input_audio", "output_audio", "user_turns", "conversation", "word_times"},
    {"generation"},
    {"responses"},
    {"response_events", "turn_events", "mcp_events", "error_events"},
    {"translator"},
    {"environment", "credentials"},
    {"foundry_agent", "address", "option_value"},
    {"parameters"},
    {"endpoint"},
    {"way_in", "unsupported", "connection", "confirmation", "approvals", "emit_queue", "alarm"},
    {"options", "connections"},
    {"realtime_session"},
    {"realtime_model", "doctor_advice"},
    {"__init__", "doctor_network_advice"},
    {"doctor_network"},
    {"doctor"},
    {"__main__"},
]

PROTOCOL_LAYERS = [
    {"__init__", "audio", "g711", "wire_struct", "wire_text"},
    {"items", "session_config", "event_base"},
    {"response", "tool_events", "animation_events"},
    {"client_events", "server_events"},
    {"codec"},
]

WITHOUT_IO = {name for layer in LAYERS[: LAYERS.index({"translator"}) + 1] for name in layer}

IO = {"asyncio.sleep", "socket", "time", "os", "threading", "websockets", "aiohttp", "subprocess"}


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, by their first name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module.split(".")[0]} if node.module else {a.name for a in node.names}
    return names


def libraries(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def rank(layers: list[set[str]], name: str) -> int:
    return next(number for number, layer in enumerate(layers) if name in layer)


def assert_imports_point_down(folder: Path, layers: list[set[str]]) -> None:
    for path in folder.glob("*.py"):
        for name in imported(path):
            assert rank(layers, name) < rank(layers, path.stem), f"{path.stem} imports {name}"


def test_a_module_imports_only_from_lower_layers() -> None:
    assert_imports_point_down(ROOT, LAYERS)


def test_the_wire_types_import_only_from_lower_layers() -> None:
    assert_imports_point_down(ROOT / "protocol", PROTOCOL_LAYERS)


def test_every_module_has_its_place_in_the_table() -> None:
    modules = {path.stem for path in ROOT.glob("*.py")} | {"protocol"}
    assert modules == {name for layer in LAYERS for name in layer}


def test_no_layer_up_to_the_translator_does_io() -> None:
    files = [ROOT / f"{name}.py" for name in WITHOUT_IO - {"protocol"}]
    for path in [*files, *(ROOT / "protocol").glob("*.py")]:
        assert not libraries(path) & IO, path.stem
        assert not any(
            isinstance(node, ast.Await | ast.AsyncFunctionDef)
            for node in ast.walk(ast.parse(path.read_text()))
        ), path.stem


def test_only_the_connection_knows_the_websocket_library() -> None:
    users = {path.stem for path in ROOT.rglob("*.py") if "websockets" in libraries(path)}
    assert users == {"connection"}


def test_both_packages_tell_type_checkers_that_they_are_typed() -> None:
    for package in (ROOT, ROOT.parent / "voicelive_emulator"):
        assert (package / "py.typed").is_file()


def test_the_emulator_knows_nothing_of_the_plugin_but_the_wire() -> None:
    for path in (ROOT.parent / "voicelive_emulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "livekit_plugins_voicelive"
            ):
                assert (node.module or "").startswith("livekit_plugins_voicelive.protocol"), path


EMULATOR_ROOMS = {
    "brains": {"faults", "switches", "work"},
    "speech": {"turn_detector", "work"},
    "documented": {"behaviour", "ids", "refusal", "speech"},
    "recordings": {"event_log", "http_response", "listener"},
}
"""What each folder of the emulator may import of the rest: none knows a session."""


@pytest.mark.parametrize("room", EMULATOR_ROOMS)
def test_a_room_of_the_emulator_knows_only_what_it_needs(room: str) -> None:
    known = {
        (node.module or "").split(".")[0]
        for path in (ROOT.parent / "voicelive_emulator" / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level == 2
    }
    assert known == EMULATOR_ROOMS[room]


def test_all_that_does_no_io_is_covered_to_the_last_branch() -> None:
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())
    measured = {Path(name).stem for name in settings["tool"]["coverage"]["report"]["include"]}
    names = {"version", "log", "models", "protocol"}  # names only, and the whole of `protocol`
    assert WITHOUT_IO - names <= measured
