# The three modules with arguments that nobody would give them: each set is a good one with up to three things broken in
# it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""In one private host many sets run one after the other, in one process.

What is refused must leave no trace, and say what is wrong.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import json
import os
import random
import traceback
from typing import Any

from ansible.module_utils.testing import patch_module_args

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import BEFORE, FIN, RMEM, WANTED, Case, world
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, put

MODULES = ("sysctl_profile", "sysctl_profile_info", "tcp_socket_info")
_PORTION = 50
# What Ansible itself says of a text where a mapping has to be; it names no option, and the module is not called.
_ANSIBLES_OWN = ["dictionary requested, could not parse JSON or key=value", "unable to evaluate string as dictionary"]
_MS_RDONLY, _MS_REMOUNT, _MS_BIND = 1, 32, 4096
_JUNK: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    10**30,
    1.5,
    "",
    " ",
    "1",
    "-1",
    "0x10",
    "1 2",
    "1 2 3",
    "3 2 1",
    "1\t2\t3\n",
    "1\n2",
    "1\0",
    "yes",
    "ja",
    "\u0661",
    "\U0001f98a",
    "x" * 5000,
    "../../etc/passwd",
    "net.ipv4.*",
    "{{ 7 }}",
    [],
    [[]],
    ["a", 1],
    {},
    {"a": {}},
    {"net.ipv4.tcp_sack": 1},
    [{"key": FIN}],
    "/etc/sysctl.d/other.conf",
    "/etc/missing/a.conf",
    "/etc/sysctl.d/a b.conf",
    "relative.conf",
    "present",
    "restored",
    "absent",
)
_GOOD: dict[str, list[dict[str, Any]]] = {
    "sysctl_profile": [
        {"values": WANTED},
        {
            "settings": [
                {"key": key, "target": text, "verdict": "apply", "reason": None, "detail": ""}
                for key, text in WANTED.items()
            ],
            "content": "".join(f"{key} = {text}\n" for key, text in WANTED.items()),
            "path": DROP_IN,
            "state": "present",
            "live": True,
        },
        {"state": "restored"},
        {"state": "absent", "path": DROP_IN},
    ],
    "sysctl_profile_info": [
        {
            "values": WANTED,
            "exclude": [FIN],
            "policy": "improve",
            "policies": {RMEM: "exact"},
            "memory_percent": 50,
            "path": DROP_IN,
        },
        {
            "values": WANTED,
            "kernel": {"release": "6.1.0-18-amd64", "memory_mb": 2048, "page_size": 4096, "namespace": "host"},
        },
    ],
    "tcp_socket_info": [
        {
            "per": ["port", "peer"],
            "top": 20,
            "listeners": True,
            "options": True,
            "options_limit": 100,
            "former": BEFORE,
            "path": DROP_IN,
        },
    ],
}


def mutant(module: str, dice: random.Random) -> tuple[dict[str, Any], list[str]]:
    """(arguments, the names of what is broken in them). The same dice give the same mutant."""
    arguments = copy.deepcopy(dice.choice(_GOOD[module]))
    names: list[str] = []
    for _time in range(dice.choice((1, 1, 1, 2, 3))):
        _break(arguments, dice, names)
    return arguments, names


def _break(part: Any, dice: random.Random, names: list[str]) -> None:
    """Break one thing in a mapping or a list, or in something below it."""
    places = list(part) if isinstance(part, dict) else list(range(len(part)))
    if not places:
        return
    place = dice.choice(places)
    value = part[place]
    if isinstance(place, str):
        names.append(place)
    if isinstance(value, dict) and "key" in value:
        names.append(str(value["key"]))
    if isinstance(value, (dict, list)) and value and dice.random() < 0.7:
        _break(value, dice, names)
    elif isinstance(value, str) and value and dice.random() < 0.4:
        part[place] = _bent(value, dice)
    elif isinstance(part, dict) and dice.random() < 0.25:
        name = _bent(place, dice)
        names.append(name)
        part[name] = part.pop(place)
    elif isinstance(part, dict) and dice.random() < 0.15:
        del part[place]
    elif isinstance(part, list) and dice.random() < 0.3:
        part.append(copy.deepcopy(value))
    else:
        part[place] = copy.deepcopy(dice.choice(_JUNK))
    if place in part or isinstance(part, list):
        names += _words(part[place])


