"""What leaves us for others: asked before, written down in the same moment, and two people for an authority."""

import io
import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import erasure, export, preferences, roles
from privacy.audit import AuditEntry
from privacy.gate.handing_over import MayNotShare, hand_over
from privacy.promises import Promise
from privacy.recipients import AuthorityOrder, Disclosure, Recipient, orders, told_of
from privacy.recipients.orders import NotAllowed
from privacy.vocabulary import Purpose
from tests import make
from tests.office import colleague, desk, look

pytestmark = pytest.mark.django_db


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True)


def give(person, recipient, fields=("name",), **more):
    return hand_over(person, recipient, list(fields), actor="system:test", now=timezone.now(), **more)


# --- asked, and written down ------------------------------------------------------------------------------


def test_clg_10_what_the_gate_refuses_raises_is_logged_and_is_no_hand_over(mary):
    partner = make.recipient(is_necessary=False)
    with pytest.raises(MayNotShare, match="never said yes"):
        give(mary, partner)
    assert not Disclosure.objects.exists()
    entry = AuditEntry.objects.get(event="disclosure.refused")
    assert (entry.details, entry.target) == ({"fields": ["name"], "reasons": 1}, f"privacy.recipient:{partner.pk}")


def test_every_hand_over_stands_in_the_log_with_its_ground_and_the_person_reads_it(mary, client):
    partner = make.recipient("Moorland", is_necessary=False)
    make.grant(mary, Purpose.SHARING, recipient=partner)
    assert give(mary, partner, reference="M-1").legal_basis == "consent"
    assert give(mary, make.recipient()).legal_basis == "contract"
    assert told_of(mary, timezone.localdate()).count() == 2
    client.force_login(mary.account)
    assert "Moorland" in client.get(reverse("privacy:sharing")).content.decode()


def test_mad_12_a_field_that_is_not_on_the_list_goes_to_nobody(mary):
    with pytest.raises(MayNotShare, match="date_of_birth"):
        give(mary, make.recipient(), ["name", "date_of_birth"])


