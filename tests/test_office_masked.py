"""No page of the office holds a person's details before a reason was typed: every address, every row, every verb."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from privacy import subject_requests
from privacy.audit import AuditEntry
from privacy.erasure import ErasureCertificate
from privacy.export import Redaction
from privacy.letters import LetterVersion
from privacy.policies import NoticeShown
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.sight import Opening
from privacy.subject_requests import CasePaper, papers, representing
from tests import make
from tests.office import addresses, colleague, desk, look, page_of, shown

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 10, 11, tzinfo=UTC)

# Whatever a page without a reason must not contain, as typed, as stored and in the form of any encoding.
BEHALF = b'{"name": "Zaunkoenigin", "about": {"name": "Zaunkoenigin"}, "details": "Zaunkoenigin", "particulars": {}}'
SECRETS = ("zaunkoenigin", "łukasiewicz", "%c5%81ukasiewicz", "zaunk%c3%b6nigin", "203.0.113")
# The end of a card's number, standing by itself: a page's tokens and hashes hold any four digits now and then.
CARD = re.compile(r"(?<![\w+/-])4242(?![\w+/-])")


def secrets_in(text):
    """Whatever of her stands in what a page said."""
    text = text.lower()
    return [secret for secret in SECRETS if secret in text] + CARD.findall(text)


def everything_of(person):
    """One row of every table of the office about her, a canary in every column that has room for one."""
    case = make.case(person, "access", details=make.canary(person))
    texts = dict.fromkeys(("field", "current", "proposed", "evidence"), make.canary(person))
    wrong = make.case(person, "rectification", particulars=texts, identity_confirmed=True)
    unhappy = make.case(person, "complaint", particulars={"transaction_number": make.canary(person)})
    unfounded, letter = make.case(person, "portability"), make.refusal(case, make.canary(person))
    subject_requests.propose_refusal(unfounded, actor=colleague(AGENT), reason="manifestly_unfounded", letter=letter)
    words = make.letter("fee", wrong, reasons=make.canary(person))
    said = {"reason": "manifestly_unfounded", "amount": 12, "currency": "GBP", "letter": words}
    subject_requests.fees.propose(wrong, actor=colleague(AGENT), **said)
    papers.add(case, "scan", make.canary(person), make.PDF + b"zaunkoenigin", actor="test")
    representing.name(case, make.canary(person), "zaunkoenigin@law.example", actor="test")
    subject_requests.note(case, "comment", actor="test", text=make.canary(person), is_internal=True)
    raw = (
        b"From: Zaunkoenigin <zaunkoenigin@example.com>\r\nSubject: Zaunkoenigin\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nZaunkoenigin asks\r\n"
        b"--b\r\nContent-Disposition: attachment; filename=zaunkoenigin.txt\r\n\r\nx\r\n--b--\r\n"
    )
    make.redaction(person)
    make.payment(person, order=make.order(person, number="2026-0816"))
    make.certificate_of(person)
    agency = make.recipient(group="payment", kind="credit_reference")
    return [
        person, case, wrong, unhappy, unfounded,
        make.case(person, "enquiry", state="completed", closed_at=NOON, details=make.canary(person)),
        make.grant(person), make.disclosure(person), notice_shown(person), make.authority_order(person),
        make.guardian_consent(person),
        make.outgoing_email(person), make.inbound_email(person, raw=raw, review_state="open"),
        make.inbound_email(person, raw=raw, review_state="open", data_subject=None),
        make.on_behalf(None, stands="unknown", said=BEHALF), make.on_behalf(person),
        make.webhook_call(person, review_state="open"), make.restriction(person, lifted_at=None, lifted_by="",
        lift_proposed_by=""),
        make.order(person, number="2026-0815"), make.enquiry(person), make.chat(person), make.newsletter(person),
        make.credit_check(person, recipient=agency), make.recipient_notice(person),
        make.deadline_alarm(person), make.fraud_marker(person, settled_on=None, settled_by="", outcome=""),
    ]  # fmt: skip


def notice_shown(person):
    """The version of a policy is the shop's word and no value of hers."""
    return NoticeShown.objects.create(data_subject=person, policy=make.policy("2026-7"), shown_at=NOON)


