# Private to this collection. What of a look at the sockets matters to a person: which services to restart, which ports
# run out, which connections the keys do not reach. Pure.

from __future__ import annotations

from typing import Any, Iterable, Iterator

_SHOWN_PORTS = 4
_SHOWN_SERVICES = 3

Finding = tuple  # of code, subject and message


def findings(seen: dict[str, Any]) -> list[dict[str, str]]:
    """Everything that matters in a module's result, what to act on first; each code and subject once.

    Codes are stable, messages are for people.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for code, subject, message in _all(seen):
        found.setdefault((code, subject), []).append(message)
    return [
        {"code": code, "subject": subject, "message": "; ".join(messages)}
        for (code, subject), messages in found.items()
    ]


def _all(seen: dict[str, Any]) -> Iterator[Finding]:
    yield from _restarts(seen["listeners"], seen["running"])
    yield from _drops(seen["listeners"], seen["counters"])
    yield from _time_wait(seen["time_wait"])
    yield from _keepalive(seen["keepalive"], seen["running"].get("net.ipv4.tcp_keepalive_time"))
    yield from _buffers(seen["buffers"])


def service(entry: dict[str, Any]) -> str:
    """A listener's name for people: its unit, else its program, else its port."""
    return entry["unit"] or entry["program"] or "port %d" % entry["port"]


def _restarts(listeners: Iterable[dict[str, Any]], keys: dict[str, str | None]) -> Iterator[Finding]:
    """Services that listen with what stood before a change; once each, with their ports."""
    default = (keys.get("net.ipv4.tcp_rmem") or "").split()
    grouped: dict[tuple[str, str], list[int]] = {}
    for entry in listeners:
        causes = []
        if entry["cause"] == "restart":
            causes.append("backlog %d, %s" % (entry["backlog"], entry["detail"]))
        if entry["receive_buffer_is"] == "older" and len(default) > 1:
            causes.append("receive buffer %d bytes, %s after a restart" % (entry["receive_buffer"], default[1]))
        if causes:
            more = " (of the .socket unit: systemd listens for it)" if entry["activated"] else ""
            ports = grouped.setdefault((service(entry), ", and ".join(causes) + more), [])
            if entry["port"] not in ports:
                ports.append(entry["port"])
    for (name, message), ports in grouped.items():
        listed = ", ".join(map(str, ports[:_SHOWN_PORTS])) + (
            " and %d more" % (len(ports) - _SHOWN_PORTS) if len(ports) > _SHOWN_PORTS else ""
        )
        yield "restart", name, "port %s: %s" % (listed, message)


def _drops(listeners: Iterable[dict[str, Any]], counters: dict[str, int | None]) -> Iterator[Finding]:
    """Listeners that dropped something, where the kernel says that connections were turned away for want of room."""
    for entry in listeners if counters["TcpExt.ListenDrops"] else ():
        if entry["drops"]:
            yield "listen_drops", service(entry), "port %d: %s dropped; backlog %d: %s" % (
                entry["port"], _plural(entry["drops"], "packet"), entry["backlog"], entry["detail"])  # fmt: skip


def _time_wait(seen: dict[str, Any]) -> Iterator[Finding]:
    if seen["sockets"]:
        share = ""
        if seen["busiest"] and seen["percent_of_ports"] is not None:
            share = "; %s %% of the %d local ports toward %s port %d" % (
                seen["percent_of_ports"], seen["ports"], seen["busiest"]["peer"], seen["busiest"]["port"])  # fmt: skip
        yield "time_wait", "TIME-WAIT", _plural(seen["sockets"], "socket") + share


def _keepalive(seen: dict[str, Any], time: str | None) -> Iterator[Finding]:
    if not seen["connections"]:
        return
    message = "%d of %s with keepalive" % (seen["on"], _plural(seen["connections"], "connection"))
    if seen["off"]:
        message += "; the tcp_keepalive keys do not reach %d (%s)" % (seen["off"], _services(seen["without"]))
    if seen["longer"]:
        message += "; %d will wait longer than %s s: from before the change, or by TCP_KEEPIDLE" % (
            seen["longer"],
            time,
        )
    if seen["hidden"]:
        message += "; %d cannot be told while another timer runs" % seen["hidden"]
    yield "keepalive", "keepalive", message


def _buffers(seen: dict[str, Any]) -> Iterator[Finding]:
    receive = seen["receive"]
    if receive["fixed"]:
        yield "fixed_buffer", "SO_RCVBUF", "%s probably with a buffer that the program fixed, which switches autotuning off (%s)" % (
            _plural(receive["fixed"], "connection"), _services(seen["fixed"]))  # fmt: skip
    older = max(receive["older"], seen["send"]["older"])
    if older:
        yield (
            "older_buffer",
            "buffers",
            "%s probably from before the change, with the buffers of then" % _plural(older, "connection"),
        )


def _services(rows: list[dict[str, Any]]) -> str:
    """The busiest services for people: "port 80: 12" for incoming, "to port 5432: 3" for outgoing connections."""
    shown = [
        "%sport %d: %d" % ("to " if row["direction"] == "out" else "", row["port"], row["connections"])
        for row in rows[:_SHOWN_SERVICES]
    ]
    return ", ".join(shown) + (" ..." if len(rows) > _SHOWN_SERVICES else "")


def _plural(count: int, noun: str) -> str:
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")
