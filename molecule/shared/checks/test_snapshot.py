# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The snapshot holds what the host had before the first run, for root alone."""

from __future__ import annotations

import json
from typing import Any

from hardened import SNAPSHOT, STATE, Before, proc


def test_only_root_can_read_it(host: Any) -> None:
    lines = host.check_output("stat -c '%%F %%U %%G %%a' %s %s", STATE, SNAPSHOT).splitlines()
    assert lines == ["directory root root 700", "regular file root root 600"]


def test_it_holds_the_first_values(host: Any, before: Before, applied: dict[str, str]) -> None:
    """Also after further runs: they do not overwrite it."""
    live = json.loads(host.file(SNAPSHOT).content_string)["live"]
    assert {key: " ".join(value.split()) for key, value in live.items()} == {
        key: before.settings[proc(key)] for key in applied
    }
