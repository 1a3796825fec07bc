# Private to this collection. The registry of everybody else who sets keys at boot: before the loader of sysctl.d, and
# after it, in the order in which they do it. To add one: a file with a class as Writer below has it, and a line here.
# Pure.

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, NamedTuple, Sequence, Tuple

from ._scene import Scene, Standing

if TYPE_CHECKING:
    from typing import Protocol

    from ._view import View

    class Writer(Protocol):
        """Somebody else who sets keys at boot. Its rules stand in a file of its own."""

        name: str  # as it stands in a plan

        def write(self, standing: Standing, scene: Scene) -> None:
            """Do at the next boot what it does there."""

        def told(self, source: str) -> tuple[str, str]:
            """Who it is for people, and what else they can do about it; "" for what is not to be said."""


class Row(NamedTuple):
    """A line of the registry."""

    name: str  # as it stands in a plan
    trace: Callable[[View], bool]  # whether it may be there: only then its rules are loaded
    load: Callable[[], Writer]


def _command_line() -> Writer:
    from ._command_line import CommandLine

    return CommandLine()


def _ufw() -> Writer:
    from ._ufw import Ufw

    return Ufw()


def _tuned() -> Writer:
    from ._tuned import Tuned

    return Tuned()


BEFORE: Tuple[Row, ...] = (Row("cmdline", lambda view: "sysctl" in (view.text("/proc/cmdline") or ""), _command_line),)
AFTER: Tuple[Row, ...] = (
    Row("ufw", lambda view: view.starts("ufw"), _ufw),
    Row("tuned", lambda view: view.starts("tuned"), _tuned),
)


def let_write(rows: Sequence[Row], standing: Standing, scene: Scene) -> None:
    """Let each one do its part of whom the host has a trace."""
    for row in rows:
        if row.trace(scene.view):
            row.load().write(standing, scene)


def told_of(name: str | None, source: str) -> tuple[str, str]:
    """Who set a key at boot, for people, and what else they can do about it; "" for what is not to be said."""
    for row in BEFORE + AFTER:
        if row.name == name:
            return row.load().told(source)
    return "", ""
