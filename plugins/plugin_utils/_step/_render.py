# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The text of the drop-in, rendered on the controller from a host's plan alone, with plain
# Jinja2: Ansible's templating of the same text takes many times as long.

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, Iterable, List, Mapping

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from .._key_notes import told

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TEMPLATE = os.path.join(_ROOT, "roles", "tcp_hardening", "templates", "tcp_hardening.conf.j2")
# What a template can raise.
_WRONG = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)


def drop_in(plan: Mapping[str, Any], template: str = TEMPLATE) -> str:
    """The drop-in's text.

    plan: as sysctl_profile_info returns it; the template knows it as `plan`. template: the path of the template on the
    controller. ValueError names the template and what is wrong with it; OSError where it cannot be read.
    """
    try:
        return compiled(template).render(plan={**plan, "settings": _settled(plan["settings"])})
    except _WRONG as error:
        line = getattr(error, "lineno", None)
        raise ValueError("template: %s%s: %s" % (template, ":%d" % line if line else "", error)) from error


def _settled(settings: Iterable[Mapping[str, Any]]) -> List[Mapping[str, Any]]:
    """The rows as the next run will have them, so that it writes the same text: what goes back is gone by then. A list,
    since a site's own template may go over them twice."""
    found: List[Mapping[str, Any]] = []
    for setting in settings:
        then = setting.get("then")
        if then is None:
            found.append(setting)
        elif then["reason"]:
            found.append({**setting, "verdict": "skip", **then})
    return found


@lru_cache(maxsize=16)
def compiled(path: str) -> Template:
    """A template, compiled once in this process. Blanks are treated as by Ansible's module `template`."""
    environment = Environment(trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)
    environment.filters["fleetnet.linux_tcp.key_notes"] = told
    with open(path, encoding="utf-8") as stream:
        return environment.from_string(stream.read())
