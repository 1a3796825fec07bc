#!/usr/bin/python

# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Holds a profile against a kernel and says, key by key, what would happen and why. Reads only.

from __future__ import annotations

DOCUMENTATION = r"""
module: sysctl_profile_info
short_description: Hold a profile of TCP sysctls against a host's kernel, without changing anything
version_added: 1.0.0
description:
  - For each key it says what is wanted, what runs, what the kernel's own value is, what stands after a reboot,
    whether the key would be set, and if not, why.
  - Whether a key is there and may be written is asked of C(/proc/sys). The catalog of this collection explains the answer.
  - With O(kernel) it answers for a kernel that is not at hand, from the catalog alone.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
attributes:
  check_mode:
    support: full
    description: The module only reads.
  diff_mode:
    support: none
    description: There is nothing to show, since nothing is changed.
  idempotent:
    support: full
    description: The same host gives the same answer.
options:
  values:
    description:
      - The profile, a mapping from key to value.
      - A key is C(net.core.NAME) or C(net.ipv4.NAME) and is known to the catalog or to the host.
      - A value is a number, or a string or list of numbers for a key that holds several. Booleans are refused.
    type: dict
    required: true
  exclude:
    description: Keys of the profile that are left alone.
    type: list
    elements: str
    default: []
  policy:
    description:
      - V(exact) takes the profile's value.
      - V(raise_only) never lowers a running or built-in value, element by element for keys that hold several numbers.
    type: str
    choices: [exact, raise_only]
    default: exact
  policies:
    description: A policy per key, a mapping from key to V(exact) or V(raise_only), over O(policy).
    type: dict
    default: {}
  memory_percent:
    description:
      - A C(net.ipv4.tcp_mem) high limit above this share of the host's memory is skipped, in percent, 0 to 100.
      - V(0) switches the guard off.
    type: int
    default: 50
  path:
    description: The drop-in, which is judged among the other files that are read at boot.
    type: path
    default: /etc/sysctl.d/90-tcp-hardening.conf
  kernel:
    description:
      - What-if. The plan is made for this kernel, from the catalog alone; the host is not looked at.
    type: dict
    suboptions:
      release:
        description: The kernel release as C(uname -r) prints it, such as V(6.12.101) or V(3.10.0-1160.el7.x86_64).
        type: str
        required: true
      memory_mb:
        description: Memory in MiB. Without it computed defaults stay unknown, and O(memory_percent) has nothing to guard.
        type: int
      page_size:
        description: Size of a memory page in bytes.
        type: int
        default: 4096
      namespace:
        description: V(host) for the first network namespace, V(container) for any other.
        type: str
        choices: [host, container]
        default: host
seealso:
  - module: fleetnet.linux_tcp.sysctl_profile
"""

EXAMPLES = r"""
- name: See what two values would do on this host
  fleetnet.linux_tcp.sysctl_profile_info:
    values:
      net.core.somaxconn: 2048
      net.ipv4.tcp_rmem: 8760 256960 4088000
  register: plan

- name: Ask for a kernel that is not at hand
  fleetnet.linux_tcp.sysctl_profile_info:
    values:
      net.ipv4.tcp_tw_recycle: 1
    kernel:
      release: 4.9.0
      memory_mb: 8192
  delegate_to: localhost
"""

