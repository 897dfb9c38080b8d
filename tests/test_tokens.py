"""Links: opaque, one purpose each, hashed at rest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from privacy import tokens
from privacy.tokens import LinkToken
from tests import make
from tests.races import at_once

pytestmark = pytest.mark.django_db


def test_a_link_stands_for_one_person_and_one_purpose():
    mary, peter = make.customer(), make.customer()
    token = tokens.issue("unsubscribe", mary)
    tokens.issue("unsubscribe", peter)
    assert tokens.find("unsubscribe", token).data_subject == mary
    assert tokens.find("undo", token) is None


def test_the_row_does_not_hold_the_link_and_the_link_holds_no_address():
    mary = make.customer()
    token = tokens.issue("unsubscribe", mary)
    assert token not in str(LinkToken.objects.values().get())
    assert "@" not in token
    assert mary.number not in token


def test_it_survives_the_lower_and_upper_casing_of_mail_systems():
    token = tokens.issue("unsubscribe", make.customer())
    assert tokens.find("unsubscribe", token.upper()) is not None
    assert len(token) <= 64 - len("remove+"), "it must fit a local part (RFC 5321 4.5.3.1.1)"


def test_an_unsubscribe_link_lives_for_two_years_and_not_longer():
    now = timezone.now()
    token = tokens.issue("unsubscribe", make.customer(), now=now)
    assert tokens.find("unsubscribe", token, now=now + timedelta(days=730))
    assert tokens.find("unsubscribe", token, now=now + timedelta(days=732)) is None


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "a", lambda _: "", lambda t: t[::-1], lambda t: t.replace(t[3], "-")]
)
def test_a_cut_extended_or_changed_link_opens_nothing(change):
    token = tokens.issue("unsubscribe", make.customer())
    assert tokens.find("unsubscribe", change(token)) is None


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_spends_a_single_use_link():
    link = make.link(make.customer())
    assert at_once(50, lambda: tokens.spend(link)).count(True) == 1
