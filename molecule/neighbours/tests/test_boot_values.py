# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What stands after a boot, and the line that decides it: without the drop-in, and with it.

Foretold by the plan, written down here by hand, and left by the programs that really read the files at boot:
systemd-sysctl, then sysctl
as ufw calls it. tuned is not installed; its two values are written as it does. All in a fresh network namespace, which
has the kernel's own
values like a host that boots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
from hardened import DROP_IN, Run, larger, proc

# Key to value and source, by the files that neighbours.sh makes. The drop-in comes after those in the first part only.
EARLIER = {
    "net.ipv4.tcp_keepalive_probes": ("8", "/etc/sysctl.d/10-first.conf:2"),
    "net.ipv4.tcp_sack": ("0", "/etc/sysctl.d/10-first.conf:5"),
    "net.ipv4.tcp_timestamps": ("0", "/etc/sysctl.d/90-dev-sec.conf:2"),
}
LATER = {
    "net.core.somaxconn": ("1024", "/etc/sysctl.d/99-last.conf:2"),
    "net.ipv4.tcp_keepalive_time": ("4242", "/etc/sysctl.d/99-last.conf:3"),
    "net.ipv4.tcp_keepalive_intvl": ("75", "/usr/lib/sysctl.d/95-vendor.conf:3"),
    "net.ipv4.tcp_syncookies": ("2", "/run/sysctl.d/97-replaced.conf:2"),
    "net.ipv4.tcp_rmem": ("4096 131072 7000000", "/etc/tuned/profiles/web/tuned.conf:5"),
    "net.ipv4.tcp_wmem": ("4096 16384 16777216", "/usr/lib/tuned/network-throughput/tuned.conf:7"),
    "net.ipv4.tcp_tw_reuse": ("2", "/etc/ufw/sysctl.conf:4"),
    "net.ipv4.tcp_fin_timeout": ("33", "/etc/ufw/sysctl.conf:5"),
    "net.ipv4.tcp_max_syn_backlog": ("4096", "/etc/sysctl.d/99-sysctl.conf:2"),
}
# What the policy takes from a neighbour, number by number, where that is larger than the profile's and the kernel's.
TAKEN = ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_max_syn_backlog")
# Keys. On a kernel of somebody's own build the kernel's own values are only likely, and are not compared.
ENOUGH = 12
# The drop-in sets as much as the file after it, which so changes nothing: the drop-in is what decides.
AGREED = "net.ipv4.tcp_max_syn_backlog"
# The host has more than the profile, so that the drop-in leaves it; the file takes that away at boot.
LEFT = "net.core.somaxconn"
SYSTEMD_SYSCTL = "SYSTEMD_LOG_TARGET=console unshare --net --mount sh -c %s"
LATE = "sysctl -e -q -p /etc/ufw/sysctl.conf; " + "".join(
    f"echo {LATER[key][0]} > {proc(key)}; " for key in ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")
)
LOADERS = {
    "/etc/ufw/sysctl.conf": "ufw",
    "/etc/tuned/profiles/web/tuned.conf": "tuned",
    "/usr/lib/tuned/network-throughput/tuned.conf": "tuned",
}


@pytest.fixture
def own(applied: dict[str, str]) -> dict[str, str]:
    """Key to value, for the lines that the drop-in has to have."""
    return {**applied, **{key: larger(applied[key], LATER[key][0]) for key in TAKEN}}


class Foretold(NamedTuple):
    """Of a plan: key to value and source where a file sets it; key to the value after a boot where that is known."""

    decided: dict[str, tuple[str, str]]
    values: dict[str, str]


def _foretold(run: Run) -> Foretold:
    assert run.plan is not None
    settings = run.plan["settings"]
    for each in settings:
        if each["boot"]:
            assert each["boot"]["loader"] == LOADERS.get(each["boot"]["source"].rpartition(":")[0], "systemd-sysctl")
    decided = {each["key"]: (each["boot"]["value"], each["boot"]["source"]) for each in settings if each["boot"]}
    known = {
        each["key"]: each["boot"]["value"] if each["boot"] else each["default"]
        for each in settings
        if each["boot"] or not each["default_estimated"]
    }
    return Foretold(decided, {key: value for key, value in known.items() if value is not None})


