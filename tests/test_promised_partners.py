"""What the policies promise about single partners: exactly these details, written down each time, and who may look."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Account, Order
from privacy import gate, roles
from privacy.promises import CONTROLS, State
from privacy.recipients import Disclosure, Recipient
from tests import make
from tests.office import colleague, desk
from tests.portal import sign_in
from tests.test_demo import fill
from tests.test_handing_over import said

pytestmark = pytest.mark.django_db


def handed(person, recipient, *fields, reference="A-1"):
    now = timezone.now()
    return gate.hand_over(person, recipient, list(fields), reference=reference, actor="system:test", now=now)


def test_cnx_29_trustpilot_gets_name_email_and_order_number_and_never_more_and_each_click_is_on_record():
    fill(0, 0)
    mary, trustpilot = make.customer(login=True), Recipient.objects.get(name="Trustpilot")
    assert sorted(trustpilot.fields) == ["email", "name", "order_number"]
    with pytest.raises(gate.MayNotShare):
        handed(mary, trustpilot, "name", "email", "order_number")
    make.grant(mary, "sharing", recipient=trustpilot)
    for order in ("NO-1", "NO-2"):
        handed(mary, trustpilot, "name", "email", "order_number", reference=order)
    with pytest.raises(gate.MayNotShare, match="phone"):
        handed(mary, trustpilot, "name", "email", "order_number", "phone")
    assert [row.reference for row in Disclosure.objects.filter(data_subject=mary).order_by("pk")] == ["NO-1", "NO-2"]
    page = sign_in(mary).get("/account/sharing/").content.decode()
    assert page.count("name, email, order number") >= 2 or page.count("email, name, order number") >= 2


def test_lrd_16_each_search_at_a_credit_agency_is_on_record_and_hers_to_read(monkeypatch):
    mary = make.customer(login=True)
    agency = make.recipient("Boniversum", kind="credit_reference", group="payment", fields=["name", "date_of_birth"])
    make.credit_check(mary, recipient=agency)
    make.order(mary, placed_on=timezone.localdate(), on_account=True)
    details = {"recipient": agency.name, "fields": ["name", "date_of_birth"], "reference": "S-7"}
    assert [line["allowed"] for line in said(monkeypatch, {"customer": mary.number, **details})] == [True]
    row = Disclosure.objects.get(data_subject=mary)
    assert (row.recipient.kind, row.reference) == ("credit_reference", "S-7")
    client = sign_in(mary)
    assert "S-7" in client.get("/account/data/privacy.disclosure/").content.decode()
    assert "Boniversum" in client.get("/account/data/customers.creditcheck/").content.decode()


def test_cnx_16_a_credit_agency_is_asked_only_about_whom_we_deliver_before_she_pays(settings):
    mary, today, look = make.customer(), timezone.localdate(), CONTROLS["credit-in-advance"].look
    agency = make.recipient("Boniversum", kind="credit_reference", group="payment", fields=["name"])

    def may(days=0):
        return gate.may_share(mary, agency, ["name"], today + timedelta(days=days))

    make.order(mary, placed_on=today)
    assert "to be paid after delivery" in may().reasons[0] and "(CNX-16, Connox with SafeBuy)" in may().reasons[0]
    assert look(timezone.now()).state == State.NO_EVIDENCE
    make.order(make.customer(), placed_on=today, on_account=True)
    assert not may().allowed, "the order is somebody else's"
    make.order(mary, placed_on=today, on_account=True)
    assert [may(days).allowed for days in (-1, 0, 30, 31)] == [False, True, True, False]
    carrier = make.recipient("Carrier", fields=["name"])
    assert gate.may_share(mary, carrier, ["name"], today - timedelta(days=9)).allowed
    handed(mary, agency, "name")
    assert look(timezone.now()).state == State.KEPT
    Order.objects.filter(customer=mary).delete()
    assert look(timezone.now()).figures["wrong"] == 1
    settings.PROMISE_PACKS = ["cloggs"]
    assert may().allowed, "it is a promise of this pack alone"


def test_lrd_16_a_score_whose_question_is_not_on_record_is_red():
    mary, look = make.customer(), CONTROLS["recipients-credit"].look
    agency = make.recipient("Boniversum", kind="credit_reference", group="payment")
    make.disclosure(mary, recipient=agency)
    make.credit_check(mary, recipient=agency)
    assert look(timezone.now()).state == State.KEPT
    make.credit_check(make.customer(), recipient=agency)
    assert look(timezone.now()).figures["wrong"] == 1


def test_sfb_15_a_company_is_as_safe_as_we_are_by_a_look_of_this_year_with_its_result():
    look, today = CONTROLS["recipients-security"].look, timezone.localdate()
    assert look(timezone.now()).state == State.NO_EVIDENCE
    row = make.recipient("Carrier", notice_email="privacy@carrier.example")
    make.recipient("Police", kind="authority")
    make.recipient("Off", is_active=False)
    assert look(timezone.now()).figures == {"wrong": 1, "looked_at": 1}
    for days, result, is_safe in (
        (1, "sound", True),
        (372, "sound", True),
        (373, "sound", False),
        (1, "lacking", False),
    ):
        row.security_reviewed_on, row.security_result = today - timedelta(days=days), result
        row.security_note = "ISO 27001, until next year"
        row.full_clean()
        row.save()
        assert (look(timezone.now()).state == State.KEPT) is is_safe, (days, result)


@pytest.mark.parametrize("lacks", ["security_reviewed_on", "security_result", "security_note"])
def test_sfb_15_a_look_without_day_result_or_matter_is_none_and_the_office_says_so(lacks):
    whole = {"security_reviewed_on": timezone.localdate(), "security_result": "sound", "security_note": "Questions"}
    row = make.recipient("Carrier", notice_email="privacy@carrier.example", **whole)
    setattr(row, lacks, None if lacks.endswith("_on") else "")
    with pytest.raises(ValidationError, match="has a day, a result"):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    page = desk(colleague(roles.OFFICER)).get(f"/admin/privacy/recipient/{row.pk}/change/").content.decode()
    assert f'name="{lacks}"' in page


@pytest.mark.parametrize("group", ["partner", "advertising", "measurement", "social"])
def test_cnx_04_nobody_without_whom_an_order_goes_out_as_well_can_be_called_needed(group):
    row = make.recipient("Magazine", group=group, notice_email="privacy@magazine.example")
    with pytest.raises(ValidationError, match="needed for an order"):
        row.full_clean()
    assert CONTROLS["sharing-necessary-or-chosen"].look(timezone.now()).state == State.BROKEN
    row.is_necessary = False
    row.full_clean()


def test_cnx_26_the_one_of_which_it_is_promised_shortens_addresses_whatever_its_list_says():
    row = make.recipient("Google Analytics", group="measurement", is_necessary=False, fields=["visited_pages"])
    assert CONTROLS["recipients-short-ip"].look(timezone.now()).state == State.BROKEN
    Recipient.objects.filter(pk=row.pk).update(shortens_ip=True)
    assert CONTROLS["recipients-short-ip"].look(timezone.now()).state == State.KEPT


@pytest.mark.parametrize("field", ["customer_number", "full_name", "date_of_birth", "phone"])
def test_clz_14_whoever_measures_gets_what_a_visit_is_and_nothing_that_names_anybody(field):
    row = make.recipient("Counter", group="measurement", is_necessary=False, fields=["visited_pages", "cookie_id"])
    assert CONTROLS["recipients-measurement"].look(timezone.now()).state == State.KEPT
    Recipient.objects.filter(pk=row.pk).update(fields=["visited_pages", field])
    assert CONTROLS["recipients-measurement"].look(timezone.now()).state == State.BROKEN


def test_clz_15_whoever_runs_accounts_reads_of_each_what_it_may_and_when_it_was_last_used():
    manager, agent = colleague(roles.MANAGER), colleague(roles.AGENT)
    Account.objects.filter(pk=agent.pk).update(last_login=make.LONG_AGO, staff_name="Bram Achterberg")
    page = desk(manager).get("/admin/customers/account/").content.decode()
    for words in ("Bram Achterberg", agent.email, "care agent", "2020"):
        assert words in page, words
