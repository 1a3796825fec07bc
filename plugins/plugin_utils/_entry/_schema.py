# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The forms of what comes in: the report of a host, and the results of the modules.
# docs/report-schema.json is written out of REPORT by `make docs`. Bounds are far above what any host needs. Pure.

from __future__ import annotations

from typing import Any, Dict

from ...module_utils._codes import of_kind
from ...module_utils._plan._outcome import FATES

SCHEMA = 2
_TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_KEYS, _CODE = 2000, 64  # keys of a host, characters of a code
_REASONS = [None, *map(str, of_kind("reason"))]


def _object(required: str, told: str = "", nullable: bool = False, /, **fields: Any) -> Dict[str, Any]:
    """The form of an object. required: the names of fields, separated by blanks."""
    form: Dict[str, Any] = {"type": ["object", "null"] if nullable else "object"}
    if told:
        form["description"] = told
    return {**form, "required": required.split(), "properties": fields}


def _text(told: str = "", most: int = 0, nullable: bool = False, **more: Any) -> Dict[str, Any]:
    form: Dict[str, Any] = {"type": ["string", "null"] if nullable else "string", **more, "maxLength": most or 2000}
    return {**form, "description": told} if told else form


def _count(told: str = "", nullable: bool = False) -> Dict[str, Any]:
    kind = ["integer", "null"] if nullable else "integer"
    form = {"type": kind, "minimum": 0, "maximum": 2**64}
    return {**form, "description": told} if told else form


def _list(items: Any, most: int, told: str = "", **more: Any) -> Dict[str, Any]:
    form = {"type": "array", "items": items, "maxItems": most, **more}
    return {**form, "description": told} if told else form


_KEY = _text(most=256, pattern="^net\\.(core|ipv4)(\\.[A-Za-z0-9_-]+)+$")
_SAID = _object("code message", code=_text(most=_CODE), message=_text())
_KERNEL = _object(
    "release memory_mb page_size namespace",
    release=_text(most=64),
    memory_mb=_count("MiB.", nullable=True),
    page_size=_count("Bytes."),
    namespace={"enum": ["host", "container"]},
)
_NAMESPACES = _object(
    "count complete without",
    "The other network namespaces that live on the host; null in one of them, and where no plan could be made.",
    True,
    count=_count(),
    complete={"type": "boolean", "description": "False where not all could be seen: at least so many."},
    without=_list(_KEY, _KEYS, "Those to be applied that these do not take over from the host."),
)
_BOOT = _object(
    "value source loader",
    "What stands after a reboot, and which line decides; null where nothing sets the key.",
    True,
    value=_text(),
    source=_text("FILE:LINE, or kernel command line."),
    loader={
        "enum": [None, "systemd-sysctl", "procps", "cmdline", "ufw", "tuned"],
        "description": "Null where it is not known.",
    },
)
_PLANNED = {
    "key": _KEY,
    "wanted": _text("The profile's value."),
    "running": _text("Null where it could not be read.", nullable=True),
    "default": _text("The kernel's own value, null where it is not known.", nullable=True),
    "default_estimated": {"type": "boolean"},
    "boot": _BOOT,
    "target": _text(
        "What is written after the policy. Null where a key returns to what only root can see.", nullable=True
    ),
    "verdict": {
        "enum": ["apply", "return", "skip"],
        "description": "return: an earlier run set it, and this one takes that back.",
    },
    "reason": {"enum": _REASONS},
    "detail": _text(),
    "advice": _list(_SAID, 50),
    "then": _object(
        "reason detail",
        "Reason and detail at the next run, where they will differ from these; empty where the key will have no row."
        " Null for most keys.",
        True,
        reason=_text(most=_CODE),
        detail=_text(),
    ),
    "drift": _list({"enum": ["running", "boot"]}, 2, uniqueItems=True),
}
_NEEDED = "key wanted running default boot target verdict reason detail advice drift"
_DONE = {
    "key": _KEY,
    "value": _text(nullable=True),
    "status": {"enum": ["applied", "unchanged", "skipped"]},
    "reason": _text(most=_CODE, nullable=True),
    "detail": _text(nullable=True),
}
_MESSAGES = _list(_text(), 200)
_OUTCOME = {"$ref": "#/$defs/outcome"}
_FINDING = _object("code subject message", code=_text(most=_CODE), subject=_text(most=256), message=_text())
# What is open has fields that only its own documentation names.
_STATES = {
    "type": "object",
    "maxProperties": 16,
    "additionalProperties": {"type": "object", "maxProperties": 64, "additionalProperties": _count(nullable=True)},
}
_WAITING = {
    "type": "object",
    "maxProperties": 64,
    "properties": {
        "sockets": _count(nullable=True),
        "percent_of_ports": {"type": ["number", "null"], "minimum": 0, "maximum": 1000000},
    },
    "additionalProperties": {},
}
_ALIVE = {
    "type": "object",
    "maxProperties": 64,
    "properties": {"connections": _count(nullable=True), "on": _count(nullable=True)},
    "additionalProperties": {},
}

