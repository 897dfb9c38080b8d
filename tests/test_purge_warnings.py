"""Whoever was away for long is told by email before she is forgotten, and is kept when she says so."""

import smtplib
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client

from customers.models import Account, Address, Customer, EmailAddress, NewsletterSubscription
from privacy import jobs, restrictions
from privacy.jobs import Job
from privacy.notices import OutgoingEmail
from privacy.purge import InactivityWarning, PurgeLine, purge, warnings
from tests import make, purging

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 6, 1, 3, tzinfo=UTC)
# Her three years end on the last day of June: from 1 July on she may be forgotten.
LAST_SEEN = datetime(2023, 6, 30, 12, tzinfo=UTC)
ENDS = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NIGHT, tick=False) as clock:
        yield clock


@pytest.fixture
def mary():
    mary = make.customer("mary@example.com", login=True, last_active_at=LAST_SEEN)
    make.address(mary)
    return mary


def night(clock, day, *, letters_leave=True):
    """The purge of this night, and the worker's morning after it."""
    clock.move_to(datetime.combine(day, time(3), tzinfo=UTC))
    lines = purging.purge(day)
    for letter in OutgoingEmail.objects.filter(job_state=Job.State.NEW) if letters_leave else ():
        jobs.work("privacy.outgoingemail", letter.pk)
    return lines


def letters():
    return OutgoingEmail.objects.filter(template="inactivity_warning").order_by("pk")


def is_there(customer):
    return (
        EmailAddress.objects.filter(customer=customer).exists() and Address.objects.filter(customer=customer).exists()
    )


def test_she_is_told_thirty_days_before_and_forgotten_on_the_day_that_the_letter_names(mary, clock):
    assert night(clock, date(2026, 5, 31))["customers.Customer"].due == 0
    assert not letters().exists()
    night(clock, date(2026, 6, 1))
    letter = letters().get()
    assert letter.to_address == "mary@example.com"
    assert "2 July 2026" in letter.subject and "2 July 2026" in letter.text
    night(clock, date(2026, 6, 2))
    night(clock, date(2026, 7, 1))
    assert letters().count() == 1, "once, and not every night"
    assert is_there(mary), "on the night before the day that the letter names"
    night(clock, date(2026, 7, 2))
    assert not is_there(mary) and not Customer.objects.filter(pk=mary.pk, display_name=mary.display_name).exists()
    assert not Account.objects.filter(email="mary@example.com").exists()


def test_nobody_is_forgotten_before_her_warning_left_and_everything_of_hers_waits_together(mary, clock):
    night(clock, date(2026, 6, 1), letters_leave=False)
    lines = night(clock, date(2026, 9, 1), letters_leave=False)
    for label in ("customers.Customer", "customers.EmailAddress", "customers.Address", "customers.Account"):
        line = PurgeLine.objects.filter(run=lines[label].run, model=label).get()
        assert (line.due, line.waiting, line.deleted + line.anonymised) == (1, 1, 0), label
    night(clock, date(2026, 9, 2))
    night(clock, date(2026, 9, 3))
    assert night(clock, date(2026, 10, 2))["customers.Customer"].waiting == 1, "29 days after it left"
    night(clock, date(2026, 10, 4))
    assert not is_there(mary)


def test_whoever_was_away_for_years_already_is_warned_first(clock):
    """The first night after this rule came to a shop that has run for long."""
    old = make.customer("old@example.com", last_active_at=make.LONG_AGO)
    make.address(old)
    night(clock, date(2026, 6, 1))
    assert letters().get().to_address == "old@example.com" and is_there(old)
    night(clock, date(2026, 6, 2))
    night(clock, date(2026, 7, 1))
    assert is_there(old)
    night(clock, date(2026, 7, 2))
    assert not is_there(old)


def test_signing_in_keeps_her_and_three_years_later_she_is_asked_again(mary, clock):
    night(clock, date(2026, 6, 1))
    mary.touch(NIGHT + timedelta(days=20))
    night(clock, date(2026, 6, 25))
    night(clock, date(2026, 7, 5))
    assert is_there(mary) and letters().count() == 1
    night(clock, date(2029, 6, 1))
    assert letters().get().created_at.year == 2029 and is_there(mary), "the first letter went after its 90 days"


def test_the_link_keeps_her_after_a_press_and_not_when_it_is_opened(mary, clock):
    night(clock, date(2026, 6, 1))
    link = next(word for word in letters().get().text.split() if "/keep/" in word)
    path = link.partition("://")[2].partition("/")[2]
    page = Client().get(f"/{path}")
    assert page.status_code == 200 and b"mary" not in page.content.lower()
    assert Client().head(f"/{path}").status_code == 200
    mary.refresh_from_db()
    assert mary.last_active_at == LAST_SEEN, "link scanners open everything"
    assert Client().post(f"/{path}").status_code == 200
    mary.refresh_from_db()
    assert mary.last_active_at > LAST_SEEN
    assert Client().post("/keep/abc/").status_code == 404
    night(clock, date(2026, 6, 2))
    night(clock, date(2026, 7, 5))
    assert is_there(mary)


