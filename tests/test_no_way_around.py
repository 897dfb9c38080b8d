"""No path leads around the gate: every way in which something can leave is known, and asks or is about her own matter.

A new sender, file or hand-over stands in no list here and fails; whoever adds it lets the gate decide, or writes down
why it need not.
"""

import ast
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from config.mail import GatedBackend
from privacy import audit, consent, gate, mailings, restrictions, suppression
from privacy.csv_files import Table
from privacy.gate import asking, mailing_list
from privacy.mailings import writing
from privacy.recipients import Disclosure
from privacy.vocabulary import Channel, Purpose, Sender, Source
from tests import make
from tests.test_architecture import APPS, ROOT, sources, tree

# --- by reading: who can send at all ---------------------------------------------------------------------------

# By these a program reaches another machine.
WIRES = {
    "smtplib", "ftplib", "imaplib", "telnetlib", "socket", "ssl", "asyncio", "http.client", "urllib.request", "urllib3",
    "requests", "httpx", "aiohttp", "aiosmtpd", "aiosmtplib", "imap_tools", "paramiko", "boto3", "anymail.backends",
}  # fmt: skip
OUR_CALL = "outgoing_calls.call"
MAIL = {
    "EmailMessage", "EmailMultiAlternatives", "send_mail", "send_mass_mail", "mail_admins", "mail_managers",
    "get_connection",
}  # fmt: skip
LOGS = {"log_disclosure", "log_disclosures"}
IMPORTED = {"disclosure": LOGS, "file": {"StreamingHttpResponse", "FileResponse"}}
MAKES = {"create", "bulk_create", "get_or_create", "update_or_create"}
WAYS: dict[str, dict[str, str]] = {
    "wire": {
        "config/family.py": "asks our own processes whether they live",
        "privacy/canary/choosing.py": "the nightly self-test writes to our own listener",
        "privacy/inbound/imap.py": "fetches mail",
        "privacy/inbound/poller.py": "fetches mail",
        "privacy/inbound/smtp.py": "takes mail in",
        "privacy/inbound/storekeeper.py": "takes mail in",
        "privacy/management/commands/receive_mail.py": "takes mail in",
        "privacy/notices.py": "names the errors of a mail server",
        "privacy/recipient_notices/delivery.py": "names the errors of a mail server",
        "privacy/link_checks.py": "opens links of the register, and says nothing of anybody",
        "privacy/outgoing_calls/exchange.py": "how a server out there is called",
        "privacy/outgoing_calls/hosts.py": "may this host be called?",
        "privacy/recipient_notices/webhook.py": "tells recipients what they must undo (Art. 19)",
    },
    "mail": {
        "config/mail.py": "the mail backend, which asks the gate",
        "privacy/mailings/leaving.py": "where the gate is asked",
        "privacy/mailings/writing.py": "where the gate is asked first",
        "privacy/notices.py": "letters about a person's own matter",
        "privacy/promises/controls/mailings.py": "an invented mail that must not leave, and goes nowhere",
        "privacy/recipient_notices/letter.py": "tells recipients what they must undo (Art. 19)",
    },
    "letter": {"privacy/notices.py": "the one way into the outbox"},
    "disclosure": {
        "privacy/recipients/__init__.py": "names what stands below",
        "privacy/recipients/disclosures.py": "where hand-overs are written down",
        "privacy/choice_calls/call.py": "a yes, where the gate gives the recipient her number or address",
        "privacy/recipients/orders.py": "what an authority demanded, once two people have agreed",
        "privacy/gate/handing_over.py": "where the gate is asked",
        "customers/demo/orders.py": "invented history",
        "customers/demo/handed_on.py": "invented history",
    },
    "file": {
        "privacy/admin/figures_file.py": "numbers of nobody",
        "privacy/admin/list_checks.py": "a list that came from here goes back, scrubbed by the gate",
        "privacy/admin/looks.py": "who looked at whom, for the officer",
        "privacy/admin/registers.py": "registers of requests, for the officer",
        "privacy/admin/restrictions.py": "restrictions, for the officer",
        "privacy/admin/table.py": "the queue, for staff",
        "privacy/admin/bundles.py": "one person's case",
        "privacy/csv_files.py": "how a cell is written",
        "privacy/export/writing.py": "one person's copy",
        "privacy/gate/mailing_list.py": "the list of addresses, scrubbed by the gate",
        "privacy/processing_record/files.py": "what we do, not with whom",
        "privacy/promises/controls/lists.py": "an invented row of nobody, to try the import with",
        "privacy/views/exports.py": "one person's copy",
    },
}


