"""Recipients, cookies, policies, restrictions: the small registers."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from customers.models import EmailAddress
from privacy import gate, jobs, policies, recipients, restrictions
from privacy.audit import AuditEntry
from privacy.notices import OutgoingEmail
from privacy.policies import NoticeShown, PolicyVersion
from privacy.promises import CONTROLS, State
from privacy.purposes import Purpose, seed
from privacy.recipients import Cookie
from privacy.vocabulary import Purpose as BuiltIn
from privacy.vocabulary import Source
from tests import make
from tests.portal import PASSWORD

pytestmark = pytest.mark.django_db


def test_clz_08_the_built_in_purposes_are_there_each_with_its_basis():
    assert set(BuiltIn.values) <= set(Purpose.objects.values_list("slug", flat=True))
    assert not Purpose.objects.get(slug="order").can_be_refused
    assert Purpose.objects.get(slug="marketing").can_be_refused


def test_what_staff_changed_stays_when_seeds_are_planted_again():
    Purpose.objects.filter(slug="order").update(label="Our own words")
    seed()
    assert Purpose.objects.get(slug="order").label == "Our own words"


def test_lrd_13_a_recipient_in_an_unsafe_country_needs_a_safeguard():
    bad = recipients.Recipient(
        name="Far Co", kind="processor", group="partner", country="US", purpose="x", is_active=True
    )
    with pytest.raises(ValidationError, match="safeguard"):
        bad.full_clean()
    bad.safeguard = "Standard contractual clauses 2021"
    bad.full_clean()


def test_mad_13_an_agreement_ends_with_its_last_day():
    carrier = make.recipient(agreement_until=date(2026, 3, 31))
    assert carrier.has_agreement(date(2026, 3, 31))
    assert not carrier.has_agreement(date(2026, 4, 1))
    assert not make.recipient(agreement_until=None).has_agreement(date(2026, 1, 1))


def test_clz_11_what_an_authority_forbids_to_tell_is_told_after_that_day():
    mary = make.customer()
    make.disclosure(mary)
    make.disclosure(mary, secret_until=date(2026, 6, 30))
    assert recipients.told_of(mary, date(2026, 6, 30)).count() == 1
    assert recipients.told_of(mary, date(2026, 7, 1)).count() == 2


def test_a_hand_over_is_logged_by_reference():
    mary, carrier = make.customer(), make.recipient()
    recipients.log_disclosure(mary, carrier, ["name"], legal_basis="contract", actor="system:test", now=timezone.now())
    entry = AuditEntry.objects.latest("pk")
    assert (entry.event, entry.details) == ("disclosure", {"fields": ["name"]})


@pytest.mark.parametrize(("days", "too_long"), [(None, False), (395, False), (396, True), (8030, True)])
def test_cnx_20_a_cookie_of_more_than_13_months_is_marked(days, too_long):
    assert Cookie(name="c", lifetime_days=days).lives_too_long is too_long


def test_clz_17_the_policy_in_force_is_the_latest_that_has_begun():
    old, new = make.policy(effective_on=date(2025, 1, 1)), make.policy(effective_on=date(2026, 1, 1))
    assert PolicyVersion.objects.in_force(date(2025, 12, 31)) == old
    assert PolicyVersion.objects.in_force(date(2026, 1, 1)) == new
    assert PolicyVersion.objects.in_force(date(2024, 1, 1)) is None
    assert list(PolicyVersion.objects.published(date(2026, 6, 1))) == [new, old]


def test_a_policy_is_read_as_headings_and_paragraphs():
    policy = make.policy(body="Intro.\r\n\r\n# One\n\nA.\n\nB.\n\n# Two\n\nC.")
    assert [(s.heading, s.paragraphs) for s in policy.sections()] == [
        ("", ["Intro."]),
        ("One", ["A.", "B."]),
        ("Two", ["C."]),
    ]


def test_clz_18_a_notice_is_written_down_once_per_version():
    mary, policy = make.customer(), make.policy()
    for _ in range(3):
        policies.note_shown(mary, policy)
    assert NoticeShown.objects.filter(data_subject=mary, policy=policy).count() == 1


def test_clz_18_whoever_signs_in_or_sends_a_form_is_noted_with_the_policy_that_stood_beside_it():
    look, mary = CONTROLS["policy-shown-is-no-yes"].look, make.customer("mary@example.com", login=True)
    first = make.policy("first", effective_on=timezone.localdate() - timedelta(days=9))
    assert look(timezone.now()).state == State.NO_EVIDENCE
    client = Client()
    client.post("/account/login/", {"login": "mary@example.com", "password": PASSWORD})
    client.get("/account/preferences/")
    assert [row.policy for row in NoticeShown.objects.filter(data_subject=mary)] == [first]
    second = make.policy("second", effective_on=timezone.localdate())
    client.get("/account/preferences/")
    assert NoticeShown.objects.count() == 1, "looking changes nothing"
    client.post("/account/preferences/", {"all_off": "1"})
    assert {row.policy for row in NoticeShown.objects.filter(data_subject=mary)} == {first, second}
    assert not gate.may_contact(mary, "email", "own", "own").allowed
    soon = timezone.now() + timedelta(minutes=2)
    assert look(soon).state == State.KEPT
    NoticeShown.objects.all().delete()
    assert look(soon).state == State.BROKEN


@pytest.fixture
def locked():
    """Mary's data, locked at her wish."""
    mary, one = make.customer(), make.staff()
    kind = restrictions.Restriction.Kind.ARTICLE_18
    return restrictions.impose(mary, kind, "Accuracy contested.", actor=one)


