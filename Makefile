# Two commands set up everything they need and run: make demo, make test.
# PYTHON names the Python (3.10 or newer) to work with; ARGS goes to the command.
PYTHON ?= python3
ARGS ?=

.PHONY: help demo demo-reset test lint odoo-tests bench chaos screenshots clean

help:
	@echo "make demo         Odoo with demo data and a local NAV, in the browser; Ctrl-C stops it"
	@echo "make demo-reset   the same, from the start"
	@echo "make test         all tests; one of them: make test ARGS='-k name'"
	@echo "make lint         ruff, pylint-odoo, XML and po checks, import directions;"
	@echo "                  make lint ARGS=--fix corrects what the tools can"
	@echo "make odoo-tests   Odoo's own tests of time off, with and without the addon"
	@echo "make bench        how fast it is, next to Odoo's own ways"
	@echo "make chaos        days with everything going wrong at random, from a seed"
	@echo "make screenshots  the pictures in docs/"
	@echo "make clean        remove all that these commands made"
	@echo
	@echo "./dev/odoo ...    Odoo's command line in the same environment"

demo:
	@exec $(PYTHON) -m dev.demo $(ARGS)

demo-reset:
	@exec $(PYTHON) -m dev.demo --reset $(ARGS)

test:
	@exec $(PYTHON) -m dev.test $(ARGS)

lint:
	@exec $(PYTHON) -m dev.lint $(ARGS)

odoo-tests:
	@exec $(PYTHON) -m dev.odoo_tests $(ARGS)

bench:
	@exec $(PYTHON) -m dev.run tests.bench $(ARGS)

chaos:
	@exec $(PYTHON) -m dev.run tests.chaos $(ARGS)

screenshots:
	@exec $(PYTHON) -m dev.run tests.screenshots $(ARGS)

clean:
	@exec $(PYTHON) -m dev.clean $(ARGS)
