#!/bin/sh
# Prints the Python that the tools run with: the one that PYTHON names, or 3.11 and newer, the system's own first.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
#
# Shims of version managers are passed over: what they start depends on the folder one stands in.
asked=${PYTHON:-}
if [ -n "$asked" ]; then
    # Another one in its place would be taken for it.
    set -- "$asked"
else
    set -- /usr/bin/python3 python3.11 python3.12 python3.13 python3 python3.14
fi
for python; do
    path=$(command -v "$python") || continue
    case $path in */shims/*) continue ;; esac
    if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
if [ -n "$asked" ]; then
    echo "error: PYTHON=$asked is not there, is a version manager's shim, or is older than 3.11. Name an interpreter by its path" >&2
else
    echo "error: no Python 3.11 or newer found. Install one (Debian: apt-get install python3) or name it: make PYTHON=/path/to/python3" >&2
fi
exit 1
