"""An agent of Azure's Foundry Agent Service, which answers instead of a model: its arguments, and its part of the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from livekit.agents import NotGivenOr

from .environment import given_or_environment, named, text


@dataclass(frozen=True)
class Agent:
    """An agent of the Foundry Agent Service; it brings its model, instructions and tools."""

    name: str
    project_name: str
    version: str | None = None
    conversation_id: str | None = None
    """A stored conversation to go on with."""
    client_id: str | None = None
    """Of the managed identity that the agent is called with."""
    argument: ClassVar[str] = "agent_name"
    """The one that names it."""

    @property
    def query(self) -> dict[str, str]:
        """Its part of the URL. Source: how to use Voice Live with Foundry agents."""
        parameters = {
            "agent-name": self.name,
            "agent-project-name": self.project_name,
            "agent-version": self.version,
            "conversation-id": self.conversation_id,
            "agent-authentication-identity-client-id": self.client_id,
        }
        return {name: value for name, value in parameters.items() if value is not None}


@dataclass(frozen=True)
class ClassicAgent:
    """An agent from before the Foundry Agent Service had names; its URL carries a token."""

    id: str
    project_name: str

    argument: ClassVar[str] = "agent_id"

    @property
    def name(self) -> str:
        """What it is known by."""
        return self.id

    @property
    def query(self) -> dict[str, str]:
        """Its part of the URL, without the token. Source: Microsoft's quickstart for agents."""
        return {"agent-id": self.id, "agent-project-name": self.project_name}


TOKEN_PARAMETER = "agent-access-token"
"""Of a classic agent's URL: the connection's own token, once more."""


def _project(name: str | None, *, of: str) -> str:
    if not name:
        raise ValueError(f"{of} needs {named('project_name')}, the Foundry project of the agent")
    if "/" in name:
        raise ValueError(
            f"{named('project_name')} must be the project's name, such as my-project, not its address"
        )
    return name


def foundry_agent(
    *,
    agent_name: NotGivenOr[str | None],
    agent_id: str | None,
    project_name: NotGivenOr[str | None],
    agent_version: NotGivenOr[str | None],
    conversation_id: str | None,
    agent_client_id: str | None,
) -> Agent | ClassicAgent | None:
    """The agent of these arguments, or None when a model is to answer.

    Raises:
        ValueError: its project is missing, one is no text, or two do not go together.
    """
    name = given_or_environment("agent_name", agent_name)
    project = given_or_environment("project_name", project_name)
    version = given_or_environment("agent_version", agent_version)
    agent_id = text("agent_id", agent_id)
    conversation_id = text("conversation_id", conversation_id)
    agent_client_id = text("agent_client_id", agent_client_id)
    if agent_id and name:
        raise ValueError(
            f"`agent_id` and {named('agent_name')} exclude each other: pass one of them"
        )
    if not name:
        for argument, value in (
            ("agent_version", version),
            ("conversation_id", conversation_id),
            ("agent_client_id", agent_client_id),
        ):
            if value:
                raise ValueError(f"{named(argument)} is of no use without {named('agent_name')}")
    if not (name or agent_id):
        return None
    project = _project(project, of=named("agent_name") if name else "`agent_id`")
    if agent_id:
        return ClassicAgent(agent_id, project)
    return Agent(
        name=name or "",
        project_name=project,
        version=version,
        conversation_id=conversation_id,
        client_id=agent_client_id,
    )