def in_days(days):
    return timezone.now() + timedelta(days=days)


def sent():
    """Sends what waits, as a worker does."""
    for letter in OutgoingEmail.objects.filter(job_state="new"):
        jobs.work("privacy.outgoingemail", letter.pk)


def test_a_restriction_is_lifted_by_two_different_people_and_the_database_insists(locked):
    one, two = make.staff(), make.staff()
    assert restrictions.is_restricted(locked.data_subject)
    restrictions.propose_lifting(locked, actor=one, why="You were right.")
    sent()
    with pytest.raises(IntegrityError), transaction.atomic():
        restrictions.lift(locked, actor=one, now=in_days(8))
    locked.refresh_from_db()
    restrictions.lift(locked, actor=two, now=in_days(8))
    assert not restrictions.is_restricted(locked.data_subject)


def test_cnx_12_the_person_is_told_why_and_when_before_a_restriction_ends(locked):
    restrictions.propose_lifting(locked, actor="one", why="The address is corrected.")
    letter = OutgoingEmail.objects.get(template="restriction_ends")
    day = date_format(timezone.localdate() + timedelta(days=7), "j F Y")
    assert "The address is corrected." in bytes(letter.body).decode()
    assert day in bytes(letter.body).decode()
    with pytest.raises(restrictions.NotLawful, match="not been told"):
        restrictions.lift(locked, actor="two", now=in_days(30))
    sent()
    assert restrictions.told_at(locked) is not None
    with pytest.raises(restrictions.NotLawful, match="short while ago"):
        restrictions.lift(locked, actor="two", now=in_days(6))
    restrictions.lift(locked, actor="two", now=in_days(7))
    assert locked.told_at <= locked.lifted_at


def test_cnx_12_a_letter_that_cannot_be_delivered_has_told_nobody(locked):
    restrictions.propose_lifting(locked, actor="one", why="x")
    OutgoingEmail.objects.update(job_state="needs_attention", last_error="MailRefused", finished_at=timezone.now())
    with pytest.raises(restrictions.NotLawful, match="not been told"):
        restrictions.lift(locked, actor="two", now=in_days(30))


def test_cnx_12_who_has_no_email_is_told_by_another_road(locked):
    EmailAddress.objects.all().delete()
    restrictions.propose_lifting(locked, actor="one", why="x")
    assert not OutgoingEmail.objects.exists()
    restrictions.note_told(locked, Source.LETTER, actor="one")
    restrictions.lift(locked, actor="two", now=in_days(7))
    entry = AuditEntry.objects.get(event="restriction.told")
    assert entry.details["road"] == "letter"


def test_cnx_12_the_database_refuses_an_end_that_nobody_was_told_of(locked):
    told = {"lift_proposed_by": "one", "lifted_by": "two", "lifted_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        restrictions.Restriction.objects.filter(pk=locked.pk).update(**told)


def test_a_restriction_stays_when_the_second_person_does_not_agree(locked):
    restrictions.propose_lifting(locked, actor="one", why="x")
    restrictions.keep(locked, actor="two")
    assert (locked.lift_proposed_by, locked.lift_proposed_at) == ("", None)
    with pytest.raises(restrictions.NotLawful, match="Nobody has proposed"):
        restrictions.keep(locked, actor="two")
    restrictions.propose_lifting(locked, actor="two", why="again")
    assert OutgoingEmail.objects.filter(template="restriction_ends").count() == 2, "told anew"


@pytest.mark.parametrize("why", ["", "  "])
def test_a_restriction_does_not_end_without_a_reason(locked, why):
    with pytest.raises(restrictions.NotLawful, match="why"):
        restrictions.propose_lifting(locked, actor="one", why=why)


def test_what_was_lifted_is_neither_proposed_nor_lifted_again():
    row = make.restriction(make.customer())
    for verb in (restrictions.propose_lifting, restrictions.keep):
        with pytest.raises(restrictions.NotLawful, match="lifted already"):
            verb(row, actor="one")


def test_a_hold_keeps_data_but_does_not_bar_its_use():
    mary = make.customer()
    row = restrictions.impose(
        mary,
        restrictions.Restriction.Kind.DEBT,
        "Unpaid.",
        actor=make.staff(),
        review_on=timezone.localdate() + timedelta(90),
    )
    assert restrictions.is_held(mary)
    assert not restrictions.is_restricted(mary)
    assert "Unpaid" not in str(vars(AuditEntry.objects.get(target=f"privacy.restriction:{row.pk}")))
