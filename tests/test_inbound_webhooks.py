"""Calls of mailing services (FAULTS B17, B18, F66): proven, stored, read later, and never the road to a new "yes"."""

import base64
import json
import secrets
import socket
import threading
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from config.environment import Environment
from privacy import consent, erasure, jobs, suppression, traces
from privacy.consent import ConsentEntry
from privacy.inbound import mailbox, reading, undoing, webhooks
from privacy.inbound.mailbox import InboundEmail
from privacy.inbound.webhooks import Mention, WebhookCall, proof
from privacy.inbound.webhooks.mailing_services import DOORS
from privacy.inbound.webhooks.replica import of_stored
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.suppression import Suppression
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make
from tests.letters import REMOVE, letter
from tests.mailing_services import Call, Keys, call, multipart, sns, worked

pytestmark = pytest.mark.django_db
KEYS = Keys()
ANNA = "anna@example.com"


@pytest.fixture(autouse=True)
def accounts(settings):
    """An account at every service."""
    settings.ANYMAIL = KEYS.settings
    settings.SITE_URL = "http://localhost:8000"


@pytest.fixture
def http():
    return Client(raise_request_exception=False)


def gets(person, sender=Sender.OWN):
    return consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=sender)


def subscriber(address=ANNA, *senders, **values):
    person = make.customer(address)
    for sender in senders or [Sender.OWN]:
        make.grant(person, sender=sender, **values)
    return person


def brevo(event, address=ANNA, at=None, **more):
    at = at or timezone.now()
    return call(KEYS, "brevo", {"event": event, "email": address, "ts_epoch": int(at.timestamp() * 1000)} | more)


def done(made, http):
    """The call made, taken and worked on."""
    answer = made.make(http)
    assert (answer.status_code, answer.content) == (200, b""), made.service
    return worked(WebhookCall.objects.latest("pk"))


# --- all 147 payloads ------------------------------------------------------------------------------------

# Not calls of a service but answers of Amazon's library to ours: no SNS notice, so nobody proves anything with them.
ANSWERS_TO_US = {"__None1.json", "sns_subscription_confirmation_failure__None1.json"}
# What the service says of an address, by Anymail's own names, and what it brings about here.
STOPS = {"unsubscribed", "complained", "bounced"}
# Bounces that mean "not today", or do not say for how long.
SOFT = {
    ("brevo_webhooks/soft_bounce_event", "bounced"): "soft_bounce",
    ("mailersend_webhooks/soft_bounced_event", "bounced"): "soft_bounce",
    ("postal_webhooks/bounce_event", "bounced"): "soft_bounce",
    ("resend_webhooks/suppressed_event", "bounced"): "soft_bounce",
}
# The source test says the type once for each event of several, or changes a setting that we do not have.
ODD = [
    ("amazon_ses_webhooks/multiple_bounce_event", {"bounced": 2}),
    ("sparkpost_webhooks/initial_open_event_as_opened", {"unknown": 1}),
]
# Fragments that the source test puts into a call with others.
PARTS = {"metadata_key_conflicts__metadata1.json"}
EFFECTS: dict = {}
# What a person looks at, and why.
FOR_A_PERSON = {
    "amazon_ses_inbound/inbound_s3": "elsewhere",
    "amazon_ses_inbound/inbound_s3_failure_message": "elsewhere",
    "amazon_ses_inbound/incorrect_tracking_event": "wrong_address",
    "amazon_ses_webhooks/incorrect_received_event": "wrong_address",
    "mailgun_inbound/misconfigured_tracking": "wrong_address",
    "mailgun_inbound/misconfigured_tracking_legacy": "wrong_address",
    "mailgun_webhooks/misconfigured_inbound": "wrong_address",
    "postmark_webhooks/bounce_unsubscribe_variant": "unreadable",  # it does not say who unsubscribed
}


def payloads(folder):
    """Every payload with its name, service, kind and what the source test expects."""
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".expect.json"):
            continue
        group = "postmark_inbound" if path.parent == folder else path.parent.name
        service, _, kind = group.rpartition("_")
        name = path.name.partition("__")[0] if "__" in path.stem else path.stem
        expected = path.parent / f"{name}.expect.json"
        is_whole = path.parent != folder and path.name not in PARTS
        yield SimpleNamespace(
            path=path,
            name=f"{group}/{name}",
            service=service,
            kind="inbound" if kind == "inbound" else "events",
            said=json.loads(path.read_text()),
            expected=json.loads(expected.read_text()) if is_whole and expected.exists() else [],
        )


