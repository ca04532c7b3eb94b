"""What the page says when something is wrong: in words, with what to do; and that it can do without microphone and mouse."""

import json
import re

import pytest
from playwright.async_api import Page, Route, expect

from demo.deployment import LocalDeployment
from tests.browser.person import DEADLINE_MS, Person

pytestmark = pytest.mark.timeout(150)

UNREACHABLE = {"server_url": "ws://127.0.0.1:1", "participant_token": "none"}
"""A token for a server that is not there."""

HOLDS_SOUND_BACK = """
const play = HTMLMediaElement.prototype.play;
let touched = false;
addEventListener("keydown", () => (touched = true), true);
HTMLMediaElement.prototype.play = function () {
  return touched ? play.call(this) : Promise.reject(new DOMException("", "NotAllowedError"));
};
"""
"""A browser that plays nothing before a key is pressed."""

STARTS_NO_AUDIO_CONTEXT = (
    'Object.defineProperty(AudioContext.prototype, "state", {value: "suspended"});'
)
"""As Firefox without a sound device, and for a moment with one."""


async def test_without_a_microphone_or_a_mouse_one_is_told_so_and_types(
    silent_person: Person,
) -> None:
    page = silent_person.page
    await press_until_focused(page, "Tab", "connect")
    await page.keyboard.press("Enter")
    await expect(silent_person.captions("agent").first).to_be_visible(timeout=DEADLINE_MS)
    await silent_person.wait_for_state("listening")
    await expect(page.get_by_role("alert")).to_contain_text("microphone")
    await expect(page.get_by_role("button", name="Unmute")).to_be_focused()
    await press_until_focused(page, "Shift+Tab", "line")
    await page.keyboard.type("What is two plus six?")
    await page.keyboard.press("Enter")
    await expect(silent_person.captions("agent").last).to_contain_text(
        re.compile("eight|8", re.IGNORECASE), timeout=DEADLINE_MS
    )
    await expect(page.locator("#announcer")).to_contain_text(
        re.compile("^Agent: .*(eight|8)", re.IGNORECASE)
    )
    await press_until_focused(page, "Tab", "leave")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Start talking")).to_be_focused()


async def test_a_browser_that_holds_the_sound_back_is_named_until_a_key_is_pressed(
    person: Person,
) -> None:
    page = person.page
    await page.add_init_script(HOLDS_SOUND_BACK)
    await page.reload()
    await page.get_by_role("button", name="Start talking").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("holds back the sound", timeout=DEADLINE_MS)
    await page.keyboard.press("Shift")
    await expect(alert).to_be_hidden()


async def test_one_that_only_starts_no_audio_context_is_not(person: Person) -> None:
    await person.page.add_init_script(STARTS_NO_AUDIO_CONTEXT)
    await person.page.reload()
    await person.call()
    await expect(person.page.get_by_role("alert")).to_be_hidden()


async def test_a_server_that_cannot_be_reached_is_named(silent_person: Person) -> None:
    async def elsewhere(route: Route) -> None:
        await route.fulfill(json=UNREACHABLE)

    await silent_person.page.route("**/token", elsewhere)
    await silent_person.page.get_by_role("button", name="Start talking").click()
    alert = silent_person.page.get_by_role("alert")
    await expect(alert).to_contain_text("ws://127.0.0.1:1 cannot be reached", timeout=DEADLINE_MS)
    await expect(silent_person.page.get_by_role("button", name="Start talking")).to_be_enabled()


@pytest.mark.parametrize("permitted", ["before the call fails", "after the call failed"])
async def test_a_call_that_cannot_be_made_lets_the_microphone_go(
    person: Person, permitted: str
) -> None:
    async def elsewhere(route: Route) -> None:
        if permitted == "before the call fails":
            await person.wait_until("() => ears.microphones.length")
        await route.fulfill(json=UNREACHABLE)

    page, alert = person.page, person.page.get_by_role("alert")
    await page.route("**/token", elsewhere)
    if permitted == "after the call failed":
        await page.evaluate(
            "ears.permission = new Promise((permit) => { ears.permit = permit; }); undefined"
        )
    await page.get_by_role("button", name="Start talking").click()
    await expect(alert).to_contain_text("cannot be reached", timeout=DEADLINE_MS)
    if permitted == "after the call failed":
        await page.evaluate("ears.permit()")
    await person.wait_until(
        "() => ears.microphones.length && ears.microphones.every((each) => each.readyState === 'ended')"
    )


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
    assert await silent_person.barriers() == []
    await page.keyboard.type("open sesame")
    await page.keyboard.press("Enter")
    await expect(alert).to_contain_text("cannot be reached", timeout=DEADLINE_MS)


async def test_the_agents_own_reason_for_not_going_on_is_shown(silent_person: Person) -> None:
    async def impossible(route: Route) -> None:
        dispatch = {"metadata": json.dumps({"tools": ["fly"]})}
        await route.continue_(post_data={"room_config": {"agents": [dispatch]}})

    page = silent_person.page
    await page.route("**/token", impossible)
    await page.get_by_role("button", name="Start talking").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("The agent cannot go on.", timeout=DEADLINE_MS)
    await silent_person.wait_for_state("gone")
    await expect(alert).to_contain_text("`tools` names one that this worker does not have")


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


async def press_until_focused(page: Page, key: str, element: str) -> None:
    """Walk by keyboard alone, as far as a person would."""
    for _ in range(8):
        await page.keyboard.press(key)
        if await page.evaluate("document.activeElement.id") == element:
            return
    pytest.fail(f"{key} does not lead to #{element}")
