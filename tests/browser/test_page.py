"""The page in a real browser: a person speaks, hears, reads, types, interrupts, and is told what went wrong."""

import re

import pytest
from playwright.async_api import Route, expect

from demo.deployment import LocalDeployment
from tests.browser.conftest import SCREENSHOTS
from tests.browser.person import DEADLINE_MS, Person
from tests.e2e.speech import Speech, normalised

pytestmark = pytest.mark.timeout(150)

UNREACHABLE = {"server_url": "ws://127.0.0.1:1", "participant_token": "none"}
"""A token for a server that is not there."""

AUDIBLE_LEVEL = 0.02
"""Root mean square of full scale; speech is several times that."""


async def test_a_spoken_question_is_answered_aloud_and_in_writing(
    person: Person, speech: Speech
) -> None:
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
    await expect(person.page.locator("#turns")).to_have_text("1")
    await expect(person.page.locator("#latency")).to_have_text(re.compile(r"^\d+(\.\d)? m?s$"))
    await expect(person.page.locator("#sparkline rect")).to_have_count(1)


async def test_typing_is_answered_and_an_interruption_cuts_the_caption(
    person: Person, speech: Speech
) -> None:
    await person.call()
    await person.type("What is nine plus four?")
    await expect(person.captions("you").last).to_contain_text("What is nine plus four?")
    await expect(person.captions("agent").last).to_contain_text(
        re.compile("thirteen|13", re.IGNORECASE), timeout=DEADLINE_MS
    )
    await person.wait_for_state("listening")
    await person.type("Please tell me a long story.")
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
    await person.wait_for_state("listening")
    await take_screenshots(person)


async def test_without_a_microphone_one_is_told_so_and_types(silent_person: Person) -> None:
    await silent_person.call()
    await expect(silent_person.page.get_by_role("alert")).to_contain_text("microphone")
    await expect(silent_person.page.get_by_role("button", name="Unmute")).to_be_visible()
    await silent_person.type("What is two plus six?")
    await expect(silent_person.captions("agent").last).to_contain_text(
        re.compile("eight|8", re.IGNORECASE), timeout=DEADLINE_MS
    )


async def test_a_server_that_cannot_be_reached_is_named(silent_person: Person) -> None:
    async def elsewhere(route: Route) -> None:
        await route.fulfill(json=UNREACHABLE)

    await silent_person.page.route("**/token", elsewhere)
    await silent_person.page.get_by_role("button", name="Start talking").click()
    alert = silent_person.page.get_by_role("alert")
    await expect(alert).to_contain_text("ws://127.0.0.1:1 cannot be reached", timeout=DEADLINE_MS)
    await expect(silent_person.page.get_by_role("button", name="Start talking")).to_be_enabled()


async def test_a_site_with_a_secret_asks_for_it(silent_person: Person) -> None:
    async def guarded(route: Route) -> None:
        shown = await route.request.header_value("authorization")
        if shown == "Bearer open sesame":
            await route.fulfill(json=UNREACHABLE)
        else:
            await route.fulfill(status=401, json={"error": "a secret is needed"})

    page = silent_person.page
    await page.route("**/token", guarded)
    await page.get_by_role("button", name="Start talking").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("its secret")
    await expect(page.get_by_label("Secret of this site")).to_be_focused()
    await page.keyboard.type("open sesame")
    await page.keyboard.press("Enter")
    await expect(alert).to_contain_text("cannot be reached", timeout=DEADLINE_MS)


async def test_an_agent_that_goes_or_does_not_come_is_missed(
    silent_person: Person, deployment: LocalDeployment
) -> None:
    """The last of these tests: it stops the worker."""
    page = silent_person.page
    await page.get_by_role("button", name="Start talking").click()
    await silent_person.wait_for_state("speaking")
    deployment.stop_worker()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("The agent left the call", timeout=DEADLINE_MS)
    await page.get_by_role("button", name="End call").click()
    await page.clock.install()
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.locator("#connection")).to_have_text("Connected")
    await page.clock.run_for(21_000)
    await expect(alert).to_contain_text("The agent did not join")


async def take_screenshots(person: Person) -> None:
    """For a person to look at: light, dark, and on a phone."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = person.page
    await page.screenshot(path=SCREENSHOTS / "light.png")
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=SCREENSHOTS / "dark.png")
    await page.set_viewport_size({"width": 390, "height": 780})
    await page.screenshot(path=SCREENSHOTS / "phone-dark.png")
    await page.emulate_media(color_scheme="light")
    await page.screenshot(path=SCREENSHOTS / "phone.png")
    await page.get_by_role("button", name="End call").click()
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()
    await page.screenshot(path=SCREENSHOTS / "ended.png")
    await page.reload()
    await page.screenshot(path=SCREENSHOTS / "start.png")
