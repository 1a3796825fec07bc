# The programs that load sysctl.d, run for real in a private copy of a root folder, to compare them with the resolver.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Machine: a root folder under an overlay, with /proc/sys cut down to the namespace's own net.

Only inside of @isolated.

Whatever a tree says, no program can reach a setting of the machine: /proc/sys has nothing but net, and that belongs to
a network namespace other than that of PID 1.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import os
import pkgutil
import re
import tempfile
from typing import Callable, NamedTuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _boot, _kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import _conf as conf
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import _procps, _systemd
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._forecast import Forecast, forecast
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._view import Loader
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Assignment
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _boot as host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import read_kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import value_read
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot import trees
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.trees import FOLDERS, KEYS, Tree

# What the keys have before a run, and what a drop-in sets. No tree has such values.
_UNTOUCHED = {key: str(32001 + number) for number, key in enumerate(KEYS)}
_OWN = {key: str(31001 + number) for number, key in enumerate(KEYS)}
_MS_BIND, _MS_MOVE = 4096, 8192


class Program(NamedTuple):
    """A program that loads sysctl.d, and the rules that are compared with it."""

    command: tuple[str, ...]  # as it is called at boot
    pattern: bytes  # that finds its version in the program
    rules: Callable[[tuple[int, ...]], Loader]  # of a version
    newest: tuple[int, ...]  # the last version without rules that the resolver does not have
    otherwise: Callable[[Loader, Tree], bool]  # whether a tree has something for which newer ones have such a rule

    @property
    def is_here(self) -> bool:
        """Whether it can be run."""
        return os.access(self.command[0], os.X_OK)


def _links_to_itself(_rules: Loader, tree: Tree) -> bool:
    """After systemd 257 a link that leads to itself masks nothing (files_add, conf-files.c of 262)."""
    return any(entry.link == path.rpartition("/")[2] for path, entry in tree.items())


def _odd_patterns(rules: Loader, tree: Tree) -> bool:
    """From procps 4.0.5 on two rules are different (settinglist_findpath, sysctl.c of 4.0.6).

    A glob with a refused value leaves nothing out; and a bare name is a pattern too, with a backslash.
    """
    lines = (line for entry in tree.values() for line in (entry.text or "").split("\n"))
    return any(
        conf.is_glob(key) and value is not None and not _taken("", value) or value is None and "\\" in key
        for key, value in filter(None, map(rules.parse, lines))
    )


# One row for each loader of the registry, by its name there.
PROGRAMS = {
    "systemd-sysctl": Program(
        command=("/lib/systemd/systemd-sysctl",),
        pattern=_systemd.VERSION,
        rules=lambda version: _systemd.Systemd(*version),
        newest=(257,),
        otherwise=_links_to_itself,
    ),
    "procps": Program(
        command=("/sbin/sysctl", "--system"),
        pattern=_procps.VERSION,
        rules=_procps.Procps,
        newest=(4, 0, 4),
        otherwise=_odd_patterns,
    ),
}


class Machine:
    """From here on this process lives in the copy; there is no way back.

    root: "/" or the root folder of another Debian.
    """

    def __init__(self, root: str) -> None:
        _require_private()
        place = tempfile.mkdtemp(dir="/etc")
        namespace.tmpfs(place)
        for name in ("upper", "work", "root"):
            os.mkdir(place + "/" + name)
        options = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (root, place, place)
        namespace.mount("overlay", place + "/root", "overlay", 0, options)
        top = place + "/root"
        namespace.mount("proc", top + "/proc", "proc", 0)
        os.mkdir(place + "/net")
        namespace.mount(top + "/proc/sys/net", place + "/net", None, _MS_BIND)
        namespace.mount("tmpfs", top + "/proc/sys", "tmpfs", 0, "mode=755")
        os.mkdir(top + "/proc/sys/net")
        namespace.mount(place + "/net", top + "/proc/sys/net", None, _MS_MOVE)
        _load_before_it_is_out_of_reach()
        os.chroot(top)
        os.chdir("/")
        if not os.path.exists("/dev/null"):
            os.mknod("/dev/null", 0o20666, os.makedev(1, 3))
        assert os.listdir("/proc/sys") == ["net"]
        self.folders = [folder for folder in FOLDERS if os.path.realpath(folder) == folder]
        for folder in self.folders:
            os.makedirs(folder, exist_ok=True)
            namespace.mount("tmpfs", folder, "tmpfs", 0, "mode=755")
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/etc/sysctl.conf")
        # The environment that a service has at boot: no locale.
        self._environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_LOG_TARGET": "null"}
        self._null = os.open("/dev/null", os.O_RDWR)

    def version(self, name: str) -> tuple[int, ...]:
        """The version of the program that is here."""
        found = host.View().version(PROGRAMS[name].pattern, PROGRAMS[name].command[0])
        assert found, "no version in " + PROGRAMS[name].command[0]
        return found

    def rules(self, name: str) -> Loader:
        """The rules of a program in the version that is here."""
        return PROGRAMS[name].rules(self.version(name))

    def takes_otherwise(self, name: str, tree: Tree) -> bool:
        """Whether a newer program has a rule of its own for something in a tree that no host has.

        The resolver, which travels to every host, does not know these rules.
        """
        program = PROGRAMS[name]
        return self.version(name) > program.newest and program.otherwise(self.rules(name), tree)

    def lay(self, tree: Tree) -> None:
        """Make the files of a tree, after those of the last one are gone."""
        namespace.clear(*self.folders)
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            os.unlink("/etc/sysctl.conf")
        with contextlib.suppress(FileNotFoundError):
            os.rmdir("/etc/sysctl.conf")
        for path, entry in tree.items():
            if path.rpartition("/")[0] not in [*self.folders, "/etc"]:
                continue
            if entry.link is not None:
                os.symlink(entry.link, path)
            elif entry.text is None:
                os.mkdir(path)
            else:
                with open(path, "w", encoding="latin-1", errors="ignore", newline="") as stream:
                    stream.write(entry.text)

    def run(self, name: str) -> dict[str, str]:
        """Run a program. The values that it leaves, of the keys that it set."""
        _require_private()
        for key, value in _UNTOUCHED.items():
            _write(key, value)
        program = PROGRAMS[name].command
        actions = [(os.POSIX_SPAWN_DUP2, self._null, number) for number in range(3)]
        pid = os.posix_spawn(program[0], program, self._environment, file_actions=actions)
        os.waitpid(pid, 0)
        found = {key: namespace.get(key) for key in KEYS}
        return {key: value for key, value in found.items() if value != _UNTOUCHED[key]}

    def foretell(self, name: str, own: str = OWN) -> Forecast:
        """What the resolver says of the tree that lies there, read as on a host.

        own: the path of the planned drop-in.
        """
        notes: list[str] = []
        rules = self.rules(name)
        files, own = host.listed(rules, own, notes)
        found = forecast(rules, files, host.Reader(notes).chunks, KEYS, own, _taken)
        assert not notes, notes
        return found


