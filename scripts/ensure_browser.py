"""Find a browser, or install one: Debian's package as root, else Playwright's Chromium, else say what is missing.

Run by ``scripts/setup``. Never fails the set-up: everything but rendering works without a browser.
"""

import os
import shutil
import subprocess
import sys

from crawler.net.browser import find_browser

APT = ("apt-get", "install", "-y", "-q", "chromium", "fonts-noto-core", "fonts-noto-cjk")
"""With fonts, so that screenshots of Chinese, Hindi or Arabic pages are readable."""


def run(command: tuple[str, ...]) -> bool:
    """Run ``command`` with its output on stderr; return whether it succeeded."""
    try:
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0  # noqa: S603 - fixed commands
    except OSError:
        return False


def install() -> bool:
    """Try Debian's packages, then Playwright's download; return whether a browser is there afterwards."""
    as_root = shutil.which("apt-get") is not None and os.geteuid() == 0
    if as_root and run(("apt-get", "update", "-q")) and run(APT) and find_browser():
        return True
    return run((sys.executable, "-m", "playwright", "install", "chromium")) and find_browser() is not None


def main() -> None:
    """Look for a browser; install one where none is found."""
    if find_browser():
        return
    print("No browser found; installing Chromium.", file=sys.stderr)
    if not install():
        print(
            "No browser could be installed. Pages that need JavaScript will not be rendered and browser tests are\n"
            "skipped. Install Chromium (Debian/Ubuntu: apt install chromium, macOS: brew install --cask chromium)\n"
            "and run again, or name one: PHARMAKON_BROWSER=/path/to/chromium",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
