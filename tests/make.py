"""One plain function per model: each makes one believable row about one customer, a canary in every text."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress as LoginAddress
from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models
from django.utils import timezone

from customers.models import (
    Account,
    Address,
    BrowsingRecord,
    ChatLog,
    ContestEntry,
    CreditCheck,
    Customer,
    EmailAddress,
    Enquiry,
    FraudMarker,
    NewsletterSubscription,
    Order,
    OrderLine,
    PaymentReference,
    PrizeDrawEntry,
    ProductVote,
    SavedBasket,
    Session,
)
from privacy import (
    adverts,
    alarms,
    audit,
    choice_calls,
    consent,
    cookie_choices,
    corrections,
    export,
    guardians,
    jobs,
    letters,
    list_checks,
    notices,
    policies,
    recipient_notices,
    recipients,
    restrictions,
    sight,
    subject_requests,
    tokens,
)
from privacy.erasure import Erasure, ErasureCertificate, ReplayedErasure, certificate, reading
from privacy.fields import correspondent_hash
from privacy.inbound import mailbox, webhooks
from privacy.personal_data import PersonalData
from privacy.purge import InactivityWarning
from privacy.subject_requests import papers, wording
from privacy.training import Training
from privacy.vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source

CANARY = "Zaunkoenigin"
LONG_AGO = datetime(2020, 3, 15, 12, tzinfo=UTC)
_counter = itertools.count(1)


def canary(customer: Any = None) -> str:
    """A word that stands nowhere else; each customer made here has her own."""
    return f"{CANARY}{customer.pk if customer else next(_counter)}x"


def account(email: str = "", *, password: str = "correct horse battery", **values: Any) -> Account:
    """A login whose address is confirmed."""
    made = Account.objects.create_user(email or f"person{next(_counter)}@example.com", password, **values)
    LoginAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


def customer(email: str = "", *, login: bool = False, **values: Any) -> Customer:
    """A customer with one address; with `login` she can sign in."""
    mark = next(_counter)
    email = email or f"{CANARY}{mark}@example.com"
    values.setdefault("display_name", f"Mária {CANARY}{mark} Łukasiewicz-O'Brien")
    values.setdefault("family_name", f"{CANARY}{mark}")
    made = Customer.objects.create(account=account(email) if login else None, **values)
    EmailAddress.objects.create(customer=made, address=email, is_primary=True, verified_at=timezone.now())
    return made


def staff(role: str = "", **values: Any) -> Account:
    """A colleague, in the group of this name if one is given."""
    mark = next(_counter)
    made = account(f"staff{mark}@northlight.example", is_staff=True, staff_name=f"Colleague {mark}", **values)
    if role:
        made.groups.add(apps.get_model("auth.Group").objects.get(name=role))
    return made


def training(colleague: Account, **values: Any) -> Training:
    """A course of long ago that still counts, that she has acknowledged, recorded by somebody else."""
    today = timezone.localdate()
    defaults: dict[str, Any] = {
        "course": "Data protection", "held_on": LONG_AGO.date(), "valid_until": today + timedelta(days=365),
        "recorded_at": timezone.now(), "acknowledged_at": timezone.now(),
    }  # fmt: skip
    if "recorded_by" not in values:
        defaults["recorded_by"] = Account.objects.get_or_create(email="trainer@northlight.example")[0]
    return Training.objects.create(colleague=colleague, **(defaults | values))


def opening(customer: Customer, **values: Any) -> sight.Opening:
    """A colleague's look at her, long over."""
    defaults = {
        "page": f"customers.customer:{customer.pk}", "session": "none", "role": "care agent", "ground": "contact",
        "reason": canary(customer).encode(), "with_request": False, "opened_at": LONG_AGO, "ends_at": LONG_AGO,
    }  # fmt: skip
    who = values.pop("colleague", None) or Account.objects.get_or_create(email="agent@northlight.example")[0]
    return sight.Opening.objects.create(colleague=who, data_subject=customer, **(defaults | values))


