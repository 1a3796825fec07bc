# Tests of the effects laboratory where it needs no kernel: its tables, its record, and what the page says of figures.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each key of the document has a row that is measured or says why not; figures on made-up measurements."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
if not (ROOT / "benchmarks").is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("benchmarks is not there", allow_module_level=True)
FOLDERS = ("tools/run", "tools/docs", "benchmarks", "tests/hosts/effects")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

import effects  # noqa: E402  (the benchmark's command)
import effects_page  # noqa: E402
import effects_plots  # noqa: E402
import effects_rows  # noqa: E402
import laboratory  # noqa: E402
import measure  # noqa: E402  (the guest's; laboratory puts it on the path)
from _effect import HIGHER, LOWER, about, case  # noqa: E402
from _effects_record import begin, median, missing, read, take, write  # noqa: E402
from _registry import EFFECTS  # noqa: E402
from base import Problem  # noqa: E402

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import row_of  # noqa: E402

CASES = {effect.name: {one.name: one for one in effect.cases} for effect in EFFECTS}
OWN = {"net.core.somaxconn": "4096"}
EXACT = {"net.core.somaxconn": "2048"}
BURST = "connections of a burst"


def facts(release="6.12.1", exact=None, **more):
    exact = EXACT if exact is None else exact
    return {"release": release, "memory_mb": 4512, "own": OWN, "sets": {"own": {}, "exact": exact, **more}}


def recorded(*figures):
    """A record of one kernel; figures: (sets, round, value)."""
    record = {"kernels": {}}
    begin(record, "6.12", facts())
    for sets, number, value in figures:
        take(record, "6.12", {"effect": BURST, "case": "one", "sets": sets, "round": number, "value": value})
    return record


def test_names_are_unique():
    assert len(CASES) == len(EFFECTS)
    assert all(len(CASES[effect.name]) == len(effect.cases) for effect in EFFECTS)


def test_cases_are_about_keys_of_the_catalog():
    keys = {key for effect in EFFECTS for one in effect.cases for key in one.keys}
    assert [key for key in keys if row_of(key) is None] == []


def test_every_key_of_the_document_has_a_row_in_its_order():
    pytest.importorskip("yaml")
    assert [row.key for row in effects_rows.ROWS] == list(laboratory.profile())


@pytest.mark.parametrize("row", effects_rows.ROWS, ids=[row.key for row in effects_rows.ROWS])
def test_a_row_is_measured_by_its_key_or_says_why_not(row):
    assert row.instead
    if row.unmeasured:
        assert "commit" in row.unmeasured and not row.effect
        return
    assert row.key in CASES[row.effect][row.case].keys
    assert not row.off or row.key in CASES[row.effect][row.off].keys
    assert not row.price[0] or row.key in CASES[row.price[0]][row.price[1]].keys


def test_sets_with_the_same_values_of_a_case_are_measured_once():
    changed = {"own": {}, "exact": {"a": "1", "b": "2"}, "improve": {"b": "2"}}
    assert measure._distinct(changed, ("a",)) == [(["own", "improve"], {}), (["exact"], {"a": "1"})]
    assert measure._distinct(changed, ()) == [
        (["own"], {}), (["exact"], {"a": "1", "b": "2"}), (["improve"], {"b": "2"})]  # fmt: skip


def test_what_is_left_after_a_kernel_ended_early():
    effect = next(one for one in EFFECTS if one.name == BURST)
    changed = {"own": {}, "exact": EXACT}
    every = measure._due([effect], changed, {"rounds": [1, 2], "done": []})
    assert [which["round"] for which, _task in every] == [1, 1, 1, 1, 2, 2, 2, 2]
    done = [about({**which, "value": 1.0}) for which, _task in every[:6]]
    left = measure._due([effect], changed, {"rounds": [1, 2], "done": done})
    assert [which for which, _task in left] == [which for which, _task in every[6:]]


