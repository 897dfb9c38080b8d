# make run: the whole software in the foreground.  make test: the whole suite.  The rest: README.md
PYTHON ?= python3
export PYTHON
python := .venv/bin/python

.PHONY: run test lint bench faults lock reset environment test-environment

run: environment
	@$(python) manage.py migrate --verbosity 0
	@$(python) manage.py createcachetable
	@test -e "$${VAR_DIR:-var}/demo-logins.json" || $(python) manage.py demo
	@exec $(python) manage.py up

test: test-environment
	@scripts/test

lint: test-environment
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m djlint --quiet --lint templates
	$(python) manage.py check
	$(python) manage.py makemigrations --check --dry-run

bench: test-environment
	@$(python) -m benchmarks

faults: test-environment
	@scripts/test -m "full or not full" tests/faults

lock:
	@scripts/environment requirements-dev.txt
	$(python) -m uv --version >/dev/null 2>&1 || $(python) -m pip install uv
	$(python) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 -o requirements.txt requirements.in
	$(python) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 -c requirements.txt -o requirements-dev.txt requirements-dev.in

reset:
	@scripts/reset

environment:
	@scripts/system-libraries run
	@scripts/environment requirements.txt

# In CI everything must be there; elsewhere the wheels bring PostgreSQL and a broker, and what is absent is skipped aloud.
test-environment:
	@scripts/system-libraries $(if $(CI),test,run)
	@scripts/environment requirements-dev.txt