def recipient(name: str = "", **values: Any) -> recipients.Recipient:
    """A delivery company in Germany that needs name and address."""
    defaults = {
        "kind": "processor", "group": "delivery", "country": "DE", "purpose": "Brings the parcel.",
        "fields": ["name", "address"], "is_active": True, "is_necessary": True,
        "agreement_until": timezone.localdate() + timedelta(days=365),
    }  # fmt: skip
    return recipients.Recipient.objects.create(name=name or f"Carrier {next(_counter)}", **(defaults | values))


def policy(version: str = "", **values: Any) -> policies.PolicyVersion:
    """A privacy policy that has been in force for long."""
    defaults = {"title": "Privacy policy", "body": "# What we hold\n\nLittle.", "effective_on": LONG_AGO.date()}
    return policies.PolicyVersion.objects.create(version=version or f"v{next(_counter)}", **(defaults | values))


def address(customer: Customer, **values: Any) -> Address:
    """A postal address."""
    defaults = {
        "kind": "shipping", "name": canary(customer), "lines": f"{canary(customer)} Street 1", "locality": "Norwich",
        "postcode": "NR3 1AB", "country": "GB",
    }  # fmt: skip
    return Address.objects.create(customer=customer, **(defaults | values))


def email_address(customer: Customer, address: str = "", **values: Any) -> EmailAddress:
    """A further address."""
    return EmailAddress.objects.create(
        customer=customer, address=address or f"{canary(customer)}.{next(_counter)}@example.com", **values
    )


def order(customer: Customer, **values: Any) -> Order:
    """An order of long ago."""
    word = canary(customer)
    defaults = {
        "number": f"{word}-{next(_counter)}", "placed_on": LONG_AGO.date(), "total": "59.90", "bill_to": word,
        "ship_to": word, "gift_message": word, "ip_address": "203.0.113.77", "state": Order.State.COMPLETED,
    }  # fmt: skip
    return Order.objects.create(customer=customer, **(defaults | values))


def order_line(customer: Customer, **values: Any) -> OrderLine:
    """One article of a new order."""
    defaults = {"article": "Boots", "price": "59.90", "personalisation": canary(customer)}
    return OrderLine.objects.create(**({"order": values.get("order") or order(customer)} | defaults | values))


def payment(customer: Customer, **values: Any) -> PaymentReference:
    """How a new order was paid."""
    defaults = {
        "provider": "Example Pay", "token": canary(customer), "last_four": "4242", "completed_on": LONG_AGO.date(),
    }  # fmt: skip
    return PaymentReference.objects.create(**({"order": values.get("order") or order(customer)} | defaults | values))


def credit_check(customer: Customer, **values: Any) -> CreditCheck:
    """A score."""
    defaults = {"score": "412", "decision": "accepted", "logic": canary(customer), "checked_at": LONG_AGO}
    agency = values.pop("recipient", None) or recipient(group="payment", kind="credit_reference")
    return CreditCheck.objects.create(customer=customer, recipient=agency, **(defaults | values))


def enquiry(customer: Customer, **values: Any) -> Enquiry:
    """A question and its answer."""
    word = canary(customer)
    defaults = {"subject": word, "body": word, "answer": word, "received_at": LONG_AGO}
    return Enquiry.objects.create(customer=customer, **(defaults | values))


def chat(customer: Customer | None, **values: Any) -> ChatLog:
    """A chat."""
    defaults = {"transcript": f"Hello, I am {canary(customer)}", "visitor_id": canary(customer), "started_at": LONG_AGO}
    return ChatLog.objects.create(customer=customer, **(defaults | values))


def newsletter(customer: Customer, **values: Any) -> NewsletterSubscription:
    """A sign-up."""
    defaults = {
        "newsletter": f"weekly {next(_counter)}", "address": f"{canary(customer)}@example.org",
        "ip_address": "2001:db8::1", "requested_at": LONG_AGO, "confirmed_at": LONG_AGO,
    }  # fmt: skip
    return NewsletterSubscription.objects.create(customer=customer, **(defaults | values))


