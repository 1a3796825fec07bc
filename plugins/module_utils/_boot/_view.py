# Private to this collection. What the rules of the next boot may ask of a host, and what they are given to work with.
# They ask through this alone, so that they import neither os nor Ansible. For type checks; nothing of it runs. Pure.

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Optional, Protocol, Tuple

# What a line says: a path with slashes, and a value, None for a bare "-KEY". None for a line that says nothing.
Parsed = Optional[Tuple[str, Optional[str]]]
# All that was said of one key so far, in the order in which it counts; each loader has keys of its own for it.
State = Dict[Any, Tuple[Optional[str], str]]


class View(Protocol):
    """A host, for reading only. Nothing here raises; what cannot be read is not there."""

    def text(self, path: str) -> str | None:
        """The text of a plain file."""

    def is_file(self, path: str) -> bool:
        """Whether a plain file is there, also through a link."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there, also through a link."""

    def real(self, path: str) -> str:
        """The path that all links lead to."""

    def version(self, pattern: bytes, *programs: str) -> tuple[int, ...] | None:
        """The groups of a pattern in the first program that is there, () for none; None without a program."""

    def starts(self, service: str) -> bool:
        """Whether a service starts at boot."""


class Loader(Protocol):
    """A program that loads sysctl.d at boot, with its rules. A path is a key with slashes."""

    name: str | None  # as it stands in a plan; None for a loader that is only assumed
    folders: Tuple[str, ...]  # that it reads, the one that masks the others first
    last: str  # a file that it reads after all others, "" for none
    hidden: bool  # whether it reads files whose name begins with a dot

    def lines(self, chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Line numbers and lines of a file. chunks: they end with a newline, or before one."""

    def parse(self, line: str) -> Parsed:
        """What a line says."""

    def put(self, state: State, path: str, value: str | None, source: str) -> None:
        """One more line that concerns a key. value: None for a bare "-KEY", and where the kernel refuses it."""

    def decide(self, state: State, path: str) -> tuple[str | None, str] | None:
        """The value and the source that count for a key in the end; None where nothing sets it."""

    def concerns(self, written: str, path: str) -> bool:
        """Whether a path as it is written in a file, perhaps with globs, means a key."""
