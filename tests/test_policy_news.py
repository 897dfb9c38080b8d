"""MAD-10: whoever asked to hear of a new privacy policy is told once, on the day on which it comes into force."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy import consent, policy_news, preferences, restrictions
from privacy.notices import OutgoingEmail
from privacy.policies import PolicyVersion
from privacy.promises.control import CONTROLS
from privacy.vocabulary import Decision, Purpose, Source
from tests import make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 1)
NOW = datetime(2026, 9, 1, 4, 10, tzinfo=timezone.get_default_timezone())


def asks(person, decision=Decision.GRANTED, **values):
    return consent.decide(person, Purpose.POLICY_NEWS, decision, source=Source.WEB, actor="test", **values)


def told():
    return sorted(OutgoingEmail.objects.filter(template="policy_news").values_list("to_address", flat=True))


@pytest.fixture
def versions():
    PolicyVersion.objects.all().delete()
    make.policy("2025-1", effective_on=date(2025, 1, 1))
    return make.policy("2026-2", effective_on=TODAY)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True)


def test_mad_10_only_whoever_asked_is_told_once_with_what_changed(versions, mary, settings):
    asks(mary)
    make.customer("silent@example.com")
    asks(gone := make.customer("gone@example.com"))
    asks(gone, Decision.WITHDRAWN)
    assert policy_news.tell(TODAY - timedelta(days=1), NOW) == 0, "not before it is in force"
    assert policy_news.tell(TODAY, NOW) == 1
    assert policy_news.tell(TODAY, NOW) == policy_news.tell(TODAY + timedelta(days=1), NOW) == 0
    [letter] = OutgoingEmail.objects.filter(template="policy_news")
    assert letter.to_address == "mary@example.com"
    text = bytes(letter.body).decode()
    page = reverse("privacy:policy_version", args=["2026-2"])
    assert f"{settings.SITE_URL}{page}?compare=1" in text and "1 September 2026" in text


def test_a_night_that_was_cut_off_goes_on_and_writes_to_nobody_twice(versions, monkeypatch):
    people = [make.customer(f"p{n}@example.com") for n in range(3)]
    for person in people:
        asks(person)
    real, left = policy_news._write, [2]

    def dies(*args):
        left[0] -= 1
        if left[0] < 0:
            raise ConnectionError
        return real(*args)

    monkeypatch.setattr(policy_news, "_write", dies)
    with pytest.raises(ConnectionError):
        policy_news.tell(TODAY, NOW)
    monkeypatch.setattr(policy_news, "_write", real)
    assert policy_news.tell(TODAY, NOW) == 1
    assert told() == ["p0@example.com", "p1@example.com", "p2@example.com"]


def test_neither_the_first_policy_nor_an_old_one_entered_late_is_news(mary):
    PolicyVersion.objects.all().delete()
    asks(mary)
    make.policy("2026-1", effective_on=TODAY)
    assert policy_news.tell(TODAY, NOW) == 0
    make.policy("2026-2", effective_on=TODAY - timedelta(days=40))
    assert policy_news.waiting(TODAY)[-1:] == [PolicyVersion.objects.get(version="2026-1")]
    make.policy("2026-0", effective_on=TODAY - timedelta(days=50))
    assert [version.version for version in policy_news.waiting(TODAY)] == ["2026-1"]


def test_a_policy_in_force_that_was_entered_too_late_to_be_news_is_red_and_old_ones_for_the_record_are_not(mary):
    asks(mary)
    today, look = timezone.localdate(), CONTROLS["policy-news"].look
    make.policy("first"), make.policy("second", effective_on=today - timedelta(days=500))
    assert look(timezone.now()).state == "kept"
    make.policy("third", effective_on=today - timedelta(days=40))
    assert look(timezone.now()).state == "broken"


def test_who_is_restricted_erased_or_has_no_address_is_left_in_peace(versions, mary):
    locked, erased = make.customer("locked@example.com"), make.customer("erased@example.com")
    nowhere = make.customer("nowhere@example.com")
    for person in (mary, locked, erased, nowhere):
        asks(person)
    restrictions.impose(locked, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    type(erased).objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    nowhere.emails.all().delete()
    policy_news.tell(TODAY, NOW)
    assert told() == ["mary@example.com"]


def test_accepting_a_policy_is_no_wish_to_hear_of_the_next(versions, mary):
    make.grant(mary, Purpose.POLICY_NEWS, channel="", sender="", source=Source.POLICY_ACCEPTANCE)
    assert policy_news.tell(TODAY, NOW) == 0


def test_the_wish_is_a_box_among_the_preferences(mary):
    assert any(option.purpose == Purpose.POLICY_NEWS for option in preferences.use())


def test_the_promise_is_seen_kept_and_broken(versions, mary):
    look = CONTROLS["policy-news"].look
    assert look(NOW).state == "no_evidence"
    asks(mary)
    assert look(NOW).state == "kept", "tonight is not over"
    assert look(NOW + timedelta(days=1)).state == "broken"
    policy_news.tell(TODAY, NOW)
    assert look(NOW + timedelta(days=1)).state == "kept"
