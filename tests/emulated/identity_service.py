"""A managed-identity endpoint on loopback, in App Service's protocol: what azure-identity really talks to in Azure."""

from __future__ import annotations

import time
from types import TracebackType

import pytest
from aiohttp import web

HEADER = "identity-secret"


class IdentityService:
    """``async with IdentityService(monkeypatch) as identity:`` issues tokens that have expired, so that none is cached."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.issued: list[str] = []
        self.resources: list[str] = []
        self.status = 200
        """Answer with this HTTP status; 200 issues tokens."""

    async def __aenter__(self) -> IdentityService:
        app = web.Application()
        app.router.add_get("/token", self._issue)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self._monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/token")
        self._monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    def accepts(self, token: str) -> bool:
        """Whether this is the token that was issued last."""
        return self.issued[-1:] == [token]

    async def _issue(self, request: web.Request) -> web.Response:
        if request.headers.get("X-IDENTITY-HEADER") != HEADER:
            return web.json_response({"error": "invalid_header"}, status=401)
        if self.status != 200:
            return web.json_response({"error": "not today"}, status=self.status)
        self.issued.append(f"issued-token-{len(self.issued) + 1}")
        self.resources.append(request.query["resource"])
        return web.json_response(
            {
                "access_token": self.issued[-1],
                "expires_on": str(int(time.time())),
                "resource": request.query["resource"],
                "token_type": "Bearer",
            }
        )
