# Tests of the generated page about the profile.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The page is up to date; each key is told once, and what `improve` does with it follows from the planner."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "profile.md"


@pytest.fixture
def generator(monkeypatch):
    """The script that writes docs/profile.md."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "docs"))
    before = set(sys.modules)
    yield importlib.import_module("profile_page")
    for name in {"profile_page", "keys_table", "writing"} - before:
        sys.modules.pop(name, None)


def cells(text, column):
    """A column of the table of actions, by key."""
    table = text[text.index("\n## What `improve` does") :]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `net.")]
    return {row[0].strip("`"): row[column] for row in rows}


def test_the_page_is_up_to_date(generator):
    assert generator.entry(["--check"]) == 0


def test_every_key_of_the_profile_stands_in_both_tables(generator):
    yaml = importlib.import_module("yaml")
    values = yaml.safe_load(generator.keys_table.VALUES.read_text(encoding="utf-8"))["tcp_hardening_values"]
    text = PAGE.read_text(encoding="utf-8")
    assert list(cells(text, 1)) == list(values) == re.findall(r"^\| \[`(net\.[^`]+)`\]\(keys\.md#", text, re.MULTILINE)
    for line in re.findall(r"^- \*\*(?:3|6|7)\..*", text, re.MULTILINE):
        numbers = re.sub(r"\*\*.*?\*\*", "", line)
        assert sum(map(int, re.findall(r"\b(\d+) ", numbers))) == len(values), line


def test_what_becomes_of_a_key_on_each_kernel(generator):
    text = PAGE.read_text(encoding="utf-8")
    old, lts, new = (cells(text, column) for column in (1, 2, 3))
    assert (old["net.core.somaxconn"], lts["net.core.somaxconn"]) == ("sets `2048`", "better `4096`")
    assert new["net.ipv4.tcp_rmem"] == "in part `8760 256960 33554432`"
    assert (old["net.ipv4.tcp_tw_recycle"], lts["net.ipv4.tcp_tw_recycle"]) == ("harmful", "removed")
    assert (old["net.ipv4.tcp_fack"], new["net.ipv4.tcp_fack"]) == ("same `1`", "without effect")
    assert {found["net.ipv4.tcp_keepalive_time"] for found in (old, lts, new)} == {"sets `1800`"}


def test_what_was_measured_is_told_with_a_link(generator):
    found = cells(generator.render(), 4)
    effects = (ROOT / "docs" / "effects.md").read_text(encoding="utf-8")
    for key, cell in found.items():
        anchor = key.replace(".", "")
        assert cell.endswith(f" [more](effects.md#{anchor})") and f'<a id="{anchor}"></a>' in effects
        assert "**better**" in cell or "**same**" in cell or "**worse**" in cell or cell.startswith("nothing: "), cell


def test_messages_quote_what_was_measured(generator):
    """The catalog's sentences, which travel to hosts, are those of benchmarks/effects.json."""
    quotes = generator.effects_page.quotes(generator.effects_rows.read())
    values = importlib.import_module("yaml").safe_load(generator.keys_table.VALUES.read_text(encoding="utf-8"))
    wanted = {key: (str(values["tcp_hardening_values"][key]), said) for key, said in quotes.items()}
    rows = {row.name: row.measured for row in generator.keys_table.load("_kernel._catalog").every_row()}
    assert quotes and {key: said for key, said in rows.items() if said} == wanted, "set Key.measured to these"


def test_a_page_that_is_missing_or_old_is_found(generator, monkeypatch, tmp_path, capsys):
    page = tmp_path / "profile.md"
    monkeypatch.setattr(generator, "PAGE", page)
    assert generator.entry(["--check"]) == 1 and "is missing" in capsys.readouterr().err
    assert generator.entry([]) == 0 == generator.entry(["--check"])
    page.write_text(page.read_text(encoding="utf-8").replace("better", "worse"), encoding="utf-8")
    assert generator.entry(["--check"]) == 1 and "run `make docs`" in capsys.readouterr().err


@pytest.mark.parametrize("page", ["README.md", "docs/tcp-keys.md"])
def test_pages_by_hand_quote_what_was_measured(generator, page):
    quotes = generator.effects_page.quotes(generator.effects_rows.read())
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    for key in ("net.ipv4.tcp_rmem", "net.core.somaxconn"):
        exact, own = re.findall(r"([\d,.]+\d) instead of ([\d,.]+\d)", quotes[key])[0]
        assert f"{exact} instead of {own} " in text, (key, exact, own)
