"""Finds the browser of these tests, or installs Debian's where that may be done."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_COMMAND = "apt-get install -y --no-install-recommends chromium"


def find_chromium() -> str | None:
    """The browser on PATH, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def main() -> None:
    """Make sure that there is a browser, or end with the command that installs one."""
    if find_chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing a browser for the tests: {INSTALL_COMMAND}", flush=True)
        subprocess.run(["apt-get", "-q", "update"], stdout=subprocess.DEVNULL)
        subprocess.run(INSTALL_COMMAND.split(), stdout=subprocess.DEVNULL)
    if find_chromium() is None:
        sys.exit(f"The browser tests need Chromium: `sudo {INSTALL_COMMAND}` installs it.")


if __name__ == "__main__":
    main()