def test_a_guest_is_told_of_the_link_and_not_of_a_login(clock):
    make.customer("guest@example.com", last_active_at=LAST_SEEN)
    night(clock, date(2026, 6, 1))
    assert "/keep/" in letters().get().text and "igning in" not in letters().get().text


@pytest.mark.parametrize("error", [
    smtplib.SMTPRecipientsRefused({"mary@example.com": (550, b"no such user")}), smtplib.SMTPDataError(554, b"no"),
])  # fmt: skip
def test_a_warning_that_no_server_takes_does_not_hold_for_ever(mary, clock, monkeypatch, error):
    def refuses(self, messages):
        raise error

    monkeypatch.setattr("config.mail.GatedBackend.send_messages", refuses)
    night(clock, date(2026, 6, 1))
    assert letters().get().job_state == "done", "nobody need look"
    night(clock, date(2026, 6, 2))
    night(clock, date(2026, 7, 1))
    assert is_there(mary)
    night(clock, date(2026, 7, 2))
    assert not is_there(mary)


def test_without_an_address_she_goes_on_her_day(clock):
    nobody = make.customer("x@example.com", last_active_at=LAST_SEEN)
    make.address(nobody)
    EmailAddress.objects.filter(customer=nobody).delete()
    night(clock, ENDS - timedelta(days=1))
    assert Address.objects.filter(customer=nobody).exists()
    night(clock, ENDS)
    assert not Address.objects.filter(customer=nobody).exists() and not letters().exists()


@pytest.mark.parametrize("kind", restrictions.Restriction.Kind.values)
def test_the_restricted_and_held_get_no_letter_and_stay(mary, clock, kind):
    make.restriction(mary, kind, lifted_at=None, lift_proposed_by="", lifted_by="")
    night(clock, date(2026, 6, 1))
    night(clock, date(2026, 9, 1))
    assert not letters().exists() and is_there(mary)


def test_whoever_has_something_open_with_us_gets_none_until_it_is_closed(mary, clock):
    case = make.case(mary, "enquiry")
    night(clock, date(2026, 6, 1))
    assert not letters().exists()
    type(case).objects.filter(pk=case.pk).update(state="completed", closed_at=NIGHT)
    night(clock, date(2026, 8, 1))
    assert letters().count() == 1 and is_there(mary)


def test_run_twice_or_by_two_it_writes_one_letter_each_in_batches(clock, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(warnings, "BATCH", 5)
    for number in range(12):
        make.customer(f"p{number}@example.com", last_active_at=LAST_SEEN)
    assert warnings.warn(date(2026, 6, 1), NIGHT) == 12
    assert warnings.warn(date(2026, 6, 1), NIGHT) == 0
    assert letters().count() == InactivityWarning.objects.count() == 12
    assert len({letter.text for letter in letters()}) == 12, "each has a link of her own"


def test_the_days_are_a_setting(mary, clock, settings):
    settings.PURGE_WARNING_DAYS = 10
    night(clock, date(2026, 6, 15))
    assert not letters().exists()
    night(clock, date(2026, 6, 21))
    assert "2 July 2026" in letters().get().text


# --- sign-ups that nobody confirmed (LAW D8) -------------------------------------------------------------


def test_a_newsletter_sign_up_that_was_never_confirmed_goes_after_seven_days(mary, clock):
    at = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # the second of June in London
    make.newsletter(mary, requested_at=at, confirmed_at=None)
    confirmed = make.newsletter(mary, requested_at=at, confirmed_at=at)
    assert night(clock, date(2026, 6, 9))["customers.NewsletterSubscription"].due == 0
    assert night(clock, date(2026, 6, 10))["customers.NewsletterSubscription"].deleted == 1
    assert NewsletterSubscription.objects.get() == confirmed


def test_an_account_whose_address_was_never_verified_goes_after_seven_days(mary, clock):
    stranger = make.account("never@example.com", date_joined=NIGHT)
    stranger.emailaddress_set.update(verified=False)
    assert stranger.emailaddress_set.count() == 1
    colleague = make.staff(date_joined=NIGHT)
    proven = make.account("proven@example.com", date_joined=NIGHT)
    left = make.account("left@example.com", date_joined=NIGHT, last_login=NIGHT)
    left.emailaddress_set.all().delete()
    night(clock, date(2026, 6, 8))
    assert Account.objects.filter(email="never@example.com").exists()
    night(clock, date(2026, 6, 9))
    assert not Account.objects.filter(pk=stranger.pk).exists()
    left.refresh_from_db()
    assert left.email == "left@example.com", "a colleague of the past stays who she was"
    assert Account.objects.filter(pk__in=[colleague.pk, proven.pk, left.pk, mary.account_id]).count() == 4
    assert purge(today=date(2026, 6, 10))
    assert Account.objects.filter(pk__in=[colleague.pk, proven.pk, left.pk, mary.account_id]).count() == 4
