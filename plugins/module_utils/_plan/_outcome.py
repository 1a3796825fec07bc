# Private to this collection. What became of a key on a host: the one place where that is worked out. Reports carry it;
# table, page, CSV, JUnit and metrics count it. Pure.

from __future__ import annotations

from typing import Collection

from .._codes import APPLIED, BOOT, DRIFTED, FAILED, SKIPPED, UNCHANGED, UNFINISHED, Code

# How a host's run went. unfinished: something is to be done, and nothing was done yet.
FATES = ("ok", "failed", "unreachable", "unfinished")


def outcome(verdict: str | None, drift: Collection[str], overridden: bool, status: str | None, fate: str) -> Code:
    """The one outcome of a key.

    verdict: of the plan, `apply` or `skip`; None for a key that has no plan, as in a rollback.
    drift: of `running` and `boot`, where the plan found that the target does not stand.
    overridden: whether something sets the key otherwise after the drop-in, which applying does not mend.
    status: what sysctl_profile said, `applied`, `unchanged` or `skipped`; None where it was not run.
    fate: how the host's run went, one of FATES.
    """
    if verdict == "skip" or status == "skipped":
        return SKIPPED
    if status is None and not drift:
        return UNCHANGED
    if fate == "failed":
        return FAILED
    if status is None:
        if fate != "ok":
            return UNFINISHED
        return DRIFTED if "running" in drift else BOOT
    if overridden:
        return BOOT
    return APPLIED if status == "applied" else UNCHANGED