def _words(value: Any) -> list[str]:
    """What a message may quote of a value. Ansible makes an empty text of None; a path may be named by its folder."""
    if value in ({}, []):
        return [str(value)]
    if isinstance(value, dict):
        return [word for pair in value.items() for part in pair for word in _words(part)]
    if isinstance(value, list):
        return [word for part in value for word in _words(part)]
    if value is None:
        return ["''"]
    text = str(value)
    return [text[:20], os.path.dirname(text)] if text.startswith("/") else [text[:20]] if text else ["''"]


def _bent(text: str, dice: random.Random) -> str:
    """A text with a character more, less, or another one."""
    at, extra = dice.randrange(len(text)), dice.choice(" .\n\0=#;-/*9a")
    return dice.choice(
        (text[:at] + text[at + 1 :], text[:at] + extra + text[at:], text[:at] + extra + text[at + 1 :], text.upper())
    )


def portion(module: str, seeds: list[str]) -> list[Case]:
    """One case for each seed, in one private host whose other files are read-only."""

    def work() -> list[Case]:
        namespace.mount("none", "/", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY)
        loaded = importlib.import_module(f"ansible_collections.fleetnet.linux_tcp.plugins.modules.{module}")
        return [_case(loaded, module, seed) for seed in seeds]

    kind, found = namespace.in_child(work, namespace.enter)
    return found if kind == "value" else [Case("broken off", [str(found)])] * len(seeds)


def portions(seeds: list[str]) -> list[list[str]]:
    """Seeds in lots that one private host gets through in time."""
    return [seeds[start : start + _PORTION] for start in range(0, len(seeds), _PORTION)]


def _case(loaded: Any, module: str, seed: str) -> Case:
    arguments, names = mutant(module, random.Random(seed))
    namespace.clear("/etc", "/var/lib")
    os.mkdir("/etc/sysctl.d", 0o755)
    put(BEFORE)
    before = world()
    try:
        found = _run(loaded, arguments)
    except Exception as error:
        if any(
            frame.name == "__init__" and frame.filename.endswith("/ansible/module_utils/basic.py")
            for frame in traceback.extract_tb(error.__traceback__)
        ):
            return Case("refused by Ansible with a crash", _changes(before))
        return Case("crashed", [f"{arguments!r:.1500}: {traceback.format_exc()[-1500:]}"])
    if found.get("trial"):
        _run(loaded, {"state": "withdrawn", "trial": found["trial"], "path": arguments.get("path", DROP_IN)})
        outcome, misses = "tried", _changes(before)
    elif found.get("failed"):
        outcome, misses = "refused", _changes(before)
        if "Traceback" in found["msg"] or not any(_quoted(name, found["msg"]) for name in names + _ANSIBLES_OWN):
            misses.append(f"the message names none of {names}: {found['msg']:.1500}")
    else:
        outcome = "accepted"
        misses = _kept(found) if found["changed"] else _changes(before)
    return Case(outcome, [f"{arguments!r:.1500}: {miss}" for miss in misses])


def _changes(before: object) -> list[str]:
    return [] if world() == before else ["it changed the host"]


def _quoted(name: str, message: str) -> bool:
    return name in message or repr(name)[1:-1] in message or json.dumps(name)[1:-1] in message


def _kept(found: dict[str, Any]) -> list[str]:
    """The misses of a run that says it changed the host."""
    texts = {
        setting["key"]: setting["value"]
        for setting in found["settings"]
        if setting["status"] in ("applied", "unchanged") and setting["value"]
    }
    return [
        f"{key} is {get(key)!r}, not {text!r}"
        for key, text in texts.items()
        if found["state"] == "present" and get(key) != " ".join(text.split())
    ]


def _run(loaded: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    said = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        loaded.main()
    return json.loads(said.getvalue())
