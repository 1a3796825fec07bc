# Tests of the role used twice on a host for one drop-in.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each use would take back what the other one set, in every run: that is said."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._twice import mark, twice
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._wishes import wishes
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN

PATH = "/etc/sysctl.d/95-web.conf"


def used(**variables):
    return mark(wishes({"tcp_hardening_" + name: value for name, value in variables.items()}))


@pytest.mark.parametrize("other", [
    {"values": {SOMAXCONN: 2048}}, {"values": {FIN: 20}}, {"values": {FIN: 30}, "exclude": [FIN]},
    {"values": {FIN: 30}, "policy": "exact"}, {"values": {FIN: 30}, "overrides": {SOMAXCONN: 5}},
])  # fmt: skip
def test_the_same_path_with_other_values_is_said(other):
    said = twice({"used": used(values={FIN: 30})}, used(**other))
    assert "/etc/sysctl.d/90-tcp-hardening.conf before in this run" in said and "tcp_hardening_path" in said


@pytest.mark.parametrize("former", [
    None, 5, {}, {"used": 5}, {"used": used(values={FIN: 30})}, {"used": used(values={FIN: 20}, path=PATH)},
])  # fmt: skip
def test_what_is_no_other_use_of_the_path_is_not_said(former):
    assert twice(former, used(values={FIN: 30})) == ""
