# Tests of the closing table: the lines it makes of what the hosts returned.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Fleet, fed with plain plans and results: mixed hosts, audit, rollback, check mode, narrow terminals, large fleets."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import of_kind
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Available, Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._names import natural
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import next_boot
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    DONE,
    audited,
    counts,
    harden,
    lines,
    planned,
    result,
)

FACK = "net.ipv4.tcp_fack"


def test_a_mixed_fleet():
    run = Run()
    harden(run, "web1", planned(drop_in=False))
    harden(run, "web2", planned(DONE))
    harden(run, "a-host-with-a-long-name", planned({**DONE, RECYCLE: "1"}, release="4.9.0"))
    harden(run, "db1", planned(DONE, files={"/etc/sysctl.d/99-x.conf": FIN + " = 5"}))
    run.planned("db2", planned(), False)
    run.failed("db2", "net.core.somaxconn: the kernel refused 8192\n(EINVAL); everything was put back")
    run.failed("db3", "the connection plugin was not found")
    run.unreachable("db4", "Failed to connect to the host via ssh")
    assert lines(run, "TCP hardening") == [
        "TCP hardening   7 hosts   3 keys",
        "host                     kernel    applied  unchanged  skipped  drifted  failed",
        "a-host-with-a-long-name  4.9.0           0          3        0        0       0",
        "db1                      6.12.101        0          1        1        1       0",
        "db2                      6.12.101        0          0        1        0       2  failed",
        "db3                      -               -          -        -        -       -  failed",
        "db4                      -               -          -        -        -       -  unreachable",
        "web1                     6.12.101        2          0        1        0       0",
        "web2                     6.12.101        0          2        1        0       0",
        "",
        (
            "failed   db2                                           1 host   net.core.somaxconn: the kernel refused"
            " 8192 (EINVAL); everything was put back"
        ),
        "         db3                                           1 host   the connection plugin was not found",
        "         db4                       unreachable         1 host   Failed to connect to the host via ssh",
        "skipped  net.ipv4.tcp_tw_recycle   removed             4 hosts  the kernel dropped it in 4.12",
        (
            "advice   net.ipv4.tcp_fin_timeout  overridden_at_boot  1 host   /etc/sysctl.d/99-x.conf:1 sets 5 after the"
            " drop-in; change it there, or roll back and set tcp_hardening_path: /etc/sysctl.d/zz-tcp-hardening.conf"
        ),
        (
            "         net.ipv4.tcp_tw_recycle   nat_hazard          1 host   drops connections from hosts that share"
            " one NAT address; set it to 0 or exclude it"
        ),
        (
            "         net.core.somaxconn        restart_listeners   2 hosts  taken at listen(): running services keep"
            " the old limit until they are restarted"
        ),
    ]


def test_an_audit_counts_drift_now_and_after_a_reboot():
    by_hand = planned({**DONE, FIN: "45"}, drop_in=False)
    run = audited(planned(DONE), by_hand, planned(DONE, drop_in=False))
    assert counts(run) == {
        "h0": {"applied": "0", "unchanged": "2", "skipped": "1", "drifted": "0", "failed": "0"},
        "h1": {"applied": "0", "unchanged": "0", "skipped": "1", "drifted": "2", "failed": "0"},
        "h2": {"applied": "0", "unchanged": "0", "skipped": "1", "drifted": "2", "failed": "0"},
    }
    text = "\n".join(lines(run, "TCP audit"))
    assert "TCP audit   3 hosts   3 keys" in text and "check mode" not in text
    assert re.search(r"drifted  net.core.somaxconn +after reboot +2 hosts  no file sets it; wanted 8192", text)
    assert re.search(r"net.ipv4.tcp_fin_timeout +now and after reboot +1 host   45; wanted 30", text)
    assert re.search(r"net.ipv4.tcp_fin_timeout +after reboot +1 host   no file sets it; wanted 30", text)