def contest_entry(customer: Customer, **values: Any) -> ContestEntry:
    """An entry."""
    defaults = {"contest": "Spring photo", "entry": canary(customer), "entered_at": LONG_AGO}
    return ContestEntry.objects.create(customer=customer, **(defaults | values))


def prize_draw_entry(customer: Customer, **values: Any) -> PrizeDrawEntry:
    """An entry to a draw."""
    word = canary(customer)
    defaults = {
        "draw": "Summer", "name": word, "address": word, "customer_number": customer.number,
        "email": f"{word}@example.org", "entered_at": LONG_AGO,
    }  # fmt: skip
    return PrizeDrawEntry.objects.create(customer=customer, **(defaults | values))


def vote(customer: Customer, **values: Any) -> ProductVote:
    """A vote."""
    defaults = {"product": "Boots", "comment": canary(customer), "voted_at": LONG_AGO}
    return ProductVote.objects.create(customer=customer, **(defaults | values))


def browsing_record(customer: Customer | None, **values: Any) -> BrowsingRecord:
    """A page seen."""
    word = canary(customer)
    defaults = {"visitor_id": word, "kind": "search", "what": word, "at": LONG_AGO, "ip_address": "198.51.100.23"}
    return BrowsingRecord.objects.create(customer=customer, **(defaults | values))


def basket(customer: Customer | None, **values: Any) -> SavedBasket:
    """A basket."""
    defaults = {"visitor_id": canary(customer), "articles": [canary(customer)], "saved_at": LONG_AGO}
    return SavedBasket.objects.create(customer=customer, **(defaults | values))


def login_of(customer: Customer) -> Account:
    """The customer's login, made now if she has none."""
    if customer.account is None:
        customer.account = account(f"{canary(customer)}.{next(_counter)}@example.net")
        customer.save(update_fields=["account"])
    made: Account = customer.account
    return made


def session(customer: Customer, **values: Any) -> Session:
    """A browser that is signed in."""
    defaults = {
        "session_key": f"{canary(customer)}{next(_counter)}",
        "session_data": canary(customer),
        "expire_date": LONG_AGO,
    }
    return Session.objects.create(account=login_of(customer), **(defaults | values))


def login_address(customer: Customer) -> LoginAddress:
    """The address she signs in with."""
    return LoginAddress.objects.get(user=login_of(customer))


def email_confirmation(customer: Customer) -> EmailConfirmation:
    """A confirmation that is still out."""
    return EmailConfirmation.objects.create(
        email_address=login_address(customer), key=canary(customer), created=LONG_AGO
    )


def authenticator(customer: Customer) -> Authenticator:
    """A second factor."""
    return Authenticator.objects.create(user=login_of(customer), type="totp", data={"secret": canary(customer)})


def grant(customer: Customer, purpose: str = Purpose.MARKETING, **values: Any) -> consent.ConsentEntry:
    """A yes, by default to the shop's own email."""
    defaults: dict[str, Any] = {
        "source": Source.WEB,
        "actor": customer,
        "wording": canary(customer),
        "occurred_at": LONG_AGO,
    }
    if purpose == Purpose.MARKETING:
        # One pack lets nobody be emailed without a sale, whatever she said (SFB-23).
        defaults |= {"channel": Channel.EMAIL, "sender": Sender.OWN, "occasion": Occasion.SALE}
    return consent.decide(customer, purpose, Decision.GRANTED, **(defaults | values))


