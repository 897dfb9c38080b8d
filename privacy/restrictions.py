"""Is this person's data barred from use, or held from deletion? Art. 18 restriction and legal hold, one table."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from . import audit, notices, recipient_notices
from .personal_data import Keep, PersonalData, Retention
from .recipient_notices import Change
from .vocabulary import Category, LawfulBasis, Purpose, Source


class NotLawful(Exception):
    """It may not be lifted like that; the text is one clear line for whoever tried."""


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions by what they do today."""

    def active(self) -> "RestrictionQuerySet":
        """Not lifted."""
        return self.filter(lifted_at__isnull=True)

    def of_use(self) -> "RestrictionQuerySet":
        """Those that bar use (Art. 18)."""
        return self.active().filter(kind=Restriction.Kind.ARTICLE_18)

    def holds(self) -> "RestrictionQuerySet":
        """Those that keep data for a claim, a debt or a fraud case (Art. 17(3))."""
        return self.active().exclude(kind=Restriction.Kind.ARTICLE_18)


class Restriction(models.Model):
    """Stored but not used, or kept in spite of age, for a reason; `scope` names one record or, empty, the person."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="lifted_at", years=3),
        erase=Keep("Shows why data was barred or kept."),
        fields=("kind", "reason", "imposed_at", "review_on", "told_at", "lifted_at"),
        not_personal=("scope", "imposed_by", "lift_proposed_by", "lift_proposed_at", "lifted_by"),
        third_party=("reason",),
    )

    class Kind(models.TextChoices):
        ARTICLE_18 = "article_18", "Restriction asked for by the person"
        DEBT = "debt", "Hold: unpaid debt"
        FRAUD = "fraud", "Hold: suspected fraud"
        CLAIM = "claim", "Hold: legal claim"

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="restrictions")
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.TextField()
    scope = models.CharField(max_length=100, blank=True, help_text="Such as customers.order:12; empty: everything.")
    imposed_at = models.DateTimeField(default=timezone.now)
    imposed_by = models.CharField(max_length=100)
    review_on = models.DateField(null=True, blank=True)
    lift_proposed_by = models.CharField(max_length=100, blank=True)
    lift_proposed_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField("you were told that it ends", null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=100, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | (~Q(lifted_by="") & ~Q(lift_proposed_by="") & ~Q(lifted_by=F("lift_proposed_by"))),
                name="restriction_lifted_by_two_people",
                violation_error_message="Two different people must agree to lift this.",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | ~Q(kind="article_18")
                | Q(told_at__isnull=False, told_at__lte=F("lifted_at")),
                name="restriction_lifted_after_telling",
                violation_error_message="The person must be told before a restriction ends (Art. 18(3)).",
            ),
        ]
        indexes = [models.Index(fields=["data_subject", "lifted_at"], name="restriction_active")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def was_asked_for(self) -> bool:
        """Whether the person herself asked that her data be left alone, and must be told before that ends (Art. 18)."""
        return self.kind == self.Kind.ARTICLE_18

    @property
    def letter(self) -> str:
        """The key of the letter that tells of this proposal to lift it."""
        at = self.lift_proposed_at
        return f"restriction-ends-{self.pk}-{at:%Y%m%d%H%M%S%f}" if at else ""


def impose(
    data_subject: Any,
    kind: Restriction.Kind,
    reason: str,
    *,
    actor: Any,
    scope: str = "",
    review_on: date | None = None,
    case: Any = None,
) -> Restriction:
    """Bars use, or holds from deletion, from this moment on; recipients are told of the first (Art. 18, 17(3), 19)."""
    with transaction.atomic():
        row = Restriction.objects.create(
            data_subject=data_subject,
            kind=kind,
            reason=reason,
            scope=scope,
            imposed_by=audit.reference(actor),
            review_on=review_on,
        )
        audit.record("restriction.imposed", actor=actor, subject=data_subject, target=row, kind=str(kind))
        _tell_recipients(row, Change.RESTRICTION, actor=actor, now=row.imposed_at, case=case)
    return row


def _tell_recipients(row: Restriction, change: Change, *, actor: Any, now: datetime, case: Any) -> None:
    """Of a restriction and of its end; a hold changes nothing for them, nor does a lock on one record of ours."""
    if row.kind == Restriction.Kind.ARTICLE_18 and not row.scope:
        occasion = f"{audit.reference(row)}:{change}"
        recipient_notices.tell(row.data_subject, change, occasion=occasion, actor=actor, now=now, case=case)


def _case_of(row: Restriction) -> Any:
    """The request because of which recipients were told of it."""
    beginning = recipient_notices.RecipientNotice.objects.filter(
        occasion=f"{audit.reference(row)}:{Change.RESTRICTION}"
    )
    first = beginning.exclude(case=None).select_related("case").first()
    return first.case if first else None


def propose_lifting(restriction: Restriction, *, actor: Any, why: str = "", now: datetime | None = None) -> None:
    """The first of two people says that it may end; a person who asked for it is told, and why (Art. 18(3))."""
    now = now or timezone.now()
    with transaction.atomic():
        row = _in_force(restriction)
        _require(not row.lift_proposed_by, _("A colleague has proposed this already."))
        _require(not row.was_asked_for or bool(why.strip()), _("Write why it ends; the person is told."))
        _write(row, restriction, lift_proposed_by=audit.reference(actor), lift_proposed_at=now)
        audit.record("restriction.lift_proposed", actor=actor, subject=row.data_subject, target=row, now=now)
        if row.was_asked_for:
            _announce(row, why, now)


def _announce(row: Restriction, why: str, now: datetime) -> None:
    if address := row.data_subject.contact_email:
        context = {"restriction": row, "why": why, "ends_on": _first_day(now)}
        notices.send("restriction_ends", address, key=row.letter, data_subject=row.data_subject, context=context)


def told_at(restriction: Restriction) -> datetime | None:
    """When the person was told that it ends: by the letter, once that has left, or as a colleague noted."""
    return restriction.told_at or notices.left_at(restriction.letter)


def note_told(restriction: Restriction, road: Source, *, actor: Any, now: datetime | None = None) -> None:
    """A colleague has told the person herself, because no email reaches her."""
    now = now or timezone.now()
    with transaction.atomic():
        row = _in_force(restriction)
        _require(bool(row.lift_proposed_by) and row.was_asked_for, _("Nobody has proposed to end it."))
        _write(row, restriction, told_at=now)
        audit.record("restriction.told", actor=actor, subject=row.data_subject, target=row, now=now, road=str(road))


def may_be_lifted_on(restriction: Restriction) -> date | None:
    """The first day on which it may end, some days after the person was told; None while she does not know."""
    told = told_at(restriction)
    return _first_day(told) if told else None


def _first_day(told: datetime) -> date:
    return timezone.localdate(told, settings.SHOP_TZ) + timedelta(days=settings.RESTRICTION_NOTICE_DAYS)


def keep(restriction: Restriction, *, actor: Any) -> None:
    """It does not end after all: the second person does not agree, or the person had good reasons against it."""
    with transaction.atomic():
        row = _in_force(restriction)
        _require(bool(row.lift_proposed_by), _("Nobody has proposed to end it."))
        _write(row, restriction, lift_proposed_by="", lift_proposed_at=None, told_at=None)
        audit.record("restriction.kept", actor=actor, subject=row.data_subject, target=row)


def lift(restriction: Restriction, *, actor: Any, now: datetime) -> None:
    """The second, different person ends it, some days after the person was told; the database holds both rules."""
    with transaction.atomic():
        row = _in_force(restriction)
        told = told_at(row) if row.was_asked_for else None
        if row.was_asked_for and row.lift_proposed_by:
            first = may_be_lifted_on(row)
            _require(first is not None, _("The person has not been told yet that it ends (Art. 18(3))."))
            early = first is not None and timezone.localdate(now, settings.SHOP_TZ) < first
            _require(not early, _("The person was told a short while ago: it may end on %(day)s.") % {"day": first})
        _write(row, restriction, told_at=told, lifted_at=now, lifted_by=audit.reference(actor))
        audit.record("restriction.lifted", actor=actor, subject=row.data_subject, target=row, now=now)
        _tell_recipients(row, Change.LIFTING, actor=actor, now=now, case=_case_of(row))


def _in_force(restriction: Restriction) -> Restriction:
    """As it is now, locked until the transaction ends."""
    row = Restriction.objects.select_for_update(of=("self",)).select_related("data_subject").get(pk=restriction.pk)
    _require(row.lifted_at is None, _("It was lifted already."))
    return row


def _write(row: Restriction, given: Restriction, **values: Any) -> None:
    """Into the database, and into what the caller holds."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    for name, value in values.items():
        setattr(given, name, value)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotLawful(otherwise)


def is_restricted(data_subject: Any) -> bool:
    """Whether the person's data may be stored but not used (Art. 18)."""
    return Restriction.objects.of_use().filter(data_subject=data_subject).exists()


def is_held(data_subject: Any) -> bool:
    """Whether anything of the person is kept from deletion."""
    return Restriction.objects.holds().filter(data_subject=data_subject).exists()


def is_held_whole(data_subject: Any) -> bool:
    """Whether everything of the person is kept from deletion, and not some records alone."""
    return Restriction.objects.active().filter(data_subject=data_subject, scope="").exists()


def blocking_erasure(lookup: str) -> Exists:
    """For the victim query of erasure and purge: an active restriction or hold on the person at `lookup`."""
    return Exists(Restriction.objects.active().filter(data_subject=OuterRef(lookup), scope=""))
