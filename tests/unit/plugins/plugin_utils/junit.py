# What Jenkins takes for a JUnit file: the part of its schema (xunit plugin, jenkins-junit.xsd) that our files touch.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""complaints(): everything in a file that the schema does not have. Written from the schema's tables, in our words."""

from __future__ import annotations

import re

_WHOLE = r"[+-]?[0-9]+"
_WHEN = r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
_ANY = r"(?s).*"
_COUNTS = dict.fromkeys(("tests", "failures", "disabled", "errors"), _WHOLE)
# Of each element its attributes with their form, those that it must have, the elements in it, and whether it has text.
ELEMENTS = {
    "testsuites": ({**_COUNTS, "name": _ANY, "time": _ANY}, (), ("testsuite",), False),
    "testsuite": (
        {**_COUNTS, "skipped": _WHOLE, "name": _ANY, "time": _ANY, "timestamp": _WHEN, "hostname": _ANY, "id": _ANY,
         "package": _ANY},
        ("name", "tests"),
        ("properties", "testcase", "system-out", "system-err"),
        False,
    ),
    "testcase": (
        dict.fromkeys(("name", "assertions", "time", "classname", "status"), _ANY),
        ("name",),
        ("skipped", "error", "failure", "system-out", "system-err"),
        False,
    ),
    "skipped": ({"message": _ANY}, (), (), True),
    "error": ({"type": _ANY, "message": _ANY}, (), (), True),
    "failure": ({"type": _ANY, "message": _ANY}, (), (), True),
}  # fmt: skip


def complaints(root):
    """A sentence for each thing that is not as the schema has it; root: of the parsed file."""
    found = [] if root.tag == "testsuites" else ["the root is %s" % root.tag]
    for element in root.iter():
        if element.tag not in ELEMENTS:
            found.append("there is no element %s" % element.tag)
            continue
        attributes, needed, inside, has_text = ELEMENTS[element.tag]
        found += ["%s has no %s" % (element.tag, name) for name in needed if name not in element.attrib]
        for name, value in element.attrib.items():
            if name not in attributes:
                found.append("%s cannot have %s" % (element.tag, name))
            elif not re.fullmatch(attributes[name], value):
                found.append("%s: %s=%r" % (element.tag, name, value))
        found += ["%s cannot have %s in it" % (element.tag, one.tag) for one in element if one.tag not in inside]
        between = [element.text, *(one.tail for one in element)]
        if not has_text and any((text or "").strip() for text in between):
            found.append("%s cannot have text in it" % element.tag)
    return found
