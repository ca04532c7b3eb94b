"""Real servers, the page that they serve, and a real browser whose microphone plays what a test says."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from demo.deployment import LocalDeployment
from demo.environment import API_KEY, ENDPOINT, read_environment
from demo.livekit_binary import INSTALL_COMMAND, find_livekit_server
from demo.page import install_page_library
from demo.progress import StepFailed
from tests.browser.chromium import INSTALL_COMMAND as INSTALL_CHROMIUM, find_chromium
from tests.browser.person import Person
from tests.e2e.speech import Speech


@pytest.fixture(scope="package")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the deployment's parts write."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="package")
def deployment(logs: Path) -> Iterator[LocalDeployment]:
    binary = find_livekit_server()
    if binary is None:
        pytest.fail(f"There is no livekit-server: `{INSTALL_COMMAND}` installs it.")
    try:
        install_page_library()
    except StepFailed as failure:
        pytest.fail(str(failure))
    environment = read_environment()
    for name in (ENDPOINT, API_KEY, "LIVEKIT_AGENT_NAME", "WEB_LIVEKIT_URL"):
        environment.pop(name, None)
    with LocalDeployment(
        livekit_binary=binary,
        environment=environment,
        logs=logs,
        livekit_key=("testkey", secrets.token_urlsafe(32)),
        page_port=0,
    ) as running:
        yield running


@pytest.fixture(scope="package")
def speech() -> Speech:
    return Speech()


@pytest_asyncio.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


async def launch(playwright: Playwright, *flags: str) -> Browser:
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(f"There is no browser: `{INSTALL_CHROMIUM}` installs one.")
    # No sandbox: test machines are often containers, where root runs the browser.
    return await playwright.chromium.launch(
        executable_path=chromium, args=["--no-sandbox", "--disable-gpu", *flags]
    )


@pytest_asyncio.fixture
async def person(
    deployment: LocalDeployment, playwright: Playwright, tmp_path: Path
) -> AsyncIterator[Person]:
    """Somebody with a microphone who has opened the page."""
    microphone = tmp_path / "microphone.wav"
    Person.write_microphone(microphone)
    browser = await launch(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    )
    page = await browser.new_page(viewport={"width": 900, "height": 760})
    person = Person(page, microphone)
    await person.open(str(deployment.page_url))
    yield person
    await browser.close()
    assert not person.page_errors


@pytest_asyncio.fixture
async def silent_person(
    deployment: LocalDeployment, playwright: Playwright, tmp_path: Path
) -> AsyncIterator[Person]:
    """Somebody whose browser gives the page no microphone."""
    browser = await launch(playwright)
    person = Person(await browser.new_page(), tmp_path / "none.wav")
    await person.open(str(deployment.page_url))
    yield person
    await browser.close()
    assert not person.page_errors
