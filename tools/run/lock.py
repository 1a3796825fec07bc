# Writes the hashes of the pinned packages into requirements/, so that a mirror can hand out nothing else.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make lock`: for each list of pins the hashes of all files of each release.

To renew a package, change its version in the list, and run this. Hashes name what a file is, not where it comes from:
any index or mirror does. Wheels are all that is installed, since an sdist runs code when it is.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import tempfile
from pathlib import Path

import cells
import environment
from base import ROOT, listed, main, run, say

_QUIET = ("--quiet", "--no-header", "--no-annotate", "--strip-extras", "--allow-unsafe")
# Nothing of this machine: no index, no folder of wheels.
_NOWHERE = ("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-emit-options")
_PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.!+-]+")


def pins(path: Path) -> tuple[str, list[str]]:
    """The comments at the head of a list, and its pins without hashes."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    head = "".join(itertools.takewhile(lambda line: line.startswith("#"), lines))
    return head, [found.group() for line in listed(path) if (found := _PIN.match(line))]


def _hashed(python: str, wanted: list[str], folder: Path) -> str:
    """The pins with the hashes of their files."""
    (folder / "pins.in").write_text("\n".join(wanted) + "\n", encoding="utf-8")
    out = folder / "pins.txt"
    out.unlink(missing_ok=True)
    run([python, "-m", "piptools", "compile", *_QUIET, *_NOWHERE, "--generate-hashes", "-o", str(out),
         str(folder / "pins.in")], log="lock")  # fmt: skip
    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() and not line.startswith("#"))


def _cores(python: str, folder: Path) -> list[str]:
    """The hashes of the releases of ansible-core that the matrix puts in the place of the pinned one."""
    found = []
    for cell in {cell.release: cell for cell in cells.cells()}.values():
        run([python, "-m", "pip", "-q", "download", "--no-deps", "--only-binary=:all:", "--python-version", cell.python,
             "-d", str(folder), f"ansible-core=={cell.release}"], log="lock")  # fmt: skip
        (wheel,) = folder.glob(f"ansible_core-{cell.release}-*.whl")
        found.append(f"    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    return found


def with_cores(text: str, cores: list[str]) -> str:
    """A list in which the hashes of ansible-core are those of all its releases in the matrix."""
    known = re.search(r"(?m)^ansible-core==\S+ \\\n((?: {4}--hash=\S+(?: \\)?\n)+)", text)
    if known is None:
        return text
    there = [line.removesuffix(" \\") for line in known.group(1).splitlines()]
    both = " \\\n".join(sorted({*there, *cores}))
    return text[: known.start(1)] + both + "\n" + text[known.end(1) :]


def entry() -> int:
    """Renew every list."""
    python = str(environment.venv(environment.LOCK_VENV) / "bin" / "python")
    with tempfile.TemporaryDirectory(prefix="lock-") as place:
        folder = Path(place)
        cores = _cores(python, folder)
        for name in sorted({*environment.REQUIREMENTS.values(), "units"}):
            path = ROOT / "requirements" / f"{name}.txt"
            head, wanted = pins(path)
            text = with_cores(_hashed(python, wanted, folder), cores)
            path.write_text(head + text, encoding="utf-8")
            say(f"{path.relative_to(ROOT)}: {len(wanted)} packages")
    return 0


if __name__ == "__main__":
    main(entry)