def pages(rows):
    """Every address of the office that the resolver knows, once for each row it can be about."""
    by_table = {
        f"{model._meta.app_label}_{model._meta.model_name}": list(
            model._base_manager.order_by("-pk").values_list("pk", flat=True)[:A_FEW]
        )
        for model in admin.site._registry
    }
    special = {"job_again", "open_details", "mask_again", "view_on_site", "app_list"}
    for name in set(addresses()) - special:
        if name in ARGUMENTS:
            yield reverse(f"admin:{name}", args=ARGUMENTS[name]())
            continue
        table = next((known for known in by_table if name.startswith(f"{known}_")), "")
        what = name.removeprefix(f"{table}_")
        if table == "privacy_datasubjectrequest" and what in ("paper", "remove_paper"):
            yield from (reverse(f"admin:{name}", args=one) for one in CasePaper.objects.values_list("case", "pk"))
            continue
        if what == "certificate":
            issued = ErasureCertificate.objects.values_list("erasure__case", "number")
            yield from (reverse(f"admin:{name}", args=one) for one in issued)
            continue
        if what == "put_back":
            left_out = Redaction.objects.values_list("case", "pk")
            yield from (reverse(f"admin:{name}", args=one) for one in left_out)
            continue
        if not table or what in ("changelist", "add", "export", "undo_assign", "verify"):
            yield reverse(f"admin:{name}")
            continue
        needed: dict[str, list[Any]] = {"step": ["note" if "request" in table else "dismiss"], "attachment": [1]}
        more = needed.get(what, [])
        yield from (reverse(f"admin:{name}", args=[pk, *more]) for pk in by_table[table])
    for row in rows:
        label = [row._meta.label_lower, row.pk]
        yield from (reverse(f"admin:{name}", args=label) for name in ("open_details", "mask_again"))


A_FEW = 5
# Pages about no person that need to know which one.
ARGUMENTS: dict[str, Any] = {
    "letter": lambda: [LetterVersion.objects.all()[0].pk],
    "write_letter_version": lambda: [LetterVersion.objects.all()[0].pk],
    "write_letter": lambda: ["refusal"],
}
QUERIES = ("?which=all", "?state=all", "?q=zau")
ALL_VERBS = ("get", "head", "post", "put", "options")


@pytest.mark.slow
@pytest.mark.parametrize(("role", "verbs"), [
    (OFFICER, ALL_VERBS), (AGENT, ("get",)), ("superuser", ("get",)), (AUDITOR, ("get",)),
])  # fmt: skip
def test_no_page_of_the_office_shows_a_value_before_a_reason_is_typed(role, verbs):
    person = make.customer(display_name="Zaunkoenigin Łukasiewicz")
    rows = everything_of(person)
    at_desk, found, seen = desk(colleague(role)), [], 0
    for url in pages(rows):
        asked = [(verb, url) for verb in verbs if "logout" not in url]
        asked += [("get", url + query) for query in QUERIES if url.count("/") == 4]
        for verb, address in asked:
            answer = getattr(at_desk, verb)(address)
            body = answer.getvalue() if answer.streaming else answer.content
            text = body.decode("utf-8", "replace") + str(answer.headers)
            seen += answer.status_code == 200
            found += [(verb, address, secret) for secret in secrets_in(text)]
    assert found == []
    assert seen > 50
    assert not Opening.objects.exists()


@pytest.mark.parametrize("table", ["customers_customer", "privacy_datasubjectrequest", "privacy_inboundemail",
                                   "privacy_outgoingemail", "privacy_webhookcall", "privacy_restriction",
                                   "privacy_consententry", "customers_enquiry", "customers_chatlog",
                                   "customers_fraudmarker",
                                   "privacy_onbehalf"])  # fmt: skip
def test_the_values_are_there_once_a_reason_was_typed(table):
    """Otherwise the test above would be about empty pages."""
    person = make.customer(display_name="Zaunkoenigin Łukasiewicz")
    at_desk = desk(colleague(OFFICER))
    [row, *_more] = [row for row in everything_of(person) if f"{row._meta.app_label}_{row._meta.model_name}" == table]
    assert "zaunkoenigin" not in shown(at_desk, row).lower()
    look(at_desk, row)
    assert "zaunkoenigin" in shown(at_desk, row).lower()


def test_the_original_and_attachments_are_not_handed_out_before_a_reason_is_typed():
    at_desk, mary = desk(colleague(AGENT)), make.customer()
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"
    )
    mail = make.inbound_email(mary, raw=raw)
    raw_url = reverse("admin:privacy_inboundemail_raw", args=[mail.pk])
    assert at_desk.get(raw_url).url == page_of(mail)
    assert at_desk.post(reverse("admin:privacy_inboundemail_attachment", args=[mail.pk, 1])).url == page_of(mail)
    assert not AuditEntry.objects.filter(event__endswith="_taken").exists()
    look(at_desk, mail)
    assert at_desk.get(raw_url).content == raw


def test_every_table_with_people_in_the_office_is_masked():
    """A table that somebody adds later has its row in this file too, or is named here with its reason."""
    covered = {type(row) for row in everything_of(make.customer())}
    with_people = {
        model for model in admin.site._registry
        if getattr(getattr(model, "personal_data", None), "data_subject", None)
    }  # fmt: skip
    assert {model._meta.label for model in with_people - covered} - {"customers.Account"} == set()