def test_drift_names_the_file_or_what_runs():
    foreign = {"/etc/sysctl.d/99-x.conf": FIN + " = 5"}
    assert "5 by /etc/sysctl.d/99-x.conf:1; wanted 30" in "\n".join(lines(audited(planned(DONE, files=foreign))))
    where = Host(Kernel("6.12.101", 8192, 4096, "container"), {FIN: Reading(True, True, None)})
    assert "unreadable; wanted 30" in "\n".join(lines(audited(make_plan(Profile({FIN: 30}, policy="exact"), where))))
    ports = "net.ipv4.ip_local_reserved_ports"
    assert "empty; wanted 8080" in "\n".join(lines(audited(planned({ports: ""}, wanted={ports: 8080}))))


def test_applying_mends_the_drift_that_the_plan_found():
    assert "drifted" in lines(audited(planned(drop_in=False)))[4]
    run = Run()
    run.planned("h", planned(drop_in=False), False)
    run.applied("h", result(planned(drop_in=False)))
    assert counts(run)["h"] == {"applied": "2", "unchanged": "0", "skipped": "1", "drifted": "0", "failed": "0"}
    assert not any(line.startswith("drifted") for line in lines(run))


def test_check_mode_says_that_nothing_was_written():
    run = audited(planned())
    assert lines(run, "TCP audit", check=True)[0] == "TCP audit   1 host   3 keys   check mode: nothing was written"


def test_a_rollback_counts_what_was_taken_back():
    run = Run()
    for name in ("h1", "h2"):
        run.planned(name, planned(wanted={}, running={}), False)
    rows = [{"key": SOMAXCONN, "status": "applied", "reason": None, "detail": "8192 becomes 4096"},
            {"key": FIN, "status": "unchanged", "reason": None, "detail": ""},
            {"key": RECYCLE, "status": "skipped", "reason": None, "detail": "no longer there"}]  # fmt: skip
    run.applied("h1", {"settings": rows, "messages": [], "state": "restored"})
    run.applied("h2", {"settings": [], "messages": ["there is no snapshot: nothing to restore"], "state": "restored"})
    assert lines(run, "TCP rollback") == [
        "TCP rollback   2 hosts   3 keys",
        "host  kernel    applied  unchanged  skipped  drifted  failed",
        "h1    6.12.101        1          1        1        0       0",
        "h2    6.12.101        0          0        0        0       0",
        "",
        "note     h2                       1 host  there is no snapshot: nothing to restore",
        "skipped  net.ipv4.tcp_tw_recycle  1 host  no longer there",
    ]


def test_a_rollback_that_fails_is_a_failure_although_no_key_was_planned():
    run = audited(planned(wanted={}, running={}))
    run.failed("h0", "the snapshot is damaged")
    assert counts(run)["h0"]["end"] == "failed"


def test_a_strict_host_on_which_nothing_can_be_set_is_failed():
    run = audited(planned(wanted={RECYCLE: 1}))
    none = {"applied": "0", "unchanged": "0", "skipped": "1", "drifted": "0", "failed": "0"}
    assert counts(run)["h0"] == none
    run.failed("h0", "tcp_hardening_strict: net.ipv4.tcp_tw_recycle cannot be set here")
    assert counts(run)["h0"] == dict(none, end="failed")


def test_a_host_that_goes_away_in_the_middle():
    run = audited(planned())
    run.unreachable("h0", "")
    gone = counts(run)["h0"]
    assert (gone["unfinished"], gone["skipped"], gone["end"]) == ("2", "1", "unreachable")
    for width in (0, 40, 80, 200):
        assert any(line.startswith("failed   h0 ") and line.endswith("1 host") for line in lines(run, width=width)), (
            "an empty message is no obstacle"
        )


