"""Calls of mailing services (FAULTS B17, B18, F66): proven, stored, read later, and never the road to a new "yes"."""

import base64
import json
import re
import secrets
import socket
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.environment import Environment
from privacy import audit, consent, erasure, jobs, suppression, traces
from privacy.consent import ConsentEntry
from privacy.inbound import mailbox, reading, undoing, webhooks
from privacy.inbound.mailbox import InboundEmail
from privacy.inbound.webhooks import Mention, WebhookCall, proof
from privacy.inbound.webhooks.mailing_services import DOORS
from privacy.inbound.webhooks.replica import of_stored
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.purge import night
from privacy.suppression import Suppression
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make
from tests.letters import REMOVE, letter
from tests.mailing_services import Call, Keys, call, multipart, sns, worked
from tests.office import colleague, desk, look
from tests.races import at_once

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
EFFECTS = {
    "nothing to change": 94,
    "bounced: never written to again": 17,
    "complained: never written to again": 10,
    "unsubscribed: never written to again": 8,
    "mail taken in": 8,
    "for a person, wrong_address": 5,
    "for a person, elsewhere": 2,
    "for a person, unreadable": 1,
    "refused, no call of a service": 2,
}
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
    effects: Counter[str] = Counter()
    every = list(payloads(corpora / "webhooks_anymail"))
    assert len(every) == 147
    for one in every:
        Suppression.objects.all()._raw_delete(DEFAULT_DB_ALIAS)  # the list itself has no such door
        for model in (Mention, WebhookCall, InboundEmail):
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


# --- who calls -------------------------------------------------------------------------------------------

SAMPLES = {
    "amazon_ses": {"notificationType": "Delivery", "mail": {}, "delivery": {"recipients": [ANNA]}},
    "brevo": {"event": "delivered", "email": ANNA},
    "sendinblue": {"event": "delivered", "email": ANNA},
    "mailersend": {"type": "activity.opened", "data": {"type": "opened", "created_at": "2026-01-01T00:00:00Z"}},
    "mailgun": {"event-data": {"event": "opened", "timestamp": 1.5, "recipient": ANNA}},
    "mailjet": [{"event": "open", "time": 1498093527, "email": ANNA}],
    "mailtrap": {"events": [{"event": "open", "timestamp": 1498093527, "message_id": "1", "email": ANNA}]},
    "mandrill": [{"event": "open", "ts": 1498093527, "msg": {"email": ANNA}}],
    "postal": {"event": "MessageSent", "payload": {"status": "Sent", "message": {"to": ANNA}}},
    "postmark": {"RecordType": "Open", "Recipient": ANNA},
    "resend": {"type": "email.opened", "created_at": "2026-01-01T00:00:00Z", "data": {"to": [ANNA]}},
    "sendgrid": [{"event": "open", "timestamp": 1498093527, "email": ANNA}],
    "sparkpost": [{"msys": {"track_event": {"type": "open", "raw_rcpt_to": ANNA}}}],
    "unisender_go": {"event_name": "transactional_email_status", "status": "opened", "email": ANNA},
}
BY_DOOR = pytest.mark.parametrize(("service", "kind"), DOORS)
SIGNS_ITS_TIME = pytest.mark.parametrize("service", ["amazon_ses", "mailgun", "resend", "sendgrid"])


def sample(service, kind="events", keys=KEYS, **more):
    payload = {"text": "x"} if (service, kind) == ("sendgrid", "inbound") else SAMPLES[service]
    return call(keys, service, payload, kind, **more)


@BY_DOOR
def test_every_service_of_anymail_has_a_door_that_takes_its_own_signature(service, kind, http):
    assert sample(service, kind).make(http).status_code == 200
    assert WebhookCall.objects.get().service == service


def test_no_service_of_anymail_is_left_out():
    from anymail import urls

    theirs = {pattern.name.removesuffix("_webhook") for pattern in urls.urlpatterns}
    ours = {f"{service}_{'inbound' if kind == 'inbound' else 'tracking'}" for service, kind in DOORS}
    assert theirs - ours == {"mandrill"}, "which has one for both"


@BY_DOOR
def test_another_account_s_secret_opens_nothing(service, kind, http):
    assert sample(service, kind, keys=Keys()).make(http).status_code == 401
    assert not WebhookCall.objects.exists()


@BY_DOOR
def test_without_proof_nothing_is_taken_and_the_answer_is_fixed(service, kind, http):
    made = sample(service, kind)
    bodies = [json.dumps(SAMPLES[service]).encode(), b"", b"{", b"[" * 50_000, b"\xff\x00"]
    answers = [http.post(made.path, body, content_type="application/json") for body in bodies]
    answers += [http.post(made.path, body, content_type="multipart/form-data; boundary=x") for body in bodies]
    if made.headers:  # of two services the proof lies in the body
        answers.append(http.post(made.path, made.body, made.content_type, headers=forged(made.headers)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"Not proven.")}
    assert not WebhookCall.objects.exists()


