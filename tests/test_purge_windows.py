"""One batch of the purge costs what its own rows cost, however many are due after them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from customers.models import Customer
from privacy.append_only import PurgePermit
from privacy.consent import ConsentEntry
from privacy.personal_data import declaration_of
from privacy.purge import PurgeLine, PurgeRun, batches, windows
from tests import make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps both ends of an index itself")


def inactive(count):
    last = datetime(2019, 1, 1, tzinfo=UTC)
    Customer.objects.bulk_create(
        Customer(display_name="P", number=number, last_active_at=last + timedelta(minutes=n))
        for n, number in enumerate(Customer.objects.fresh_numbers(count))
    )


def steps(act):
    """What it does, and how many instructions of its machine SQLite needs for that, to the nearest ten."""
    counted = []
    connection.connection.set_progress_handler(lambda: counted.append(10), 10)
    try:
        return act(), sum(counted)
    finally:
        connection.connection.set_progress_handler(None, 0)


def cost_of_batches(walk):
    """Of the first batches one by one: those built anew, the one that is rehearsed, and one that is said again."""
    after, costs = (), []
    for _ in range(4):
        after, cost = steps(lambda: batches.batch(walk, after))  # noqa: B023
        costs.append(cost)
    return costs


@pytest.mark.once
@on_sqlite
def test_a_batch_costs_the_same_however_many_people_are_due_after_it(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 10)
    line, costs = a_line(), []
    for count in (100, 4_000):
        inactive(count)
        walk = batches.through_the_due(line, declaration_of(Customer), TODAY)
        costs.append(cost_of_batches(walk))
        assert Customer.objects.filter(display_name="").count() == 40
        Customer.objects.all().delete()
    few, many = costs
    assert min(few) > 0 and all(late < 1.3 * early for early, late in zip(few[1:], many[1:], strict=True)), costs


def test_old_choices_go_by_statements_said_again_but_not_the_last_one_and_not_those_of_somebody_on_hold(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 10)
    mary, joan = make.customer(), make.customer()
    for somebody in (mary, joan):
        for n in range(30):
            make.grant(somebody, occurred_at=make.LONG_AGO + timedelta(minutes=n))
    make.restriction(joan, lifted_at=None, lifted_by="")
    walk = batches.through_the_due(a_line(), declaration_of(ConsentEntry), TODAY)
    through(walk)
    assert ConsentEntry.objects.filter(data_subject=mary).count() == 1
    assert ConsentEntry.objects.filter(data_subject=joan).count() == 30
    assert all(walk.rehearsed.values()) and all(walk.way.worded.values()) and walk.rehearsed
    assert not PurgePermit.objects.exists()


def a_line():
    return PurgeLine.objects.create(run=PurgeRun.objects.create(today=TODAY), model="x")


def through(walk):
    after: tuple[Any, ...] | None = ()
    while after is not None:
        after = batches.batch(walk, after)
