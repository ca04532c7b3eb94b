"""The readable log of one connection: types, outcomes and counts of events, and never what is said.

Deltas and appends would drown everything else: the first of a run is logged, and how many more came when the run is over.
"""

from __future__ import annotations

import logging

from livekit_plugins_voicelive.protocol import server_events as server
from livekit_plugins_voicelive.protocol.wire_struct import given

logger = logging.getLogger("voicelive_emulator")

STREAMING = (".delta", ".append")
FROM_CLIENT, TO_CLIENT = "<-", "->"


class EventLog:
    """Owns the runs that are not over, for each direction."""

    def __init__(self, number: int) -> None:
        """``number`` tells connections apart."""
        self._number = number
        self._more: dict[str, dict[str, int]] = {FROM_CLIENT: {}, TO_CLIENT: {}}

    def connection(self, what: str) -> None:
        """Something happened to the connection itself."""
        for direction in self._more:
            self._end_runs(direction)
        logger.info("%d -- %s", self._number, what)

    def event(self, direction: str, kind: str, outcome: str = "") -> None:
        """An event came or went."""
        if not logger.isEnabledFor(logging.DEBUG):
            return
        if not kind.endswith(STREAMING):
            self._end_runs(direction)
        elif kind in self._more[direction]:
            self._more[direction][kind] += 1
            return
        else:
            self._more[direction][kind] = 0
        logger.debug("%d %s %s", self._number, direction, f"{kind} {outcome}".rstrip())

    def _end_runs(self, direction: str) -> None:
        for kind, count in self._more[direction].items():
            if count:
                logger.debug("%d %s %s, %d more", self._number, direction, kind, count)
        self._more[direction].clear()


def outcome_of(event: object) -> str:
    """What an event's type does not say and a reader wants to know."""
    match event:
        case server.ErrorEvent(error=error):
            return str(given(error.code) or "")
        case server.ResponseDone(response=response):
            return given(response.status) or ""
    return ""
