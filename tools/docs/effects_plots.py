# Draws the pictures of docs/effects.md out of benchmarks/effects.json; with --check it only looks whether they are of
# these figures.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each picture carries a digest of what it was drawn from, so that the check needs no matplotlib.

Nothing is told by colour alone: lines have markers and names beside them, changes have words.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))

import effects_rows
from base import ROOT, main
from effects_rows import ROWS, medians, series, verdict

# Found through effects_rows.
from _effect import HIGHER, OWN, Effect  # isort: skip
from _effects_record import Record  # isort: skip
from _registry import EFFECTS  # isort: skip

FOLDER = ROOT / "docs" / "images"
_BY_NAME = {effect.name: effect for effect in EFFECTS}
# (light, dark); the same hues as in the drawings of the guide.
_PAINT: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#0d1117"),
    "text": ("#1b1f24", "#e9eef4"),
    "soft": ("#6e7781", "#8b949e"),
    "own": ("#57606a", "#9aa4b0"),
    "exact": ("#a03a00", "#ffa45c"),
    "improve": ("#0a4fae", "#6cb2ff"),
    "better": ("#0a4fae", "#6cb2ff"),
    "worse": ("#a03a00", "#ffa45c"),
    "same": ("#57606a", "#9aa4b0"),
}
_MARKERS = {OWN: "o", "exact": "s", "improve": "^"}
_DASHES = {OWN: "-", "exact": "--", "improve": ":"}
# Changes beyond this are drawn at the edge, and written out.
_WIDEST = 8.0
# Lines that end closer together than this share the place for their names.
_NEAR_MBIT = 120.0
_TRANSFERS = (
    ("transfer, both ends set", "both ends set"),
    ("upload to the host", "upload, tcp_rmem alone"),
    ("download from the host", "download, tcp_wmem alone"),
)


def change(own: float, found: float, effect: Effect) -> float:
    """How many times better a figure is; below 1 it is worse. At most _WIDEST either way."""
    new, old = (found, own) if effect.better == HIGHER else (own, found)
    if new == old:
        return 1.0
    return min(_WIDEST, max(1 / _WIDEST, new / old)) if old else _WIDEST


def _compared(record: Record, name: str, case: str) -> dict[str, Any]:
    """By kernel, how many times better `exact` is in a figure, and the word for it."""
    effect = _BY_NAME[name]
    own, exact = (medians(record, name, case, each) for each in (OWN, "exact"))
    return {
        kernel: [change(own[kernel], exact[kernel], effect), verdict(own[kernel], exact[kernel], effect.better)]
        for kernel in own
        if kernel in exact
    }


def keys_data(record: Record) -> dict[str, Any]:
    """What the picture of the keys shows, by what stands at the left of a line: the key, or the price of its value."""
    found: dict[str, Any] = {}
    for row in ROWS:
        if row.effect:
            name = row.key.split(".", 2)[2]
            found[name] = _compared(record, row.effect, row.case)
            if row.price[0]:
                found[f"{name}:\n{row.price[0]}"] = _compared(record, *row.price)
    return found


def transfers_data(record: Record) -> dict[str, Any]:
    """What the picture of transfers shows: by kernel, effect and set, Mbit/s by round trip in ms, at 1 Gbit/s."""
    found: dict[str, Any] = {}
    for kernel in series(record):
        for name, _title in _TRANSFERS:
            cases = [case.name for case in _BY_NAME[name].cases if case.name.endswith("ms, 1 Gbit/s")]
            found.setdefault(kernel, {})[name] = {
                each: [
                    [float(case.split()[0]), points[kernel]]
                    for case in cases
                    if kernel in (points := medians(record, name, case, each))
                ]
                for each in _MARKERS
            }
    return found


def times_text(times: float, word: str) -> str:
    """What stands beside a bar, such as `worse, ÷ 2.0`."""
    if word == "same":
        return word
    more = max(times, 1 / times)
    return f"{word}, {'×' if times > 1 else '÷'} {more:.1f}{'' if more < _WIDEST else ' +'}"


def _draw_keys(data: Mapping[str, Any], paint: Mapping[str, str], plt: Any) -> Any:
    keys = [key for key, kernels in data.items() if kernels]
    kernels = list(dict.fromkeys(kernel for each in data.values() for kernel in each))
    figure, axes = plt.subplots(1, len(kernels), sharey=True, squeeze=False, figsize=(12, 0.32 * len(keys) + 1.4))
    places = range(len(keys))
    for axis, kernel in zip(axes[0], kernels, strict=True):
        axis.set_title(f"Linux {kernel}", fontsize=10)
        axis.set_xscale("log", base=2)
        axis.set_xlim(1 / _WIDEST / 1.2, _WIDEST * 1.2)
        axis.set_xticks([1 / 8, 1, 8], ["÷ 8", "own", "× 8"], fontsize=8)
        axis.axvline(1, color=paint["soft"], linewidth=1)
        for place, key in zip(places, keys, strict=True):
            if kernel not in data[key]:
                continue
            times, word = data[key][kernel]
            length = 1.0 if word == "same" else times
            axis.barh(place, length - 1, left=1, height=0.6, color=paint[word])
            # On the side that the bar leaves free.
            axis.annotate(
                times_text(times, word),
                (1, place),
                (4 if length <= 1 else -4, 0),
                textcoords="offset points",
                ha="left" if length <= 1 else "right",
                va="center",
                fontsize=7.5,
                color=paint[word],
            )
    axes[0][0].set_yticks(list(places), keys, fontsize=9)
    axes[0][0].invert_yaxis()
    figure.suptitle("The document's value of each key against the kernel's own: how many times better or worse")
    return figure


