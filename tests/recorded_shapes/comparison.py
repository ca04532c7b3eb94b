"""Where two shapes differ, each difference as one sentence. It knows no reason for any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

from .shape import Sent, stream_of

ABSENT = "absent"


def differences(recorded: Iterable[Sent], emulated: Iterable[Sent]) -> set[str]:
    """What the service does otherwise than its emulator; what the client sends is not compared."""
    ours, theirs = _streams(emulated), _streams(recorded)
    return {
        difference
        for stream in ours.keys() | theirs.keys()
        for difference in _in_stream(theirs.get(stream, []), ours.get(stream, []))
    }


def _streams(shape: Iterable[Sent]) -> dict[str, list[dict[str, Any]]]:
    streams: dict[str, list[dict[str, Any]]] = {}
    for sent in shape:
        if sent.sender == "service":
            streams.setdefault(stream_of(sent), []).append(sent.event)
    return streams


def _in_stream(recorded: list[dict[str, Any]], emulated: list[dict[str, Any]]) -> Iterator[str]:
    theirs, ours = [e["type"] for e in recorded], [e["type"] for e in emulated]
    order = SequenceMatcher(None, theirs, ours, autojunk=False)
    for how, begin, end, our_begin, our_end in order.get_opcodes():
        if how == "equal":
            for their_event, our_event in zip(
                recorded[begin:end], emulated[our_begin:our_end], strict=True
            ):
                yield from _in_value(their_event["type"], their_event, our_event)
            continue
        before = theirs[begin - 1] if begin else "the beginning"
        for kind in theirs[begin:end]:
            yield f"after {before}: the service sends {kind}"
        for kind in ours[our_begin:our_end]:
            yield f"after {before}: the emulator sends {kind}"


def _in_value(place: str, recorded: Any, emulated: Any) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(emulated, dict):
        for name in recorded.keys() | emulated.keys():
            yield from _in_value(
                f"{place} {name}" if " " not in place else f"{place}.{name}",
                recorded.get(name, ABSENT),
                emulated.get(name, ABSENT),
            )
    elif isinstance(recorded, list) and isinstance(emulated, list):
        if len(recorded) != len(emulated):
            yield f"{place}: {len(recorded)} in the service, {len(emulated)} in the emulator"
        for their_part, our_part in zip(recorded, emulated, strict=False):
            yield from _in_value(f"{place}[]", their_part, our_part)
    elif recorded != emulated:
        yield f"{place}: {recorded!r} in the service, {emulated!r} in the emulator"
