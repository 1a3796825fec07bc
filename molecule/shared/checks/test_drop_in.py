# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The drop-in has every key of the profile: as a setting, or as a comment that says why not."""

from __future__ import annotations

import re
from typing import Any

from hardened import DROP_IN


def _lines(host: Any) -> list[str]:
    return host.file(DROP_IN).content_string.splitlines()


def _settings(host: Any) -> list[tuple[str, str]]:
    pairs = []
    for line in _lines(host):
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            key, sign, value = line.partition("=")
            assert sign, f"not a setting: {line!r}"
            pairs.append((key.strip(), " ".join(value.split())))
    return pairs


def test_owner_and_mode(host: Any) -> None:
    assert host.check_output("stat -c '%%F %%U %%G %%a' %s", DROP_IN) == "regular file root root 644"


def test_every_applied_key_stands_there_once(host: Any, applied: dict[str, str]) -> None:
    pairs = _settings(host)
    assert len(pairs) == len(dict(pairs)), f"a key stands there twice: {pairs}"
    assert dict(pairs) == applied


def test_every_skipped_key_is_a_comment_that_says_why(
    host: Any, wanted: dict[str, str], skipped: dict[str, str]
) -> None:
    lines = _lines(host)
    for key, reason in skipped.items():
        places = [number for number, line in enumerate(lines) if line == f"# {key} = {wanted[key]}"]
        assert len(places) == 1, f"{key} stands in {len(places)} comments"
        why = lines[places[0] - 1]
        found = re.fullmatch(r"# skipped \((\w+)\): (.{10,})", why)
        assert found, f"no reason is given above {key}: {why!r}"
        assert found[1] == reason, key
