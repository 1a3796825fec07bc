# Random trees of sysctl.d files for the comparison of the resolver with the programs that load them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""tree(seed) gives the same tree every time: names that mask, links, spellings, globs, broken lines, odd line ends."""

from __future__ import annotations

import random
from typing import Dict, NamedTuple

# Keys that each network namespace has for itself. Each holds one number, takes any from 1 to 30000, and changes no
# other key.
KEYS = (
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_max_syn_backlog",
    "net.core.somaxconn",
    "net.ipv4.conf.lo.tag",
)
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")

_NAMES = ("10-a.conf", "20-b.conf", "50-x.conf", "90-tcp.conf", "90-tcp-hardening.conf", "99-sysctl.conf", "99-z.conf",
          "9-z.conf", "Z.conf", "a.conf",
          "_.conf", ".conf", "sysctl.conf", "30 blank.conf", "\u00e9.conf", "\udcff.conf", "\uffff.conf", "no-suffix",
          "x.conf~", "x.CONF",
          "x.conf.bak")  # fmt: skip
_ENDS = ("\n",) * 16 + ("\r\n",) * 4 + ("\r", "\0", "\n\r", "\n\0", "\r\n\0", "\n\n")
_BLANKS = ("",) * 8 + (" ",) * 6 + ("\t", "  ", " \t ", "\v", "\f", "\r", "\u00a0")
_PLAIN = _BLANKS[:-4]
_ODD = ("#", ";", "# x", " ; x", "#=", "=", "==", "=5", "= 5", "-", "--", "-=", "- =", ".", "/", "/=", ".=1", "net",
        "net.ipv4", "net.ipv4=",
        "net.ipv4 = 1", "garbage", "key value", "[section]", "*", "*=1", "-*", "?", "[=1", "]=1", "\\", "\\=1", "{",
        "{}*=1", "\xef\xbb\xbf", "\x80\xff",
        "kernel.nope=1", "net.ipv4.nope = 1", "net/ipv4/conf/eth0.100/tag = 1", "net.ipv4.conf.eth0/100.tag = 1",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_fin_timeout 5", "set net.core.somaxconn=5")  # fmt: skip
_TEXT = "net.ipv4/core_somaxconn*?[]!^-=#;\\{},: \t\r\x00\x80\xff0159"


class Entry(NamedTuple):
    """One name of a tree: a file with text (a character is a byte), a link, or a folder (neither)."""

    text: str | None = None
    link: str | None = None


Tree = Dict[str, Entry]


def tree(seed: int) -> Tree:
    """Paths and what is there."""
    return _Maker(random.Random(seed)).tree()


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.pick = chance.choice
        self.value = 0
        self.earlier: list[str] = []

    def tree(self) -> Tree:
        found: Tree = {}
        names = self.chance.sample(_NAMES, 8)
        for _number in range(self.chance.randint(1, 9)):
            name = self.pick(names)
            found["%s/%s" % (self.pick(FOLDERS), name)] = self.entry(found, name)
        if self.chance.random() < 0.4:
            found["/etc/sysctl.conf"] = self.entry(found, "sysctl.conf")
        return found

    def entry(self, found: Tree, name: str) -> Entry:
        kind = self.chance.random()
        if kind < 0.82:
            return Entry(self.text())
        if kind < 0.85:
            return Entry("")
        if kind < 0.87:
            return Entry()
        other = self.pick([*found, "/etc/sysctl.conf", "../sysctl.conf"])
        return Entry(link=self.pick(["/dev/null", "/dev/null", other, other, "../../nowhere", name, self.pick(_NAMES)]))

    def text(self) -> str:
        end = self.pick(_ENDS)
        found = "\xef\xbb\xbf" if self.chance.random() < 0.02 else ""
        for _number in range(self.chance.randint(0, 7)):
            found += self.line() + (end if self.chance.random() < 0.9 else self.pick(_ENDS))
        if self.chance.random() < 0.2:
            found += self.line()
        return found

    def line(self) -> str:
        kind = self.chance.random()
        if kind < 0.08 and self.earlier:
            found = self.pick(self.earlier)
        elif kind < 0.50:
            found = self.assignment(self.spelled(self.pick(KEYS)))
        elif kind < 0.74:
            found = self.assignment(self.spelled(self.glob(self.pick(KEYS))).rstrip("/."))
        elif kind < 0.86:
            key = self.pick(KEYS)
            found = self.bare(self.spelled(self.glob(key) if self.chance.random() < 0.4 else key))
        elif kind < 0.96:
            found = self.pick(_ODD)
        elif kind < 0.998:
            found = "".join(self.pick(_TEXT) for _number in range(self.chance.randint(1, 20)))
        else:
            found = self.long_line()
        self.earlier.append(found)
        return found

    def long_line(self) -> str:
        """A line of about 1 MiB, the length at which systemd-sysctl stops reading."""
        length = (1 << 20) + self.chance.randint(-2, 2)
        line = self.assignment(self.pick(KEYS))
        return self.pick([line.ljust(length), line.rjust(length), "#".ljust(length, "x")])

    def assignment(self, key: str) -> str:
        self.value += 1
        number = self.value * 7 + 1
        value = self.pick(["%d"] * 8 + ["0x%x", "0%o", "%d 3", "%d\t# kept"]) % number
        # The kernel takes no other blanks around a number.
        return (
            self.pick(_BLANKS)
            + self.dash(0.15)
            + key
            + self.pick(_BLANKS)
            + "="
            + self.pick(_PLAIN)
            + value
            + self.pick(_PLAIN)
        )

    def bare(self, key: str) -> str:
        return self.pick(_BLANKS) + "-" + self.dash(0.1) + key + self.pick(_BLANKS)

    def dash(self, share: float) -> str:
        return self.pick(["-", "-", "-", "- ", "--"]) if self.chance.random() < share else ""

    def glob(self, key: str) -> str:
        """A pattern that was made of a key, so that it often matches."""
        parts = key.split(".")
        for _number in range(self.chance.randint(1, 2)):
            place = self.chance.randrange(len(parts)) if self.chance.random() < 0.5 else len(parts) - 1
            parts[place] = self.blurred(parts[place])
        return ".".join(parts)

    def blurred(self, word: str) -> str:
        place = self.chance.randrange(len(word))
        head, middle, tail = word[:place], word[place : place + 1], word[place + 1 :]
        kind = self.pick(
            ["*", "*", "*", "?", "head*", "*tail", "set", "not", "range", "class", "brace", "escape", "open"]
        )
        if kind in ("*", "?"):
            return head + kind + tail if self.chance.random() < 0.7 else kind
        if kind == "head*":
            return head + "*"
        if kind == "*tail":
            return "*" + tail
        if kind == "set":
            return (
                head
                + self.pick(["[%s]", "[x%s]", "[%sx-]", "[]%s]", "[\\%s]", "[%s%%]"]) % middle.replace("%", "")
                + tail
            )
        if kind == "not":
            return head + self.pick(["[!%s]", "[^%s]", "[!x%s]", "[^x]", "[!x]", "[!]x]"]).replace("%s", middle) + tail
        if kind == "range":
            return (
                head
                + self.pick(["[a-z]", "[a-f]", "[z-a]", "[0-9]", "[!a-c]", "[A-Z]", "[a-]", "[--z]", "[_-z]"])
                + tail
            )
        if kind == "class":
            classes = [
                "[[:alpha:]]",
                "[[:alnum:]]",
                "[[:digit:]]",
                "[![:digit:]]",
                "[[:lower:]_]",
                "[[:punct:]]",
                "[[:nope:]]",
                "[[=%s=]]",
                "[[.%s.]]",
                "[[:alpha:]",
            ]
            return head + self.pick(classes).replace("%s", middle) + tail
        if kind == "brace":
            braces = [
                "%s{%s,x}%s*",
                "{%s%s%s,x*}",
                "%s{x,%s}%s",
                "{x,{%s%s,y}%s*,z}",
                "%s{%s%s*",
                "%s{%s}%s*",
                "%s\\{%s,x}%s*",
                "{%s%s%s,net.*}*",
            ]
            return self.pick(braces) % (head, middle, tail)
        if kind == "escape":
            return head + "\\" + middle + tail + self.pick(["", "*"])
        return head + "[" + middle + tail

    def spelled(self, key: str) -> str:
        """One of the ways to write a key, some of which no loader takes."""
        kind = self.chance.random()
        if kind < 0.55:
            return key
        if kind < 0.80:
            return key.replace(".", "/")
        parts = key.split(".")
        place = self.chance.randrange(1, len(parts))
        head, tail = parts[:place], parts[place:]
        return self.pick([
            "/" + "/".join(parts), "." + key, "//" + "/".join(parts), key + ".", "/".join(parts) + "/",
            "/".join(parts) + "/.",
            "/".join(head) + "//" + "/".join(tail), "/".join(head) + "/./" + "/".join(tail),
            ".".join(head) + ".." + ".".join(tail), "./" + "/".join(parts),
            ".".join(head) + "/" + ".".join(tail), "/".join(head) + "." + "/".join(tail), key.upper(), key[:-1],
            key + "x", key.replace("i", "\xed", 1),
        ])  # fmt: skip
