"""For statistics only numbers leave, and none in which somebody could be found (MAD-14)."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from tests import make

pytestmark = pytest.mark.django_db
OCTOBER = datetime(2026, 10, 12, 12, tzinfo=UTC)


def seen(what, people, **values):
    for number in range(people):
        make.browsing_record(None, **({"visitor_id": f"{what}-{number}", "what": what, "at": OCTOBER} | values))


def figures(*words):
    out = io.StringIO()
    call_command("visit_figures", *words, stdout=out)
    return list(csv.reader(io.StringIO(out.getvalue())))


def test_mad_14_ten_people_are_a_number_and_nine_are_nobody():
    seen("boots", 10), seen("my name is Anna", 9)
    assert figures("2026-10") == [["kind", "page or words", "people"], ["search", "boots", "10"]]
    assert len(figures("2026-10", "--least", "11")) == 1


def test_mad_14_one_customer_with_ten_browsers_is_one_person_and_a_restricted_one_is_none():
    mary = make.customer()
    for number in range(10):
        make.browsing_record(mary, visitor_id=f"m{number}", what="boots", at=OCTOBER)
    seen("boots", 8)
    assert len(figures("2026-10")) == 1
    peter = make.customer()
    make.browsing_record(peter, visitor_id="p", what="boots", at=OCTOBER)
    assert figures("2026-10")[1:] == [["search", "boots", "10"]]
    make.restriction(peter, "article_18", lifted_at=None, lifted_by="", lift_proposed_by="")
    assert len(figures("2026-10")) == 1


def test_mad_14_months_begin_and_end_at_the_shop_s_midnight_and_are_never_cut():
    seen("boots", 10, at=datetime(2026, 9, 30, 23, 30, tzinfo=UTC))
    assert len(figures("2026-09")) == 1, "in London it was October already"
    assert len(figures("2026-10")) == 2
    seen("coats", 10, at=datetime(2026, 12, 31, 12, tzinfo=UTC))
    assert len(figures("2026-12")) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [(["2026-13"], "2026-10"), (["October"], "2026-10"), (["2026-10", "--least", "9"], "fewer than 10")],
)
def test_bad_input_is_one_clear_line(words, why):
    with pytest.raises(CommandError, match=why):
        figures(*words)
