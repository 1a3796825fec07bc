# Tests of the role's own files: its defaults, their specification, and the drop-in that its template makes of a plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Needs PyYAML and Jinja2, which come with ansible-core; skipped where modules run without it."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import assignments
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import of_kind
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._handed import strays
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._policy import wishes_of
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import imagine
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._counters import NAMES as COUNTER_NAMES
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import RESERVED
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import carried_out, make_plan

yaml = pytest.importorskip("yaml")
pytest.importorskip("jinja2")

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step import _render  # noqa: E402

ROLE = Path(__file__).resolve().parents[3] / "roles" / "tcp_hardening"

# The optimised values of the document, in its order.
DOCUMENT = [
    ("net.core.rmem_default", 256960),
    ("net.core.rmem_max", 513920),
    ("net.core.wmem_default", 256960),
    ("net.core.wmem_max", 513920),
    ("net.core.netdev_max_backlog", 2000),
    ("net.core.somaxconn", 2048),
    ("net.core.optmem_max", 81920),
    ("net.ipv4.tcp_mem", "131072 262144 524288"),
    ("net.ipv4.tcp_rmem", "8760 256960 4088000"),
    ("net.ipv4.tcp_wmem", "8760 256960 4088000"),
    ("net.ipv4.tcp_keepalive_time", 1800),
    ("net.ipv4.tcp_keepalive_intvl", 30),
    ("net.ipv4.tcp_keepalive_probes", 3),
    ("net.ipv4.tcp_sack", 1),
    ("net.ipv4.tcp_fack", 1),
    ("net.ipv4.tcp_timestamps", 1),
    ("net.ipv4.tcp_window_scaling", 1),
    ("net.ipv4.tcp_syncookies", 1),
    ("net.ipv4.tcp_tw_reuse", 1),
    ("net.ipv4.tcp_tw_recycle", 1),
    ("net.ipv4.tcp_fin_timeout", 30),
    ("net.ipv4.ip_local_port_range", "1024 65000"),
    ("net.ipv4.tcp_max_syn_backlog", 2048),
]
VARIABLES = {"values", "overrides", "exclude", "policy", "policies", "memory_percent", "strict", "boot_conflict",
             "live", "state", "path", "replace", "force", "sockets",
             "report_dir", "report_mode"}  # fmt: skip
# Those that only a staged rollout knows.
STAGED = {"health", "health_window", "health_limits", "confirm"}


def loaded(name):
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def of_type(value, spelt):
    """Whether a default is of the type that the specification says; a bool is no int here."""
    kind = {"dict": dict, "list": list, "str": str, "int": int, "bool": bool, "path": str}[spelt]
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)


def test_the_default_profile_is_the_document():
    found = list(loaded("defaults/main.yml")["tcp_hardening_values"].items())
    assert found == DOCUMENT
    assert [type(value) for _key, value in found] == [type(value) for _key, value in DOCUMENT]


def test_defaults_and_their_specification_are_one():
    everything, specs = loaded("defaults/main.yml"), loaded("meta/argument_specs.yml")["argument_specs"]
    assert set(everything) == {"tcp_hardening_" + name for name in VARIABLES | STAGED}
    plain = {name: everything[name] for name in everything if name.replace("tcp_hardening_", "") in VARIABLES}
    entries = (
        ("main", plain, set()),
        ("audit", plain, {"audit_fail_on_drift"}),
        ("preview", plain, {"kernel"}),
        ("rollout", everything, set()),
    )
    assert {name for name, _defaults, _more in entries} == set(specs)
    for name, defaults, more in entries:
        options = specs[name]["options"]
        assert set(options) - more == set(defaults) and more <= set(options)
        assert list(options)[: len(defaults)] == list(defaults)
        for name, value in defaults.items():
            option = options[name]
            assert option["default"] == value and type(option["default"]) is type(value), name
            assert of_type(value, option["type"]) and option["description"], name
            assert not option.get("required") and ("choices" not in option or value in option["choices"])
    assert list(specs["main"]["options"]["tcp_hardening_values"]["default"].items()) == DOCUMENT


def test_every_entry_point_has_an_example_that_is_yaml():
    for name, spec in loaded("meta/argument_specs.yml")["argument_specs"].items():
        # Comments separate an example from a file of variables.
        parts = re.split(r"(?m)^#.*\n|\n(?=- )", spec["examples"])
        told = [yaml.safe_load(part) for part in parts if part.strip()]
        assert told and all(told), name
        names = set(re.findall(r"\btcp_hardening_[a-z]+\b", spec["examples"])) - {"tcp_hardening_batches"}
        assert names <= {"tcp_hardening_" + each for each in VARIABLES | STAGED}, name


