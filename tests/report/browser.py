# Writes reports of a made-up fleet with the collection's own code, and opens the page in the system's Chromium.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""made(): the page of so many hosts; opened(): a tab with it, and what went wrong in it.

Shared by the tests and the screenshots.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from fleet_of import reports
from playwright.sync_api import Page, sync_playwright

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _data as packing
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._changes import former_of
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import Fleet
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._page import page

ROOT = Path(__file__).resolve().parents[2]
MADE = "2026-11-20T07:00:00Z"


def profile() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "roles" / "tcp_hardening" / "defaults" / "main.yml").read_text(encoding="utf-8"))[
        "tcp_hardening_values"
    ]


def fleet_of(documents: list[dict[str, Any]]) -> Fleet:
    fleet = Fleet()
    for document in documents:
        fleet.add(f"reports/{document['host']['name']}.tcp.json", document)
    return fleet


def made(path: Path, count: int) -> Fleet:
    """The page of so many hosts, compared with the day before; gives the fleet that is on it."""
    fleet, before = fleet_of(reports(count, profile())), fleet_of(reports(count - 1, profile(), seed=8, day=19))
    data = packing.pack(fleet, MADE, "1.0.0", [("reports/web99.tcp.json", "no JSON object")], former_of(before))
    path.write_text(page(data), encoding="utf-8")
    return fleet


@contextlib.contextmanager
def opened(path: Path, scheme: str = "light", width: int = 1440, height: int = 900) -> Iterator[tuple[Page, list[str]]]:
    """A tab with the page, and a list that takes errors and every request that leaves the file."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        # As root, as in a container, Chromium starts only without its own sandbox; the page is ours.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": height}, offline=True
            )
            tab, wrong = context.new_page(), []
            tab.on(
                "console",
                lambda message: (
                    wrong.append(f"{message.type}: {message.text}") if message.type in ("error", "warning") else None
                ),
            )
            tab.on("pageerror", lambda error: wrong.append(f"error: {error}"))
            tab.on(
                "request",
                lambda request: (
                    wrong.append(f"request: {request.url}") if request.url not in (path.as_uri(), "data:,") else None
                ),
            )
            tab.goto(path.as_uri())
            yield tab, wrong
        finally:
            browser.close()
