# Reports of hosts for tests, as docs/report-schema.json has them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""setting() and report() with everything that is required, so that a new column finds its field; valid()."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SCHEMA = Path(__file__).resolve().parents[4] / "docs" / "report-schema.json"
KEY = "net.core.somaxconn"
SOCKETS = {
    "states": {"ipv4": {"LISTEN": 1}},
    "time_wait": {"sockets": 3, "percent_of_ports": None},
    "keepalive": {"connections": 2, "on": 1},
    "listeners": [],
    "findings": [],
}


def setting(**more):
    """A row of a plan."""
    return {
        "key": KEY,
        "meaning": "queue",
        "unit": "",
        "wanted": "2048",
        "running": "2048",
        "default": "4096",
        "default_estimated": False,
        "boot": {"value": "2048", "source": "/etc/sysctl.d/90-x.conf:1", "loader": "systemd-sysctl"},
        "target": "2048",
        "verdict": "apply",
        "reason": None,
        "detail": "",
        "advice": [],
        "drift": [],
        "outcome": "unchanged",
        **more,
    }


def report(name="h", time="2026-01-01T00:00:00Z", settings=None, status="ok", kernel="6.12.1", message="", **more):
    """The report of a host. kernel: its release, "" where no plan could be made."""
    release = {"release": kernel, "memory_mb": 1, "page_size": 4096, "namespace": "host"}
    return {
        "schema": 2,
        "collection": {"name": "fleetnet.linux_tcp", "version": "1.0.0"},
        "time": time,
        "playbook": "audit",
        "check": False,
        "host": {"name": name, "groups": ["g"]},
        "result": {"status": status, "message": message},
        "kernel": release if kernel else None,
        "settings": [setting()] if settings is None else settings,
        "applied": None,
        "sockets": None,
        **more,
    }


def valid(document):
    """The document, which is as the published schema has it."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document
