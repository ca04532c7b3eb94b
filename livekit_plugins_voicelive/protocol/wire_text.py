"""Text that JSON can carry."""

from __future__ import annotations


def wire_text(text: str) -> str:
    """The text with halves of surrogate pairs replaced by U+FFFD; whole pairs become the one character they stand for.

    A tool that cuts its output in the middle of an emoji leaves such a half, and UTF-8 has no form for it.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
