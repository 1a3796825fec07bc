#!/bin/sh
# Lists all files beside the drop-in that set sysctls, as the inode knows them: whoever writes, renames or chmods one shows up here.
# With an argument, into that file.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
exec > "${1:-/dev/stdout}"
find /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d /etc/tuned /usr/lib/tuned /etc/ufw /etc/default/ufw \
    ! -type d ! -path /etc/sysctl.d/90-tcp-hardening.conf -printf '%p -> %l, inode %i, mode %m, %u:%g, %s bytes, changed %T@ and %C@\n' | sort
