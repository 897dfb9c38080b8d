"""A list of very many: each row says what that person alone would be told, and no batch costs more than another."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from customers.models import Customer, EmailAddress
from privacy import data_subjects, gate, suppression
from privacy.consent import ConsentEntry
from privacy.csv_files import Table
from privacy.gate import asking, mailing_list, words
from privacy.statements import Among
from privacy.vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
moments = st.integers(0, 900 * 24).map(lambda hours: NOW - timedelta(hours=hours))
entries = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from([Purpose.MARKETING, Purpose.MARKETING, Purpose.PARTNER_OFFERS]),
        "channel": st.sampled_from(["email", "email", "sms", ""]), "sender": st.sampled_from(["own", "third_party"]),
        "decision": st.sampled_from([Decision.GRANTED, Decision.GRANTED, Decision.WITHDRAWN]),
        "source": st.sampled_from([Source.WEB, Source.LETTER, Source.POLICY_ACCEPTANCE]),
        "lawful_basis": st.sampled_from([LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTERESTS]),
        "occasion": st.none() | st.sampled_from(Occasion), "wording": st.sampled_from(["", "May we?"]),
        "occurred_at": moments,
    }
)  # fmt: skip
people = st.fixed_dictionaries(
    {
        "entries": st.lists(entries, max_size=4), "born": st.none() | st.sampled_from([2019, 2012, 2009, 1980]),
        "erased": st.booleans().flatmap(lambda yes: moments if yes else st.none()),
        "deeds": st.sets(st.sampled_from(["order", "address", "guardian", "restricted", "listed", "second"])),
        "shares": st.booleans(),
    }
)  # fmt: skip


def planted(history, address):
    """A person with this history, whose address an earlier one may have too."""
    born = history["born"] and date(history["born"], 6, 1)
    person = make.customer(address, date_of_birth=born, erased_at=history["erased"], phone="020 7946 0123")
    rows = [ConsentEntry(data_subject=person, actor="test", **one) for one in history["entries"]]
    ConsentEntry.objects.bulk_create(rows)
    deeds = {
        "order": lambda: make.order(person), "address": lambda: make.address(person, country="DE"),
        "guardian": lambda: make.guardian_consent(person), "second": lambda: make.email_address(person),
        "restricted": lambda: make.restriction(person, "article_18", lifted_at=None, lifted_by="", lift_proposed_by=""),
        "listed": lambda: suppression.suppress(address, reason="objection", senders=["own"], since=make.LONG_AGO),
    }  # fmt: skip
    if not born or born.year < 2010:
        for deed in sorted(history["deeds"]):
            deeds[deed]()
    return Customer.objects.get(pk=person.pk)


def alone(owners, **asked):
    """What is said of them one by one: yes if each may be written to, with the reasons of whoever decides."""
    answers = [gate.may_contact(one, **asked, at=NOW) for one in owners]
    allowed = all(one.allowed for one in answers)
    reasons = [reason for one in answers if one.allowed == allowed for reason in one.reasons]
    return allowed, list(dict.fromkeys(reasons))


@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    histories=st.lists(people, min_size=2, max_size=7), channel=st.sampled_from(["email", "email", "sms", "post"]),
    content=st.sampled_from(list(Sender)), batch=st.integers(1, 8),
)  # fmt: skip
def test_many_are_told_what_each_would_be_told_alone(histories, channel, content, batch):
    owners: dict[str, list[Customer]] = {}
    named = []
    for history in histories:
        before = list(owners)
        address = before[0] if before and history["shares"] else f"p{next(make._counter)}@example.com"
        person = planted(history, address)
        owners.setdefault(address, []).append(person)
        named.append(person)
    asked = {"channel": channel, "sender": "own", "content": content}
    by_email = [asked | {"email": address.upper(), "at": NOW.isoformat()} for address in owners]
    by_number = [asked | {"customer": person.number, "at": NOW.isoformat()} for person in named]
    told = [answer for _asked, answer in asking.contacts_answered([*by_email, *by_number], batch)]
    of_address = [
        alone(whose, **asked, **({"address": address} if channel == "email" else {}))
        for address, whose in owners.items()
    ]
    assert [(one.allowed, one.reasons) for one in told] == of_address + [alone([one], **asked) for one in named]


def listed(count):
    """A list of so many, all of whom said yes."""
    found = [make.customer(f"m{next(make._counter)}@example.com") for _ in range(count)]
    for person in found:
        make.grant(person)
    return "email\n" + "".join(f"{person.contact_email}\n" for person in found)


def scrubbed(text, out=None):
    """The rows that come back."""
    out = out or io.StringIO()
    mailing_list.scrub(Table(io.BytesIO(text.encode())), out, channel=Channel.EMAIL, sender=Sender.OWN)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_each_batch_of_a_list_costs_the_same_few_statements_with_one_array_each(monkeypatch):
    monkeypatch.setattr(mailing_list, "BATCH", 10)
    text, costs = listed(40), {}
    for rows in (10, 40):
        some = "".join(text.splitlines(keepends=True)[: rows + 1])
        with CaptureQueriesContext(
            connection,
        ) as said:
            assert [row["allowed"] for row in scrubbed(some)] == ["true"] * rows
        costs[rows] = len(said)
    assert costs == {10: 3, 40: 12}


def test_no_more_of_a_list_is_read_than_the_batch_that_is_being_answered(monkeypatch):
    monkeypatch.setattr(mailing_list, "BATCH", 10)
    text, ahead = listed(35), []

    class Counting(io.BytesIO):
        """Knows how many lines were taken."""

        lines = 0

        def readline(self, *size):
            self.lines += 1
            return super().readline(*size)

    file = Counting(text.encode())

    class Out(io.StringIO):
        """Notes at each row written how many lines were read beyond it."""

        lines = 0

        def write(self, row):
            self.lines += 1
            ahead.append(file.lines - self.lines)
            return super().write(row)

    mailing_list.scrub(Table(file), Out(), channel=Channel.EMAIL, sender=Sender.OWN)
    assert len(ahead) == 36 and max(ahead) <= 10


def test_a_glimpse_says_of_a_person_what_she_herself_says_and_other_shops_get_the_person(monkeypatch):
    person = Customer.objects.get(pk=make.customer("one@example.com", phone="1", erased_at=NOW).pk)
    address = make.email_address(person, "two@example.com").address
    asked = {"email": [person.contact_email, address], "customer": [person.number]}
    rows = [{by: value} for by, values in asked.items() for value in values]
    for briefly, kind in ((True, data_subjects.Glimpse), (False, Customer)):
        named = data_subjects.Named.of(rows, briefly=briefly)
        for [found] in map(named.whom, rows):
            assert type(found) is kind
            for name in data_subjects.Glimpse._fields:
                assert getattr(found, name) == getattr(person, name)
    assert data_subjects.can_be_glimpsed(Customer) and not data_subjects.can_be_glimpsed(EmailAddress)
    monkeypatch.setattr(data_subjects, "can_be_glimpsed", lambda _model: False)
    elsewhere = data_subjects.Named.of(rows, briefly=True)
    assert [type(found) for [found] in map(elsewhere.whom, rows)] == [Customer] * 3


def test_values_in_one_array_find_what_they_find_one_by_one():
    found = [make.customer(f"{name}@example.com") for name in ("a", "o'neil", 'q"t', "zoë")]
    column = EmailAddress._meta.get_field("address")
    known = [person.contact_email for person in found]
    rows = EmailAddress.objects.order_by("pk")
    for asked in (known, known[:1], [*known, "who@example.com"], [], ["a@example.com" + "m" * 500, "{}", "%s"]):
        assert list(rows.filter(address__in=Among(asked, column))) == list(rows.filter(address__in=asked))
    pks = [person.pk for person in found]
    assert set(Customer.objects.filter(pk__in=data_subjects.among(pks))) == set(found)
    assert EmailAddress.objects.filter(customer__in=data_subjects.among(pks[:2])).count() == 2
    assert EmailAddress.objects.exclude(customer__in=data_subjects.among([])).count() == 4


def test_words_put_together_once_are_put_together_once_in_each_language():
    moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    for language, day, text in (("en-gb", "2 March 2026", "Yes"), ("de", "2 März 2026", "Ja"), ("en-gb", None, "Yes")):
        with translation.override(language):
            assert words.on(moment) == (day or "2 March 2026")
            assert words.translated("Yes") == text
            with words.one_place(), translation.override("fr"):
                assert words.translated("Yes") == text, "not looked up again in the meantime"
    assert words.on(datetime(2026, 7, 2, 23, 30, tzinfo=UTC)) == "3 July 2026", "the day in the shop"
