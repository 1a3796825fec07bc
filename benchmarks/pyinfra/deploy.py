# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people write for pyinfra: one operation for each key, kept in a file of sysctl.d. BENCHMARK_VALUES names the file
# with the keys.

import json
import os
from pathlib import Path

from pyinfra.operations import server

for key, value in json.loads(Path(os.environ["BENCHMARK_VALUES"]).read_text(encoding="utf-8"))[
    "benchmark_values"
].items():
    server.sysctl(
        name=f"Set {key}",
        key=key,
        value=value,
        persist=True,
        persist_file="/etc/sysctl.d/90-benchmark-pyinfra.conf",
    )
