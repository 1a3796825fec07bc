# Tests of what is wished for a host: names that nobody knows, types, texts from -e and surveys, merged overrides.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""wishes(), over variables as Ansible hands them over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import POLICIES
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._wishes import WishError, Wishes, known, wishes
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN

ROOT = Path(__file__).resolve().parents[5]
ROLE = ROOT / "roles" / "tcp_hardening"
FAULT = "{net.core.somaxconn: 8192}"


def read(**given):
    """The wishes in variables whose names stand without their prefix."""
    return wishes({"tcp_hardening_" + name: value for name, value in given.items()})


def refused(**given):
    """The sentences with which the variables are refused, without the prefix of the names."""
    with pytest.raises(WishError) as refusal:
        read(**given)
    problems = refusal.value.problems
    assert str(refusal.value) == "; ".join(problems) and all(each.startswith("tcp_hardening_") for each in problems)
    assert all(each.isprintable() and len(each) < 250 for each in problems)
    return [each[len("tcp_hardening_") :] for each in problems]


def defaults():
    return pytest.importorskip("yaml").safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))


def test_the_roles_defaults_are_accepted_as_they_are():
    given = defaults()
    found = wishes({**given, "ansible_host": "x", "tcp": 1, "__tcp_hardening_x": 1})
    told = {"tcp_hardening_" + name: value for name, value in found._asdict().items() if name != "batches"}
    assert told == {name: value for name, value in given.items() if name != "tcp_hardening_overrides"}
    assert [type(value) for value in told.values()] == [type(given[name]) for name in told]


def test_what_is_missing_has_the_roles_default():
    given = defaults()
    assert read() == wishes({**given, "tcp_hardening_values": {}, "tcp_hardening_health_limits": {}})
    assert wishes({}) == read()


def test_every_variable_that_the_files_name_is_known():
    yaml = pytest.importorskip("yaml")
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    specified = {name for spec in specs.values() for name in spec["options"] if name.startswith("tcp_hardening_")}
    assert specified == set(defaults())
    found = set()
    for path in [*(ROOT / "playbooks").rglob("*.yml"), *ROLE.rglob("*.yml"), *ROLE.rglob("*.j2")]:
        # Not what begins with __, and no file names such as tcp_hardening_x.conf.
        found |= set(
            re.findall(r"(?<![\w.])tcp_hardening_[a-z_]+[a-z](?![\w.]*\.j2)", path.read_text(encoding="utf-8"))
        )
    assert found - {"tcp_hardening_overrides_web", "tcp_hardening_overrides_db"} == set(known())
    assert set(known()) - specified == {"tcp_hardening_batches"}
    fields = {"tcp_hardening_" + name for name in Wishes._fields} - {"tcp_hardening_batches"}
    assert fields | {"tcp_hardening_overrides"} == specified


