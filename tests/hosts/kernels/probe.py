# Runs as the first process of a throwaway kernel, tries every key there, prints what it found, and switches the kernel
# off.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Asks a kernel the questions of _questions.py (questions.json beside this file).

It knows nothing of the catalog: it reads, writes, reads back, and prints one line of JSON on the console, after the
word ANSWERS.
Python 3.9 and its standard library, since it runs on whatever the root folder has.

A key that has a value of its own in each network namespace is tried in a fresh one, a host-wide key in the first: that
is why
this refuses to run anywhere but on a kernel of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import stat
import sys
import time
import traceback
from pathlib import Path

from movers import moves  # beside this file

_NEW_NETWORK = 0x40000000
_SMALL_MB = 1024
_POWER_OFF = 0x4321FEDC
_MONOTONIC_COARSE = 6  # its resolution is the kernel's tick: 1 / HZ seconds

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library that returns 0 when it succeeded."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


class Namespace:
    """A network namespace that this process can return to."""

    def __init__(self) -> None:
        """Hold on to the present one."""
        self._handle = os.open("/proc/self/ns/net", os.O_RDONLY)

    @classmethod
    def fresh(cls) -> Namespace:
        """Make a new one and enter it."""
        _call("unshare", _NEW_NETWORK)
        return cls()

    def enter(self) -> None:
        """Enter the namespace."""
        _call("setns", self._handle, _NEW_NETWORK)

    def close(self) -> None:
        """Let go of the namespace."""
        os.close(self._handle)


def _path(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def read(key: str) -> str | None:
    """The value with single blanks; None where it cannot be read."""
    try:
        return " ".join(Path(_path(key)).read_text(encoding="utf-8").split())
    except OSError:
        return None


def write(key: str, text: str) -> int:
    """Write a value; 0, or the number of the kernel's error."""
    try:
        handle = os.open(_path(key), os.O_WRONLY)
    except OSError as error:
        return error.errno or -1
    try:
        os.write(handle, (text + "\n").encode())
    except OSError as error:
        return error.errno or -1
    finally:
        os.close(handle)
    return 0


def look(key: str) -> dict:
    """How the key stands in the present namespace; nothing is written."""
    try:
        mode = stat.S_IMODE(os.stat(_path(key)).st_mode)
    except OSError:
        return {"present": False}
    try:
        os.close(os.open(_path(key), os.O_WRONLY))
        opens = True
    except OSError:
        opens = False
    return {"present": True, "mode": mode, "opens": opens, "text": read(key)}


def attempt(key: str, question: dict) -> dict:
    """Write one value in the present namespace, read it back, and put everything back at once."""
    touched = [*question["before"], key]
    start = {name: read(name) or "" for name in touched}
    prepared = [write(name, text) for name, text in question["before"].items()]
    words = start[key].split()
    text = " ".join(words[position] if word is None else word for position, word in enumerate(question["write"]))
    error = write(key, text)
    found = read(key)
    # In the opposite order: what was made way for may depend on it.
    for name in reversed(touched):
        write(name, start[name])
    return {
        "write": text,
        "before": question["before"],
        "prepared": not any(prepared),
        "error": error,
        "read": found,
        "start": start[key],
        "restored": [read(name) for name in touched] == [start[name] for name in touched],
    }


def taken(tried: dict, other_than: str | None) -> bool:
    """Whether the kernel took this value, and it is another one than that."""
    return tried["error"] == 0 and tried["read"] == tried["write"] != other_than


def try_key(key: str, questions: list, first: Namespace, here: dict, there: dict) -> dict:
    """Ask all questions about one key, where it can be written. here: in the first namespace; there: in a child."""
    if there.get("opens"):
        where, place = "child", Namespace.fresh()
    elif here.get("opens"):
        where, place = "first", None
    else:
        return {"where": None, "tries": []}
    tries = [attempt(key, question) for question in questions]
    answer = {"where": where, "tries": tries}
    if place:
        answer["apart"] = _apart(key, tries, first, place)
        place.close()
        first.enter()
    return answer


def _apart(key: str, tries: list, first: Namespace, child: Namespace) -> dict:
    """Whether a value that is set in a child leaves the first namespace alone."""
    start = read(key)
    for tried in tries:
        if taken(tried, start) and not tried["before"] and write(key, tried["write"]) == 0:
            break
    changed = read(key)
    first.enter()
    found = read(key)
    child.enter()
    return {"child": changed, "first": found}


def copies(answers: dict, first: Namespace) -> dict:
    """Change each key in the first namespace, then make a new one: what has it copied?"""
    changed = {}
    for key, answer in answers.items():
        start = read(key)
        for tried in answer["tries"]:
            if (
                answer["where"] == "child"
                and taken(tried, start)
                and not tried["before"]
                and write(key, tried["write"]) == 0
            ):
                changed[key] = read(key)
                break
    child = Namespace.fresh()
    found = {key: {"first": text, "child": read(key)} for key, text in changed.items()}
    child.close()
    first.enter()
    return found


def kernel() -> dict:
    """The release, the memory in MiB as the collection counts it, the page in bytes, and the ticks in a second."""
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    memory = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal:"))
    return {
        "release": os.uname().release,
        "memory_mb": memory // 1024,
        "page_size": os.sysconf("SC_PAGE_SIZE"),
        "hz": round(1 / time.clock_getres(_MONOTONIC_COARSE)),
    }


def probe(questions: dict) -> dict:
    """The answers to the questions, by key."""
    first = Namespace()
    here = {key: look(key) for key in questions}
    child = Namespace.fresh()
    there = {key: look(key) for key in questions}
    child.close()
    first.enter()
    answers = {key: try_key(key, questions[key], first, here[key], there[key]) for key in questions}
    copied = copies(answers, first)
    for key, answer in answers.items():
        answer.update(first=here[key], child=there[key], copied=copied.get(key))
    found = kernel()
    moved = None
    if found["memory_mb"] < _SMALL_MB:  # the same with any memory, and it takes many reads
        Namespace.fresh()
        moved = moves()
    return {"kernel": found, "keys": answers, "moves": moved}


def main() -> None:
    """Read the questions from a file, and print the answers as JSON."""
    if os.getpid() != 1:
        sys.exit("This changes the kernel that it runs on. It is only for the first process of a throwaway kernel.")
    try:
        _call("mount", b"proc", b"/proc", b"proc", 0, None)
        questions = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))
        print("ANSWERS " + json.dumps(probe(questions)), flush=True)
    except Exception:  # the runner shows the end of the console
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os.sync()
        _libc.reboot(_POWER_OFF)


if __name__ == "__main__":
    main()
