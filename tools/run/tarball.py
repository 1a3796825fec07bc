# Builds the collection's tarball; then checks it as a user would have it: installed elsewhere, with nothing of the
# checkout in reach.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make build` and the part `tarball` of `make test`."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

import environment
from base import CACHE, COLLECTION, ROOT, Problem, main, output, run, say
from slim import slim_folder
from snapshot import snapshot

DIST = CACHE / "dist"
# Everything a user needs and nothing else; a new folder has to be let in here or shut out in galaxy.yml.
PACKED = {
    "CHANGELOG.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "SECURITY.md",
    "README.zh.md",
    "changelogs",
    "docs",
    "examples",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
# Actions are documented by the module of the same name.
PLUGIN_TYPES = ("callback", "filter", "lookup", "module", "test")


def build(venv: Path, env: dict[str, str], folder: Path = DIST, add: str = "") -> Path:
    """The tarball of the working tree, alone in its folder; lines can be added to its galaxy.yml."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = snapshot(folder.name)
    slim_folder(source)
    with open(source / "galaxy.yml", "a", encoding="utf-8") as handle:
        handle.write(add)
    run(
        [
            str(venv / "bin" / "ansible-galaxy"),
            "collection",
            "build",
            "--force",
            "--output-path",
            str(folder),
            str(source),
        ],
        env=env,
        cwd=source,
        log=f"{folder.name}-build",
    )
    return next(folder.glob("*.tar.gz"))


def check_content(tarball: Path) -> None:
    """Problem where the tarball has something that no user needs."""
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    strange = sorted({name.split("/", 1)[0] for name in names} - PACKED)
    if strange:
        raise Problem(
            f"the tarball has things that no user needs: {', '.join(strange)}. Add them to build_ignore in galaxy.yml, "
            "or to PACKED in tools/run/tarball.py if they belong in it."
        )
    say(f"{tarball.name}: {len(names)} entries, {tarball.stat().st_size // 1024} KiB")


def check_installed(tarball: Path, venv: Path, env: dict[str, str]) -> None:
    """Install into an empty folder and use playbooks, plugins and roles from there."""
    with tempfile.TemporaryDirectory(prefix="linux_tcp-") as empty:
        folder = Path(empty)
        env = {**env, "ANSIBLE_COLLECTIONS_PATH": empty, "HOME": empty}
        galaxy, playbook, doc = (str(venv / "bin" / f"ansible-{tool}") for tool in ("galaxy", "playbook", "doc"))
        run(
            [galaxy, "collection", "install", "--offline", "--no-deps", "-p", empty, str(tarball)],
            env=env,
            cwd=folder,
            log="tarball-install",
        )
        installed = folder / "ansible_collections" / "fleetnet" / "linux_tcp"
        books = sorted(path.stem for path in (installed / "playbooks").glob("*.yml"))
        if not books:
            raise Problem("the tarball has no playbooks/*.yml; the users' entry points are missing")
        for book in books:
            run(
                [playbook, "--syntax-check", "-i", "localhost,", f"{COLLECTION}.{book}"],
                env=env,
                cwd=folder,
                log=f"tarball-{book}",
            )
            say(f"playbook {book}: parses")
        for kind in (*PLUGIN_TYPES, "role"):
            names = documented(doc, kind, env)
            if names:
                shown = json.loads(output([doc, "-t", kind, "--json", *names], env=env))
                if sorted(shown) != sorted(names):
                    raise Problem(f"ansible-doc shows {sorted(shown)} for the {kind}s {sorted(names)}")
                say(f"{kind}: {', '.join(names)}")
            elif kind in ("module", "role"):
                raise Problem(f"ansible-doc finds no {kind} in the installed collection")


def documented(doc: str, kind: str, env: dict[str, str]) -> list[str]:
    """The names of plugins of a kind that ansible-doc lists."""
    return sorted(json.loads(output([doc, "-t", kind, "--list", "--json", COLLECTION], env=env)))


def entry() -> int:
    """Build the tarball; as a test, look into it and use it too."""
    venv = environment.venv(environment.RUN_VENV)
    env = environment.test_environment(venv, "tarball")
    only_build = sys.argv[1:] == ["build"]
    tarball = build(venv, env, DIST if only_build else CACHE / "dist-test")
    check_content(tarball)
    if only_build:
        say(str(tarball.relative_to(ROOT)))
        return 0
    check_installed(tarball, venv, env)
    return 0


if __name__ == "__main__":
    main(entry)
