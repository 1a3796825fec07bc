# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What the tests of this scenario share: comparing a host's files across kernels."""

from __future__ import annotations

import pytest
from hardened import STATE, Before, differing


@pytest.fixture
def changed_files(before: Before, now: Before) -> set[str]:
    """The files that came, went or changed, but for the kernel's own modules and the collection's own folder.

    Times are left out: 5.10 shows them in whole seconds on this file system, later kernels do not.
    """
    one, other = ({path: facts[:4] for path, facts in record.files.items()} for record in (before, now))
    return {path for path in differing(one, other) if not path.startswith(("/usr/lib/modules", STATE))}
