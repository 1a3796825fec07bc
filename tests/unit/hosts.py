# A model of one host for tests: what runs of ours, an administrator, boots and deaths may leave, and the real thing.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every rule acts on a private host with the real kernel, and holds what comes of it against what is promised.

The model knows, of each drop-in: what a key was before the first run (origin), and what a run set last (mine). What
follows from that is worked out here by rules of its own, not by the code under test.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import Any, Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction, _trial, _undo
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import Outcome
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._take_back import settle
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import recover
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import assignments
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Profile
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._read import read_host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._edge import as_result
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._make import make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import STATE, clear, dies_at, get, put, read, write
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import drop_in

BASE, WEB = "/etc/sysctl.d/90-tcp-hardening.conf", "/etc/sysctl.d/95-web.conf"
THEIRS = "/etc/sysctl.d/92-theirs.conf"
# A key that goes with its interface.
PORT = "net.ipv4.conf.m0.rp_filter"
# The first one moves the second one to the opposite, and the forwarding of every interface.
FORWARD, REDIRECTS = "net.ipv4.ip_forward", "net.ipv4.conf.all.accept_redirects"
_OPPOSITE = {"0": "1", "1": "0"}
VALUES = {
    FIN: ["60", "30", "20", "45"],
    SOMAXCONN: ["4096", "2048", "777"],
    RMEM: ["4096 131072 6291456", "8760 256960 4088000", "5000 200000 3000000"],
    PORT: ["0", "1", "2"],
    FORWARD: ["0", "1"],
    REDIRECTS: ["1", "0"],
}
OWN = {key: values[0] for key, values in VALUES.items()}
_HEAD = "# Set by fleetnet.linux_tcp, for tests.\n"

paths = st.sampled_from([BASE, WEB])
profiles = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()})
pairs = st.sampled_from([(key, value) for key, values in VALUES.items() for value in values])


def _lines(path: str) -> dict[str, str]:
    return assignments(read(path)) if os.path.exists(path) else {}


def _text(path: str) -> str | None:
    return read(path) if os.path.exists(path) else None