def forged(headers):
    """The right names, wrong values."""
    return {name: value if name.startswith("x-amz") else "ä" * 20 + value[:3] for name, value in headers.items()}


@pytest.mark.parametrize(
    "service", ["mailersend", "mailtrap", "mandrill", "postal", "resend", "sendgrid", "unisender_go"]
)
def test_a_signed_body_may_not_be_changed(service, http):
    made = sample(service)
    made.body = made.body.replace(b"anna", b"bert").replace(b"opened", b"closed")
    assert made.make(http).status_code == 401
    assert not WebhookCall.objects.exists()


def test_one_service_s_password_does_not_open_another_s_door(http):
    made = brevo("delivered")
    assert (
        http.post("/webhooks/postmark/events/", made.body, made.content_type, headers=made.headers).status_code == 401
    )


def test_amazon_is_asked_for_its_password_as_it_wants_to_be(http):
    made = sample("amazon_ses")
    del made.headers["Authorization"]
    assert made.make(http).headers["WWW-Authenticate"].startswith("Basic ")


@BY_DOOR
def test_a_service_that_is_not_configured_is_not_there(service, kind, http, settings):
    path = f"/webhooks/{service}/{kind}/"
    assert [http.get(path).status_code, http.head(path).status_code] == [200, 200]
    assert http.get(path).content == b""
    settings.ANYMAIL = {}
    answers = [http.get(path), http.head(path), sample(service, kind).make(http)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert not WebhookCall.objects.exists()


@pytest.mark.parametrize("path", ["nobody/events", "unisender_go/inbound", "mailgun/other", "mailgun/tracking"])
def test_there_is_no_other_door(path, http):
    assert http.post(f"/webhooks/{path}/", b"{}", content_type="application/json").status_code == 404


def test_other_methods_are_refused(http):
    assert {getattr(http, verb)("/webhooks/brevo/events/").status_code for verb in ("put", "delete", "patch")} == {405}


@SIGNS_ITS_TIME
def test_a_call_that_was_signed_more_than_five_minutes_ago_is_refused(service, http):
    now = timezone.now()
    for minutes in (-6, 6, -60 * 24 * 3):
        assert sample(service, at=now + timedelta(minutes=minutes)).make(http).status_code == 401
    assert not WebhookCall.objects.exists()
    assert sample(service, at=now - timedelta(minutes=4)).make(http).status_code == 200


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "1e400", "99999999999999999999", "-1"])
def test_a_time_that_is_none_proves_nothing(time, http):
    assert call(KEYS, "mailgun", SAMPLES["mailgun"], timestamp=time).make(http).status_code == 401


def test_a_token_of_mailgun_proves_one_call_and_no_other(http):
    """It signs the token and not the body: whoever sees one call could otherwise write another."""
    token = secrets.token_hex(25)
    first = call(KEYS, "mailgun", SAMPLES["mailgun"], token=token)
    other = call(KEYS, "mailgun", {"event-data": {"event": "unsubscribed", "recipient": ANNA}}, token=token)
    assert [first.make(http).status_code, other.make(http).status_code, first.make(http).status_code] == [200, 401, 200]
    assert WebhookCall.objects.count() == 1


# --- how much, and in what state -------------------------------------------------------------------------


def test_events_of_more_than_a_megabyte_are_too_large(http):
    event = {"event": "delivered", "email": ANNA, "more": ""}
    room = 1024 * 1024 - len(json.dumps(event))
    fits, too_large = (call(KEYS, "brevo", event | {"more": "x" * (room + more)}) for more in (0, 1))
    assert [fits.make(http).status_code, too_large.make(http).status_code] == [200, 413]
    assert too_large.make(http).content == b"Too large."
    assert WebhookCall.objects.count() == 1


@pytest.mark.parametrize("form", ["multipart", "urlencoded"])
def test_a_mail_may_be_as_large_as_by_any_other_road(form, http):
    """Of one field: Django itself stops at 2 MB."""
    raw = letter(ANNA) + (b"z" * 76 + b"\r\n") * 70_000
    fields = {"body-mime": raw, "recipient": REMOVE, "sender": ANNA}
    made = mailgun_form(fields) if form == "multipart" else call(KEYS, "mailgun", fields, "inbound")
    assert len(raw) > 5 * 1024 * 1024
    done(made, http)
    assert bytes(InboundEmail.objects.get().raw) == raw


def test_a_mail_beyond_the_limit_of_all_mail_is_too_large(http, settings):
    settings.MAIL_MAX_BYTES = 100_000
    assert mailgun_form({"body-mime": b"x" * 100_000}).make(http).status_code == 413
    assert not WebhookCall.objects.exists()


