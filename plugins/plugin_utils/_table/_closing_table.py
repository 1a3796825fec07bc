# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The closing table: what became of each host and its keys, and under it every reason and
# advice once. It counts what the record of the run says, and judges nothing. Pure.

from __future__ import annotations

from collections import Counter
from typing import List, Mapping, Tuple

from ...module_utils._codes import APPLIED, BOOT, DRIFTED, FAILED, SKIPPED, UNCHANGED, UNFINISHED, Code, of_kind
from .._names import plural
from .._run._record import ENDS, Host, Run
from .._run._rows import Word
from ._grid import Line, Paint, grid
from ._under import under

# Each column with the outcomes that it counts. A key has one outcome, and an outcome has one column.
COLUMNS: Tuple[Tuple[Code, Tuple[Code, ...]], ...] = (
    (APPLIED, (APPLIED,)),
    (UNCHANGED, (UNCHANGED,)),
    (SKIPPED, (SKIPPED,)),
    (DRIFTED, (DRIFTED, BOOT)),
    (FAILED, (FAILED,)),
    (UNFINISHED, (UNFINISHED,)),
)


def lines(run: Run, title: str, check: bool, width: int, paint: Paint) -> List[str]:
    """The table and what stands under it.

    check: whether in check mode; width: columns of the terminal, 0 for none, and then no line is broken; paint: gives a
    text in a colour.
    """
    counted = {name: _counted(run.words(host)) for name, host in run.hosts.items()}
    columns = [column for column in COLUMNS if column[0] != UNFINISHED or any(each[-1] for each in counted.values())]
    hosts = {name: _line(run, host, counted[name][: len(columns)]) for name, host in run.hosts.items()}
    sizes = {sum(numbers) for numbers in counted.values()}
    head = heading(title, len(hosts), sizes, check)
    table = grid(("host", "kernel"), [str(name) for name, _outcomes in columns], hosts, paint)
    return [head, *table, *under(run, width, paint)]


def heading(title: str, hosts: int, sizes: set[int], check: bool) -> str:
    """The first line. sizes: how many keys the hosts have."""
    known = sorted(size for size in sizes if size)
    keys = ""
    if known:
        keys = "   %s" % (plural(known[0], "key") if len(known) == 1 else "%d to %d keys" % (known[0], known[-1]))
    note = "   check mode: nothing was written" if check else ""
    return "%s   %s%s%s" % (title or "TCP settings", plural(hosts, "host"), keys, note)


def _counted(words: Mapping[str, Word]) -> Tuple[int, ...]:
    """The keys of each column."""
    counts = Counter(word.outcome for word in words.values())
    return tuple(sum(counts[outcome] for outcome in outcomes) for _name, outcomes in COLUMNS)


def _line(run: Run, host: Host, numbers: Tuple[int, ...]) -> Line:
    end = run.ended(host)
    planned = bool(host.release or run.words(host))
    counts = dict(zip((name for name, _outcomes in COLUMNS), numbers))
    bad = [counts.get(outcome, 0) for outcome in of_kind("outcome")]
    rank = len(ENDS) - ENDS.index(end) if end else 0
    colour = "red" if end or counts[FAILED] else "yellow" if counts[APPLIED] or counts[DRIFTED] else "green"
    return Line((host.release,), numbers if planned else (), end, colour, (rank, *bad))
