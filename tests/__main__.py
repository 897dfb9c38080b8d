"""Runs the suite: on the embedded default, then on real PostgreSQL and Redis; ends with one line that counts both.

What does not depend on the database runs on the first alone, unless that one is left out or `-m` says otherwise.

python -m tests [--engine embedded|postgresql|both] [arguments for pytest]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.servers import IN_CI, PostgreSQL, postgresql_programs

ROOT = Path(__file__).parent.parent


def say(line: str) -> None:
    """One line, in order with what pytest prints."""
    print(line, flush=True)  # noqa: T201


def run_pytest(arguments: Sequence[str], database_url: str = "") -> Counter[str]:
    """One run of pytest in a process of its own, and its counts."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        parallel = [] if any(word.startswith("-n") for word in arguments) else ["-n", "2", "--dist", "loadgroup"]
        argv = [sys.executable, "-m", "pytest", *parallel, f"--junitxml={report}", *arguments]
        status = subprocess.run(
            argv, cwd=ROOT, env=os.environ | {"TEST_DATABASE_URL": database_url}, check=False
        ).returncode
        counts = read_counts(report)
    if status and not counts["failed"]:
        say(f"pytest ended with {status}.")
        counts["failed"] += 1
    return counts


def read_counts(report: Path) -> Counter[str]:
    """Passed, failed (errors too) and skipped; nothing where pytest wrote no report."""
    counts: Counter[str] = Counter()
    if not report.exists():
        return counts
    for suite in ET.parse(report).iter("testsuite"):
        failed, skipped = int(suite.get("failures", 0)) + int(suite.get("errors", 0)), int(suite.get("skipped", 0))
        counts += Counter(failed=failed, skipped=skipped, passed=int(suite.get("tests", 0)) - failed - skipped)
    return counts


def run_on_postgresql(arguments: Sequence[str]) -> Counter[str]:
    """The same on a PostgreSQL of our own; where there is none, a skip that says so, in CI a failure."""
    if postgresql_programs() is None:
        say("PostgreSQL is not installed, so the suite did not run on it: apt-get install postgresql redis-server")
        return Counter(failed=1) if IN_CI else Counter(skipped=1)
    server = PostgreSQL()
    try:
        server.start()
        return run_pytest(arguments, server.url)
    finally:
        server.remove()


def main() -> int:
    """Run what was asked for; 0 when something passed and nothing failed."""
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--engine", choices=["embedded", "postgresql", "both"], default="both")
    options, arguments = parser.parse_known_args()
    counts: Counter[str] = Counter()
    if options.engine != "postgresql":
        counts += run_pytest(arguments)
    if options.engine != "embedded":
        again = ["-m", "not full and not once"] if options.engine == "both" and "-m" not in arguments else []
        counts += run_on_postgresql([*again, *arguments])
    say(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
