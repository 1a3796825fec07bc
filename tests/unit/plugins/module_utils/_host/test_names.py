# Tests of reading which congestion controls and queueing disciplines a host can have.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is loaded comes from the real kernel; the folder of modules is the test's own."""

from __future__ import annotations

import gzip

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Available, Profile
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _names, _read
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import NAMED
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, isolated, recorded
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import host, make_plan

QDISC = NAMED[1]
BUILT_IN = "kernel/net/ipv4/tcp_cubic.ko\nkernel/net/sched/sch_fq_codel.ko\nkernel/net/ipv4/tcp_diag.ko\n"
LOADABLE = (
    "kernel/net/ipv4/tcp_bbr.ko.xz: kernel/net/sched/sch_fq.ko.xz\nupdates/dkms/tcp_bbr3.ko.zst:\n"
    "kernel/net/sched/sch_fq.ko.xz:\nkernel/x/notcp_no.ko:\nkernel/net/ipv4/tcp_new-name.ko: kernel/a/tcp_not.ko\n"
)


def modules(monkeypatch, tmp_path, built_in=BUILT_IN, loadable=LOADABLE):
    """A folder of modules for the running kernel; None for a file that is not there."""
    monkeypatch.setattr(_names, "_MODULES", str(tmp_path) + "/%s.%s")
    for name, text in (("builtin", built_in), ("dep", loadable)):
        if text is not None:
            (tmp_path / ("%s.%s" % (_names.os.uname().release, name))).write_text(text, encoding="ascii")


@isolated
def test_loaded_built_in_and_loadable_names(monkeypatch, tmp_path):
    modules(monkeypatch, tmp_path)
    found = _names.names_of([CONGESTION, FIN, QDISC])
    assert list(found) == [CONGESTION, QDISC]
    names, complete, barred, _own = found[CONGESTION]
    assert complete and {"reno", "bbr", "bbr3", "new-name"} <= set(names) and list(names) == sorted(set(names))
    assert not {"diag", "no", "not"} & set(names)
    loaded, allowed = (set(get("net.ipv4.tcp_%s_congestion_control" % one).split()) for one in ("available", "allowed"))
    assert set(barred) == loaded - allowed and not set(barred) & set(names)
    names, complete, barred, _own = found[QDISC]
    assert complete and {"fq", "fq_codel", "pfifo_fast"} <= set(names) and not barred and "bbr" not in names


@isolated
@pytest.mark.parametrize("missing", ["built_in", "loadable"])
def test_without_the_lists_of_modules_it_is_not_known(monkeypatch, tmp_path, missing):
    modules(monkeypatch, tmp_path, **{missing: None})
    found = _names.names_of(NAMED)
    assert not found[CONGESTION].complete and not found[QDISC].complete
    assert "reno" in found[CONGESTION].names


@isolated
def test_a_kernel_that_loads_no_more_modules_has_what_is_loaded(monkeypatch, tmp_path):
    modules(monkeypatch, tmp_path)
    real = _names.read_text
    monkeypatch.setattr(_names, "read_text", lambda path, *limit: "1" if "disabled" in path else real(path, *limit))
    found = _names.names_of(NAMED)
    assert found[CONGESTION].complete and "bbr3" not in found[CONGESTION].names
    assert "fq_codel" in found[QDISC].names and "fq" not in found[QDISC].names


@isolated
def test_a_profile_without_such_a_key_costs_nothing(monkeypatch):
    monkeypatch.setattr(_names, "names_of", None)
    assert _read.read_host([FIN], DROP_IN).available == {}
    with pytest.raises(TypeError):
        _read.read_host([CONGESTION], DROP_IN)


@isolated
def test_nothing_is_written():
    with recorded() as found:
        assert set(_read.read_host([FIN, *NAMED], DROP_IN).available) == set(NAMED)
    assert not found


CONFIG = 'CONFIG_HZ=250\nCONFIG_DEFAULT_TCP_CONG="bbr"\n# CONFIG_X is not set\nCONFIG_DEFAULT_NET_SCH="fq_codel"\n'


PACKED = gzip.compress(CONFIG.encode(), mtime=0)


def configuration(monkeypatch, tmp_path, text=None, packed=None):
    """The files of a kernel's configuration, in a folder of the test's own; None for one that is not there."""
    monkeypatch.setattr(_names, "_CONFIGS", (str(tmp_path) + "/none-%s", str(tmp_path) + "/config-%s"))
    monkeypatch.setattr(_names, "_PACKED", str(tmp_path / "config.gz"))
    if text is not None:
        (tmp_path / ("config-" + _names.os.uname().release)).write_text(text, encoding="ascii")
    if packed is not None:
        (tmp_path / "config.gz").write_bytes(packed)


@isolated
@pytest.mark.parametrize(
    ("text", "packed", "expected"),
    [
        (CONFIG, None, ["bbr", "fq_codel"]),
        (None, PACKED, ["bbr", "fq_codel"]),
        (None, None, ["", ""]),
        (None, b"no gzip", ["", ""]),
        (None, PACKED[:-20], ["", ""]),
        ('CONFIG_DEFAULT_TCP_CONG="a b"\nxCONFIG_DEFAULT_NET_SCH="fq"\n', None, ["", ""]),
    ],
    ids=["text", "packed", "none", "no_gzip", "cut", "no_words"],
)
def test_the_kernels_configuration_tells_with_which_one_it_begins(monkeypatch, tmp_path, text, packed, expected):
    configuration(monkeypatch, tmp_path, text, packed)
    assert [one.own for one in _names.names_of(NAMED).values()] == expected


@pytest.mark.parametrize(("own", "default", "estimated"), [("bbr", "bbr", False), ("", "cubic", True)])
def test_what_the_configuration_says_is_known(own, default, estimated):
    where = host({CONGESTION: "reno"}, available={CONGESTION: Available(("bbr", "cubic", "reno"), True, own=own)})
    row = make_plan(Profile({CONGESTION: "cubic"}), where)["settings"][0]
    assert (row["default"], row["default_estimated"]) == (default, estimated)
