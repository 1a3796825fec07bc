# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Becomes root on a host for a part of an action alone: what `become: true` with
# `become_user: root` does for a whole task.

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from ansible import constants
from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader

ROOT = "root"
# What connection plugins that do not ask the become plugin read in the play's context.
_IN_CONTEXT = ("become", "become_method", "become_user", "become_pass", "become_flags", "become_exe", "prompt",
               "_become_plugin")  # fmt: skip


def host_variables(action: ActionBase, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables of the host that the action works on: with `delegate_to`, those of that host."""
    delegate = action._task.delegate_to
    return task_vars.get("ansible_delegated_vars", {}).get(delegate, {}) if delegate else task_vars


def is_forbidden(action: ActionBase, task_vars: Mapping[str, Any]) -> bool:
    """Whether the inventory says `ansible_become: false` for the host."""
    variables = host_variables(action, task_vars)
    wanted = variables.get("ansible_become")
    return wanted is not None and not boolean(_templar(action, variables).template(wanted))


@contextmanager
def as_root(action: ActionBase, task_vars: Mapping[str, Any]) -> Iterator[None]:
    """What is run on the host within runs as root, by the become method of the task or of the host's variables.

    AnsibleError where there is no such method, or the connection has no terminal and the method needs one.
    """
    connection, variables = action._connection, host_variables(action, task_vars)
    templar = _templar(action, variables)
    method = variables.get("ansible_become_method")
    name = str(templar.template(method)) if method else action._task.become_method or constants.DEFAULT_BECOME_METHOD
    plugin = become_loader.get(name)
    if plugin is None:
        raise AnsibleError("become_method: %s is refused, there is no such plugin; see ansible-doc -t become -l" % name)
    if getattr(plugin, "require_tty", False) and not getattr(connection, "has_tty", False):
        raise AnsibleError(
            "become_method: %s needs a terminal, which the connection %s does not have" % (name, connection._load_name)
        )
    keys = action._task.dump_attrs()
    if action._play_context.become_pass:
        keys["become_pass"] = action._play_context.become_pass  # from --ask-become-pass
    options = _options(plugin._load_name, variables, templar)
    plugin.set_options(task_keys=keys, var_options=options, direct={"become_user": ROOT})
    former = connection.become
    contexts = [action._play_context, connection._play_context]
    kept = [_kept(context) for context in contexts]
    _enter(connection, plugin)
    try:
        for context in contexts:
            _tell(context, name, plugin)
        yield
    finally:
        for context, names in zip(contexts, kept):
            for attribute, value in names:
                setattr(context, attribute, value)
        _enter(connection, former)


def _templar(action: ActionBase, variables: Mapping[str, Any]) -> Any:
    return action._templar.copy_with_new_env(available_variables=variables)


def _options(name: str, variables: Mapping[str, Any], templar: Any) -> Dict[str, Any]:
    """The become plugin's options that stand in variables."""
    found = {}
    for variable in constants.config.get_plugin_vars("become", name):
        if variable in variables:
            try:
                found[variable] = templar.template(variables[variable])
            except AnsibleValueOmittedError:
                pass
    return found


def _enter(connection: Any, plugin: Any) -> None:
    connection.set_become_plugin(plugin)
    if any(base.__module__.startswith("ansible_mitogen.") for base in type(connection).__mro__):
        # It keeps an interpreter of the former account; a new one is made at the next module.
        connection.close()


def _tell(context: Any, name: str, plugin: Any) -> None:
    context.become, context.become_method = True, name
    context.set_become_plugin(plugin.name)
    for option in ("become_user", "become_flags", "become_exe", "become_pass"):
        try:
            setattr(context, option, plugin.get_option(option))
        except KeyError:
            pass  # this method has no such option
    context.prompt = plugin.prompt


def _kept(context: Any) -> List[Tuple[str, Any]]:
    return [(name, getattr(context, name)) for name in _IN_CONTEXT if hasattr(context, name)]