def as_called(one):
    """The payload as its service posts it; some are parts of a call, put together as the source test does."""
    if one.path.name in ANSWERS_TO_US:
        return Call(one.service, one.kind, json.dumps(one.said).encode(), "text/plain", _password("amazon_ses"))
    if one.name.endswith("_inbound/filtered_attachment_filenames"):
        return _with_files(one)
    if one.name.startswith("brevo_inbound/"):
        return call(KEYS, "brevo", {"items": [one.said]}, "inbound")
    if one.path.name == "metadata_key_conflicts__raw_event2.json":
        metadata = json.loads(one.path.with_name("metadata_key_conflicts__metadata1.json").read_text())
        headers = json.dumps([["X-Mailgun-Variables", json.dumps(metadata)]])
        return call(KEYS, "mailgun", one.said | {"message-headers": headers})
    return call(KEYS, one.service, one.said, one.kind)


def _with_files(one):
    """A mail whose attachments have names that no file may have."""
    mark = "attachment-" if one.service == "mailgun" else "attachment"
    files = {f"{mark}{n}": (name, b"content") for n, name in enumerate(one.said, 1)}
    if one.service == "mailgun":
        return mailgun_form({"message-headers": "[]", "attachment-count": str(len(files)), **files})
    info = {field: {"filename": name} for field, (name, _) in files.items()}
    fields = {"headers": "", "attachments": str(len(files)), "attachment-info": json.dumps(info), **files}
    return call(KEYS, "sendgrid", fields, "inbound")


def _password(service, password=""):
    told = password or KEYS.password(service)
    return {"Authorization": "Basic " + base64.b64encode(told.encode()).decode()}


def mailgun_form(fields):
    """Mailgun's mail with files: the proof stands in three fields of the form."""
    made = call(KEYS, "mailgun", {}, "inbound")
    proof_of_it = {name: of_stored(made.content_type, made.body).POST[name] for name in proof.MAILGUN_PROOF}
    body, content_type = multipart(proof_of_it | fields)
    return Call("mailgun", "inbound", body, content_type)


def test_all_147_payloads_are_taken_read_and_bring_about_what_they_must(corpora, http):
    """An account at each service posts its own payload, signed for real; a worker reads it; nothing is lost."""
    effects = Counter()
    every = list(payloads(corpora / "webhooks_anymail"))
    assert len(every) == 147
    for one in every:
        for model in (Suppression, Mention, WebhookCall, InboundEmail):
            model.objects.all().delete()
        answer = as_called(one).make(http)
        if one.path.name in ANSWERS_TO_US:
            assert (answer.status_code, WebhookCall.objects.exists()) == (401, False), one.name
            effects["refused, no call of a service"] += 1
            continue
        assert answer.status_code == 200, one.name
        row = worked(WebhookCall.objects.get())
        assert row.job_state == "done", (one.name, row.last_error)
        effects[effect_of(one, row)] += 1
    assert effects == EFFECTS
    assert sum(effects.values()) == 147


def effect_of(one, row):
    """What became of it, held against what the source test says that it is."""
    stopped = Suppression.objects.exists()
    if one.name in FOR_A_PERSON:
        assert (row.outcome, row.doubt, stopped) == ("review", FOR_A_PERSON[one.name], False), one.name
        assert bytes(row.body), "a person needs to see it"
        return f"for a person, {row.doubt}"
    assert not bytes(row.body), "what it said is forgotten"
    if one.kind == "inbound":
        assert (row.outcome, stopped, row.counts) == ("mail", False, {"inbound": 1}), one.name
        assert_mail(one, InboundEmail.objects.get())
        return "mail taken in"
    types = [value for name, value in one.expected if name == "event_type"]
    counted = Counter(SOFT.get((one.name, kind), kind) for kind in types)
    if types:
        assert row.counts == counted or (one.name, row.counts) in ODD, one.name
    wanted = set(counted) & STOPS
    assert stopped == bool(wanted) == (row.outcome == "changed"), one.name
    for address in [value for name, value in one.expected if name == "recipient"] if wanted else ():
        assert suppression.is_suppressed(address) and suppression.is_suppressed(address, sender=Sender.THIRD_PARTY)
    return f"{', '.join(sorted(wanted))}: never written to again" if wanted else "nothing to change"


def assert_mail(one, row):
    """The mail says what the source test reads in it."""
    expected, read = dict(map(tuple, one.expected)), reading.read(bytes(row.raw))
    assert row.road == "webhook"
    assert row.sender == (expected.get("envelope_sender") or ""), one.name
    if expected.get("envelope_recipient"):
        assert bytes(row.recipient).decode() == expected["envelope_recipient"], one.name
    assert read.subject == expected.get("subject", read.subject), one.name
    assert read.text.split() == expected.get("text", read.text).split(), one.name
    assert read.addresses("from") == [expected["addr_spec"]] if "addr_spec" in expected else True, one.name