@pytest.mark.parametrize(
    "name, meant",
    [
        ("overides", "overrides"),
        ("excludes", "exclude"),
        ("polices", "policies"),
        ("policy_", "policy"),
        ("overides_web", "overrides_web"),
        ("overrides_", "overrides"),
        ("override", "overrides"),
        ("batch", "batches"),
        ("memory", "memory_percent"),
        ("xyz", None),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(name, meant):
    hint = "did you mean tcp_hardening_%s?" % meant if meant else "names that begin with tcp_hardening_ are its own"
    assert refused(**{name: {}}) == ["%s: the role knows no such variable; %s" % (name, hint)]


def test_overrides_are_merged_in_the_order_of_their_names():
    found = read(
        values={"a": 1, "b": 1, "c": 1},
        overrides_web={"c": 4, "e": 4},
        overrides={"b": 2, "c": 2, "d": 2},
        overrides_all={"c": 3, "e": 3},
        batches="1",
    )
    assert list(found.values.items()) == [("a", 1), ("b", 2), ("c", 4), ("d", 2), ("e", 4)]


@pytest.mark.parametrize(
    "value, found",
    [
        ({SOMAXCONN: 8192}, {SOMAXCONN: 8192}),
        (None, {}),
        ("", {}),
        ('{"net.core.somaxconn": 8192}', {SOMAXCONN: 8192}),
        ("net.core.somaxconn: 8192\n\n# x\nnet.ipv4.tcp_fin_timeout:  '30' \n", {SOMAXCONN: "8192", FIN: "30"}),
    ],
)
def test_mappings_also_come_as_text(value, found):
    assert read(overrides=value).values == found == read(overrides_x=value).values


@pytest.mark.parametrize(
    "value, shown, more",
    [
        ("a=b", "'a=b'", ""),
        ("net.core.somaxconn=8192", "'net.core.somaxconn=8192'", "; here {net.core.somaxconn: 8192}"),
        (["a", 1], "['a', 1]", ""),
        (5, "5", ""),
        (True, "True", ""),
        ("{broken", "'{broken'", ""),
        ('["a"]', "'[\"a\"]'", ""),
        ({1: 2}, "the key 1", ""),
        ("a\nb: 1", "'a\\nb: 1'", ""),
    ],
)
def test_no_mapping_is_one_sentence_with_an_example(value, shown, more):
    sentence = "%s is refused; expected a mapping from key to value, such as %s%s" % (shown, FAULT, more)
    for name in ("overrides", "overrides_web", "values"):
        assert refused(**{name: value}) == ["%s: %s" % (name, sentence)]


@pytest.mark.parametrize("value", [["a", "b"], "a,b", "a, b", " a\nb ", '["a", "b"]', ("a", " b")])
def test_excludes_come_as_list_or_text(value):
    assert read(exclude=value).exclude == ["a", "b"]


def test_what_is_no_list_of_keys_is_refused():
    assert read(exclude=None).exclude == read(exclude="").exclude == []
    for value, shown in (({"a": 1}, "{'a': 1}"), (5, "5"), ([1], "[1]"), ([""], "['']"), ("[1]", "'[1]'")):
        assert refused(exclude=value) == [
            "exclude: %s is refused; expected a list of keys, such as [net.ipv4.tcp_fin_timeout, net.core.somaxconn]"
            % shown
        ]


@pytest.mark.parametrize("name", ["strict", "live", "sockets", "health"])
def test_booleans_come_as_text_too(name):
    for value in (True, "true", "True", "yes", " on ", 1, "1"):
        assert getattr(read(**{name: value}), name) is True
    for value in (False, "false", "no", "Off", 0, "0"):
        assert getattr(read(**{name: value}), name) is False
    for value, shown in ((None, "an empty value"), ("maybe", "'maybe'"), (2, "2"), ([], "[]"), ("", "''")):
        assert refused(**{name: value}) == ["%s: %s is refused; expected true or false" % (name, shown)]


@pytest.mark.parametrize("name", ["memory_percent", "confirm", "health_window"])
def test_numbers_come_as_text_too(name):
    for value in (7, "7", " 7 ", 7.0):
        found = getattr(read(**{name: value}), name)
        assert found == 7 and found.__class__ is int
    unit = "percent, 0 to 100" if name == "memory_percent" else "seconds, 0 or more"
    for value in (True, "x", -1, 1.5, None, [1], "", "1e400", "nan"):
        (sentence,) = refused(**{name: value})
        assert sentence.endswith(" is refused; expected a whole number of %s" % unit) and name in sentence


def test_more_than_all_memory_is_refused():
    assert "memory_percent: 101 is refused" in refused(memory_percent=101)[0]


def test_a_wrong_choice_is_one_sentence_with_the_nearest_one():
    policies = " or ".join(POLICIES)
    assert refused(policy=POLICIES[0] + "s") == [
        "policy: '%ss' is refused; expected %s; did you mean %s?" % (POLICIES[0], policies, POLICIES[0])
    ]
    assert refused(policy=["x"]) == ["policy: ['x'] is refused; expected %s" % policies]
    assert refused(state="restore") == [
        "state: 'restore' is refused; expected present, absent or restored; did you mean restored?"
    ]
    assert refused(boot_conflict=False) == ["boot_conflict: False is refused; expected warn or fail"]
    assert refused(policies={SOMAXCONN: "zzz", FIN: POLICIES[0]}) == [
        "policies: net.core.somaxconn: 'zzz' is refused; expected %s" % policies
    ]
    assert read(policies={FIN: POLICIES[1]}).policies == {FIN: POLICIES[1]}
    assert "a mapping from key to policy, such as {net.core.somaxconn: " in refused(policies="x")[0]


def test_limits_are_numbers():
    assert read(health_limits={"A": "2", "B/C": 0.5}).health_limits == {"A": 2, "B/C": 0.5}
    for value in ("x", -1, None, True):
        assert refused(health_limits={"A": value})[0].startswith("health_limits: A: ")


def test_paths():
    assert read(path="/etc/sysctl.d/50-x.conf", report_dir="x/y").path == "/etc/sysctl.d/50-x.conf"
    for value in ("etc/x.conf", "", None, 5, "/etc/sysctl.d/", ["/x"]):
        assert "expected the full path of a file on the host" in refused(path=value)[0]
    assert "expected the path of a folder" in refused(report_dir=None)[0]


def test_modes_of_reports_are_three():
    for value, mode in (("0640", "0640"), ("644", "0644"), (0o644, "0644"), (0o600, "0600")):
        assert read(report_mode=value).report_mode == mode
    for value in ("0666", "0700", "4644", 644, True, None, [], "u=rw", ""):
        assert "expected a mode in quotes, one of 0600, 0640, 0644" in refused(report_mode=value)[0]


def test_answers_of_the_survey_are_understood():
    path = ROOT / "examples" / "awx" / "survey.json"
    if not path.exists():
        pytest.skip("an installed collection has no examples")
    given = {one["variable"]: one["default"] for one in json.loads(path.read_text(encoding="utf-8"))["spec"]}
    assert wishes(given) == wishes({})
    given["tcp_hardening_overrides"] = "net.core.somaxconn: 8192\nnet.ipv4.tcp_rmem: 4096 87380 4011232\n"
    given["tcp_hardening_exclude"] = "net.ipv4.ip_local_port_range, net.ipv4.tcp_mem"
    found = wishes(given)
    assert found.values == {SOMAXCONN: "8192", "net.ipv4.tcp_rmem": "4096 87380 4011232"}
    assert found.exclude == ["net.ipv4.ip_local_port_range", "net.ipv4.tcp_mem"]


@pytest.mark.parametrize("asked, at_once", [
    ({}, False),
    ({"batches": "100%"}, False),
    ({"batches": "100%", "confirm": 0}, False),
    ({"batches": "100%", "health": False}, False),
    ({"batches": "100%", "health": False, "confirm": 0}, True),
    ({"batches": ["100%"], "health": "false", "confirm": "0"}, True),
    ({"batches": "1,100%", "health": False, "confirm": 0}, False),
    ({"batches": 5, "health": False, "confirm": 0}, False),
    ({"health": False, "confirm": 0}, False),
])  # fmt: skip
def test_a_rollout_without_stages(asked, at_once):
    assert read(**asked).at_once is at_once


def test_all_faults_at_once():
    found = refused(overides={}, policy="x", exclude=5, strict="x", overrides_a="a=b")
    assert [each.partition(":")[0] for each in found] == ["overides", "exclude", "policy", "strict", "overrides_a"]


@pytest.mark.parametrize("state", ["absent", "restored"])
def test_a_bad_profile_does_not_stop_a_rollback(state):
    found = read(state=state, values=5, overrides="a=b", policy="x", overides={}, overides_web={})
    assert found.state == state and found.values == {}
    assert "exclude: 7" in refused(state=state, exclude=7)[0], "it counts for the way back"
    for name in ("pth", "liv", "my_own_name"):
        assert len(refused(state=state, policy="x", **{name: 1})) == 1, name


def test_a_value_of_any_length_is_shown_in_short():
    assert len(refused(overrides="x" * 10000)[0]) < 200
