# Private to this collection. Every code that people meet, once: reasons for a skip, advice, findings about sockets,
# changes by another kernel, and outcomes of a key. docs/messages.md, the order of the closing table and the filters of
# the report's page come from here. To add a code: a row here, and the line that says it. Pure.

from __future__ import annotations


class Code(str):
    """A stable code. It is a string, and so compares and prints as its name.

    kind: reason, advice, finding, change or outcome; when, todo: what docs/messages.md says of it, without a full stop;
    unasked: a skip that nobody asked for, on which strict mode fails; kernel_alone: an advice that follows from the
    kernel and the value alone, so that it can be foretold for a kernel that is not at hand.
    """

    kind: str
    when: str
    todo: str
    unasked: bool
    kernel_alone: bool

    def __new__(
        cls, name: str, kind: str, when: str, todo: str = "nothing", unasked: bool = False, kernel_alone: bool = False
    ) -> Code:
        """A row. Its rank among its kind is its place in the file."""
        code = super().__new__(cls, name)
        code.kind, code.when, code.todo = kind, when, todo
        code.unasked, code.kernel_alone = unasked, kernel_alone
        return code


# Why a key is skipped.
REMOVED = Code("removed", "reason", "the kernel no longer has the key", "nothing, or exclude it", unasked=True)
ABSENT = Code(
    "absent",
    "reason",
    "this kernel does not have it: too old, a build option, a module that is not loaded",
    "load the module, or exclude it",
    unasked=True,
)
OTHER_NAMESPACE = Code(
    "other_namespace",
    "reason",
    "the key belongs to the whole host, and this is a container or another network namespace",
    "set it on the host",
    unasked=True,
)
READ_ONLY = Code(
    "read_only",
    "reason",
    "the key is there and cannot be written here",
    "set it on the host, or make `/proc/sys` writable",
    unasked=True,
)
MEMORY = Code(
    "memory",
    "reason",
    "the high limit of `tcp_mem` is above `tcp_hardening_memory_percent` of the memory",
    "a smaller `tcp_mem` for small hosts",
    unasked=True,
)
HARMFUL = Code(
    "harmful",
    "reason",
    "`improve`, and the value is known to break connections on this kernel",
    "nothing; `exact` for this key sets it all the same",
)
BETTER = Code("better", "reason", "`improve`, and the host already has something better")
IGNORED = Code("no_effect", "reason", "`improve`, and this kernel takes the value and ignores it")
LEFT_PROFILE = Code(
    "left_profile",
    "reason",
    "an earlier run set the key, and the profile no longer does: it goes back to what it was before, now and at boot. "
    "Where somebody changed it since, it is left, and the message says so",
)
EXCLUDED = Code("excluded", "reason", "asked for with `tcp_hardening_exclude`")

