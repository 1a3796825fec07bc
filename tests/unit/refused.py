# How a value that cannot be right is refused.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""For tests of canonical()."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _values as values

KERNEL = Kernel("6.12.101", 8192)


def refusal(key, raw, kernel=KERNEL, running=None, longest=250):
    """The sentence that refuses a value; it has to be fit for people whatever the value was. longest: characters."""
    with pytest.raises(ValueError) as caught:
        values.canonical(key, raw, kernel, running)
    message = str(caught.value)
    assert message.isprintable(), message
    assert len(message) < longest, message
    assert "is refused" in message and "expected " in message
    return message
