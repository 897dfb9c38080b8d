"""The ledger: what she decided, with its proof; a preference is the latest entry."""

from datetime import timedelta
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from privacy import consent
from privacy.audit import AuditEntry
from privacy.consent import Choice, ConsentEntry
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
EMAIL = {"channel": Channel.EMAIL, "sender": Sender.OWN}


@pytest.fixture
def mary():
    return make.customer()


def decide(customer, decision, **values):
    return consent.decide(
        customer, Purpose.MARKETING, decision, **({"source": Source.WEB, "actor": "test"} | EMAIL | values)
    )


def test_clg_08_without_a_decision_the_answer_is_no(mary):
    assert not any(consent.is_granted(mary, purpose) for purpose in Purpose)
    assert not any(
        consent.is_granted(mary, Purpose.MARKETING, channel=c, sender=s) for c, s in product(Channel, Sender)
    )


def test_a_yes_holds_for_exactly_its_channel_sender_and_recipient(mary):
    decide(mary, Decision.GRANTED)
    granted = [
        (c, s) for c, s in product(Channel, Sender) if consent.is_granted(mary, "marketing", channel=c, sender=s)
    ]
    assert granted == [(Channel.EMAIL, Sender.OWN)]
    assert not consent.is_granted(mary, Purpose.MARKETING, recipient=make.recipient(), **EMAIL)
    assert not consent.is_granted(make.customer(), Purpose.MARKETING, **EMAIL)


def test_lrd_08_all_four_combinations_of_own_and_third_party_can_be_stored():
    for own, third in product(Decision, Decision):
        person = make.customer()
        decide(person, own, sender=Sender.OWN)
        decide(person, third, sender=Sender.THIRD_PARTY)
        granted = [consent.is_granted(person, "marketing", channel="email", sender=s) for s in Sender]
        assert granted == [own == Decision.GRANTED, third == Decision.GRANTED]


def test_the_latest_by_event_time_counts_even_if_it_arrives_first(mary):
    now = timezone.now()
    decide(mary, Decision.WITHDRAWN, occurred_at=now - timedelta(hours=1))
    decide(mary, Decision.GRANTED, occurred_at=now - timedelta(days=3), source=Source.WEBHOOK)
    assert not consent.is_granted(mary, Purpose.MARKETING, **EMAIL)


def test_at_the_same_instant_no_stands_above_yes(mary):
    now = timezone.now()
    decide(mary, Decision.WITHDRAWN, occurred_at=now)
    decide(mary, Decision.GRANTED, occurred_at=now)
    assert not consent.is_granted(mary, Purpose.MARKETING, **EMAIL)


def test_a_decision_from_the_future_counts_from_now(mary):
    entry = decide(mary, Decision.GRANTED, occurred_at=timezone.now() + timedelta(days=400))
    assert entry.occurred_at <= timezone.now()


def test_the_answer_for_a_past_day_is_what_was_known_then(mary):
    now = timezone.now()
    decide(mary, Decision.GRANTED, occurred_at=now - timedelta(days=10))
    decide(mary, Decision.WITHDRAWN, occurred_at=now - timedelta(days=5))
    known = [consent.is_granted(mary, "marketing", at=now - timedelta(days=d), **EMAIL) for d in (11, 7, 1)]
    assert known == [False, True, False]


def test_mad_04_accepting_the_policy_is_not_a_yes(mary):
    decide(mary, Decision.GRANTED, source=Source.POLICY_ACCEPTANCE)
    assert not consent.is_granted(mary, Purpose.MARKETING, **EMAIL)


def test_cnx_06_the_entry_keeps_wording_policy_source_actor_and_instant(mary):
    policy = make.policy()
    entry = decide(mary, Decision.GRANTED, wording="Yes, send me offers.", page="northlight.example/join", actor=mary)
    stored = ConsentEntry.objects.get(pk=entry.pk)
    assert (stored.wording, stored.policy, stored.source) == ("Yes, send me offers.", policy, "web")
    assert (stored.actor, stored.page) == (f"customers.customer:{mary.pk}", "northlight.example/join")
    assert abs(stored.occurred_at - timezone.now()) < timedelta(seconds=10)


def test_each_decision_leaves_one_audit_entry_without_values(mary):
    decide(mary, Decision.GRANTED, wording=f"I am {make.CANARY}")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.event, entry.details["purpose"]) == ("consent.granted", "marketing")
    assert make.CANARY not in str(vars(entry))


def test_mad_03_all_off_is_one_step_for_every_channel_and_sender(mary):
    for channel, sender in product(Channel, Sender):
        decide(mary, Decision.GRANTED, channel=channel, sender=sender)
    consent.withdraw_marketing(mary, source=Source.WEB, actor=mary)
    assert all(entry.decision == Decision.WITHDRAWN for entry in consent.choices(mary).values())
    assert len(consent.choices(mary)) == len(Channel) * len(Sender)


def test_every_choice_is_read_in_one_query(mary, django_assert_num_queries):
    for channel, sender in product(Channel, Sender):
        decide(mary, Decision.GRANTED, channel=channel, sender=sender)
    with django_assert_num_queries(1):
        found = consent.choices(mary)
    assert found[Choice("marketing", "email", "own")].decision == Decision.GRANTED


def test_clg_16_sensitive_information_is_refused_without_explicit_consent(mary):
    mary.health_note = "Diabetic insoles"
    with pytest.raises(ValidationError, match="explicit yes"):
        mary.save()
    mary.refresh_from_db()
    assert mary.health_note == ""


def test_clg_16_with_an_explicit_yes_it_is_stored_and_after_a_no_refused_again(mary):
    make.grant(mary, Purpose.HEALTH_FIT)
    mary.health_note = "Diabetic insoles"
    mary.save()
    consent.decide(mary, Purpose.HEALTH_FIT, Decision.WITHDRAWN, source=Source.WEB, actor=mary)
    with pytest.raises(ValidationError):
        mary.save()
    mary.health_note = ""
    mary.save()
