"""An erasure finds one person's rows among everybody's by index: no table of people is read from end to end."""

import re
from datetime import date

import pytest
from django.db import connection

from privacy import erasure
from privacy.personal_data import declarations
from tests import make

READS = ("SELECT", "DELETE", "UPDATE")


def plans_of(statements):
    """How SQLite goes through its tables for each statement."""
    with connection.cursor() as cursor:
        for sql in statements:
            if sql.split(" ", 1)[0] in READS:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"), [])
                yield from ((row[3], sql) for row in cursor.fetchall())


def scanned(plan, sql):
    """The table that a line of a plan reads from end to end, by its name, whatever the statement calls it."""
    found = re.match(r"SCAN (\w+)", plan)
    called = found and re.search(rf'"(\w+)" {found[1]}\b', sql)
    return called[1] if called else found and found[1]


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's plans do not change with the size of a table")
def test_no_table_of_people_is_read_from_end_to_end():
    mary = make.customer(login=True)
    make.everything(mary, declarations())
    said: list[str] = []
    connection.connection.set_trace_callback(said.append)
    try:
        erasure.erase(mary, today=date(2026, 11, 30), actor="system:test")
    finally:
        connection.connection.set_trace_callback(None)
    of_people = {one.model._meta.db_table for one in declarations() if one.data_subject}
    whole = {(table, sql[:300]) for plan, sql in plans_of(said) if (table := scanned(plan, sql)) in of_people}
    assert len(said) > 50 and not whole, whole
