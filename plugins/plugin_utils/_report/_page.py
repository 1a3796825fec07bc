# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The page of a fleet: frame, style, scripts and data in one file that asks for nothing from
# outside.

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any, Dict, List

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

# In the order in which they need each other; together they are one script, in strict mode and with names of its own.
_SCRIPTS = ("model.js", "grid.js", "panel.js", "page.js")
# What could end the element that carries the data, begin a comment in it, or is a line's end to older JavaScript.
_RISKY = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_page_files")


def page(data: Dict[str, Any]) -> str:
    """The page of pack()'s object.

    Only the style and the script that are in it may act: their hashes are its policy.
    """
    style = _read("page.css")
    script = '"use strict";\n(() => {\n%s})();\n' % "".join(_read(name) for name in _SCRIPTS)
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        _read("page.html.j2")
    )
    return template.render(
        hosts=len(data["hosts"]["name"]),
        style=Markup(style),
        script=Markup(script),
        style_hash=Markup(_hash(style)),
        script_hash=Markup(_hash(script)),
        data=Markup(embedded(data)),
    )


def embedded(data: Any) -> str:
    """JSON that can stand inside an HTML element, whatever its texts are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    for risky, safe in _RISKY.items():
        text = text.replace(risky, safe)
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any) -> List[Any]:
    return list(value)


def _hash(text: str) -> str:
    return "sha256-%s" % base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as stream:
        return stream.read()
