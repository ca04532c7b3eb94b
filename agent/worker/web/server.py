"""The HTTP side: `POST /token`, and the page with its library.

Answers its own page alone: a request that another site's page sends is refused, and no CORS header invites one.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from pydantic import ValidationError

from .settings import WebSettings, is_loopback
from .tokens import TokenRequest, make_token

FOLDER = Path(__file__).resolve().parent
STATIC = FOLDER / "static"
CLIENT_LIBRARY = FOLDER / "node_modules" / "livekit-client" / "dist" / "livekit-client.esm.mjs"
LARGEST_REQUEST_BYTES = 256 * 1024

SECURITY_HEADERS = {
    # The LiveKit server is elsewhere, and may send the browser on to a nearer one.
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss: http: https:; media-src 'self' blob: mediastream:; "
    "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "microphone=(self), camera=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

SETTINGS = web.AppKey("settings", WebSettings)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(settings: WebSettings) -> web.Application:
    """The whole site."""
    app = web.Application(
        middlewares=[only_own_site, add_headers], client_max_size=LARGEST_REQUEST_BYTES
    )
    app[SETTINGS] = settings
    app.router.add_get("/", page)
    app.router.add_get("/livekit-client.mjs", client_library)
    app.router.add_post("/token", token)
    app.router.add_static("/static", STATIC)
    return app


def address(socket_name: tuple[Any, ...]) -> str:
    """What to open in a browser for the page that listens at this socket."""
    host, port = socket_name[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


@web.middleware
async def add_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the browser what this page may do."""
    response = await handler(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@web.middleware
async def only_own_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page sends, also one whose name was made to point to this machine."""
    own_host = urlsplit(f"//{request.host}").hostname or ""
    if is_loopback(request.app[SETTINGS].host) and not is_loopback(own_host):
        here = address(request.get_extra_info("sockname"))
        return _refusal(403, f"This page serves its own machine alone: open it as {here}")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and urlsplit(origin).netloc != request.host:
        return _refusal(
            403,
            "Tokens are given to this site's own page and to programs, not to other sites' pages.",
        )
    return await handler(request)


async def page(request: web.Request) -> web.StreamResponse:
    """The page."""
    return web.FileResponse(STATIC / "index.html")


async def client_library(request: web.Request) -> web.StreamResponse:
    """LiveKit's JavaScript client, as npm installed it."""
    return web.FileResponse(CLIENT_LIBRARY, headers={hdrs.CONTENT_TYPE: "text/javascript"})


async def token(request: web.Request) -> web.StreamResponse:
    """LiveKit's token endpoint."""
    settings = request.app[SETTINGS]
    if settings.secret and not _shows(request, settings.secret):
        return _refusal(
            401, "Send the secret of this site (WEB_SECRET) as `Authorization: Bearer SECRET`."
        )
    body = await request.read()
    try:
        wanted = TokenRequest.model_validate_json(body.strip() or b"{}")
    except ValidationError as error:
        return _refusal(400, _what_is_wrong(error))
    return web.json_response(
        {
            "server_url": settings.browser_livekit_url,
            "participant_token": make_token(wanted, settings),
        },
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


def _shows(request: web.Request, secret: str) -> bool:
    shown = request.headers.get(hdrs.AUTHORIZATION, "")
    return hmac.compare_digest(shown.encode(), f"Bearer {secret}".encode())


def _what_is_wrong(error: ValidationError) -> str:
    details = error.errors(include_input=False)[0]
    place = ".".join(str(part) for part in details["loc"])
    return (
        f"{place}: {details['msg']}."
        if place
        else f"The body is not the JSON object of a token request: {details['msg']}."
    )


def _refusal(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
