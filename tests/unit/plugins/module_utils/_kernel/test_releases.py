# Tests of kernel releases: each that is known of real systems, with what is expected of it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""RELEASES is the one table: whose kernel it is, whose facts it shares, of which build, which stable release its name
tells, and whether these facts were read."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import is_read
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import Release, parse_release
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._vendors import (
    DEBIAN_BUILDS,
    HIDING,
    PLAIN,
    READ,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG

# System, release, vendor ("" where the name does not tell), base (whose facts it shares; "" for upstream's), its build,
# the upstream release ("+" where the name hides a later one), and whether its facts were read or seen ("about": not).
RELEASES = """
RHEL 6.0 | 2.6.32-71.el6.x86_64 | redhat | el6 | 71 | 2.6.32 | read
RHEL 6.5 | 2.6.32-431.el6.x86_64 | redhat | el6 | 431 | 2.6.32 | read
RHEL 6.10 | 2.6.32-754.35.1.el6.x86_64 | redhat | el6 | 754.35.1 | 2.6.32 | read
CentOS 6 i686 | 2.6.32-754.35.1.el6.i686 | redhat | el6 | 754.35.1 | 2.6.32 | read
RHEL 5 | 2.6.18-419.el5 | redhat | - | - | 2.6.18+ | about
RHEL 7.0 | 3.10.0-123.el7.x86_64 | redhat | el7 | 123 | 3.10.0 | read
RHEL 7.2 | 3.10.0-327.36.3.el7.x86_64 | redhat | el7 | 327.36.3 | 3.10.0 | read
RHEL 7.3 | 3.10.0-514.26.2.el7.x86_64 | redhat | el7 | 514.26.2 | 3.10.0 | read
RHEL 7.6 | 3.10.0-957.27.2.el7.x86_64 | redhat | el7 | 957.27.2 | 3.10.0 | read
RHEL 7.9 | 3.10.0-1160.119.1.el7.x86_64 | redhat | el7 | 1160.119.1 | 3.10.0 | read
CentOS 7 plus | 3.10.0-1160.119.1.el7.centos.plus.x86_64 | redhat | el7 | 1160.119.1 | 3.10.0 | read
RHEL 7 rt | 3.10.0-1160.119.1.rt56.1272.el7.x86_64 | redhat | el7 | 1160.119.1 | 3.10.0 | read
RHEL 7 ppc64le | 3.10.0-1160.119.1.el7.ppc64le | redhat | el7 | 1160.119.1 | 3.10.0 | read
RHEL-ALT 7.6 aarch64 | 4.14.0-115.29.1.el7a.aarch64 | redhat | - | - | 4.14.0+ | about
RHEL 8.0 | 4.18.0-80.el8.x86_64 | redhat | el8 | 80 | 4.18.0 | read
RHEL 8.7 | 4.18.0-425.19.2.el8_7.x86_64 | redhat | el8 | 425.19.2 | 4.18.0 | read
RHEL 8.10 | 4.18.0-553.83.1.el8_10.x86_64 | redhat | el8 | 553.83.1 | 4.18.0 | read
CentOS Stream 8 | 4.18.0-553.6.1.el8.x86_64 | redhat | el8 | 553.6.1 | 4.18.0 | read
RHEL 8 rt | 4.18.0-553.16.1.rt7.357.el8_10.x86_64 | redhat | el8 | 553.16.1 | 4.18.0 | read
RHEL 9.0 | 5.14.0-70.30.1.el9_0.x86_64 | redhat | el9 | 70.30.1 | 5.14.0 | read
RHEL 9.4 | 5.14.0-427.13.1.el9_4.x86_64 | redhat | el9 | 427.13.1 | 5.14.0 | read
RHEL 9.6 | 5.14.0-570.12.1.el9_6.x86_64 | redhat | el9 | 570.12.1 | 5.14.0 | read
RHEL 9 64k | 5.14.0-570.12.1.el9_6.aarch64+64k | redhat | el9 | 570.12.1 | 5.14.0 | read
RHEL 9 rt | 5.14.0-570.12.1.el9_6.x86_64+rt | redhat | el9 | 570.12.1 | 5.14.0 | read
RHEL 9.7 | 5.14.0-611.5.1.el9_7.x86_64 | redhat | el9 | 611.5.1 | 5.14.0 | about
CentOS Stream 9 | 5.14.0-639.el9.x86_64 | redhat | el9 | 639 | 5.14.0 | about
AutoSD | 5.14.0-639.503.el9iv.aarch64 | redhat | el9 | 639.503 | 5.14.0 | about
RHEL 10.0 | 6.12.0-55.24.1.el10_0.x86_64 | redhat | el10 | 55.24.1 | 6.12.0 | read
RHEL 10.1 | 6.12.0-124.8.1.el10_1.x86_64 | redhat | el10 | 124.8.1 | 6.12.0 | about
CentOS Stream 10 | 6.12.0-170.el10.x86_64 | redhat | el10 | 170 | 6.12.0 | about
Rocky SIG cloud | 5.14.0-503.14.1.el9_5.cloud.1.0.x86_64 | redhat | el9 | 503.14.1 | 5.14.0 | read
AlmaLinux 9 | 5.14.0-503.11.1.el9_5.x86_64 | redhat | el9 | 503.11.1 | 5.14.0 | read
ELRepo ml el7 | 5.4.278-1.el7.elrepo.x86_64 | elrepo | - | - | 5.4.278 | about
ELRepo ml el9 | 6.15.6-1.el9.elrepo.x86_64 | elrepo | - | - | 6.15.6 | about
CIQ LTS | 5.14.0-284.30.1.el9_2.92ciq_lts.3.1.x86_64 | ciq | el9 | 284.30.1 | 5.14.0 | about
CIQ CLK | 6.12.62-1.1.el9_clk.x86_64 | ciq | - | - | 6.12.62 | about
CloudLinux 7 | 3.10.0-962.3.2.lve1.5.88.el7.x86_64 | cloudlinux | el7 | 962.3.2 | 3.10.0+ | about
CloudLinux 8 | 4.18.0-553.89.1.lve.el8.x86_64 | cloudlinux | el8 | 553.89.1 | 4.18.0+ | about
UEK4 | 4.1.12-124.48.6.el7uek.x86_64 | oracle | - | - | 4.1.12+ | about
UEK5 | 4.14.35-2047.539.5.el7uek.x86_64 | oracle | - | - | 4.14.35+ | about
UEK6 | 5.4.17-2136.338.4.2.el8uek.x86_64 | oracle | - | - | 5.4.17+ | about
UEK7 | 5.15.0-310.184.5.2.el9uek.x86_64 | oracle | - | - | 5.15.0+ | about
UEK8 | 6.12.0-103.40.4.2.el9uek.x86_64 | oracle | - | - | 6.12.0+ | about
Amazon Linux 1 | 4.14.336-180.566.amzn1.x86_64 | amazon | amzn | 180.566 | 4.14.336 | about
Amazon Linux 2 4.14 | 4.14.355-280.684.amzn2.x86_64 | amazon | amzn | 280.684 | 4.14.355 | about
Amazon Linux 2 5.10 | 5.10.237-230.949.amzn2.x86_64 | amazon | - | - | 5.10.237 | about
Amazon Linux 2 5.15 | 5.15.184-125.190.amzn2.x86_64 | amazon | - | - | 5.15.184 | about
Amazon Linux 2023 | 6.1.141-155.222.amzn2023.x86_64 | amazon | - | - | 6.1.141 | about
Amazon Linux 2023 6.12 | 6.12.37-61.105.amzn2023.aarch64 | amazon | - | - | 6.12.37 | about
SLES 11 SP4 | 3.0.101-108.159-default | suse | - | - | 3.0.101+ | about
SLES 12 SP3 | 4.4.180-94.188-default | suse | - | - | 4.4.180+ | about
SLES 12 SP5 | 4.12.14-122.266-default | suse | - | - | 4.12.14+ | about
SLES 15 SP1 | 4.12.14-197.108-default | suse | - | - | 4.12.14+ | about
SLES 15 SP3 | 5.3.18-150300.59.215-default | suse | sle5.3 | 150300.59.215 | 5.3.18+ | about
SLES 15 SP5 | 5.14.21-150500.55.88-default | suse | sle5.14 | 150500.55.88 | 5.14.21+ | about
SLES 15 SP6 | 6.4.0-150600.23.53-default | suse | - | - | 6.4.0+ | about
SLES 15 SP7 azure | 6.4.0-150700.20.6-azure | suse | - | - | 6.4.0+ | about
SLES 16 | 6.12.0-160000.5-default | suse | - | - | 6.12.0+ | about
openSUSE Leap 15.6 | 6.4.0-150600.23.53-default | suse | - | - | 6.4.0+ | about
openSUSE Tumbleweed | 6.16.3-1-default | tumbleweed | - | - | 6.16.3 | about
SLE Micro rt | 5.14.21-150400.15.46-rt | suse | sle5.14 | 150400.15.46 | 5.14.21+ | about
Ubuntu 14.04 | 3.13.0-170-generic | ubuntu | - | - | 3.13.0+ | about
Ubuntu 16.04 | 4.4.0-210-generic | ubuntu | - | - | 4.4.0+ | about
Ubuntu 16.04 aws | 4.4.0-1128-aws | ubuntu | - | - | 4.4.0+ | about
Ubuntu 18.04 | 4.15.0-213-generic | ubuntu | - | - | 4.15.0+ | about
Ubuntu 18.04 hwe | 5.4.0-150-generic | ubuntu | - | - | 5.4.0+ | about
Ubuntu 20.04 | 5.4.0-216-generic | ubuntu | - | - | 5.4.0+ | about
Ubuntu 20.04 kvm | 5.4.0-1121-kvm | ubuntu | - | - | 5.4.0+ | about
Ubuntu 20.04 hwe | 5.15.0-139-generic | ubuntu | - | - | 5.15.0+ | about
Ubuntu 22.04 | 5.15.0-151-generic | ubuntu | - | - | 5.15.0+ | about
Ubuntu 22.04 lowlatency | 5.15.0-151-lowlatency | ubuntu | - | - | 5.15.0+ | about
Ubuntu 22.04 azure | 6.8.0-1031-azure | ubuntu | - | - | 6.8.0+ | about
Ubuntu 22.04 gcp | 6.8.0-1033-gcp | ubuntu | - | - | 6.8.0+ | about
Ubuntu 24.04 | 6.8.0-71-generic | ubuntu | - | - | 6.8.0+ | about
Ubuntu 24.04 hwe | 6.14.0-27-generic | ubuntu | - | - | 6.14.0+ | about
Ubuntu 24.04 hwe2 | 6.17.0-14-generic | ubuntu | - | - | 6.17.0+ | about
Ubuntu 26.04 | 7.0.0-15-generic | ubuntu | - | - | 7.0.0+ | about
Ubuntu oem | 6.11.0-1025-oem | ubuntu | - | - | 6.11.0+ | about
Ubuntu raspi | 6.8.0-1030-raspi | ubuntu | - | - | 6.8.0+ | about
Debian 10 | 4.19.0-27-amd64 | debian | - | - | 4.19.98 | read
Debian 11 | 5.10.0-35-cloud-amd64 | debian | - | - | 5.10.178 | read
Debian 11 old | 5.10.0-8-amd64 | debian | - | - | 5.10.0 | read
Debian 12 | 6.1.0-37-amd64 | debian | - | - | 6.1.0 | read
Debian 12 rt | 6.1.0-37-rt-amd64 | debian | - | - | 6.1.0 | read
Debian 12 bpo | 6.12.32+deb12-amd64 | debian | - | - | 6.12.32 | read
Debian 12 bpo old | 6.1.0-0.deb11.21-amd64 | debian | - | - | 6.1.0 | read
Debian 10 bpo | 5.10.0-0.deb10.30-amd64 | debian | - | - | 5.10.178 | read
Debian 13 | 6.12.43+deb13-cloud-amd64 | debian | - | - | 6.12.43 | read
Debian 13 rt | 6.12.43+deb13-rt-amd64 | debian | - | - | 6.12.43 | read
Proxmox 6 | 5.4.203-1-pve | proxmox | - | - | 5.4.203 | about
Proxmox 7 | 5.15.158-2-pve | proxmox | - | - | 5.15.158 | about
Proxmox 8 | 6.8.12-11-pve | proxmox | - | - | 6.8.12 | about
Proxmox 9 | 6.14.8-2-pve | proxmox | - | - | 6.14.8 | about
Raspberry Pi OS 11 | 6.1.21-v8+ | raspberrypi | - | - | 6.1.21 | about
Raspberry Pi OS 12 | 6.12.34+rpt-rpi-v8 | raspberrypi | - | - | 6.12.34 | about
Raspberry Pi 5 | 6.12.34+rpt-rpi-2712 | raspberrypi | - | - | 6.12.34 | about
Arch | 6.15.9-arch1-1 | arch | - | - | 6.15.9 | about
Arch lts | 6.12.41-1-lts | arch | - | - | 6.12.41 | about
Arch zen | 6.15.9-zen1-1-zen | - | - | - | 6.15.9 | about
Manjaro | 6.12.41-1-MANJARO | - | - | - | 6.12.41 | about
Alpine lts | 6.12.41-0-lts | alpine | - | - | 6.12.41 | about
Alpine virt | 6.12.41-0-virt | alpine | - | - | 6.12.41 | about
Flatcar | 6.6.95-flatcar | flatcar | - | - | 6.6.95 | about
CoreOS | 4.19.112-coreos-r1 | coreos | - | - | 4.19.112 | about
Fedora CoreOS | 6.15.8-200.fc42.x86_64 | fedora | - | - | 6.15.8 | about
COS | 6.6.93+ | - | - | - | 6.6.93 | about
COS 5.10 | 5.10.226+ | - | - | - | 5.10.226 | about
Bottlerocket | 6.1.141 | upstream | - | - | 6.1.141 | read
Talos | 6.12.40-talos | talos | - | - | 6.12.40 | about
WSL2 | 5.15.167.4-microsoft-standard-WSL2 | wsl | - | - | 5.15.167.4 | about
WSL2 new | 6.6.87.2-microsoft-standard-WSL2 | wsl | - | - | 6.6.87.2 | about
Android GKI | 5.10.209-android13-4-00014-gabcdef012345-ab11874023 | android | - | - | 5.10.209 | about
ChromeOS | 6.6.76-08060-g9cc1f8a0e3b8 | - | - | - | 6.6.76 | about
Photon 4 | 5.10.239-1.ph4 | photon | - | - | 5.10.239 | about
Photon 5 | 6.1.141-1.ph5-esx | photon | - | - | 6.1.141 | about
Azure Linux 3 | 6.6.96.2-1.azl3 | azurelinux | - | - | 6.6.96.2 | about
Mariner 2 | 5.15.186.1-1.cm2 | azurelinux | - | - | 5.15.186.1 | about
Gentoo | 6.12.31-gentoo-dist | gentoo | - | - | 6.12.31 | about
NixOS | 6.12.41 | upstream | - | - | 6.12.41 | read
NixOS hardened | 6.12.41-hardened1 | - | - | - | 6.12.41 | about
Void | 6.12.41_1 | void | - | - | 6.12.41 | about
Slackware | 5.15.187 | upstream | - | - | 5.15.187 | read
Slackware huge smp | 6.12.41-smp | - | - | - | 6.12.41 | about
OpenWrt | 6.6.93 | upstream | - | - | 6.6.93 | read
linuxkit | 6.10.14-linuxkit | linuxkit | - | - | 6.10.14 | about
linuxkit old | 4.19.121-linuxkit | linuxkit | - | - | 4.19.121 | about
gVisor | 4.4.0 | gvisor | - | - | 4.4.0 | about
gVisor new | 4.19.0-gvisor | gvisor | - | - | 4.19.0 | about
OpenVZ 6 | 2.6.32-042stab145.3 | virtuozzo | el6 | - | 2.6.32+ | about
Virtuozzo 7 | 3.10.0-1160.105.1.vz7.214.3 | virtuozzo | el7 | 1160.105.1 | 3.10.0+ | about
Virtuozzo 9 | 5.14.0-427.37.1.vz9.80.22 | virtuozzo | el9 | 427.37.1 | 5.14.0+ | about
XCP-ng | 4.19.0+1 | - | - | - | 4.19.0 | about
openEuler 22.03 | 5.10.0-216.0.0.115.oe2203sp4.x86_64 | openeuler | - | - | 5.10.0+ | about
openEuler 24.03 | 6.6.0-98.0.0.103.oe2403sp2.x86_64 | openeuler | - | - | 6.6.0+ | about
Anolis 8 | 4.18.0-348.20.1.an8_5.x86_64 | anolis | el8 | 348.20.1 | 4.18.0+ | about
Anolis 8 cloud | 5.10.134-18.an8.x86_64 | anolis | - | - | 5.10.134+ | about
Alibaba 3 | 5.10.134-18.al8.x86_64 | alibaba | - | - | 5.10.134+ | about
TencentOS | 5.4.119-19.0009.56 | tencent | tencent5.4 | 19.9.56 | 5.4.119+ | read
TencentOS 2 | 4.14.105-19-0020 | tencent | tencent4.14 | 19 | 4.14.105+ | read
Kylin | 4.19.90-52.22.v2207.ky10.x86_64 | kylin | - | - | 4.19.90+ | about
mainline rc | 6.16-rc3 | upstream | - | - | 6.16 | read
mainline rc2 | 7.3-rc7 | upstream | - | - | 7.3 | read
local git | 6.12.0-rc1-00123-gabcdef | - | - | - | 6.12.0 | about
Two numbers | 6.12 | upstream | - | - | 6.12 | read
XanMod | 6.15.9-x64v3-xanmod1 | - | - | - | 6.15.9 | about
Liquorix | 6.15.9-1-liquorix-amd64 | liquorix | - | - | 6.15.9 | about
Kali | 6.12.33+kali-amd64 | kali | - | - | 6.12.33 | about
Firecracker | 5.10.186 | upstream | - | - | 5.10.186 | read
Oracle RHCK | 4.18.0-553.83.1.el8_10.x86_64 | redhat | el8 | 553.83.1 | 4.18.0 | read
Miracle | 5.14.0-570.12.1.el9_6.x86_64 | redhat | el9 | 570.12.1 | 5.14.0 | read
Synology | 4.4.302+ | - | - | - | 4.4.302 | about
QNAP | 5.10.60-qnap | - | - | - | 5.10.60 | about
Unraid | 6.12.24-Unraid | - | - | - | 6.12.24 | about
VyOS | 6.6.95-vyos | vyos | - | - | 6.6.95 | about
TrueNAS | 6.12.15-production+truenas | truenas | - | - | 6.12.15 | about
Steam Deck | 6.11.11-valve19-1-neptune-611-gb6f6ab6ecbb1 | - | - | - | 6.11.11 | about
Asahi | 6.15.8-400.asahi.fc42.aarch64+16k | asahi | - | - | 6.15.8 | about
Debian 8 | 3.16.0-4-amd64 | debian | - | - | 3.16.0 | read
Debian 9 | 4.9.0-19-amd64 | debian | - | - | 4.9.0 | read
Debian 9 bpo | 4.19.0-0.bpo.19-amd64 | debian | - | - | 4.19.98 | read
Debian 10 early | 4.19.0-6-amd64 | debian | - | - | 4.19.0 | read
Debian 11 21 | 5.10.0-21-amd64 | debian | - | - | 5.10.0 | read
Debian 11 22 | 5.10.0-22-amd64 | debian | - | - | 5.10.178 | read
Debian 11 rt | 5.10.0-34-rt-amd64 | debian | - | - | 5.10.178 | read
Debian 11 i386 | 5.10.0-30-686-pae | debian | - | - | 5.10.178 | read
Debian 11 bpo new | 6.1.0-0.deb11.54-cloud-arm64 | debian | - | - | 6.1.190 | read
Debian 12 53 | 6.1.0-53-cloud-arm64 | debian | - | - | 6.1.0 | read
Debian 12 54 | 6.1.0-54-cloud-arm64 | debian | - | - | 6.1.190 | read
Debian 12 named | 6.1.112-60-amd64 | debian | - | - | 6.1.112 | read
Debian 12 bpo 13 | 6.12.12+bpo-amd64 | debian | - | - | 6.12.12 | read
not Debian | 5.10.0-34-generic | ubuntu | - | - | 5.10.0+ | about
RHEL 8.0.1 | 4.18.0-80.4.2.el8_0.x86_64 | redhat | el8 | 80.4.2 | 4.18.0 | read
CentOS 7 rt | 3.10.0-1160.rt56.1131.el7.x86_64 | redhat | el7 | 1160 | 3.10.0 | read
ELRepo 4.18 | 4.18.5-1.el7.elrepo.x86_64 | elrepo | - | - | 4.18.5 | about
ELRepo 5.14 | 5.14.0-1.el8.elrepo.x86_64 | elrepo | - | - | 5.14.0 | about
UEK2 | 2.6.32-400.37.17.el6uek.x86_64 | oracle | - | - | 2.6.32+ | about
Amazon Linux 1 old | 3.14.48-33.39.amzn1.x86_64 | amazon | amzn | 33.39 | 3.14.48 | about
Amazon Linux 2 5.4 | 5.4.219-126.411.amzn2.aarch64 | amazon | amzn | 126.411 | 5.4.219 | about
Virtuozzo 8 | 4.18.0-305.3.1.vz8.7.18 | virtuozzo | el8 | 305.3.1 | 4.18.0+ | about
Fedora | 6.19.6-200.fc43.x86_64 | fedora | - | - | 6.19.6 | about
User-Mode Linux | 6.12.101 | upstream | - | - | 6.12.101 | read
newer than anything read | 7.4.2 | upstream | - | - | 7.4.2 | about
a Red Hat newer than anything read | 5.14.0-700.el9.x86_64 | redhat | el9 | 700 | 5.14.0 | about
of one's own | 6.18.44-fc-v657 | - | - | - | 6.18.44 | about
of one's own 2 | 2.6.32.69+ | - | - | - | 2.6.32.69 | about
"""


def _rows():
    for line in RELEASES.strip().splitlines():
        system, text, vendor, base, build, stable, facts = (word.strip() for word in line.split("|"))
        yield pytest.param(
            text, ["" if word == "-" else word for word in (vendor, base, build)], stable, facts, id=system
        )


def _numbers(text):
    return tuple(int(number) for number in text.split(".")) if text else ()


@pytest.mark.parametrize(("text", "whose", "stable", "facts"), list(_rows()))
def test_a_release(text, whose, stable, facts):
    vendor, base, build = whose
    upstream, hidden = _numbers(stable.rstrip("+")), stable.endswith("+")
    assert parse_release(text) == Release(upstream, base, _numbers(build), vendor, hidden)
    assert parse_release(text).read is (facts == "read")


@pytest.mark.parametrize(("text", "whose", "stable", "facts"), list(_rows()))
def test_what_was_not_read_is_never_taken_for_known(text, whose, stable, facts):
    """A fact that never changed, and one that changed inside of a stable series."""
    assert is_read("net.ipv4.tcp_sack", Kernel(text)) is (facts == "read")
    assert facts == "read" or not any(is_read(key, Kernel(text)) for key in CATALOG)


def test_each_system_stands_once_and_vendors_are_known_by_name():
    systems = [row.id for row in _rows()]
    assert len(systems) == len(set(systems)) >= 156
    seen = {row.values[1][0] for row in _rows()}
    assert seen >= set(HIDING) and set(READ) - {"el6", "el7", "el8", "el9", "el10"} <= seen
    assert seen.isdisjoint(PLAIN), "of these, the name alone does not tell"


@pytest.mark.parametrize(
    ("text", "stable", "distribution", "vendor", "upstream", "hidden"),
    [
        # /proc/version_signature names the stable release
        ("5.15.0-151-generic", "5.15.180", "", "ubuntu", (5, 15, 180), False),
        ("4.18.0-553.el8_10.x86_64", "4.18.20", "", "redhat", (4, 18, 0), False),
        ("5.15.0-151-generic", "6.8.12", "", "ubuntu", (5, 15, 0), True),
        ("5.15.0-151-generic", "none", "", "ubuntu", (5, 15, 0), True),
        # a distribution counts only where the name does not tell
        ("6.1.141", "", "bottlerocket 1.40", "bottlerocket", (6, 1, 141), False),
        ("6.6.93+", "", "cos 117", "cos", (6, 6, 93), False),
        ("6.1.0-37-amd64", "", "cos", "debian", (6, 1, 0), False),
        ("6.12.101", "", "", "upstream", (6, 12, 101), False),
        ("6.12.101", "", "acme 1", "acme", (6, 12, 101), False),
        ("6.8.0", "", "ubuntu 24.04", "ubuntu", (6, 8, 0), True),
        ("6.4.0", "", "SLES 15.6", "suse", (6, 4, 0), True),
        ("6.4.0", "", "sle_hpc", "suse", (6, 4, 0), True),
        ("6.16.3", "", "opensuse-tumbleweed", "tumbleweed", (6, 16, 3), False),
        ("5.14.0", "", "rocky 9.4", "redhat", (5, 14, 0), True),
        ("6.1.0", "", "raspbian", "raspberrypi", (6, 1, 0), False),
    ],
)
def test_what_a_host_tells_beside_the_name(text, stable, distribution, vendor, upstream, hidden):
    found = parse_release(text, stable, distribution)
    assert (found.vendor, found.upstream, found.hidden) == (vendor, upstream, hidden)


def test_a_red_hat_without_its_build_is_known_only_where_no_build_changed_it():
    kernel = Kernel("5.14.0", distribution="rhel 9.4")
    assert parse_release(*kernel[:1], "", kernel.distribution)[1:3] == ("el9", ())
    assert is_read("net.core.somaxconn", kernel) and not is_read("net.ipv4.tcp_rmem", kernel)


def test_debians_steps_reach_each_stable_release_that_the_catalog_names():
    """So that nothing is hidden by a name of Debian's: a build below the step has none of them, one above has all."""
    for version, (_build, stable) in DEBIAN_BUILDS.items():
        upstream = _numbers(version)
        markers = {
            _numbers(marker)
            for row in CATALOG.values()
            for history in (row.bounds, row.default, row.per_namespace)
            for marker, _fact in history
            if marker[0].isdigit() and _numbers(marker)[:2] == upstream[:2] and len(_numbers(marker)) == 3
        }
        assert markers and max(markers)[2] <= stable, upstream
