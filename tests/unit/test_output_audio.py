import numpy as np

from livekit_plugins_voicelive.audio_format import AudioFormat
from livekit_plugins_voicelive.output_audio import OutputAudio


def test_frames_are_mono_24_khz_and_counted_per_message() -> None:
    down = OutputAudio()
    frame = down.frame("a", bytes(4800))
    assert frame is not None
    assert (frame.sample_rate, frame.num_channels, frame.samples_per_channel) == (24_000, 1, 2400)
    down.frame("a", bytes(480))
    down.frame("b", bytes(48))
    assert (down.received_ms("a"), down.received_ms("b"), down.received_ms("c")) == (110, 1, 0)


def test_half_a_sample_waits_for_its_other_half() -> None:
    down = OutputAudio()
    assert down.frame("a", b"\x01") is None
    frame = down.frame("a", b"\x02\x03")
    assert frame is not None
    assert frame.data.tobytes() == b"\x01\x02"
    assert down.frame("b", b"\x09\x08").data.tobytes() == b"\x09\x08"  # type: ignore[union-attr]
    assert down.frame("a", b"\x04").data.tobytes() == b"\x03\x04"  # type: ignore[union-attr]


def test_a_forgotten_message_has_no_audio() -> None:
    down = OutputAudio()
    down.frame("a", bytes(4801))
    down.forget("a")
    assert down.received_ms("a") == 0
    assert down.frame("a", bytes(1)) is None


def test_telephone_audio_comes_as_pcm_of_its_own_rate() -> None:
    down = OutputAudio(AudioFormat("g711_ulaw", 8_000))
    frame = down.frame("a", b"\x00" * 80)
    assert frame is not None
    assert (frame.sample_rate, frame.samples_per_channel) == (8_000, 80)
    assert set(np.frombuffer(frame.data, np.int16)) == {-32124}
    assert down.received_ms("a") == 10
