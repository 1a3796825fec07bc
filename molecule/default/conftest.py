# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What the scenario's tests share: the document's values, and the host before and now.

The values are written out here once more on purpose: a test that took them from the role would
agree with every mistake in the role.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

DROP_IN = "/etc/sysctl.d/90-tcp-hardening.conf"
STATE = "/var/lib/fleetnet.linux_tcp"
SNAPSHOT = f"{STATE}/90-tcp-hardening.json"

DOCUMENT = {
    "net.core.rmem_default": "256960",
    "net.core.rmem_max": "513920",
    "net.core.wmem_default": "256960",
    "net.core.wmem_max": "513920",
    "net.core.netdev_max_backlog": "2000",
    "net.core.somaxconn": "2048",
    "net.core.optmem_max": "81920",
    "net.ipv4.tcp_mem": "131072 262144 524288",
    "net.ipv4.tcp_rmem": "8760 256960 4088000",
    "net.ipv4.tcp_wmem": "8760 256960 4088000",
    "net.ipv4.tcp_keepalive_time": "1800",
    "net.ipv4.tcp_keepalive_intvl": "30",
    "net.ipv4.tcp_keepalive_probes": "3",
    "net.ipv4.tcp_sack": "1",
    "net.ipv4.tcp_fack": "1",
    "net.ipv4.tcp_timestamps": "1",
    "net.ipv4.tcp_window_scaling": "1",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.tcp_tw_reuse": "1",
    "net.ipv4.tcp_tw_recycle": "1",
    "net.ipv4.tcp_fin_timeout": "30",
    "net.ipv4.ip_local_port_range": "1024 65000",
    "net.ipv4.tcp_max_syn_backlog": "2048",
}

# Settings of the whole machine. A container sees them read-only, or not at all on older kernels.
_WHOLE_HOST_VISIBLE = {f"net.core.{way}mem_{what}" for way in "rw" for what in ("default", "max")}
_WHOLE_HOST_HIDDEN = {"net.core.netdev_max_backlog", "net.ipv4.tcp_mem"}


class Before(NamedTuple):
    """The host before the role's first run."""

    files: dict[str, list[Any]]
    settings: dict[str, str]


def proc(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def _record_here(host: Any) -> Before:
    script = (Path(__file__).parent / "files" / "record.py").read_text(encoding="utf-8")
    return Before(**json.loads(host.check_output("python3 -c %s", script)))


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The names that are in one of the two only, or have another content."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


@pytest.fixture(scope="module")
def before(host: Any) -> Before:
    name = host.backend.get_hostname()
    record = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / f"{name}.json"
    found = Before(**json.loads(record.read_text(encoding="utf-8")))
    assert len(found.files) > 1000 and len(found.settings) > 100, "the record is too small to compare with"
    return found


@pytest.fixture(scope="module")
def now(host: Any) -> Before:
    return _record_here(host)


@pytest.fixture(scope="module")
def skipped(host: Any, before: Before) -> dict[str, str]:
    """Key to reason, for the keys of the document that cannot be set on this host."""
    reasons = {key: "read_only" if proc(key) in before.settings else "other_namespace" for key in _WHOLE_HOST_VISIBLE}
    reasons.update(dict.fromkeys(_WHOLE_HOST_HIDDEN, "other_namespace"))
    reasons["net.ipv4.tcp_tw_recycle"] = "removed"
    release = host.check_output("uname -r").split("-")[0].split(".")
    if (int(release[0]), int(release[1])) < (6, 8):
        reasons["net.core.optmem_max"] = "other_namespace"
    return reasons


@pytest.fixture(scope="module")
def applied(skipped: dict[str, str]) -> dict[str, str]:
    """Key to value, for the keys of the document that have to be in force."""
    return {key: value for key, value in DOCUMENT.items() if key not in skipped}
