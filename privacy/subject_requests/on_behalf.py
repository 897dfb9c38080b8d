"""Somebody asks in another person's name, without an account: what she sent waits here until a case holds it.

The sender is answered alike whether we know the person or not: the page and both letters are made from what she typed,
and only a worker, later, looks whose name it is. Whom it does not find for certain, a colleague looks for (F58, F60).
"""

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, data_subjects, jobs, notices, rights, tokens
from ..cases import new_reference
from ..deadlines import deadline
from ..fields import EncryptedField, NormalisedEmailField, normalise_email
from ..jobs import Job
from ..personal_data import Delete, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose, Source
from . import papers
from .case import DataSubjectRequest
from .handling import SYSTEM
from .intake import open_case
from .refusing import require
from .timeline import note

LINK_LIVES, ONE_AN_HOUR = timedelta(days=2), timedelta(hours=1)


class OnBehalf(Job):
    """What one sender asked for in another person's name, and how far that is."""

    class Stands(models.TextChoices):
        ASKED = "asked", gettext_lazy("link mailed")
        SENT = "sent", gettext_lazy("being looked up")
        UNKNOWN = "unknown", gettext_lazy("person not found")
        OPENED = "opened", gettext_lazy("request opened")
        CLOSED = "closed", gettext_lazy("closed without a request")

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="received_at", days=7),
        waits_while=Q(stands__in=["sent", "unknown"]),
        erase=Delete(),
        fields=("received_at", "kind", "email", "said", "paper"),
        not_personal=("stands", "reference", "case", "link_hash", *Job.JOB_FIELDS),
        secret=("email", "said", "paper"),
        third_party=("email", "said", "paper"),
    )

    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, related_name="asked_on_behalf"
    )
    case = models.OneToOneField(DataSubjectRequest, models.CASCADE, null=True, related_name="asked_on_behalf")
    stands = models.CharField(max_length=10, choices=Stands, default=Stands.ASKED)
    reference = models.CharField(max_length=24, unique=True, default=new_reference)
    kind = models.CharField(max_length=20)
    email = NormalisedEmailField()
    said = EncryptedField(blank=True, default=b"")
    paper = EncryptedField(blank=True, default=b"")
    link_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = gettext_lazy("request in another's name")
        verbose_name_plural = gettext_lazy("requests in another's name")
        indexes = [
            models.Index(fields=["job_state", "run_after"], name="on_behalf_due"),
            models.Index(fields=["stands", "id"], name="on_behalf_stands"),
            models.Index(fields=["email", "received_at"], name="on_behalf_sender"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def words(self) -> dict[str, Any]:
        """What she wrote: her `name`, the `about` by which we find the person, `details` and `particulars`."""
        return dict(json.loads(bytes(self.said))) if self.said else {}

    @property
    def due_on(self) -> date:
        """When the answer is due; the same day that the case will have."""
        where = settings.SHOP["jurisdiction"]
        return deadline(where, self.kind, self.received_at, time_zone=settings.SHOP_TZ).due_on

    @property
    def label(self) -> str:
        """What is asked for."""
        return str(rights.REGISTER[self.kind].label)

    def update(self, **values: Any) -> None:
        """Writes these columns and nothing else."""
        type(self).objects.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    def perform(self) -> None:
        """Looks whose name it is; the case opens unproven, and what stays unclear waits for a colleague."""
        person = find(self.words["about"])
        with self.settling() as found:
            if person is not None:
                _open(self, person, actor=SYSTEM)
            else:
                found["stands"] = self.Stands.UNKNOWN


def send_link(email: str, about: str, *, now: datetime | None = None) -> None:
    """A link to the form for somebody else; the same letter to everybody, one an hour."""
    now, email = now or timezone.now(), normalise_email(email)
    recent = OnBehalf.objects.filter(email=email, received_at__gt=now - ONE_AN_HOUR, stands=OnBehalf.Stands.ASKED)
    if recent.filter(kind=about).exists():
        return
    with transaction.atomic():
        # Nothing for a worker to do before the form is filled in.
        row = OnBehalf.objects.create(email=email, kind=about, received_at=now, job_state=Job.State.DONE)
        token = tokens.derived(f"on-behalf:{row.pk}:{row.reference}")
        row.update(link_hash=tokens.at_rest(token))
        path = "complaints" if about == "complaint" else "requests"
        link = f"{settings.SITE_URL}/{path}/for-somebody/{token}/"
        _tell(row, "behalf_link", now=now, link=link)


def by_link(token: str, *, now: datetime | None = None) -> OnBehalf | None:
    """What such a link is for; None for anything that is no link of ours, or too old."""
    alive = OnBehalf.objects.filter(received_at__gt=(now or timezone.now()) - LINK_LIVES)
    return alive.filter(link_hash=tokens.at_rest(token)).first() if token.isascii() else None


def fill_in(
    row: OnBehalf, kind: str, *, name: str, about: dict[str, str], details: str, particulars: dict[str, Any],
    paper: bytes, now: datetime | None = None,
) -> OnBehalf:  # fmt: skip
    """Takes the form in, once; whoever sends it again gets what is there. A worker does the rest."""
    papers.refuse_what_is_none(paper)
    now = now or timezone.now()
    said = {"name": name, "about": about, "details": details, "particulars": particulars}
    with transaction.atomic():
        row = OnBehalf.objects.select_for_update().get(pk=row.pk)
        if row.stands == OnBehalf.Stands.ASKED:
            row.update(
                kind=kind, said=json.dumps(said, cls=DjangoJSONEncoder).encode(), paper=paper, received_at=now,
                stands=OnBehalf.Stands.SENT, job_state=Job.State.NEW, run_after=now,
            )  # fmt: skip
            _tell(row, "behalf_received", now=now, asked=row)
            jobs.dispatch(row)
    return row


def find(about: dict[str, str]) -> Any | None:
    """The one person whom this fits, number and address together; None where it fits nobody or several."""
    number, email = about.get("number", ""), about.get("email", "")
    by_number = [data_subjects.by_number(number)] if number else None
    by_email = data_subjects.by_email(email) if email else None
    both = [found for found in (by_number, by_email) if found is not None]
    fits = [person for person in both[0] if all(person in other for other in both)] if both else []
    return fits[0] if len(fits) == 1 else None


def open_for(row: OnBehalf, person: Any, *, actor: Any) -> DataSubjectRequest:
    """A colleague has found whose name it is: the case opens, as old as what was sent."""
    with transaction.atomic():
        row = _waiting(row)
        return _open(row, person, actor=actor)


def close(row: OnBehalf, *, actor: Any) -> None:
    """Nobody could be found; the sender is told no more than that nothing could be done with what she sent."""
    with transaction.atomic():
        row = _waiting(row)
        row.update(stands=OnBehalf.Stands.CLOSED, said=b"", paper=b"")
        audit.record("on_behalf.closed", actor=actor, target=row)
        _tell(row, "behalf_closed", number=row.reference)


def media_type(row: OnBehalf) -> str:
    """Of the paper that was sent."""
    return papers.refuse_what_is_none(bytes(row.paper))


def _waiting(row: OnBehalf) -> OnBehalf:
    row = OnBehalf.objects.select_for_update(of=("self",)).get(pk=row.pk)
    require(row.stands == OnBehalf.Stands.UNKNOWN, _("A colleague has dealt with this already."))
    return row


def _open(row: OnBehalf, person: Any, *, actor: Any) -> DataSubjectRequest:
    said = row.words
    case = open_case(
        person, row.kind, source=Source.WEB, actor=actor, details=said["details"], received_at=row.received_at,
        idempotency_key=f"on-behalf.{row.pk}", particulars=_read(said["particulars"]),
        reference=row.reference, acting=(said["name"], row.email),
    )  # fmt: skip
    told = "\n".join(value for value in said["about"].values() if value)
    note(case, "told_about", actor=actor, text=told, is_internal=True)
    papers.add(case, papers.CasePaper.Kind.AUTHORITY, _("Authority"), bytes(row.paper), actor=actor)
    row.update(stands=OnBehalf.Stands.OPENED, case=case, data_subject=person, said=b"", paper=b"")
    return case


def _read(particulars: dict[str, Any]) -> dict[str, Any]:
    """Days were written as text."""
    day = particulars.get("transaction_on")
    return particulars | ({"transaction_on": date.fromisoformat(day)} if day else {})


def _tell(row: OnBehalf, template: str, *, now: datetime | None = None, **context: Any) -> None:
    """Without the person: nothing that we know of her, not even that we do, may stand in these letters."""
    notices.send(template, row.email, key=f"{template}-{row.pk}", context=context, forget_when_sent=True, now=now)
