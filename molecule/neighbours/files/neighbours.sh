#!/bin/sh
# Makes the neighbours' files. Which of their lines win is written down in tests/test_boot_values.py, by file and line.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
set -e
mkdir -p /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d /usr/lib/tuned/network-throughput /etc/tuned/profiles/web /etc/ufw \
    /etc/default /etc/systemd/system/multi-user.target.wants

# Read before the drop-in.
cat > /etc/sysctl.d/10-first.conf <<'END'
; A glob says something only of keys that no other line names.
net.ipv4.tcp_keepalive_* = 8
net.ipv4.tcp_fin_timeout = 61

-net.ipv4.tcp_sack = 0
net.ipv4.tcp_fin_timeout = 62
END
cat > /etc/sysctl.d/90-dev-sec.conf <<'END'
# Hardening of another kind.
net.ipv4.tcp_timestamps=0
net.ipv4.tcp_syncookies=1
net.ipv4.tcp_rfc1337=1
END

# Read after it. The drop-in has 1800 for the second key, in another spelling.
cat > /etc/sysctl.d/99-last.conf <<'END'
# The web server's.
net.core.somaxconn = 1024
net/ipv4/tcp_keepalive_time = 4242
END
printf '\n  net.ipv4.tcp_rmem\t=\t4096  131072\t6000000  \n' > /etc/sysctl.d/98-blanks.conf
printf '# As Debian 12 and older have it.\nnet.ipv4.tcp_max_syn_backlog = 4096\n' > /etc/sysctl.conf
ln -s ../sysctl.conf /etc/sysctl.d/99-sysctl.conf

# The vendor's: one that counts, one that is masked, and one that has another of its name before it.
printf '# The distribution.\n\nnet.ipv4.tcp_keepalive_intvl = 75\n' > /usr/lib/sysctl.d/95-vendor.conf
printf 'net.ipv4.tcp_keepalive_probes = 9\n' > /usr/lib/sysctl.d/96-masked.conf
ln -s /dev/null /etc/sysctl.d/96-masked.conf
printf 'net.ipv4.tcp_window_scaling = 0\n' > /usr/lib/sysctl.d/97-replaced.conf
printf 'net.ipv4.tcp_wmem = 4096 16384 4194304\n' > /usr/local/lib/sysctl.d/97-replaced.conf
printf '#\nnet.ipv4.tcp_syncookies = 2\n' > /run/sysctl.d/97-replaced.conf

# Nobody reads this: no such name.
printf 'net.ipv4.tcp_fack = 0\n' > /etc/sysctl.d/99-disabled.conf.bak

# Both are started at boot, after the files were read: ufw (files of 0.36.2), then tuned (files of 2.20).
for service in ufw tuned; do
    printf '[Unit]\nDescription=A neighbour\n' > /usr/lib/systemd/system/$service.service
    ln -s /usr/lib/systemd/system/$service.service /etc/systemd/system/multi-user.target.wants/$service.service
done
printf '# /etc/ufw/ufw.conf\n#\n\nENABLED=yes\nLOGLEVEL=low\n' > /etc/ufw/ufw.conf
printf 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n#\n# only enable if using iptables backend\nIPT_SYSCTL=/etc/ufw/sysctl.conf\nIPT_MODULES=""\n' > /etc/default/ufw
cat > /etc/ufw/sysctl.conf <<'END'
# Uncomment this to allow this host to route packets between interfaces
#net/ipv4/ip_forward=1

net/ipv4/tcp_tw_reuse=2
net/ipv4/tcp_fin_timeout=33
END
cat > /usr/lib/tuned/network-throughput/tuned.conf <<'END'
[main]
summary=Optimize for streaming network throughput
include=throughput-performance

[sysctl]
net.ipv4.tcp_rmem="4096 87380 16777216"
net.ipv4.tcp_wmem="4096 16384 16777216"
END
cat > /etc/tuned/profiles/web/tuned.conf <<'END'
[main]
include=network-throughput

[sysctl]
net.ipv4.tcp_rmem = 4096 131072 7000000   # ours
net.core.somaxconn=>512
END
echo web > /etc/tuned/active_profile
printf '# Global tuned configuration file.\ndaemon = 1\nreapply_sysctl = 0\n' > /etc/tuned/tuned-main.conf
