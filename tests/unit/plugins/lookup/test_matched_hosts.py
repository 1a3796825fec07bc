# Tests of the lookup that refuses a pattern without hosts, and keeps the inventory's order for a group made by the run.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The lookup as plays use it, over the groups that Ansible shows it. Skipped where there is no ansible-core."""

from __future__ import annotations

import pytest

pytest.importorskip("ansible.plugins.lookup")

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.fleetnet.linux_tcp.plugins.lookup import matched_hosts
from ansible_collections.fleetnet.linux_tcp.plugins.lookup.matched_hosts import LookupModule

GROUPS = {
    "all": ["h9", "h1", "w2", "w1", "d1"],
    "ungrouped": ["h9", "h1"],
    "web": ["w2", "w1"],
    "db": ["d1"],
    "new": [],
}
# The same, when the run has put hosts into a group, in the order in which they were done.
LATER = {
    "all": ["w2", "w1", "d1", "h1", "h9"],
    "ungrouped": [],
    "web": ["w2", "w1"],
    "db": ["d1"],
    "new": [],
    "changed": ["h1", "w1", "d1", "h9"],
}


@pytest.fixture
def look(monkeypatch):
    """Asks the lookup. options: of the command line."""

    def ask(*terms, groups=None, among="", **options):
        groups = GROUPS if groups is None else groups
        monkeypatch.setattr(matched_hosts.context, "CLIARGS", {"subset": None, **options})
        monkeypatch.setattr(LookupModule, "set_options", lambda _self, **_given: None)
        monkeypatch.setattr(LookupModule, "get_option", lambda _self, _name: among)
        variables = {"groups": groups, "hostvars": dict.fromkeys(GROUPS["all"])}
        return LookupModule(loader=DataLoader()).run(list(terms), variables)

    return ask


@pytest.mark.parametrize("pattern", ["all", "web", "h9", "w*", "web:h9", "all:!web", "~w[12]", "localhost", "web,db"])
def test_a_pattern_with_hosts_stays_as_it_is(look, pattern):
    assert look(pattern) == [pattern]
    assert look([pattern, "!w1"]) == [pattern, "!w1"]


@pytest.mark.parametrize(
    "pattern, groups, options, sentence",
    [
        ("wbe", GROUPS, {}, "no host matched 'wbe': did you mean 'web'? The inventory has 5 hosts; groups: db, new"),
        ("xyz", GROUPS, {}, "no host matched 'xyz': The inventory has 5 hosts; groups: db, new, web"),
        ("new", GROUPS, {}, "no host matched 'new': the group is empty"),
        ("all", {"all": [], "ungrouped": []}, {}, "no host matched 'all': the inventory has no hosts. Name one: "),
        ("web", GROUPS, {"subset": "d1"}, "no host matched 'web' with --limit d1: none of its hosts is among these"),
        ("web:!w*", GROUPS, {}, "no host matched 'web:!w*': The inventory has 5 hosts"),
        ("w", {"all": ["w1"], **{"g%02d" % n: [] for n in range(12)}}, {}, "; groups: g00, g01, g02, g03, g04, "
         "g05, g06, g07, g08, g09 and 2 more"),
    ],
)  # fmt: skip
def test_a_pattern_without_hosts_is_refused_with_what_was_meant(look, pattern, groups, options, sentence):
    with pytest.raises(AnsibleError) as refusal:
        look(pattern, groups=groups, **options)
    assert sentence in str(refusal.value)


def test_who_only_reads_the_playbook_needs_no_hosts(look):
    assert look("wbe", syntax=True) == look("wbe", listhosts=True) == ["wbe"]


def test_a_group_needs_no_inventory_of_its_own(look, monkeypatch):
    # In a large fleet that would take seconds.
    monkeypatch.setattr(LookupModule, "_matched", None)
    assert look("web") == ["web"] and look("all") == ["all"]


def found(patterns):
    """The hosts that Ansible makes of patterns, when the run has come so far."""
    manager = InventoryManager(DataLoader(), parse=False)
    for group, hosts in LATER.items():
        manager.add_group(group)
        for host in hosts:
            manager.add_host(host, group=group)
    return [host.get_name() for host in manager.get_hosts(pattern=patterns)]


@pytest.mark.parametrize(
    "terms, hosts",
    [
        (["all"], ["h9", "h1", "w1", "d1"]),
        (["db:web"], ["d1", "w1"]),
        (["h1,h9"], ["h1", "h9"]),
        (["all:!h9"], ["h1", "w1", "d1"]),
        (["ungrouped"], ["h9", "h1"]),
        ([["web", "h*"]], ["w1", "h9", "h1"]),
        (["new"], []),
    ],
)
def test_a_group_of_the_run_is_in_the_order_of_the_inventory(look, terms, hosts):
    assert found(look(*terms, groups=LATER, among="changed")) == hosts


def test_without_ungrouped_hosts_it_is_a_pattern(look):
    assert look("web", groups={**LATER, "changed": ["w1"]}, among="changed") == ["web", "&changed"]


def test_a_group_that_nobody_is_in_has_no_hosts(look):
    assert look("all", groups=GROUPS, among="changed") == ["all", "!all"]
