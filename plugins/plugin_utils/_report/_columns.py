# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The columns of a fleet's report, by name: what each of them holds, and how to get it out
# of a host's report. The cells, the CSV, the page's data, the comparison with an earlier report, the version of the
# format and the table in docs/report.md follow from the two tables at the end. To add a column: a row there,
# `make docs`, a test. Pure.

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from ...module_utils._codes import SKIPPED

Row = Mapping[str, Any]

TEXT, FLAG, ADVICE = "text", "flag", "advice"


class Column(NamedTuple):
    """A column of cells.

    get: its value, out of a key's row in the plan ({} where no plan has the key) and its row in what was applied ({}
    where it was not). A TEXT is a str or None, a FLAG a bool, an ADVICE a tuple of pairs of code and message.
    """

    name: str
    get: Callable[[Row, Row], Any]
    told: str  # one line for docs/report.md, without a full stop
    kind: str = TEXT
    compared: bool = False  # whether another value is a change since an earlier report
    label: str = (
        ""  # for people, where the value differs, and in the page's panel; "" where the page has a way of its own
    )


class HostColumn(NamedTuple):
    """A column of the CSV that is the same for all keys of a host. get: out of a Host of _fleet.py."""

    name: str
    get: Callable[[Any], str]
    told: str


class Cell(tuple):
    """One key on one host: a value for each of COLUMNS, which are its attributes. Hosts have most cells in common, so
    each is kept once."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name not in PLACES:
            raise AttributeError(name)
        return self[PLACES[name]]


def cell_of(planned: Row, done: Row) -> Cell:
    """A cell out of a key's rows in a host's report."""
    return Cell(column.get(planned, done) for column in COLUMNS)


def _outcome(planned: Row, done: Row) -> str:
    return str(planned["outcome"] if planned else done["outcome"])


def _text(name: str, elsewhere: str = "") -> Callable[[Row, Row], Optional[str]]:
    """A field of the plan. elsewhere: the field of what was applied, for a key that no plan has."""

    def get(planned: Row, done: Row) -> Optional[str]:
        value = planned[name] if planned else done.get(elsewhere)
        return None if value is None else str(value)

    return get


def _of_boot(name: str) -> Callable[[Row, Row], Optional[str]]:
    def get(planned: Row, _done: Row) -> Optional[str]:
        boot = planned["boot"] if planned else None
        return None if boot is None or boot[name] is None else str(boot[name])

    return get


def _why(name: str) -> Callable[[Row, Row], str]:
    """Reason or detail. Where the step that applies skipped a key, it knows better than the plan."""

    def get(planned: Row, done: Row) -> str:
        newer = not planned or done.get("status") == SKIPPED
        return str((done if newer else planned).get(name) or "")

    return get


def _advice(planned: Row, _done: Row) -> Tuple[Tuple[str, str], ...]:
    given = planned["advice"] if planned else ()
    return tuple((str(advice["code"]), str(advice["message"])) for advice in given)


HOST_COLUMNS = (
    HostColumn("host", lambda host: host.name, "the name in the inventory"),
    HostColumn("groups", lambda host: " ".join(host.groups), "its groups, separated by blanks"),
    HostColumn("kernel", lambda host: host.kernel, "the kernel's release; empty where no plan could be made"),
    HostColumn("time", lambda host: host.time, "when the last step on this host ended, UTC"),
    HostColumn("result", lambda host: host.status, "how the run went: ok, failed, unreachable or unfinished"),
    HostColumn("message", lambda host: host.message, "why it did not go well"),
    HostColumn("file", lambda host: host.path, "the file that says all this; a file can have any host's name in it"),
)
KEY = "key", "the key; empty for a host without a plan"
COLUMNS = (
    Column("outcome", _outcome, "what became of the key, see [messages.md](messages.md)", compared=True),
    Column("wanted", _text("wanted", "value"), "the profile's value"),
    Column("running", _text("running"), "the value when the host was looked at", compared=True, label="running"),
    Column("default", _text("default"), "the kernel's own value; empty where it is not known"),
    Column(
        "default_estimated",
        lambda planned, _done: bool(planned.get("default_estimated")),
        "yes where the kernel's own value is computed from the memory, and not exact",
        FLAG,
    ),
    Column("after_reboot", _of_boot("value"), "the value after a reboot; empty where nothing sets it", compared=True,
           label="after reboot"),
    Column("decided_by", _of_boot("source"), "the file and line that decide that"),
    Column("target", _text("target", "value"), "the value to be set, after the policy; of a key that goes back, what "
           "it had before, empty where only root sees that", compared=True, label="to be"),
    Column("reason", _why("reason"), "why the key was skipped or goes back, see [messages.md](messages.md)",
           compared=True),
    Column("status", lambda _planned, done: str(done.get("status") or ""),
           "what the step that applies said: applied, unchanged or skipped; empty where it did not run"),
    Column("detail", _why("detail"), "what happens, or why nothing does, in a sentence"),
    Column("advice", _advice, "the codes of the advice, separated by blanks", ADVICE),
)  # fmt: skip
PLACES: Dict[str, int] = {column.name: place for place, column in enumerate(COLUMNS)}

# The version of the format follows from the names and kinds of the columns.
_NAMES = [(column.name, column.kind) for column in COLUMNS]
KIND_NAME = "fleetnet.linux_tcp fleet"
KIND = "%s %s" % (KIND_NAME, hashlib.sha256(repr(_NAMES).encode()).hexdigest()[:8])
