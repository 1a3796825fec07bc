# Runs that are killed from outside at random moments, while the wall clock stands still and while it jumps.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""SIGKILL to the real process; then a look, a dry run, the run that heals, and the way back to what was first."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import (
    BEFORE,
    STATES,
    Case,
    Scripts,
    afresh,
    alone,
    on_disk,
    prepare,
    same,
    succeeded,
    until_journal,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, JOURNAL, get, tree

DIED = "an earlier run had died in the middle"
# Python takes it in at its start: from then on nobody in that process can rely on the wall clock.
_JUMPY = """
import os, random, sys, time
_true, _dice = time.time, random.Random(os.environ["CLOCK_SEED"])
time.time = lambda: _true() + _dice.uniform(-20, 20) * 365 * 86400
time.time_ns = lambda: int(time.time() * 1e9)
sys.stderr.write("the clock jumps")
"""


def killed(scripts: Scripts, dice: random.Random) -> Case:
    """One run, killed at a random moment: of its whole time, or of the part in which it changes the host."""
    return alone(lambda: _killed(scripts, dice, {}))


def _killed(scripts: Scripts, dice: random.Random, more: dict[str, str]) -> Case:
    on_disk(scripts)
    name = dice.choice(sorted(STATES))
    later, arguments = STATES[name]
    origin, before, after, whole, work = _undisturbed(scripts, later, arguments)
    process = scripts.start("sysctl_profile", more, **arguments)
    if dice.random() < 0.3:
        _sleep(dice.uniform(0, whole))
    else:
        until_journal(process)
        # Also after the journal is gone: it must not go before its time.
        _sleep(dice.uniform(0, work * dice.choice((1, 3))))
    process.kill()
    process.communicate()
    if more:
        _misdate(dice)
    misses = []
    journal = os.path.exists(JOURNAL)
    files = tree()
    if files.get(DROP_IN) not in (before[0].get(DROP_IN), after[0].get(DROP_IN)):
        misses.append("half a drop-in")
    if not journal and world() not in (before, after):
        misses.append("no journal, and neither not begun nor over")
    untouched = tree(times=True), world()
    look = scripts.run("sysctl_profile", more, _ansible_check_mode=True, **arguments)
    misses += succeeded(look, "the dry run") + same(
        (tree(times=True), world()) == untouched, True, "the dry run wrote nothing"
    )
    heal = scripts.run("sysctl_profile", more, **arguments)
    misses += succeeded(heal, "the next run") + same(
        world(), after, "the next run leaves what a run leaves that nobody kills"
    )
    if journal != any(DIED in said for said in heal.get("messages", ())):
        misses.append(f"the next run says {heal.get('messages')}; a journal was there: {journal}")
    if name not in ("restored", "absent"):
        misses += succeeded(scripts.run("sysctl_profile", more, state="restored"), "the way back") + same(
            world(), origin, "the way back loses nothing"
        )
    stage = "half done" if journal else "done" if untouched[1] == after else "not begun"
    return Case(stage, [f"{name}, killed when {stage}: {miss}" for miss in misses])


def _undisturbed(
    scripts: Scripts, later: bool, arguments: dict[str, object]
) -> tuple[tuple, tuple, tuple, float, float]:
    """(worlds: before everything, before the run, after it; seconds: of the whole run, of its time with a journal), and
    the host as before the run."""
    prepare(scripts, False)
    origin = world()
    afresh(scripts, later)
    before = world()
    start = time.monotonic()
    process = scripts.start("sysctl_profile", **arguments)
    until_journal(process)
    begin = time.monotonic()
    while os.path.exists(JOURNAL):
        pass
    done = time.monotonic()
    process.communicate()
    whole = time.monotonic() - start
    after = world()
    afresh(scripts, later)
    return origin, before, after, whole, done - begin


def _sleep(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def jumping_clock(scripts: Scripts, dice: random.Random) -> Case:
    """A killed run and all that follows, or a trial that nobody confirms, in processes whose wall clock leaps by years
    at every look."""
    jumpy = scripts.folder / "jumpy"
    jumpy.mkdir(exist_ok=True)
    (jumpy / "sitecustomize.py").write_text(_JUMPY, encoding="utf-8")
    more = {"PYTHONPATH": str(jumpy), "CLOCK_SEED": str(dice.random())}
    return alone(lambda: _killed(scripts, dice, more) if dice.random() < 0.7 else _unconfirmed(scripts, dice, more))


def _unconfirmed(scripts: Scripts, dice: random.Random, more: dict[str, str]) -> Case:
    prepare(scripts, False)
    before = world()
    start = time.monotonic()
    found = scripts.run("sysctl_profile", more, **STATES["the first run"][1], confirm=2)
    misses = succeeded(found, "the trial")
    if "the clock jumps" not in found.get("stderr", ""):
        misses.append("the clock did not jump, so nothing was tried")
    _misdate(dice)
    trying = {key: get(key) for key in BEFORE}
    while os.path.exists(JOURNAL) and time.monotonic() - start < 20:
        time.sleep(0.05)
    seconds = time.monotonic() - start
    if trying == before[1]:
        misses.append("the trial set nothing")
    if not 1.5 < seconds < 10:
        misses.append(f"a trial of 2 s was over after {seconds:.1f} s")
    return Case("unconfirmed trial", [*misses, *same(world(), before, "everything is as before the trial")])


def _misdate(dice: random.Random) -> None:
    """Give the files of a run any time of change between 1970 and 2100."""
    for path in [DROP_IN, JOURNAL, *map(str, Path(JOURNAL).parent.glob("*.json"))]:
        if os.path.exists(path):
            os.utime(path, times=(dice.uniform(0, 4e9),) * 2)
