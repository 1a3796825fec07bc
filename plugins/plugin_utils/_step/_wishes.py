# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What is wished for a host: the role's variables, checked, merged and typed. A name that
# the role does not know is refused, with the nearest one. What keys and values mean is not looked at here. Pure.

from __future__ import annotations

import difflib
import json
import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...module_utils._kernel._values import shown
from ...module_utils._plan._profile import POLICIES
from .._modes import MODES, PRIVATE, mode_of

PREFIX = "tcp_hardening_"
OVERRIDES = PREFIX + "overrides_"  # and a name: merged in the order of the names

_EXAMPLE = "{net.core.somaxconn: 8192}"
_TRUE = ("y", "yes", "on", "1", "true", "t", "1.0")
_FALSE = ("n", "no", "off", "0", "false", "f", "0.0")
_LINE = re.compile(r"([^\s:#]+)\s*:\s+(\S.*)")
# Needed also where the drop-in is removed or the host restored. A bad profile must not stop that.
_ALWAYS = ("live", "state", "path", "replace", "force", "exclude", "sockets", "report_dir", "report_mode", "health",
           "health_window", "health_limits", "confirm", "batches")  # fmt: skip


class WishError(ValueError):
    """The variables cannot be used. problems: a sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


class Wishes(NamedTuple):
    """What is wished for a host."""

    values: Mapping[str, Any]  # the profile, with all overrides laid over it
    exclude: List[str]
    policy: str
    policies: Mapping[str, str]
    memory_percent: int
    strict: bool
    boot_conflict: str
    live: bool
    state: str
    path: str
    replace: bool
    force: bool
    sockets: bool
    report_dir: str
    report_mode: str
    health: bool
    health_window: int  # seconds
    health_limits: Mapping[str, float]  # events per second, or percent
    confirm: int  # seconds
    batches: List[str]  # hosts or percent; `serial` of a play reads them too, and refuses what is none

    @property
    def at_once(self) -> bool:
        """Whether a rollout has no stages: all hosts are one batch, and nothing is tried or watched."""
        return self.batches == ["100%"] and not self.health and self.confirm == 0


class _Fault(ValueError):
    """What was expected instead, for people. part: the part of the value that is wrong, where it is not all of it."""

    def __init__(self, expected: str, part: str = "") -> None:
        super().__init__(expected)
        self.part = part


def wishes(variables: Mapping[str, Any]) -> Wishes:
    """The wishes in a host's variables, which are templated already. Others than tcp_hardening_* do not count.

    A variable that is missing has the role's default; a missing profile is empty. WishError has all faults at once.
    """
    given = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    problems: List[Tuple[str, str]] = []  # the variable's short name, and the sentence
    problems += unknown(dict.fromkeys(given, ""))
    found: Dict[str, Any] = {}
    for name, (default, read) in _READ.items():
        found[name] = default
        if PREFIX + name in given:
            found[name] = _checked(PREFIX + name, name, given[PREFIX + name], read, problems)
    overrides = found.pop("overrides")
    for name in sorted(name for name in given if _is_named_override(name)):
        overrides = {**overrides, **_checked(name, "overrides", given[name], _mapping, problems)}
    said = that_count(problems, found["state"])
    if said:
        raise WishError(said)
    return Wishes(**{**found, "values": {**found["values"], **overrides}})


def known() -> List[str]:
    """The names of all variables, but for those of further overrides."""
    return [PREFIX + name for name in _READ]


def _is_named_override(name: str) -> bool:
    return name.startswith(OVERRIDES) and len(name) > len(OVERRIDES)


def that_count(problems: Iterable[Tuple[str, str]], state: str) -> List[str]:
    """The sentences that stop a host which is to be brought to a state. problems: as unknown() gives them."""
    return [sentence for name, sentence in problems if state == "present" or name in (*_ALWAYS, "")]


def unknown(owners: Mapping[str, str]) -> Iterator[Tuple[str, str]]:
    """For each variable that the role does not know, the short name that was probably meant, and a sentence.

    owners: variable to the hosts that have it, in words; "" where that needs no saying.
    """
    names = known()
    short = [name[len(PREFIX) :] for name in names]
    for name, owner in owners.items():
        if not name.startswith(PREFIX) or name in names or _is_named_override(name):
            continue
        # The prefix is left out: with it, all names are alike.
        said = name[len(PREFIX) :]
        head, _blank, tail = said.partition("_")
        near = "overrides_" + tail if tail and _near(head, ["overrides"]) else _near(said, short)
        hint = "did you mean %s%s?" % (PREFIX, near) if near else "names that begin with %s are its own" % PREFIX
        whose = " of %s" % owner if owner else ""
        sentence = "%s%s: the role knows no such variable; %s" % (name, whose, hint)
        yield "overrides" if near.startswith("overrides_") else near, sentence


def _near(said: str, names: Sequence[str]) -> str:
    """The name that is most like another one; "" where none is."""
    return "".join(difflib.get_close_matches(said, names, 1, 0.6))


def _checked(name: str, short: str, value: Any, read: Callable[[Any], Any], problems: List[Tuple[str, str]]) -> Any:
    """The value as its type wants it; of a bad one the default, and its fault among the problems."""
    try:
        return read(value)
    except _Fault as fault:
        problems.append((short, "%s: %s is refused; expected %s" % (name, fault.part or _shown(value), fault)))
        return _READ[short][0]


def _shown(value: Any) -> str:
    """A value in an error message, in short."""
    return "an empty value" if value is None else shown(value)


def _mapping(value: Any, wanted: str = "a mapping from key to value, such as " + _EXAMPLE) -> Dict[str, Any]:
    """A mapping, or text that holds one: JSON, or lines `KEY: VALUE` as a survey has them."""
    if value is None:
        return {}
    found = _from_text(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise _Fault(wanted + _meant(value))
    for key in found:
        if not isinstance(key, str):
            raise _Fault(wanted, "the key %s" % _shown(key))
    return dict(found)


def _from_text(text: str) -> Any:
    if text.strip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return None
    found: Dict[str, Any] = {}
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        parts = _LINE.fullmatch(line)
        if not parts:
            return None
        found[parts.group(1)] = parts.group(2).strip("\"'")
    return found


def _meant(value: Any) -> str:
    """The mapping that a text KEY=VALUE was probably meant to be."""
    parts = re.fullmatch(r"\s*(net[./][^\s=]+)\s*=\s*(\S[^=]*)", value) if isinstance(value, str) else None
    return "; here {%s: %s}" % (parts.group(1), parts.group(2).strip()) if parts else ""


def _keys(value: Any) -> List[str]:
    """A list of keys, or text with commas, blanks or lines between them."""
    if value is None:
        return []
    if isinstance(value, str):
        if value.strip().startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                pass
        if isinstance(value, str):
            value = value.replace(",", " ").split()
    if not isinstance(value, (list, tuple)) or not all(isinstance(key, str) and key.strip() for key in value):
        raise _Fault("a list of keys, such as [net.ipv4.tcp_fin_timeout, net.core.somaxconn]")
    return [key.strip() for key in value]


def _policies(value: Any) -> Dict[str, str]:
    found = _mapping(value, "a mapping from key to policy, such as {net.core.somaxconn: %s}" % POLICIES[-1])
    policy_of = _choice(*POLICIES)
    for key, policy in found.items():
        try:
            found[key] = policy_of(policy)
        except _Fault as fault:
            raise _Fault(str(fault), "%s: %s" % (key, _shown(policy))) from None
    return found


def _limits(value: Any) -> Dict[str, float]:
    found = _mapping(value, "a mapping from counter to number, such as {TcpExt.ListenDrops: 2}")
    for name, limit in found.items():
        try:
            found[name] = _amount(limit)
        except (TypeError, ValueError):
            raise _Fault("events per second, or percent, 0 or more", "%s: %s" % (name, _shown(limit))) from None
    return found


def _amount(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ValueError(value)
    return int(number) if number == int(number) else number


def _choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = str(value).strip()
        if text in choices:
            return text
        near = _near(text.lower(), choices) if isinstance(value, str) else ""
        listed = "%s or %s" % (", ".join(choices[:-1]), choices[-1])
        raise _Fault(listed + ("; did you mean %s?" % near if near else ""))

    return read


def _number(unit: str, largest: Optional[int] = None) -> Callable[[Any], int]:
    """Whole numbers from 0 on; also as text, as -e and a survey give them."""

    def read(value: Any) -> int:
        try:
            number = _amount(value)
        except (TypeError, ValueError):
            number = -1
        if isinstance(number, float) or number < 0 or (largest is not None and number > largest):
            raise _Fault("a whole number of %s, %s" % (unit, "0 to %d" % largest if largest else "0 or more"))
        return number

    return read


def _flag(value: Any) -> bool:
    """A boolean; also as text, as Ansible takes it."""
    text = str(value).strip().lower()
    if text not in _TRUE + _FALSE or isinstance(value, (list, dict)):
        raise _Fault("true or false")
    return text in _TRUE


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/") or value.endswith("/"):
        raise _Fault("the full path of a file on the host, such as /etc/sysctl.d/90-tcp-hardening.conf")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault('the path of a folder on the controller, or ""')
    return value


def _batches(value: Any) -> List[str]:
    """Sizes of batches, also as text with commas."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    return [str(part).strip() for part in parts]


