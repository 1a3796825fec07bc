#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Puts the collections that tests and benchmark need into .cache/collections.

They are taken out of the `ansible` package, pinned with its hash in collections.txt, because a
Python package index is within reach in more places than a collection server. Only two
megabytes are kept, next to the link to this checkout. Does nothing when they are there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
TARGET = CHECKOUT / ".cache" / "collections"

_PIN = Path(__file__).resolve().with_name("collections.txt")
_WANTED = (
    "ansible/posix",  # what the benchmark compares with
    "community/docker",
    "community/library_inventory_filtering_v1",  # the former declares that it needs it
)
_DOWNLOAD_SECONDS = 300.0


class FetchError(Exception):
    """Something a person has to do something about; the message says what."""


def _stamp() -> str:
    """Changes with the pin and with the list, so that either brings a new set."""
    return hashlib.sha256(_PIN.read_bytes() + repr(_WANTED).encode()).hexdigest()


def complete(target: Path) -> bool:
    """Whether this very set is in place."""
    try:
        recorded = (target / ".fetched").read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return recorded == _stamp() and all(
        (target / "ansible_collections" / name / "MANIFEST.json").is_file() for name in _WANTED
    )


def extract(wheel: Path, into: Path) -> None:
    """Unpack the wanted collections, and nothing else, below `into`."""
    prefixes = tuple(f"ansible_collections/{name}/" for name in _WANTED)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(into, [name for name in archive.namelist() if name.startswith(prefixes)])
    missing = [name for name in _WANTED if not (into / "ansible_collections" / name / "MANIFEST.json").is_file()]
    if missing:
        raise FetchError(
            f"{wheel.name} has no {', '.join(missing)}: pin another version in {_PIN.relative_to(CHECKOUT)}"
        )


def _download(folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    pip = subprocess.run(
        [*command, "--dest", str(folder), "--requirement", str(_PIN)],
        stdout=sys.stderr,
        timeout=_DOWNLOAD_SECONDS,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if pip.returncode != 0 or len(wheels) != 1:
        raise FetchError(f"pip could not fetch the package of {_PIN.relative_to(CHECKOUT)}; its message above says why")
    return wheels[0]


def fetch(target: Path) -> None:
    """Replace the collections in `target` by the pinned ones."""
    collections = target / "ansible_collections"
    collections.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the moves below stay on one file system.
    with tempfile.TemporaryDirectory(dir=target, prefix=".fetch-") as scratch:
        folder = Path(scratch)
        extract(_download(folder), folder)
        (target / ".fetched").unlink(missing_ok=True)
        for name in _WANTED:
            goal = collections / name
            shutil.rmtree(goal, ignore_errors=True)
            goal.parent.mkdir(exist_ok=True)
            (folder / "ansible_collections" / name).rename(goal)
    (target / ".fetched").write_text(_stamp() + "\n", encoding="utf-8")


def main() -> int:
    """The command: bring the collections that molecule needs."""
    if complete(TARGET):
        return 0
    print("collections: fetching those that tests and benchmark need", file=sys.stderr)
    try:
        fetch(TARGET)
    except (FetchError, subprocess.TimeoutExpired) as error:
        print(f"collections: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
