"""The telephone's two companding laws (ITU-T G.711): eight bits for a sample of sixteen, and back, by table.

A law has the name that Voice Live has for it: ``g711_ulaw`` or ``g711_alaw``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def decode(data: bytes, law: str) -> Samples:
    """One 16-bit sample for every byte."""
    decoded: Samples = _VALUES[law][np.frombuffer(data, np.uint8)]
    return decoded


def encode(samples: Samples, law: str) -> bytes:
    """One byte for every sample: the code whose value is nearest."""
    return _CODES[law][samples.astype(np.int32) + 32_768].tobytes()


def _ulaw_values() -> Samples:
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = ((code & 0x0F).astype(np.int32) << 3) + 0x84 << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


def _alaw_values() -> Samples:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    segment = ((code & 0x70) >> 4).astype(np.int32)
    magnitude = ((code & 0x0F).astype(np.int32) << 4) + 8
    magnitude = np.where(segment > 0, magnitude + 0x100 << np.maximum(segment - 1, 0), magnitude)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest_codes(values: Samples) -> npt.NDArray[np.uint8]:
    """For each of all samples, from the lowest on, the code whose value is nearest."""
    order = np.argsort(values, kind="stable")
    in_order = values[order].astype(np.int32)
    middles = (in_order[1:] + in_order[:-1]) // 2
    return order[np.searchsorted(middles, np.arange(-32_768, 32_768))].astype(np.uint8)


_VALUES: dict[str, Samples] = {"g711_ulaw": _ulaw_values(), "g711_alaw": _alaw_values()}
_CODES = {law: _nearest_codes(values) for law, values in _VALUES.items()}
