# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The snapshot holds what the host had before the first run, for root alone."""

from __future__ import annotations

import json
from typing import Any

from conftest import SNAPSHOT, STATE, Before, proc


def test_only_root_can_read_it(host: Any) -> None:
    folder, file = host.file(STATE), host.file(SNAPSHOT)
    assert folder.is_directory and file.is_file
    assert (folder.user, folder.group, oct(folder.mode)) == ("root", "root", "0o700")
    assert (file.user, file.group, oct(file.mode)) == ("root", "root", "0o600")


def test_it_holds_the_first_values(host: Any, before: Before, applied: dict[str, str]) -> None:
    """Also after the drift and the second converge: later runs do not overwrite it."""
    text = host.file(SNAPSHOT).content_string
    json.loads(text)
    flat = " ".join(text.replace("\\t", " ").split())
    for key in applied:
        first = before.settings[proc(key)]
        if first != applied[key]:
            assert f'"{key}"' in flat, f"{key} is not in the snapshot"
            assert f'"{first}"' in flat, f"the first value of {key}, {first}, is not in the snapshot"
    assert '"61"' not in flat, "the value that somebody set later got into the snapshot"
