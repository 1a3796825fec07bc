# Makes reports of a fleet that does not exist, with everything in it that the page shows; the same each time.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""reports(count): plausible hosts on several kernels, planned by the collection's own code, with drift, failures and
sockets."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel, Profile
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import imagine
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._host import Head, document
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import make_plan

# Kernel, memory in MiB, namespace, and how often.
KINDS = [
    ("6.12.57+deb13-amd64", 15931, "host", 38),
    ("6.1.0-40-amd64", 7936, "host", 26),
    ("5.10.0-36-amd64", 3921, "host", 12),
    ("5.14.0-570.el9.x86_64", 31870, "host", 10),
    ("4.18.0-553.el8_10.x86_64", 15800, "host", 6),
    ("6.8.0-85-generic", 7936, "container", 5),
    ("7.2.1", 63900, "host", 3),
]
ROLES = [("web", 40), ("db", 15), ("cache", 12), ("queue", 8), ("build", 15), ("edge", 10)]
SITES = ["ams", "fra", "sin"]
# A key that an earlier run set on some hosts, and that is left alone there now: it goes back to what only root sees.
BACK = "net.ipv4.ip_local_port_range"
# What /etc/sysctl.d/99-vendor.conf of some hosts says.
FOREIGN = {"net.ipv4.tcp_keepalive_time": "7200", "net.core.somaxconn": "1024"}


def reports(count: int, values: dict[str, Any], seed: int = 7, day: int = 20) -> list[dict[str, Any]]:
    """One report for each host. Another seed is another day: a few hosts differ."""
    chance = random.Random(seed)
    fixed = random.Random(1)
    bases = {
        kind: [_plan(kind, values, drop_in, foreign) for drop_in in (True, False) for foreign in (False, True)]
        for kind in KINDS
    }
    made, numbers = [], dict.fromkeys((role for role, _often in ROLES), 0)
    for _index in range(count):
        role = fixed.choices([each for each, _often in ROLES], [often for _role, often in ROLES])[0]
        kind = fixed.choices(KINDS, [each[3] for each in KINDS])[0]
        site = fixed.choice(SITES)
        numbers[role] += 1
        luck = chance.random()
        plan = bases[kind][0 if luck < 0.88 else 1 if luck < 0.91 else 2]
        if luck > 0.99:
            plan = {**plan, "settings": [_back(row) if row["key"] == BACK else row for row in plan["settings"]]}
        if 0.86 < luck < 0.88:
            plan = copy.deepcopy(plan)
            _by_hand(plan["settings"], chance)
        made.append(
            _report(f"{role}{numbers[role]:02d}.{site}.example.net", [role, site], plan, bases[kind][2], chance, day)
        )
    return made


def _plan(kind: tuple[str, int, str, int], values: dict[str, Any], drop_in: bool, foreign: bool) -> dict[str, Any]:
    """A plan of a host that has the profile, or its kernel's own values."""
    release, memory, namespace, _often = kind
    host = imagine(Kernel(release, memory, 4096, namespace), values)
    plan = make_plan(Profile(values), host)
    for setting in plan["settings"]:
        if setting["verdict"] == "skip":
            continue
        loader = {"loader": "systemd-sysctl"}
        mine = {"value": setting["target"], "source": "/etc/sysctl.d/90-tcp-hardening.conf:9", **loader}
        setting["running"] = setting["target"] if drop_in else setting["default"]
        setting["boot"] = mine if drop_in else None
        setting["drift"] = [] if setting["running"] == setting["target"] else ["running", "boot"]
        theirs = FOREIGN.get(setting["key"])
        if foreign and theirs:
            setting["boot"] = {"value": theirs, "source": "/etc/sysctl.d/99-vendor.conf:1", **loader}
            setting["drift"] = ["boot"]
            setting["advice"].insert(
                0,
                {
                    "code": "overridden_at_boot",
                    "message": f"/etc/sysctl.d/99-vendor.conf:1 sets {theirs} after the drop-in; change it there",
                },
            )
    return plan


def _back(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a key that goes back."""
    excluded = {"reason": "excluded", "detail": "left alone on request"}
    said = "%s; an earlier run set %s: it goes back to what it was before (the snapshot has it)"
    return {
        **row,
        "running": row["wanted"],
        "target": None,
        "verdict": "return",
        "reason": "left_profile",
        "detail": said % (excluded["detail"], row["wanted"]),
        "advice": [],
        "drift": ["running"],
        "then": excluded,
    }


def _by_hand(settings: list[dict[str, Any]], chance: random.Random) -> None:
    setting = chance.choice([each for each in settings if each["verdict"] == "apply"])
    setting["running"], setting["drift"] = setting["default"] or "1", ["running"]


def _report(
    name: str, groups: list[str], plan: dict[str, Any], unset: dict[str, Any], chance: random.Random, day: int
) -> dict[str, Any]:
    """The report of one host. unset: its plan as long as nothing is set, which is what a run failed on."""
    fate = chance.random()
    status = "unreachable" if fate > 0.994 else "failed" if fate > 0.988 else "ok"
    message = {
        "unreachable": "Failed to connect to the host via ssh: Connection timed out",
        "failed": "/etc/sysctl.d: No space left on device",
    }
    run = Run(lambda: f"2026-11-{day:02d}T06:{chance.randrange(60):02d}:{chance.randrange(60):02d}Z")
    run.with_reports = True
    if status != "unreachable":
        run.planned(name, unset if status == "failed" else plan, last=status == "ok")
    if status == "ok":
        run.looked(name, _sockets(groups[0], chance), "")
    elif status == "failed":
        run.failed(name, message[status])
    else:
        run.unreachable(name, message[status])
    run.grouped(name, tuple(sorted(groups)))
    return json.loads(document(run, name, Head("audit", False, "1.0.0")))


def _sockets(role: str, chance: random.Random) -> dict[str, Any]:
    connections = chance.randrange(20, 900)
    waiting = chance.randrange(0, 9000) if role in ("web", "edge") else chance.randrange(0, 300)
    stale = {"code": "restart", "subject": "nginx.service", "message": "port 443: backlog 128, 2048 after a restart"}
    return {
        "states": {
            "ipv4": {"ESTABLISHED": connections, "LISTEN": 9, "TIME_WAIT": waiting, "CLOSE_WAIT": chance.randrange(4)},
            "ipv6": {"LISTEN": 5},
        },
        "time_wait": {"sockets": waiting, "percent_of_ports": round(waiting / 640, 1)},
        "keepalive": {"connections": connections, "on": int(connections * chance.uniform(0.2, 0.95))},
        "listeners": [],
        "findings": [stale] if role == "web" and chance.random() < 0.2 else [],
    }
