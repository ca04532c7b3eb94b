"""Sentences out of a stream of text pieces, each as soon as it is whole: a voice begins before the text is all there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def whole_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences of the text that the pieces make up."""
    text = ""
    for piece in pieces:
        text += piece
        *whole, text = _END.split(text)
        yield from filter(None, whole)
    if text.strip():
        yield text.strip()