def soft_opt_in(customer: Customer, **values: Any) -> consent.ConsentEntry:
    """Details from a sale, the box to refuse offered and not ticked."""
    defaults = {
        "purpose": Purpose.MARKETING, "channel": Channel.EMAIL, "sender": Sender.OWN, "decision": Decision.GRANTED,
        "source": Source.WEB, "lawful_basis": LawfulBasis.LEGITIMATE_INTERESTS, "page": "northlight.example/checkout",
        "actor": "test", "wording": "Tick here if you want no offers.", "occasion": Occasion.SALE,
        "occurred_at": LONG_AGO,
    }  # fmt: skip
    return consent.ConsentEntry.objects.create(data_subject=customer, **(defaults | values))


def guardian_consent(customer: Customer, **values: Any) -> guardians.GuardianConsent:
    """A mother who agreed by letter, long ago."""
    word = canary(customer)
    defaults = {
        "guardian": f"Mother {word}", "relation": "parent", "contact": f"phone {word}", "evidence": f"letter {word}",
        "given_at": LONG_AGO, "recorded_by": "test",
    }  # fmt: skip
    return guardians.GuardianConsent.objects.create(data_subject=customer, **(defaults | values))


def advert_sent(customer: Customer, **values: Any) -> adverts.AdvertSent:
    """A newsletter of long ago."""
    defaults = {"channel": Channel.EMAIL, "sender": Sender.OWN, "left_at": LONG_AGO}
    return adverts.AdvertSent.objects.create(data_subject=customer, **(defaults | values))


def visitor(customer: Customer | None = None, **values: Any) -> cookie_choices.Visitor:
    """A browser that she signed in on."""
    defaults = {"mark": f"{canary(customer)}{next(_counter)}", "last_choice_at": LONG_AGO, "linked_at": LONG_AGO}
    return cookie_choices.Visitor.objects.create(data_subject=customer, **(defaults | values))


def cookie_choice(customer: Customer, **values: Any) -> cookie_choices.CookieChoice:
    """A no of long ago about cookies that count visits."""
    asked, _made = cookie_choices.CookieQuestion.objects.get_or_create(version="0" * 12, defaults={"asked": []})
    defaults = {
        "question": asked, "answers": {"measurement": False}, "road": "page", "site": canary(customer),
        "occurred_at": LONG_AGO,
    }  # fmt: skip
    of = values.pop("visitor", None) or visitor(customer)
    return cookie_choices.CookieChoice.objects.create(visitor=of, **(defaults | values))


def correction(customer: Customer) -> corrections.Correction:
    """What stood there before she put it right."""
    return corrections.Correction.objects.create(
        data_subject=customer, target="customers.customer:1", field="phone", previous=canary(customer).encode(),
        corrected_at=LONG_AGO, actor="test",
    )  # fmt: skip


def authority_order(customer: Customer, **values: Any) -> recipients.AuthorityOrder:
    """Police want to know where she lives; nobody has decided yet."""
    word = canary(customer)
    said = {"legal_basis": f"DPA 2018 Sch. 2 {word}", "reference": word, "received_on": LONG_AGO.date()} | values
    to = said.pop("recipient", None) or recipient(kind="authority", fields=[], is_necessary=False)
    by = said.pop("actor", "staff:recorder")
    fields = said.pop("fields", ["name", "address"])
    return recipients.orders.record(customer, to, fields, actor=by, now=timezone.now(), **said)


def list_check(text: str, **how: Any) -> list_checks.ListCheck:
    """A mailing list that was handed in and checked."""
    said = {"channel": "email", "sender": "own", "content": ""} | how
    row = list_checks.hand_in([text.encode()], actor="test", **said)
    jobs.work("privacy.listcheck", row.pk)
    row.refresh_from_db()
    return row


def disclosure(customer: Customer, **values: Any) -> recipients.Disclosure:
    """A hand-over to a carrier."""
    defaults = {
        "fields": ["name", "address"],
        "legal_basis": "contract",
        "reference": canary(customer),
        "occurred_at": LONG_AGO,
    }
    to = values.pop("recipient", None) or recipient()
    return recipients.Disclosure.objects.create(data_subject=customer, recipient=to, **(defaults | values))


