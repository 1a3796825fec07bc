# Ends the tests in order when they are asked to end, so that no kernel and no folder stays behind.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""SIGTERM, which `make test` sends when it is interrupted, means the same as Ctrl-C."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
