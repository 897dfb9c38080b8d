"""Nobody gets more advertising than the shop has set, counted from what really left."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from config.environment import Environment
from config.mail import GatedBackend
from privacy import gate, mailings
from privacy.adverts import AdvertSent
from privacy.vocabulary import Channel
from tests import make
from tests.test_no_way_around import newsletter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def mary(settings):
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    settings.MARKETING_CAPS = {"email": (2, 30)}
    person = make.customer("mary@example.com")
    make.grant(person)
    return person


def send(person):
    """One newsletter, through both doors."""
    message = mailings.prepare(newsletter(person.contact_email), person)
    return GatedBackend().send_messages([message])


def test_mad_24_the_third_within_the_days_does_not_leave(mary):
    assert [send(mary), send(mary)] == [1, 1]
    with pytest.raises(mailings.MayNotLeave, match="got 2 by email within 30 days; more than 2 are not sent"):
        send(mary)
    assert len(mail.outbox) == AdvertSent.objects.count() == 2


def test_one_that_was_written_before_stays_at_the_door(mary):
    waiting = mailings.prepare(newsletter("mary@example.com"), mary)
    send(mary)
    send(mary)
    with pytest.raises(mailings.MayNotLeave, match="within 30 days"):
        GatedBackend().send_messages([waiting])


def test_what_did_not_leave_is_not_counted(mary, monkeypatch):
    def refuses(*_args):
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as patch:
        patch.setattr(mail.backends.locmem.EmailBackend, "send_messages", refuses)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(mary)
    assert not AdvertSent.objects.exists()
    mail.send_mail("Your order", "It is on its way.", None, ["mary@example.com"])
    GatedBackend().send_messages([mail.EmailMessage("Your order", "On its way.", None, ["mary@example.com"])])
    assert not AdvertSent.objects.exists()


def test_the_days_pass_and_each_channel_and_person_has_its_own_count(mary, settings):
    now = timezone.now()
    for days in (1, 29, 31, 200):
        make.advert_sent(mary, left_at=now - days * DAY)
    make.grant(mary, channel=Channel.SMS)
    peter = make.customer("peter@example.com")
    make.grant(peter)
    asked = [gate.may_contact(mary, "email", at=now + days * DAY).allowed for days in (-2, 0, 2)]
    assert asked == [False, False, True], "two days ago there were 29 and 31 days; in two days only one is left"
    assert gate.may_contact(mary, "sms").allowed
    assert gate.may_contact(peter, "email").allowed
    settings.MARKETING_CAPS = {}
    assert gate.may_contact(mary, "email").allowed


def test_a_cap_costs_no_query_more(mary, django_assert_max_num_queries):
    make.advert_sent(mary, left_at=timezone.now() - DAY)
    with django_assert_max_num_queries(3):
        assert gate.may_contact(mary, "email").allowed


CAPS = {"": {}, "email=4/30": {"email": (4, 30)}, " email=0/366": {"email": (0, 366)}}


@pytest.mark.parametrize(("written", "meant"), CAPS.items())
def test_a_cap_is_written_as_so_many_within_so_many_days(monkeypatch, written, meant):
    monkeypatch.setenv("MARKETING_CAPS", written)
    assert Environment().caps("MARKETING_CAPS") == meant


@pytest.mark.parametrize(
    "wrong", ["email", "email=4", "pigeon=4/30", "sms=1/7", "email=4/0", "email=4/367", "email=-1/3"]
)
def test_a_cap_that_is_none_is_named(monkeypatch, wrong):
    monkeypatch.setenv("MARKETING_CAPS", wrong)
    with pytest.raises(ImproperlyConfigured, match="MARKETING_CAPS must look like"):
        Environment().caps("MARKETING_CAPS")