def recipient_notice(customer: Customer, **values: Any) -> recipient_notices.RecipientNotice:
    """A carrier that was told to delete, and has answered."""
    word = canary(customer)
    defaults = {
        "occasion": f"test-{next(_counter)}", "change": "erasure", "state": "done", "fields": ["name", "address"],
        "first_on": LONG_AGO.date(), "last_on": LONG_AGO.date(), "created_at": LONG_AGO, "told_at": LONG_AGO,
        "answer_note": word.encode(),
    }  # fmt: skip
    to = values.pop("recipient", None) or recipient(notice_email="privacy@carrier.example")
    made = recipient_notices.RecipientNotice.objects.create(data_subject=customer, recipient=to, **(defaults | values))
    made.update(link_hash=tokens.at_rest(made.token))
    return made


def choice_line(customer: Customer, **values: Any) -> choice_calls.ChoiceLine:
    """A choice that a mailing tool was told of long ago, as a mistake would have left it."""
    to = values.pop("recipient", None) or recipient()
    call = choice_calls.ChoiceCall.objects.create(recipient=to, job_state="done", finished_at=LONG_AGO)
    defaults = {
        "purpose": "marketing", "channel": "email", "sender": "own", "created_at": LONG_AGO,
        "address": canary(customer).encode(),
    }  # fmt: skip
    return choice_calls.ChoiceLine.objects.create(call=call, data_subject=customer, **(defaults | values))


def deadline_alarm(customer: Customer, **values: Any) -> alarms.DeadlineAlarm:
    """A promise to her that was missed long ago, and ticked off."""
    who = Account.objects.get_or_create(email="agent@northlight.example")[0]
    defaults = {
        "occasion": f"test-{next(_counter)}", "kind": "promise", "what": "acknowledgement", "due_on": LONG_AGO.date(),
        "raised_at": LONG_AGO, "seen_at": LONG_AGO, "seen_by": who, "note": canary(customer).encode(),
    }  # fmt: skip
    return alarms.DeadlineAlarm.objects.create(data_subject=customer, **(defaults | values))


def notice_shown(customer: Customer) -> policies.NoticeShown:
    """She was shown a policy."""
    return policies.NoticeShown.objects.create(
        data_subject=customer, policy=policy(canary(customer)), shown_at=LONG_AGO
    )


def link(customer: Customer, kind: str = "unsubscribe", **details: Any) -> tokens.LinkToken:
    """A link token's row; `tokens.issue` gives the link itself."""
    tokens.issue(kind, customer, now=LONG_AGO, **(details or {"note": canary(customer)}))
    return tokens.LinkToken.objects.filter(data_subject=customer).latest("pk")


def inbound_email(customer: Customer, raw: bytes = b"", **values: Any) -> mailbox.InboundEmail:
    """A mail of hers that was dealt with."""
    word = canary(customer)
    raw = raw or f"From: {word}@example.com\r\nSubject: {word}\r\n\r\n{word}\r\n".encode()
    defaults = {
        "identity": f"{word}-{next(_counter)}", "raw": raw, "size": len(raw), "road": "pipe", "mailbox": "privacy",
        "recipient": b"privacy@northlight.example", "sender": f"{word}@example.com", "received_at": LONG_AGO,
        "outcome": "review", "review_state": "", "job_state": "done",
    }  # fmt: skip
    return mailbox.InboundEmail.objects.create(**({"data_subject": customer} | defaults | values))


def webhook_call(customer: Customer, **values: Any) -> webhooks.WebhookCall:
    """A call of a mailing service about her that a colleague has not looked at yet."""
    word = canary(customer)
    body = f'{{"event": "odd", "email": "{word}@example.com"}}'.encode()
    defaults = {
        "identity": f"{word}-{next(_counter)}", "service": "brevo", "kind": "events", "size": len(body), "body": body,
        "content_type": "application/json", "received_at": LONG_AGO, "outcome": "review", "doubt": "unreadable",
        "review_state": "", "job_state": "done",
    }  # fmt: skip
    made = webhooks.WebhookCall.objects.create(data_subject=customer, **(defaults | values))
    webhooks.Mention.objects.create(call=made, address_hash=correspondent_hash(f"{word}@example.com"))
    return made