def _booted(host: Any, keys: Iterable[str], first: str = "true") -> dict[str, str]:
    """Key to the value that the boot's own program leaves.

    What it may not set outside of net in a container, it says and leaves.
    """
    files = " ".join(proc(key) for key in keys)
    lines = host.run(
        SYSTEMD_SYSCTL, f"{first} && {{ /usr/lib/systemd/systemd-sysctl; {LATE}grep -Hs '' {files}; }}"
    ).stdout.splitlines()
    names = {proc(key): key for key in keys}
    return {names[path]: " ".join(value.split()) for path, _colon, value in (line.partition(":") for line in lines)}


def _agree(foretold: dict[str, str], booted: dict[str, str]) -> None:
    both = foretold.keys() & booted.keys()
    assert len(both) >= ENOUGH, "too few keys to prove anything"
    assert {key: foretold[key] for key in both} == {key: booted[key] for key in both}


def _foretold_right(foretold: Foretold, booted: dict[str, str]) -> None:
    both = foretold.values.keys() & booted.keys()
    assert len(both) >= ENOUGH, "too few keys to prove anything"
    assert {key: foretold.values[key] for key in both} == {key: booted[key] for key in both}


def test_without_the_drop_in(host: Any, runs: Callable[[], list[Run]], wanted: dict[str, str]) -> None:
    foretold = _foretold(runs()[0])
    assert foretold.decided == {**EARLIER, **LATER}
    # The drop-in is there by now: nothing in its place masks it.
    booted = _booted(host, wanted, f"mount --bind /dev/null {DROP_IN}")
    assert {key: booted[key] for key in EARLIER} == {key: value for key, (value, _source) in EARLIER.items()}
    _foretold_right(foretold, booted)


def test_with_the_drop_in(
    host: Any, runs: Callable[[], list[Run]], wanted: dict[str, str], own: dict[str, str]
) -> None:
    lines = host.file(DROP_IN).content_string.splitlines()
    decides = {key: (value, f"{DROP_IN}:{1 + lines.index(f'{key} = {value}')}") for key, value in own.items()}
    foretold = _foretold(runs()[1])
    assert foretold.decided == {**decides, **LATER, AGREED: decides[AGREED]}
    _foretold_right(foretold, _booted(host, wanted))


def test_the_advice_names_who_wins(runs: Callable[[], list[Run]]) -> None:
    """Before the drop-in is there as well as after."""
    for run in runs()[:2]:
        assert run.plan is not None
        said = {
            each["key"]: advice["message"]
            for each in run.plan["settings"]
            for advice in each["advice"]
            if advice["code"] == "overridden_at_boot"
        }
        assert said.keys() == LATER.keys() - {AGREED, LEFT}
        for key, message in said.items():
            value, source = LATER[key]
            assert source in message and value in message, message


def test_what_a_neighbour_has_better_is_taken(runs: Callable[[], list[Run]], own: dict[str, str]) -> None:
    assert own["net.ipv4.tcp_wmem"] == "8760 256960 16777216" and own[AGREED] == "4096"
    for run in runs()[:2]:
        assert run.plan is not None
        rows = {each["key"]: each for each in run.plan["settings"]}
        assert {key: rows[key]["target"] for key in TAKEN} == {key: own[key] for key in TAKEN}
        assert {rows[key]["verdict"] for key in TAKEN} == {"apply"}
        assert (rows[LEFT]["reason"], rows[LEFT]["target"]) == ("better", "4096")
        assert [(one["code"], one["message"]) for one in rows[LEFT]["advice"]] == [
            ("lost_at_boot", "nothing sets 4096 at boot; 1024 stands then")
        ]
