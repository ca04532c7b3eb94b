"""What the page to talk on needs of this machine: its library from npm, and a browser to open it in.

The page is an extra of the demo: without npm there is none, and everything else works.
"""

import os
import shutil
import sys
import webbrowser

from demo.progress import CHECKOUT, LOGS, StepFailed, run_step, say

USUAL_PAGE_PORT = 8080
WEB_FOLDER = CHECKOUT / "agent" / "worker" / "web"
LOCK = WEB_FOLDER / "package-lock.json"
# npm writes it when it is done: an installation that was cut short has none.
INSTALLED = WEB_FOLDER / "node_modules" / ".package-lock.json"


def install_page_library() -> None:
    """Install what the lock file names, checked by hash, unless that is done already.

    Raises:
        StepFailed: there is no npm, or it could not install.
    """
    if INSTALLED.is_file() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise StepFailed(
            "The page to talk on needs npm: install Node.js (Debian: `apt-get install npm`)."
        )
    run_step(
        "Installing the page's library",
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", WEB_FOLDER],
        log=LOGS / "install-page.log",
        environment=os.environ,
    )


def open_in_browser(url: str) -> None:
    """Show `url` to the person at this machine, if one sits there; never fails."""
    has_display = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if not has_display or os.environ.get("CI") or not sys.stdout.isatty():
        return
    try:
        webbrowser.open(url)
    except (webbrowser.Error, OSError):
        say(f"No browser could be opened: {url}")


def main() -> None:
    """Make sure that the library is there."""
    try:
        install_page_library()
    except StepFailed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
