"""Somebody with an old copy of the database finds nobody in the new one, except by what is named here (Recital 26)."""

from datetime import date, datetime

import pytest
from allauth.account.models import EmailAddress as LoginAddress
from django.db import connection
from django.utils import timezone

from customers.models import Account, Customer, Order
from privacy import erasure, jobs
from privacy.fields import ERASED
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from tests import make

pytestmark = pytest.mark.django_db
KEY = 7_700_001
FAR = date(2099, 1, 1)
OTHER_NAMES = ("privacy.NoticeShown", "privacy.ErasureCertificate", "privacy.ReplayedErasure")
SHORTEST = 6


def dump():
    """Every cell of every table, as text, by table and column."""
    found: dict[tuple[str, str], set[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    found.setdefault((table, column), set()).update(words(value))
    return found


def words(value):
    """A cell as somebody could compare it; short words and small numbers say nothing by themselves."""
    if isinstance(value, datetime | date):
        value = value.isoformat()
    if isinstance(value, bytes | memoryview):
        value = bytes(value).hex()
    text = str(value).lower().strip()
    return {text} if len(text) >= SHORTEST and text not in ("false", "true") else set()


def everything_of(person):
    make.everything(person, [said for said in declarations() if said.label not in OTHER_NAMES])


def joined(before, after, hers):
    """The columns in which a value that was hers alone stands again."""
    return {place for place, values in after.items() if values & hers}


@pytest.fixture
def before():
    """A database with two people, and the values that only one of them has."""
    john = make.customer("john@example.org", login=True)
    everything_of(john)
    before_her = dump()
    mary = make.customer("mary@example.com", login=True, pk=KEY, phone="+44 20 7946 0958")
    everything_of(mary)
    with_her = dump()
    shared = set().union(*before_her.values())
    return with_her, set().union(*with_her.values()) - shared - of_others(with_her), mary


def of_others(copy):
    """Colleagues, recipients and policies that her records made on the way: nothing of hers."""
    tables = ("privacy_recipient", "privacy_policyversion")
    found = {value for (table, _), values in copy.items() if table in tables for value in values}
    for colleague in Account.objects.filter(is_staff=True).values():
        found.update(*(words(value) for value in colleague.values()))
    for address in LoginAddress.objects.filter(user__is_staff=True).values():
        found.update(*(words(value) for value in address.values()))
    return found


def test_nothing_of_hers_can_be_joined_but_what_is_named(before):
    copy, hers, mary = before
    assert {("customers_customer", "number"), ("customers_account", "email"), ("customers_order", "number")} <= {
        place for place, values in copy.items() if values & hers
    }, "the copy knows her"
    erasure.erase(mary, today=FAR, actor="test")
    assert jobs.work("privacy.outgoingemail", OutgoingEmail.objects.get(template="erasure_done").pk)
    found = joined(copy, dump(), hers)
    named = {f"{table}.{column}" for table, column in found}
    assert named == MAY_BE_JOINED, "\n".join(sorted(named ^ MAY_BE_JOINED))


# Decision 123: the key by which kept rows hang together, and what says nothing about anybody.
MAY_BE_JOINED = {
    # Emptied rows keep their key, and the days of an account that is nobody's any more.
    "customers_customer.id", "customers_customer.created_at", "customers_customer.last_active_at",
    "customers_account.date_joined", "customers_order.customer_id",
    # A request is kept without its words: that it was answered has to be provable.
    "privacy_datasubjectrequest.data_subject_id", "privacy_datasubjectrequest.reference",
    "privacy_datasubjectrequest.idempotency_key",
    # The log holds references, and must not be changed by anybody.
    "privacy_auditentry.actor", "privacy_auditentry.subject", "privacy_auditentry.target", "privacy_auditentry.at",
    "privacy_auditentry.hash", "privacy_auditentry.previous_hash",
    # A call to a machine about many people's choices: when it was written, as in the log. Its lines are gone with her.
    "privacy_choicecall.created_at", "privacy_choicecall.run_after",
}  # fmt: skip


def test_an_emptied_value_stands_for_nobody_and_is_another_for_each_row():
    people = [make.customer(login=True) for _ in range(3)]
    for person in people:
        make.order(person)
        erasure.erase(person, today=FAR, actor="test")
    for model, column in ((Customer, "number"), (Order, "number"), (Account, "email")):
        values = list(model._base_manager.filter(**{f"{column}__startswith": ERASED}).values_list(column, flat=True))
        assert len(values) == len(set(values)) == 3
        assert not [one for one in values if any(str(person.pk) == one.split("-")[1] for person in people)]
        again = [said for said in declarations() if said.model is model]
        assert not again[0].rows.filter(again[0].not_yet_blank()).filter(**{f"{column}__in": values}).exists()


def test_whoever_signs_up_under_a_name_like_that_is_still_erased():
    mary = make.customer("erased-1@example.com", login=True)
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    account = make.login_of(mary)
    account.refresh_from_db()
    assert account.email.endswith("@erased.invalid") and not account.is_active
