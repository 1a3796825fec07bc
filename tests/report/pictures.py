# Takes the pictures of the page that the documentation shows.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""pictures.py [FOLDER]: the page, light and dark, and its list of changes, of a made-up fleet of 240 hosts."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browser import ROOT, made, opened

HOSTS = 240


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as empty:
        file = Path(empty) / "report.html"
        made(file, HOSTS)
        for scheme in ("light", "dark"):
            with opened(file, scheme) as (tab, _wrong):
                tab.locator("#body .s-boot").first.click()
                tab.screenshot(path=str(folder / f"report-{scheme}.png"))
        with opened(file) as (tab, _wrong):
            tab.locator("#changes").screenshot(path=str(folder / "report-changes.png"))


if __name__ == "__main__":
    main()
