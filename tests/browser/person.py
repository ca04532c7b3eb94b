"""A person in front of the page: presses its buttons, speaks through the browser's microphone, hears and reads."""

import base64
import wave
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page, expect

from demo.recording import SAMPLE_RATE, Samples

MICROPHONE_RATE = 48_000
DEADLINE_MS = 45_000

# Keeps every state and the loudest level that the page showed, the microphones that it opened, and what its audio elements played.
EARS = """
window.ears = {states: [], loudest: 0, pieces: [], microphones: []};
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await ears.permission;
  const stream = await getUserMedia(wanted);
  ears.microphones.push(...stream.getAudioTracks());
  return stream;
};
addEventListener("DOMContentLoaded", () => {
  const stage = document.getElementById("stage");
  new MutationObserver(() => {
    ears.states.push(stage.dataset.state);
    ears.loudest = Math.max(ears.loudest, Number(stage.style.getPropertyValue("--agent-level")));
  }).observe(stage, {attributes: true});
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.tagName !== "AUDIO") continue;
      const context = new AudioContext({sampleRate: 24000});
      const recorder = context.createScriptProcessor(4096, 1, 1);
      recorder.onaudioprocess = (event) =>
        ears.pieces.push(Int16Array.from(event.inputBuffer.getChannelData(0), (x) => 32767 * x));
      context.createMediaStreamSource(node.srcObject).connect(recorder);
      recorder.connect(context.destination);
    }
  }).observe(document.body, {childList: true});
});
"""

RECORDED = """() => {
  const bytes = new Uint8Array(ears.pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of ears.pieces) { bytes.set(new Uint8Array(piece.buffer), at); at += piece.byteLength; }
  ears.pieces = [];
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""


class Person:
    """Owns nothing but what the page has complained about."""

    def __init__(self, page: Page, microphone: Path) -> None:
        self.page = page
        self._microphone = microphone
        self.page_errors: list[str] = []

    async def open(self, url: str) -> None:
        self.page.set_default_timeout(DEADLINE_MS)
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.page.on("console", self._console)
        await self.page.add_init_script(EARS)
        await self.page.goto(url)

    async def call(self) -> None:
        """Start a call and listen to the greeting."""
        await self.page.get_by_role("button", name="Start talking").click()
        await expect(self.captions("agent").first).to_be_visible(timeout=DEADLINE_MS)
        await self.wait_for_state("listening")

    async def mute(self) -> None:
        await self.page.get_by_role("button", name="Mute", exact=True).click()
        await expect(self.page.get_by_role("button", name="Unmute")).to_be_visible()

    async def say(self, samples: Samples) -> None:
        """Speak: the browser plays its microphone file from the start whenever it opens the microphone."""
        await self.mute()
        self.have_ready(samples)
        await self.page.get_by_role("button", name="Unmute").click()
        await expect(self.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()

    def have_ready(self, samples: Samples) -> None:
        """What the microphone will hear from its next opening on."""
        self.write_microphone(self._microphone, samples)

    async def type(self, text: str) -> None:
        await self.page.get_by_label("Type to the agent").fill(text)
        await self.page.keyboard.press("Enter")

    async def open_microphones(self) -> list[str]:
        """The names of the microphones that the page holds."""
        live = "ears.microphones.filter((each) => each.readyState === 'live').map((each) => each.label)"
        names: list[str] = await self.page.evaluate(live)
        return names

    async def barriers(self) -> list[str]:
        """What keeps people with other eyes, hands or ears from using the page as it stands, by axe's rules."""
        found = await Axe().run(self.page)
        return [
            f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]
        ]

    def captions(self, who: str) -> Any:
        return self.page.locator(f"#captions li.{who}:not(.interim)")

    async def wait_for_state(self, state: str) -> None:
        await self.wait_until(
            "state => document.getElementById('stage').dataset.state === state", state
        )

    async def wait_until(self, condition: str, argument: object = None) -> None:
        await self.page.wait_for_function(condition, arg=argument, polling=50)

    async def heard(self) -> Samples:
        """What the page played since the last look."""
        assert SAMPLE_RATE == 24_000
        return np.frombuffer(base64.b64decode(await self.page.evaluate(RECORDED)), np.int16)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.page_errors.append(message.text)

    @staticmethod
    def write_microphone(file: Path, samples: Samples | None = None) -> None:
        """What the microphone will hear from its next opening on: `samples`, then silence."""
        spoken = np.zeros(SAMPLE_RATE // 10, np.int16) if samples is None else samples
        # A breath before and behind: opening the microphone takes a moment.
        breath = np.zeros(SAMPLE_RATE // 2, np.int16)
        audio = soxr.resample(
            np.concatenate([breath, spoken, breath]), SAMPLE_RATE, MICROPHONE_RATE
        )
        with wave.open(str(file), "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(MICROPHONE_RATE)
            writer.writeframes(audio.astype(np.int16).tobytes())
