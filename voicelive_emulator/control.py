"""The switches while the emulator runs: plain GET requests on the port that clients connect to, without any I/O.

The WebSocket library hands out no request bodies, so what is to change stands in the query.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .behaviour import Behaviour
from .faults import Faults
from .switches import WrongSwitch, read, shown

PREFIX = "/emulator/"


class Control:
    """Owns the behaviour of the next sessions; the faults it changes belong to the server."""

    def __init__(self, behaviour: Behaviour, faults: Faults) -> None:
        self.behaviour = behaviour
        self.faults = faults

    def answer(self, target: str) -> tuple[int, str]:
        """Do what a request says; returns status and JSON body.

        Args:
            target: path and query.
        """
        url = urlsplit(target)
        changes = parse_qsl(url.query, keep_blank_values=True)
        try:
            return 200, json.dumps(self._answer(url.path.removeprefix(PREFIX), changes), indent=2)
        except WrongSwitch as error:
            return 400, json.dumps({"error": str(error)})
        except KeyError:
            return 404, json.dumps(
                {"error": f"Ask {PREFIX} for faults, behaviour, reset, drop or expire."}
            )

    def _answer(self, path: str, changes: list[tuple[str, str]]) -> dict[str, Any]:
        match path:
            case "faults":
                read_all = {name: read(Faults, name, text) for name, text in changes}
                for name, value in read_all.items():
                    setattr(self.faults, name, value)
                return shown(self.faults)
            case "behaviour":
                read_all = {name: read(Behaviour, name, text) for name, text in changes}
                self.behaviour = dataclasses.replace(self.behaviour, **read_all)
                return shown(self.behaviour)
            case "reset":
                self.faults.reset()
                return shown(self.faults)
            case "drop":
                return {"connections": self.faults.drop_connections()}
            case "expire":
                return {"connections": self.faults.expire_sessions()}
        raise KeyError(path)
