"""Waiting for the service to confirm several requests at once: all of them get their chance, and one error tells of all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from livekit.agents import llm

from .pending_requests import fail


async def confirmed(waiters: Sequence[asyncio.Future[Any]], *, timeout_s: float) -> None:
    """Return when every waiter has its confirmation.

    Raises:
        llm.RealtimeError: some were refused, or not confirmed in time; it tells how many, and the first reason.
    """
    if not waiters:
        return
    await asyncio.wait(waiters, timeout=timeout_s)
    for waiter in waiters:
        fail(waiter, llm.RealtimeError("Voice Live did not confirm in time", code="timeout"))
    refusals = [error for waiter in waiters if (error := waiter.exception()) is not None]
    if refusals:
        first = refusals[0]
        raise llm.RealtimeError(
            f"{len(refusals)} of {len(waiters)} changes to the history failed; the first: {first}",
            code=first.code if isinstance(first, llm.RealtimeError) else None,
        )
