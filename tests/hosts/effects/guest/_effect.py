# What an effect is: what is measured, in which unit, which way is better, and which keys decide it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Plain data that the guest, the command and the documentation share. Python 3.9 and its standard library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

HIGHER, LOWER = "higher", "lower"
# The set that changes nothing; the others have the names of the collection's policies.
OWN = "own"

Values = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One thing to measure of an effect, such as one round trip.

    name: short, as a person reads it. keys: whose values are set for it; () for all of the profile. parameters: for the
    function that measures.
    """

    name: str
    keys: tuple[str, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Effect:
    """One figure that people feel.

    name: unique. about: what it is, a short sentence without a full stop. better: HIGHER or LOWER. measure: is given
    the values to set and the parameters of a case, and returns the figure in the unit. once: it counts something that
    is the same each time and takes long, so that only the first round measures it. patient: it only waits, so that all
    of it is measured beside the others.
    """

    name: str
    family: str
    about: str
    unit: str
    better: str
    measure: Callable[..., float]
    cases: tuple[Case, ...]
    once: bool = False
    patient: bool = False


def case(name: str, *keys: str, **parameters: object) -> Case:
    """A case; what is named goes to the function that measures."""
    return Case(name, keys, parameters)