# Advice, what can hurt first.
OVERRIDDEN_AT_BOOT = Code(
    "overridden_at_boot",
    "advice",
    "another file, ufw or tuned sets another value after the drop-in, or a file keeps the key from being set by a bare "
    "`-KEY` or by a value that the kernel refuses",
    "the message names file, line, value and the next step: change it there, or give the drop-in a later name "
    "(`tcp_hardening_path`; take the old one back first), or let tuned apply the files again (`reapply_sysctl`). "
    "`tcp_hardening_boot_conflict: fail` refuses such hosts before anything is written",
)
NOT_READ_AT_BOOT = Code(
    "not_read_at_boot",
    "advice",
    "nothing reads the drop-in at boot: it lies in another folder, a file of its name masks it, or "
    "systemd-sysctl.service is masked",
    "the message says why; set `tcp_hardening_path` to a name in `/etc/sysctl.d`, or take the mask away. "
    "`tcp_hardening_boot_conflict: fail` refuses such hosts too",
)
NAT_HAZARD = Code(
    "nat_hazard",
    "advice",
    "`tcp_tw_recycle` is on, on a kernel that still has it",
    "exclude it: it drops clients that share an address",
    kernel_alone=True,
)
PORT_OVERLAP = Code(
    "port_overlap",
    "advice",
    "services listen on ports inside the local port range",
    "list them in `net.ipv4.ip_local_reserved_ports`",
)
NEEDS_TIMESTAMPS = Code(
    "needs_timestamps", "advice", "`tcp_tw_reuse` is on and `tcp_timestamps` is 0", "set `tcp_timestamps` to 1"
)
PAGE_SIZE = Code(
    "page_size", "advice", "`tcp_mem` counts pages, and they are not 4 KiB here", "a `tcp_mem` for this page size"
)
IMPLAUSIBLE = Code(
    "implausible",
    "advice",
    "the kernel takes the value, and hardly anybody means it: 1800000 for seconds, a port range of two ports",
    "look for a typing error; the message says what makes sense",
    kernel_alone=True,
)
VALUE_NOT_AVAILABLE = Code(
    "value_not_available",
    "advice",
    "a congestion control or queueing discipline is wanted that is not loaded, and the kernel's modules cannot be seen "
    "here, as in a container. Where they can be seen, and it is not among them, the host is refused when it is planned",
    "look on the host whether its kernel has it",
)
WEAKER_THAN_DEFAULT = Code(
    "weaker_than_default",
    "advice",
    "`exact`, and the value is worse than the kernel's own, in the direction of the key",
    "`improve` for this key (`tcp_hardening_policies`) keeps the better one",
)
WEAKER_THAN_RUNNING = Code(
    "weaker_than_running",
    "advice",
    "`exact`, and the value is worse than the one that the host has now, in the direction of the key",
    "the same",
)
LOST_AT_BOOT = Code(
    "lost_at_boot",
    "advice",
    "the host has something better than the profile now (`better`), and nothing sets it at boot",
    "put it into a file of your own, or into `tcp_hardening_overrides`; the next run after a reboot sets the profile's",
)
RESTART_LISTENERS = Code(
    "restart_listeners",
    "advice",
    "`somaxconn` is taken when a service starts to listen",
    "restart the services that need it",
)
PARITY = Code(
    "parity",
    "advice",
    "both ends of the port range are even, or both odd",
    "one even and one odd, such as 1024 65001",
    kernel_alone=True,
)
NO_EFFECT = Code("no_effect", "advice", "the kernel takes the value and ignores it", kernel_alone=True)
NOT_INHERITED_BY_CONTAINERS = Code(
    "not_inherited_by_containers",
    "advice",
    "a new network namespace starts at the kernel's own value; the message counts those that live on the host, "
    "`at least` where not all could be seen",
    "run the role in the containers too",
    kernel_alone=True,
)

# Findings about sockets, what to act on first.
RESTART = Code(
    "restart",
    "finding",
    "a service listens with a backlog or a receive buffer from before a change; its new connections inherit the buffer",
    "restart it when it suits; `harden` restarts nothing",
)
LISTEN_DROPS = Code(
    "listen_drops",
    "finding",
    "a listening socket dropped packets, and the kernel turned connections away",
    "a larger backlog in the program; `somaxconn`, where that is the limit",
)
TIME_WAIT = Code(
    "time_wait",
    "finding",
    "sockets are in TIME-WAIT; the share is that of the busiest way out in the local ports",
    "near 100 %: keep connections open, more local ports, `tcp_tw_reuse`",
)
KEEPALIVE = Code(
    "keepalive",
    "finding",
    "connections with and without keepalive",
    "without: set SO_KEEPALIVE in the program; no key does that",
)
FIXED_BUFFER = Code(
    "fixed_buffer",
    "finding",
    "programs set SO_RCVBUF, which switches autotuning off",
    "take it out of the program, if it was not meant",
)
OLDER_BUFFER = Code("older_buffer", "finding", "connections were opened before a change", "nothing; they end some day")

# What another kernel changes, beside reasons and advice that are new with it.
REFUSED = Code("refused", "change", "the other kernel no longer takes the value", "a value for that kernel")
APPEARS = Code("appears", "change", "the key can be set from that kernel on")

# What became of a key on a host, worst first. Each key of each host is counted as exactly one of them.
FAILED = Code(
    "failed",
    "outcome",
    "was to be set on a host whose run failed; it is not set",
    "mend what the line `failed` says, and run again",
)
UNFINISHED = Code("unfinished", "outcome", "is to be set, and the run ended before it was", "run again")
DRIFTED = Code("drifted", "outcome", "is not as wanted now", "run `harden`")
BOOT = Code("boot", "outcome", "is as wanted now, and will not be after the next reboot", "see the advice of this key")
APPLIED = Code("applied", "outcome", "was changed: the live value, or the line in the drop-in")
UNCHANGED = Code("unchanged", "outcome", "was as wanted already")
SKIPPED = Code("skipped", "outcome", "was left alone; there is a reason", "see the reason")

CODES = tuple(one for one in list(globals().values()) if isinstance(one, Code))
RANK = {(code.kind, str(code)): place for place, code in enumerate(CODES)}


def of_kind(kind: str) -> tuple[Code, ...]:
    """All codes of a kind, in the order of their ranks."""
    return tuple(code for code in CODES if code.kind == kind)


def rank(kind: str, name: str) -> int:
    """The place of a code among all; of one that is not known, behind all."""
    return RANK.get((kind, name), len(CODES))
