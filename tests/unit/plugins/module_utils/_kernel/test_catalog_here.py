# Tests of the catalog against the kernel that this runs on.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Only read, in the first network namespace and in a private one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _builtin
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import release_of, since
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG

PROC = Path("/proc/sys")


def numbers(key, kernel):
    elements = _builtin.builtin(key, kernel)
    return None if elements is None else [element.value for element in elements]


def this_kernel():
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux")
    # A host-wide key that every kernel has and that no other namespace shows.
    if not (PROC / "net/core/netdev_max_backlog").exists():
        pytest.skip("needs the host's network namespace, not a container's")
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    return Kernel(os.uname().release, int(fields["MemTotal"].split()[0]) // 1024, os.sysconf("SC_PAGE_SIZE"))


def path_of(key):
    return PROC / key.replace(".", "/")


def in_a_private_namespace(script, keys):
    """Run a shell script that only reads, with the keys' files as its arguments, in a network namespace that ends with
    it."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare")
    done = subprocess.run(
        ["unshare", "-n", "-m", "sh", "-c", script, "sh", *(str(path_of(key)) for key in keys)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("needs the right to make a network namespace")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_this_kernel_has_the_keys_that_the_catalog_says():
    kernel = this_kernel()
    there = {key for key in CATALOG if path_of(key).exists()}
    said = {key for key in CATALOG if catalog.exists(key, kernel)}
    optional = {key for key, row in CATALOG.items() if row.needs}
    assert there - said == set(), "the catalog says that this kernel has not got these"
    assert said - there - optional == set(), "the catalog says that this kernel has these"


def test_a_private_namespace_of_this_kernel_starts_at_the_defaults():
    kernel = this_kernel()
    own = [
        key
        for key, row in CATALOG.items()
        if path_of(key).exists() and catalog.per_namespace(key, kernel) and row.numeric and not row.inherited
    ]
    lines = in_a_private_namespace('for file in "$@"; do echo $(cat "$file"); done', own)
    found = {key: [int(word) for word in line.split()] for key, line in zip(own, lines)}
    assert len(found) == len(own) > 10
    exact = [key for key in own if all(element.exact for element in _builtin.builtin(key, kernel) or ())]
    wrong = {key: (found[key], numbers(key, kernel)) for key in exact if found[key] != numbers(key, kernel)}
    assert wrong == {}, "key: (this kernel, the catalog)"


def test_a_private_namespace_of_this_kernel_hides_the_host_wide_keys():
    kernel = this_kernel()
    shared = [key for key in CATALOG if path_of(key).exists() and not catalog.per_namespace(key, kernel)]
    lines = in_a_private_namespace('for file in "$@"; do test -e "$file" && echo "$file"; done; true', shared)
    release = release_of(kernel)
    assert lines == [str(path_of(key)) for key in shared if since(CATALOG[key].visible_in_child, release)]
