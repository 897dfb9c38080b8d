"""Which authority demanded whose data, by which law, and who agreed? Two people; kept secret as long as it must be."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit
from ..personal_data import Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis
from ..vocabulary import Purpose as BuiltInPurpose
from .disclosures import Disclosure, log_disclosure
from .register import Recipient


class NotAllowed(Exception):
    """This step may not be taken; one sentence says why."""


class AuthorityOrderQuerySet(models.QuerySet["AuthorityOrder"]):
    """Orders by what may be done with them."""

    def waiting(self) -> Self:
        """Those that nobody has decided on."""
        return self.filter(state=AuthorityOrder.State.RECORDED)

    def approved(self) -> Self:
        """Those that are agreed to and not yet carried out."""
        return self.filter(state=AuthorityOrder.State.APPROVED)

    def covering(self, data_subject: Any, recipient: Recipient, fields: Iterable[str], at: datetime) -> Self:
        """Those that allow these fields of this person at this moment: agreed to by then, and naming each field."""
        agreed = self.filter(
            data_subject_id=data_subject.pk, recipient_id=recipient.pk, decided_at__lte=at,
            state__in=(AuthorityOrder.State.APPROVED, AuthorityOrder.State.HANDED_OVER),
        )  # fmt: skip
        wanted = set(fields)
        return self.filter(pk__in=[order.pk for order in agreed if wanted <= set(order.fields)])


class AuthorityOrder(models.Model):
    """One demand of police, a court or an office for one person's data (CLZ-11, MAD-11)."""

    class State(models.TextChoices):
        RECORDED = "recorded", gettext_lazy("waits for a second person")
        APPROVED = "approved", gettext_lazy("agreed, not yet handed over")
        REFUSED = "refused", gettext_lazy("refused")
        HANDED_OVER = "handed_over", gettext_lazy("handed over")

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=BuiltInPurpose.LEGAL_DUTY,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="received_on", years=3),
        erase=Keep("Shows by which law an authority got data, and who agreed (Art. 5(2))."),
        # While secrecy stands she must not be told; afterwards the log of hand-overs tells her what went.
        withheld=Q(secret_until__isnull=False),
        fields=("recipient", "received_on", "legal_basis", "reference", "fields", "state", "reason"),
        not_personal=("recorded_by", "recorded_at", "decided_by", "decided_at", "secret_until", "disclosure"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="authority_orders")
    recipient = models.ForeignKey(
        Recipient, models.PROTECT, related_name="orders", verbose_name=gettext_lazy("authority")
    )
    received_on = models.DateField(gettext_lazy("received on"))
    legal_basis = models.CharField(gettext_lazy("by which law"), max_length=200)
    reference = models.CharField(gettext_lazy("their file number"), max_length=120)
    fields = models.JSONField(gettext_lazy("what they demand"), default=list)
    secret_until = models.DateField(gettext_lazy("not to be told before"), null=True, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.RECORDED, editable=False)
    recorded_by = models.CharField(max_length=100, editable=False)
    recorded_at = models.DateTimeField(editable=False)
    decided_by = models.CharField(max_length=100, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(gettext_lazy("why it was refused"), max_length=500, blank=True)
    disclosure = models.OneToOneField(Disclosure, models.PROTECT, null=True, editable=False, related_name="order")

    objects = AuthorityOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = gettext_lazy("order of an authority")
        verbose_name_plural = gettext_lazy("orders of authorities")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="recorded", decided_by="", decided_at__isnull=True)
                | (
                    ~Q(state="recorded")
                    & Q(decided_at__isnull=False)
                    & ~Q(decided_by="")
                    & ~Q(decided_by=F("recorded_by"))
                ),
                name="authority_order_decided_by_a_second",
                violation_error_message="A second, different person decides about the order of an authority.",
            ),
            models.CheckConstraint(
                condition=Q(state="handed_over", disclosure__isnull=False)
                | (~Q(state="handed_over") & Q(disclosure__isnull=True)),
                name="authority_order_handed_over_is_logged",
            ),
            models.CheckConstraint(condition=~Q(state="refused", reason=""), name="authority_order_refused_why"),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    def clean(self) -> None:
        """An authority in the register, a law, a file number, fields by name, and no day ahead."""
        wrong: dict[str, Any] = {}
        if self.recipient_id and self.recipient.kind != Recipient.Kind.AUTHORITY:
            wrong["recipient"] = _("Only an authority gives orders; it must stand in the register as one.")
        if not self.fields:
            wrong["fields"] = _("Name what they demand, piece by piece: nothing goes as a whole.")
        for name in ("legal_basis", "reference"):
            if not str(getattr(self, name)).strip():
                wrong[name] = _("Without this nobody can check the order.")
        if wrong:
            raise ValidationError(wrong)


