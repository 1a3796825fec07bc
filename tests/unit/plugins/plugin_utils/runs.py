# What tests of the record of a run and of the closing table share: plans, and what sysctl_profile makes of them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Plain results, as the modules return them, and the lines of the table."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table import _closing_table as table
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN, next_boot
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import make_plan

WANTED = {SOMAXCONN: 8192, FIN: 30, RECYCLE: 1}
DONE = {SOMAXCONN: "8192", FIN: "30"}
FRESH = {SOMAXCONN: "4096", FIN: "60"}
CONFIRMED = {"settings": [], "messages": [], "state": "confirmed", "trial": ""}
WITHDRAWN = dict(CONFIRMED, state="withdrawn")
LATER = {"/etc/sysctl.d/99-x.conf": FIN + " = 5"}


def planned(running=None, wanted=None, drop_in=True, release="6.12.101", files=None, policy="exact", **options):
    """A plan of a container, whose keys make no advice of their own, with the drop-in in its place or not. The policy
    is `exact`, so that the values of a test are those that are set."""
    running = FRESH if running is None else running
    wanted = WANTED if wanted is None else wanted
    kernel = Kernel(release, 8192, 4096, "container")
    there = {OWN: "".join("%s = %s\n" % item for item in running.items()) if drop_in else "", **(files or {})}
    where = Host(
        kernel, {key: Reading(True, True, text) for key, text in running.items()}, **next_boot(there, wanted, kernel)
    )
    return make_plan(Profile(wanted, policy=policy, **options), where)


def going_back(as_root=True, wanted=None, running=None, live=True, **options):
    """A plan of a host on which an earlier run set DONE, of which FIN left the profile. as_root: whether the snapshot
    can be seen, which has FRESH."""
    wanted = {SOMAXCONN: 8192} if wanted is None else wanted
    running = {**DONE, **(running or {})}
    kernel = Kernel("6.12.101", 8192, 4096, "container")
    text = "".join("%s = %s\n" % item for item in DONE.items())
    keys = {key: Reading(True, True, value) for key, value in running.items()}
    before = FRESH if as_root else {}
    where = Host(kernel, keys, drop_in=text, before=before, live=live, **next_boot({OWN: text}, running, kernel))
    return make_plan(Profile(wanted, **options), where)


def result(plan, messages=(), state="present", trial=""):
    """What sysctl_profile returns for a plan."""
    rows = []
    for setting in plan["settings"]:
        status = "skipped" if setting["verdict"] == "skip" else "applied" if setting["drift"] else "unchanged"
        value = FRESH.get(setting["key"]) if setting["target"] is None else setting["target"]
        reason = setting["reason"] if status == "skipped" else None
        rows.append({"key": setting["key"], "value": value, "status": status, "reason": reason,
                     "detail": setting["detail"]})  # fmt: skip
    return {"settings": rows, "messages": list(messages), "state": state, "trial": trial}


def harden(run, name, plan, **more):
    """Plan and apply."""
    run.planned(name, plan, False)
    run.applied(name, result(plan, **more))


def plain(text, _colour):
    return text


def lines(run, title="", check=False, width=0, paint=plain):
    """The closing table of a run that has come to its end."""
    run.finish()
    found = table.lines(run, title, check, width, paint)
    assert all(line == line.rstrip() for line in found), "no trailing blanks"
    assert all(line.isprintable() for line in found)
    return found


def counts(run):
    """The numbers of each host, by column, and what became of it."""
    found = lines(run)
    names = [*found[1].split()[2:], "end"]
    rows = found[2 : found.index("")] if "" in found else found[2:]
    return {row.split()[0]: dict(zip(names, row.split(None, len(names) + 1)[2:])) for row in rows}


def audited(*plans):
    """A run that has planned hosts h0, h1 and so on, and no more."""
    run = Run()
    for number, plan in enumerate(plans):
        run.planned("h%d" % number, plan, False)
    return run


def outcomes(run, name):
    """What became of each key of a host, when the run has come to its end."""
    run.finish()
    return {key: str(word.outcome) for key, word in run.words(run.hosts[name]).items()}


def new_run():
    return Run(lambda: "2026-01-02T03:04:05Z")