def _mode(value: Any) -> str:
    try:
        return mode_of(value)
    except ValueError:
        raise _Fault("a mode in quotes, one of %s" % ", ".join(MODES)) from None


# Each variable without its prefix, in the order of the role's defaults, with its default and what reads it.
_READ: Dict[str, Tuple[Any, Callable[[Any], Any]]] = {
    "values": ({}, _mapping),
    "overrides": ({}, _mapping),
    "exclude": ([], _keys),
    "policy": ("improve", _choice(*POLICIES)),
    "policies": ({}, _policies),
    "memory_percent": (50, _number("percent", 100)),
    "strict": (False, _flag),
    "boot_conflict": ("warn", _choice("warn", "fail")),
    "live": (True, _flag),
    "state": ("present", _choice("present", "absent", "restored")),
    "path": ("/etc/sysctl.d/90-tcp-hardening.conf", _path),
    "replace": (False, _flag),
    "force": (False, _flag),
    "sockets": (False, _flag),
    "report_dir": ("", _text),
    "report_mode": (PRIVATE, _mode),
    "health": (True, _flag),
    "health_window": (5, _number("seconds")),
    "health_limits": ({}, _limits),
    "confirm": (60, _number("seconds")),
    "batches": (["1", "10%", "100%"], _batches),  # as the play has it
}
