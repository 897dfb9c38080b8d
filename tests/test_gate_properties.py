"""What holds of the gate whatever the facts: a no stays a no, and no pack ever opens what another shuts."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from types import SimpleNamespace
from unittest import mock

from django.conf import settings
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from privacy.gate import Contact, contact
from privacy.gate.facts import COUNTRY, GUARDIAN, RESTRICTED, SALE, Bar, Facts, Said
from privacy.gate.packs import in_force
from privacy.vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PACKS = ("cloggs", "clozette", "made", "connox", "laredoute")
moments = st.integers(-900, 30).map(lambda days: NOW + timedelta(days=days))
entries = st.builds(
    Said, data_subject=st.just(0), purpose=st.sampled_from([Purpose.MARKETING, Purpose.PARTNER_OFFERS]),
    channel=st.sampled_from(["", "email", "sms", "phone"]), sender=st.sampled_from(["", "own", "third_party"]),
    recipient=st.none(), decision=st.sampled_from(Decision), source=st.sampled_from(Source),
    lawful_basis=st.sampled_from([LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTERESTS]), page=st.just("checkout"),
    occurred_at=moments, occasion=st.none() | st.sampled_from(Occasion), is_worded=st.booleans(),
)  # fmt: skip
bars = st.builds(
    Bar, key=st.just("0"), what=st.sampled_from([RESTRICTED, "objection", "bounce"]), sender=st.sampled_from(Sender),
    since=moments, until=st.none() | moments, service=st.just(""), listed_on=st.none(),
)  # fmt: skip
bearings = st.lists(
    st.sampled_from(
        [
            Bar("0", SALE, "", None, None, "", date(2026, 3, 1)),
            Bar("0", COUNTRY, "", None, None, "DE"),
            Bar("0", COUNTRY, "", None, None, "GB"),
            Bar("0", GUARDIAN, "", NOW - timedelta(days=300), None),
        ]
    ),
    unique=True,
)
births = st.none() | st.integers(3, 60).map(lambda years: date(2026 - years, 6, 1))


@st.composite
def cases(draw):
    """A question about a person who is in no table, with whatever facts."""
    person = SimpleNamespace(pk=0, erased_at=draw(st.none() | moments), date_of_birth=draw(births))
    question = Contact(
        data_subject=person, channel=draw(st.sampled_from(Channel)), sender=draw(st.sampled_from(Sender)),
        content=draw(st.sampled_from(Sender)), at=NOW, addresses=[], is_for_children=draw(st.booleans()),
        is_similar=draw(st.booleans()),
    )  # fmt: skip
    said = sorted(draw(st.lists(entries, max_size=6)), key=lambda one: one.occurred_at, reverse=True)
    if draw(st.booleans()):
        said = [likely_yes(question), *said]
    return question, Facts(said, draw(st.lists(bars, max_size=2)), draw(bearings))


def likely_yes(question, **values):
    """So that many cases are a yes, and the properties are not about refusals alone."""
    usual = {"recipient": None, "decision": Decision.GRANTED, "source": Source.WEB, "page": "checkout",
             "lawful_basis": LawfulBasis.CONSENT, "occurred_at": NOW, "purpose": Purpose.MARKETING,
             "channel": question.channel, "sender": question.sender}  # fmt: skip
    return Said(data_subject=0, **(usual | values))


def allowed(case, packs=PACKS):
    """What the gate says, with these packs taken on."""
    with mock.patch.object(settings, "PROMISE_PACKS", list(packs)):
        question, facts = case
        answer = contact._answer(question, facts, in_force(contact.RULES))
    assert answer.reasons and all(answer.reasons), "never without a reason"
    return answer.allowed


def test_the_strictest_pack_wins_and_no_pack_opens_what_another_shuts():
    seen: Counter[tuple[bool, bool]] = Counter()

    # The same cases each time: by chance alone one of the three answers may come up hardly ever.
    @how(max_examples=300, deadline=None, derandomize=True)
    @given(case=cases())
    def holds(case):
        by_law, with_all = allowed(case, ()), allowed(case)
        seen[by_law, with_all] += 1
        assert by_law or not with_all
        for one, other in combinations(PACKS, 2):
            assert allowed(case, (one, other)) == (allowed(case, (one,)) and allowed(case, (other,)))

    holds()
    assert min(seen[True, True], seen[True, False], seen[False, False]) >= 3, "each answer must have been tried"


@how(max_examples=200, deadline=None)
@given(case=cases(), packs=st.sets(st.sampled_from(PACKS)))
def test_every_reason_is_what_its_rule_says_when_it_is_asked_by_itself(case, packs):
    question, facts = case
    with mock.patch.object(settings, "PROMISE_PACKS", list(packs)):
        one_by_one = list(dict.fromkeys(why for rule in contact.RULES if (why := rule(question, facts))))
        answer = contact._answer(question, facts, in_force(contact.RULES))
    assert answer.allowed is not bool(one_by_one)
    assert one_by_one in ([], answer.reasons)


@how(max_examples=100, deadline=None)
@given(case=cases(), packs=st.sets(st.sampled_from(PACKS)))
def test_whatever_is_added_against_her_being_written_to_makes_it_a_no(case, packs):
    question, facts = case
    no = likely_yes(question, decision=Decision.WITHDRAWN, occurred_at=NOW)
    bar = Bar("0", RESTRICTED, "", NOW - timedelta(days=1), None)
    listed = Bar("0", "objection", question.sender, NOW - timedelta(days=1), None)
    for against in (
        Facts([no, *facts.entries], facts.bars, facts.bearings),
        Facts(facts.entries, [*facts.bars, bar], facts.bearings),
        Facts(facts.entries, [*facts.bars, listed], facts.bearings),
    ):
        assert not allowed((question, against), packs)
    erased = question._replace(data_subject=SimpleNamespace(pk=0, erased_at=NOW, date_of_birth=None))
    assert not allowed((erased, facts), packs)


@how(max_examples=100, deadline=None)
@given(case=cases(), packs=st.sets(st.sampled_from(PACKS)))
def test_nothing_opens_but_a_yes_to_exactly_this_that_is_no_policy_accepted(case, packs):
    question, facts = case
    mine = [one for one in facts.entries if (one.channel, one.sender) == (question.channel, question.sender)]
    real = [one for one in mine if one.is_yes and one.purpose == Purpose.MARKETING and one.occurred_at <= NOW]
    if not real:
        assert not allowed(case, packs)
    bundled = [one._replace(source=Source.POLICY_ACCEPTANCE) for one in facts.entries]
    assert not allowed((question, Facts(bundled, facts.bars, facts.bearings)), packs)


@how(max_examples=100, deadline=None)
@given(
    age=st.integers(0, 18), suits=st.booleans(), has_guardian=st.booleans(),
    said_days_ago=st.integers(0, 200), home=st.sampled_from(["GB", "DE"]),
)  # fmt: skip
def test_a_child_gets_nothing_under_12_and_up_to_16_only_what_suits_with_a_guardian(
    age, suits, has_guardian, said_days_ago, home
):
    child = SimpleNamespace(pk=0, erased_at=None, date_of_birth=date(2026 - age, 1, 1))
    question = Contact(data_subject=child, channel=Channel.EMAIL, at=NOW, addresses=[], is_for_children=suits)
    yes = likely_yes(question, occurred_at=NOW - timedelta(days=said_days_ago), occasion=Occasion.SALE)
    known = [Bar("0", COUNTRY, "", None, None, home)]
    known += [Bar("0", GUARDIAN, "", NOW - timedelta(days=300), None)] * has_guardian
    may = age >= 17 or (age >= 12 and suits and has_guardian)
    assert allowed((question, Facts([yes], [], known))) is may


@how(max_examples=200, deadline=None)
@given(case=cases())
def test_the_rules_for_children_refuse_nobody_whose_day_of_birth_is_unknown(case):
    question, facts = case
    ageless = question._replace(data_subject=SimpleNamespace(pk=0, erased_at=None, date_of_birth=None))
    spared = [rule for rule in contact.RULES if rule.__name__ in contact.OF_CHILDREN]
    assert len(spared) == len(contact.OF_CHILDREN)
    assert not any(rule(ageless, facts) for rule in spared)