def outgoing_email(customer: Customer) -> notices.OutgoingEmail:
    """A letter by email."""
    word = canary(customer)
    return notices.OutgoingEmail.objects.create(
        key=f"test-{next(_counter)}", template="test", data_subject=customer, to_address=f"{word}@example.com",
        subject=word, body=word.encode(), html=word.encode(), created_at=LONG_AGO,
    )  # fmt: skip


def written(template: str, to_address: str, *, key: str, **values: Any) -> notices.OutgoingEmail:
    """A letter that the software wrote."""
    notices.send(template, to_address, key=key, **values)
    return notices.OutgoingEmail.objects.get(key=key)


def restriction(customer: Customer, kind: str = "debt", **values: Any) -> restrictions.Restriction:
    """A hold that was lifted long ago, unless `lifted_at=None`."""
    defaults = {
        "reason": canary(customer), "imposed_by": "test", "lift_proposed_by": "one", "lifted_by": "two",
        "told_at": LONG_AGO, "lifted_at": LONG_AGO, "review_on": timezone.localdate() + timedelta(days=90),
        "evidence": canary(customer),
    }  # fmt: skip
    return restrictions.Restriction.objects.create(data_subject=customer, kind=kind, **(defaults | values))


def next_month() -> date:
    """A day on which a hold may well be looked at again."""
    return timezone.localdate() + timedelta(days=30)


def restriction_step(customer: Customer, **values: Any) -> restrictions.RestrictionStep:
    """A look at a hold that was lifted long ago: it was still needed then."""
    row = values.pop("restriction", None) or restriction(customer)
    defaults = {"kind": "reviewed", "at": LONG_AGO, "by": "test", "why": canary(customer)}
    return restrictions.RestrictionStep.objects.create(restriction=row, **(defaults | values))


def fraud_marker(customer: Customer, **values: Any) -> FraudMarker:
    """A suspicion of long ago that proved right."""
    defaults = {
        "what": "address", "facts": canary(customer), "evidence": canary(customer), "recorded_on": LONG_AGO.date(),
        "recorded_by": "test", "settled_on": LONG_AGO.date(), "settled_by": "test", "outcome": "proven",
    }  # fmt: skip
    return FraudMarker.objects.create(customer=customer, **(defaults | values))


def case(customer: Customer, kind: str = "enquiry", **values: Any) -> subject_requests.DataSubjectRequest:
    """A request; closed long ago if `closed_at` is given."""
    changes: dict[str, Any] = {name: values.pop(name) for name in ("state", "closed_at") if name in values}
    defaults: dict[str, Any] = {
        "source": Source.WEB,
        "actor": customer,
        "details": canary(customer),
        "received_at": LONG_AGO,
    }
    made = subject_requests.open_case(customer, kind, **(defaults | values))
    if changes:
        if made.right.needs_search and made.search_note is None:
            changes["search_note"] = canary(customer).encode()
        owes = {"next_promise_on": made.due_on, "next_promise": ""} if changes.get("closed_at") else {}
        type(made).objects.filter(pk=made.pk).update(**changes, **owes)
        made.refresh_from_db()
    return made


def letter(kind: str, case: subject_requests.DataSubjectRequest, **said: str) -> letters.Letter:
    """A letter about this case that may leave: our usual words, and in them what is said here."""
    words = letters.usual(kind)
    assert words
    return letters.Letter(kind, {**words.filled(wording.values(case)), **said}, words)


def refusal(
    case: subject_requests.DataSubjectRequest, reasons: str = "We looked, and there is none."
) -> letters.Letter:
    """A refusal with these reasons."""
    return letter("refusal", case, reasons=reasons)


