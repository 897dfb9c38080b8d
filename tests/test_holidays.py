"""Which holidays the clock counts, and where they come from; settings add and cancel days of the shop's own law."""

import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from privacy import deadlines
from privacy.deadlines import calendars, clock, runs

ROOT = Path(__file__).parent.parent


@pytest.fixture
def changed(settings):
    """The shop's days changed; what the clock has kept in memory is forgotten, before and after."""
    kept = [calendars._holidays, calendars.roll, runs._count, clock._plain, clock._all_plain]
    for cache in kept:
        cache.cache_clear()
    settings.HOLIDAYS_ADDED = {date(2026, 10, 5): "Jubilee"}
    settings.HOLIDAYS_CANCELLED = {date(2026, 12, 28): ""}
    yield
    for cache in kept:
        cache.cache_clear()


def printed(**options):
    out = io.StringIO()
    call_command("holidays", stdout=out, **options)
    return out.getvalue().splitlines()


def test_the_command_names_the_days_of_a_year_and_who_says_so():
    lines = printed(year=2026)
    assert "2026-12-28 Mon  Boxing Day (observed)  [python-holidays 0.109]" in lines
    assert all(deadlines.is_working_day("GB", date.fromisoformat(line[:10])) is False for line in lines)
    assert len(printed(year=2026, jurisdiction="DE")) == 9
    assert printed(year=2026, jurisdiction="EU") == ["EU: no public holidays are known, only weekends are free"]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"year": 2101}, "known from"), ({"year": 0}, "known from"), ({"jurisdiction": "XX"}, "unknown jurisdiction")],
)
def test_a_year_or_place_that_is_not_known_is_one_clear_line(options, words):
    with pytest.raises(CommandError, match=words):
        printed(**options)


def test_a_proclaimed_holiday_moves_the_last_day_and_a_cancelled_one_does_not_any_more(changed):
    assert deadlines.deadline("GB", "access", date(2026, 9, 3)).due_on == date(2026, 10, 6)
    assert deadlines.deadline("GB", "access", date(2026, 11, 25)).due_on == date(2026, 12, 28)
    assert "a holiday (Jubilee)" in " ".join(deadlines.deadline("GB", "access", date(2026, 9, 5)).reasons)
    assert deadlines.deadline("FR", "access", date(2026, 9, 5)).due_on == date(2026, 10, 5), "another place's law"
    lines = printed(year=2026)
    assert "2026-10-05 Mon  Jubilee  [HOLIDAYS_ADDED]" in lines
    assert "2026-12-28 Mon  Boxing Day (observed) (cancelled: a working day)  [HOLIDAYS_CANCELLED]" in lines


def test_a_setting_that_is_no_day_stops_the_start_with_one_line():
    environment = os.environ | {"HOLIDAYS_ADDED": "2027-06-31 Jubilee"}
    argv = [sys.executable, "manage.py", "holidays"]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "HOLIDAYS_ADDED must be days such as 2027-06-03, not '2027-06-31'." in done.stderr