class Comparison(NamedTuple):
    """Program against resolver on one tree.

    wrong: a sentence for each key on which they differ; settled: keys that the program set.
    """

    wrong: list[str]
    settled: int


def compare(machine: Machine, name: str, seed: int) -> Comparison:
    """Compare on the tree of a seed. Every third tree is compared again with a drop-in that sets every key.

    A tree with something for which newer programs have a rule of their own is left out.
    """
    tree = trees.tree(seed)
    if machine.takes_otherwise(name, tree):
        return Comparison([], 0)
    own = "%s/%s" % (machine.folders[seed % len(machine.folders)], ("50-x.conf", "90-tcp-hardening.conf")[seed % 2])
    machine.lay(tree)
    foretold = machine.foretell(name, own)
    found = machine.run(name)
    wrong = []
    for key in KEYS:
        said = foretold.now.get(key)
        if found.get(key) != _number(said):
            wrong.append("%s: %s left %s, foretold was %s" % (key, name, found.get(key, "it alone"), said))
        elif said is not None and said.value is not None and said.value not in _line(said.source):
            wrong.append("%s: %s does not say %s" % (key, said.source, said.value))
    if seed % 3 == 0 and tree.get(own, trees.Entry("")).text is not None:
        with open(own, "w", encoding="ascii") as stream:
            stream.write("".join("%s = %s\n" % item for item in _OWN.items()))
        after = machine.run(name)
        for key in KEYS:
            said = foretold.after.get(key)
            expected = _number(said) if said or foretold.unread else _OWN[key]
            if after.get(key) != expected:
                wrong.append(
                    "%s: %s left %s with a drop-in, foretold was %s %s"
                    % (key, name, after.get(key, "it alone"), said, foretold.unread)
                )
    return Comparison(wrong, len(found))


def _load_before_it_is_out_of_reach() -> None:
    """Load what Python imports only when it is needed. The root folder of another release does not have our files."""
    for codec in ("ascii", "latin-1", "utf-8"):
        codecs.lookup(codec)
    for package in (_boot, _kernel):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)


def _taken(_key: str, text: str) -> bool:
    """Whether the kernel takes a text for a key of the trees; each of them holds one number."""
    return bool(re.match(r"\s*(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)([ \t\n]|$)", text))


def _number(said: Assignment | None) -> str | None:
    return None if said is None or said.value is None else value_read("", said.value.split()[0]).text


def _line(source: str) -> str:
    path, _colon, number = source.rpartition(":")
    with open(path, encoding="latin-1", newline="\n") as stream:
        return list(stream)[int(number) - 1]


def _write(key: str, value: str) -> None:
    with open("/proc/sys/" + key.replace(".", "/"), "w", encoding="ascii") as stream:
        stream.write(value)


def _require_private() -> None:
    """Before every run: no program may be started in the machine's own network, whatever went wrong here."""
    with contextlib.suppress(PermissionError):  # some machines show the namespaces of PID 1 to nobody
        if os.readlink("/proc/self/ns/net") == os.readlink("/proc/1/ns/net"):
            raise AssertionError("still in the network namespace of PID 1")
    if read_kernel().namespace != "container":
        raise AssertionError("still in the first network namespace")