BROKEN = [b"", b"{", b"null", b"[]", b"[1]", b"{}", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"items": 5}', b"\0", b"[{}]"]


@pytest.mark.parametrize("kind", ["events", "inbound"])
@pytest.mark.parametrize("service", ["brevo", "mailjet", "mailersend", "postal", "postmark", "sparkpost", "mailtrap"])
def test_what_is_proven_and_cannot_be_read_waits_for_a_person(service, kind, http, caplog):
    for body in BROKEN:
        assert call(KEYS, service, body, kind).make(http).status_code == 200
        row = worked(WebhookCall.objects.latest("pk"))
        assert row.job_state == "done" and row.outcome in ("review", "nothing", "mail")
        if row.outcome == "review":
            assert bytes(row.body) == body
    assert WebhookCall.objects.count() == len(BROKEN)
    assert WebhookCall.objects.to_review().count() >= len(BROKEN) - 3
    assert not Suppression.objects.exists()


def test_a_bad_event_spoils_no_other(http):
    """Anymail stops at the first that it cannot read."""
    anna, bert = subscriber(), subscriber("bert@example.com")
    good = [
        {"event": "unsub", "time": int(timezone.now().timestamp()), "email": one.contact_email} for one in (anna, bert)
    ]
    row = done(call(KEYS, "mailjet", [good[0], {"no": "event", "email": "carl@example.com"}, good[1]]), http)
    assert (row.outcome, bytes(row.body), row.counts) == ("divided", b"", {"parts": 3})
    assert not gets(anna) and not gets(bert)
    [waiting] = WebhookCall.objects.to_review()
    assert json.loads(bytes(waiting.body)) == [{"no": "event", "email": "carl@example.com"}]


@pytest.mark.parametrize(
    ("service", "payload"),
    [
        ("mailtrap", {"events": [{"event": "unsubscribe", "timestamp": 1, "message_id": "1", "email": ANNA}, {}]}),
        ("mandrill", [{"event": "unsub", "msg": {"email": ANNA}}, 5]),
        ("sparkpost", [{"msys": {"unsubscribe_event": {"type": "list_unsubscribe", "raw_rcpt_to": ANNA}}}, {}]),
        ("sendgrid", [{"event": "unsubscribe", "email": ANNA}, {}]),
    ],
)
def test_the_others_of_a_batch_are_read_whoever_sends_it(service, payload, http):
    done(call(KEYS, service, payload), http)
    assert suppression.is_suppressed(ANNA)
    assert WebhookCall.objects.to_review().count() == 1


def test_without_a_database_a_service_is_asked_to_come_again_and_nothing_is_lost(http):
    person, made = subscriber(), brevo("unsubscribe")

    def gone(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(gone):
        answer = made.make(http)
        forged = http.post(made.path, made.body, made.content_type)
    assert (answer.status_code, forged.status_code) == (503, 401)
    assert answer.headers["Retry-After"] and b"closed" not in answer.content
    assert gets(person) and not WebhookCall.objects.exists()
    done(made, http)
    assert not gets(person)


def test_without_a_broker_the_call_is_taken_all_the_same(http, broker):
    broker.stop()
    assert brevo("unsubscribe").make(http).status_code == 200
    assert WebhookCall.objects.get().job_state == "new"


# --- again, out of order, late (B17) ---------------------------------------------------------------------


def in_ledger(person):
    return ConsentEntry.objects.filter(data_subject=person, decision=Decision.WITHDRAWN).count()


@pytest.mark.django_db(transaction=True)
def test_ten_times_at_once_is_once(http):
    person, made = subscriber(), brevo("unsubscribe")
    answers = at_once(10, lambda: made.make(Client()).status_code)
    assert answers == [200] * 10
    row = worked(WebhookCall.objects.get())
    for _ in range(3):
        assert made.make(http).status_code == 200
        assert not jobs.work("privacy.webhookcall", row.pk)
    assert (in_ledger(person), OutgoingEmail.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("service", "payload", "again"),
    [
        ("resend", {"type": "email.complained", "created_at": "2026-01-01T00:00:00Z", "data": {"to": [ANNA]}}, "msg_1"),
        (
            "amazon_ses",
            {"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": ANNA}]}},
            "1",
        ),
        (
            "mailgun",
            {"event-data": {"event": "complained", "id": "1", "timestamp": 1377214260.04, "recipient": ANNA}},
            "",
        ),
        ("sendgrid", [{"event": "spamreport", "sg_event_id": "1", "timestamp": 1461095250, "email": ANNA}], ""),
    ],
)
def test_a_redelivery_of_three_days_later_with_a_fresh_signature_is_the_same_call(service, payload, again, http):
    person = subscriber()
    now, more = timezone.now(), {"message_id": again} if again else {}
    done(call(KEYS, service, payload, at=now - timedelta(seconds=250), **more), http)
    consent_given = make.grant(person, occurred_at=now)
    make_again = call(KEYS, service, payload, at=now, **more)
    assert make_again.make(http).status_code == 200
    worked(WebhookCall.objects.get())
    assert gets(person) and consent_given and in_ledger(person) == 1