class Model(RuleBasedStateMachine):
    """One host. See the rules for who acts on it."""

    def __init__(self) -> None:
        super().__init__()
        self.origin: dict[str, dict[str, str | None]] = {BASE: {}, WEB: {}}  # None: nobody knows
        self.mine: dict[str, dict[str, str]] = {BASE: {}, WEB: {}}
        self.former: dict[str, str | None] = {}  # what stood at a path before the first run; of those with a snapshot
        self.left: dict[str, str] = {}  # the drop-in that a run wrote last
        self.trial: tuple | None = None  # path, name, and what the host was like
        self.boots = 0

    @initialize()
    def begin(self) -> None:
        """A host with the kernel's own values."""
        clear("/etc", "/var/lib")
        os.mkdir("/etc/sysctl.d", 0o755)
        write("/etc/machine-id", "model\n")
        self._plug(True)
        put(OWN)
        for module in (_transaction, _undo, _trial):
            module.boot_id = lambda: "boot %d" % self.boots  # type: ignore[assignment]

    # What is read, and what is worked out of it.

    def live(self) -> dict[str, str | None]:
        return {key: get(key) if self._is_there(key) else None for key in VALUES}

    def files(self) -> dict[str, str | None]:
        return {path: _text(path) for path in (BASE, WEB, THEIRS)}

    def world(self) -> tuple:
        return self.live(), self.files()

    def _is(self, expected: tuple, what: str) -> None:
        """The world is as expected, or AssertionError says where it is not."""
        for found, wanted in zip(self.world(), expected):
            differ = {name: (text, wanted[name]) for name, text in found.items() if text != wanted[name]}
            assert not differ, f"{what}: {differ} (found, expected)"

    @staticmethod
    def _is_there(key: str) -> bool:
        return key != PORT or os.path.exists("/proc/sys/net/ipv4/conf/m0")

    @staticmethod
    def _plug(there: bool) -> None:
        if there != os.path.exists("/proc/sys/net/ipv4/conf/m0"):
            more = ["add", "m0", "type", "veth", "peer", "name", "m1"] if there else ["del", "m0"]
            subprocess.run(["ip", "link", *more], check=True)

    @staticmethod
    def _other(path: str) -> str:
        return WEB if path == BASE else BASE

    def _has_snapshot(self, path: str) -> bool:
        return path in self.former

    def _goal(self, path: str, key: str) -> str | None:
        """What a key goes back to: what the other drop-in of ours sets, or what it was before. None: not known."""
        other = self._other(path)
        if self._has_snapshot(other) and key in _lines(other):
            return _lines(other)[key]
        return self.origin[path].get(key)

    def _hardened(self, path: str, targets: dict[str, str]) -> dict[str, str | None]:
        """The live values after a run."""
        live = self.live()
        own = _lines(path) if self._is_ours(path) else {}
        stand = dict(targets)
        for key, text in own.items():
            if key not in targets and live[key] is not None and live[key] == text:
                goal = self._goal(path, key)
                if goal is not None and goal != text:
                    stand[key] = goal
        return self._moved(live, stand)

    @staticmethod
    def _moved(live: dict[str, str | None], stand: dict[str, str]) -> dict[str, str | None]:
        """The live values after writes; None for all where what a key moves could not come back: nothing is written."""
        after = {**live, **stand}
        if after[FORWARD] != live[FORWARD]:
            if stand.get(REDIRECTS, live[REDIRECTS]) == live[REDIRECTS] != _OPPOSITE[str(live[FORWARD])]:
                return dict.fromkeys(live)
            if REDIRECTS not in stand:
                after[REDIRECTS] = _OPPOSITE[str(after[FORWARD])]
        return after

    def _is_ours(self, path: str) -> bool:
        return self._has_snapshot(path) or (_text(path) or "").startswith(_HEAD)

    def _restored(self, path: str) -> tuple:
        """The world after a way back, and the keys that the snapshot keeps."""
        live, files, keeps = self.live(), self.files(), set()
        stand: dict[str, str] = {}
        if not self._has_snapshot(path):
            return (live, files), keeps
        other = self._other(path)
        theirs = _lines(other) if self._has_snapshot(other) else {}
        for key, mine in self.mine[path].items():
            now = live[key]
            if now is None:
                continue
            if key in theirs and now == theirs[key]:
                if self.origin[path].get(key) is not None and self.origin[other].get(key) is None:
                    keeps.add(key)
                continue
            goal = self._goal(path, key)
            if goal is None:
                continue
            if now in (goal, mine):
                stand[key] = goal
            else:
                keeps.add(key)
        if files[path] is None or files[path] == self.left.get(path, files[path]):
            files[path] = self.former[path]
        return (self._moved(live, stand), files), keeps

    def _is_refused(self, after: dict[str, str | None], run: Callable[[], Any]) -> bool:
        """Whether a run is one that has to be refused; it is, and changes nothing."""
        if after[FIN] is not None:
            return False
        before = self.world()
        with contextlib.suppress(Refused):
            run()
            raise AssertionError("not refused, although what ip_forward moves cannot come back")
        self._is(before, "a run that was refused")
        return True

    # What a run does.

    def _plan(self, path: str, values: dict[str, str], exclude: set[str]) -> tuple:
        keys = [*values, *exclude]
        plan = as_result(make_plan(Profile(values, list(exclude), policy="exact", path=path), read_host(keys, path)))
        return plan, _HEAD + drop_in(plan)

    def _run(self, path: str, plan: dict[str, Any], text: str, trial_s: int = 0) -> Outcome:
        params = {"state": "present", "settings": plan["settings"], "values": None, "content": text}
        return carry_out(
            "present", Store(path), lambda: sysctl_profile._look(params), True, False, trial_s, replace=True
        )

    def _ready(self, path: str, values: dict[str, str], exclude: set[str]) -> tuple | None:
        """World, live values to come, targets, plan and drop-in of a run; None where the run is refused."""
        self._settle_first()
        values, exclude, targets = self._wished(values, exclude)
        before, after = self.world(), self._hardened(path, targets)
        plan, text = self._plan(path, values, exclude)
        if self._is_refused(after, lambda: self._run(path, plan, text)):
            return None
        return before, after, targets, plan, text

    def _wished(self, values: dict[str, str], exclude: set[str]) -> tuple:
        values = {key: text for key, text in values.items() if self._is_there(key)}
        exclude = {key for key in exclude if key in values}
        return values, exclude, {key: text for key, text in values.items() if key not in exclude}

    def _took_over(self, path: str, targets: dict[str, str], before: tuple, text: str) -> None:
        """What the model knows after a run, of what was before it."""
        (live, files), other = before, self._other(path)
        if self.world() == before:
            return  # a run that has nothing to do writes no snapshot either
        lost = not self._has_snapshot(path)
        if lost:
            ours = (files[path] or "").startswith(_HEAD)
            self.former[path] = None if ours else files[path]
            self.origin[path], self.mine[path] = {}, {}
        own = assignments(files[path]) if lost and (files[path] or "").startswith(_HEAD) else {}
        for key in targets:
            if key not in self.origin[path]:
                first = live[key]
                if own.get(key) == first:
                    first = None
                elif first == self.mine[other].get(key) and self.origin[other].get(key) is not None:
                    first = self.origin[other][key]
                self.origin[path][key] = first
            self.mine[path][key] = targets[key]
        lines = assignments(files[path] or "")
        for key in [key for key in self.mine[path] if key not in targets and key in lines]:
            # It has what it goes back to, or this run has brought it there. What moves it afterwards is not this key.
            goal = self._goal(path, key)
            if goal is not None and live[key] in (goal, lines[key]):
                del self.mine[path][key], self.origin[path][key]
        self.left[path] = text

    # Who acts.

    @rule(path=paths, values=profiles, exclude=st.sets(st.sampled_from(sorted(VALUES)), max_size=1))
    def harden(self, path: str, values: dict[str, str], exclude: set[str]) -> None:
        """A run that comes to its end."""
        ready = self._ready(path, values, exclude)
        if ready is None:
            return
        before, after, targets, plan, text = ready
        self._run(path, plan, text)
        self._is((after, {**before[1], path: text}), "a run that came to its end")
        assert _lines(path) == targets
        self._took_over(path, targets, before, text)
        plan, again = self._plan(path, *self._wished(values, exclude)[:2])
        assert again == text and not self._run(path, plan, again).changed, "the second run changes nothing"

    @rule(path=paths, values=profiles, number=st.integers(1, 60))
    def die(self, path: str, values: dict[str, str], number: int) -> None:
        """A run that is killed at any step, and the next one that heals it."""
        ready = self._ready(path, values, set())
        if ready is None:
            return
        before, after, targets, plan, text = ready
        killed = dies_at(number, lambda: self._run(path, plan, text))
        self._heal(path)
        if killed and self.world() == before and before != (after, {**before[1], path: text}):
            return
        self._is((after, {**before[1], path: text}), "a run that was killed: neither not begun nor done")
        self._took_over(path, targets, before, text)

    @rule(path=paths, number=st.one_of(st.none(), st.integers(1, 60)))
    def go_back(self, path: str, number: int | None) -> None:
        """The way back, whole or killed at a step."""
        self._settle_first()
        before, (after, keeps) = self.world(), self._restored(path)

        def run() -> Outcome:
            return carry_out("restored", Store(path), lambda: None, True, False)  # type: ignore[arg-type,return-value]

        if self._is_refused(after[0], run):
            return
        if number is None:
            stuck = run().stuck
            assert not stuck, stuck
        elif dies_at(number, run):
            self._heal(path)
            if self.world() == before and before != after:
                return
            if os.path.exists(Store(path).snapshot_path) and not keeps and self._has_snapshot(path):
                return  # it was not begun
        self._is(after, "the way back")
        if keeps:
            self.mine[path] = {key: text for key, text in self.mine[path].items() if key in keeps}
            self.origin[path] = {key: text for key, text in self.origin[path].items() if key in keeps}
        else:
            self.former.pop(path, None)
            self.left.pop(path, None)
            self.mine[path], self.origin[path] = {}, {}

    @rule(path=paths, values=profiles)
    def try_out(self, path: str, values: dict[str, str]) -> None:
        """A trial begins; what becomes of it, another rule says."""
        ready = self._ready(path, values, set())
        if ready is None:
            return
        before, after, targets, plan, text = ready
        with _nobody_watches():
            name = self._run(path, plan, text, 3600).trial
        self._is((after, before[1]), "a trial")
        if name:
            self.trial = (path, name, before, after, targets, text)

    @precondition(lambda self: self.trial)
    @rule(how=st.sampled_from(["confirmed", "withdrawn", "a run", "reboot"]))
    def end_trial(self, how: str) -> None:
        """A trial is confirmed or withdrawn, another run comes, or a reboot."""
        path, name, before, after, targets, text = self.trial  # type: ignore[misc]
        self.trial = None
        now = self.world()
        if how == "reboot":
            self._boot()
            rebooted = self.world()
            self._heal(path)
            self._is(rebooted, "after a reboot there is nothing to take back")
        elif how == "confirmed":
            settle("confirmed", Store(path), name, False)
            assert self.live() == now[0] and _text(path) == text
            self._took_over(path, targets, before, text)
        else:
            if how == "withdrawn":
                settle("withdrawn", Store(path), name, False)
            else:
                self._heal(path)
            for key, value in self.live().items():
                # What somebody set during the trial is theirs; the rest is as before.
                ours = now[0][key] == after[key] != before[0][key]
                assert value == (before[0][key] if ours and value is not None else now[0][key]), key
            assert self.files() == now[1]

    def _settle_first(self) -> None:
        """A trial that waits is withdrawn: whatever comes next would do that first."""
        if self.trial:
            self.end_trial("withdrawn")

    @staticmethod
    def _heal(path: str) -> None:
        store = Store(path)
        with store.locked():
            recover(store)

    @rule(pair=pairs)
    def set_by_hand(self, pair: tuple) -> None:
        """An administrator sets a value."""
        if self._is_there(pair[0]):
            put(dict([pair]))

    @rule(path=st.sampled_from([BASE, WEB, THEIRS]), pair=pairs, what=st.sampled_from(["write", "append", "remove"]))
    def edit(self, path: str, pair: tuple, what: str) -> None:
        """An administrator writes, changes or removes a file. During a trial somebody else is not there."""
        self._settle_first()
        line = "%s = %s\n" % pair
        if what == "write":
            write(path, "# an administrator's\n" + line)
        elif os.path.exists(path):
            if what == "remove":
                os.unlink(path)
            else:
                write(path, read(path) + line)

    @rule(plugged=st.booleans())
    def boot(self, plugged: bool) -> None:
        """A reboot, after which the kernel may have lost a key."""
        if self.trial:
            self.end_trial("reboot")
        self._plug(plugged)
        self._boot()

    def _boot(self) -> None:
        self.boots += 1
        put({key: text for key, text in OWN.items() if self._is_there(key)})
        for name in sorted(name for name in os.listdir("/etc/sysctl.d") if name.endswith(".conf")):
            for key, text in _lines("/etc/sysctl.d/" + name).items():
                if self._is_there(key):
                    put({key: text})

    @rule(path=paths)
    def lose_snapshot(self, path: str) -> None:
        """Somebody removes a snapshot."""
        self._settle_first()
        if self._has_snapshot(path):
            os.unlink(Store(path).snapshot_path)
            del self.former[path]
            self.left.pop(path, None)
            self.mine[path], self.origin[path] = {}, {}

    @invariant()
    def nothing_is_left_behind(self) -> None:
        names = os.listdir(STATE) if os.path.isdir(STATE) else []
        assert self.trial or not [name for name in names if name.endswith(".new")]
        assert bool([name for name in names if name.endswith(".journal")]) == bool(self.trial)
        for path in (BASE, WEB):
            assert os.path.exists(Store(path).snapshot_path) == self._has_snapshot(path) or self.trial

    def teardown(self) -> None:
        clear("/etc", "/var/lib")


@contextlib.contextmanager
def _nobody_watches() -> Any:
    """A trial without the process that ends it: the model does that."""
    real = _trial.watch
    _trial.watch = lambda *_args: []  # type: ignore[assignment]
    try:
        yield
    finally:
        _trial.watch = real
