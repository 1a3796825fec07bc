# Private to this collection. ufw, which hands a file of its own to `sysctl -p` at boot (ufw-init-functions of 0.36).
# Pure.

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._forecast import forecast
from ._procps import PROGRAMS, VERSION, Procps
from ._scene import Scene, Standing

if TYPE_CHECKING:
    from ._view import View

_SHELL = re.compile(r"""^\s*(\w+)=["']?([^"'\s;#]*)""", re.MULTILINE)
_FILES = ("/etc/default/ufw", "/etc/ufw/ufw.conf")


class Ufw:
    """Sets keys after the loader, where it starts and is enabled. Whether it starts, the registry has asked."""

    name = "ufw"

    def write(self, standing: Standing, scene: Scene) -> None:
        """See _writers.Writer."""
        path = file_of(scene.view)
        if path:
            rules = Procps(scene.view.version(VERSION, *PROGRAMS) or (4,), self.name, (), path)
            found = forecast(rules, {path: False}, scene.chunks, scene.keys, "", scene.accepts).now
            late = {key: one for key, one in found.items() if one.value is not None}
            standing.now.update(late)
            standing.after.update(late)

    def told(self, source: str) -> tuple[str, str]:
        """The setting of ufw that names the file."""
        return "IPT_SYSCTL of ufw", ""


def file_of(view: View) -> str:
    """The file that ufw loads where it starts at boot; "" where it loads none."""
    said = dict(_SHELL.findall("\n".join(view.text(path) or "" for path in _FILES)))
    return said.get("IPT_SYSCTL", "") if said.get("ENABLED") in ("yes", "YES") else ""
