"""What may somebody do who holds a link that we mailed? Switch advertising off, undo just that, or ask for a right."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import consent, data_subjects, notices, tokens
from .encryption import keyed_hash
from .fields import normalise_email
from .tokens import LinkToken
from .vocabulary import Channel, Decision, Purpose, Sender, Source


def send_unsubscribe_link(address: str, *, now: datetime | None = None) -> None:
    """A link to everybody who has this address; nothing, and no sign of it, when nobody has (CLG-06)."""
    now = now or timezone.now()
    for person in data_subjects.by_email(address):
        token = tokens.issue("confirm", person, now=now)
        _mail("unsubscribe_link", address, person, f"/unsubscribe/{token}/", now)


def send_request_link(address: str, kind: str, *, now: datetime | None = None) -> None:
    """A link to the form for a right or a complaint; to strangers a line that we hold nothing under this address."""
    now = now or timezone.now()
    people = data_subjects.by_email(address)
    path = "/complaints/new" if kind == "complaint" else "/requests/new"
    for person in people:
        token = tokens.issue("request", person, now=now, about=kind)
        _mail("request_link", address, person, f"{path}/{token}/", now)
    if not people:
        who = keyed_hash(normalise_email(address), use="nothing-held")[:24]
        notices.send("nothing_held", address, key=f"nothing-held-{who}-{now:%Y%m%d}", forget_when_sent=True, now=now)


def _mail(template: str, address: str, person: Any, path: str, now: datetime) -> None:
    """At most one an hour, so that nobody can flood a mailbox through us."""
    link = f"{settings.SITE_URL}{path}"
    key = f"{template}-{person.pk}-{now:%Y%m%d%H}"
    notices.send(
        template, address, key=key, data_subject=person, context={"link": link, "number": person.number}, now=now
    )


def may_unsubscribe(token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row behind a link from an advertising mail, or from our own confirmation."""
    return tokens.find("unsubscribe", token, now=now) or tokens.find("confirm", token, now=now)


def unsubscribe(link: LinkToken, *, page: str, wording: str, now: datetime | None = None) -> None:
    """Advertising by email off, own and other companies'; a receipt with an undo if anything was on."""
    person = link.data_subject
    now = now or timezone.now()
    with transaction.atomic():
        latest = consent.choices(person)
        entries = {s: latest.get(consent.Choice(Purpose.MARKETING, Channel.EMAIL, s)) for s in Sender}
        open_senders = [s for s, entry in entries.items() if entry is None or entry.decision != Decision.WITHDRAWN]
        were_on = [s.value for s, entry in entries.items() if entry and entry.decision == Decision.GRANTED]
        if open_senders:
            consent.withdraw_marketing(
                person, channels=[Channel.EMAIL], senders=open_senders, source=Source.ONE_CLICK, actor=person,
                wording=wording, page=page,
            )  # fmt: skip
        if were_on and person.contact_email:
            undo = tokens.issue("undo", person, now=now, senders=were_on)
            _mail("unsubscribed_by_link", person.contact_email, person, f"/unsubscribe/undo/{undo}/", now)


def may_undo(token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row behind the undo link of a receipt, if it was not used yet."""
    link = tokens.find("undo", token, now=now)
    return link if link and link.used_at is None else None


def undo(link: LinkToken, *, page: str, wording: str) -> None:
    """Puts back, once, the very yes that the link took away; nothing else can be switched on this way."""
    with transaction.atomic():
        if not tokens.spend(link):
            return
        for sender in link.details.get("senders", []):
            consent.decide(
                link.data_subject, Purpose.MARKETING, Decision.GRANTED, channel=Channel.EMAIL, sender=sender,
                source=Source.WEB, actor=link.data_subject, wording=wording, page=page,
            )  # fmt: skip
