"""This machine's loudspeaker and microphone, where PortAudio finds them."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from demo.recording import SAMPLE_RATE, Samples


class SoundDeviceMissing(Exception):
    """This machine has no sound hardware or no PortAudio; the message says so."""


class Loudspeaker:
    """Silent by itself: what `play()` gets is dropped. `open_loudspeaker()` gives one that sounds."""

    def play(self, samples: Samples) -> None:
        """Play mono 24 kHz samples behind those that still wait."""

    def close(self) -> None:
        """Stop playing."""


class _SoundingLoudspeaker(Loudspeaker):
    """Owns an output stream and the samples that it has not asked for yet."""

    def __init__(self, sounddevice: Any) -> None:
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._stream = sounddevice.RawOutputStream(
            samplerate=SAMPLE_RATE, channels=1, dtype="int16", callback=self._fill
        )
        self._stream.start()

    def play(self, samples: Samples) -> None:
        with self._lock:
            self._waiting += samples.tobytes()

    def close(self) -> None:
        self._stream.close()

    def _fill(self, output: Any, frames: int, time: Any, status: Any) -> None:
        wanted = len(output)
        with self._lock:
            output[:] = bytes(self._waiting[:wanted]).ljust(wanted, b"\0")
            del self._waiting[:wanted]


def open_loudspeaker() -> Loudspeaker:
    """The default output device.

    Raises:
        SoundDeviceMissing: there is none.
    """
    sounddevice = _sounddevice()
    try:
        return _SoundingLoudspeaker(sounddevice)
    except sounddevice.PortAudioError as error:
        raise SoundDeviceMissing(f"No loudspeaker was found: {error}.") from error


@contextlib.contextmanager
def open_microphone(push: Callable[[Samples], None]) -> Iterator[Callable[[], None]]:
    """The default input device, as what starts it.

    Once started, it gives `push` mono 24 kHz samples on the running event loop.

    Raises:
        SoundDeviceMissing: there is none, or it does not start.
    """
    sounddevice = _sounddevice()
    loop = asyncio.get_running_loop()

    def heard(data: Any, frames: int, time: Any, status: Any) -> None:
        loop.call_soon_threadsafe(push, np.frombuffer(bytes(data), np.int16))

    try:
        stream = sounddevice.RawInputStream(
            samplerate=SAMPLE_RATE, channels=1, dtype="int16", callback=heard
        )
        with contextlib.closing(stream):
            yield stream.start
    except sounddevice.PortAudioError as error:
        raise SoundDeviceMissing(f"No microphone was found: {error}.") from error


def _sounddevice() -> Any:
    try:
        import sounddevice  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise SoundDeviceMissing(
            "No sound: the PortAudio library is missing (Debian and Ubuntu: "
            "`apt-get install libportaudio2`)."
        ) from error
    return sounddevice
