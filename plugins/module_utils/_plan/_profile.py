# Private to this collection. What a profile says, checked before it is held against a host. Pure.

from __future__ import annotations

from typing import Any, Dict, Sequence

from .._data import Host, Profile, Value
from .._kernel._catalog import row_of
from .._kernel._values import canonical, check_key, shown

POLICIES = ("improve", "exact")


class ProfileError(ValueError):
    """The profile cannot be used on this host. problems: a sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


def _named(profile: Profile) -> list[Any]:
    return [*profile.values, *profile.exclude, *profile.policies]


def names(profile: Profile) -> list[str]:
    """Every key that the profile names, also to exclude it, each once; those of bad form are left out."""
    return [key for key in dict.fromkeys(_named(profile)) if not check_key(key)]


def _form_problems(profile: Profile) -> list[str]:
    found = [problem for problem in map(check_key, _named(profile)) if problem]
    for key, policy in profile.policies.items():
        if policy not in POLICIES:
            found.append("%s: policy %s; expected one of %s" % (key, shown(policy), ", ".join(POLICIES)))
    if not 0 <= profile.memory_percent <= 100:
        found.append("memory_percent: %d is refused; expected 0 (no guard) to 100" % profile.memory_percent)
    return found


def wanted_values(profile: Profile, host: Host) -> dict[str, Value]:
    """The values in canonical form, in the order of the profile; ProfileError with all faults at once."""
    problems = _form_problems(profile)
    wanted: Dict[str, Value] = {}
    for key in names(profile):
        excluded = key in profile.exclude
        if not is_known(key, host):
            if key in profile.values and excluded:
                wanted[key] = Value(shown(profile.values[key]), (), None)
            elif key in profile.values or not excluded or _misspelt(key, profile):
                problems.append(unknown(key, host))
        elif key in profile.values:
            try:
                wanted[key] = canonical(key, profile.values[key], host.kernel, host.reading(key).text)
            except ValueError as exc:
                if excluded:
                    # To exclude a key is the way out where the kernel refuses its value.
                    wanted[key] = Value(shown(profile.values[key]), (), None)
                else:
                    problems.append("%s: %s" % (key, exc))
    if problems:
        raise ProfileError(problems)
    return wanted


def is_known(key: str, host: Host) -> bool:
    """Whether the catalog or the host knows a key."""
    return host.reading(key).present or row_of(key) is not None


def _misspelt(excluded: str, profile: Profile) -> bool:
    """Whether a key that nobody knows is excluded, and one that is very near to it would be set."""
    from .._kernel._nearest import meant

    return meant(excluded) in profile.values


def unknown(key: str, host: Host) -> str:
    """The sentence that refuses a key that nobody knows."""
    from .._kernel._nearest import hint

    more = hint(key, host.siblings)
    if not more and host.kernel.namespace == "container":
        more = (
            "; check its spelling. A container does not show all keys of its host: exclude it here, if the host has it"
        )
    return "%s: neither the catalog nor this host (%s) knows this key%s" % (
        key,
        host.kernel.release,
        more or "; check its spelling",
    )