def fee_of(customer: Customer) -> subject_requests.Fee:
    """A fee that was never asked for."""
    return subject_requests.Fee.objects.create(
        case=closed_case(customer), state="withdrawn", reason="manifestly_unfounded", amount=12, currency="GBP",
        letter=canary(customer).encode(),
    )  # fmt: skip


def closed_case(customer: Customer) -> subject_requests.DataSubjectRequest:
    """A request that was answered long ago."""
    return case(customer, state="completed", closed_at=LONG_AGO)


def case_event(customer: Customer) -> subject_requests.CaseEvent:
    """A note on a request that was answered long ago."""
    return subject_requests.note(closed_case(customer), "comment", actor="test", text=canary(customer), now=LONG_AGO)


PDF = b"%PDF-1.7\n% a scan\n"


def case_paper(customer: Customer, kind: str = "scan", **values: Any) -> subject_requests.CasePaper:
    """A scan that belongs to a request that was answered long ago."""
    content = PDF + canary(customer).encode()
    kept = values.pop("case", None) or closed_case(customer)
    return papers.add(kept, kind, canary(customer), content, actor="test", now=LONG_AGO)


def representative(customer: Customer, **values: Any) -> subject_requests.Representative:
    """Somebody who acted for her in a request that was answered long ago."""
    defaults = {"name": canary(customer), "email": f"{canary(customer)}@law.example", "named_at": LONG_AGO}
    return subject_requests.Representative.objects.create(case=closed_case(customer), **(defaults | values))


def on_behalf(customer: Customer | None, **values: Any) -> subject_requests.OnBehalf:
    """Somebody asked in her name, long ago."""
    word = canary(customer)
    said = {"name": word, "about": {"name": word, "more": word}, "details": word, "particulars": {}}
    defaults = {
        "stands": "opened", "kind": "access", "email": f"{word}@law.example", "said": json.dumps(said).encode(),
        "paper": PDF + word.encode(), "received_at": LONG_AGO, "job_state": "done",
    }  # fmt: skip
    return subject_requests.OnBehalf.objects.create(data_subject=customer, **(defaults | values))


def call_back(customer: Customer, **values: Any) -> subject_requests.CallBack:
    """A call about a request that was answered long ago."""
    kept = values.pop("case", None) or closed_case(customer)
    defaults = {"why": "identity_failed", "opened_by": "test", "opened_at": LONG_AGO}
    return subject_requests.CallBack.objects.create(case=kept, **(defaults | values))


def complaint(customer: Customer) -> subject_requests.Complaint:
    """A complaint that was answered long ago."""
    said = {"transaction_number": canary(customer)}
    begun = case(customer, "complaint", particulars=said, state="completed", closed_at=LONG_AGO)
    rows = subject_requests.Complaint.objects.filter(case=begun)
    rows.update(stage="closed", outcome="upheld")
    return rows.get()


def rectification(customer: Customer) -> subject_requests.Rectification:
    """A correction that was carried out long ago."""
    texts = dict.fromkeys(("field", "current", "proposed", "evidence"), canary(customer))
    begun = case(customer, "rectification", particulars=texts, state="completed", closed_at=LONG_AGO)
    return subject_requests.Rectification.objects.get(case=begun)


def redaction(customer: Customer) -> export.Redaction:
    """A passage that was left out of a copy long ago."""
    begun = case(customer, "access", state="completed", closed_at=LONG_AGO)
    text = canary(customer).encode()
    place = {"table": "customers.enquiry", "row": "1", "field": "answer"}
    return export.Redaction.objects.create(case=begun, passage=text, why=text, made_by=staff(), **place)


def release_check(customer: Customer) -> subject_requests.ReleaseCheck:
    """A look before a copy left long ago."""
    begun = case(customer, "access", state="completed", closed_at=LONG_AGO)
    values = {"seen": "x", "ticked_at": LONG_AGO}
    return subject_requests.ReleaseCheck.objects.create(case=begun, kind="address", **values)


