# Tests of the comparer of the catalog with kernels' sources, on a small tree of our own making.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is taken out of a source: tables, handlers, bounds, own values; and that each difference is found and named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools" / "run"), str(ROOT / "tests" / "vendors")]

import _compare as compare_sources  # noqa: E402
import _defaults  # noqa: E402
import _page  # noqa: E402
import _tables  # noqa: E402
import vendors  # noqa: E402
from _tree import Tree  # noqa: E402
from base import Problem  # noqa: E402

IPV4 = """
static int one = 1;
static int retries_max = 255; /* a comment { */
static int ports_min;
static struct ctl_table ipv4_table[] = {
    {
        .procname    = "tcp_max_orphans",
        .data        = &sysctl_tcp_max_orphans,
        .maxlen        = sizeof(int),
        .mode        = 0644,
        .proc_handler    = proc_dointvec
    },
#ifdef CONFIG_X
    { .procname = "tcp_low_latency", .data = &sysctl_tcp_low_latency, .proc_handler = &proc_dointvec, },
#endif
    { }
};
static struct ctl_table ipv4_net_table[] = {
    {
        .procname    = "tcp_retries1",
        .data        = &init_net.ipv4.sysctl_tcp_retries1,
        .proc_handler    = proc_dou8vec_minmax,
        .extra1        = SYSCTL_ONE,
        .extra2        = &retries_max,
    },
    {
        .procname    = "tcp_keepalive_time",
        .data        = &init_net.ipv4.sysctl_tcp_keepalive_time,
        .proc_handler    = proc_dointvec_jiffies,
    },
    { .procname = "tcp_sack", .data = &init_net.ipv4.sysctl_tcp_sack, .proc_handler = proc_dou8vec_minmax },
    { .procname = "tcp_rfc1337", .data = &init_net.ipv4.sysctl_tcp_rfc1337, .proc_handler = proc_dou8vec_minmax },
    { .procname = "ip_local_port_range", .data = &init_net.ipv4.ip_local_ports.range, .proc_handler = ports, },
    { .procname = "tcp_rmem", .data = &init_net.ipv4.sysctl_tcp_rmem, .proc_handler = proc_dointvec_minmax,
        .extra1 = &one, },
    { .procname = "tcp_mem", .data = &sysctl_tcp_mem, .proc_handler = proc_doulongvec_minmax, },
    { .procname = "tcp_fin_timeout", .data = &init_net.ipv4.x, .proc_handler = proc_dointvec_minmax,
        .extra1 = &somewhere_else, },
    { }
};
"""
CORE = """
static struct ctl_table netns_core_table[] = {
    { .procname = "somaxconn", .data = &init_net.core.sysctl_somaxconn, .proc_handler = proc_dointvec_minmax,
        .extra1 = SYSCTL_ZERO },
    { .procname = "rmem_max", .data = &sysctl_rmem_max, .proc_handler = proc_dointvec_minmax, .extra1 = &min_rcv, },
};
"""
TCP = """
int sysctl_tcp_max_orphans __read_mostly;
static int tcp_sk_init(struct net *net)
{
    net->ipv4.sysctl_tcp_sack = 1; // on
    net->ipv4.sysctl_tcp_retries1 = TCP_RETR1;
    net->ipv4.sysctl_tcp_keepalive_time = TCP_KEEPALIVE_TIME;
    net->core.sysctl_somaxconn = SOMAXCONN;
    net->ipv4.ip_local_ports.range = 60999u << 16 | 32768u;
}
void tcp_init(void)
{
    max_rshare = min(6UL*1024*1024, limit);
    init_net.ipv4.sysctl_tcp_rmem[0] = PAGE_SIZE;
    init_net.ipv4.sysctl_tcp_rmem[1] = 128*1024;
    sysctl_tcp_max_orphans = cnt / 2;
    limit = nr_free_buffer_pages() / 16;
}
"""
HEADER = """
#define TCP_RETR1 3
#define TCP_KEEPALIVE_TIME (120*60*HZ) /* two hours */
#define SOMAXCONN 4096
"""