def test_an_event_that_comes_again_in_another_batch_counts_once(http):
    person, at = subscriber(), int(timezone.now().timestamp())
    unsub = {"event": "unsub", "time": at, "email": ANNA}
    done(call(KEYS, "mailjet", [unsub]), http)
    done(call(KEYS, "mailjet", [{"event": "open", "time": at, "email": ANNA}, unsub]), http)
    assert (WebhookCall.objects.count(), in_ledger(person), OutgoingEmail.objects.count()) == (2, 1, 1)


@pytest.mark.parametrize("event", ["unsubscribe", "spam", "hard_bounce"])
def test_an_old_event_never_undoes_a_newer_decision(event, http):
    now = timezone.now()
    person = subscriber(ANNA, Sender.OWN, occurred_at=now - timedelta(days=1))
    done(brevo(event, at=now - timedelta(days=3)), http)
    assert gets(person)
    assert not suppression.is_suppressed(ANNA)
    assert not OutgoingEmail.objects.exists(), "nothing was switched off, so nothing says so"
    expected = 0 if event == "hard_bounce" else 1
    assert in_ledger(person) == expected, "the history has it"


def test_a_new_event_undoes_an_older_yes(http):
    now = timezone.now()
    person = subscriber(ANNA, Sender.OWN, Sender.THIRD_PARTY, occurred_at=now - timedelta(days=3))
    done(brevo("unsubscribe", at=now - timedelta(days=1)), http)
    assert not gets(person) and not gets(person, Sender.THIRD_PARTY)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_subscribed_at_a_service_is_no_yes_in_any_order(order, http):
    person, now = subscriber(), timezone.now()
    told = [brevo("unsubscribe", at=now - timedelta(days=3)), brevo("list_addition", at=now)]
    for which in order:
        done(told[which], http)
    assert not gets(person)
    assert WebhookCall.objects.filter(counts={"subscribed": 1}, outcome="nothing").exists()


def test_a_time_in_the_future_is_now(http):
    person = subscriber()
    row = done(brevo("unsubscribe", at=timezone.now() + timedelta(days=400)), http)
    entry = consent.latest(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)
    assert entry.occurred_at == row.received_at


# --- what it brings about --------------------------------------------------------------------------------


def test_unsubscribed_at_a_service_is_off_with_a_receipt_that_takes_it_back(http):
    person = subscriber()
    before = timezone.now() - timedelta(minutes=30)
    row = done(brevo("unsubscribe", at=before), http)
    entry = consent.latest(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)
    assert (row.outcome, entry.decision, entry.source) == ("changed", Decision.WITHDRAWN, Source.WEBHOOK)
    assert abs(entry.occurred_at - before) < timedelta(seconds=1)
    receipt = OutgoingEmail.objects.get()
    assert receipt.to_address == ANNA
    token = bytes(receipt.body).decode().split("/unsubscribe/undo/")[1].split("/")[0]
    undoing.undo(undoing.may_undo(token))
    assert gets(person)


def test_all_who_share_the_address_are_off_and_nobody_else(http):
    anna, bert, carl = subscriber(), subscriber("bert@example.com"), subscriber("carl@example.com")
    make.email_address(bert, ANNA)
    done(brevo("unsubscribe", " ANNA@Example.com "), http)
    assert [gets(person) for person in (anna, bert, carl)] == [False, False, True]


def test_a_complaint_is_a_no_and_is_never_answered(http):
    person = subscriber()
    done(brevo("complaint"), http)
    assert not gets(person)
    assert set(Suppression.objects.values_list("reason", "source")) == {("complaint", "webhook")}
    assert not OutgoingEmail.objects.exists()


def test_a_dead_address_is_no_decision_of_its_owner_and_is_never_answered(http):
    person = subscriber()
    done(brevo("hard_bounce"), http)
    assert gets(person), "she has other addresses"
    assert set(Suppression.objects.values_list("reason", "sender")) == {("bounce", "own"), ("bounce", "third_party")}
    assert not OutgoingEmail.objects.exists()


def test_a_stranger_goes_on_the_stop_list_and_is_left_alone(http):
    done(brevo("unsubscribe", "nobody@example.net"), http)
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"objection"}
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("address", [REMOVE, "news@northlight.example"])
def test_our_own_addresses_are_never_suppressed(address, http):
    done(brevo("hard_bounce", address), http)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("address", [None, "", "nobody", 5, ["a@example.com"], "a@example.com, b@example.com"])
