#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Looks at the TCP sockets of a host: states, listeners, keepalive, buffers, counters and socket options. Reads only.
# Documentation: tcp_socket_info.yml, which does not travel.

from __future__ import annotations

from ..module_utils._zip import compile_once

compile_once()

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._sockets._look import Look, Wanted
from ..module_utils._utf8 import utf8


def main() -> None:
    """Check the arguments, look, return."""
    module = AnsibleModule(
        argument_spec={
            "per": {"type": "list", "elements": "str", "choices": ["port", "peer"], "default": []},
            "top": {"type": "int", "default": 20},
            "listeners": {"type": "bool", "default": True},
            "options": {"type": "bool", "default": False},
            "options_limit": {"type": "int", "default": 100},
            "former": {"type": "dict", "default": {}},
            "path": {"type": "path", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
        },
        supports_check_mode=True,
    )
    for name, most in (("top", 50), ("options_limit", 150)):
        if not 1 <= module.params[name] <= most:
            module.fail_json(msg="%s: %d is refused; expected 1 to %d" % (name, module.params[name], most))
    module.exit_json(changed=False, **utf8(Look(Wanted(**module.params)).result()))


if __name__ == "__main__":
    main()
