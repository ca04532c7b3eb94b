"""Writes `options.md` beside this file from the code's own signatures and docstrings; a test holds the file to it.

python docs/options_reference.py
"""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path

import livekit_plugins_voicelive as plugin
from livekit_plugins_voicelive import RealtimeModel
from livekit_plugins_voicelive.environment import VARIABLES
from livekit_plugins_voicelive.protocol import session_config

PAGE = Path(__file__).with_name("options.md")

HEAD = """\
# Options

This page is made from the code: `python docs/options_reference.py`.

```python
from livekit_plugins_voicelive import AzureSemanticVadMultilingual, RealtimeModel

model = RealtimeModel(
    model="my-deployment",
    byom_profile="byom-azure-openai-chat-completion",
    voice="en-US-AvaNeural",
    turn_detection=AzureSemanticVadMultilingual(silence_duration_ms=400),
)
```

What is not given comes from the environment, and else stays the service's default: only what you set is sent, besides what
a call needs. An argument counts more than a variable; of a row's variables the first that is set counts. `None` switches off
what can be switched off, and else is the service's default; a blank text is `None`. Objects of the package `azure-ai-voicelive`,
and plain dicts, are accepted wherever ours are. A combination that the service is known to refuse or to ignore is a `ValueError`
that says what to use, before anything is connected; so is a field that the wire does not have.

## `RealtimeModel`
"""

NOT_OFFERED = """\
## What is not offered, and why

* `instructions` and `tools`: they are those of LiveKit's `Agent`. With a Foundry agent instructions are not sent.
* `avatar`, and the modalities `avatar` and `animation`: an avatar's speech and picture come over a WebRTC connection
  of its own, which a LiveKit session does not have. LiveKit's avatar plugins work on the audio of this one.
* The echo reference from the client (`reference_source="client"`): it wants stereo input. WebRTC callers cancel their own echo.
"""

CLASSES = (
    "Voices",
    (
        "OpenAIVoice",
        "AzureStandardVoice",
        "AzureCustomVoice",
        "AzurePersonalVoice",
        "AzureRealtimeNativeVoice",
    ),
    "Turn detection",
    (
        "AzureSemanticVad",
        "AzureSemanticVadEn",
        "AzureSemanticVadMultilingual",
        "ServerVad",
        "SemanticVad",
    ),
    "End of utterance, for `end_of_utterance_detection`",
    (
        "AzureSemanticDetection",
        "AzureSemanticDetectionEn",
        "AzureSemanticDetectionMultilingual",
        "SmartEndOfTurnDetection",
    ),
    "Audio in",
    ("AudioInputTranscriptionOptions", "AudioNoiseReduction", "AudioEchoCancellation"),
    "Audio out",
    ("Animation",),
    "While the model thinks",
    ("StaticInterimResponseConfig", "LlmInterimResponseConfig"),
    "Servers of tools that the service calls, for an `MCPTool` among the agent's tools",
    ("MCPServer",),
)


def page() -> str:
    """The whole page."""
    parts = [HEAD, _arguments(), ""]
    for title, names in zip(CLASSES[::2], CLASSES[1::2], strict=True):
        parts += [f"## {title}\n", *(_described(name) for name in names)]
    return "\n".join([*parts, NOT_OFFERED])


def _arguments() -> str:
    described = _argument_texts(inspect.getdoc(RealtimeModel.__init__) or "")
    rows = ["| option | variables | default | what it is |", "| --- | --- | --- | --- |"]
    for name, parameter in inspect.signature(RealtimeModel.__init__).parameters.items():
        if name != "self":
            variables = "<br>".join(f"`{variable}`" for variable in VARIABLES.get(name, ()))
            rows.append(f"| `{name}` | {variables} | {_default(parameter)} | {described[name]} |")
    return "\n".join(rows)


def _default(parameter: inspect.Parameter) -> str:
    value = parameter.default
    plain = value is None or isinstance(value, str | float | bool)
    return f"`{value}`" if plain and value is not None else ""


def _argument_texts(docstring: str) -> dict[str, str]:
    block = docstring.split("Args:\n", 1)[1].split("\n\nRaises:", 1)[0]
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", block, re.MULTILINE)
    return {name: _prose(text) for name, text in found}


def _prose(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r":class:`(\w+)`", r"`\1`", text)
    return text.replace("``", "`").replace("|", "\\|")


def _described(name: str) -> str:
    kind = getattr(plugin, name)
    texts = _field_texts()
    rows = [
        f"| `{field}` | `{_type(annotation)}` | {texts.get((owner, field), '')} |"
        for owner, field, annotation in _fields(kind)
    ]
    table = ["| field | type | |", "| --- | --- | --- |", *rows] if rows else []
    return "\n".join([f"### `{name}`\n", _prose(inspect.getdoc(kind) or ""), "", *table, ""])


def _fields(kind: type) -> list[tuple[str, str, str]]:
    """Owner, name and annotation of every field, inherited ones last."""
    return [
        (base.__name__, field, str(annotation))
        for base in kind.__mro__
        if base.__module__ == session_config.__name__
        for field, annotation in inspect.get_annotations(base).items()
    ]


def _type(annotation: str) -> str:
    text = re.sub(r"Maybe\[(.*)\]$", r"\1 | None", annotation)
    return text.replace(" | UnsetType", "").replace("|", "\\|")


def _field_texts() -> dict[tuple[str, str], str]:
    """The line under each field, by class and field."""
    texts = {}
    for node in ast.parse(inspect.getsource(session_config)).body:
        body = node.body if isinstance(node, ast.ClassDef) else []
        for field, text in pairwise(body):
            if (
                isinstance(node, ast.ClassDef)
                and isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                texts[node.name, field.target.id] = _prose(str(text.value.value))
    return texts


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
