# Every way to use and check this repository. The work is done by the scripts in tools/dev; here are the names.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors

export INVENTORY ARGS
# Never in parallel by make itself: the scripts run side by side what may run side by side.
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules
DEV := @python=$$(sh tools/dev/python.sh) || exit 2; exec "$$python" tools/dev

.PHONY: help harden audit rollback observe preview down test test-matrix lint units sanity molecule kernels kernels-all report report-pictures platforms execution-environment tarball build importer benchmark benchmark-scale boot-fuzz reliability mutations docs changelog clean

help: ## this list
	@echo 'Use it:'
	@sed -n 's/^\([a-z-]*\):.*## use: \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo 'On your own hosts:    make harden INVENTORY=hosts.yml ARGS="--check --diff"'
	@echo 'Work on it:'
	@sed -n 's/^\([a-z-]*\):.*## dev: \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

harden: ## use: apply the profile, to a throwaway fleet or to INVENTORY=
	$(DEV)/play.py harden

audit: ## use: compare hosts with the profile, writes nothing
	$(DEV)/play.py audit

rollback: ## use: put back what the hosts had before
	$(DEV)/play.py rollback

observe: ## use: watch the TCP counters of hosts for a minute, writes nothing
	$(DEV)/play.py observe

preview: ## use: what the next kernel changes, writes nothing; ARGS='-e kernel=7.2'
	$(DEV)/play.py preview

down: ## use: stop the throwaway fleet
	$(DEV)/down.py

test: ## dev: everything below; the exit code says whether all of it passed
	$(DEV)/run_tests.py all

test-matrix: ## dev: the same with every ansible-core and Python of requirements/matrix.txt; ARGS='units' takes one part
	$(DEV)/matrix.py

lint: ## dev: YAML, Ansible, Python, licences, changelog and documentation
	$(DEV)/run_tests.py lint

units: ## dev: unit tests on this Python, the pure ones on every other that is there
	$(DEV)/run_tests.py units

sanity: ## dev: ansible-test sanity on a copy of the collection
	$(DEV)/run_tests.py sanity

molecule: ## dev: every scenario on containers that are built here; ARGS='default' runs one
	$(DEV)/run_tests.py molecule

kernels: ## dev: boot throwaway kernels and hold the catalog against them; ARGS='-k 6.12' boots one
	$(DEV)/run_tests.py kernels

report: ## dev: open the report's page in Chromium, also with 10,000 hosts; ARGS='-k keyboard' takes some
	$(DEV)/run_tests.py report

platforms: ## dev: what docs/platforms says about AWX, ansible-navigator and ansible-pull
	$(DEV)/run_tests.py platforms

execution-environment: ## dev: build the execution environment of docs/platforms/awx.md from Debian packages, and harden with it
	$(DEV)/execution_environment.py

tarball: ## dev: build the tarball, install it elsewhere, use it from there
	$(DEV)/run_tests.py tarball

importer: ## dev: what Galaxy checks when the tarball is uploaded
	$(DEV)/run_tests.py importer

build: ## dev: only build the tarball, into .cache/dist
	$(DEV)/tarball.py build

benchmark: ## dev: time a converge on the throwaway fleet, into benchmarks/results.md
	@python=$$(sh tools/dev/python.sh) || exit 2; exec "$$python" benchmarks/benchmark.py

benchmark-scale: ## dev: time plays over 10, 50 and 200 light hosts, into benchmarks/scale.md; takes an hour
	@python=$$(sh tools/dev/python.sh) || exit 2; exec "$$python" benchmarks/scale.py

kernels-all: ## dev: the same on every kernel that Debian offers, in qemu, into docs/kernels.md; takes an hour
	@python=$$(sh tools/dev/python.sh) || exit 2; exec "$$python" tools/kernels/kernels_all.py

boot-fuzz: ## dev: the boot resolver against the loaders of Debian 11, 12 and 13, 10,000 random trees for each; takes an hour
	$(DEV)/boot_fuzz.py

reliability: ## dev: kill, starve and confuse runs, and count what was kept, into docs/reliability.md; takes six to twenty minutes
	$(DEV)/reliability.py

mutations: ## dev: break the role and the modules in ten ways, and count which tests see it
	$(DEV)/mutations.py

docs: ## dev: renew the parts of the documentation that are generated
	$(DEV)/docs.py

report-pictures: ## dev: renew the pictures of the report's page in docs/images
	$(DEV)/report_tests.py pictures

changelog: ## dev: turn the fragments into CHANGELOG.md for the version in galaxy.yml
	$(DEV)/docs.py changelog

clean: down ## dev: stop everything and remove what was made
	@test ! -d .cache/docker || "$$(sh tools/dev/python.sh)" tools/containers/engine.py down
	@rm -rf --one-file-system .cache .ansible tests/output
