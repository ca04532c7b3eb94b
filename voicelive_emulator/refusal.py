"""A client event that cannot be done. The session turns it into an ``error`` event and goes on."""

from __future__ import annotations


class Refused(Exception):
    """Says why, in the words and codes of the service where they are known."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        """``param`` names the offending field, such as ``session.voice``."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
