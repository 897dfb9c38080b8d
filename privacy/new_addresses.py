"""Is this new email address hers? It counts once she is signed in and opens the link that we mailed there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import audit, corrections, notices, tokens
from .personal_data import PersonalData, declarations
from .tokens import LinkToken

KIND = "new_address"
MOST_A_DAY = 5


@dataclass(frozen=True)
class Pending:
    """An address that waits for its proof, and how long it still may."""

    pk: int
    address: str
    until: datetime


def pending(data_subject: Any, *, now: datetime | None = None) -> list[Pending]:
    """What this person has asked for and not yet proven, the newest first."""
    rows = _waiting(data_subject, now or timezone.now()).order_by("-pk")
    return [Pending(row.pk, row.details["address"], row.expires_at) for row in rows]


def _waiting(data_subject: Any, now: datetime) -> models.QuerySet[LinkToken]:
    return LinkToken.objects.filter(data_subject=data_subject, kind=KIND, used_at=None, expires_at__gt=now)


def ask(data_subject: Any, declaration: PersonalData, pk: Any, column: str, address: str, *, actor: Any) -> None:
    """Mails a link to the new address, and word of it to the old one, which stands until then.

    ValidationError, by field, when the record's own rules refuse the address or too many were asked for today.
    """
    now = timezone.now()
    with transaction.atomic():
        row = declaration.of(data_subject).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None or column not in declaration.proven_by:
            raise corrections.NotCorrectable(declaration.label)
        setattr(row, column, address)
        corrections.check(row, [column])
        lately = LinkToken.objects.filter(data_subject=data_subject, kind=KIND, created_at__gt=now - timedelta(days=1))
        if lately.count() >= MOST_A_DAY:
            raise ValidationError({column: _("You have asked for this often today. Please go on tomorrow.")})
        record = audit.reference(row)
        _waiting(data_subject, now).filter(details__record=record).update(used_at=now)
        details = {"record": record, "column": column, "address": str(address)}
        token = tokens.issue(KIND, data_subject, now=now, **details)
        audit.record("new_address.asked", actor=actor, subject=data_subject, target=row, now=now)
        _tell(data_subject, token, str(address), now)


def _tell(data_subject: Any, token: str, address: str, now: datetime) -> None:
    link = LinkToken.objects.filter(data_subject=data_subject, kind=KIND).latest("pk")
    context = {"link": f"{settings.SITE_URL}/account/new-address/{token}/"}
    notices.send(KIND, address, key=f"new-address-{link.pk}", data_subject=data_subject, context=context, now=now)
    if data_subject.contact_email:
        notices.send(
            "new_address_asked", data_subject.contact_email, key=f"new-address-asked-{link.pk}",
            data_subject=data_subject, context={"page": f"{settings.SITE_URL}/account/correct/contact/"}, now=now,
        )  # fmt: skip


def ask_again(data_subject: Any, pk: int, *, actor: Any) -> bool:
    """Mails a fresh link for an address that still waits; False when it does not wait any more."""
    link = _waiting(data_subject, timezone.now()).filter(pk=pk).first()
    if link is None:
        return False
    declaration, row_pk = _record(link)
    ask(data_subject, declaration, row_pk, link.details["column"], link.details["address"], actor=actor)
    return True


def cancel(data_subject: Any, pk: int, *, actor: Any) -> bool:
    """Lets the old address stand; False when there was nothing to cancel."""
    now = timezone.now()
    with transaction.atomic():
        done = bool(_waiting(data_subject, now).filter(pk=pk).update(used_at=now))
        if done:
            audit.record("new_address.cancelled", actor=actor, subject=data_subject, now=now)
    return done


def may_confirm(data_subject: Any, token: str) -> LinkToken | None:
    """The row behind a link that this very person asked for; None when it is wrong, too old, used or another's."""
    link = tokens.find(KIND, token)
    is_hers = link is not None and link.used_at is None and link.data_subject_id == data_subject.pk
    return link if is_hers else None


def confirm(link: LinkToken, *, actor: Any) -> bool:
    """Puts the new address in the place of the old one and notes that it is proven; False when that is too late."""
    declaration, pk = _record(link)
    values = {link.details["column"]: link.details["address"]}
    try:
        with transaction.atomic():
            if not tokens.spend(link):
                return False
            corrections.correct(link.data_subject, declaration, pk, values, actor=actor, proven=True)
    except (corrections.NotCorrectable, ValidationError):
        return False
    return True


def _record(link: LinkToken) -> tuple[PersonalData, str]:
    label, _colon, pk = link.details["record"].partition(":")
    return next(d for d in declarations() if d.model._meta.label_lower == label), pk
