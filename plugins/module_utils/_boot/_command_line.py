# Private to this collection. sysctl.KEY=VALUE on the kernel's command line, from Linux 5.8 on. Pure.

from __future__ import annotations

import re
from typing import Callable, Iterable

from .._data import Assignment, dotted
from ._scene import Scene, Standing

SOURCE = "kernel command line"
_PARAMETER = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')


class CommandLine:
    """Sets keys before any file is read."""

    name = "cmdline"

    def write(self, standing: Standing, scene: Scene) -> None:
        """See _writers.Writer. The kernel's release has been looked at: older ones ignore these parameters."""
        text = scene.view.text("/proc/cmdline") or ""
        standing.now.update(command_line(text, scene.keys, scene.accepts))

    def told(self, source: str) -> tuple[str, str]:
        """Nothing: the source says it already."""
        return "", ""


def command_line(text: str, keys: Iterable[str], taken: Callable[[str, str], bool]) -> dict[str, Assignment]:
    """What a command line sets, by key, taken apart as the kernel does it (seen on 5.10 and 6.1).

    taken: whether the kernel takes a text for a key.
    """
    paths = {dotted(key): key for key in keys}
    found = {}
    for word in _PARAMETER.findall(text):
        quoted = word[0] == '"'
        name, equals, value = word[quoted:].partition("=")
        if not equals and name.rstrip('"') == "--":
            break
        if value[:1] == '"':
            value, quoted = value[1:], True
        if quoted and value[-1:] == '"':
            value = value[:-1]
        key = paths.get(re.sub("[./]+", "/", name[7:]))
        if key and name[:7] in ("sysctl.", "sysctl/") and value and taken(key, value):
            found[key] = Assignment(value, SOURCE, CommandLine.name)
    return found
