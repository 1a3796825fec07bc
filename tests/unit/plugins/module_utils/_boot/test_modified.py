# Tests of tuned's ">5" and "<5".
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""modified(): what such a text leaves over another value."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._tuned import modified


@pytest.mark.parametrize(
    "value, before, left",
    [
        ("5", "9", "5"),
        (">5", "4", "5"),
        (">5", "5", None),
        (">5", "6", None),
        ("<5", "6", "5"),
        ("<5", "5", None),
        ("<5", "4", None),
        (">10", "9", "10"),
        ("<5", None, "5"),
        (">x", "5", ">x"),
        (">5", "1 2 3", ">5"),
    ],
)
def test_it_raises_or_lowers_to_a_number_and_never_past_it(value, before, left):
    assert modified(value, before) == left
