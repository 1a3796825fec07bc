# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The one error of a run that cannot do what it was asked: a sentence for people.

from __future__ import annotations


class Refused(Exception):
    """Something was refused, by the kernel or by a file system. str() names it, the answer, and what to do."""
