# Every way to use and check this repository: `make help` lists them. The names stand in tools/run/suites.py, a row each.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors

export INVENTORY ARGS
# Never in parallel by make itself: the runner starts side by side what may run side by side.
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules
PYTHON3 = python=$$(sh tools/run/python.sh) || exit 2

.DEFAULT_GOAL := help

# Each name goes to the runner, also one that is a folder here; it refuses what is not in its table.
%: FORCE
	@$(PYTHON3); exec "$$python" tools/run/run.py $@

clean: down FORCE
	@$(PYTHON3); test ! -d .cache/docker || "$$python" tests/hosts/containers/engine.py down
	@rm -rf --one-file-system .cache .ansible tests/output

FORCE: ;

# Without this, make would look for a way to renew the Makefile itself, and find the rule for every name.
Makefile: ;
