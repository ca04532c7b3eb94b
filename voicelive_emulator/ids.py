"""Ids as the service writes them: a prefix and random letters and digits."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.digits + string.ascii_letters


def new_id(prefix: str, length: int = 21) -> str:
    """Such as ``item_E4BAsP00UV55RqqV8zSub``."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
