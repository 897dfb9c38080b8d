"""Which no stays when the address at which it was said goes? On the list, as a hash; so a bought list cannot use it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from customers.models import Address, Customer, EmailAddress
from privacy import choice_calls, consent, corrections, jobs, suppression
from privacy.jobs import Job
from privacy.notices import OutgoingEmail
from privacy.vocabulary import Channel, Sender, Source
from tests import make, purging

pytestmark = pytest.mark.django_db
EMAIL, SMS, PHONE, POST = Channel


def no(person, channel=EMAIL, senders=(Sender.OWN,), **values):
    consent.withdraw_marketing(person, channels=[channel], senders=senders, source=Source.WEB, actor="test", **values)


def move(person, model, **values):
    rows = model.objects.filter(**({"pk": person.pk} if model is Customer else {"customer": person}))
    corrections.correct(person, model.personal_data, rows.get().pk, values, actor=person, proven=True)


@pytest.fixture
def mary():
    return make.customer("old@example.com", phone="020 7946 0001", display_name="Mary Smith")


def test_an_address_that_she_left_stays_unwritten_to_where_she_had_said_no(mary):
    said = datetime(2026, 2, 3, 12, tzinfo=UTC)
    make.grant(mary)
    no(mary, occurred_at=said)
    move(mary, EmailAddress, address="new@example.com")
    assert suppression.is_suppressed("old@example.com")
    row = suppression.Suppression.objects.get()
    assert (row.reason, row.source, row.since, row.sender) == ("objection", "web", said, "own")
    assert not suppression.is_suppressed("new@example.com"), "what is hers now hangs on her own word"


def test_without_a_no_or_after_a_later_yes_nothing_is_put_on_the_list(mary):
    make.grant(mary)
    move(mary, EmailAddress, address="new@example.com")
    no(mary, occurred_at=make.LONG_AGO + timedelta(days=1))
    make.grant(mary, occurred_at=make.LONG_AGO + timedelta(days=2))
    move(mary, EmailAddress, address="newer@example.com")
    assert not suppression.Suppression.objects.exists()


def test_an_address_that_somebody_else_still_has_is_left_alone(mary):
    make.customer("old@example.com")
    no(mary)
    move(mary, EmailAddress, address="new@example.com")
    assert not suppression.is_suppressed("old@example.com")


@pytest.mark.parametrize("channel", [SMS, PHONE])
def test_a_phone_number_stays_uncalled(mary, channel):
    no(mary, channel, senders=list(Sender))
    move(mary, Customer, phone="020 7946 0002")
    for sender in Sender:
        assert suppression.is_suppressed("+44 20 7946 0001", channel=channel, sender=sender)
    other = PHONE if channel == SMS else SMS
    assert not suppression.is_suppressed("+44 20 7946 0001", channel=other), "she said no to the other road alone"
    assert not suppression.is_suppressed("020 7946 0002", channel=channel)


def test_a_letter_box_stays_empty(mary):
    make.address(mary, postcode="SW1A 1AA")
    no(mary, POST)
    move(mary, Address, postcode="N1 9GU")
    assert suppression.is_suppressed(suppression.postal("M. Smith", "sw1a1aa"), channel=POST)
    assert not suppression.is_suppressed(suppression.postal("M. Smith", "N1 9GU"), channel=POST)


def test_a_mailing_tool_hears_of_the_address_that_she_left(mary):
    make.recipient(
        "Letterbox", group="service", fields=["email"], hears="advertising", notice_url="https://tool.example/",
        notice_secret=b"whsec_" + b"a" * 32,
    )  # fmt: skip
    no(mary)
    before = choice_calls.ChoiceLine.objects.count()
    move(mary, EmailAddress, address="new@example.com")
    assert choice_calls.ChoiceLine.objects.count() == before + 1


def test_whoever_is_forgotten_after_years_is_not_brought_back_by_a_list_of_her_no(mary):
    with time_machine.travel(datetime(2026, 6, 1, 3, tzinfo=UTC), tick=False) as clock:
        Customer.objects.filter(pk=mary.pk).update(last_active_at=datetime(2023, 6, 30, 12, tzinfo=UTC))
        willing = make.customer("yes@example.com", last_active_at=datetime(2023, 6, 30, 12, tzinfo=UTC))
        make.grant(willing)
        no(mary, occurred_at=make.LONG_AGO)
        for day in (date(2026, 6, 1), date(2026, 7, 2)):
            clock.move_to(datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=3))
            purging.purge(day)
            for letter in OutgoingEmail.objects.filter(job_state=Job.State.NEW):
                jobs.work("privacy.outgoingemail", letter.pk)
        assert not EmailAddress.objects.filter(address="old@example.com").exists(), "forgotten"
        assert suppression.is_suppressed("old@example.com") and not suppression.is_suppressed("yes@example.com")
