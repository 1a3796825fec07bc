# Private to this collection. The registry of programs that load sysctl.d at boot, in the order in which they are asked.
# To add one: a file with a class as _view.Loader has it, with a function in_charge(view), and a line here. Pure.

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Mapping, Optional, Tuple

if TYPE_CHECKING:
    from ._view import Loader, View

# A loader, None where nothing is loaded; and a sentence about what is amiss or not known, "" for nothing.
InCharge = Tuple[Optional["Loader"], str]


def _systemd(view: View) -> InCharge | None:
    from ._systemd import in_charge

    return in_charge(view)


def _procps(view: View) -> InCharge | None:
    from ._procps import in_charge

    return in_charge(view)


# By the name that stands in a plan. Each says whether it is in charge of a host; None: it is not.
LOADERS: Mapping[str, Callable[[View], InCharge | None]] = {
    "systemd-sysctl": _systemd,
    "procps": _procps,
}


def loader_of(view: View) -> InCharge:
    """The loader in charge of a host. Where none of them is, the rules of systemd-sysctl are assumed, with a note."""
    for ask in LOADERS.values():
        found = ask(view)
        if found is not None:
            return found
    from ._systemd import assumed

    return assumed()
