# All effects, by family. A family is a file beside this one.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""To add an effect, add it to the EFFECTS of its family; to add a family, name it here."""

from __future__ import annotations

import buffers
import memory
import ports
import queues
import throughput
import timers

EFFECTS = tuple(effect for family in (buffers, queues, ports, throughput, timers, memory) for effect in family.EFFECTS)
FAMILIES = tuple(dict.fromkeys(effect.family for effect in EFFECTS))