def export_of(customer: Customer) -> export.Export:
    """An export."""
    return export.Export.objects.create(data_subject=customer, requested_by="test", expires_at=LONG_AGO)


def replayed_erasure(customer: Customer) -> ReplayedErasure:
    """Her erasure, carried out again after a restore."""
    return ReplayedErasure.objects.create(data_subject=customer, sequence=next(_counter), finished_at=LONG_AGO)


def inactivity_warning(customer: Customer, **values: Any) -> InactivityWarning:
    """One that has left."""
    return InactivityWarning.objects.create(
        data_subject=customer, **{"written_at": LONG_AGO, "left_at": LONG_AGO} | values
    )


def erasure_of(customer: Customer) -> Erasure:
    """An erasure that is done."""
    return Erasure.objects.create(
        data_subject=customer, case=closed_case(customer), started_by="test", finished_at=LONG_AGO, job_state="done"
    )


def certificate_of(customer: Customer) -> ErasureCertificate:
    """The certificate of an erasure that is done."""
    done = audit.record("erasure.done", actor="test", subject=customer)
    erased = erasure_of(customer)
    read = reading.read_again(customer, LONG_AGO.date())
    return certificate.issue(erased, [], read, done, letter_key=f"test-{next(_counter)}", now=LONG_AGO)


# The contract tests ask for one maker per declaration about customers, and fail where one is missing.
FOR: dict[type[models.Model], Callable[[Any], Any]] = {
    Account: login_of,
    Address: address,
    Authenticator: authenticator,
    BrowsingRecord: browsing_record,
    ChatLog: chat,
    ContestEntry: contest_entry,
    cookie_choices.CookieChoice: cookie_choice,
    cookie_choices.Visitor: visitor,
    corrections.Correction: correction,
    CreditCheck: credit_check,
    Customer: lambda customer: customer,
    EmailAddress: email_address,
    EmailConfirmation: email_confirmation,
    Enquiry: enquiry,
    Erasure: erasure_of,
    ErasureCertificate: certificate_of,
    ReplayedErasure: replayed_erasure,
    InactivityWarning: inactivity_warning,
    LoginAddress: login_address,
    NewsletterSubscription: newsletter,
    Order: order,
    OrderLine: order_line,
    PaymentReference: payment,
    PrizeDrawEntry: prize_draw_entry,
    ProductVote: vote,
    SavedBasket: basket,
    Session: session,
    consent.ConsentEntry: grant,
    export.Export: export_of,
    export.Redaction: redaction,
    guardians.GuardianConsent: guardian_consent,
    adverts.AdvertSent: advert_sent,
    subject_requests.ReleaseCheck: release_check,
    mailbox.InboundEmail: inbound_email,
    notices.OutgoingEmail: outgoing_email,
    policies.NoticeShown: notice_shown,
    alarms.DeadlineAlarm: deadline_alarm,
    choice_calls.ChoiceLine: choice_line,
    recipient_notices.RecipientNotice: recipient_notice,
    recipients.Disclosure: disclosure,
    recipients.AuthorityOrder: authority_order,
    restrictions.Restriction: restriction,
    restrictions.RestrictionStep: restriction_step,
    FraudMarker: fraud_marker,
    subject_requests.CallBack: call_back,
    subject_requests.CasePaper: case_paper,
    subject_requests.OnBehalf: on_behalf,
    subject_requests.Representative: representative,
    sight.Opening: opening,
    subject_requests.CaseEvent: case_event,
    subject_requests.Complaint: complaint,
    subject_requests.DataSubjectRequest: closed_case,
    subject_requests.Fee: fee_of,
    subject_requests.Rectification: rectification,
    tokens.LinkToken: link,
    webhooks.WebhookCall: webhook_call,
}


def everything(customer: Customer, declared: list[PersonalData]) -> None:
    """One row of every declared model about this customer."""
    for said in declared:
        if said.data_subject is not None:
            FOR[said.model](customer)
