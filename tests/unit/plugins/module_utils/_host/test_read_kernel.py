# Tests of what a host tells of its kernel beside the name: Ubuntu's version_signature, and os-release.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The files and the name of the kernel are the test's own."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _identity, _read

FILES = ("/proc/version_signature", "/etc/os-release", "/usr/lib/os-release")
COS = 'NAME="Container-Optimized OS"\nID=cos\nVERSION_ID=117\nBUILD_ID=18613\n'


def kernel(monkeypatch, files, release="6.6.93+", namespace="host"):
    """The kernel as read_host() has it; no key is asked for."""
    monkeypatch.setattr(_read, "read_kernel", lambda: Kernel(release, 8192, 4096, namespace))
    monkeypatch.setattr(_read.os.path, "exists", lambda path: files.get(path) is not None)
    monkeypatch.setattr(_identity, "read_text", files.get)
    return _read.read_host([], "/nowhere/90-x.conf", live=False).kernel


@pytest.mark.parametrize(
    ("text", "stable"),
    [
        ("Ubuntu 5.15.0-151.161-generic 5.15.180", "5.15.180"),
        ("Ubuntu 6.8.0-1031.36~22.04.1-azure 6.8.12", "6.8.12"),
        ("Ubuntu 5.15.0-151.161-generic", ""),
        ("5.15.180 Ubuntu", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_version_signature(monkeypatch, text, stable):
    assert kernel(monkeypatch, {FILES[0]: text}, "5.15.0-151-generic").stable == stable


@pytest.mark.parametrize(
    ("files", "release", "namespace", "distribution"),
    [
        ({FILES[1]: COS}, "6.6.93+", "host", "cos 117"),
        ({FILES[2]: COS}, "6.6.93+", "host", "cos 117"),
        ({FILES[1]: "ID='bottlerocket'\n"}, "6.1.141", "host", "bottlerocket"),
        # a kernel whose name tells, a container's own os-release, and one whose kernels have a mark in their names
        ({FILES[1]: COS}, "6.1.0-37-amd64", "host", ""),
        ({FILES[1]: COS}, "6.6.93+", "container", ""),
        ({FILES[1]: "ID=debian\nVERSION_ID=12\n"}, "6.6.93", "host", ""),
        ({FILES[1]: "VERSION_ID=117\n"}, "6.6.93", "host", ""),
        ({}, "6.6.93", "host", ""),
    ],
)
def test_os_release(monkeypatch, files, release, namespace, distribution):
    assert kernel(monkeypatch, files, release, namespace).distribution == distribution
