# Tests of the lists of packages: each is locked with hashes, and names no place.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""requirements/*.txt as pip reads them, and what `make lock` does with the releases of ansible-core."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "tools" / "run")]

import cells  # noqa: E402
import environment  # noqa: E402
import lock  # noqa: E402

LISTS = sorted({*environment.REQUIREMENTS.values(), "units"})
_ENTRY = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.!+-]+(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+")


def text_of(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_pins_with_hashes_and_nothing_else(name: str) -> None:
    lines = "".join(line for line in text_of(name).splitlines(keepends=True) if not line.startswith("#"))
    found = _ENTRY.findall(lines)
    assert found and "".join(f"{one}\n" for one in found) == lines, "run `make lock`"
    assert "://" not in lines


@pytest.mark.parametrize("name", ["run", "test", "importer"])
def test_every_release_of_the_matrix_has_its_hash(name: str) -> None:
    (entry,) = [one for one in _ENTRY.findall(text_of(name)) if one.startswith("ansible-core==")]
    releases = {cell.release for cell in cells.cells()}
    assert entry.count("--hash") > len(releases), "a wheel of each, and the sdist of the first"


def test_pip_takes_nothing_but_what_is_locked() -> None:
    assert set(environment.LOCKED) == {"--require-hashes", "--only-binary=:all:"}
    assert "--require-hashes" in environment.BUILT and "--no-build-isolation" in environment.BUILT
    text = (ROOT / "tools" / "run" / "environment.py").read_text(encoding="utf-8")
    assert (
        text.count('"install"') - text.count('"install", *missing') == text.count("*LOCKED") + text.count("*how") == 2
    )


def test_an_sdist_is_the_exception_and_is_built_with_what_is_locked() -> None:
    wheels, sources = environment.parted(text_of("test"))
    assert [entry.partition("==")[0] for entry in _ENTRY.findall(sources)] == list(environment.SOURCES)
    assert len(_ENTRY.findall(wheels)) == len(_ENTRY.findall(text_of("test"))) - 1 and "\npoetry-core==" in wheels
    for name in set(LISTS) - {"test"}:
        assert environment.parted(text_of(name))[1] == "", name


def test_another_release_in_the_place_of_the_pinned_one_keeps_the_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = cells.cells()[-1]
    monkeypatch.setattr(cells, "wished", lambda: cell)
    before = text_of("run")
    after = cells.pins(before)
    assert f"ansible-core=={cell.release} \\\n" in after and after.count("--hash") == before.count("--hash")


def test_hashes_of_other_releases_are_added_once() -> None:
    one, two = (f"    --hash=sha256:{digit * 64}" for digit in "12")
    text = f"ansible-core==1 \\\n{one}\nother==2 \\\n{two}\n"
    both = f"ansible-core==1 \\\n{one} \\\n{two}\nother==2 \\\n{two}\n"
    assert lock.with_cores(text, [two]) == both and lock.with_cores(both, [two]) == both
    assert lock.with_cores("other==2\n", [two]) == "other==2\n"