def test_a_no_of_nobody_waits_for_a_person(address, http):
    row = done(call(KEYS, "brevo", {"event": "unsubscribe", "email": address}), http)
    assert (row.outcome, row.doubt, Suppression.objects.count()) == ("review", "unreadable", 0)


@pytest.mark.parametrize(
    ("service", "payload"),
    [
        (
            "resend",
            {"type": "email.complained", "created_at": "2026-01-01T00:00:00Z", "data": {"to": [ANNA, "b@c.de"]}},
        ),
        (
            "amazon_ses",
            {
                "notificationType": "Complaint",
                "complaint": {"complainedRecipients": [{"emailAddress": ANNA}, {"emailAddress": "b@example.com"}]},
            },
        ),
    ],
)
def test_one_of_several_recipients_that_the_service_does_not_name_waits_for_a_person(service, payload, http):
    assert done(call(KEYS, service, payload), http).doubt == "several"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(("said", "stopped"), [("abuse", True), (None, True), ("not-spam", False), ("virus", False)])
def test_a_report_that_a_mail_was_no_spam_is_no_complaint(said, stopped, http):
    complaint = {"complainedRecipients": [{"emailAddress": ANNA}], "complaintFeedbackType": said}
    row = done(call(KEYS, "amazon_ses", {"notificationType": "Complaint", "complaint": complaint}), http)
    assert suppression.is_suppressed(ANNA) == stopped == (row.outcome == "changed")


@pytest.mark.parametrize(
    "event", ["delivered", "opened", "click", "request", "deferred", "soft_bounce", "blocked", "odd"]
)
def test_the_rest_changes_nothing_and_leaves_no_address_behind(event, http):
    person = subscriber()
    row = done(brevo(event), http)
    assert (row.outcome, bytes(row.body), gets(person)) == ("nothing", b"", True)
    assert "privacy_webhookcall" not in " ".join(trace.where for trace in traces.find("anna@example"))
    assert not Suppression.objects.exists()


# --- mail (B18) ------------------------------------------------------------------------------------------


def b64(raw):
    return base64.b64encode(raw).decode()


