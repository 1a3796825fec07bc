# Tests of what a host tells of its kernel beside the name: Ubuntu's version_signature, and os-release.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The files are the test's own; the rest comes from the real kernel."""

from __future__ import annotations

import types

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _proc

FILES = ("/proc/version_signature", "/etc/os-release", "/usr/lib/os-release")
COS = 'NAME="Container-Optimized OS"\nID=cos\nVERSION_ID=117\nBUILD_ID=18613\n'


def kernel(monkeypatch, files, release="6.6.93+", namespace="host"):
    monkeypatch.setattr(_proc.os, "uname", lambda: types.SimpleNamespace(release=release))
    monkeypatch.setattr(_proc, "_namespace", lambda: namespace)
    monkeypatch.setattr(_proc.os.path, "exists", lambda path: files.get(path) is not None)
    monkeypatch.setattr(_proc, "read_text", files.get)
    monkeypatch.setattr(_proc, "_memory_mb", lambda: 8192)
    return _proc.read_kernel()


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
