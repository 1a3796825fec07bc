# Private to this collection. What to say where something else decides a key at boot. Pure.

from __future__ import annotations

from typing import Iterator, Tuple

from .._boot._conf import LAST
from .._boot._writers import told_of
from .._codes import NOT_READ_AT_BOOT, OVERRIDDEN_AT_BOOT, Code
from .._data import Host, Setting
from .._kernel._values import plain, value_read

_LAST_NAME = "zz-tcp-hardening.conf"
# Who else writes such files: a part of the path, and a name for people. The first that fits counts. What distributions
# and clouds ship was read in their sources; docs/platforms/distributions.md has them with what they set.
_WRITERS = (
    ("-dev-sec.conf:", "dev-sec os_hardening"),
    ("/zz-hardening.conf:", "konstruktoid hardening"),
    ("/zz-main-hardening.conf:", "konstruktoid hardening"),
    ("/60-netipv4_sysctl.conf:", "a CIS role"),
    ("cloudimg", "cloud image"),
    ("gce-network-security.conf:", "Google Cloud image"),
    ("/50-libkcapi-optmem_max.conf:", "libkcapi"),
    ("/50-security-hardening.conf:", "systemd of Photon or Azure Linux"),
    ("/90-va-tune-up.conf:", "distrib-compat of Photon"),
    ("/10-network-security.conf:", "procps of Ubuntu"),
    ("/50-redhat.conf:", "Red Hat's release package"),
    ("/50-default.conf:", "systemd"),
    ("/sysctl.d/80-release.conf:", "Bottlerocket"),
    ("/confluent.conf:", "xCAT confluent"),
)


def overridden(setting: Setting, host: Host) -> Iterator[Tuple[Code, str]]:
    """What sets a key otherwise after the drop-in, or why the drop-in is not read; nothing where the value stays."""
    target = setting.target
    later = host.after.get(setting.key)
    if later is None:
        own = None if setting.default_estimated else setting.default
        if host.unread and not target.same(setting.boot.value if setting.boot else own):
            yield NOT_READ_AT_BOOT, host.unread
    else:
        source = plain(later.source)
        name = later.source.rpartition("/")[2].rpartition(":")[0]
        what, todo, value = "keeps the key from being set", "change it there", setting.default
        if later.value is not None:
            text: str | None = later.value
            if later.value[:1] in ("<", ">"):
                from .._boot._tuned import modified

                text = modified(later.value, target.text)
            what = "sets %s after the drop-in" % plain(text or "")
            value = target if text is None else value_read(setting.key, text)
        who, more = told_of(later.loader, source)
        if more:
            todo += ", " + more
        if not who:
            who = next((who for part, who in _WRITERS if part in source + ":"), "")
            if name < _LAST_NAME and not source.startswith(LAST):
                todo += ", or roll back and set tcp_hardening_path: /etc/sysctl.d/" + _LAST_NAME
        if not target.same(value):
            yield OVERRIDDEN_AT_BOOT, "%s%s %s; %s" % (source, " (%s)" % who if who else "", what, todo)
