"""`python -m worker.web`: serve the page and its token endpoint until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from aiohttp import web

from ..environment import load_environment
from .server import CLIENT_LIBRARY, address, application
from .settings import WebSettings, problems


def main() -> int:
    """Serve; 0 when asked to stop, 1 when the address cannot be had, 2 when a setting or the page's library is missing."""
    load_environment()
    found = problems()
    if not CLIENT_LIBRARY.is_file():
        found.append(
            "The page's library is missing: run `npm ci --ignore-scripts` in agent/worker/web (npm comes with Node.js)."
        )
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 2 if found else asyncio.run(serve(WebSettings()))


async def serve(settings: WebSettings) -> int:
    """Serve until a signal."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(application(settings), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        print(
            f"Cannot listen on WEB_HOST={settings.host}, WEB_PORT={settings.port}: {os.strerror(error.errno or 0)}.",
            file=sys.stderr,
        )
        await runner.cleanup()
        return 1
    print(f"Page ready at {address(runner.addresses[0])}", flush=True)
    await stop.wait()
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(main())
