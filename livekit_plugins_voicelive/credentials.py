"""Who we are to Azure: the kinds of credentials that are taken, and a token from any of them.

``azure.identity`` is imported where it is used: it is heavy, and workers import the plugin before they fork.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

DEFAULT_SCOPE = "https://ai.azure.com/.default"
"""Of an Entra token. ``https://cognitiveservices.azure.com/.default`` is accepted too. Source: API reference 2026-07-15."""


class AsyncTokenCredential(Protocol):
    """What ``azure.identity.aio`` offers."""

    async def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """Return an object with the attribute ``token``."""
        ...


class TokenCredential(Protocol):
    """What ``azure.identity`` offers; it blocks, so it is asked in a thread."""

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """Return an object with the attribute ``token``."""
        ...


class KeyCredential(Protocol):
    """``azure.core.credentials.AzureKeyCredential``."""

    @property
    def key(self) -> str:
        """The resource's key."""
        ...


TokenProvider = Callable[[], str | Awaitable[str]]
"""A function that returns a bearer token, or awaits one; it is asked before every connection. A plain function is called in
a thread, because those of ``azure.identity`` block."""

TokenSource = AsyncTokenCredential | TokenCredential | TokenProvider

Credential = TokenSource | KeyCredential


class DefaultCredential:
    """``DefaultAzureCredential``: environment, workload or managed identity, or a developer's sign-in.

    It is opened for one token and closed again: LiveKit closes no model, and once closed it does not open again.
    """

    async def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """As ``azure.identity.aio`` has it."""
        from azure.identity.aio import DefaultAzureCredential

        async with DefaultAzureCredential() as credential:
            return await credential.get_token(*scopes, **kwargs)


async def fresh_token(source: TokenSource, scope: str) -> str:
    """A token for one connection; whatever the source raises passes through.

    Raises:
        ValueError: what came is none, and would not even make a header.
    """
    get_token = getattr(source, "get_token", None)
    asked = _ask(cast(TokenProvider, source)) if get_token is None else _ask(get_token, scope)
    answer = await asked
    token = getattr(answer, "token", answer)
    token = token.strip() if isinstance(token, str) else ""
    if not (token and token.isascii() and token.isprintable()):
        raise ValueError("the credential returned no token")
    return token


async def _ask(function: Callable[..., Any], *arguments: str) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(*arguments)
    answer = await asyncio.to_thread(function, *arguments)
    return await answer if inspect.isawaitable(answer) else answer


def may_pass(fault: Exception) -> bool:
    """Whether asking for a token again can help.

    A refusal of who we are is final, unless the HTTP status behind it says that the token service itself was in trouble.
    A provider that cannot be called, or returns no token, is a mistake in a program.
    """
    from azure.core.exceptions import ClientAuthenticationError

    if isinstance(fault, TypeError | ValueError | AttributeError):
        return False
    if isinstance(fault, ClientAuthenticationError):
        status = fault.status_code or 0
        return status in (408, 429) or status >= 500
    return True
