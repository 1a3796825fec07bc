# The tables of sysctls in a kernel's source.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""entries(): each key with its table, handler and bounds, as they are written."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from _tree import TABLES, Tree

_TABLE = re.compile(r"(?:struct\s+)?ctl_table\s+(\w+)\s*\[\]\s*=\s*\{(.*?)\n\};", re.DOTALL)
_FIELD = re.compile(r"\.(\w+)\s*=\s*((?:[^,{}\"()]|\"[^\"]*\"|\((?:[^()]|\([^()]*\))*\))+)")
_INT = (-(2**31), 2**31 - 1)
# Handler: the least and the most that it takes by itself.
_HANDLERS = {
    "proc_dointvec": _INT,
    "proc_dointvec_minmax": _INT,
    "proc_dou8vec_minmax": (0, 255),
    "proc_douintvec": (0, 2**32 - 1),
    "proc_douintvec_minmax": (0, 2**32 - 1),
    "proc_doulongvec_minmax": (0, 2**64 - 1),
    "proc_do_dev_weight": _INT,
    "ipv4_privileged_ports": (0, 65535),
}
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
}
_KNOWN = {
    "PAGE_SIZE": 4096,
    "INT_MAX": 2**31 - 1,
    "UINT_MAX": 2**32 - 1,
    "USHRT_MAX": 65535,
    "U16_MAX": 65535,
    "U8_MAX": 255,
    "SYSCTL_ZERO": 0,
    "SYSCTL_ONE": 1,
    "SYSCTL_TWO": 2,
    "SYSCTL_THREE": 3,
    "SYSCTL_FOUR": 4,
    "SYSCTL_INT_MAX": 2**31 - 1,
    "SYSCTL_U8_MAX": 255,
    "MSEC_PER_SEC": 1000,
    "HZ": 1,
}


class Entry(NamedTuple):
    """One key of a table."""

    key: str
    data: str  # the variable, "" where the handler finds it by itself
    handler: str
    low: int | None  # what the kernel takes; None where that cannot be told from the table
    high: int | None
    per_namespace: bool


def entries(tree: Tree) -> dict[str, Entry]:
    """Every key of net.ipv4 and net.core that is set in one of the tables."""
    found: dict[str, Entry] = {}
    for path, folder in zip(TABLES, ("net.ipv4", "net.core")):
        text = tree.text(path)
        for name, body in _TABLE.findall(text):
            for fields in _rows(body):
                key = f"{folder}.{fields['procname']}"
                if key not in found:
                    found[key] = _entry(key, name, fields, tree, text)
    return found


def _rows(body: str) -> Iterator[dict[str, str]]:
    body = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
    for row in re.findall(r"\{([^{}]*)\}", body):
        fields = {name: " ".join(value.split()) for name, value in _FIELD.findall(row)}
        if fields.get("procname", "").startswith('"'):
            yield {**fields, "procname": fields["procname"].strip('"')}


def _entry(key: str, table: str, fields: dict[str, str], tree: Tree, text: str) -> Entry:
    data, handler = fields.get("data", "").lstrip("&"), fields.get("proc_handler", "").lstrip("&")
    low, high = _HANDLERS.get(handler, (None, None))
    if handler.endswith("minmax") and low is not None:
        if "extra1" in fields:
            low = number(fields["extra1"], text + tree.headers())
        if "extra2" in fields:
            high = number(fields["extra2"], text + tree.headers())
    # A table of each namespace may end with keys that are the host's: their data is not in init_net.
    own = "net" in table.replace("net_core", "") and (not data or "init_net" in data)
    return Entry(key, data, handler, low, high, own)


def number(expression: str, text: str, deep: int = 5) -> int | None:
    """The number that an expression means; None where that cannot be told. text: where names are defined."""
    expression = re.sub(r"\(\s*(?:void|unsigned|int|long|u32|u8)\s*\**\s*\)", "", expression).strip().lstrip("&")
    expression = re.sub(r"sizeof\s*\(\s*unsigned long\s*\)", "8", expression)
    for name in sorted(set(re.findall(r"\b[A-Za-z_]\w*", expression)), key=len, reverse=True):
        value = _KNOWN.get(name) if name in _KNOWN else _defined(name, text, deep)
        if value is None:
            return None
        expression = re.sub(r"\b%s\b" % re.escape(name), str(value), expression)
    expression = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression)
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _value(node: ast.expr) -> int:
    """An expression of numbers alone; ValueError for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left), _value(node.right)
        if not isinstance(node.op, ast.LShift) or 0 <= right < 64:
            return _OPERATORS[type(node.op)](left, right)
    raise ValueError("no number")


def _defined(name: str, text: str, deep: int) -> int | None:
    if not deep:
        return None
    macro = re.search(r"^[ \t]*#[ \t]*define[ \t]+%s[ \t]+(.+)$" % re.escape(name), text, re.MULTILINE)
    if macro:
        return number(macro.group(1), text, deep - 1)
    variable = re.search(
        r"\b(?:int|long|u8|u32)\s+(?:__\w+\s+)*%s\b(?:\s+__\w+)*\s*(?:=\s*([^;,]+))?[;,]" % re.escape(name), text
    )
    if variable:
        return number(variable.group(1), text, deep - 1) if variable.group(1) else 0
    return None
