#!/bin/sh
# Prints the Python that the tools run with: 3.11 or newer, the system's own first.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
#
# Shims of version managers are passed over: what they start depends on the folder one stands in.
for python in "${PYTHON:-}" /usr/bin/python3 python3.11 python3.12 python3.13 python3 python3.14; do
    [ -n "$python" ] || continue
    path=$(command -v "$python") || continue
    case $path in */shims/*) continue ;; esac
    if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
echo "error: no Python 3.11 or newer found. Install one (Debian: apt-get install python3) or name it: make PYTHON=/path/to/python3" >&2
exit 1