def test_ansible_adds_no_step_that_validates():
    # A role takes the first of these; ansible-doc takes the second. What is not in it, Ansible does not validate.
    assert loaded("meta/argument_specs") == {"argument_specs": {}}
    role = pytest.importorskip("ansible.playbook.role")
    loading = pytest.importorskip("ansible.parsing.dataloader")
    found = role.Role()
    found._role_path, found._loader = str(ROLE), loading.DataLoader()
    assert found._get_role_argspecs() == {}


def test_the_defaults_are_those_that_are_promised():
    defaults = loaded("defaults/main.yml")
    del defaults["tcp_hardening_values"]
    limits = defaults.pop("tcp_hardening_health_limits")
    assert limits == {
        "TcpExt.ListenOverflows": 2, "TcpExt.ListenDrops": 2, "Tcp.RetransSegs/Tcp.OutSegs": 5,
        "TcpExt.TCPAbortOnMemory": 1,
        "TcpExt.PAWSActive": 2, "TcpExt.PAWSEstab": 2, "TcpExt.PAWSPassive": 2,
        "TcpExt.TCPAbortOnTimeout": 2,
        "TcpExt.TCPTimeWaitOverflow": 2,
    }  # fmt: skip
    assert {part for name in limits for part in name.split("/")} <= set(COUNTER_NAMES), (
        "tcp_socket_info reads each of them"
    )
    assert defaults == {
        "tcp_hardening_overrides": {}, "tcp_hardening_exclude": [], "tcp_hardening_policy": "improve",
        "tcp_hardening_policies": {},
        "tcp_hardening_memory_percent": 50, "tcp_hardening_strict": False, "tcp_hardening_boot_conflict": "warn",
        "tcp_hardening_live": True,
        "tcp_hardening_state": "present",
        "tcp_hardening_path": "/etc/sysctl.d/90-tcp-hardening.conf", "tcp_hardening_replace": False,
        "tcp_hardening_force": False,
        "tcp_hardening_sockets": False,
        "tcp_hardening_report_dir": "", "tcp_hardening_report_mode": "0600",
        "tcp_hardening_health": True, "tcp_hardening_health_window": 5, "tcp_hardening_confirm": 60,
    }  # fmt: skip


