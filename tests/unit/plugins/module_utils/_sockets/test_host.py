# Tests of what sockets are held against: running and former values, and the kernel's own.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""On a host of the test's own."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._transaction import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import row_of
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._key import ABOUT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _host as host
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    STATE,
    become_nobody,
    isolated,
    put,
    write,
)

WMEM = "net.ipv4.tcp_wmem"
# What kernels begin with, by hand out of their sources: release, somaxconn, default of tcp_rmem and of tcp_wmem.
OWN = [
    ("2.6.32-754.el6.x86_64", 128, 87380, 16384),
    ("3.10.0-1160.el7.x86_64", 128, 87380, 16384),
    ("4.14.1", 128, 87380, 16384),
    ("4.14.355-1.amzn2.x86_64", 128, 87380, 20480),
    ("4.18.0-305.el8.x86_64", 128, 87380, 16384),
    ("4.18.0-477.el8.x86_64", 128, 87380, 16384),
    ("4.18.0-553.el8.x86_64", 128, 87380, 16384),
    ("4.19.13", 128, 87380, 16384),
    ("4.20.0", 128, 131072, 16384),
    ("5.3.0", 128, 131072, 16384),
    ("5.4.0", 4096, 131072, 16384),
    ("5.10.1-1.amzn2.x86_64", 4096, 131072, 16384),
    ("5.10.46", 4096, 131072, 16384),
    ("5.14.0-70.el9.x86_64", 4096, 131072, 16384),
    ("6.1.0", 4096, 131072, 16384),
    ("6.12.0-55.el10.x86_64", 4096, 131072, 16384),
    ("6.18.44", 4096, 131072, 16384),
    ("7.3.0", 4096, 131072, 16384),
]
DEFAULTS = (16384, 20480, 65536, 87380, 131072, 212992)


@pytest.mark.parametrize("release, somaxconn, rmem, wmem", OWN)
def test_the_kernels_own_values_are_among_the_former_ones(release, somaxconn, rmem, wmem):
    assert host.own(SOMAXCONN, release) == (somaxconn,)
    found = host.limits(dict.fromkeys(host.KEYS), {}, release)
    assert [size for size in DEFAULTS if size in found.old_rmem] == [rmem]
    assert [size for size in DEFAULTS if size in found.old_wmem] == [wmem]


def test_no_kernel_begins_with_more_than_the_largest_that_is_looked_up():
    """Held against the whole catalog, so that a new kernel with a larger value is noticed here."""
    for key, (place, largest) in host.LARGEST_OWN.items():
        row = row_of(key)
        assert largest == max(int(words.replace(ABOUT, "").split()[place]) for _marker, words in row.default), key


def test_the_catalog_is_only_asked_where_a_number_may_be_the_kernels_own(monkeypatch):
    asked = []
    monkeypatch.setattr(host, "own", lambda key, release: asked.append((key, release)) or (4096, 131072, 6291456))
    found = host.Before(RMEM, "6.12.1", {140000, 200000})
    assert [size in found for size in (140000, 200000, 131073, 33554432)] == [True, True, False, False] and not asked
    assert 131072 in found and 4096 not in found and 65536 not in found
    assert asked == [(RMEM, "6.12.1")] * 3
    monkeypatch.setattr(host, "own", lambda _key, _release: ())
    assert 131072 not in found, "not known"


def test_nothing_is_known_of_a_host_that_was_never_changed():
    assert host.former({}, "/etc/sysctl.d/no-such-drop-in.conf") == {}
    assert host.own("net.core.no_such_key", "6.12.1") == ()


@isolated
def test_former_values_come_from_the_caller_and_the_snapshot():
    store = Store(DROP_IN)
    os.makedirs(STATE, 0o700)
    write(
        store.snapshot_path,
        json.dumps(
            {"live": {SOMAXCONN: "1024", RMEM: "4096\t131072\t6291456", "net.ipv4.tcp_congestion_control": "bbr"}}
        ),
        0o600,
    )
    found = host.former({SOMAXCONN: 512, WMEM: "4096 20000 4194304"}, DROP_IN)
    assert found == {
        SOMAXCONN: [(512,), (1024,)],
        RMEM: [(4096, 131072, 6291456)],
        WMEM: [(4096, 20000, 4194304)],
    }
    other = "/etc/other.d/90-tcp-hardening.conf"
    assert host.former({}, other) == {}, "the snapshot is of another drop-in"
    for text in ("", "{", "[]", "3", '{"live": 5}', '{"live": {"%s": null}}' % SOMAXCONN):
        write(store.snapshot_path, text, 0o600)
        assert host.former({}, DROP_IN) == {}, text
    write(store.snapshot_path, json.dumps({"live": {SOMAXCONN: "1024"}}), 0o600)
    become_nobody()
    assert host.former({}, DROP_IN) == {}


@isolated
def test_limits_of_a_host():
    put(
        {
            RMEM: "4096 140000 6000000",
            WMEM: "4096 17000 4000000",
            "net.ipv4.ip_local_port_range": "2000 3001",
            "net.ipv4.tcp_keepalive_time": "77",
        }
    )
    keys = host.running()
    assert (
        keys[RMEM] == "4096 140000 6000000"
        and keys["net.ipv4.tcp_tw_recycle"] is None
        and keys["net.ipv4.ip_local_reserved_ports"] == ""
    )
    found = host.limits(keys, {RMEM: [(1, 150000, 33554432)], WMEM: [(1, 16000, 2)]}, "6.12.1")
    assert found == found._replace(
        ports=(2000, 3001), rmem=(140000, 6000000), wmem=(17000, 4000000), autotuning=True, keepalive_time=77
    )
    assert found.old_scales == {10}
    sizes = (1, 2, 4096, 16000, 16384, 17000, 87380, 131072, 140000, 150000, 33554432)
    assert [size for size in sizes if size in found.old_rmem] == [131072, 150000]
    assert [size for size in sizes if size in found.old_wmem] == [16000, 16384]
    put({"net.ipv4.tcp_moderate_rcvbuf": "0"})
    assert not host.limits(host.running(), {}, "6.12.1").autotuning


def test_limits_where_nothing_can_be_read():
    found = host.limits(dict.fromkeys(host.KEYS), {}, "4.14.0")
    assert found[:6] == (None, None, None, None, True, None) and not found.old_scales
    assert 87380 in found.old_rmem and 16384 in found.old_wmem


@isolated
def test_when_the_drop_in_was_changed():
    assert host.changed_at(DROP_IN) is None
    assert host.changed_at("/etc/a\0b.conf") is None
    write(DROP_IN, "x\n")
    os.utime(DROP_IN, (5, 1234567890))
    assert host.changed_at(DROP_IN) == 1234567890


def test_counters_of_this_kernel():
    found = host.read_counters()
    assert (
        found["TcpExt.ListenDrops"] is not None
        and found["Tcp.ActiveOpens"] is not None
        and host.read_sockstat()["orphan"] >= 0
    )
