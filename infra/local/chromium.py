"""A Chromium for the journeys: the one on this machine, else one that can be had.

`python -m infra.local.chromium` gets one and prints where it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium, or None. CHROMIUM names one that is elsewhere."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    on_path = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return on_path or _downloaded()


def provide() -> str | None:
    """Return the path of a Chromium, getting one if need be; None if there is none to be had."""
    if find() is None:
        _install_package() if _can_install() else _download()
    return find()


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install_package() -> None:
    _apt_get("update")
    _apt_get("install", "--yes", "--no-install-recommends", "chromium")


def _apt_get(*words: str) -> None:
    subprocess.run(
        ["apt-get", "--quiet", *words],
        check=False,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


def _download() -> None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    print(provide() or "no Chromium here, and none to be had: set CHROMIUM to one")
