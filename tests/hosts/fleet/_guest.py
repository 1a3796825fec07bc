# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Make the folder of one throwaway host: its root folder, its kernel (private to tests/hosts/fleet)."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import kernels
import roots
from _hosts import Fleet, Host

# Read before Debian's own settings, and sshd takes the first value of each.
# Without PAM and DNS nothing but the key is asked for, and a login takes no detour.
_SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
PrintMotd no
"""

# The base has no udev, which networkd would wait for.
_NETWORK_UNIT = """\
[Unit]
Description=Address of the fleet's network
DefaultDependencies=no
After=systemd-remount-fs.service
Before=network-pre.target network.target ssh.service shutdown.target
Wants=network.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/ip address replace {address}/30 dev vec0
ExecStart=/bin/ip link set vec0 up
ExecStart=/bin/ip route replace default via {gateway}

[Install]
WantedBy=multi-user.target
"""

# The 5.10 kernel counts nothing as entropy in its first ten seconds, and sshd would wait for it.
_RANDOM_SEED = """\
[Service]
Environment=SYSTEMD_RANDOM_SEED_CREDIT=force
"""

# Not needed here, and each costs a part of a second at boot: nobody sits at the console, nothing
# can be fetched from inside, and there is no disk and no firmware.
_MASKED = (
    "getty.target",
    "getty-static.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "modprobe@configfs.service",
    "modprobe@dm_mod.service",
    "modprobe@drm.service",
    "modprobe@efi_pstore.service",
    "modprobe@fuse.service",
    "modprobe@loop.service",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "systemd-binfmt.service",
    "systemd-networkd.service",
    "systemd-networkd.socket",
)


def _make_key(path: Path) -> None:
    # ssh-keygen writes the public half last.
    if not path.with_suffix(".pub").exists():
        path.unlink(missing_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)],
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
        )


def make_keys(fleet: Fleet) -> None:
    """Make the login key and every host's own key, those that are missing."""
    _make_key(fleet.login_key)
    for host in fleet.hosts:
        _make_key(host.key)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _furnish(host: Host, root: Path) -> None:
    etc = root / "etc"
    _write(etc / "hostname", f"{host.name}\n")
    _write(etc / "hosts", f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n::1 localhost\n")
    # A machine id from the start: without one, systemd treats each boot as the first.
    _write(etc / "machine-id", f"{uuid.uuid4().hex}\n", 0o444)
    _write(etc / "ssh" / "ssh_host_ed25519_key", host.key.read_text(), 0o600)
    _write(etc / "ssh" / "ssh_host_ed25519_key.pub", host.key.with_suffix(".pub").read_text())
    _write(etc / "ssh" / "sshd_config.d" / "00-fleet.conf", _SSHD)
    login = root / "root" / ".ssh"
    login.mkdir(mode=0o700, exist_ok=True)
    _write(login / "authorized_keys", host.fleet.login_key.with_suffix(".pub").read_text(), 0o600)
    units = etc / "systemd" / "system"
    _write(units / "fleet-network.service", _NETWORK_UNIT.format(address=host.address, gateway=host.gateway))
    _write(units / "systemd-random-seed.service.d" / "fleet.conf", _RANDOM_SEED)
    seed = root / "var" / "lib" / "systemd" / "random-seed"
    seed.write_bytes(os.urandom(512))
    seed.chmod(0o600)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "fleet-network.service").symlink_to("../fleet-network.service")
    for unit in _MASKED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    (units / "default.target").unlink(missing_ok=True)
    (units / "default.target").symlink_to("/lib/systemd/system/multi-user.target")


def _copy(source: Path, target: Path, lock: int, how: str = "--reflink=auto") -> None:
    # The copy holds the fleet's lock too: should this tool be killed, the next one waits for it.
    subprocess.run(
        ["cp", "-a", how, str(source), str(target)], check=True, timeout=300, pass_fds=(lock,), start_new_session=True
    )


def make_guest(host: Host, lock: int) -> None:
    """Make the host's folder: a copy of the base root folder, and its first kernel.

    A copy, not an overlay: nothing stays mounted, however the host ends. A folder that is
    already there is kept, with what the host's last run wrote into it.
    """
    if not host.folder.exists():
        part = host.folder.with_name(f"{host.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _copy(roots.base_root(host.suite), part / "root", lock)
        _write(part / "boot", Path(__file__).with_name("_boot.py").read_text(), 0o755)
        _furnish(host, part / "root")
        part.rename(host.folder)
    if not kernel_of(host):
        put_kernel(host, host.kernel_suite, lock)


def _kernel_note(host: Host) -> Path:
    return host.folder / "kernel"


def kernel_of(host: Host) -> str:
    """Return the suite whose kernel the host boots; "" where it has none, or only a part of one."""
    try:
        return _kernel_note(host).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def put_kernel(host: Host, suite: str, lock: int) -> None:
    """Give the host, which is off, the kernel of a suite and that kernel's modules, in place of its own."""
    source = kernels.kernel(suite)
    binary, before, modules = host.folder / "linux.uml", host.folder / "xstate.so", host.root / "lib" / "modules"
    # Written last and removed first: a kernel that is only half there does not count.
    _kernel_note(host).unlink(missing_ok=True)
    binary.unlink(missing_ok=True)
    before.unlink(missing_ok=True)
    shutil.rmtree(modules, ignore_errors=True)
    # Links for what nobody writes to: the kernel and its 100 MiB of modules.
    _copy(source / "usr" / "bin" / "linux.uml", binary, lock, "--link")
    _copy(source / "xstate.so", before, lock, "--link")
    _copy(source / "usr" / "lib" / "uml" / "modules", modules, lock, "--link")
    _write(_kernel_note(host), f"{suite}\n")
