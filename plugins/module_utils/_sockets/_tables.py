# Private to this collection. Counts sockets for each local port and for each address of a peer. Imported only where
# somebody asks for these tables. Pure.

from __future__ import annotations

from typing import Callable, Collection, Dict, Iterable, List, Mapping, NamedTuple, Tuple, TypeVar, Union

from ._rows import STATES, Row, spelt
from ._sums import Tally

_Subject = TypeVar("_Subject")
_Shown = TypeVar("_Shown", int, str)


class ByPort(NamedTuple):
    """One local port."""

    port: int
    sockets: int
    states: Mapping[str, int]  # only those that sockets are in


class ByPeer(NamedTuple):
    """One address of a peer."""

    peer: str
    sockets: int
    states: Mapping[str, int]  # only those that sockets are in


class Table(NamedTuple):
    """The busiest ports or peers, and the sum of the rest."""

    busiest: List[Union[ByPort, ByPeer]]
    others: int  # how many are not in `busiest`
    others_sockets: int  # how many sockets these have together


class Tables:
    """Counts by port and by peer, of which either may not be wanted."""

    def __init__(self, per: Collection[str]) -> None:
        """per: "port", "peer" or both."""
        self._ports: Tally[Tuple[int, int]] | None = Tally() if "port" in per else None
        self._peers: Tally[Tuple[bytes, int]] | None = Tally() if "peer" in per else None

    def add(self, rows: Iterable[Row]) -> None:
        """Count some more sockets."""
        ports, peers = self._ports, self._peers
        for row in rows:
            if ports is not None:
                ports.add((row.port, row.state))
            if peers is not None and row.peer_port:
                peers.add((row.peer, row.state))

    @property
    def crowded(self) -> bool:
        """Whether there were more ports or peers than are told apart, so that the busiest may be missing."""
        return any(tally.crowded for tally in (self._ports, self._peers) if tally is not None)

    def ports(self, top: int) -> Table | None:
        """Sockets by local port, up to `top` of them; None where that is not wanted."""
        return None if self._ports is None else _table(self._ports, ByPort, int, top)

    def peers(self, top: int) -> Table | None:
        """Sockets by the peer's address, up to `top` of them; None where that is not wanted."""
        return None if self._peers is None else _table(self._peers, ByPeer, spelt, top)


def _table(
    tally: Tally[Tuple[_Subject, int]],
    row: Callable[[_Shown, int, Mapping[str, int]], Union[ByPort, ByPeer]],
    shown: Callable[[_Subject], _Shown],
    top: int,
) -> Table:
    """A table out of counts by subject and state. shown: a subject as people read it; two may be the same there."""
    subjects: Dict[_Shown, Dict[int, int]] = {}
    for (subject, state), count in tally.counts.items():
        states = subjects.setdefault(shown(subject), {})
        states[state] = states.get(state, 0) + count
    ranked = sorted(subjects.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    busiest = [
        row(subject, sum(states.values()), {STATES[state]: states[state] for state in sorted(states)})
        for subject, states in ranked[:top]
    ]
    rest = ranked[top:]
    return Table(busiest, len(rest), sum(sum(states.values()) for _subject, states in rest))