def test_messages_stand_once_with_the_number_of_their_hosts():
    run = Run()
    for number in range(7):
        harden(
            run,
            "web%d" % number,
            planned(),
            messages=["an earlier run died"] if number < 5 else ["other"] if number < 6 else [],
        )
        run.failed("db%d" % number, "no space left" if number < 4 else "read-only file system")
    text = "\n".join(lines(run))
    assert re.search(
        r"\nnote     web0, web1, web2 and 2 more +5 hosts  an earlier run died\n +web5 +1 host   other\n", text
    )
    assert re.search(
        r"\nfailed   db0, db1, db2 and 1 more +4 hosts  no space left\n +db4, db5, db6 +3 hosts  read-only file"
        r" system\n",
        text,
    )
    for message in ("an earlier run died", "no space left", "the kernel dropped it in 4.12", "taken at listen()"):
        assert text.count(message) == 1


def test_hosts_that_differ_in_a_number_only_share_a_row():
    run = audited(*[planned({SOMAXCONN: "4096", FIN: running}, drop_in=False) for running in ("60", "60", "45", "50")])
    (row,) = [line for line in lines(run) if FIN in line]
    assert row.endswith("4 hosts  60; wanted 30 (and 2 other values elsewhere)")
    run = audited(*[planned({SOMAXCONN: running}, {SOMAXCONN: 2047}) for running in ("4097", "4097", "5000")])
    (row,) = [line for line in lines(run) if "weaker_than_running" in line]
    assert row.endswith(
        "3 hosts  2047; the host now has 4097, which is better (improve keeps it) (and 1 other value elsewhere)"
    )


def test_advice_that_many_keys_share_is_one_row():
    keys = ["net.ipv4.tcp_%s" % name for name in ("sack", "timestamps", "window_scaling", "syncookies", "fin_timeout")]
    where = Host(Kernel("6.12.101", 8192), {key: Reading(True, True, "1") for key in keys})
    for number in (3, 5):
        shared = [
            line
            for line in lines(audited(make_plan(Profile(dict.fromkeys(keys[:number], 1), policy="exact"), where)))
            if "not_inherited" in line
        ]
        assert len(shared) == (3 if number == 3 else 1) and (number == 3 or " 5 keys " in shared[0])


def test_sections_and_advice_come_in_the_order_of_harm():
    keys = {
        "net.ipv4.ip_local_port_range": "1024 65000",
        "net.ipv4.tcp_mem": "131072 262144 524288",
        "net.ipv4.tcp_tw_reuse": 1,
        "net.ipv4.tcp_timestamps": 0,
        FACK: 1,
        SOMAXCONN: 128,
        FIN: 30,
        RECYCLE: 1,
    }
    foreign = {"/etc/sysctl.d/99-x.conf": FIN + " = 5"}
    texts = {key: "9 9 9" if " " in str(value) else "99" for key, value in keys.items()}
    kernel = Kernel("6.12.101", 1 << 20, 65536)
    readings = {key: Reading(True, True, text) for key, text in texts.items()}
    where = Host(kernel, readings, ports=(8080,), **next_boot(foreign, keys, kernel))
    run = audited(make_plan(Profile(keys, policy="exact"), where))
    name = "net.ipv4.tcp_congestion_control"
    doubtful = {"unread": "nothing reads it", "available": {name: Available((), False)}}
    other = Host(kernel, {key: Reading(True, True, "reno") for key in (name, FIN)}, **doubtful)
    run.planned("elsewhere", make_plan(Profile({name: "bbrr", FIN: 999}, policy="exact"), other), False)
    kept = Host(kernel, {SOMAXCONN: Reading(True, True, "9999")})
    run.planned("better", make_plan(Profile({SOMAXCONN: 8192}), kept), False)
    run.planned("worse", planned({SOMAXCONN: "5000"}, {SOMAXCONN: 2048}), False)
    run.failed("other", "x")
    run.applied("third", {"settings": [], "messages": ["y"], "state": "present"})
    run.planned("fourth", planned(), False)
    body = lines(run)[lines(run).index("") + 1 :]
    sections = [line[:7].strip() for line in body if line[:7].strip()]
    assert sections == ["failed", "drifted", "note", "skipped", "advice"]
    start = next(number for number, line in enumerate(body) if line.startswith("advice"))
    advice = of_kind("advice")
    codes = [re.search(r" (%s) " % "|".join(advice), line).group(1) for line in body[start:]]
    assert list(dict.fromkeys(codes)) == list(advice), "each code, in the order of the table of codes, in one piece"


NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=1, max_size=30)
FATE = st.sampled_from(["harden", "audit", "failed", "lost", "unreachable"])
MESSAGE = st.text("abc de\n\t-/.", max_size=120)


def fed(hosts):
    run = Run()
    for name, (fate, message) in hosts.items():
        if fate in ("harden", "audit", "lost"):
            run.planned(name, planned(), False)
        if fate == "harden":
            run.applied(name, result(planned(), messages=[message] if message.strip() else []))
        elif fate == "unreachable":
            run.unreachable(name, message)
        elif fate != "audit":
            run.failed(name, message)
    return run


@given(
    st.dictionaries(NAME, st.tuples(FATE, MESSAGE), min_size=1, max_size=8), st.sampled_from([0, 20, 60, 80, 120, 200])
)
def test_columns_are_aligned_and_lines_fit(hosts, width):
    run = fed(hosts)
    found = lines(run, width=width)
    under = found.index("") if "" in found else len(found)
    column = found[1].index("failed") + len("failed")
    assert {line[column - 1 : column + 1] for line in found[2:under]} <= {"0", "0 ", "1", "1 ", "2", "2 ", "-", "- "}
    assert [line.split()[0] for line in found[2:under]] == sorted(hosts, key=natural)
    rows = found[under + 1 :]
    wide = lines(run)[under + 1 :]
    assert re.sub(r"\s", "", "".join(rows)) == re.sub(r"\s", "", "".join(wide)), "breaking a line loses nothing"
    starts = {match.end() for match in (re.search(r" \d+ hosts? {2,}", line) for line in wide) if match}
    assert len(starts) <= 1, "all messages begin in one column"
    if starts and width - max(starts) >= 30:
        assert max(map(len, rows)) <= width
    else:
        assert rows == wide, "too narrow for a column of its own: nothing is broken"


def test_long_messages_are_broken_under_their_column():
    run = Run()
    run.failed("h", " ".join(["word%02d" % number for number in range(30)]))
    found = lines(run, width=80)[4:]
    column = found[0].index("word00")
    assert len(found) > 3 and all(len(line) <= 80 and line.index("word") == column for line in found)
    assert all(not line[:column].strip() for line in found[1:])
    assert re.findall(r"word\d\d", "".join(found)) == ["word%02d" % number for number in range(30)]
    assert len(lines(run, width=0)) == 5


def test_hosts_are_in_the_order_of_their_names_and_numbers():
    names = ["10.0.0.9", "10.0.0.10", "db", "db-2", "db-10", "web1", "web2.b", "web10.a", "web\u00b2", "web\u0663"]
    run = Run()
    for name in reversed(names):
        run.unreachable(name, "x")
    assert [line.split()[0] for line in lines(run)[2 : 2 + len(names)]] == names


