#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Become the kernel of a throwaway host (private to tests/hosts/fleet).

A copy of this file lies beside the kernel binary of each host and runs in a Debian root folder,
with that folder's Python. A User-Mode Linux kernel reboots by executing its own first argument
again, with every file still open: the network device would be busy, and the memory of each
earlier life would stay taken. So this program is that first argument, and closes them.
"""

from __future__ import annotations

import os
import sys

_KERNEL = "/mnt/linux.uml"

os.environ["LD_PRELOAD"] = "/mnt/xstate.so"

os.closerange(3, os.sysconf("SC_OPEN_MAX"))
os.execv(_KERNEL, [__file__, *sys.argv[1:]])
