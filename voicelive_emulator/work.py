"""What a session asks of its ears, its brain and its voice, and what they answer.

The session hands out work and takes results; it never waits. Work that is no longer wanted has ``cancelled`` set, and
its results are ignored: who does the work may look at it to stop early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

# --- what is asked ----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Recognise:
    """Write down what was said."""

    item_id: str
    audio: bytes = field(repr=False)
    """PCM16 mono 24 kHz."""
    phrases: tuple[str, ...] = ()
    """Words to expect."""
    cancelled: bool = False


@dataclass(eq=False)
class Think:
    """Decide what to say, or which function to call."""

    response_id: str
    view: ConversationView = field(repr=False)
    cancelled: bool = False


@dataclass(eq=False)
class Speak:
    """Say a piece of text."""

    response_id: str
    text: str = field(repr=False)
    voice: dict[str, Any]
    """The session's voice object."""
    promptly: bool = False
    """Whether somebody waits in silence for the first sound."""
    cancelled: bool = False


@dataclass(eq=False)
class ListTools:
    """Ask an MCP server for its tools."""

    item_id: str
    server: dict[str, Any] = field(repr=False)
    """The tool of type ``mcp`` as on the wire."""
    cancelled: bool = False


@dataclass(eq=False)
class CallTool:
    """Have an MCP server run one of its tools."""

    item_id: str
    server: dict[str, Any] = field(repr=False)
    name: str
    arguments: str = field(repr=False)
    """JSON text."""
    cancelled: bool = False


Work = Recognise | Think | Speak | ListTools | CallTool

# --- what the brain sees ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Utterance:
    """Something that was said or written."""

    role: str
    text: str


@dataclass(frozen=True)
class ToolCall:
    """A function call that was made."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class ToolResult:
    """What a function returned."""

    call_id: str
    output: str


HistoryEntry = Utterance | ToolCall | ToolResult


@dataclass(frozen=True)
class ConversationView:
    """All that a model would be given. User speech appears as it was recognised, and no other way."""

    history: tuple[HistoryEntry, ...] = ()
    instructions: str = ""
    additional_instructions: str = ""
    """For this response only."""
    tools: tuple[dict[str, Any], ...] = ()
    """Function tools as on the wire."""
    tool_choice: Any = "auto"
    """``auto``, ``none``, ``required``, or an object with the function's ``name``."""
    model: str = ""
    """The managed model, or the deployment's name."""
    profile: str | None = None
    """How a model of one's own is brought."""


# --- what they answer -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """Words to speak or to write: a sentence or more."""

    text: str


@dataclass(frozen=True)
class Call:
    """A function to call; ``arguments`` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Spent:
    """The tokens that a model says it has used."""

    input_tokens: int
    output_tokens: int


Thought = Say | Call | Spent


@dataclass(frozen=True)
class Word:
    """When a word is spoken, counted from the start of its chunk."""

    text: str
    offset_ms: int
    duration_ms: int


@dataclass(frozen=True)
class SpokenChunk:
    """A sentence in sound, or a part of one."""

    text: str
    audio: bytes = field(repr=False)
    """PCM16 mono 24 kHz."""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class ToolOutput:
    """What a tool of an MCP server answered."""

    text: str = field(repr=False)
    is_error: bool = False


ServerTools = tuple[dict[str, Any], ...]
"""What an MCP server offers: name, description, input schema and annotations of each tool."""

# --- who answers ------------------------------------------------------------------------------------------------------


class Ears(Protocol):
    """Turns speech into text."""

    def transcribe(self, pcm: bytes, *, phrases: Sequence[str] = ()) -> str:
        """``pcm``: PCM16 mono 24 kHz. Blocking."""
        ...


class Brain(Protocol):
    """Decides what to answer."""

    def think(self, view: ConversationView) -> Iterator[Thought]:
        """Piece by piece. Blocking."""
        ...


class Voice(Protocol):
    """Turns text into speech."""

    def speak(
        self, text: str, *, voice: dict[str, Any] | None = None, promptly: bool = False
    ) -> Iterator[SpokenChunk]:
        """Sentence by sentence; ``promptly`` the first words of a long one on their own. Blocking."""
        ...


class ToolServers(Protocol):
    """Reaches MCP servers. Whatever it raises counts as a server that cannot be reached."""

    def list_tools(self, server: dict[str, Any]) -> ServerTools:
        """What a server offers. Blocking."""
        ...

    def call_tool(self, server: dict[str, Any], name: str, arguments: str) -> ToolOutput:
        """What one of its tools answers. Blocking."""
        ...