REPORT: Dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:fleetnet:linux_tcp:report:2",
    "title": "Report of one host, version 2",
    "description": "What a run of fleetnet.linux_tcp found and did on one host. Readers ignore what they do not know;"
    " what stands here keeps its meaning as long as `schema` is 2.",
    **_object(
        "schema collection time playbook check host result kernel settings applied sockets",
        schema={"const": SCHEMA},
        collection=_object("name version", name={"const": "fleetnet.linux_tcp"}, version=_text(most=64)),
        time=_text("When the last step on this host ended, UTC.", 20, pattern=_TIME),
        playbook=_text("The playbook's file name without its ending, such as audit or harden.", 256),
        check={"type": "boolean", "description": "Check mode: what was applied would be."},
        host=_object("name groups", name=_text(most=512), groups=_list(_text(most=256), 1000, uniqueItems=True)),
        result=_object(
            "status message",
            status={
                "enum": list(FATES),
                "description": "Drift is no failure; see the settings. unfinished: the run was ended before this host"
                " was done.",
            },
            message=_text(),
        ),
        kernel={**_KERNEL, "type": ["object", "null"], "description": "Null where no plan could be made."},
        namespaces=_NAMESPACES,
        settings=_list(
            _object(
                _NEEDED + " outcome",
                **{"key": _KEY, "meaning": _text(), "unit": _text(most=64), **_PLANNED, "outcome": _OUTCOME},
            ),
            _KEYS,
            "The plan, in the order of the profile, as it was before anything was applied. Empty where none could be"
            " made, and for a rollback. Where several plays of a run planned a key, the last word on it; a key that was"
            " changed stays so where a later play found it as wanted.",
        ),
        applied=_object(
            "state messages settings",
            "What was changed; null where nothing was to be done, or nothing was done.",
            True,
            state={"enum": ["present", "absent", "restored"]},
            messages=_MESSAGES,
            settings=_list(_object("key status outcome", **{**_DONE, "outcome": _OUTCOME}), _KEYS),
        ),
        sockets=_object(
            "states time_wait keepalive listeners",
            "What tcp_socket_info said, where tcp_hardening_sockets asked for it; the fields have the meaning that its"
            " documentation gives them.",
            True,
            states=_STATES,
            time_wait=_WAITING,
            keepalive=_ALIVE,
            listeners=_list({"type": "object"}, 2000, "Only those that have to be restarted for a new somaxconn."),
            findings=_list(_FINDING, 500),
        ),
    ),
    "$defs": {
        "outcome": {
            "description": "What became of the key, the only word on it: docs/messages.md has what each means.",
            "enum": list(map(str, of_kind("outcome"))),
        }
    },
}

# What the modules return, as far as anything is made of it. What stands beside it is left out.
PLAN = _object(
    "kernel settings compliant summary",
    kernel=_KERNEL,
    namespaces=_NAMESPACES,
    settings=_list(_object(_NEEDED, **_PLANNED), _KEYS),
    compliant={"type": ["boolean", "null"]},
    summary=_object(
        "total skip drifted reasons unasked",
        **{name: _count() for name in ("total", "apply", "return", "skip", "drifted")},
        reasons={"type": "object", "maxProperties": 32, "additionalProperties": _count()},
        unasked=_list(_KEY, _KEYS),
    ),
    root={"type": "boolean"},
    drop_in=_text(most=128),
    refused=_text(),
    changed={"type": "boolean"},
)
APPLIED = _object(
    "settings messages state",
    settings=_list(_object("key status", **_DONE), _KEYS),
    messages=_MESSAGES,
    state={"enum": ["present", "absent", "restored", "confirmed", "withdrawn"]},
    trial=_text(most=256),
    changed={"type": "boolean"},
    snapshot=_text(most=4096),
)
# A look that failed has no findings, one for the health gate no listeners.
LOOKED = _object(
    "",
    source=_text(most=_CODE),
    sockets=_count(),
    states=_STATES,
    time_wait=_WAITING,
    orphans={},
    memory={},
    keepalive=_ALIVE,
    negotiated={},
    listeners=_list({"type": "object"}, 2000),
    findings=_list(_FINDING, 500),
    unknown=_MESSAGES,
    uptime_s={"type": "number", "minimum": 0, "maximum": 1e10},
    counters={"type": "object", "maxProperties": 500, "additionalProperties": _count(nullable=True)},
    running={"type": "object", "maxProperties": 500, "additionalProperties": _text(nullable=True)},
)
NEXT = _object(
    "release changes",
    release=_text(most=64),
    changes=_list(_object("key code message", key=_KEY, code=_text(most=_CODE), message=_text()), 4 * _KEYS),
)
VERDICT = _object("unknown", unknown=_MESSAGES)
