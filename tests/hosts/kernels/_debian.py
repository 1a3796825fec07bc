# Every kernel that the Debian mirrors offer: which there are, and one of them as a file to boot.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""apt with folders of its own: this machine's package lists stay as they are (private to tests/hosts/kernels)."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "fleet"))

from _build import mirror
from _console import CACHE, workplace
from roots import base_root

_SUITES = (
    "bullseye",
    "bullseye-backports",
    "bookworm",
    "bookworm-backports",
    "trixie",
    "trixie-backports",
    "forky",
    "sid",
    "experimental",
)
_SECURITY = ("bullseye-security", "bookworm-security", "trixie-security")
# The kernel for cloud machines: the same sources as the large one, a third of its size, and nothing that a key depends
# on is left out.
_IMAGE = re.compile(r"linux-image-(?P<release>\d.*-cloud-amd64)")
# From 6.19 on the kernel and the list of its build options are packages of their own; before, one holds it all.
# Backports drop the last of them as soon as there is a newer kernel.
_PARTS = ("linux-image-", "linux-binary-", "linux-base-")
_UPDATE_SECONDS, _DOWNLOAD_SECONDS = 600, 600


@dataclass(frozen=True)
class Package:
    """One kernel package: the suite that offers it, what `uname -r` will say, the package's version."""

    suite: str
    release: str
    version: str


class Gone(Exception):
    """A package that the index lists and the mirror no longer has."""


class Archive:
    """The mirrors' indexes, checked by apt against Debian's keys."""

    def __init__(self) -> None:
        self._folder = CACHE / "apt"
        for name in ("lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        # That of a newer Debian, since this machine's may be too old to know the newest suites.
        keyring = base_root("trixie") / "usr" / "share" / "keyrings" / "debian-archive-keyring.gpg"
        base = mirror()
        security = re.sub(r"/debian/?$", "/debian-security", base)
        lines = [f"deb [signed-by={keyring}] {base} {suite} main" for suite in _SUITES]
        lines += [f"deb [signed-by={keyring}] {security} {suite} main" for suite in _SECURITY]
        (self._folder / "sources.list").write_text("\n".join(lines) + "\n", encoding="ascii")

    def _options(self) -> list[str]:
        places = {
            "Dir::State": self._folder,
            "Dir::State::lists": self._folder / "lists",
            "Dir::State::status": self._folder / "status",
            "Dir::Cache": self._folder / "cache",
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "Dir::Etc::sourcelist": self._folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "-",
            "Dir::Etc::preferencesparts": "-",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "root",
            # The index of an archived suite counts as expired; its signature is still checked.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::GzipIndexes": "false",
            "Acquire::Languages": "none",
        }
        return [word for name, value in places.items() for word in ("-o", f"{name}={value}")]

    def update(self) -> None:
        """Fetch the indexes. A suite that the mirrors do not have any longer is none."""
        done = subprocess.run(
            ["apt-get", *self._options(), "update"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_UPDATE_SECONDS,
            check=False,
        )
        errors = [
            line
            for line in done.stderr.splitlines()
            if line.startswith("E:") and "does not have a Release file" not in line
        ]
        if errors:
            raise RuntimeError("\n".join(errors))

    def packages(self) -> list[Package]:
        """All kernels, the oldest first; one that several suites offer only once."""
        files = subprocess.run(
            ["apt-get", *self._options(), "indextargets", "--format", "$(FILENAME)|$(RELEASE)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        found: dict[tuple[str, str], Package] = {}
        for line in files.splitlines():
            name, suite = line.split("|")
            if Path(name).exists():
                for package in parse(Path(name).read_text(encoding="utf-8"), suite):
                    found.setdefault((package.release, package.version), package)
        return sorted(found.values(), key=lambda package: (numbers(package.version), package.version))

    def fetch(self, package: Package) -> tuple[Path, Path | None]:
        """The files of the kernel and of its build options, where these are still offered; downloaded when missing."""
        kept = CACHE / "kernels" / f"{package.release}_{package.version}"
        if not kept.exists():
            with workplace() as folder:
                self._unpack(package, folder)
                part, root = folder / "part", folder / "root"
                part.mkdir()
                for name in ("vmlinuz", "config"):
                    for place in (
                        root / "boot" / f"{name}-{package.release}",
                        root / "usr" / "lib" / "modules" / package.release / name,
                    ):
                        if place.exists():
                            place.rename(part / name)
                kept.parent.mkdir(exist_ok=True)
                part.rename(kept)
        config = kept / "config"
        return kept / "vmlinuz", config if config.exists() else None

    def _unpack(self, package: Package, folder: Path) -> None:
        """Download the package, and those that it is split into, and unpack them below root/."""
        names = [prefix + package.release for prefix in _PARTS]
        there = subprocess.run(
            ["apt-cache", *self._options(), "show", "--no-all-versions", *names],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout
        wanted = [f"{name}={package.version}" for name in names if f"Package: {name}\n" in there]
        done = subprocess.run(
            ["apt-get", *self._options(), "download", *wanted],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
        if re.search(r"^E: Failed to fetch .* 404 ", done.stderr, re.MULTILINE):
            raise Gone("in the list, but no longer on the mirror")
        done.check_returncode()
        for archive in folder.glob("*.deb"):
            subprocess.run(
                ["dpkg-deb", "--extract", str(archive), str(folder / "root")], timeout=_DOWNLOAD_SECONDS, check=True
            )


def parse(index: str, suite: str) -> list[Package]:
    """The kernels in the text of a Packages file."""
    found = []
    for paragraph in index.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and not line.startswith(" ")
        )
        match = _IMAGE.fullmatch(fields.get("Package", ""))
        # Not the package that only stands for the newest one.
        if match and "linux-image-" not in fields.get("Depends", ""):
            found.append(Package(suite, match["release"], fields["Version"]))
    return found


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, to sort by: 6.12.9 comes before 6.12.10."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
