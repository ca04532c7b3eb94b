"""What an orchestrator asks a worker over HTTP: whether it lives, whether it is ready for calls, and its metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Self

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

logger = logging.getLogger("livekit.agents.voicelive-worker")


class Operations:
    """``async with`` it: owns the port."""

    def __init__(self, host: str, port: int, *, unready: Callable[[], str]) -> None:
        """``unready`` says why no call can come just now; empty when one can. Port 0: any free one."""
        self._host, self._port = host, port
        self._unready = unready
        application = web.Application()
        application.router.add_get("/", self._live)
        application.router.add_get("/ready", self._ready)
        application.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(application, access_log=None)

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: the address cannot be had.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        logger.info("health and metrics on port %d", self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the port."""
        await self._runner.cleanup()

    async def _live(self, request: web.Request) -> web.Response:
        """An event loop that hangs does not come here."""
        return web.Response(text="OK")

    async def _ready(self, request: web.Request) -> web.Response:
        reason = self._unready()
        return web.Response(status=503 if reason else 200, text=reason or "ready")

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