RAW: dict[str, Any] = {
    "amazon_ses": lambda raw, to: {
        "notificationType": "Received", "content": b64(raw), "mail": {"source": ANNA},
        "receipt": {"recipients": [to], "action": {"type": "SNS", "encoding": "BASE64"}},
    },
    "mailgun": lambda raw, to: {"body-mime": raw, "recipient": to, "sender": ANNA},
    "postal": lambda raw, to: {"message": b64(raw), "base64": True, "rcpt_to": to, "mail_from": ANNA},
    "sendgrid": lambda raw, to: {"email": raw, "envelope": json.dumps({"from": ANNA, "to": [to]})},
    "sparkpost": lambda raw, to: [{"msys": {"relay_message": {
        "protocol": "smtp", "msg_from": ANNA, "rcpt_to": to,
        "content": {"email_rfc822": b64(raw), "email_rfc822_is_base64": True},
    }}}],
}  # fmt: skip
AS_TEXT = {
    "mailersend": lambda raw, to: {"type": "inbound.message", "data": {
        "raw": raw.decode(), "sender": {"email": ANNA}, "recipients": {"rcptTo": [{"email": to}]},
    }},
    "mandrill": lambda raw, to: [{"event": "inbound", "msg": {"raw_msg": raw.decode(), "email": to}}],
    "postmark": lambda raw, to: {
        "RawEmail": raw.decode(), "OriginalRecipient": to, "Headers": [{"Name": "Return-Path", "Value": f"<{ANNA}>"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("service", RAW | AS_TEXT)
def test_the_same_mail_by_smtp_imap_and_webhook_acts_once(service, http):
    person, raw = subscriber(), letter(ANNA, Message_ID="<1@example.com>", Date="Thu, 26 Nov 2026 10:00:00 +0000")
    mailbox.accept(raw, REMOVE, ANNA, "smtp")
    done(call(KEYS, service, (RAW | AS_TEXT)[service](raw, REMOVE), "inbound"), http)
    mailbox.accept(raw.replace(b"\r\n", b"\n"), REMOVE, "", "imap")
    assert InboundEmail.objects.count() == 1
    assert not gets(person) and in_ledger(person) == 1


@pytest.mark.parametrize("service", RAW | AS_TEXT)
def test_a_mail_by_webhook_alone_acts_and_keeps_its_envelope(service, http):
    person = subscriber()
    done(call(KEYS, service, (RAW | AS_TEXT)[service](letter(ANNA), REMOVE), "inbound"), http)
    row = InboundEmail.objects.get()
    sender = "" if service == "mandrill" else ANNA
    assert (row.road, row.sender, row.mailbox, row.outcome) == ("webhook", sender, "remove", "act")
    assert not gets(person)


@pytest.mark.parametrize("service", RAW)
def test_the_bytes_are_kept_whatever_they_are(service, http):
    """Anymail itself takes a mail in Latin-1 for broken UTF-8."""
    raw = letter(ANNA)[:-2] + "\r\nGrüße aus Köln\r\n".encode("latin-1") + bytes(range(256)) + b"\r\n"
    done(call(KEYS, service, RAW[service](raw, REMOVE), "inbound"), http)
    assert bytes(InboundEmail.objects.get().raw) == raw


def test_each_of_our_addresses_in_the_envelope_gets_the_mail(http):
    to = [REMOVE, "privacy@northlight.example", "else@example.org"]
    payload = {"email": letter(ANNA), "envelope": json.dumps({"from": ANNA, "to": to})}
    done(call(KEYS, "sendgrid", payload, "inbound"), http)
    assert sorted(InboundEmail.objects.values_list("mailbox", flat=True)) == ["privacy", "remove"]


def test_a_mail_that_was_forwarded_to_the_service_is_for_the_mailbox_it_was_written_to(http):
    done(call(KEYS, "postmark", AS_TEXT["postmark"](letter(ANNA), "abc123@inbound.postmarkapp.com"), "inbound"), http)
    assert bytes(InboundEmail.objects.get().recipient).decode() == REMOVE


def test_a_mail_for_nobody_of_ours_is_kept(http):
    raw = letter(ANNA, to="x@elsewhere.example")
    done(call(KEYS, "postmark", AS_TEXT["postmark"](raw, "x@elsewhere.example"), "inbound"), http)
    assert bytes(InboundEmail.objects.get().raw) == raw


def test_an_empty_sender_is_a_report_of_a_machine(http):
    payload = RAW["postal"](letter(ANNA), REMOVE) | {"mail_from": ""}
    done(call(KEYS, "postal", payload, "inbound"), http)
    assert InboundEmail.objects.get().sender == "<>"


PIECES = {
    "message-headers": json.dumps(
        [["From", ANNA], ["To", REMOVE], ["Subject", "UNSUBSCRIBE"], ["Message-Id", "<7@x>"]]
    ),
    "body-plain": "Grüße", "body-html": "<p>Grüße</p>", "recipient": REMOVE, "sender": ANNA,
}  # fmt: skip


def test_a_mail_in_pieces_is_put_together_the_same_each_time_and_acts(http):
    person = subscriber()
    first, second = (mailgun_form(PIECES | {"attachment-count": "1", "attachment-1": ("a.pdf", b"%PDF")}) for _ in "12")
    assert first.body != second.body
    done(first, http)
    assert second.make(http).status_code == 200
    assert (WebhookCall.objects.count(), InboundEmail.objects.count(), in_ledger(person)) == (1, 1, 1)
    raw = bytes(InboundEmail.objects.get().raw)
    WebhookCall.objects.all().delete()
    InboundEmail.objects.all().delete()
    done(second, http)
    assert bytes(InboundEmail.objects.get().raw) == raw
    assert reading.read(raw).text.strip() == "Grüße"


@pytest.mark.parametrize(
    "verdict",
    [
        {"spamVerdict": {"status": "PASS"}, "dkimVerdict": {"status": "PASS"}, "dmarcVerdict": {"status": "PASS"}},
        {"spamVerdict": {"status": "FAIL"}, "spfVerdict": {"status": "FAIL"}},
        {},
    ],
)
def test_a_service_s_opinion_of_a_mail_raises_no_trust(verdict, http):
    person = subscriber()
    make.grant(person, channel=Channel.SMS)
    payload = RAW["amazon_ses"](letter(ANNA, "hello", "Please send me all my data and sign me up for SMS."), REMOVE)
    payload["receipt"] |= verdict
    done(call(KEYS, "amazon_ses", payload, "inbound"), http)
    row = InboundEmail.objects.get()
    assert row.outcome in ("open_case", "review")
    assert not OutgoingEmail.objects.filter(template__startswith="export").exists()
    assert ConsentEntry.objects.filter(data_subject=person, decision=Decision.GRANTED).count() == 2


@pytest.mark.parametrize(
    ("service", "payload"),
    [
        ("resend", {"type": "email.received", "created_at": "2026-01-01T00:00:00Z", "data": {"email_id": "1"}}),
        ("mailtrap", {"events": [{"event": "inbound.message_received", "inbox_id": 7, "message_id": "1"}]}),
        ("amazon_ses", {"notificationType": "Received", "receipt": {"action": {
            "type": "S3", "bucketName": "b", "objectKey": "k"}}}),
    ],
)  # fmt: skip
def test_a_mail_that_lies_with_the_service_is_not_fetched_but_left_to_a_person(service, payload, http, no_network):
    row = done(call(KEYS, service, payload, "inbound"), http)
    assert (row.outcome, row.doubt) == ("review", "elsewhere")


def test_what_is_attached_at_brevo_stays_there_and_the_mail_is_read(http, no_network):
    item = {
        "Headers": {"From": ANNA, "To": REMOVE, "Subject": "UNSUBSCRIBE"}, "RawTextBody": "hello",
        "Attachments": [{"Name": "a.pdf", "DownloadToken": "t", "ContentType": "application/pdf"}],
    }  # fmt: skip
    person = subscriber()
    done(call(KEYS, "brevo", {"items": [item]}, "inbound"), http)
    assert b"a.pdf" in bytes(InboundEmail.objects.get().raw)
    assert not gets(person)


@pytest.fixture
def no_network(monkeypatch):
    """Whoever looks for a host to connect to is found out; the database and the broker are here."""
    asked = []
    look_up = socket.getaddrinfo

    def noted(*where, **how):
        asked.append(where)
        return look_up(*where, **how)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    yield
    assert [host for host, *_ in asked if host not in ("localhost", "127.0.0.1")] == []


def test_a_count_of_attachments_that_no_mail_has_keeps_nobody_busy(http):
    person = subscriber()
    assert done(mailgun_form(PIECES | {"attachment-count": "9" * 12}), http).outcome == "mail"
    assert not gets(person)


BOMBS = {
    "brackets in From": [["From", "(" * 100_000], ["Subject", "UNSUBSCRIBE"]],
    "a subject of 1 MB": [["From", ANNA], ["Subject", "a" * 1_000_000]],
    "many addresses": [["From", ANNA], ["To", f"{REMOVE}, " * 50_000]],
    "many headers": [["X", "y"]] * 100_000,
    "encoded words": [["From", ANNA], ["Subject", "=?utf-8?q?a?= " * 20_000]],
    "parameters": [["From", ANNA], ["Content-Disposition", "attachment" + "; a=b" * 100_000]],
    "line ends": [["From", ANNA], ["Subject", "x\r\nBcc: bert@example.com\r\n\r\nbody"]],
    "quotes": [["From", '"' * 100_000 + ANNA]],
    "no headers": 5,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_pieces_costs_little_and_is_kept(name, http):
    made = mailgun_form(PIECES | {"message-headers": json.dumps(BOMBS[name])})
    started = time.process_time()
    row = done(made, http)
    assert time.process_time() - started < 5, name
    assert row.job_state == "done" and row.outcome in ("mail", "review")
    assert (row.outcome == "review") == bool(bytes(row.body))


# --- Amazon's subscriptions (F66) ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["events", "inbound"])
def test_an_address_in_a_subscription_is_never_opened_and_a_person_sees_it(kind, http):
    with socket.create_server(("127.0.0.1", 0)) as attacker:
        url = f"http://127.0.0.1:{attacker.getsockname()[1]}/?Action=ConfirmSubscription&Token=evil"
        notice = {
            "Type": "SubscriptionConfirmation", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:666666666666:evil",
            "Token": "evil", "SubscribeURL": url, "UnsubscribeURL": url, "SigningCertURL": url,
            "Timestamp": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        row = done(sns(KEYS, notice, kind), http)
        attacker.settimeout(1)
        with pytest.raises(TimeoutError):
            attacker.accept()
    assert (row.outcome, row.doubt, row.review_state) == ("review", "subscription", "open")
    assert url in bytes(row.body).decode()


def test_a_cancelled_subscription_is_told_to_a_person(http):
    notice = {"Type": "UnsubscribeConfirmation", "MessageId": "1", "Timestamp": datetime.now(UTC).isoformat()}
    assert done(sns(KEYS, notice), http).doubt == "cancelled"


# --- erased, found, forgotten ----------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("service", "payload"),
    [
        ("brevo", {"event": "unsubscribe", "email": None, "about": ANNA}),
        ("mandrill", [{"event": "unsub", "odd": {"email": ANNA}, "sender": "news@northlight.example"}]),
    ],
)
def test_an_erasure_finds_a_call_that_waits_for_a_person(service, payload, known, http):
    done(call(KEYS, service, payload), http)
    row = WebhookCall.objects.get()
    assert row.review_state == "open" and Mention.objects.exists()
    person = make.customer(ANNA)
    if known:
        WebhookCall.objects.update(data_subject=person)
    assert "database:privacy_webhookcall" in {trace.where for trace in traces.find(ANNA)}
    erasure.erase(person, today=timezone.localdate(), actor="test")
    assert not WebhookCall.objects.exists() and not Mention.objects.exists()
    assert "database:privacy_webhookcall" not in {trace.where for trace in traces.find(ANNA)}


def test_an_erasure_leaves_what_others_are_mentioned_in(http):
    done(call(KEYS, "brevo", {"event": "unsubscribe", "about": "bert@example.com"}), http)
    erasure.erase(make.customer(ANNA), today=timezone.localdate(), actor="test")
    assert WebhookCall.objects.count() == 1


def test_who_is_meant_is_named_where_it_is_one_person(http):
    person = make.customer(ANNA)
    assert done(call(KEYS, "brevo", {"event": "unsubscribe", "about": ANNA}), http).data_subject == person
    make.email_address(make.customer("bert@example.com"), ANNA)
    assert done(call(KEYS, "brevo", {"event": "unsubscribe", "about": ANNA, "n": 2}), http).data_subject is None


def test_what_a_call_said_is_forgotten_once_a_colleague_has_looked(http):
    row, colleague = done(call(KEYS, "brevo", {"event": "unsubscribe", "about": ANNA}), http), make.staff()
    assert webhooks.mark_reviewed(row, actor=colleague)
    assert not webhooks.mark_reviewed(row, actor=colleague), "a second is told"
    row.refresh_from_db()
    assert (row.review_state, bytes(row.body), row.reviewed_by) == ("done", b"", colleague)
    assert not Mention.objects.exists() and not WebhookCall.objects.to_review().exists()


def test_a_call_goes_after_thirty_days_unless_it_waits(http):
    declaration = next(d for d in declarations() if d.model is WebhookCall)
    done(brevo("delivered"), http)
    waiting = done(call(KEYS, "brevo", {"event": "unsubscribe", "about": ANNA}), http)
    WebhookCall.objects.update(received_at=make.LONG_AGO)
    assert declaration.retention.days == 30
    night.purge(today=timezone.localdate())
    assert list(WebhookCall.objects.all()) == [waiting]
    webhooks.mark_reviewed(waiting, actor=make.staff())
    night.purge(today=timezone.localdate())
    assert not WebhookCall.objects.exists()


def test_no_address_stands_in_a_log_or_a_job(http, caplog):
    caplog.set_level("DEBUG")
    call(Keys(), "brevo", {"event": "unsubscribe", "email": ANNA}).make(http)
    done(call(KEYS, "brevo", {"event": "unsubscribe", "email": 5, "about": ANNA}), http)
    done(brevo("unsubscribe"), http)
    assert "anna" not in caplog.text and caplog.text
    columns = [c.attname for c in WebhookCall._meta.concrete_fields if c.name != "body"]
    assert "anna" not in str(list(WebhookCall.objects.values_list(*columns)))


# --- the office ------------------------------------------------------------------------------------------


def test_a_colleague_sees_why_it_waits_as_text_and_ticks_it_off(http):
    url = "https://sns.example/?Token=<script>alert(1)</script>"
    notice = {
        "Type": "SubscriptionConfirmation", "MessageId": "1", "SubscribeURL": url,
        "Timestamp": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    row, browser = done(sns(KEYS, notice), http), desk(colleague("care agent"))
    assert "calls of mailing services to look at" in browser.get(reverse("admin:index")).content.decode()
    assert f"/{row.pk}/change/" in browser.get(reverse("admin:privacy_webhookcall_changelist")).content.decode()
    look(browser, row)
    page = browser.get(reverse("admin:privacy_webhookcall_change", args=[row.pk])).content.decode()
    assert "https://sns.example/?Token=&lt;script&gt;" in page and "<script>alert" not in page
    assert "https://sns.example" not in "".join(re.findall(r'(?:href|src|action)="[^"]*"', page))
    assert "Only if it was you" in page
    ticked = reverse("admin:privacy_webhookcall_done", args=[row.pk])
    assert "off the list" in browser.post(ticked, follow=True).content.decode()
    assert "faster" in browser.post(ticked, follow=True).content.decode()
    assert audit.AuditEntry.objects.filter(event="webhook.reviewed").count() == 1
    assert "forgotten" in browser.get(reverse("admin:privacy_webhookcall_change", args=[row.pk])).content.decode()


# --- settings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ANYMAIL_BREVO_WEBHOOK_SECRET", "shop:short", "too short"),
        ("ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY", "x" * 15, "too short"),
        ("ANYMAIL_BREVO_WEBHOOK_SECRET", "x" * 30, "user:password"),
    ],
)
def test_a_secret_that_could_be_guessed_is_refused_and_not_repeated(name, value, said, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        Environment().mailing_services()
    assert name in str(refused.value) and value not in str(refused.value)


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("ANYMAIL_POSTAL_WEBHOOK_KEY", "k" * 40)
    monkeypatch.setenv("ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY", "")
    assert Environment().mailing_services() == {"POSTAL_WEBHOOK_KEY": "k" * 40}
