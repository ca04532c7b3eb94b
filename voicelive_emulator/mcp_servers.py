"""The tools that the service calls itself: which MCP servers a session named, what they offer, and the calls under way.

Source of the order of events: Microsoft's documentation and samples; no recording exists. Does no I/O: asking a server
is handed out as work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livekit_plugins_voicelive.protocol import tool_events
from livekit_plugins_voicelive.protocol.items import Item
from livekit_plugins_voicelive.protocol.wire_struct import given

from .conversation import Conversation, Entry
from .ids import new_id
from .outputs import Events, McpCall
from .work import CallTool, ListTools, ToolOutput

_WAY_IN = ("server_label", "server_url", "authorization", "headers")
"""What makes a server the same one as before."""


@dataclass(frozen=True)
class ServerTool:
    """A tool of a server."""

    server_label: str
    name: str
    needs_approval: bool

    def call(self) -> Item:
        """The item of a call that needs no approval."""
        return mcp_call(self.server_label, self.name)

    def approval_request(self, arguments: str) -> Item:
        """The item that asks for approval of a call."""
        return Item(
            type="mcp_approval_request",
            id=new_id("mcpr"),
            object="realtime.item",
            server_label=self.server_label,
            name=self.name,
            arguments=arguments,
        )


def mcp_call(server_label: str, name: str, approval_request_id: str | None = None) -> Item:
    """The item of a call, without its arguments."""
    return Item(
        type="mcp_call",
        id=new_id("mcp"),
        object="realtime.item",
        server_label=server_label,
        name=name,
        arguments="",
        approval_request_id=approval_request_id,
    )


@dataclass
class _Listing:
    """What is known of a server."""

    work: ListTools
    tools: tuple[dict[str, Any], ...] | None = None
    """None until it answered; nothing if it failed to."""

    def is_about(self, server: dict[str, Any]) -> bool:
        """Whether it is the same server."""
        return all(server.get(part) == self.work.server.get(part) for part in _WAY_IN)


class McpServers:
    """Owns the lists of tools and the calls that wait for a server; lives as long as the session."""

    def __init__(self, conversation: Conversation) -> None:
        """Lists become items of ``conversation``."""
        self._conversation = conversation
        self._listings: dict[str, _Listing] = {}
        self._calls: dict[CallTool, McpCall] = {}
        self._work: list[ListTools | CallTool] = []

    @property
    def listing(self) -> bool:
        """Whether a server was asked for its tools and has not answered."""
        return any(listing.tools is None for listing in self._listings.values())

    @property
    def calling(self) -> bool:
        """Whether a call has no result yet."""
        return bool(self._calls)

    def work_to_do(self) -> list[ListTools | CallTool]:
        """Take the work that has become due."""
        work, self._work = self._work, []
        return [piece for piece in work if not piece.cancelled]

    # --- which tools there are ----------------------------------------------------------------------------------------

    def get_to_know(self, tools: Sequence[dict[str, Any]]) -> Events:
        """Ask the servers among ``tools`` for theirs, unless they have told."""
        events: Events = []
        for tool in tools:
            if tool.get("type") != "mcp":
                continue
            known = self._listings.get(tool["server_label"])
            if known and known.is_about(tool) and known.tools != ():
                continue
            if known and known.tools is None:  # another server took its label meanwhile
                known.work.cancelled = True
                events.append(tool_events.McpListToolsFailed(item_id=known.work.item_id))
            work = ListTools(new_id("mcpl"), tool)
            self._listings[tool["server_label"]] = _Listing(work)
            self._work.append(work)
            events.append(tool_events.McpListToolsInProgress(item_id=work.item_id))
        return events

    def listed(self, work: ListTools, tools: tuple[dict[str, Any], ...]) -> Events:
        """A server told its tools."""
        label = work.server["server_label"]
        self._listings[label].tools = tools
        item = Item(
            type="mcp_list_tools",
            id=work.item_id,
            object="realtime.item",
            server_label=label,
            tools=[tool for tool in tools if _allowed(work.server, tool["name"])],
        )
        created = self._conversation.append(Entry(item))
        return [created, tool_events.McpListToolsCompleted(item_id=work.item_id)]

    def functions(self, tools: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        """All that a model can call: functions as they are, and what the servers offer in the same form."""
        found = [tool for tool in tools if tool.get("type", "function") == "function"]
        names = {tool.get("name") for tool in found}
        for server in tools:
            found += [
                {
                    "type": "function",
                    "name": offered["name"],
                    "description": offered.get("description") or "",
                    "parameters": offered["input_schema"],
                }
                for offered in self._offered(server)
                if offered["name"] not in names
            ]
        return tuple(found)

    def find(self, tools: Sequence[dict[str, Any]], name: str) -> ServerTool | None:
        """The server's tool of that name; None where it is a function of the client's."""
        if any(tool.get("name") == name for tool in tools):
            return None
        for server in tools:
            if any(offered["name"] == name for offered in self._offered(server)):
                return ServerTool(server["server_label"], name, _needs_approval(server, name))
        return None

    def _offered(self, server: dict[str, Any]) -> list[dict[str, Any]]:
        listing = self._listings.get(server.get("server_label") or "")
        if listing is None:
            return []
        return [tool for tool in listing.tools or () if _allowed(server, tool["name"])]

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, call: McpCall) -> None:
        """Have a server called."""
        item = call.entry.item
        server = self._listings[given(item.server_label) or ""].work.server
        work = CallTool(call.item_id, server, given(item.name) or "", call.text)
        self._calls[work] = call
        self._work.append(work)

    def called(self, work: CallTool, output: ToolOutput) -> Events:
        """A server answered."""
        call = self._calls.pop(work)
        return call.failed(output.text) if output.is_error else call.succeeded(output.text)

    def failed(self, work: ListTools | CallTool) -> Events:
        """A server could not be reached, refused, or took too long. It is asked again when it is named again."""
        if isinstance(work, CallTool):
            return self._calls.pop(work).failed("The tool server did not answer.")
        self._listings[work.server["server_label"]].tools = ()
        return [tool_events.McpListToolsFailed(item_id=work.item_id)]

    def close(self) -> None:
        """Nobody wants to know any more."""
        for call in self._calls:
            call.cancelled = True
        for listing in self._listings.values():
            listing.work.cancelled = True


def _allowed(server: dict[str, Any], name: str) -> bool:
    allowed = server.get("allowed_tools")
    return allowed is None or name in allowed


def _needs_approval(server: dict[str, Any], name: str) -> bool:
    """Assumption: a tool that is named under neither ``never`` nor ``always`` falls under the default, ``always``."""
    rule = server.get("require_approval") or "always"
    return name not in (rule.get("never") or ()) if isinstance(rule, dict) else rule != "never"