def test_what_is_named_behind_the_keys_of_a_case_is_for_the_function_that_measures():
    one = case("a name", "net.core.somaxconn", flood=3)
    assert (one.name, one.keys, one.parameters) == ("a name", ("net.core.somaxconn",), {"flood": 3})


def test_the_median_of_the_rounds():
    record = recorded((["own"], 1, 5.0), (["own"], 2, 7.0), (["own"], 3, 900.0))
    assert median(record, "6.12", BURST, "one", "own") == 7.0
    assert median(record, "6.12", BURST, "one", "exact") is None
    assert median(record, "5.10", BURST, "one", "own") is None


def test_a_round_that_is_measured_again_replaces_the_old_one():
    record = recorded((["own", "exact"], 1, 5.0), (["own"], 1, 6.0))
    assert median(record, "6.12", BURST, "one", "own") == 6.0
    assert median(record, "6.12", BURST, "one", "exact") == 5.0


def test_figures_stay_when_the_same_kernel_measures_more():
    record = recorded((["own", "exact"], 1, 5.0))
    begin(record, "6.12", facts(improve={}))
    assert median(record, "6.12", BURST, "one", "exact") == 5.0


@pytest.mark.parametrize(
    ("again", "own", "exact"),
    [
        (facts(release="6.12.2"), None, None),
        (facts(exact={"net.core.somaxconn": "1024"}), 5.0, None),
    ],
)
def test_figures_of_other_values_are_dropped(again, own, exact):
    record = recorded((["own", "exact"], 1, 5.0))
    begin(record, "6.12", again)
    assert median(record, "6.12", BURST, "one", "own") == own
    assert median(record, "6.12", BURST, "one", "exact") == exact


def test_a_set_that_is_not_measured_this_time_keeps_its_figures():
    record = recorded((["own", "exact"], 1, 5.0))
    begin(record, "6.12", {**facts(), "sets": {"own": {}}})
    assert median(record, "6.12", BURST, "one", "exact") == 5.0


def test_an_error_is_kept_until_the_figure_is_there():
    record = recorded()
    found = {"effect": BURST, "case": "one", "sets": ["own"], "round": 1}
    take(record, "6.12", {**found, "error": "OSError: no"})
    assert record["kernels"]["6.12"]["errors"][BURST]["one"] == {"own": "OSError: no"}
    take(record, "6.12", {**found, "value": 1.0})
    assert record["kernels"]["6.12"]["errors"][BURST]["one"] == {}


def test_a_record_is_kept_in_a_file(tmp_path):
    file = tmp_path / "effects.json"
    assert read(file) == {"kernels": {}}
    record = recorded((["own"], 1, 5.0))
    write(record, file)
    assert read(file) == record
    assert [each.name for each in tmp_path.iterdir()] == ["effects.json"]


def test_what_is_missing():
    effect = next(one for one in EFFECTS if one.name == BURST)
    record = recorded()
    for one in effect.cases:
        found = {"effect": BURST, "case": one.name, "sets": ["own", "exact"], "round": 1, "value": 1.0}
        take(record, "6.12", found)
    assert not missing(record, "6.12", effect, ("own", "exact"), 1)
    assert missing(record, "6.12", effect, ("own", "exact"), 2)
    assert missing(record, "6.12", effect, ("own", "improve"), 1)
    assert missing(record, "5.10", effect, ("own",), 1)


def test_effects_are_chosen_by_family_or_by_a_word():
    assert {effect.family for effect in effects.chosen(["timers"])} == {"timers"}
    assert [effect.name for effect in effects.chosen(["of a burst"])] == [BURST, "packets of a burst"]
    assert effects.chosen(None) == list(EFFECTS)
    with pytest.raises(Problem, match="no effect nonsense; there are buffers"):
        effects.chosen(["nonsense"])


def test_lines_of_the_console():
    assert laboratory.told('FIGURE {"value": 3}') == (laboratory.FIGURE, {"value": 3})
    assert laboratory.told("[    1.0] something of the kernel") is None


