"""What session and response have in common: voice, tools and output format, held against what the backend can do."""

from __future__ import annotations

from typing import Any

import msgspec

from livekit_plugins_voicelive.protocol.session_config import Voice

from ..behaviour import Backend
from ..refusal import Refused
from ..speech.audio_formats import OUTPUT_RATES
from .tool_shapes import Tool
from .values import VOICE_NAMES, check_version


def checked_voice(voice: Any, backend: Backend, param: str) -> dict[str, Any]:
    """The voice as an object.

    Raises:
        Refused: it is no voice, or the backend cannot speak with it.
    """
    if isinstance(voice, str):
        voice = {"name": voice, "type": "openai"}
    try:
        msgspec.convert(voice, Voice)
    except msgspec.ValidationError as error:
        raise Refused(str(error), code="invalid_value", param=param) from None
    kind = voice["type"]
    wrong_backend = (kind == "openai" and not backend.has_openai_voices) or (
        kind == "azure-realtime-native" and backend.model != "azure-realtime"
    )
    if wrong_backend:
        raise Refused("Only Azure voice is supported", code="invalid_voice", param=param)
    if kind in VOICE_NAMES and voice["name"] not in VOICE_NAMES[kind]:
        raise Refused(
            f"There is no voice of type '{kind}' with this name",
            code="invalid_value",
            param=f"{param}.name",
        )
    check_version(kind, backend.api_version, param)
    return dict(voice)


def checked_tools(tools: list[Any], backend: Backend, param: str) -> list[Any]:
    """The tools as they are.

    Raises:
        Refused: one of them is no tool, or lacks something, or came with a newer api-version.
    """
    for index, tool in enumerate(tools):
        where = f"{param}[{index}]"
        try:
            msgspec.convert(tool, Tool)
        except msgspec.ValidationError as error:
            raise Refused(str(error), code="invalid_value", param=where) from None
        check_version(tool["type"], backend.api_version, where)
    return tools


def checked_choice(choice: Any, param: str) -> Any:
    """A tool choice as it is: a word, or a function by its name.

    Raises:
        Refused: it is neither. Microsoft's pages disagree on how a function is named; all their ways are taken.
    """
    named = choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        function = choice.get("function")
        named = function.get("name") if isinstance(function, dict) else choice.get("name")
    if (named is not None and not isinstance(named, str)) or (choice is not None and named is None):
        raise Refused(
            "The tool choice is 'auto', 'none', 'required' or a function by its name",
            code="invalid_value",
            param=param,
        )
    return choice


def one_way(choice: Any) -> Any:
    """A checked tool choice with a function named in one way only; words stay words."""
    if isinstance(choice, dict):
        choice = (choice.get("function") or choice)["name"]
    words = ("auto", "none", "required", None)
    return choice if choice in words else {"type": "function", "name": choice}


def checked_format(format: Any, param: str) -> Any:
    """A name of an output format as it is.

    Raises:
        Refused: there is none of this name.
    """
    if format is not None and format not in OUTPUT_RATES:
        raise Refused("There is no output format of this name", code="invalid_value", param=param)
    return format