def record(
    data_subject: Any, recipient: Recipient, fields: list[str], *, legal_basis: str, reference: str,
    received_on: date, actor: Any, now: datetime, secret_until: date | None = None,
) -> AuthorityOrder:  # fmt: skip
    """Writes a demand down; nothing goes before a second has agreed. ValidationError where something is missing."""
    order = AuthorityOrder(
        data_subject=data_subject, recipient=recipient, fields=sorted(set(fields)), legal_basis=legal_basis.strip(),
        reference=reference.strip(), received_on=received_on, secret_until=secret_until,
        recorded_by=audit.reference(actor), recorded_at=now,
    )  # fmt: skip
    order.full_clean()
    with transaction.atomic():
        order.save()
        event = "authority_order.recorded"
        audit.record(event, actor=actor, subject=data_subject, target=order, now=now, fields=order.fields)
    return order


def approve(order: AuthorityOrder, *, actor: Any, now: datetime) -> None:
    """The second person agrees; NotAllowed for the first, and where it is decided already."""
    _decide(order, AuthorityOrder.State.APPROVED, actor=actor, now=now)


def refuse(order: AuthorityOrder, reason: str, *, actor: Any, now: datetime) -> None:
    """The second person says no, and why; NotAllowed for the first, and where it is decided already."""
    if not reason.strip():
        raise NotAllowed(_("Say why it is refused."))
    _decide(order, AuthorityOrder.State.REFUSED, actor=actor, now=now, reason=reason.strip()[:500])


def _decide(order: AuthorityOrder, state: AuthorityOrder.State, *, actor: Any, now: datetime, **values: str) -> None:
    values |= {"state": state, "decided_by": audit.reference(actor)}
    try:
        with transaction.atomic():
            if not AuthorityOrder.objects.waiting().filter(pk=order.pk).update(decided_at=now, **values):
                raise NotAllowed(_("This is decided already."))
            audit.record(f"authority_order.{state}", actor=actor, subject=order.data_subject, target=order, now=now)
    except IntegrityError as error:
        raise NotAllowed(_("A second, different person must decide.")) from error
    order.refresh_from_db()


def handed_over(order: AuthorityOrder, *, actor: Any, now: datetime) -> Disclosure:
    """Notes that what the order names has gone, in the log of hand-overs; NotAllowed unless it was agreed to."""
    with transaction.atomic():
        locked = AuthorityOrder.objects.select_for_update().get(pk=order.pk)
        if locked.state != AuthorityOrder.State.APPROVED:
            raise NotAllowed(_("Nothing may go: this is not agreed to, or has gone already."))
        row = log_disclosure(
            locked.data_subject, locked.recipient, locked.fields, legal_basis=locked.legal_basis,
            reference=locked.reference, actor=actor, now=now, secret_until=locked.secret_until,
        )  # fmt: skip
        AuthorityOrder.objects.filter(pk=order.pk).update(state=AuthorityOrder.State.HANDED_OVER, disclosure=row)
    order.refresh_from_db()
    return row