def test_every_variable_is_explained_over_its_default():
    text = (ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")
    for name in VARIABLES | STAGED:
        assert re.search(r"^# .+\ntcp_hardening_%s:" % name, text, re.MULTILINE), name


def rendered(plan):
    """The drop-in."""
    return _render.drop_in(plan)


def host(values, running=None, release="6.12.101", memory_mb=8192, namespace="host"):
    """A host of that kernel, with some of its values running."""
    imagined = imagine(Kernel(release, memory_mb, 4096, namespace), values)
    keys = {
        key: one._replace(text=(running or {}).get(key, "1") if one.present else None)
        for key, one in imagined.keys.items()
    }
    return Host(imagined.kernel, keys)


def own_values(values, kernel):
    """The kernel's own value of each key, as far as it is known."""
    plan = make_plan(Profile(values), imagine(kernel, values))
    return {row["key"]: row["default"] for row in plan["settings"] if row["default"] is not None}


OWN = "net.ipv4.conf.all.rp_filter"
PLANS = {
    "a new kernel": (dict(DOCUMENT), {}, {}),
    "an old kernel": (dict(DOCUMENT), {"release": "3.10.0-1160.el7.x86_64"}, {}),
    "a container": (dict(DOCUMENT), {"namespace": "container"}, {}),
    "little memory": (dict(DOCUMENT), {"memory_mb": 512}, {}),
    "better in part": (dict(DOCUMENT), {"release": "6.18.44"}, {}),
    "to the letter": (dict(DOCUMENT), {"release": "6.18.44"}, {"policy": "exact"}),
    "harmful, and asked for": (
        dict(DOCUMENT),
        {"release": "4.9.0"},
        {"policies": {"net.ipv4.tcp_tw_recycle": "exact"}},
    ),
    "words, ports, an empty value": ({"net.ipv4.tcp_congestion_control": "bbr", RESERVED: "8080,9000-9010"}, {}, {}),
    "an empty value": ({RESERVED: ""}, {}, {}),
    "a refused value, excluded": (
        {"net.ipv4.tcp_rmem": "1\nkernel.x = |/x", "net.core.somaxconn": 5},
        {},
        {"exclude": ["net.ipv4.tcp_rmem"]},
    ),
    "nothing": ({}, {}, {}),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_drop_in_says_what_the_plan_says(name):
    values, where, options = PLANS[name]
    plan = make_plan(Profile(values, **options), host(values, **where))
    text = rendered(plan)
    targets = {setting["key"]: setting["target"] for setting in plan["settings"] if setting["verdict"] == "apply"}
    assert assignments(text) == targets
    assert strays(text, targets) == []
    lines = text.split("\n")
    assert lines[-1] == "" and text.isascii() and max(map(len, lines)) < 200
    bare = [line for line in lines if line and not line.startswith("#")]
    assert bare == ["%s = %s" % item for item in targets.items()], (
        "each applied key once, in the order of the profile, and nothing else"
    )
    for setting in plan["settings"]:
        if setting["verdict"] == "skip":
            assert (
                "\n# skipped (%s): %s\n# %s = %s\n"
                % tuple(setting[field] for field in ("reason", "detail", "key", "wanted"))
                in text
            )
        elif setting["target"] != setting["wanted"]:
            assert "\n# wanted: %s = %s\n%s = " % (setting["key"], setting["wanted"], setting["key"]) in text
    assert wishes_of(text) == {
        setting["key"]: setting["wanted"]
        for setting in plan["settings"]
        if setting["verdict"] == "apply" and setting["target"] != setting["wanted"]
    }, "the next run reads what was wanted"
    assert "None" not in text and "\n\n\n" not in text


def test_every_reason_can_stand_in_the_drop_in():
    wanted = {**dict(DOCUMENT), "net.ipv4.tcp_rto_max_ms": 5000}
    found = set()
    for where, options in (
        ({"namespace": "container"}, {"exclude": ["net.ipv4.tcp_sack"]}),
        ({"memory_mb": 512}, {}),
        ({"release": "4.9.0"}, {}),
    ):
        texts = {key: "9 9 999999999" if len(str(value).split()) > 1 else "999999999" for key, value in wanted.items()}
        texts["net.ipv4.ip_local_port_range"] = "1024 65000"
        text = rendered(make_plan(Profile(wanted, **options), host(wanted, texts, **where)))
        found |= set(re.findall(r"^# skipped \((\w+)\): \S", text, re.MULTILINE))
    assert found == set(of_kind("reason")) - {"left_profile"}, "what left the profile has no line"


def test_the_drop_in_is_the_same_from_run_to_run_and_from_host_to_host():
    values = dict(DOCUMENT)
    exact = Profile(values, policy="exact")
    first = rendered(make_plan(exact, host(values)))
    again = {key: str(value) for key, value in values.items()}
    assert rendered(make_plan(exact, host(values, again))) == first
    other = make_plan(exact, host(values, release="6.8.0-1021-aws", memory_mb=65536))
    assert rendered(other) == first, "nothing of the host is in it but what is skipped, and why"


@pytest.mark.parametrize("release", ["3.10.0-1160.el7.x86_64", "4.9.0", "5.10.0", "6.12.101", "7.2.3"])
def test_with_the_better_of_both_the_drop_in_is_the_same_from_run_to_run(release):
    values = dict(DOCUMENT)
    fresh = host(values, own_values(values, Kernel(release, 16384)), release=release, memory_mb=16384)
    plan = make_plan(Profile(values), fresh)
    after = carried_out(plan, fresh)._replace(drop_in=rendered(plan))
    before = {key: one.text for key, one in fresh.keys.items() if one.text is not None}
    for seen in ({}, before):
        again = make_plan(Profile(values), after._replace(before=seen))
        assert (
            rendered(again) == rendered(plan)
            and [row["key"] for row in again["settings"] if "running" in row["drift"]] == []
        )


def test_the_drop_in_holds_no_date_and_no_name():
    text = rendered(make_plan(Profile(dict(DOCUMENT)), host(dict(DOCUMENT))))
    assert not re.search(r"\b(19|20)\d\d[-/.]\d\d|\d\d:\d\d|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", text)
    assert socket.gethostname() not in text and "6.12.101" not in text
    assert "{{" not in text and "{%" not in text


def test_comments_name_meaning_unit_and_the_documents_default():
    wanted = {"net.core.rmem_max": 513920, OWN: 1}
    text = rendered(
        make_plan(Profile(wanted), Host(Kernel("6.12.101", 8192), dict.fromkeys(wanted, Reading(True, True, "1"))))
    )
    assert "# largest receive buffer, in bytes (document's default: 131071)\nnet.core.rmem_max = 513920\n" in text
    assert "# not in the catalog\n%s = 1\n" % OWN in text
