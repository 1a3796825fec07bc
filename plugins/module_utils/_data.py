# Private to this collection. The plain data that every part shares: what was read from a host, what is wanted of it,
# and what a plan says. Pure: it imports nothing of ours and nothing that reads or writes.

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence, Tuple

from ._codes import Code

# The drop-in, where nobody says otherwise.
DROP_IN = "/etc/sysctl.d/90-tcp-hardening.conf"
_SWAP = {ord("."): "/", ord("/"): "."}


def dotted(path: str) -> str:
    """A path below /proc/sys as a key, and back. The dot of an interface's name is a slash in a key: eth0/100."""
    return path.translate(_SWAP)


class Kernel(NamedTuple):
    """A kernel, as far as its keys depend on it."""

    release: str  # as uname(2) gives it, such as 6.12.101 or 4.18.0-477.el8.x86_64
    memory_mb: int | None = None  # the host's memory in MiB; None where it is not known
    page_size: int = 4096  # bytes
    namespace: str = "host"  # "host" for the first network namespace, "container" for any other
    stable: str = ""  # the upstream release, where the kernel tells more than its name, such as 5.15.180
    distribution: str = ""  # ID and VERSION_ID of os-release, such as "debian 12"; "" where that is not known


class Reading(NamedTuple):
    """One key of /proc/sys, as it was read."""

    present: bool
    writable: bool = False
    text: str | None = None  # None where it could not be read
    mount_read_only: bool = False  # /proc/sys itself is mounted read-only


MISSING = Reading(False)


class Value(NamedTuple):
    """A value of a key. Two values are the same to the kernel where their meanings are equal."""

    text: str  # words separated by single blanks
    meaning: Tuple[Any, ...]  # the words; of a list of ports the merged ranges, as pairs
    numbers: Tuple[int, ...] | None  # the numbers, None where any word is something else

    def same(self, other: Value | None) -> bool:
        """Whether both mean the same to the kernel."""
        return other is not None and self.meaning == other.meaning


class Assignment(NamedTuple):
    """What one line of one file, or of the kernel's command line, says of a key."""

    value: str | None  # as it is written; None for a bare "-KEY", and where the kernel refuses it
    source: str  # FILE:LINE, or "kernel command line"
    loader: str | None  # who applies it, a name such as systemd-sysctl; None where that is not known


class Boot(NamedTuple):
    """What stands after a reboot, and which line decides it."""

    value: Value
    source: str
    loader: str | None


class Advice(NamedTuple):
    """What a person should know of a key that is set."""

    code: Code
    message: str  # one sentence, or several separated by semicolons


class Setting(NamedTuple):
    """One key of the profile, held against one host."""

    key: str
    wanted: Value  # the profile's; of an excluded key that the kernel would refuse, only its text counts
    running: Value | None  # None where it cannot be read
    default: Value | None  # the kernel's own; None where it is not known
    default_estimated: bool  # the kernel's own is computed from the memory, and not exact
    boot: Boot | None  # None where nothing sets the key at boot
    target: Value  # what is set, after the policy
    reason: Code | None  # why it is skipped or returns; None where it is set
    detail: str  # one sentence
    drift: Tuple[str, ...] = ()  # of "running" and "boot", where the target does not stand
    advice: Tuple[Advice, ...] = ()
    returns: bool = False  # an earlier run set it, and this one takes that back
    blindly: bool = False  # to what only root can see; the target is then what stands now
    then: Tuple[Code | None, str] | None = None  # reason and detail at the next run, where they differ; None for no row

    @property
    def verdict(self) -> str:
        """`apply`, `return` or `skip`."""
        return "return" if self.returns else "skip" if self.reason else "apply"

    def told(self, code: Code) -> bool:
        """Whether this advice was given."""
        return any(advice.code == code for advice in self.advice)


class Namespaces(NamedTuple):
    """How many other network namespaces live on a host."""

    others: int
    complete: bool  # whether all of them could be seen


class Available(NamedTuple):
    """The names that a key may hold on a host."""

    names: Tuple[str, ...]  # loaded, built in, or as modules that the kernel would load; sorted
    complete: bool  # whether these are all
    barred: Tuple[str, ...] = ()  # there, and not permitted in this network namespace
    own: str = ""  # which one the kernel begins with, as its configuration says; "" where that cannot be read


class Host(NamedTuple):
    """What was read of a host, or imagined of it. Assignments are by key, and of the next boot."""

    kernel: Kernel
    keys: Mapping[str, Reading]
    drop_in: str = ""  # the text of our own drop-in, "" where there is none
    before: Mapping[str, str] = {}  # what keys had before this collection set them; only root sees it
    ports: Tuple[int, ...] = ()  # that services listen on, ascending
    at_hand: bool = True  # False for an imagined kernel
    boot: Mapping[str, Assignment] = {}  # what decides after a reboot
    beneath: Mapping[str, Assignment] = {}  # what would decide without our drop-in
    after: Mapping[str, Assignment] = {}  # what others set after the drop-in
    unread: str = ""  # why the drop-in is not read at boot, "" where it is
    notes: Sequence[str] = ()  # what is not known of the next boot, in sentences
    namespaces: Namespaces | None = None  # None in a namespace that is not the first
    live: bool = True  # whether running values count
    siblings: Tuple[str, ...] = ()  # all keys beside one that nobody knows; () where there is no such key
    available: Mapping[str, Available] = {}  # of the keys that hold a name; nothing of an imagined kernel

    def reading(self, key: str) -> Reading:
        """The reading of a key; of one that nobody looked at, that it is not there."""
        return self.keys.get(key, MISSING)


class Profile(NamedTuple):
    """What is wanted, as people wrote it: nothing in it is checked yet."""

    values: Mapping[str, Any]
    exclude: Sequence[str] = ()
    policy: str = "improve"
    policies: Mapping[str, str] = {}  # by key
    memory_percent: int = 50  # of the host's memory, for the high limit of tcp_mem; 0 for no guard
    path: str = DROP_IN

    def policy_of(self, key: str) -> str:
        """The policy that holds for a key."""
        return self.policies.get(key, self.policy)


class Plan(NamedTuple):
    """A profile held against a host."""

    kernel: Kernel
    settings: Tuple[Setting, ...]  # in the order of the profile
    at_hand: bool  # False for an imagined kernel, of which no drift can be told
    namespaces: Namespaces | None


class Handed(NamedTuple):
    """One setting of a plan that is to be carried out."""

    key: str
    target: str | None  # what is set, in its plain form; None where the key is skipped, or returns to the snapshot
    reason: str | None  # the code of the reason for a skip
    detail: str  # one sentence
    returns: bool = False  # an earlier run set it, and it goes back to what was before