def ways_out(module: ast.Module) -> Iterator[str]:
    """By which ways a file lets something leave."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ("wire" for alias in node.names if _is_a_wire(alias.name))
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            whole = [node.module or "", *(f"{node.module}.{name}" for name in names)]
            if any(_is_a_wire(name) for name in whole if not node.level) or OUR_CALL in whole:
                yield "wire"
            if (node.module or "").startswith("django.core.mail") and (names & MAIL or names & {"backends", "mail"}):
                yield "mail"
            if node.module == "django.core" and "mail" in names:
                yield "mail"
            if (node.module or "").endswith("csv_files") and "lines" in names:
                yield "file"
            yield from (way for way, calls in IMPORTED.items() if names & calls)
        elif isinstance(node, ast.Call):
            yield from _called(ast.unparse(node.func))


def _is_a_wire(name: str) -> bool:
    return any(name == wire or name.startswith(f"{wire}.") for wire in WIRES)


def _called(what: str) -> Iterator[str]:
    *path, last = what.split(".")
    owner = path[-2] if len(path) > 1 and path[-1] in ("objects", "_base_manager") else (path[-1] if path else "")
    if what.endswith(OUR_CALL):
        yield "wire"
    if what.endswith(("csv.writer", "csv.DictWriter")):
        yield "file"
    if last in (*LOGS, "Disclosure") or (last in MAKES and (owner == "Disclosure" or owner.endswith("disclosures"))):
        yield "disclosure"
    if last == "OutgoingEmail" or (last in MAKES and owner == "OutgoingEmail"):
        yield "letter"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_is_known(way: str) -> None:
    found = {str(path.relative_to(ROOT)) for path in sources(*APPS) if way in ways_out(tree(path))}
    assert sorted(found - set(WAYS[way])) == [], f"a new {way}: let the gate decide, or say here why it need not"
    assert sorted(set(WAYS[way]) - found) == [], "gone: take it off the list"
    assert all(WAYS[way].values())


NEW_SENDERS = {
    "wire": ["import smtplib", "from urllib import request", "import urllib.request", "from http.client import x",
             "import requests", "import httpx as h", "from .outgoing_calls import call", "outgoing_calls.call(x)"],
    "mail": ["from django.core.mail import send_mail", "from django.core import mail",
             "from django.core.mail import EmailMessage as E"],
    "letter": ["OutgoingEmail(key=1)", "notices.OutgoingEmail.objects.create(key=1)",
               "OutgoingEmail.objects.bulk_create([])"],
    "disclosure": ["recipients.log_disclosure(x)", "from .recipients import log_disclosure", "Disclosure(a=1)",
                   "from .recipients import log_disclosures", "recipients.log_disclosures(x)",
                   "Disclosure.objects.create(a=1)", "person.disclosures.create(a=1)"],
    "file": ["csv.writer(x)", "csv.DictWriter(x)", "from ..csv_files import lines",
             "from django.http import StreamingHttpResponse"],
}  # fmt: skip
ALL_NEW = [(way, line) for way, lines in NEW_SENDERS.items() for line in lines]


@pytest.mark.parametrize(("way", "line"), ALL_NEW)
def test_a_new_sender_is_seen(way: str, line: str) -> None:
    assert way in set(ways_out(ast.parse(line)))


# What each letter of ours is about: her own matter, so that it needs no leave; or it goes to no customer at all.
OWN_MATTER = {
    "behalf_closed", "behalf_link", "behalf_received", "case_completed", "case_converted", "case_extended", "case_fee",
    "case_fee_withdrawn", "case_merged", "case_question", "case_received", "case_refused", "case_represented",
    "case_withdrawn", "complaint_outcome", "complaint_progress", "complaint_stage", "erasure_done", "export_ready",
    "inactivity_warning", "mail_receipt", "mail_stranger", "new_address", "new_address_asked", "nothing_held",
    "policy_news",
    "request_link", "restriction_ends", "revoked", "unsubscribe_link", "unsubscribed_by_link",
}  # fmt: skip
TO_COLLEAGUES = {"deadline_alarms", "looks_alarm", "looks_daily", "purge_report"}
TO_RECIPIENTS = {"recipient_notice"}


def test_every_letter_is_about_the_persons_own_matter_or_goes_to_nobody_outside() -> None:
    letters = {path.name for path in (ROOT / "templates/email").iterdir() if path.is_dir()}
    known = OWN_MATTER | TO_COLLEAGUES | TO_RECIPIENTS
    assert sorted(letters ^ known) == [], "advertising goes by `mailings.prepare`"


def test_all_mail_leaves_through_the_backend_that_asks() -> None:
    """No other backend is named anywhere, and nobody hands a message a connection of its own."""
    assert 'EMAIL_BACKEND, EMAIL_TRANSPORT = "config.mail.GatedBackend",' in (ROOT / "config/settings.py").read_text()
    other = re.compile(r"EMAIL_BACKEND|EMAIL_TRANSPORT|connection=\w*[Mm]ail|get_connection")
    named = [str(path.relative_to(ROOT)) for path in sources(*APPS) if other.search(path.read_text())]
    assert sorted(named) == [
        "config/environment.py", "config/mail.py", "config/settings.py", "privacy/promises/controls/mailings.py",
    ]  # fmt: skip


# --- by trying: every path says what the gate says ----------------------------------------------------------------

DAY = timedelta(days=1)
DEEDS = {
    "yes": lambda p: make.grant(p, occurred_at=timezone.now() - timedelta(days=9)),
    "yes to others": lambda p: make.grant(p, Purpose.PARTNER_OFFERS),
    "yes by policy": lambda p: make.grant(p, source=Source.POLICY_ACCEPTANCE),
    "no": lambda p: consent.withdraw_marketing(p, source=Source.WEB, actor="test"),
    "restricted": lambda p: restrictions.impose(p, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test"),
    "suppressed": lambda p: suppression.suppress(p.contact_email, reason="complaint"),
    "a child": lambda p: type(p).objects.filter(pk=p.pk).update(date_of_birth=timezone.localdate() - 4000 * DAY),
    "a guardian": make.guardian_consent,
    "erased": lambda p: type(p).objects.filter(pk=p.pk).update(erased_at=timezone.now()),
}


def newsletter(to):
    """One that carries all that it must."""
    text = f"Offers\n\n{mailings.PLACE}\n\nNorthlight, 14 Tanner's Yard, Norwich NR3 1AB, United Kingdom"
    return EmailMessage("Offers", text, "Northlight <service@northlight.example>", [to])


def what_leaves_by_mail(person, content):
    """Whether the newsletter really left, past the gate at writing and again at the door."""
    before = len(mail.outbox)
    try:
        message = mailings.prepare(newsletter(person.contact_email), person, content=content)
    except mailings.MayNotLeave:
        return False
    GatedBackend().send_messages([message])
    return len(mail.outbox) > before


def what_the_door_lets_through(person, content):
    """Whether one leaves that somebody wrote without asking, or long before."""
    before = len(mail.outbox)
    with mock.patch.object(writing, "refusals", lambda *_args, **_more: []):
        message = mailings.prepare(newsletter(person.contact_email), person, content=content)
    with suppress(mailings.MayNotLeave):
        GatedBackend().send_messages([message])
    return len(mail.outbox) > before


def what_a_scrubbed_list_says(person, content):
    """The cell of the only row."""
    out, file = io.StringIO(), io.BytesIO(f"email\n{person.contact_email}\n".encode())
    mailing_list.scrub(Table(file), out, channel=Channel.EMAIL, sender=Sender.OWN, content=content)
    return next(csv.DictReader(io.StringIO(out.getvalue())))["allowed"] == "true"


def what_the_command_says(person, content):
    """The answer to one line."""
    row = {"customer": person.number, "channel": "email", "sender": "own", "content": content}
    return next(asking.contacts([row]))["allowed"]


PATHS = (what_the_command_says, what_a_scrubbed_list_says, what_leaves_by_mail, what_the_door_lets_through)


@pytest.mark.django_db
@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(sorted(DEEDS)), unique=True, max_size=4), content=st.sampled_from(list(Sender)))
def test_every_path_out_says_what_the_gate_says(settings, deeds, content):
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    person = make.customer(f"p{next(make._counter)}@example.com")
    for deed in deeds:
        DEEDS[deed](person)
    person = type(person).objects.get(pk=person.pk)
    allowed = gate.may_contact(person, Channel.EMAIL, Sender.OWN, content).allowed
    for path in PATHS:
        assert path(person, content) is allowed, (path.__name__, deeds)


@pytest.mark.django_db
def test_the_paths_are_tried_with_somebody_who_may_be_written_to(settings):
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    person = make.customer("yes@example.com")
    make.grant(person)
    assert all(path(person, Sender.OWN) for path in PATHS)


@pytest.mark.django_db
def test_clg_10_mad_15_a_hand_over_without_leave_raises_and_is_logged_and_one_with_leave_is_shown():
    person, partner = make.customer(), make.recipient("Partner", is_necessary=False)
    said = {"legal_basis": "you said yes", "actor": "system:test", "now": timezone.now()}
    with pytest.raises(gate.MayNotShare, match="never said yes to sharing with Partner"):
        gate.hand_over(person, partner, ["name"], **said)
    assert not Disclosure.objects.exists()
    tried = audit.AuditEntry.objects.get(event="disclosure.refused")
    assert (tried.details["fields"], tried.details["reasons"]) == (["name"], 1)
    make.grant(person, Purpose.SHARING, recipient=partner)
    row = gate.hand_over(person, partner, ["name"], **said)
    assert (row.recipient, row.fields) == (partner, ["name"])
