"""The page in a real browser: a person speaks, hears, reads, types, interrupts, and chooses what to speak into."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.person import DEADLINE_MS, Person
from tests.browser.screenshots import take_screenshots
from tests.e2e.speech import Speech, normalised

pytestmark = pytest.mark.timeout(150)

AUDIBLE_LEVEL = 0.02
"""Root mean square of full scale; speech is several times that."""


async def test_a_spoken_question_is_answered_aloud_in_writing_and_in_figures(
    person: Person, speech: Speech, logs: Path
) -> None:
    log = logs / "agent.log"
    earlier_calls = log.stat().st_size
    await person.call()
    await person.heard()
    await person.say(speech.of("What is seven plus five?"))
    await expect(person.captions("you").first).to_contain_text(
        re.compile("seven|7"), timeout=DEADLINE_MS
    )
    await expect(person.captions("agent").last).to_contain_text(
        re.compile("twelve|12", re.IGNORECASE), timeout=DEADLINE_MS
    )
    await person.wait_for_state("listening")
    words = speech.words_in(await person.heard()).split()
    assert "12" in words or "twelve" in words, words
    assert await person.page.evaluate("ears.loudest") > AUDIBLE_LEVEL
    states = await person.page.evaluate("ears.states")
    assert {"initializing", "listening", "speaking"} <= set(states)
    await person.type("What time is it in Tokyo?")
    note = person.page.locator("#captions .agent .note").last
    await expect(note).to_have_text(re.compile(r"^used get_time · [\d,]+ tokens$"))
    shown = await figures(person)
    assert shown["answers"] == "3"
    assert await person.page.locator("#sparkline rect").count() == 3
    assert await person.page.locator("#sparkline rect.untimed").count() == 2
    await person.page.get_by_role("button", name="End call").click()
    told = await summary_of_a_call(log, person, after=earlier_calls)
    assert shown["latency"] == shown["typical"] == in_words(told["latency_median_ms"])
    assert int(shown["tokens"].replace(",", "")) == told["input_tokens"] + told["output_tokens"]
    assert shown["model"] == told["model"]


async def test_typing_is_answered_and_an_interruption_cuts_the_caption(
    person: Person, speech: Speech
) -> None:
    await person.call()
    await person.say(speech.of("What is nine plus four?"))
    await expect(person.captions("agent").last).to_contain_text(
        re.compile("thirteen|13", re.IGNORECASE), timeout=DEADLINE_MS
    )
    await person.wait_for_state("listening")
    await person.type("Please tell me a long story.")
    await expect(person.captions("you").last).to_contain_text("Please tell me a long story.")
    await person.wait_until(
        "() => document.querySelector('#captions .agent.interim .text')?.textContent.length > 60"
    )
    await person.say(speech.of("Stop, please."))
    cut = person.page.locator("#captions li.agent.cut")
    await expect(cut).to_be_visible(timeout=DEADLINE_MS)
    await expect(cut).to_contain_text("you interrupted here")
    story = normalised(await cut.locator(".text").inner_text())
    assert "answer" not in story.split()[-3:], "the story was told to its end"
    await expect(person.captions("you").last).to_contain_text("top", timeout=DEADLINE_MS)
    await expect(person.page.locator("#sparkline rect.interrupted")).to_have_count(1)
    await expect(person.captions("agent").last.locator(".note")).to_have_text(
        re.compile(r"m?s · [\d,]+ tokens$"), timeout=DEADLINE_MS
    )
    await person.wait_for_state("listening")
    await take_screenshots(person)


async def test_what_is_said_while_the_call_connects_is_heard(
    person: Person, speech: Speech
) -> None:
    """The token is given only when everything has been said: nothing of it can travel as a track."""

    async def after_the_words(route: Route) -> None:
        level = "Number(document.body.style.getPropertyValue('--microphone-level'))"
        await person.wait_until(f"() => {level} > {AUDIBLE_LEVEL}")
        await person.wait_until(
            f"() => {{ if ({level} > {AUDIBLE_LEVEL}) window.lastLoud = performance.now();"
            " return performance.now() - window.lastLoud > 800; }"
        )
        await route.continue_()

    person.have_ready(speech.of("What is six plus eight?"))
    await person.page.route("**/token", after_the_words)
    await person.page.get_by_role("button", name="Start talking").click()
    await expect(person.page.get_by_role("status")).to_have_text("You can already speak")
    await expect(person.captions("you").first).to_contain_text(
        re.compile("eight|8", re.IGNORECASE), timeout=DEADLINE_MS
    )
    await expect(person.captions("agent").last).to_contain_text(
        re.compile("fourteen|14", re.IGNORECASE), timeout=DEADLINE_MS
    )


async def test_a_muted_microphone_is_let_go_and_another_can_be_chosen(person: Person) -> None:
    await person.call()
    microphones = person.page.get_by_label("Microphone")
    await expect(microphones).to_be_enabled()
    assert await person.open_microphones() == ["Fake Default Audio Input"]
    await microphones.select_option(label="Fake Audio Input 2")
    await person.wait_until(
        "() => ears.microphones.some((each) => each.label === 'Fake Audio Input 2')"
    )
    await person.wait_until(
        "() => ears.microphones.filter((each) => each.readyState === 'live').length === 1"
    )
    assert await person.open_microphones() == ["Fake Audio Input 2"]
    await person.mute()
    assert await person.open_microphones() == []
    loudspeakers = person.page.get_by_label("Loudspeaker")
    chosen = await loudspeakers.locator("option").last.get_attribute("value")
    await loudspeakers.select_option(value=chosen)
    await person.wait_until(
        "chosen => document.querySelector('audio').sinkId === chosen", argument=chosen
    )
    await expect(person.page.get_by_role("alert")).to_be_hidden()


async def figures(person: Person) -> dict[str, str]:
    """What the page shows under each name, once the agent is silent again."""
    await person.wait_for_state("listening")
    shown: dict[str, str] = await person.page.locator("#figures").evaluate(
        "list => Object.fromEntries([...list.querySelectorAll('dd')].map(dd => [dd.id, dd.textContent]))"
    )
    return shown


async def summary_of_a_call(log: Path, person: Person, *, after: int) -> dict[str, Any]:
    """The worker's own account of the first call that it logs behind the byte `after`."""
    for _ in range(DEADLINE_MS // 100):
        found = re.search(rb"call summary.*?(\{.*\})", bytes_of(log)[after:])
        if found:
            told: dict[str, Any] = json.loads(found[1])
            return told
        await person.page.wait_for_timeout(100)
    pytest.fail("the worker wrote no summary of the call")


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()


def in_words(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
