# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The whole screens of a site's runs, as somebody sees it who knows nothing of this collection, to the letter.

After a change of words, read what the failing test prints, with a tired eye; then keep it in
screens/.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

SCENARIO = Path(__file__).resolve().parents[1]
SITE = SCENARIO / "site"


def run(name: str) -> tuple[int, str]:
    """A playbook of the site, with nothing of molecule's own settings but where the collections are."""
    kept = ("ANSIBLE_COLLECTIONS_PATH", "DOCKER_HOST", "PATH", "HOME", "LANG", "LC_ALL")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    done = subprocess.run(
        ["ansible-playbook", f"{name}.yml"],
        cwd=SITE,
        env={**environment, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "79"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def settled(screen: str, release: str) -> str:
    """The screen without what differs from machine to machine: the kernel's release, and the width of its column; the
    folder of the checkout."""
    checkout = str(Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]))
    lines = []
    for line in screen.replace(checkout, "COLLECTIONS").splitlines():
        if re.match(r"(host +kernel|web1 +%s) " % re.escape(release), line):
            line = re.sub(" +", " ", line.replace(release, "RELEASE"))
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def compare(host: Any, name: str, code: int, kept: str) -> None:
    """Run a playbook of the site, and hold its exit code and its screen against what is kept."""
    left, screen = run(name)
    found = settled(screen, host.check_output("uname -r"))
    expected = (SCENARIO / "screens" / kept).read_text(encoding="utf-8")
    difference = "".join(
        difflib.unified_diff(expected.splitlines(True), found.splitlines(True), kept, "the screen", n=2)
    )
    assert (left, difference) == (code, ""), f"{difference}\n--- {kept}, the whole of it:\n{found}--- end"


def test_the_role_twice_says_what_it_did_without_a_table(host: Any) -> None:
    compare(host, "web", 0, "web.txt")


def test_in_the_second_run_the_base_set_leaves_alone_what_the_application_has_better(host: Any) -> None:
    compare(host, "web", 0, "web_again.txt")


def test_with_two_playbooks_of_the_collection_the_table_says_it(host: Any) -> None:
    """The two drop-ins contradict each other, and so the audit finds drift."""
    compare(host, "site", 2, "site.txt")
