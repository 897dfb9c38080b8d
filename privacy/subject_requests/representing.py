"""Does somebody ask in another person's name? Who, by what authority, and where her letters go (SFB-05)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import notices
from ..fields import NormalisedEmailField, OneLineField, one_line
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .case import DataSubjectRequest
from .papers import CasePaper, of
from .refusing import require
from .timeline import note

LETTER = "case_represented"


class Representative(models.Model):
    """Who acts for the person in one case; nothing is carried out before a colleague has seen the authority."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves who asked in your name.", then=Delete()),
        fields=("name", "email", "named_at", "authority_seen_at"),
        not_personal=("case", "authority_seen_by"),
        secret=("email",),
        third_party=("name",),
    )

    case = models.OneToOneField(DataSubjectRequest, models.CASCADE, related_name="representative")
    name = OneLineField(max_length=200)
    email = NormalisedEmailField(blank=True)
    named_at = models.DateTimeField(default=timezone.now)
    authority_seen_at = models.DateTimeField(null=True, blank=True)
    authority_seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(authority_seen_at__isnull=True) | Q(authority_seen_by__isnull=False),
                name="authority_seen_by_somebody",
                violation_error_message="Somebody must have seen the authority.",
            )
        ]

    def __str__(self) -> str:
        return f"representative {self.pk}"


def of_case(case: DataSubjectRequest) -> Representative | None:
    """Who acts for the person here; None where she asks herself."""
    return Representative.objects.filter(case=case).first()


def name(case: DataSubjectRequest, who: str, email: str, *, actor: Any, now: datetime | None = None) -> Representative:
    """Notes that somebody asks in the person's name; the person herself is told, so that nobody does it in secret."""
    now, who = now or timezone.now(), one_line(who)
    require(case.is_open, _("The request is closed."))
    require(bool(who), _("Write who acts for the person."))
    require(of_case(case) is None, _("Somebody acts for the person already."))
    with transaction.atomic():
        acting = Representative.objects.create(case=case, name=who[:200], email=email, named_at=now)
        note(case, "represented", actor=actor, now=now)
        person = case.data_subject
        if person.contact_email:
            context = {"case": case, "acting": acting}
            key = f"{LETTER}-{case.pk}-{acting.pk}"
            notices.send(LETTER, person.contact_email, key=key, data_subject=person, context=context, now=now)
    return acting


def authority_seen(case: DataSubjectRequest, *, actor: Any, now: datetime | None = None) -> None:
    """A colleague has looked at the document by which the person lets somebody act for her; from now on they do."""
    require(is_unproven(case), _("Nobody acts for the person here whose authority is still to be seen."))
    papers = of(case).filter(kind=CasePaper.Kind.AUTHORITY)
    require(papers.exists(), _("First add the document in which the person says so."))
    told = _("First the person must know: the email to her has not left yet, or tell her by letter or phone.")
    require(person_knows(case), told)
    seen: dict[str, Any] = {"authority_seen_at": now or timezone.now(), "authority_seen_by": actor}
    with transaction.atomic():
        Representative.objects.filter(case=case).update(**seen)
        note(case, "authority_seen", actor=actor, now=now)


def person_knows(case: DataSubjectRequest) -> bool:
    """Whether the person was told who acts for her: our letter has left, or a colleague told her."""
    acting = of_case(case)
    if acting is None:
        return False
    told = case.events.filter(kind="person_told", occurred_at__gte=acting.named_at).exists()
    return told or notices.left_at(f"{LETTER}-{case.pk}-{acting.pk}") is not None


def person_told(case: DataSubjectRequest, *, actor: Any, how: str) -> None:
    """A colleague has told the person by letter or phone that somebody asks in her name."""
    require(is_unproven(case), _("Nobody acts for the person here whose authority is still to be seen."))
    require(bool(how.strip()), _("Write how you told the person."))
    note(case, "person_told", actor=actor, text=how, is_internal=True)


def ended(case: DataSubjectRequest, *, actor: Any) -> None:
    """Nobody acts for the person any more: she took it back, or there was no authority; her letters go to her again."""
    acting = of_case(case)
    require(acting is not None, _("Nobody acts for the person here."))
    with transaction.atomic():
        Representative.objects.filter(case=case).delete()
        note(case, "representation_ended", actor=actor)
        if acting and acting.email:
            # The same letter that a sender gets of whose person we know nothing.
            key = f"behalf_closed-{case.pk}-{acting.pk}"
            context = {"number": case.reference}
            notices.send("behalf_closed", acting.email, key=key, context=context, forget_when_sent=True)


def is_unproven(case: DataSubjectRequest) -> bool:
    """Whether somebody asks in the person's name without anybody having seen that they may."""
    acting = of_case(case)
    return acting is not None and acting.authority_seen_at is None


def addressee(case: DataSubjectRequest) -> tuple[str, Representative | None]:
    """Where letters about this case go: to the representative once that is proven, else to the person herself."""
    acting = of_case(case)
    if acting is not None and acting.authority_seen_at and acting.email:
        return acting.email, acting
    return str(case.data_subject.contact_email), None
