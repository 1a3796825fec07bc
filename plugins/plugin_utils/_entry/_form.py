# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Holds a value against a form, and builds it anew with nothing in it but what the form
# names: typed, finite, bounded, its texts printable. A form is written in a part of JSON Schema 2020-12. Pure.

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Tuple

from .._text import printable

# What a text, a list and a number are bounded to, where the form does not say it.
TEXT, ITEMS, NUMBER = 2000, 2000, float(2**64)
_SHOWN = 60  # characters of a wrong value in a message
_LEVELS, _PARTS = 6, 5_000  # of a value that the form leaves open

Form = Mapping[str, Any]
_Check = Callable[[Any, str], Any]  # a value and its place; gives the value anew, or raises Unfit


class Unfit(ValueError):
    """A value is not as its form has it; says where, what it is and what was expected."""


class Checker:
    """A form, made ready to hold many values against it.

    cut: shorten texts and lists of texts that are too long, and say so in them; else these are refused.
    """

    def __init__(self, form: Form, cut: bool = False) -> None:
        self._defs: Mapping[str, Form] = form.get("$defs", {})
        self._cut = cut
        self._check = self._of(form)

    def __call__(self, value: Any) -> Any:
        """The value anew; Unfit where it is not as the form has it."""
        return self._check(value, "")

    def _of(self, form: Form) -> _Check:
        if "$ref" in form:
            return self._of(self._defs[form["$ref"].rpartition("/")[2]])
        if "const" in form or "enum" in form:
            return _one_of(form["enum"] if "enum" in form else [form["const"]])
        kinds = form.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        nullable = "null" in kinds
        kinds = [kind for kind in kinds if kind != "null"]
        if not kinds:
            return _open
        (kind,) = kinds
        check: _Check = getattr(self, "_" + kind)(form)
        return _or_none(check) if nullable else check

    def _string(self, form: Form) -> _Check:
        most, pattern = form.get("maxLength", TEXT), form.get("pattern", "")
        # Patterns of forms are for the whole text. In Python, $ would let a line's end follow.
        fits = re.compile(pattern[1:-1]).fullmatch if pattern else None
        cuts = self._cut and not pattern

        def check(value: Any, where: str) -> str:
            # Ansible's own texts are of a class of their own.
            if not isinstance(value, str):
                raise _unfit(where, value, "a text")
            if len(value) > most and not cuts:
                raise Unfit("%s: %d characters; expected at most %d" % (where or "it", len(value), most))
            if fits and not fits(value):
                raise _unfit(where, value, "a text of the form %s" % pattern)
            return printable(value, most)

        return check

    def _boolean(self, _form: Form) -> _Check:
        def check(value: Any, where: str) -> bool:
            if value is not True and value is not False:
                raise _unfit(where, value, "true or false")
            return bool(value)

        return check

    def _integer(self, form: Form) -> _Check:
        number = self._number(form)

        def check(value: Any, where: str) -> int:
            found = number(value, where)
            if found != int(found):
                raise _unfit(where, value, "a whole number")
            return int(found)

        return check

    def _number(self, form: Form) -> _Check:
        low, high = form.get("minimum", -NUMBER), form.get("maximum", NUMBER)

        def check(value: Any, where: str) -> Any:
            # NaN is in no range.
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise _unfit(where, value, "a number from %g to %g" % (low, high))
            return value

        return check

    def _array(self, form: Form) -> _Check:
        most, each = form.get("maxItems", ITEMS), self._of(form.get("items", {}))
        shortened = self._cut and form.get("items", {}).get("type") == "string"
        unique = form.get("uniqueItems", False)

        def check(value: Any, where: str) -> List[Any]:
            if not isinstance(value, (list, tuple)):
                raise _unfit(where, value, "a list")
            if len(value) > most and not shortened:
                raise Unfit("%s: %d entries; expected at most %d" % (where or "it", len(value), most))
            found = [each(one, "%s[%d]" % (where, place)) for place, one in enumerate(value[:most])]
            if len(value) > most:
                found[-1] = "and %d more (cut)" % (len(value) - most + 1)
            if unique and len(set(map(repr, found))) != len(found):
                raise Unfit("%s: an entry stands twice" % where)
            return found

        return check

    def _object(self, form: Form) -> _Check:
        fields = [(name, self._of(part)) for name, part in form.get("properties", {}).items()]
        required = form.get("required", ())
        if not fields and "additionalProperties" not in form:
            return _open_object
        others = self._of(form["additionalProperties"]) if form.get("additionalProperties") else None
        most = form.get("maxProperties", ITEMS)
        name_check = self._string(form.get("propertyNames", {"maxLength": 256}))

        def check(value: Any, where: str) -> Dict[str, Any]:
            if not isinstance(value, Mapping):
                raise _unfit(where, value, "an object")
            begin = where + "." if where else ""
            for name in required:
                if name not in value:
                    raise Unfit("%s%s is missing" % (begin, name))
            found = {name: part(value[name], begin + name) for name, part in fields if name in value}
            if others is not None:
                if len(value) > most:
                    raise Unfit("%s: %d fields; expected at most %d" % (where or "it", len(value), most))
                for name, one in value.items():
                    if name not in found:
                        said = name_check(name, where)
                        found[said] = others(one, begin + said)
            return found

        return check


def _or_none(check: _Check) -> _Check:
    return lambda value, where: None if value is None else check(value, where)


def _one_of(values: List[Any]) -> _Check:
    def check(value: Any, where: str) -> Any:
        for one in values:
            # 1 is no True here, and a list is nothing that could be asked for in a dict.
            if value == one and isinstance(value, bool) == isinstance(one, bool):
                return one
        raise _unfit(where, value, " or ".join("null" if one is None else str(one) for one in values))

    return check


def _open_object(value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise _unfit(where, value, "an object")
    return _open(value, where)


def _open(value: Any, where: str) -> Any:
    """A value that the form leaves open: any JSON of a few levels and a few thousand parts."""
    found, _left = _bounded(value, where, _LEVELS, _PARTS)
    return found


def _bounded(value: Any, where: str, levels: int, left: int) -> Tuple[Any, int]:
    """A value anew, and how many parts may still come."""
    left -= 1
    if left < 0 or levels < 0:
        raise Unfit("%s: expected at most %d parts on %d levels" % (where or "it", _PARTS, _LEVELS))
    if value is None or value is True or value is False:
        return value, left
    if isinstance(value, str):
        return printable(value), left
    if isinstance(value, (int, float)):
        if not -NUMBER <= value <= NUMBER:
            raise _unfit(where, value, "a finite number")
        return value, left
    if isinstance(value, Mapping):
        fields = {}
        for name, one in value.items():
            fields[printable(name, 256)], left = _bounded(one, where, levels - 1, left)
        return fields, left
    if isinstance(value, (list, tuple)):
        items = []
        for one in value:
            item, left = _bounded(one, where, levels - 1, left)
            items.append(item)
        return items, left
    raise _unfit(where, value, "plain data")


def _unfit(where: str, value: Any, expected: str) -> Unfit:
    try:
        shown = repr(value[:_SHOWN] if isinstance(value, (str, list)) else value)
    except (ValueError, RecursionError):  # an integer of more than 4300 digits, or lists in lists
        shown = "a %s" % type(value).__name__
    return Unfit("%s: %s; expected %s" % (where or "it", printable(shown, _SHOWN), expected))
