# Private to this collection. Keys and values as people and files write them, and what they mean to the kernel. Pure.

from __future__ import annotations

import re
from typing import Any

from .._data import Kernel, Value
from ._catalog import bounds, row_of
from ._history import at, release_of

# A slash stands for the dot of an interface's name: net.ipv4.conf.eth0/100.rp_filter.
_KEY = re.compile(r"net\.(?:core|ipv4)(?:\.[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)+")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")  # more digits than 64 bits hold are no number here
_C_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9][0-9]{0,19})")
_WORDS = re.compile("[ \t\n]")  # what may stand behind a number
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NAMES = re.compile(r"[A-Za-z0-9_.-]{1,64}(?: [A-Za-z0-9_.-]{1,64}){0,63}")
_COARSE = "it is a rounded name of %s, whose old value it could not bring back; set that one"
_MASK = "it is a mask of this machine's processors, in hexadecimal; set it by a tool that knows them"
# Files of /proc/sys/net that are no settings, by the last part of their names.
_NO_SETTINGS = {
    "tcp_fastopen_key": "it holds a secret, and a drop-in is for all to read; set it by a tool for secrets",
    "flush": "it is a command, and holds no value",
    **{
        name: _COARSE % fine
        for name, fine in (
            ("base_reachable_time", "base_reachable_time_ms"),
            ("retrans_time", "retrans_time_ms"),
            ("gc_min_interval", "gc_min_interval_ms"),
            ("unres_qlen", "unres_qlen_bytes"),
        )
    },
    "flow_limit_cpu_bitmap": _MASK,
    "rps_default_mask": _MASK,
}
# The kernel prints names in an order of its own.
_SETS = ("net.ipv4.tcp_allowed_congestion_control",)
# Characters that the kernel takes in one write, of a page of 4 KiB (proc_do_large_bitmap() in kernel/sysctl.c).
PAGE = 4095
_INT64 = (-(2**63), 2**63 - 1)


def shown(raw: Any, limit: int = 60) -> str:
    """A value for a message: escaped, and cut where it is longer than so many characters."""
    try:
        text = repr(raw)
    except ValueError:  # newer Pythons print no integer of more than 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def check_key(key: Any) -> str:
    """The sentence that refuses a key, or ""."""
    if isinstance(key, str) and _KEY.fullmatch(key):
        name = key.rpartition(".")[2]
        return "%s is refused: %s" % (key, _NO_SETTINGS[name]) if name in _NO_SETTINGS else ""
    more = ""
    if isinstance(key, str):
        from ._nearest import hint

        more = hint(key)
    return (
        "%s is not a key that this collection sets; expected net.core.NAME or net.ipv4.NAME, "
        "with dots, letters, digits, _ and - only%s" % (shown(key), more)
    )


def plain(text: str) -> str:
    """A text from a host as one line of printable characters; what is none becomes a question mark."""
    return re.sub("[^ -~]", "?", " ".join(text.split()))


def value_of(key: str, text: str) -> Value:
    """A value as the kernel shows it, or as it is set: taken apart once."""
    words = tuple(text.split())
    row = row_of(key)
    meaning: tuple[Any, ...] = tuple(sorted(words)) if key in _SETS else words
    if row and row.kind == "ports":
        from ._ports import is_ports, ranges

        meaning = ranges(text) if is_ports(text) else words
    return Value(" ".join(words), meaning, _numbers(words))


def _numbers(words: tuple[str, ...]) -> tuple[int, ...] | None:
    if not words or not all(map(_DECIMAL.fullmatch, words)):
        return None
    return tuple(map(int, words))


def value_read(key: str, text: str) -> Value:
    """A value out of a file, as the kernel takes it: 010 is 8, 0x10 is 16, further words are dropped (seen on 6.18)."""
    words = text.split()
    row = row_of(key)
    if row and row.numeric:
        words = words[: row.arity]
    if words and all(map(_C_NUMBER.fullmatch, words)):
        words = [str(_c_number(word)) for word in words]
    return value_of(key, " ".join(words))


