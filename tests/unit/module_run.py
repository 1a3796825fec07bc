# Runs a module's main() as Ansible does, for the tests of both modules.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One call, one result; whoever imports this needs ansible-core 2.19 or newer."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

testing = pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")


def run_module(module, arguments):
    """The result of a module run, as the controller gets it."""
    said = io.StringIO()
    with testing.patch_module_args(arguments), contextlib.redirect_stdout(said), pytest.raises(SystemExit) as caught:
        module.main()
    found = json.loads(said.getvalue())
    assert bool(caught.value.code) == bool(found.get("failed"))
    return found
