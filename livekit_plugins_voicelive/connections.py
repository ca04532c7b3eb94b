"""One connection after the other, for as long as that may help. Knows neither what is said on them nor what they resume."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.agents import APIConnectOptions, APIError, APITimeoutError

from .connection import Connection
from .endpoint import Endpoint
from .log import logger, without_words
from .protocol.client_events import ClientEvent
from .protocol.server_events import ErrorEvent, ServerEvent, SessionCreated, UnknownEvent
from .retries import Retries


class Connections:
    """Owns the present connection, and the wish for another."""

    def __init__(
        self,
        endpoint: Endpoint,
        options: APIConnectOptions,
        *,
        received: Callable[[ServerEvent | UnknownEvent], None],
        acquired: Callable[[float], None],
        lost: Callable[[], bool],
        retrying: Callable[[APIError], None],
    ) -> None:
        """Begin with none; see :meth:`run`.

        Args:
            endpoint: where to connect to.
            options: how long to wait for a connection, and how often to try again.
            received: the service says that; an :class:`APIError` from it ends the connection.
            acquired: the connection is a session, after so many seconds.
            lost: the connection is gone; returns whether it was worth having.
            retrying: that is how it ended, and there will be another.
        """
        self._endpoint = endpoint
        self._timeout_s = options.timeout
        self._retries = Retries(options)
        self._received = received
        self._acquired = acquired
        self._lost = lost
        self._retrying = retrying
        self._connection: Connection | None = None
        self._renewing = False
        self._ended_for: APIError | None = None
        self._was_sound = False

    def send(self, event: ClientEvent) -> ErrorEvent | None:
        """Send by the present connection; see :meth:`.connection.Connection.send`."""
        assert self._connection is not None, "without a connection nothing is queued"
        return self._connection.send(event)

    def renew(self) -> None:
        """Take another connection now, if there is one to replace."""
        if self._connection is not None and not self._renewing:
            self._renewing = True
            self._connection.hang_up()

    def end(self, fault: APIError) -> None:
        """Hang up for that reason, which then counts as how the connection ended."""
        if self._connection is not None:
            self._ended_for = fault
            self._connection.hang_up()

    async def run(self) -> APIError:
        """Keep a connection until nothing helps any more; returns why."""
        while True:
            try:
                await self._converse()
            except APIError as error:
                fault, self._ended_for = self._ended_for or error, None
            except Exception as error:
                logger.error("the Voice Live session failed: %s", without_words(error))
                fault = APIError(f"internal error ({type(error).__name__})", retryable=False)
            if self._was_sound:
                self._retries.start_over()
            if self._renewing:
                self._renewing = False
                continue
            wait_s = self._retries.after(fault)
            if wait_s is None:
                return fault
            self._retrying(fault)
            await asyncio.sleep(wait_s)

    async def _converse(self) -> None:
        """One connection, from the upgrade to its loss.

        Raises:
            APIError: always; it says how the connection ended.
        """
        self._was_sound = False
        loop = asyncio.get_running_loop()
        started = loop.time()
        connection = await Connection.open(self._endpoint, timeout_s=self._timeout_s)
        try:
            self._connection = connection
            events = aiter(connection)
            try:
                async with asyncio.timeout(self._timeout_s):
                    while not isinstance(first := await anext(events), SessionCreated):
                        self._received(first)
            except TimeoutError:
                raise APITimeoutError("Voice Live connected but began no session") from None
            self._received(first)
            self._acquired(loop.time() - started)
            async for event in events:
                self._take_in(event)
        finally:
            self._connection = None
            self._was_sound = self._lost()
            await connection.close()

    def _take_in(self, event: ServerEvent | UnknownEvent) -> None:
        """A fault of ours costs this event; only the first, which opens the session, must not be passed over."""
        try:
            self._received(event)
        except APIError:
            raise
        except Exception as fault:
            what = type(event).__name__
            logger.error("%s of Voice Live was lost: %s", what, without_words(fault))
