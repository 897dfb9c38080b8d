"""Each look at a promise sees when it is broken: the thing is broken here, one after the other, and it must say so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import checks
from django.utils import timezone

from config.logs import to_stderr
from customers.models import Account, Customer, Order
from privacy import audit, consent, rights, roles
from privacy.canary import STEPS, CanaryRun
from privacy.choice_calls import ChoiceCall
from privacy.consent import ConsentEntry
from privacy.cookie_choices import Browser
from privacy.erasure import Erasure
from privacy.export import Export
from privacy.gate import contact, sharing, using
from privacy.link_checks import LinkCheck
from privacy.mailings import leaving
from privacy.personal_data import declaration_of, declarations
from privacy.policies import PolicyVersion
from privacy.promises import CONTROLS, State
from privacy.promises.controls import (
    browser,
    card,
    complaints,
    cookie_choices,
    cookies,
    mail,
    pages,
    policy,
    site,
    versions,
)
from privacy.promises.controls import security as security_looks
from privacy.purge import PurgeRun, stopping
from privacy.purposes import Purpose
from privacy.recipients import Cookie, Recipient
from privacy.sight import Opening
from privacy.subject_requests import CallBack, Complaint, Fee
from privacy.vocabulary import Category, Decision, Source
from tests import make
from tests.office import colleague

pytestmark = pytest.mark.django_db
NOW = timezone.now
DAY = timedelta(days=1)
BREAKS: dict[str, Callable[[Any], Any]] = {}


def breaks(*slugs):
    """What is broken below makes each of these looks say so."""

    def register(function):
        for slug in slugs:
            assert slug not in BREAKS, slug
            BREAKS[slug] = function
        return function

    return register


@pytest.fixture
def world(monkeypatch, settings):
    """What a breaking may need."""
    return SimpleNamespace(patch=monkeypatch, settings=settings)


def without(world, room, *names):
    """The rules of this gate, but those."""
    world.patch.setattr(room, "RULES", tuple(rule for rule in room.RULES if rule.__name__ not in names))


@breaks("marketing-default-no", "marketing-channels-apart", "marketing-no-counts", "marketing-policy-is-no-yes")
@breaks("marketing-soft-opt-in")
def no_yes_is_needed(world):
    without(world, contact, "yes_to_channel_and_sender")


@breaks("marketing-senders-apart")
def offers_of_others_come_with_ours(world):
    without(world, contact, "yes_to_content_of_others")


@breaks("marketing-yes-counts")
def gate_always_says_no(world):
    world.patch.setattr(contact, "RULES", (lambda *_args, **_more: "no",))


@breaks("marketing-restricted")
def restriction_is_forgotten(world):
    without(world, contact, "not_restricted")


@breaks("marketing-suppressed", "preference-services")
def suppression_is_forgotten(world):
    without(world, contact, "not_suppressed")


@breaks("children-under-12", "children-under-17")
def age_is_forgotten(world):
    without(world, contact, "not_under_twelve", "only_what_suits_children")


@breaks("marketing-yes-and-sale")
def safebuy_is_not_taken_on(world):
    world.settings.PROMISE_PACKS = ["cloggs"]


@breaks("marketing-real-withdrawals")
def a_no_does_not_count(world):
    make.grant(make.customer(), occurred_at=NOW() - DAY)
    said(decision=Decision.WITHDRAWN)
    world.patch.setattr(contact, "RULES", ())


def said(**values):
    """One entry of the ledger, as a mistake would have written it."""
    usual = {
        "purpose": "marketing", "channel": "email", "sender": "own", "decision": "granted", "source": "web",
        "wording": "I say yes.", "page": "checkout", "actor": "test", "occurred_at": NOW(), "recorded_at": NOW(),
    }  # fmt: skip
    who = values.pop("data_subject", None) or make.customer()
    return ConsentEntry.objects.bulk_create([ConsentEntry(data_subject=who, **(usual | values))])


@breaks("choices-told")
def a_company_was_not_told(world):
    ChoiceCall.objects.create(recipient=make.recipient(), created_at=NOW() - DAY)


@breaks("marketing-in-time")
def a_no_took_three_days(world):
    said(decision="withdrawn", occurred_at=NOW() - 3 * DAY)


@breaks("marketing-by-mail-automatic")
def a_colleague_had_to_do_it(world):
    said(decision="withdrawn", source="email", actor="customers.account:1")


@breaks("consent-has-proof")
def a_yes_without_its_words(world):
    said(wording="")


@breaks("marketing-cap")
def three_where_two_are_enough(world):
    world.settings.MARKETING_CAPS = {"email": (2, 7)}
    mary = make.customer()
    for hours in (1, 30, 60):
        make.advert_sent(mary, left_at=NOW() - timedelta(hours=hours))


@breaks("lists-with-proof")
def somebody_of_a_list_never_said_yes(world):
    make.customer(collected_via="import", source="list of Acme")


@breaks("consent-has-basis")
def a_yes_on_no_basis(world):
    said(lawful_basis="whim")


@breaks("consent-by-any-road")
def a_letter_that_nobody_wrote_down(world):
    said(decision="withdrawn", source="letter", actor="")


@breaks("mailings-way-out")
def mail_without_a_way_out_leaves(world):
    without(world, leaving, "carries_the_way_out")


@breaks("mailings-sender")
def nobody_can_answer(world):
    without(world, leaving, "can_be_answered")


@breaks("mailings-asked-at-the-door")
def mail_goes_round_the_gate(world):
    world.settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@breaks("mail-unsubscribe", "mail-third-party", "mail-no-marketing", "mail-from-headers-alone", "mail-machines")
@breaks("mail-requests", "mail-who-is-meant")
def mail_is_misread(world):
    make.customer()
    misread: dict[str, Any] = {
        "command": None,
        "customer": "42",
        "matched_by": "from",
        "outcome": "act",
        "case_kinds": [],
    }
    world.patch.setattr(mail, "judged", lambda *_args, **_more: misread)


@breaks("mail-addresses")
def an_address_is_not_ours(world):
    world.patch.delitem(mail.addresses.MAILBOXES, "remove")


@breaks("sharing-default-no", "sharing-no-counts", "sharing-necessary-or-chosen")
def sharing_needs_no_yes(world):
    without(world, sharing, "yes_to_this_recipient")


@breaks("sharing-fields")
def any_field_goes(world):
    without(world, sharing, "fields_are_on_the_list")


@breaks("sharing-restricted")
def restricted_data_is_shared(world):
    without(world, sharing, "not_restricted")


@breaks("sharing-outside-eea")
def transfers_cannot_be_refused(world):
    without(world, sharing, "transfer_is_not_refused")


@breaks("sharing-group-use")
def group_use_cannot_be_refused(world):
    without(world, sharing, "group_use_is_not_refused")


@breaks("sharing-authorities")
def police_get_data_without_an_order(world):
    make.disclosure(make.customer(), recipient=make.recipient(kind="authority"), reference="")


@breaks("sharing-real")
def handed_over_without_leave(world):
    make.disclosure(make.customer(), recipient=make.recipient(is_necessary=False), occurred_at=NOW() - DAY)


@breaks("recipients-agreement")
def a_company_is_bound_no_more(world):
    make.recipient(agreement_until=NOW().date() - DAY)


@breaks("recipients-security")
def nobody_has_looked_at_a_company_for_two_years(world):
    seen = {"security_result": "sound", "security_note": "ISO 27001"}
    make.recipient(security_reviewed_on=NOW().date() - 700 * DAY, **seen)


@breaks("recipients-country")
def a_company_far_away_without_safeguard(world):
    make.recipient(country="US")


@breaks("recipients-not-for-money")
def a_buyer(world):
    Recipient.objects.bulk_create([Recipient(name="Buyer", kind="sale", group="partner", country="DE", purpose="p")])


@breaks("recipients-purpose", "recipients-described")
def a_company_without_purpose_and_address(world):
    make.recipient(purpose="", legal_name="")


@breaks("recipients-opt-out", "recipients-both-links", "cookies-of-others")
def a_service_without_a_way_to_say_no(world):
    make.recipient(group="advertising")


@breaks("recipients-links")
def a_link_leads_nowhere_for_two_nights(world):
    row, now = make.recipient(policy_url="https://gone.example/"), NOW()
    values = {"which": "policy_url", "url": row.policy_url, "outcome": "gone", "checked_at": now}
    LinkCheck.objects.create(recipient=row, failing_since=now - 2 * DAY, **values)


@breaks("recipients-short-ip")
def an_address_goes_out_whole(world):
    make.recipient(fields=["ip"])


@breaks("recipients-measurement")
def a_counter_gets_names(world):
    make.recipient(group="measurement", fields=["name"])


@breaks("sharing-review-service")
def a_review_service_may_know_birthdays(world):
    make.recipient("Trustpilot", fields=["name", "email", "date_of_birth"])


@breaks("use-no-counts")
def a_no_to_profiling_is_forgotten(world):
    without(world, using, "not_refused")


@breaks("use-needs-a-yes")
def a_new_purpose_needs_no_yes(world):
    without(world, using, "yes_where_needed")


@breaks("recipients-credit")
def an_agency_was_asked_for_no_reason(world):
    make.disclosure(make.customer(), recipient=make.recipient(kind="credit_reference"), legal_basis="")


@breaks("credit-in-advance")
def an_agency_was_asked_about_somebody_who_has_paid(world):
    mary, agency = make.customer(), make.recipient(kind="credit_reference")
    make.order(mary, placed_on=NOW().date())
    make.disclosure(mary, recipient=agency, occurred_at=NOW() - timedelta(hours=1))


@breaks("sharing-choices")
def a_company_that_cannot_be_switched_off(world):
    make.recipient(is_necessary=False)
    world.patch.setattr("privacy.promises.controls.sharing.offered_choices", list)


@breaks("disclosures-are-told")
def a_hand_over_of_nobody_knows_what(world):
    make.disclosure(make.customer(), fields=[])


@breaks("contest-sponsors")
def a_sponsor_got_nobody_knows_what(world):
    mary, sponsor = make.customer(), make.recipient()
    make.contest_entry(mary, sponsor=sponsor)
    make.disclosure(mary, recipient=sponsor, fields=[])


@breaks("credit-decisions")
def a_score_decided_and_nobody_knows_how(world):
    make.credit_check(make.customer(), logic="")


@breaks("rights-all", "right-erasure")
def a_right_is_gone(world):
    world.patch.delitem(rights.REGISTER, "erasure")


@breaks("right-access", "right-rectification", "right-restriction", "right-human-review", "right-agency-details")
@breaks("right-portability", "right-objection", "right-complaint", "right-enquiry", "requests-enquiries")
def all_rights_are_gone(world):
    world.patch.setattr(rights, "REGISTER", {})


def late(kind, **values):
    """Open past every day."""
    return make.case(make.customer(), kind, received_at=NOW() - 300 * DAY, **values)


@breaks("requests-in-time")
def a_request_is_late(world):
    late("access")


@breaks("requests-acknowledged")
def a_request_was_not_confirmed(world):
    case = make.case(make.customer(), "access", received_at=NOW() - 3 * DAY)
    case.events.filter(kind="acknowledged").delete()


@breaks("requests-own-mistakes")
def our_own_mistake_stays(world):
    world.settings.SHOP_PACKS = ["SafeBuy"]
    late("rectification", particulars=dict.fromkeys(("field", "current", "proposed", "evidence"), "x"))


@breaks("requests-identity")
def handed_out_to_nobody_knows_whom(world):
    make.case(make.customer(), "access", state="completed", closed_at=NOW())


@breaks("requests-call-back")
def nobody_called_back(world):
    row = make.call_back(make.customer(), closed_at=None, next_try_on=NOW().date() - 30 * DAY, result="")
    assert CallBack.objects.filter(pk=row.pk, closed_at=None).exists()


@breaks("requests-suspicion")
def carried_out_under_suspicion(world):
    case = make.case(make.customer(), "access", state="completed", closed_at=NOW())
    case.events.create(kind="fraud_suspected", actor="test")


@breaks("requests-free")
def a_fee_needs_nobody_else(world):
    world.patch.setattr(Fee._meta, "constraints", [])


@breaks("requests-any-road")
def a_letter_lies_around(world):
    late("access", source="letter")


@breaks("erasure-two-people", "erasure-proven")
def deleted_by_nobody(world):
    make.erasure_of(make.customer())
    assert Erasure.objects.filter(case__approved_by=None, job_state="done").exists()


@breaks("export-fingerprint")
def a_copy_without_fingerprint(world):
    made = make.export_of(make.customer())
    Export.objects.filter(pk=made.pk).update(job_state="done", files={"export.json": {"path": "x", "sha256": ""}})


@breaks("export-checks")
def a_copy_left_unchecked(world):
    mary = make.customer()
    made = make.export_of(mary)
    Export.objects.filter(pk=made.pk).update(released_at=NOW(), case=make.case(mary, "access"))


@breaks("export-others")
def nobody_looks_for_others(world):
    world.patch.setattr("privacy.promises.controls.requests.declarations", list)


@breaks("representatives")
def a_stranger_was_believed(world):
    row = make.representative(make.customer(), authority_seen_at=None, authority_seen_by=None)
    type(row.case).objects.filter(pk=row.case_id).update(state="completed", closed_at=NOW(), search_note=b"x")


@breaks("restrictions-reviewed")
def a_hold_was_forgotten(world):
    make.restriction(
        make.customer(), lifted_at=None, lifted_by="", lift_proposed_by="", review_on=NOW().date() - DAY
    )  # fmt: skip


@breaks("complaints-logged")
def a_complaint_without_its_row(world):
    make.complaint(make.customer()).delete()


@breaks("complaints-day")
def a_complaint_lies_around(world):
    late("complaint")


@breaks("complaints-not-silent")
def a_complainant_hears_nothing(world):
    late("complaint").events.all().delete()


@breaks("complaints-confirmed")
def a_complaint_was_not_confirmed(world):
    late("complaint").events.filter(kind__in=("acknowledged", "answered")).delete()


@breaks("complaints-where-next")
def no_mediator_is_named(world):
    world.settings.SHOP = {**world.settings.SHOP, "mediator": ""}


@breaks("complaints-mediation")
def mediation_without_end(world):
    day = (NOW() - 90 * DAY).date()
    case = late("complaint")
    Complaint.objects.filter(case=case).update(
        stage="mediation", mediation_opened_on=day, transaction_number="1", transaction_on=day
    )


@breaks("complaints-copies")
def a_mediation_ended_and_nobody_took_the_file(world):
    mediation_without_end(world)
    Complaint.objects.update(stage="closed", outcome="upheld")


@breaks("complaints-transaction")
def mediation_needs_no_order(world):
    world.patch.setattr(Complaint._meta, "constraints", [])


@breaks("complaints-stages")
def a_stage_is_gone(world):
    world.patch.setattr(complaints, "Stage", SimpleNamespace(values=["complaint", "closed"]))


@breaks("complaints-register")
def the_register_lacks_one(world):
    make.case(make.customer(), "complaint", received_at=NOW() - DAY)
    world.patch.setitem(complaints.REGISTERS, "complaints", SimpleNamespace(rows=lambda *_args, **_more: [["columns"]]))


def undeclared(world, **changes):
    """One declaration of orders, spoilt."""
    declared = declaration_of(Order)
    for name, value in changes.items():
        world.patch.setattr(declared, name, value)


@breaks("registry-whole")
def a_record_for_nothing(world):
    undeclared(world, purpose="whim")


@breaks("registry-periods")
def a_record_for_ever(world):
    undeclared(world, retention=None)


@breaks("purge-ran")
def purges_are_stopped(world):
    stopping.stop(actor=colleague("privacy officer"), now=NOW())


def purged_without_lines(world):
    """A night that looked at nothing."""
    PurgeRun.objects.create(today=NOW().date(), outcome="done")


for one in Category:
    if any(said.category == one for said in declarations()):
        breaks(f"goes-by-age-{one}")(purged_without_lines)


def nothing_is_declared(world):
    """As if nobody had declared anything."""
    world.patch.setattr("privacy.promises.controls.declared.declarations", list)


for one in set(Category) - {Category.SPECIAL}:
    breaks(f"declared-{one}")(nothing_is_declared)


@breaks("payment-goes-at-once")
def payment_stays(world):
    make.payment(make.customer())


@breaks("no-card-numbers")
def a_card_number_as_token(world):
    make.payment(make.customer(), token="4111 1111 1111 1111")


@breaks("details-asked-yearly")
def nobody_is_asked_whether_it_is_still_right(world):
    make.customer(login=True)
    world.patch.setattr("privacy.promises.controls.asking_again.QUESTION", "of a page that lost it")


@breaks("short-addresses")
def whole_addresses(world):
    world.patch.setattr("privacy.promises.controls.details.ShortenedIPField", type("Other", (), {}))


@breaks("sensitive-needs-yes")
def a_health_matter_without_a_yes(world):
    Customer.objects.filter(pk=make.customer().pk).update(health_note="wide feet")


@breaks("optional-details")
def age_must_be_given(world):
    world.patch.setattr(Customer._meta.get_field("date_of_birth"), "blank", False)


@breaks("customer-numbers")
def two_with_one_number(world):
    world.patch.setitem(vars(Customer._meta.get_field("number")), "unique", False)


@breaks("how-we-met")
def met_nobody_knows_how(world):
    Customer.objects.filter(pk=make.customer().pk).update(collected_via="")


@breaks("prize-draws-narrow")
def a_prize_draw_asks_for_more(world):
    world.patch.setattr("privacy.promises.controls.details.A_PRIZE_NEEDS", {"name"})


@breaks("purposes-with-basis")
def a_purpose_is_gone(world):
    Purpose.objects.filter(slug="marketing").delete()


@breaks("sealed-at-rest")
def notes_lie_open(world):
    make.enquiry(make.customer())
    make.case(make.customer(), "enquiry")
    world.patch.setattr("privacy.promises.controls.details._as_stored", lambda *_args, **_more: [b"plain words"])


@breaks("staff-trained")
def an_untrained_colleague(world):
    colleague("care agent", trained=False)


@breaks("staff-promised")
def a_colleague_who_promised_nothing(world):
    colleague("care agent", promised=False)


@breaks("staff-few")
def everybody_may_look(world):
    world.patch.setattr(roles, "holders", lambda *_args, **_more: 40)


@breaks("staff-roles")
def a_role_may_do_more(world):
    more = Group.objects.get(name=roles.OFFICER).permissions.get(codename=roles.Act.REFUSE)
    Group.objects.get(name=roles.AGENT).permissions.add(more)


@breaks("staff-in-use")
def an_account_that_nobody_uses(world):
    colleague("care agent", last_login=NOW() - 200 * DAY)


@breaks("staff-second-factor")
def a_password_is_enough(world):
    world.settings.DEBUG, world.settings.STAFF_NEEDS_SECOND_FACTOR = False, False


@breaks("looks-on-record")
def a_look_without_reason(world):
    make.opening(make.customer(), opened_at=NOW() - DAY, reason=b"", ground="")


@breaks("looks-mass-alarm")
def many_looks_and_no_alarm(world):
    world.settings.MASS_VIEWING_PEOPLE = 1
    at = (NOW() - DAY).replace(minute=5)
    for _n in range(3):
        make.opening(make.customer(), opened_at=at)
    assert Opening.objects.filter(opened_at=at).count() == 3


@breaks("audit-intact")
def somebody_rewrote_the_log(world):
    audit.record("test", actor="test")
    world.patch.setattr(audit.AuditEntry, "computed_hash", lambda *_args, **_more: "0")


@breaks("policy-in-force", "policy-pdf", "policy-print", "policy-says", "security-policy")
def no_policy(world):
    PolicyVersion.objects.all().delete()


@breaks("policy-news")
def a_new_policy_of_which_nobody_is_told(world):
    consent.decide(make.customer(), "policy_news", Decision.GRANTED, source=Source.WEB, actor="test")
    make.policy("old", effective_on=NOW().date() - 9 * DAY)
    make.policy("new", effective_on=NOW().date() - 2 * DAY)


@breaks("policy-versions")
def a_version_cannot_be_read(world):
    make.policy()
    nothing_is_shown(world)


def nothing_is_shown(world):
    """Every page answers that it is not there."""
    gone = browser.Page(404, "text/html", b"")
    for room in (policy, versions, pages, site, card, cookies, cookie_choices):
        world.patch.setattr(room, "visit", lambda *_args, **_more: gone)


@breaks("terms-readable")
def terms_cannot_be_read(world):
    make.policy(kind="terms")
    nothing_is_shown(world)


@breaks("page-unsubscribe", "page-request", "page-complaint", "page-complaint-says", "policy-before-sending")
@breaks("pages-accessible", "cookies-page", "cookies-refusable")
def pages_are_gone(world):
    nothing_is_shown(world)


@breaks("page-account-closed")
def my_data_is_open(world):
    world.patch.setattr(pages, "visit", lambda *_args, **_more: browser.Page(200, "text/html", b"Mary"))


@breaks("pages-nothing-foreign")
def a_button_of_a_network(world):
    button = b'<script src="https://social.example/like.js"></script>'
    world.patch.setattr(pages, "visit", lambda *_args, **_more: browser.Page(200, "text/html", button))


@breaks("policy-shown-is-no-yes")
def somebody_came_in_and_nothing_was_noted(world):
    make.policy()
    make.customer(login=True)
    Account.objects.update(last_login=NOW() - DAY)


@breaks("processing-record")
def a_purpose_without_basis(world):
    world.settings.SHOP = {**world.settings.SHOP, "legal_name": ""}


@breaks("controllers-named")
def a_company_decides_with_us_and_has_no_address(world):
    make.recipient(kind="joint", postal_address="")


@breaks("dpo-named")
def no_officer(world):
    world.settings.SHOP = {**world.settings.SHOP, "data_protection_officer": ""}


@breaks("security-officer-named", "contact-card", "shop-law")
def nobody_for_security(world):
    world.settings.SHOP = {**world.settings.SHOP, "security_officer": "", "phone": "", "jurisdiction": ""}


@breaks("cookies-before-yes", "cookies-lifetimes")
def a_cookie_that_nobody_knows(world):
    spy = browser.Page(200, "text/html", b"", {"spy": 9, "sessionid": 9_999_999})
    world.patch.setattr(cookies, "visit", lambda *_args, **_more: spy)
    world.settings.SESSION_COOKIE_AGE, world.settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = 9_999_999, False


@breaks("cookies-not-too-long", "cookies-purposes")
def a_cookie_for_years(world):
    Cookie.objects.create(name="long", purpose="", lifetime_days=8030)


@breaks("cookies-asked-once", "cookies-script")
def nobody_is_asked(world):
    make.recipient(group="measurement")
    nothing_is_shown(world)


@breaks("cookies-wait")
def a_counter_does_not_wait(world):
    make.recipient(group="measurement")
    world.patch.setattr(Browser, "allows", lambda *_args: {"measurement"})


@breaks("embeds-wait")
def a_network_s_address_stands_in_the_page(world):
    make.recipient(group="social")
    world.patch.setattr(cookie_choices.cookie_choices, "sealed", lambda _url: cookie_choices.HOST)


@breaks("logs-nobody")
def errors_are_logged_with_what_they_quote(world):
    world.settings.DEBUG, world.settings.LOGGING = False, to_stderr("plain", level="INFO")


@breaks("tls")
def unencrypted(world):
    world.settings.DEBUG, world.settings.SECURE_SSL_REDIRECT = False, False


@breaks("deploy-checks")
def django_warns(world):
    world.settings.DEBUG = False
    world.patch.setattr(security_looks.checks, "run_checks", lambda *_args, **_more: [checks.Warning("x", id="x.W001")])


@breaks("browser-guards")
def pages_may_be_framed(world):
    world.settings.X_FRAME_OPTIONS = "SAMEORIGIN"


@breaks("children-orders", "children-without-guardian")
def a_child_ordered_by_itself(world):
    child = make.customer(date_of_birth=NOW().date() - 4000 * DAY)
    world.settings.PROMISE_PACKS = []
    make.order(child)


@breaks("children-no-extras")
def the_size_of_a_child_is_known(world):
    world.settings.PROMISE_PACKS = []
    make.customer(date_of_birth=NOW().date() - 4000 * DAY, size="33")


@breaks("children-no-contests")
def a_child_took_part(world):
    world.settings.PROMISE_PACKS = []
    make.contest_entry(make.customer(date_of_birth=NOW().date() - 4000 * DAY))


@breaks("children-only-the-order")
def childhood_is_forgotten(world):
    without(world, sharing, "only_the_order_of_a_child")


@breaks("children-not-profiled")
def a_child_is_profiled(world):
    child = make.customer(date_of_birth=NOW().date() - 3000 * DAY)
    said(data_subject=child, purpose="profiling", channel="", sender="")


def self_test_failed(world):
    """A run of last night in which nothing was done."""
    CanaryRun.objects.create(occasion="test", outcome="broken")


for step in STEPS:
    breaks(f"self-test-{step.replace('_', '-')}")(self_test_failed)


@pytest.mark.parametrize("slug", sorted(CONTROLS))
def test_each_look_sees_when_it_is_broken(slug, world):
    assert slug in BREAKS, "no test breaks what this looks at"
    BREAKS[slug](world)
    found = CONTROLS[slug].look(NOW())
    assert found.state == State.BROKEN, found
    assert found.evidence


def test_no_break_is_left_of_a_look_that_is_gone():
    assert sorted(set(BREAKS) - set(CONTROLS)) == []


def test_an_ordinary_shop_is_not_said_to_break_anything():
    """Without anything broken, no look at the gate, the registry, mail or the pages cries wolf."""
    make.policy(effective_on=datetime(2026, 1, 1, tzinfo=UTC).date())
    # A policy of one line, and what tests themselves set: no TLS, their own mail backend, a log for programmers.
    wolf = {"policy-says", "security-policy", "security-officer-named", "mailings-asked-at-the-door"}
    wolf |= {"tls", "deploy-checks", "staff-second-factor", "logs-nobody"}
    found = {slug: one.look(NOW()) for slug, one in CONTROLS.items()}
    assert {slug for slug, one in found.items() if one.state == State.BROKEN} - wolf == set()
    for slug in (
        "marketing-default-no",
        "marketing-yes-counts",
        "sharing-no-counts",
        "children-under-17",
        "rights-all",
    ):
        assert found[slug].state == State.KEPT, slug
