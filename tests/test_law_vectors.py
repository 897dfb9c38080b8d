"""The worked dates of the law, read from a file by the real command `due`, as anybody outside would ask it."""

import json
import subprocess
import sys

import pytest

from tests.children import ROOT, children_environ

VECTORS = [json.loads(line) for line in (ROOT / "tests/vectors/law.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """All vectors through one call of the command, without what they should come to."""
    asked = "".join(
        json.dumps({key: value for key, value in row.items() if key not in ("expected", "why")}) + "\n"
        for row in VECTORS
    )
    environ = children_environ() | {"VAR_DIR": str(tmp_path_factory.mktemp("var"))}
    argv = [sys.executable, "manage.py", "due", "--jsonl"]
    done = subprocess.run(
        argv, cwd=ROOT, env=environ, input=asked, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert len(found) == len(VECTORS)
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{row['id']}: {row['why']}" for row in VECTORS])
def test_worked_date_of_the_law(vector, answers):
    answer, expected = answers[vector["id"]], vector["expected"]
    if expected.get("error"):
        assert set(answer) == {"id", "error"}
        assert answer["error"] and "\n" not in answer["error"]
        return
    assert answer.get("due_on") == expected["due_on"], answer
    assert answer["reasons"]
    days = {clock["name"]: clock["due_on"] for clock in answer["clocks"]}
    assert answer["clocks"][0]["due_on"] == answer["due_on"]
    assert {name: days.get(name) for name in expected.get("clocks", {})} == expected.get("clocks", {})
