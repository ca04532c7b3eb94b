import logging

import pytest

from livekit.agents import llm
from livekit_plugins_voicelive import MCPServer, MCPTool
from livekit_plugins_voicelive.tools import mcp_tool, wire_tool_choice, wire_tools


@llm.function_tool
async def look_up(place: str) -> str:
    """Look a place up.

    Args:
        place: where.
    """
    return place


RAW = {"name": "raw", "description": "as it is", "parameters": {"type": "object", "properties": {}}}


@llm.function_tool(raw_schema=RAW)
async def raw(raw_arguments: dict[str, object]) -> str:
    return ""


def test_a_function_tool_is_flat_with_its_schema() -> None:
    [tool] = wire_tools([look_up])
    assert (tool["type"], tool["name"], tool["description"].strip()) == (
        "function",
        "look_up",
        "Look a place up.",
    )
    assert tool["parameters"]["properties"]["place"]["description"] == "where."


def test_a_raw_tool_carries_its_own_schema() -> None:
    assert wire_tools([raw]) == [{"type": "function", **RAW}]


def with_schema(parameters: object) -> llm.RawFunctionTool:
    @llm.function_tool(raw_schema={"name": "look_up", "parameters": parameters})
    async def look_up(raw_arguments: dict[str, object]) -> str:
        return ""

    return look_up


ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    "secret", ["secret \ud83d", object(), ENDLESS], ids=["half", "object", "endless"]
)
def test_a_schema_that_json_cannot_hold_is_refused_by_the_tools_name(secret: object) -> None:
    with pytest.raises(llm.RealtimeError, match="'look_up'") as refused:
        wire_tools([with_schema({"properties": secret})])
    assert "secret" not in str(refused.value)


def test_a_description_that_json_cannot_hold_is_refused_by_the_tools_name() -> None:
    @llm.function_tool(description="half an emoji: \ud83d")
    async def look_up() -> None: ...

    with pytest.raises(llm.RealtimeError, match="'look_up'"):
        wire_tools([look_up])


def test_what_is_sent_of_a_schema_is_a_copy() -> None:
    parameters = {"type": "object", "properties": {"a": {"enum": ("x", "y")}}}
    [tool] = wire_tools([with_schema(parameters)])
    parameters.clear()
    assert tool["parameters"]["properties"]["a"]["enum"] == ["x", "y"]


def test_an_mcp_server_is_described_to_the_service() -> None:
    tool = MCPTool(MCPServer(server_label="docs", server_url="https://x", require_approval="never"))
    assert wire_tools([tool]) == [
        {
            "type": "mcp",
            "server_label": "docs",
            "server_url": "https://x",
            "require_approval": "never",
        }
    ]
    tools = llm.ToolContext([tool, look_up])
    assert mcp_tool(tools, "docs") is tool
    assert mcp_tool(tools, "other") is None


def test_the_secrets_of_an_mcp_server_are_in_no_repr() -> None:
    server = MCPServer(
        server_label="docs",
        server_url="https://x/?key=secret",
        authorization="secret",
        headers={"key": "secret"},
    )
    shown = f"{server} {server!r} {MCPTool(server)!r}"
    assert "docs" in shown
    assert "secret" not in shown


def test_a_tool_that_another_provider_runs_is_left_out_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class WebSearch(llm.ProviderTool):
        pass

    with caplog.at_level(logging.WARNING):
        assert wire_tools([WebSearch(id="web")]) == []
        assert wire_tools([WebSearch(id="web")]) == []
    assert caplog.text.count("WebSearch") == 1


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (None, "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, {"type": "function", "name": "f"}),
    ],
)
def test_tool_choices_are_spelled_as_the_service_does(choice: object, wire: object) -> None:
    assert wire_tool_choice(choice) == wire  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", ["Required", {}, {"type": "function"}, 5])
def test_a_tool_choice_that_livekit_does_not_have_is_refused(choice: object) -> None:
    with pytest.raises(ValueError, match="`tool_choice`"):
        wire_tool_choice(choice)  # type: ignore[arg-type]
