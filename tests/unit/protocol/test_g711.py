import numpy as np
import pytest

from livekit_plugins_voicelive.protocol.g711 import decode, encode


def test_codes_have_their_itu_values() -> None:
    assert list(decode(b"\x00\x80\xff", "g711_ulaw")) == [-32124, 32124, 0]
    assert list(decode(b"\xd5\x55\xaa", "g711_alaw")) == [8, -8, 32256]


@pytest.mark.parametrize("law", ["g711_ulaw", "g711_alaw"])
def test_every_value_of_a_law_survives_encoding(law: str) -> None:
    values = decode(bytes(range(256)), law)
    assert np.array_equal(decode(encode(values, law), law), values)


@pytest.mark.parametrize("law", ["g711_ulaw", "g711_alaw"])
def test_the_extremes_become_the_loudest_codes(law: str) -> None:
    values = decode(bytes(range(256)), law)
    loudest = decode(encode(np.array([-32_768, 32_767], np.int16), law), law)
    assert list(loudest) == [values.min(), values.max()]
