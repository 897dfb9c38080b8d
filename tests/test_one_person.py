"""Statements that are written down once and said of everybody: they must say of each what the ORM would say of her."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, models
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, EmailAddress, Enquiry, Order
from privacy import erasure, export, one_person
from privacy.personal_data import Retention
from tests import make

pytestmark = pytest.mark.django_db


def enquiries():
    rows = Enquiry.personal_data.of(one_person.stand_in(Customer)).order_by()
    return one_person.asked(Customer, [one_person.written(rows.values_list("pk"))])


def test_what_is_written_down_for_nobody_is_answered_for_each():
    mary, joan, eve = make.customer(), make.customer(), make.customer()
    hers, joans = {make.enquiry(mary).pk for _ in range(3)}, {make.enquiry(joan).pk}
    question = enquiries()
    answers = [{pk for (pk,) in question.rows(person)} for person in (mary, joan, eve, one_person.stand_in(Customer))]
    assert answers == [hers, joans, set(), set()]


def test_several_questions_are_one_statement_and_say_where_anything_is():
    mary = make.customer()
    make.enquiry(mary)
    nobody = one_person.stand_in(Customer)
    kinds = [Order, Enquiry, EmailAddress]
    parts = [one_person.written(kind.personal_data.of(nobody).order_by().values("pk")) for kind in kinds]
    with CaptureQueriesContext(connection) as said:
        found = one_person.where_anything_is(Customer, parts).rows(mary)
    assert (sorted(found), len(said)) == ([(1,), (2,)], 1)


def test_a_removal_is_overheard_without_reaching_the_database_and_then_takes_her_rows_alone():
    mary, joan = make.customer(), make.customer()
    for person in (mary, mary, joan):
        make.enquiry(person)
    removal = one_person.overheard(
        Customer, lambda nobody: Enquiry.personal_data.of(nobody).order_by()._raw_delete(Enquiry.objects.db)
    )
    assert Enquiry.objects.count() == 3
    assert removal.run(mary) == 2 and list(Enquiry.objects.values_list("customer", flat=True)) == [joan.pk]


def test_signs_that_mean_something_to_the_driver_are_taken_as_they_stand():
    mary = make.customer(display_name="50% of $1 ?1 %s")
    rows = Customer.objects.filter(pk=one_person.stand_in(Customer).pk, display_name__contains="% of $1 ?1 %s")
    counted = rows.order_by().annotate(n=Count("pk")).values_list("n", "display_name")
    question = one_person.asked(Customer, [one_person.written(counted)])
    assert question.rows(mary) == [(1, "50% of $1 ?1 %s")] and question.rows(make.customer()) == []


def test_a_statement_in_which_her_key_does_not_stand_is_refused():
    """It would be said of everybody."""
    with pytest.raises(one_person.CannotBeLeftOpen):
        one_person.asked(Customer, [one_person.written(Enquiry.objects.order_by().values_list("pk"))])
    with pytest.raises(one_person.CannotBeLeftOpen):
        one_person.stand_in(SimpleNamespace(_meta=SimpleNamespace(pk=models.JSONField(), label="shop.Odd")))


def test_people_may_have_keys_of_letters():
    lettered = SimpleNamespace(pk=models.CharField())
    model = type("Lettered", (SimpleNamespace,), {"_meta": lettered})
    assert one_person.stand_in(model).pk == "key-of-nobody-7111333777555"


def test_a_rule_that_changes_counts_at_once_though_it_was_written_down_before(monkeypatch):
    mary = make.customer()
    order = make.order(mary)
    day = order.placed_on + timedelta(days=400)
    kept = [line for line in erasure.preview(mary, day) if line.model == "customers.Order"]
    monkeypatch.setattr(Order.personal_data, "retention", Retention(since="placed_on", years=1, required_by="a law"))
    goes = [line for line in erasure.preview(mary, day) if line.model == "customers.Order"]
    assert (kept[0].kept, kept[0].goes, goes[0].kept, goes[0].goes) == (1, 0, 0, 1)
    tomorrow = [line for line in erasure.preview(mary, order.placed_on) if line.model == "customers.Order"]
    assert tomorrow[0].kept == 1, "and every day has its own"


def test_a_copy_counts_what_came_after_its_question_was_written_down():
    mary = make.customer()
    before = {table.name: table.count for table in export.collect(mary).tables}
    make.enquiry(mary), make.enquiry(mary)
    after = {table.name: table.count for table in export.collect(mary).tables}
    assert ("customers.enquiry" in before, after["customers.enquiry"]) == (False, 2)
