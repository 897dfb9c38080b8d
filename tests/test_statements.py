"""Many values asked for in one, and moments read at speed, say what the ordinary ways say."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection, models
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from customers.models import EmailAddress
from privacy.statements import BETWEEN, Among

pytestmark = pytest.mark.django_db
WORDS = EmailAddress._meta.get_field("address")
LOOSE = models.CharField()
FIRST, LAST = (datetime(year, 12, 30, tzinfo=UTC).replace(tzinfo=None) for year in (1000, 9998))
moments = st.datetimes(FIRST, LAST, timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]))


def read_back(values):
    """What the database makes of them, in its own words."""
    compiler = EmailAddress.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(Among(values, LOOSE))
    with connection.cursor() as cursor:
        cursor.execute(sql[1:-1], params)
        return [row[0] for row in cursor.fetchall()]


@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_each_value_arrives_as_it_was(values):
    assert read_back(values) == values


@pytest.mark.parametrize(
    "values", [[""], ["", ""], [BETWEEN], ["a", f"b{BETWEEN}c", ""], ["NULL", "{}", '"', "\\", ","]]
)
def test_so_do_empty_and_awkward_ones(values):
    assert read_back(values) == values


@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(moments, min_size=1, max_size=5))
def test_a_moment_is_read_back_as_it_was_written(given_moments):
    if connection.vendor != "postgresql":
        given_moments = [one.astimezone(UTC).replace(tzinfo=None) for one in given_moments]
    for one in given_moments:
        with connection.cursor() as cursor:
            kind = "timestamptz" if connection.vendor == "postgresql" else "text"
            cursor.execute(f"SELECT CAST(%s AS {kind})", [one])
            (read,) = cursor.fetchone()
        assert (datetime.fromisoformat(read) if isinstance(read, str) else read) == one


def test_every_connection_reads_moments_so():
    if connection.vendor == "sqlite":
        assert connection.connection is not None, "has no such reader, and works without"
        return
    with connection.cursor() as cursor:
        reader = cursor.connection.adapters.get_loader(1184, 0)
        assert reader.__module__ == "privacy.statements"
        cursor.execute("SELECT '0044-03-15 12:00:00+00'::timestamptz, '2026-01-01 12:00:00.5+02'::timestamptz")
        assert cursor.fetchone() == (
            datetime(44, 3, 15, 12, tzinfo=UTC), datetime(2026, 1, 1, 10, 0, 0, 500000, tzinfo=UTC)
        )  # fmt: skip
