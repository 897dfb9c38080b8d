"""Every promise that is ours to keep has tests that carry its number in their names, as they tell its story."""

import re

from privacy.promises.planting import planted
from tests.test_architecture import ROOT

# What is promised for a later version, and why it has no test yet.
LATER = {"SFB-12": "formal warnings of the body that runs the code are answered by the owner, on paper"}
NUMBER = re.compile(r"_(clg|clz|mad|cnx|lrd|sfb)_(\d\d)(?=_)")


def numbers():
    """The numbers in the names of all tests."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE):
            yield from (f"{pack.upper()}-{number}" for pack, number in NUMBER.findall(name))


def test_every_promise_to_be_kept_has_a_test_that_carries_its_number():
    ours = {promise["code"] for promise in planted() if promise["kind"] == "DO"}
    assert len(ours) == 154
    found = set(numbers())
    assert sorted(ours - found - set(LATER)) == []
    assert sorted(set(LATER) & found) == [], "it has a test now: take it off the list"


def test_no_test_carries_a_number_that_nobody_promised():
    known = {promise["code"] for promise in planted()}
    assert sorted(set(numbers()) - known) == []