RETURN = r"""
kernel:
  description: The kernel that the plan is for.
  returned: success
  type: dict
  contains:
    release:
      description: As C(uname -r) prints it.
      type: str
      sample: 6.12.101
    memory_mb:
      description: Memory in MiB, null where unknown.
      type: int
      sample: 7936
    page_size:
      description: Bytes.
      type: int
      sample: 4096
    namespace:
      description: V(host) or V(container), by the network namespace.
      type: str
      sample: host
settings:
  description: One entry for each key, in the order of the profile.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: The key.
      type: str
      sample: net.core.somaxconn
    meaning:
      description: What the key is, in a line. Empty for a key that the catalog does not know.
      type: str
      sample: longest listen queue of one port
    unit:
      description: The unit of its numbers, empty where there is none.
      type: str
      sample: connections
    document_default:
      description: The default that the document gives, empty where it does not list the key.
      type: str
      sample: "128"
    wanted:
      description: The profile's value, in its canonical form.
      type: str
      sample: "2048"
    running:
      description: The running value, null where it cannot be read.
      type: str
      sample: "4096"
    default:
      description: This kernel's built-in value, null where it is not known.
      type: str
      sample: "4096"
    default_estimated:
      description: Whether C(default) is computed from the memory size, to about 1 %.
      type: bool
      sample: false
    boot:
      description: What the files that are there now leave after a reboot, null where nothing sets the key.
      type: dict
      contains:
        value:
          description: The value as it stands in the file.
          type: str
          sample: "1024"
        source:
          description: The file and line that decide.
          type: str
          sample: /etc/sysctl.d/99-web.conf:3
    target:
      description: What is written after the policy.
      type: str
      sample: "2048"
    verdict:
      description: V(apply) or V(skip).
      type: str
      sample: apply
    reason:
      description:
        - Why a key is skipped, null for one that is applied.
        - One of V(removed), V(absent), V(other_namespace), V(read_only), V(memory), V(lower), V(excluded).
      type: str
      sample: removed
    detail:
      description: One sentence for people.
      type: str
      sample: 4096 becomes 2048
    advice:
      description: What one should know besides.
      type: list
      elements: dict
      contains:
        code:
          description: A stable code.
          type: str
          sample: lowers_default
        message:
          description: One sentence for people.
          type: str
          sample: 2048; the kernel's own is 4096 (raise_only keeps it)
    drift:
      description: Where the host differs from C(target), any of V(running) (now) and V(boot) (after a reboot).
      type: list
      elements: str
      sample: [running, boot]
compliant:
  description: Whether every key to be applied has its value, now and after a reboot. Null for O(kernel).
  returned: success
  type: bool
  sample: false
summary:
  description: Counts of keys.
  returned: success
  type: dict
  contains:
    keys:
      description: All keys of the profile.
      type: int
      sample: 23
    apply:
      description: Keys to be applied.
      type: int
      sample: 21
    skip:
      description: Keys that are skipped.
      type: int
      sample: 2
    drifted:
      description: Keys to be applied that differ now or after a reboot.
      type: int
      sample: 0
    reasons:
      description: How many keys are skipped, by reason.
      type: dict
      sample: {removed: 1, memory: 1}
    unasked:
      description: The keys that are skipped although nobody asked for it, by reasons other than V(lower) and V(excluded).
      type: list
      elements: str
      sample: [net.ipv4.tcp_tw_recycle, net.ipv4.tcp_mem]
root:
  description: Whether the module ran as root.
  returned: success
  type: bool
  sample: false
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._advice import CONTEXT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import read_host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import POLICIES, Profile, ProfileError, make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._what_if import imagine, kernel_from


def main() -> None:
    """Read the host, or imagine one; plan; return the plan."""
    module = AnsibleModule(
        argument_spec={
            "values": {"type": "dict", "required": True},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "policy": {"type": "str", "choices": list(POLICIES), "default": "exact"},
            "policies": {"type": "dict", "default": {}},
            "memory_percent": {"type": "int", "default": 50},
            "path": {"type": "path", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
            "kernel": {
                "type": "dict",
                "options": {
                    "release": {"type": "str", "required": True},
                    "memory_mb": {"type": "int"},
                    "page_size": {"type": "int", "default": 4096},
                    "namespace": {"type": "str", "choices": ["host", "container"], "default": "host"},
                },
            },
        },
        supports_check_mode=True,
    )
    options = dict(module.params)
    imagined = options.pop("kernel")
    profile = Profile(**options)
    try:
        keys = profile.names()
        if imagined:
            host = imagine(kernel_from(imagined), keys)
        else:
            host = read_host(keys + list(CONTEXT), profile.path)
        plan = make_plan(profile, host)
    except ProfileError as exc:
        module.fail_json(msg="The profile cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems)
    except ValueError as exc:
        module.fail_json(msg="kernel: %s" % exc)
    for file in host.files:
        if file.text is None:
            module.warn("%s/%s cannot be read without root; what it sets at boot is not known" % (file.folder, file.name))
    module.exit_json(changed=False, root=os.geteuid() == 0, **plan)


if __name__ == "__main__":
    main()
