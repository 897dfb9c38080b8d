"""What may somebody do who holds a link that we mailed? Switch advertising off, or ask for a right."""

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
        _mail_link("unsubscribe_link", address, person, "/unsubscribe", "confirm", now)


def send_request_link(address: str, kind: str, *, now: datetime | None = None) -> None:
    """A link to the form for a right or a complaint; to strangers a line that we hold nothing under this address."""
    now = now or timezone.now()
    people = data_subjects.by_email(address)
    path = "/complaints/new" if kind == "complaint" else "/requests/new"
    for person in people:
        _mail_link("request_link", address, person, path, "request", now, about=kind)
    if not people:
        who = keyed_hash(_without_tag(normalise_email(address)), use="nothing-held")[:24]
        notices.send("nothing_held", address, key=f"nothing-held-{who}-{now:%Y%m%d}", forget_when_sent=True, now=now)


def _without_tag(address: str) -> str:
    """The mailbox behind `name+tag@`, so that tags do not multiply what one mailbox gets."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _mail_link(template: str, address: str, person: Any, path: str, kind: str, now: datetime, **details: str) -> None:
    """One link an hour for each thing that may be asked for, so that nobody can flood a mailbox through us."""
    key = "-".join([template, *details.values(), str(person.pk), f"{now:%Y%m%d%H}"])
    if not notices.is_written(key):
        token = tokens.issue(kind, person, now=now, **details)
        _mail(template, address, person, f"{path}/{token}/", key, now)


def _mail(template: str, address: str, person: Any, path: str, key: str, now: datetime) -> None:
    link = f"{settings.SITE_URL}{path}"
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
        before = {s: latest.get(consent.Choice(Purpose.MARKETING, Channel.EMAIL, s)) for s in Sender}
        not_off = [s for s, entry in before.items() if entry is None or entry.decision != Decision.WITHDRAWN]
        after = consent.withdraw_marketing(
            person, channels=[Channel.EMAIL], senders=not_off, source=Source.ONE_CLICK, actor=person, wording=wording,
            page=page,
        )  # fmt: skip
        undone = [[entry.pk, new.pk] for new in after if (entry := before[Sender(new.sender)])]
        if undone and person.contact_email:
            undo = tokens.issue("undo", person, now=now, entries=undone)
            key = f"unsubscribed_by_link-{after[0].pk}"
            _mail("unsubscribed_by_link", person.contact_email, person, f"/unsubscribe/undo/{undo}/", key, now)
