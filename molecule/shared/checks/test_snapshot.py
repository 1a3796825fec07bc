# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The snapshot holds what the host had before the first run, for root alone."""

from __future__ import annotations

import json
from typing import Any

from hardened import SNAPSHOT, STATE, Before, proc


def test_only_root_can_read_it(host: Any) -> None:
    folder, file = host.file(STATE), host.file(SNAPSHOT)
    assert folder.is_directory and file.is_file
    assert (folder.user, folder.group, oct(folder.mode)) == ("root", "root", "0o700")
    assert (file.user, file.group, oct(file.mode)) == ("root", "root", "0o600")


def test_it_holds_the_first_values(host: Any, before: Before, applied: dict[str, str]) -> None:
    """Also after the drift and the second converge: later runs do not overwrite it."""
    live = json.loads(host.file(SNAPSHOT).content_string)["live"]
    assert {key: " ".join(value.split()) for key, value in live.items()} == {key: before.settings[proc(key)] for key in applied}
