"""Which browser renders pages: found, never downloaded at run time."""

import os
import shutil
import sys
from pathlib import Path

BROWSER_VARIABLE = "PHARMAKON_BROWSER"
"""Environment variable that names the browser's executable and wins over the search."""

_COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_PLAYWRIGHT = (
    # where `playwright install chromium` puts it on Linux and on macOS
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/"
    "Google Chrome for Testing",
)

QUIET_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)
"""Switches that keep Chromium from talking to anybody but the page's own hosts."""


def find_browser() -> Path | None:
    """Return the executable of a Chromium-based browser, or None.

    Order: ``PHARMAKON_BROWSER``, the system's commands, macOS applications, Playwright's own download.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for command in _COMMANDS:
        found = shutil.which(command)
        if found:
            return Path(found)
    if sys.platform == "darwin":
        for application in _MAC:
            if os.access(application, os.X_OK):
                return Path(application)
    for pattern in _PLAYWRIGHT:
        # the highest revision last; the newest is what `playwright install` fetched for this version
        downloaded = sorted(path for path in Path.home().glob(pattern) if os.access(path, os.X_OK))
        if downloaded:
            return downloaded[-1]
    return None


def launch_arguments() -> list[str]:
    """Return the command-line switches for a launch; as root Chromium's own sandbox cannot start and is left out."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*QUIET_ARGUMENTS, *(["--no-sandbox"] if root else [])]
