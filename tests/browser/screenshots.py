"""Pictures of the page for a person to look at, and what can be told of each without one."""

from playwright.async_api import expect

from demo.progress import CACHE
from tests.browser.person import Person

SCREENSHOTS = CACHE / "screenshots"

NARROW = {"width": 390, "height": 780}
"""A phone."""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def take_screenshots(person: Person) -> None:
    """Light, dark, on a phone, after the call and before it; nothing may hang over or bar anyone."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = person.page
    await _take(person, "light")
    await page.emulate_media(color_scheme="dark")
    await _take(person, "dark")
    await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    await _take(person, "phone-dark")
    await page.emulate_media(color_scheme="light")
    await _take(person, "phone")
    await page.get_by_role("button", name="End call").click()
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()
    await _take(person, "ended")
    await page.reload()
    await _take(person, "start")


async def _take(person: Person, name: str) -> None:
    await person.page.screenshot(path=SCREENSHOTS / f"{name}.png")
    assert await person.page.evaluate(OVERFLOW) == 0, name
    assert await person.barriers() == [], name