def test_colours():
    run = Run()
    harden(run, "green", planned(DONE))
    harden(run, "changed", planned(drop_in=False))
    run.planned("drifted", planned(), False)
    run.failed("red", "x")
    painted = lines(run, paint=lambda text, colour: "<%s>%s" % (colour, text))
    assert [line.split()[0] for line in painted[2:6]] == [
        "<yellow>changed",
        "<yellow>drifted",
        "<green>green",
        "<red>red",
    ]
    labels = [line.split()[0] for line in painted[7:]]
    assert [label for label in labels if not label.endswith(">")] == [
        "<red>failed",
        "<yellow>drifted",
        "<cyan>skipped",
        "<blue>advice",
    ]


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["hardened", "unreachable", "drifted"])
def test_a_thousand_hosts_take_less_than_a_second(kind):
    names = ("sack", "fack", "timestamps", "window_scaling", "syncookies", "tw_reuse", "rfc1337", "dsack", "tw_recycle")
    wanted = {"net.ipv4.tcp_" + name: 1 for name in names}
    where = Host(Kernel("6.12.101", 8192), {key: Reading(True, True, "0") for key in wanted if key != RECYCLE})
    plan = make_plan(Profile(wanted), where)
    begun = time.process_time()
    run = Run()
    for number in range(1000):
        name = "host%04d.example.com" % number
        if kind == "unreachable":
            run.unreachable(name, "Failed to connect to %s via ssh" % name)
            continue
        run.planned(name, plan, False)
        if kind == "hardened":
            run.applied(name, result(plan))
    found = lines(run, width=120)
    assert time.process_time() - begun < 1
    assert found[0].startswith("TCP settings   1000 hosts")
    assert len(found) < 50, "what all hosts share stands once, and the rest has a bound"


def seen(*found):
    return {"findings": [dict(zip(("code", "subject", "message"), one)) for one in found]}


def test_sockets_have_a_section_of_their_own_below_the_advice():
    run = Run()
    harden(run, "web1", planned(drop_in=False))
    harden(run, "web2", planned(DONE))
    keepalive = ("keepalive", "keepalive", "2 of 3 connections with keepalive")
    run.looked(
        "web1",
        seen(keepalive, ("time_wait", "TIME-WAIT", "5 sockets"), ("restart", "nginx.service", "port 80: backlog 128")),
        "",
    )
    run.looked(
        "web2", seen(("restart", "nginx.service", "port 80: backlog 128"), ("time_wait", "TIME-WAIT", "7 sockets")), ""
    )
    found = lines(run)
    start = next(number for number, line in enumerate(found) if line.startswith("sockets"))
    assert all("advice" not in line[:7] for line in found[start:]) and any(
        line.startswith("advice") for line in found[:start]
    )
    assert [line[9:].split("  ")[0] for line in found[start:]] == ["nginx.service", "TIME-WAIT", "keepalive"]
    assert re.search(r"sockets  nginx.service +restart +2 hosts  port 80: backlog 128", found[start])
    assert found[start + 1].endswith("2 hosts  5 sockets (and 1 other value elsewhere)")


def test_a_look_that_failed_is_a_note_and_fails_no_host():
    run = Run()
    harden(run, "web1", planned(DONE))
    run.looked("web1", {}, "MODULE FAILURE: no python")
    assert any(
        re.search(r"note +web1 +1 host +the sockets could not be looked at: MODULE FAILURE: no python", line)
        for line in lines(run)
    )
    assert counts(run)["web1"]["failed"] == "0"


def test_no_host_fills_the_screen_and_none_of_the_others_is_pushed_off_it():
    good, liar = planned(drop_in=False), planned(drop_in=False)
    row = liar["settings"][0]
    liar["settings"] = [
        {**row, "key": "net.core.x%d" % number, "advice": [{"code": "parity", "message": "%d %d" % (number, part)}
                                                           for part in range(50)]}
        for number in range(2000)
    ]  # fmt: skip
    found = lines(audited(good, liar))
    assert len(found) < 1100 and any("has more to say than is shown here: reports" in line for line in found)
    assert any(line.startswith("skipped") and RECYCLE in line and "1 host" in line for line in found)
    assert any(FIN in line and "now and after reboot" in line for line in found)


def test_a_name_of_the_inventory_forges_no_row():
    run = Run()
    for name in ("web1", "web1\nweb2  6.12  0", "\x1b[1A\u202eweb3"):
        run.planned(name, planned(), True)
    assert [line.split("  ")[0] for line in lines(run)[2:5]] == ["\\x1b[1A\\u202eweb3", "web1", "web1 web2 6.12 0"]
