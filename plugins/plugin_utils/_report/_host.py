# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The report of one host, docs/report-schema.json, out of the record of a run. Pure.

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple

from .._entry._schema import SCHEMA
from .._key_notes import told
from .._run._record import Host, Run
from .._run._rows import Word, as_json, only


class Head(NamedTuple):
    """What all hosts of a run share."""

    playbook: str  # its name without ending
    check: bool  # whether in check mode
    version: str  # the collection's


def document(run: Run, name: str, head: Head) -> str:
    """The report of a host, as JSON. The longer parts of the record are JSON already."""
    host = run.hosts[name]
    words = run.words(host)
    begin = {
        "schema": SCHEMA,
        "collection": {"name": "fleetnet.linux_tcp", "version": head.version},
        "time": host.time,
        "playbook": head.playbook,
        "check": head.check,
        "host": {"name": name, "groups": list(host.groups)},
        "result": {"status": run.status(host), "message": host.message},
    }
    parts = {
        "kernel": host.kernel,
        "namespaces": host.namespaces,
        "settings": _settings(words),
        "applied": _applied(host, words),
        "sockets": host.sockets,
    }
    return "%s, %s}\n" % (as_json(begin)[:-1], ", ".join('"%s": %s' % part for part in parts.items()))


def _settings(words: Mapping[str, Word]) -> str:
    """The rows of the plan, each with what people are told of its key, and its outcome."""
    rows = [_with(word.planned.text, _about(key), word) for key, word in words.items() if word.planned]
    return "[%s]" % ", ".join(rows)


def _applied(host: Host, words: Mapping[str, Word]) -> str:
    """What was changed, and the outcomes once more, since a rollback has no plan."""
    if host.change is None:
        return "null"
    head = as_json({"state": host.change.state, "messages": list(host.change.messages)})
    rows = [_with(word.done.text, {}, word) for word in words.values() if word.done]
    return '%s, "settings": [%s]}' % (head[:-1], ", ".join(rows))


def _about(key: str) -> Dict[str, str]:
    """What the page says of a key beside its values."""
    return only(("meaning", "unit"), told(key))


def _with(text: str, about: Dict[str, str], word: Word) -> str:
    """A JSON object with more fields at its end."""
    return "%s, %s" % (text[:-1], as_json({**about, "outcome": str(word.outcome)})[1:])
