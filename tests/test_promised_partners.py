"""What the policies promise about single partners: exactly these details, written down each time, and who may look."""

import pytest
from django.utils import timezone

from customers.models import Account
from privacy import gate, roles
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
    details = {"recipient": agency.name, "fields": ["name", "date_of_birth"], "reference": "S-7"}
    assert [line["allowed"] for line in said(monkeypatch, {"customer": mary.number, **details})] == [True]
    row = Disclosure.objects.get(data_subject=mary)
    assert (row.recipient.kind, row.reference) == ("credit_reference", "S-7")
    client = sign_in(mary)
    assert "S-7" in client.get("/account/data/privacy.disclosure/").content.decode()
    assert "Boniversum" in client.get("/account/data/customers.creditcheck/").content.decode()


def test_clz_15_whoever_runs_accounts_reads_of_each_what_it_may_and_when_it_was_last_used():
    manager, agent = colleague(roles.MANAGER), colleague(roles.AGENT)
    Account.objects.filter(pk=agent.pk).update(last_login=make.LONG_AGO, staff_name="Bram Achterberg")
    page = desk(manager).get("/admin/customers/account/").content.decode()
    for words in ("Bram Achterberg", agent.email, "care agent", "2020"):
        assert words in page, words