def said(monkeypatch, *rows):
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    out = io.StringIO()
    call_command("hand_over", "--jsonl", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_shop_s_machines_hand_over_line_by_line_and_a_bad_line_spoils_no_other(mary, monkeypatch):
    carrier, _partner = make.recipient("Carrier"), make.recipient("Partner", is_necessary=False)
    make.customer("twin@example.com"), make.customer("twin@example.com")
    good = {"customer": mary.number, "recipient": carrier.name, "fields": ["name"], "reference": "P-7"}
    found = said(
        monkeypatch, {"id": 1, **good}, {"id": 2, **good, "recipient": "Partner"}, {"id": 3, **good, "customer": "0"},
        {"id": 4, **good, "recipient": "Nobody"}, {"id": 5, **good, "fields": "name"},
        {"id": 6, "email": "twin@example.com", "recipient": carrier.name, "fields": ["name"]}, {"id": 7, **good},
    )  # fmt: skip
    assert [line["id"] for line in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [line.get("allowed") for line in found] == [True, False, False, None, None, None, True]
    assert "name the customer" in found[5]["error"] and "Nobody" in found[3]["error"]
    assert set(Disclosure.objects.values_list("pk", "reference")) == {
        (found[0]["disclosure"], "P-7"), (found[6]["disclosure"], "P-7"),
    }  # fmt: skip


# --- nobody buys, nobody rents ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sale", "lease"])
def test_cnx_03_who_would_pay_cannot_be_entered_while_the_promise_stands(kind, mary, settings):
    with pytest.raises(ValidationError, match="CNX-03"):
        make.recipient(kind=kind)
    settings.PROMISE_PACKS = ["made"]
    buyer = make.recipient("Buyer", kind=kind, is_necessary=False)
    make.grant(mary, Purpose.SHARING, recipient=buyer)
    assert give(mary, buyer)
    settings.PROMISE_PACKS = ["made", "connox"]
    with pytest.raises(MayNotShare, match="sell or rent"):
        give(mary, buyer)
    Promise.objects.create(code="NL-09", meaning="Never.", topic="sharing", controls=["recipients-not-for-money"])
    settings.PROMISE_PACKS = []
    with pytest.raises(ValidationError, match="NL-09"):
        buyer.full_clean()


def test_cnx_03_the_office_says_in_one_line_why_a_buyer_cannot_be_entered():
    officer, row = desk(colleague(roles.OFFICER)), make.recipient(told_by_hand="By letter.")
    said = {"name": "X", "kind": "sale", "group": "partner", "country": "DE", "purpose": "p", "fields": ""}
    page = officer.post(reverse("admin:privacy_recipient_change", args=[row.pk]), said).content.decode()
    assert "We have promised to sell or rent out no data (CNX-03)." in page
    row.refresh_from_db()
    assert row.kind == "processor"


def test_who_decides_together_with_us_says_who_answers_for_what():
    both = Recipient(name="B", kind="joint", group="social", country="DE", purpose="p", is_active=True)
    with pytest.raises(ValidationError, match="answers for what"):
        both.full_clean()
    both.arrangement = "They answer."
    both.full_clean()


# --- police, courts, offices --------------------------------------------------------------------------------


def test_clz_11_whoever_records_an_order_cannot_decide_on_it_and_the_database_agrees(mary):
    order = make.authority_order(mary, actor="staff:first")
    for verb in (lambda: orders.approve(order, actor="staff:first", now=timezone.now()),
                 lambda: orders.refuse(order, "No.", actor="staff:first", now=timezone.now())):  # fmt: skip
        with pytest.raises(NotAllowed, match="different person"):
            verb()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuthorityOrder.objects.update(state="approved", decided_by="staff:first", decided_at=timezone.now())
    assert AuthorityOrder.objects.get().state == "recorded"


def test_an_order_goes_once_and_only_after_a_yes(mary):
    order = make.authority_order(mary)
    with pytest.raises(MayNotShare):
        give(mary, order.recipient, order.fields)
    with pytest.raises(NotAllowed):
        orders.handed_over(order, actor="staff:x", now=timezone.now())
    orders.approve(order, actor="staff:second", now=timezone.now())
    with pytest.raises(NotAllowed, match="decided already"):
        orders.refuse(order, "Late.", actor="staff:third", now=timezone.now())
    row = give(mary, order.recipient, order.fields)
    order.refresh_from_db()
    assert (order.state, order.disclosure, row.legal_basis) == ("handed_over", row, order.legal_basis)
    with pytest.raises(NotAllowed):
        orders.handed_over(order, actor="staff:x", now=timezone.now())


def test_a_refused_order_needs_a_reason_and_opens_nothing(mary):
    order = make.authority_order(mary)
    with pytest.raises(NotAllowed, match="Say why"):
        orders.refuse(order, "  ", actor="staff:second", now=timezone.now())
    orders.refuse(order, "No such law.", actor="staff:second", now=timezone.now())
    with pytest.raises(MayNotShare):
        give(mary, order.recipient, order.fields)


@pytest.mark.parametrize("missing", ["fields", "legal_basis", "reference"])
def test_an_order_without_law_file_number_or_details_is_no_order(mary, missing):
    with pytest.raises(ValidationError):
        make.authority_order(mary, **{missing: [] if missing == "fields" else " "})
    with pytest.raises(ValidationError, match="authority"):
        make.authority_order(mary, recipient=make.recipient())


def test_clz_11_while_it_is_secret_neither_page_nor_copy_tells_of_it_and_afterwards_they_do(mary, client, tmp_path):
    today = timezone.localdate()
    order = make.authority_order(mary, secret_until=today + timedelta(days=30), reference="77-JS-SECRET")
    orders.approve(order, actor="staff:second", now=timezone.now())
    give(mary, order.recipient, order.fields)
    client.force_login(mary.account)
    assert "77-JS-SECRET" not in client.get(reverse("privacy:my_data")).content.decode()
    export.export_to(mary, tmp_path, actor="test")
    assert not any(b"77-JS-SECRET" in path.read_bytes() for path in tmp_path.rglob("*.json"))
    assert not told_of(mary, today + timedelta(days=30)).exists()
    assert told_of(mary, today + timedelta(days=31)).get().reference == "77-JS-SECRET"


def test_an_order_outlives_an_erasure_as_evidence_with_its_reason(mary):
    order = make.authority_order(mary, received_on=timezone.localdate())
    report = erasure.preview(mary, today=timezone.localdate())
    [line] = [line for line in report if line.model == "privacy.AuthorityOrder"]
    assert (line.deleted, line.anonymised, line.kept) == (0, 0, 1), order


def test_an_authority_is_no_choice_of_hers(mary, client):
    make.recipient("Police of Leeds", kind="authority", fields=[], is_necessary=False)
    make.recipient("Moorland", is_necessary=False)
    assert [option.recipient.name for option in preferences.sharing() if option.recipient] == ["Moorland"]
    client.force_login(mary.account)
    assert "Police of Leeds" not in client.get(reverse("privacy:sharing")).content.decode()


# --- in the office -----------------------------------------------------------------------------------------


def test_where_the_register_holds_no_authority_the_form_says_so_and_leads_there(mary):
    page = reverse("admin:record_authority_order") + f"?person={mary.number}"
    text = desk(colleague(roles.OFFICER)).get(page).content.decode()
    assert "No authority is in the register yet." in text and reverse("admin:privacy_recipient_add") in text
    make.recipient("Police", kind="authority")
    assert "No authority" not in desk(colleague(roles.OFFICER)).get(page).content.decode()


def test_the_office_records_decides_and_notes_an_order_with_two_people(mary):
    agent, officer = colleague(roles.AGENT), colleague(roles.OFFICER)
    police = make.recipient("Police of Leeds", kind="authority", fields=[], is_necessary=False)
    page = reverse("admin:record_authority_order") + f"?person={mary.number}"
    form = {
        "recipient": police.pk, "legal_basis": "DPA 2018 Sch. 2", "reference": "L-12", "received_on": "2026-09-01",
        "fields_demanded": "Name\naddress", "secret_until": "",
    }  # fmt: skip
    ahead = desk(agent).post(page, form | {"received_on": date.max.isoformat()}).content.decode()
    assert "has not come yet" in ahead and not AuthorityOrder.objects.exists()
    desk(agent).post(page, form)
    order = AuthorityOrder.objects.get()
    assert (order.fields, order.state) == (["address", "name"], "recorded")
    here = reverse("admin:privacy_authorityorder_change", args=[order.pk])
    verb = {name: reverse(f"admin:privacy_authorityorder_{name}", args=[order.pk]) for name in ("approve", "give")}
    at_desk = desk(officer)
    assert "L-12" not in at_desk.get(here).content.decode(), "masked before a reason"
    look(at_desk, order)
    opened = at_desk.get(here).content.decode()
    assert "L-12" in opened and "address, name" in opened and "[" not in opened.split("What they demand")[1][:200]
    assert "Noted." not in at_desk.post(verb["give"], follow=True).content.decode()
    assert not Disclosure.objects.exists()
    assert "Agreed." in at_desk.post(verb["approve"], follow=True).content.decode()
    assert "Noted." in at_desk.post(verb["give"], follow=True).content.decode()
    assert Disclosure.objects.get().recipient == police
