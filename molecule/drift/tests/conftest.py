# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each test finds the host hardened, whatever the one before it left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hardened import DROP_IN, live, proc


@pytest.fixture(autouse=True)
def _put_back(host: Any, applied: dict[str, str]) -> Iterator[None]:
    drop_in = host.file(DROP_IN)
    # What is missing is for the tests to say.
    text = drop_in.content_string if drop_in.exists else ""
    yield
    host.check_output("printf %%s %s > %s", text, DROP_IN)
    for key, value in live(host, applied).items():
        if value != applied[key]:
            host.check_output("echo %s > %s", applied[key], proc(key))
