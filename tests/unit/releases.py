# Names of kernels that tests share, as uname gives them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Red Hat's kernels and rebuilds, Amazon's, and one of ELRepo, which has ".el8" in its name and is none of them."""

from __future__ import annotations

EL6 = "2.6.32-642.el6.x86_64"
EL7 = "3.10.0-1160.el7.x86_64"
EL8_3 = "4.18.0-240.el8.x86_64"
EL8_8 = "4.18.0-477.10.1.el8_8.x86_64"
EL9 = "5.14.0-427.13.1.el9_4.x86_64"
EL10 = "6.12.0-55.9.1.el10_0.x86_64"
AMAZON = "4.14.355-275.570.amzn2.x86_64"
ELREPO = "5.15.90-1.el8.elrepo.x86_64"