def tree(tmp_path, release="6.1.166", **changed):
    """A folder with these files; a text can be changed."""
    files = {
        "net/ipv4/sysctl_net_ipv4.c": IPV4,
        "net/core/sysctl_net_core.c": CORE,
        "net/ipv4/tcp_ipv4.c": TCP,
        "include/net/tcp.h": HEADER,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(changed.get(Path(path).stem, text), encoding="utf-8")
    return Tree(release, str(tmp_path))


def test_tables_handlers_and_bounds(tmp_path):
    found = _tables.entries(tree(tmp_path))
    assert {key: (entry.low, entry.high, entry.per_namespace) for key, entry in found.items()} == {
        "net.ipv4.tcp_max_orphans": (-(2**31), 2**31 - 1, False),
        "net.ipv4.tcp_low_latency": (-(2**31), 2**31 - 1, False),
        "net.ipv4.tcp_retries1": (1, 255, True),
        "net.ipv4.tcp_keepalive_time": (None, None, True),
        "net.ipv4.tcp_sack": (0, 255, True),
        "net.ipv4.tcp_rfc1337": (0, 255, True),
        "net.ipv4.ip_local_port_range": (None, None, True),
        "net.ipv4.tcp_rmem": (1, 2**31 - 1, True),
        "net.ipv4.tcp_mem": (0, 2**64 - 1, False),
        "net.ipv4.tcp_fin_timeout": (None, 2**31 - 1, True),
        "net.core.somaxconn": (0, 2**31 - 1, True),
        "net.core.rmem_max": (None, 2**31 - 1, False),
    }


def test_own_values(tmp_path):
    source = tree(tmp_path)
    found = {key.rpartition(".")[2]: _defaults.default(entry, source) for key, entry in _tables.entries(source).items()}
    assert found == {
        "tcp_max_orphans": "ehash/2", "tcp_low_latency": None, "tcp_retries1": "3", "tcp_keepalive_time": "7200",
        "tcp_sack": "1", "tcp_rfc1337": "0", "ip_local_port_range": "32768 60999",
        "tcp_rmem": "page_size 131072 rmem<=6MiB", "tcp_mem": "low/16 pressure/16 high/16", "tcp_fin_timeout": "0",
        "somaxconn": "4096", "rmem_max": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4), ("0x10", 16), ("128 * 1024", 131072), ("(1 << 20)", 1 << 20), ("&one", 1), ("(void *)&one", 1),
        ("SOMAXCONN", 4096), ("TWICE", 8192), ("unset", 0), ("sizeof(unsigned long) * 2", 16), ("60UL", 60),
        ("sizeof(struct sk_buff)", None), ("unknown", None), ("ITSELF", None), ("1 << 999999", None), ("9**9**9", None),
        ("1 / 0", None), ("__import__('os')", None), ("", None),
    ],
)  # fmt: skip
def test_numbers(text, number):
    where = "int one = 1;\nstatic int unset;\n#define SOMAXCONN 4096\n#define TWICE (2 * SOMAXCONN)\n"
    where += "#define ITSELF ITSELF\n"
    assert _tables.number(text, where) == number


def differences(tmp_path, release="6.1.166", **changed):
    verdict = compare_sources.compare(tree(tmp_path, release, **changed))
    return {line for line in verdict.differences if not line.endswith("there: the catalog says True, the source False")}


def test_what_agrees_is_counted_and_what_is_not_told_is_named(tmp_path):
    verdict = compare_sources.compare(tree(tmp_path))
    assert verdict.keys == 12 and verdict.compared > 60
    assert "net.core.rmem_max: lowest" in verdict.untold and "net.ipv4.tcp_fin_timeout: lowest" not in verdict.untold
    assert "net.core.optmem_max: there: the catalog says True, the source False" in verdict.differences
    assert differences(tmp_path) == {
        "net.ipv4.tcp_fin_timeout: default: the catalog says 60, the source 0",
        "net.ipv4.tcp_fin_timeout: highest: the catalog says 21474836, the source 2147483647",
        "net.ipv4.tcp_retries1: lowest: the catalog says 0, the source 1",
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "difference"),
    [
        (
            "tcp",
            "SOMAXCONN 4096",
            "SOMAXCONN 128",
            "net.core.somaxconn: default: the catalog says 4096, the source 128",
        ),
        (
            "tcp_ipv4",
            "128*1024",
            "87380",
            "net.ipv4.tcp_rmem: default: the catalog says page_size 131072 rmem<=6MiB, "
            "the source page_size 87380 rmem<=6MiB",
        ),
        (
            "sysctl_net_ipv4",
            "&init_net.ipv4.sysctl_tcp_sack, .proc_handler = proc_dou8vec_minmax",
            "&sysctl_tcp_sack, .proc_handler = proc_dointvec",
            "net.ipv4.tcp_sack: own value in each namespace: the catalog says True, the source False",
        ),
        (
            "sysctl_net_ipv4",
            '"tcp_low_latency"',
            '"tcp_abc"',
            "net.ipv4.tcp_abc: there: the catalog says False, the source True",
        ),
    ],
)
def test_a_difference_is_found_and_named(tmp_path, file, old, new, difference):
    text = {"tcp": HEADER, "tcp_ipv4": TCP, "sysctl_net_ipv4": IPV4}[file]
    assert old in text
    assert difference in differences(tmp_path, **{file: text.replace(old, new)})


def test_a_revision_of_a_repository(tmp_path):
    tree(tmp_path)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "a tree"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True, stdin=subprocess.DEVNULL)
    source = Tree("6.1.166", f"{tmp_path}@v1")
    assert len(_tables.entries(source)) == 12 and source.text("net/core/nothing.c") == ""


def test_the_list_and_the_exit_code(tmp_path, capsys, monkeypatch):
    tree(tmp_path)
    page = tmp_path / "vendors.md"
    monkeypatch.setattr(vendors, "PAGE", page)
    names = tmp_path / "list"
    names.write_text(f"# a comment\n6.1.166 {tmp_path} somebody/linux at a tag\n", encoding="utf-8")
    assert vendors.run([str(names), "--write"]) == 1
    assert "net.ipv4.tcp_retries1: lowest" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert "| 6.1.166 | somebody/linux at a tag | 12 |" in text and text.endswith(_page.MISSING.read_text("utf-8"))
    assert "- 6.1.166: net.ipv4.tcp_retries1: lowest: the catalog says 0, the source 1" in text
    names.write_text("6.1.166 /nowhere\n", encoding="utf-8")
    with pytest.raises(Problem, match="list:1: expected RELEASE PLACE NAME"):
        vendors.run([str(names)])
    names.write_text("6.1.166 /nowhere name\n", encoding="utf-8")
    with pytest.raises(Problem, match="/nowhere: no tables of sysctls; expected a folder"):
        vendors.run([str(names)])