def ends_of(lines: Mapping[str, list[list[float]]]) -> list[tuple[float, float, list[str]]]:
    """Where names stand beside the ends of lines: across, up, and the names of those that end at one place."""
    found: list[tuple[float, float, list[str]]] = []
    for name, points in lines.items():
        if points:
            across, up = points[-1]
            near = [names for x, y, names in found if x == across and abs(y - up) < _NEAR_MBIT]
            if near:
                near[0].append(name)
            else:
                found.append((across, up, [name]))
    return found


def _draw_transfers(data: Mapping[str, Any], paint: Mapping[str, str], plt: Any) -> Any:
    figure, axes = plt.subplots(
        len(data), len(_TRANSFERS), sharex=True, sharey=True, squeeze=False, figsize=(11, 2.5 * len(data) + 0.8)
    )
    for row, (kernel, effects) in zip(axes, data.items(), strict=True):
        for axis, (name, title) in zip(row, _TRANSFERS, strict=True):
            axis.set_title(f"Linux {kernel}: {title}", fontsize=9)
            for each, points in effects[name].items():
                if points:
                    across, up = zip(*points, strict=True)
                    axis.plot(across, up, _DASHES[each], marker=_MARKERS[each], color=paint[each], label=each)
            for x, y, names in ends_of(effects[name]):
                colour = paint[names[0]] if len(names) == 1 else paint["text"]
                axis.annotate(",\n".join(names), (x + 6, y), color=colour, fontsize=8.5, va="center")
            axis.set_xlim(0, 250)
            axis.set_ylim(-60, 1060)
            axis.grid(color=paint["soft"], alpha=0.3)
        row[0].set_ylabel("Mbit/s")
    for axis in axes[-1]:
        axis.set_xlabel("round trip, ms")
    figure.suptitle("A large transfer over 1 Gbit/s, by round trip: higher is better", x=0.4)
    # Not of one panel: a kernel may lack figures.
    drawn = {line.get_label(): line for axis in axes.flat for line in axis.get_lines()}
    if drawn:
        figure.legend(
            drawn.values(),
            drawn,
            loc="upper right",
            ncol=len(drawn),
            fontsize=9,
            borderaxespad=0.1,
            frameon=False,
            labelcolor=paint["text"],
        )
    return figure


PICTURES = {"effects-keys": (keys_data, _draw_keys), "effects-transfers": (transfers_data, _draw_transfers)}


def digest(data: Mapping[str, Any]) -> str:
    """What tells whether a picture is of these figures, drawn by this program."""
    text = json.dumps(data, sort_keys=True) + Path(__file__).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_of(file: Path, wanted: str) -> bool:
    return file.exists() and bool(re.search(rf"figures {wanted}\b", file.read_text(encoding="utf-8")))


def _draw(name: str, data: Mapping[str, Any]) -> None:
    """Write a picture in both colour schemes."""
    import matplotlib
    from matplotlib import pyplot as plt

    matplotlib.use("svg")
    draw = PICTURES[name][1]
    for place, scheme in enumerate(("light", "dark")):
        paint = {each: colours[place] for each, colours in _PAINT.items()}
        settings = {
            "svg.fonttype": "none",
            "svg.hashsalt": name,
            "font.family": ["DejaVu Sans", "sans-serif"],
            "figure.facecolor": paint["paper"],
            "axes.facecolor": paint["paper"],
            "savefig.facecolor": paint["paper"],
            **{f"{part}.color": paint["text"] for part in ("text", "xtick", "ytick")},
            "axes.labelcolor": paint["text"],
            "axes.edgecolor": paint["soft"],
        }
        with plt.rc_context(settings):
            figure = draw(data, paint, plt)
            figure.tight_layout()
            about = {"Date": None, "Creator": None, "Description": f"figures {digest(data)}"}
            figure.savefig(FOLDER / f"{name}-{scheme}.svg", metadata=about)
            plt.close(figure)


def _in_venv() -> None:
    """Start this script again in the venv that has matplotlib."""
    import environment  # makes the venv; only needed here

    python = environment.venv(environment.PLOTS_VENV) / "bin" / "python"
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [str(python), __file__, *sys.argv[1:]])


def entry() -> int:
    """Draw what is not of these figures; with --check only name it."""
    record, code = effects_rows.read(), 0
    for name, (data_of, _draw_it) in PICTURES.items():
        data = data_of(record)
        files = [FOLDER / f"{name}-{scheme}.svg" for scheme in ("light", "dark")]
        if all(_is_of(file, digest(data)) for file in files):
            continue
        if sys.argv[1:] == ["--check"]:
            print(f"{name} is not of the figures in benchmarks/effects.json; run `make docs`.", file=sys.stderr)
            code = 1
        else:
            _in_venv()
            _draw(name, data)
    return code


if __name__ == "__main__":
    main(entry)