def taken(kernel: Kernel, key: str, text: str) -> bool:
    """Whether the kernel takes a text out of a file, the first of its numbers at least."""
    row = row_of(key)
    if not row or not row.numeric:
        return True
    word = _WORDS.split(text.lstrip(), 1)[0]
    if not _C_NUMBER.fullmatch(word):
        return False
    number = _c_number(word)
    # The last two are the kernel's own bounds, None where they differ from kernel to kernel.
    low, high = (at(row.bounds, release_of(kernel)) or (None, None))[-2:]
    return (low is None or low <= number) and (high is None or number <= high)


def _c_number(word: str) -> int:
    digits = word.lstrip("-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
    return -int(digits, base) if word[0] == "-" else int(digits, base)


def is_within(key: str, value: Value, kernel: Kernel) -> bool:
    """Whether this collection could set a value that stands elsewhere; a key without bounds takes any."""
    found = bounds(key, kernel)
    if found is None:
        return True
    return value.numbers is not None and all(found[0] <= number <= found[1] for number in value.numbers)


def same(key: str, left: str | None, right: str | None) -> bool:
    """Whether two texts mean the same to the kernel; None, a value that is not known, is the same as None alone."""
    if left is None or right is None:
        return left is right
    return value_of(key, left).same(value_of(key, right))


def canonical(key: str, raw: Any, kernel: Kernel, running: str | None) -> Value:
    """A wanted value in its one canonical form; ValueError says what was expected.

    raw: an int, a string or a list of ints, as people write it. running: the value that the host has now, which tells
    the shape of a key that the catalog does not know.
    """
    row = row_of(key)
    text = _text(raw, "," if row and row.kind == "ports" else " ")
    if row and row.kind == "word":
        return _require(key, _WORD.fullmatch(text or ""), text, raw, "a name of letters, digits, _ . and -")
    if row and row.kind == "ports":
        from ._ports import are_good

        expected = "ports from 1 to 65535 such as 8080,9000-9010, without blanks, or an empty string"
        found = _require(key, are_good(text), text, raw, expected)
        if len(found.text) > PAGE:
            raise ValueError(
                "%s is refused; expected a list of at most %d characters: at boot the kernel takes no more at once. "
                "Write ports that follow each other as a range" % (shown(raw), PAGE)
            )
        return found
    if row:
        low, high = bounds(key, kernel) or _INT64
        unit, arity = row.unit, row.arity
        beyond = at(row.beyond, release_of(kernel)) or ""
    else:
        present = value_of(key, running or "").numbers
        if present is None:
            expected = "names of letters, digits, _ . and -, with blanks between them, as the host has now"
            return _require(key, _NAMES.fullmatch(text or ""), text, raw, expected)
        (low, high), unit, arity, beyond = _INT64, "", len(present), ""
    expected = _expected(arity, low, high, unit)
    found = value_of(key, text or "")
    numbers = found.numbers
    if numbers is None or len(numbers) != arity or not all(low <= number <= high for number in numbers):
        why = "; " + beyond if beyond and numbers and max(numbers) > high else ""
        raise ValueError("%s is refused; expected %s%s" % (shown(raw), expected, why))
    if row and list(numbers) != sorted(numbers):
        raise ValueError("%s is refused: its numbers do not ascend; expected %s" % (shown(raw), expected))
    return value_of(key, " ".join(map(str, numbers)))


def _text(raw: Any, between: str) -> str | None:
    """The words of a value; None for a type or a character that is in none. between: the items of a list."""
    items = raw if isinstance(raw, (list, tuple)) and raw else [raw]
    if any(isinstance(item, bool) or not isinstance(item, (int, str)) for item in items):
        return None
    try:
        text = between.join(map(str, items))
    except ValueError:  # an integer of thousands of digits, see shown()
        return None
    if any(ord(character) < 32 and character != "\t" or ord(character) > 126 for character in text):
        return None
    return " ".join(text.split())


def _require(key: str, accepted: object, text: str | None, raw: Any, expected: str) -> Value:
    if not accepted or text is None:
        raise ValueError("%s is refused; expected %s" % (shown(raw), expected))
    return value_of(key, text)


def _expected(arity: int, low: int, high: int, unit: str) -> str:
    count = "one decimal number" if arity == 1 else "%d decimal numbers, ascending, each" % arity
    return "%s from %d to %d%s" % (count, low, high, " " + unit if unit else "")
