"""What may somebody do who holds a link that we mailed? Switch advertising off, or ask for a right."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from . import consent, data_subjects, jobs, notices, tokens
from .encryption import keyed_hash
from .fields import EncryptedField, normalise_email
from .jobs import Job
from .personal_data import Delete, PersonalData, Retention
from .tokens import LinkToken
from .vocabulary import Category, Channel, Decision, LawfulBasis, Purpose, Sender, Source


class AskedLink(Job):
    """An address that somebody typed into a public form; only a worker, later, looks whose it is (F58)."""

    class About(models.TextChoices):
        UNSUBSCRIBE = "unsubscribe", "no more advertising"
        REQUEST = "request", "a right"
        COMPLAINT = "complaint", "a complaint"

    personal_data = PersonalData(
        data_subject=None,
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="created_at", days=1),
        erase=Delete(),
        fields=("address", "created_at"),
        not_personal=("about", *(name for name in Job.JOB_FIELDS if name != "created_at")),
        secret=("address",),
    )

    about = models.CharField(max_length=20, choices=About)
    address = EncryptedField(help_text="Blank as soon as the letter is written.")

    class Meta:
        indexes = [models.Index(fields=["job_state", "run_after"], name="asked_link_due")]

    def __str__(self) -> str:
        return f"asked link {self.pk}"

    def perform(self) -> None:
        """Writes the letter that is right for this address, and forgets the address."""
        address = bytes(self.address).decode()
        with self.settling() as found:
            if self.about == self.About.UNSUBSCRIBE:
                send_unsubscribe_link(address, now=self.created_at)
            else:
                send_request_link(address, self.about, now=self.created_at)
            found["address"] = b""


def ask(address: str, about: str) -> None:
    """Takes an address in, at the same pace whether we know it or not; the link leaves a moment later."""
    with transaction.atomic():
        row = AskedLink.objects.create(about=about, address=address.encode())
        jobs.dispatch(row)


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


def _mail(template: str, address: str, person: Any, path: str, key: str, now: datetime, **more: Any) -> None:
    context = {"link": f"{settings.SITE_URL}{path}", "number": person.number, **more}
    notices.send(template, address, key=key, data_subject=person, context=context, now=now)


def may_unsubscribe(token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row behind a link from an advertising mail, or from our own confirmation."""
    return tokens.find("unsubscribe", token, now=now) or tokens.find("confirm", token, now=now)


def has_nothing_to_stop(token: str, *, now: datetime | None = None) -> bool:
    """Whether such a link was ours, but its person was erased and gets no mail anyway (RFC 8058: no failure)."""
    return any(tokens.was_of_somebody_erased(kind, token, now=now) for kind in ("unsubscribe", "confirm"))


def senders_of(link: LinkToken) -> list[Sender]:
    """Whose advertising a link stops: that of the mail in which it stood, or all of it where it names none."""
    sender = link.details.get("sender")
    return [Sender(sender)] if sender else list(Sender)


def unsubscribe(
    link: LinkToken, *, page: str, wording: str, everything: bool = False, now: datetime | None = None
) -> None:
    """The mailing's advertising by email off, or everybody's; a receipt with an undo if anything was on."""
    now = now or timezone.now()
    with transaction.atomic():
        # One at a time, or a mail program that knocks twice at once would write two events; gone since: nothing to do.
        link = LinkToken.objects.select_for_update(of=("self",)).select_related("data_subject").get(pk=link.pk)
        if link.data_subject is not None:
            _switch_off(link, list(Sender) if everything else senders_of(link), page, wording, now)


def _switch_off(link: LinkToken, senders: list[Sender], page: str, wording: str, now: datetime) -> None:
    person: Any = link.data_subject
    latest = consent.choices(person)
    before = {s: latest.get(consent.Choice(Purpose.MARKETING, Channel.EMAIL, s)) for s in Sender}
    not_off = [s for s in senders if (entry := before[s]) is None or entry.decision != Decision.WITHDRAWN]
    after = consent.withdraw_marketing(
        person, channels=[Channel.EMAIL], senders=not_off, source=Source.ONE_CLICK, actor=person, wording=wording,
        page=page,
    )  # fmt: skip
    undone = [[entry.pk, new.pk] for new in after if (entry := before[Sender(new.sender)])]
    if undone and person.contact_email:
        undo = tokens.issue("undo", person, now=now, entries=undone)
        key = f"unsubscribed_by_link-{after[0].pk}"
        path, still = f"/unsubscribe/undo/{undo}/", _still_on(person, now)
        _mail("unsubscribed_by_link", person.contact_email, person, path, key, now, still=still)


def _still_on(person: Any, now: datetime) -> list[dict[str, str]]:
    """What else comes by email, each with the link that stops it: nobody should have to look for the other switch."""
    on = [s for s in Sender if consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=s)]
    return [
        {"sender": str(s.label), "link": f"{settings.SITE_URL}/unsubscribe/{token}/"}
        for s in on
        for token in tokens.standing("unsubscribe", [person], now=now, sender=s)
    ]
