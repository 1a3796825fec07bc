# Tests of ufw and tuned, which set keys at boot after the files of sysctl.d; and of the network namespaces of a host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Real files in a private host. Where ufw's or tuned's own code is installed, it is run as well."""

from __future__ import annotations

import contextlib
import glob
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._systemd import Systemd
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Assignment, Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _boot as standing
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _read as host
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, become_nobody, isolated, put, write

SACK = "net.ipv4.tcp_sack"
KEYS = (FIN, SOMAXCONN, SACK)
LATER = "/etc/sysctl.d/99-x.conf"
UFW, WEB = "/etc/ufw/sysctl.conf", "/etc/tuned/profiles/web/tuned.conf"
TUNED = "/usr/lib/python3/dist-packages"


def place(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, text)


def started(service):
    """A service that systemd starts at boot."""
    place("/etc/unit", "")
    os.makedirs("/etc/systemd/system/multi-user.target.wants", exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink("/etc/unit", "/etc/systemd/system/multi-user.target.wants/%s.service" % service)


def ufw(text, enabled="ENABLED=yes", sysctl="IPT_SYSCTL=" + UFW):
    started("ufw")
    place("/etc/ufw/ufw.conf", "# ours\n%s\nLOGLEVEL=low\n" % enabled)
    place("/etc/default/ufw", 'IPV6=yes\n%s\nIPT_MODULES=""\n' % sysctl)
    place(UFW, text)


def tuned(*profiles, active="web", main="reapply_sysctl = 1\n"):
    started("tuned")
    place("/etc/tuned/active_profile", active + "\n")
    place("/etc/tuned/tuned-main.conf", "# x\ndaemon = 1\n" + main)
    for path, text in profiles:
        place(path, text)


def read():
    """(boot, after, unread, notes), key to value and source."""
    standing.loader_of = lambda _view: (Systemd(252), "")
    notes = []
    found = standing.read_boot(KEYS, DROP_IN, Kernel("6.12.101", namespace="container"), notes)
    return found.now, found.after, found.unread, notes


@isolated
def test_ufw_comes_after_the_files_and_the_drop_in():
    write(LATER, FIN + " = 5\n")
    ufw("# x\nnet/ipv4/tcp_fin_timeout=7\nnet.ipv4.tcp_sack=0\n#net/core/somaxconn=1\n-net/core/somaxconn\n")
    boot, after, unread, notes = read()
    assert boot == after == {FIN: Assignment("7", UFW + ":2", "ufw"), SACK: Assignment("0", UFW + ":3", "ufw")}
    assert not unread and not notes


@isolated
@pytest.mark.skipif(not os.access("/sbin/sysctl", os.X_OK), reason="needs procps")
def test_the_program_that_ufw_calls_leaves_the_same():
    ufw(
        "# x\nnet/ipv4/tcp_fin_timeout=7\n net.ipv4.tcp_sack ="
        " 0\nnet/core/somaxconn=1\n-net.core.somaxconn=9\nodd\n;%s=8\n" % FIN
    )
    subprocess.run(["/sbin/sysctl", "-e", "-q", "-p", UFW], check=True)
    assert (
        {key: one.value for key, one in read()[0].items()}
        == {key: namespace.get(key) for key in KEYS}
        == {FIN: "7", SACK: "0", SOMAXCONN: "9"}
    )


@isolated
@pytest.mark.parametrize("enabled, sysctl, counts", [
    ("ENABLED=yes", "IPT_SYSCTL=" + UFW, True), ("ENABLED=YES", 'IPT_SYSCTL="%s"' % UFW, True),
    ("ENABLED=no", "IPT_SYSCTL=" + UFW, False),
    ("#ENABLED=yes", "IPT_SYSCTL=" + UFW, False), ("ENABLED=yes", "#IPT_SYSCTL=" + UFW, False),
    ("ENABLED=yes", "IPT_SYSCTL=/etc/nowhere", False),
    ("ENABLED=yes\nIPT_SYSCTL=" + UFW, "IPT_SYSCTL=/etc/sysctl.conf", True),
])  # fmt: skip
def test_ufw_says_itself_whether_and_what(enabled, sysctl, counts):
    ufw(FIN + "=7\n", enabled, sysctl)
    assert (FIN in read()[0]) is counts


@isolated
@pytest.mark.parametrize("spoil", [
    lambda: os.unlink("/etc/unit"), lambda: os.unlink("/etc/systemd/system/multi-user.target.wants/ufw.service"),
    lambda: os.symlink("/dev/null", "/etc/systemd/system/ufw.service"),
], ids=["removed", "disabled", "masked"])  # fmt: skip
def test_a_service_that_does_not_start_sets_nothing(spoil):
    ufw(FIN + "=7\n")
    assert FIN in read()[0]
    spoil()
    assert read()[0] == {}
    place("/etc/rcS.d/S01ufw", "")
    assert (FIN in read()[0]) is (not os.path.islink("/etc/systemd/system/ufw.service")), "an init script"


@isolated
def test_tuned_comes_last_where_it_does_not_apply_the_files_again():
    write(LATER, FIN + " = 5\n")
    ufw(SACK + "=0\n")
    tuned(
        (
            WEB,
            "[main]\nsummary=x # y\n\n[sysctl]\n# no\n%s = 9 # yes\n%s=1\n;%s=3\n[vm]\n%s=4\n"
            % (FIN, SACK, FIN, SOMAXCONN),
        ),
        main="reapply_sysctl=0\n",
    )
    expected = {FIN: Assignment("9", WEB + ":6", "tuned"), SACK: Assignment("1", WEB + ":7", "tuned")}
    assert read() == (expected, expected, "", [])


@isolated
def test_tuned_applies_the_files_again_and_they_win():
    """Those of /etc and /run without globs and dashes, then /etc/sysctl.conf, which systemd does not read here; the
    drop-in is one of them."""
    write(LATER, "-%s = 5\nnet.core.somax* = 8\n%s = 1\n" % (FIN, SOMAXCONN))
    write("/etc/sysctl.conf", SACK + " = 0\n")
    tuned((WEB, "[sysctl]\n%s=9\n%s=2\n%s=1\n" % (FIN, SOMAXCONN, SACK)))
    boot, after, _unread, _notes = read()
    assert boot == {FIN: Assignment("9", WEB + ":2", "tuned"), SOMAXCONN: Assignment("1", LATER + ":3", "tuned"),
                    SACK: Assignment("0", "/etc/sysctl.conf:1", "tuned")}  # fmt: skip
    assert after == {SOMAXCONN: boot[SOMAXCONN], SACK: boot[SACK]}, "what comes after the drop-in the second time"


@isolated
def test_a_line_that_tuned_only_repeats_stays_the_loaders():
    write(LATER, FIN + " = 5\n")
    tuned((WEB, "[sysctl]\n%s=2\n" % SOMAXCONN))
    assert read()[0][FIN] == Assignment("5", LATER + ":1", "systemd-sysctl")


@isolated
def test_a_profile_without_sysctls_applies_nothing_again():
    write("/etc/sysctl.conf", SACK + " = 0\n")
    tuned((WEB, "[main]\nsummary=x\n[vm]\ntransparent_hugepages=never\n"))
    assert read()[0] == {}
    tuned((WEB, "[sysctl]\nvm.swappiness=10\n"))
    assert read()[0][SACK].source == "/etc/sysctl.conf:1"


@isolated
def test_a_drop_in_that_systemd_does_not_read_is_read_by_tuned():
    tuned((WEB, "[sysctl]\n%s=9\n" % FIN))
    standing.loader_of = lambda _view: (None, "masked")
    found = standing.read_boot(KEYS, DROP_IN, Kernel("6.12.101", namespace="container"), [])
    assert found.after == {} and found.unread == ""
    found = standing.read_boot(KEYS, "/usr/lib/sysctl.d/90-x.conf", Kernel("6.12.101", namespace="container"), [])
    assert found.after[FIN].value == "9" and found.unread == "masked"


@isolated
@pytest.mark.parametrize("written, there, left", [
    (">7", "5", "7"), (">7", "7", None), (">7", "9", None), ("<7", "9", "7"), ("<7", "5", None), (">7", None, ">7"),
    ('"7"', "5", "7"), (">x", "5", None),
])  # fmt: skip
def test_tuned_raises_and_lowers(written, there, left):
    if there:
        write(LATER, "%s = %s\n" % (FIN, there))
    tuned((WEB, "[sysctl]\n%s = %s\n" % (FIN, written)), main="reapply_sysctl=false\n")
    assert read()[0][FIN].value == (left or there), "over the kernel's own value the planner decides"


@isolated
def test_profiles_include_others_and_come_from_four_folders():
    base, own = "/usr/lib/tuned/profiles/base/tuned.conf", "/etc/tuned/base/tuned.conf"
    tuned((WEB, "[main]\ninclude = base, -nowhere\n[sysctl]\n%s=3\n" % SACK),
          (own, "[main]\ninclude=base\n[sysctl]\n%s=2\n" % SOMAXCONN),
          ("/etc/tuned/more/tuned.conf", "[sysctl]\n%s=4\n" % SACK), active="web more",
          main="reapply_sysctl=0\n")  # fmt: skip
    namespace.tmpfs("/usr/lib/sysctl.d")
    sources = {key: one.source for key, one in read()[0].items()}
    assert sources == {SOMAXCONN: own + ":4", SACK: "/etc/tuned/more/tuned.conf:2"}
    assert not os.path.exists(base)
    os.unlink("/etc/tuned/more/tuned.conf")
    assert read()[0][SACK].source == WEB + ":4"


@isolated
def test_what_is_not_known_of_tuned_is_said():
    tuned((WEB, "[variables]\nx=1\n[sysctl]\n%s=${x}\n" % FIN))
    assert read()[3] == [WEB + ":4 has a variable; what it sets at boot is not known"]
    write("/etc/tuned/active_profile", "\n")
    assert read()[3] == ["tuned chooses its profile at boot; what it sets at boot is not known"]


@isolated
@pytest.mark.skipif(
    not os.path.isdir(TUNED + "/tuned/plugins"), reason="needs tuned, of which only its own code is run"
)
def test_tuneds_own_code_leaves_the_same():
    files = {"/etc/sysctl.d/10-a.conf": "-%s = 5\n%s=6\n" % (FIN, SACK), "/run/sysctl.d/10-a.conf": "%s = 0\n" % SACK,
             LATER: "net.core.somax*=1\n%s =  8\n" % FIN,
             "/etc/sysctl.conf": "#%s=1\n;x\n%s = 77\nodd\n=\n" % (FIN, SOMAXCONN)}  # fmt: skip
    os.makedirs("/run/sysctl.d", exist_ok=True)
    for path, text in files.items():
        write(path, text)
    tuned((WEB, "[sysctl]\n%s=9\n" % FIN))
    put({FIN: "41", SOMAXCONN: "42", SACK: "1"})
    said = {key: one.value for key, one in read()[0].items() if one.loader == "tuned"}
    code = "import tuned.plugins.plugin_sysctl as plugin; getattr(plugin, '_apply_system_sysctl')({})"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": TUNED})
    assert {key: namespace.get(key) for key in KEYS} == {FIN: "8", SOMAXCONN: "77", SACK: "0"}
    assert said == {SOMAXCONN: "77", FIN: "8", SACK: "0"}


@isolated
def test_network_namespaces_are_counted_by_process_and_by_name(monkeypatch):
    """Those of this process and a child alone: other processes of the machine come and go as they like."""
    pid = namespace.start(lambda: (namespace._libc.unshare(0x40000000), time.sleep(60)))
    own, other = "/proc/self/ns/net", "/proc/%d/ns/net" % pid
    assert {own.replace("self", str(os.getpid())), other} <= set(glob.glob(host._NAMESPACES[0]))
    monkeypatch.setattr(host, "_NAMESPACES", (own, other, *host._NAMESPACES[1:]))
    namespace.tmpfs("/run")

    def count():
        return host._namespaces(Kernel("6.12.101"))

    end = time.monotonic() + 20
    while count().others == 0 and time.monotonic() < end:
        time.sleep(0.01)
    assert count() == (1, True)
    for path in ("/run/netns/named", "/run/docker/netns/6f2d"):
        os.makedirs(os.path.dirname(path))
        write(path, "")
        assert count().others == 1, "a file that an old name left behind"
        namespace.mount(other, path, None, 4096)
        assert count().others == 1, "another name of the same one"
    write("/run/docker/netns/default", "")
    namespace.mount(own, "/run/docker/netns/default", None, 4096)
    assert count().others == 1, "Docker's name for the host's own"
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert count() == (1, True), "it has names"
    namespace.unmount("/run/docker/netns/6f2d")
    assert count().others == 1, "the name of ip-netns(8) alone keeps it"
    namespace.mount("/run/netns/named", "/run/docker/netns/6f2d", None, 4096)
    namespace.unmount("/run/netns/named")
    assert count().others == 1, "Docker's name alone keeps it"
    namespace.unmount("/run/docker/netns/6f2d")
    assert count().others == 0
    assert host._namespaces(Kernel("6.12.101", namespace="container")) is None
    become_nobody()
    assert not count().complete


@pytest.mark.parametrize("error, complete", [(None, True), (FileNotFoundError, True), (PermissionError, False)])
def test_a_process_that_is_not_shown_is_said(monkeypatch, error, complete):
    real = os.stat

    def stat(path):
        if path != "/proc/self/ns/net" and error:
            raise error
        return real("/proc/self/ns/net")

    with monkeypatch.context() as patch:
        patch.setattr(host.glob, "glob", lambda pattern: ["/proc/1/ns/net"] if pattern.startswith("/proc") else [])
        patch.setattr(host.os, "stat", stat)
        patch.setattr(host.os, "geteuid", lambda: 0)
        found = host._namespaces(Kernel("6.12.101"))
    assert found == (0, complete)


@pytest.mark.alone
@isolated
def test_counting_them_is_cheap(monkeypatch):
    """2,000 processes: less than a tenth of a second of the processor."""
    real = host.glob.glob
    monkeypatch.setattr(
        host.glob,
        "glob",
        lambda pattern: real(pattern) * (2000 // max(1, len(real(pattern)))) if pattern.startswith("/proc") else [],
    )
    times = []
    for _number in range(5):
        begin = time.process_time()
        host._namespaces(Kernel("6.12.101"))
        times.append(time.process_time() - begin)
    assert min(times) < 0.1
