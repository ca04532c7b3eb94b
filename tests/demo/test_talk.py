"""The terminal caller: what it refuses before anybody is called, and when it speaks and leaves."""

import contextlib
import os
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from demo import loudspeaker, talk
from demo.caller import Caller, CallFailed
from demo.livekit_server import LOOPBACK, free_port
from demo.loudspeaker import SoundDeviceMissing
from demo.recording import Samples
from livekit import rtc

Run = Callable[..., str]


class ListeningCaller(Caller):
    """A caller in no room, who keeps what was done with it, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    async def type(self, text: str) -> None:
        self.done.append(f"typed {text}")

    async def speak(self, samples: Samples) -> float:
        self.done.append("spoke")
        return 2.0

    async def wait_for_reply(self, *, since: float, deadline_s: float) -> Samples:
        self.done.append("heard the greeting" if since == 1.0 else "heard a reply")
        return np.zeros(0, np.int16)


class SilentMouth(talk.Mouth):
    async def samples(self, text: str) -> Samples:
        return np.zeros(0, np.int16)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `make talk` with these arguments; returns the sentence with which it refuses."""

    async def join(caller: Caller, url: str, token: str) -> Caller:
        raise AssertionError("the room was joined")

    def run(*arguments: object) -> str:
        monkeypatch.setattr(Caller, "join", join)
        monkeypatch.setattr(sys, "argv", ["talk", *map(str, arguments)])
        assert talk.main() == 1
        return capsys.readouterr().err.strip()

    return run


async def type_into_a_call(monkeypatch: pytest.MonkeyPatch, typed: bytes) -> list[str]:
    """What a caller does when this is the whole input of `make talk`."""
    reading, writing = os.pipe()
    os.write(writing, typed)
    os.close(writing)
    read = os.read
    monkeypatch.setattr(os, "read", lambda _, size: read(reading, size))
    async with ListeningCaller() as caller:
        monkeypatch.setattr(talk.Display, "line", lambda _, text: caller.done.append(text))
        await talk.converse(caller, SilentMouth(), talk.Display(caller), joined=1.0)
    os.close(reading)
    return caller.done


def test_a_recording_that_could_not_be_kept_is_refused_before_the_call(
    refused: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = tmp_path / "nodir" / "x.wav"
    assert f"--save {nowhere} cannot be written: name a file" in refused("--save", nowhere)
    assert f"--save {tmp_path} cannot be written" in refused("--save", tmp_path)
    # By name, as the superuser may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    assert "cannot be written" in refused("--save", tmp_path / "x.wav")


def test_what_is_no_wav_file_is_refused_before_the_call(refused: Run, tmp_path: Path) -> None:
    text, eight_bit = tmp_path / "text.wav", tmp_path / "eight_bit.wav"
    text.write_text("This is no sound.")
    with wave.open(str(eight_bit), "wb") as writer:
        writer.setparams((1, 1, 24_000, 0, "NONE", ""))
    assert refused("--wav", tmp_path / "none.wav").endswith("none.wav: there is no such file.")
    assert f"--wav {text} is no WAV file that can be read" in refused("--wav", text)
    assert "convert it to 16-bit PCM WAV" in refused("--wav", eight_bit)


def test_a_missing_microphone_is_noticed_before_the_call(
    refused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def no_microphone(push: object) -> Iterator[Callable[[], None]]:
        raise SoundDeviceMissing("No microphone was found.")
        yield

    monkeypatch.setattr(talk, "open_microphone", no_microphone)
    assert refused("--mic") == "No microphone was found."


async def test_a_microphone_starts_when_told_or_says_why_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class PortAudioError(Exception):
        pass

    stream = Mock()
    portaudio = Mock(PortAudioError=PortAudioError, RawInputStream=Mock(return_value=stream))
    monkeypatch.setattr(loudspeaker, "_sounddevice", lambda: portaudio)

    def use(start_it: bool) -> None:
        with loudspeaker.open_microphone(Mock()) as start:
            if start_it:
                start()

    use(start_it=False)
    stream.start.assert_not_called()
    stream.start.side_effect = PortAudioError("it is taken")
    with pytest.raises(SoundDeviceMissing, match="No microphone was found: it is taken"):
        use(start_it=True)
    assert stream.close.call_count == 2


async def test_where_nobody_listens_is_said_without_asking_livekit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def connect(room: rtc.Room, url: str, token: str) -> None:
        raise AssertionError("LiveKit was asked")

    monkeypatch.setattr(rtc.Room, "connect", connect)
    url = f"ws://{LOOPBACK}:{free_port()}"
    async with Caller() as caller:
        with pytest.raises(CallFailed, match=f"Cannot join a room on {url}: nobody listens there"):
            await caller.join(url, "token")


@pytest.mark.parametrize("typed", [b"/type Hello\n", b"/type Hello"])
async def test_the_end_of_the_input_waits_for_the_reply(
    monkeypatch: pytest.MonkeyPatch, typed: bytes
) -> None:
    done = await type_into_a_call(monkeypatch, typed)
    assert done == ["heard the greeting", "typed Hello", "heard a reply"]


async def test_only_the_first_typed_line_waits_for_the_greeting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = await type_into_a_call(monkeypatch, b"\nHello\n/type again\n/quit\nnever\n")
    assert done == ["heard the greeting", "spoke", "typed again"]


@pytest.mark.parametrize("typed", [b"/type\n", b"/type  \n", b"/typo Hello\n", b"/\n"])
async def test_a_command_that_there_is_not_is_refused_and_not_spoken(
    monkeypatch: pytest.MonkeyPatch, typed: bytes
) -> None:
    done = await type_into_a_call(monkeypatch, typed)
    assert len(done) == 1
    assert "/type LINE sends chat, /quit ends the call." in done[0]