def test_only_whole_lines_are_read_and_none_twice(tmp_path):
    console = tmp_path / "console"
    assert laboratory._new_lines(console, 0) == ([], 0)
    console.write_bytes(b"one\r\ntw")
    lines, at = laboratory._new_lines(console, 0)
    assert lines == ["one"]
    console.write_bytes(b"one\r\ntwo\n")
    assert laboratory._new_lines(console, at) == (["two"], 9)


def test_a_kernel_by_its_series():
    assert laboratory.kernel("6.12").suite == "trixie"
    with pytest.raises(ValueError, match=r"no kernel 6\.1x; there are 5\.10"):
        laboratory.kernel("6.1x")


@pytest.mark.parametrize(
    ("own", "found", "better", "word"),
    [
        (100, 109, HIGHER, "same"),
        (100, 120, HIGHER, "better"),
        (100, 120, LOWER, "worse"),
        (100, 50, HIGHER, "worse"),
        (100, 50, LOWER, "better"),
        (0, 0, HIGHER, "same"),
        (0, 5, LOWER, "worse"),
    ],
)
def test_verdict(own, found, better, word):
    assert effects_rows.verdict(own, found, better) == word


@pytest.mark.parametrize(
    ("value", "text"), [(28232, "28,232"), (956.4, "956"), (15, "15"), (5.04, "5.0"), (0.25, "0.25"), (0, "0")]
)
def test_numbers_for_people(value, text):
    assert effects_page.number(value) == text


def test_kernels_that_are_alike_share_a_line():
    effect = next(one for one in EFFECTS if one.name == BURST)
    own = {"5.10": 4097, "6.1": 4097, "6.12": 4000, "7.2": 4097}
    assert effects_page.told(own, own, effect) == "all: **same**, 4,097 connections"
    assert effects_page.told({**own, "7.2": 9000}, {**own, "7.2": 9000}, effect) == (
        "5.10 to 6.12: **same**, 4,000 connections<br>7.2: **same**, 9,000 connections"
    )
    found = {"5.10": 2050, "6.1": 2049, "6.12": 4000}
    assert effects_page.told(own, found, effect) == (
        "5.10 to 6.1: **worse**, 4,097 → 2,049 connections<br>6.12: **same**, 4,000 connections"
    )
    assert effects_page.told(own, {}, effect) == "not measured yet"


def test_the_page_has_a_line_for_every_key_also_before_anything_is_measured():
    lines = effects_page.keys_table({"kernels": {}})
    assert len(lines) == 2 + len(effects_rows.ROWS)
    assert "not measured yet" in lines[2]


@pytest.mark.parametrize(
    ("own", "found", "times"), [(100, 200, 2), (100, 50, 0.5), (100, 10000, 8), (0, 5, 8), (5, 0, 1 / 8), (0, 0, 1)]
)
def test_how_long_the_bars_are(own, found, times):
    effect = next(one for one in EFFECTS if one.better == HIGHER)
    assert effects_plots.change(own, found, effect) == times


@pytest.mark.parametrize(
    ("times", "word", "text"),
    [
        (2, "better", "better, × 2.0"),
        (0.5, "worse", "worse, ÷ 2.0"),
        (1.01, "same", "same"),
        (8, "better", "better, × 8.0 +"),
    ],
)
def test_what_stands_beside_a_bar(times, word, text):
    assert effects_plots.times_text(times, word) == text


def test_lines_that_end_together_share_their_names():
    lines = {"own": [[1, 9], [200, 240.0]], "exact": [[200, 120.0]], "improve": [[200, 250.0]]}
    assert effects_plots.ends_of(lines) == [(200, 240.0, ["own", "improve"]), (200, 120.0, ["exact"])]


def test_a_picture_of_other_figures_is_noticed(tmp_path):
    file = tmp_path / "picture.svg"
    assert not effects_plots._is_of(file, "abc")
    file.write_text("<dc:description>figures abc</dc:description>", encoding="utf-8")
    assert effects_plots._is_of(file, "abc")
    assert not effects_plots._is_of(file, "abd")
    assert effects_plots.digest({"a": 1}) != effects_plots.digest({"a": 2})
