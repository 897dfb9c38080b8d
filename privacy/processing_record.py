"""What do we process, why, about whom, who gets it, how long, how secured? The record of Art. 30, from the registry."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from . import documents
from .personal_data import Anonymise, Delete, Keep, PersonalData, declarations
from .purposes import Purpose
from .recipients import Recipient
from .vocabulary import Category, LawfulBasis


def record() -> dict[str, Any]:
    """The record as data: one activity for each purpose, with its tables, recipients and erasure rules."""
    shop, by_purpose = settings.SHOP, _by_purpose()
    return {
        "format": "processing-record/1",
        "created_at": timezone.now().isoformat(),
        "controller": {name: shop[name] for name in ("legal_name", "postal_address", "email", "phone")},
        "data_protection_officer": shop["data_protection_officer"],
        "security_officer": shop["security_officer"],
        "regulator": shop["regulator"],
        "activities": [_activity(row, by_purpose.get(row.slug, [])) for row in Purpose.objects.all()],
        "recipients": [_recipient(row) for row in Recipient.objects.active()],
        "security_measures": measures(),
    }


def _by_purpose() -> dict[str, list[PersonalData]]:
    found: dict[str, list[PersonalData]] = {}
    for said in declarations():
        found.setdefault(str(said.purpose), []).append(said)
    return found


def _activity(purpose: Purpose, said: list[PersonalData]) -> dict[str, Any]:
    return {
        "purpose": purpose.slug,
        "label": purpose.label,
        "lawful_basis": purpose.lawful_basis,
        "lawful_basis_in_words": str(LawfulBasis(purpose.lawful_basis).label),
        "can_be_refused": purpose.can_be_refused,
        "data_subjects": sorted({_("staff") if d.data_subject is None else _("customers") for d in said}),
        "categories": sorted({str(Category(d.category).label) for d in said}),
        "tables": [_table(d) for d in said],
    }


def _table(said: PersonalData) -> dict[str, Any]:
    return {
        "table": said.model._meta.label_lower,
        "label": str(said.model._meta.verbose_name_plural),
        "category": str(Category(said.category).label),
        "lawful_basis": str(LawfulBasis(said.lawful_basis).label),
        "fields": list(said.fields),
        "special_category": list(said.special_category),
        "retention": said.kept_for(),
        "counted_from": said.retention.since if said.retention else "",
        "required_by": said.retention.required_by if said.retention else "",
        "erasure": _erasure(said.erase),
    }


def _erasure(erase: Delete | Anonymise | Keep) -> str:
    if isinstance(erase, Keep):
        return _("kept until the period ends: %(reason)s") % {"reason": erase.reason}
    if isinstance(erase, Anonymise):
        return _("anonymised: %(fields)s") % {"fields": ", ".join(erase.fields)}
    return _("deleted")


def _recipient(row: Recipient) -> dict[str, Any]:
    return {
        "name": row.name,
        "legal_name": row.legal_name,
        "role": row.kind,
        "group": row.group,
        "country": row.country,
        "outside_eea": not row.is_in_eea,
        "safeguard": row.safeguard,
        "purpose": row.purpose,
        "fields": list(row.fields),
        "agreement_until": row.agreement_until.isoformat() if row.agreement_until else None,
    }


def measures() -> list[str]:
    """What the software itself does for security (Art. 30(1)(g), 32)."""
    return [
        _("Copies, raw mail and other sensitive values are encrypted at rest (AES-256-GCM), each bound to its place."),
        _("What was done is written to a log that only grows and whose entries are chained by keyed hashes."),
        _("Nothing is erased before two different people have agreed."),
        _("Passwords are kept as Argon2 hashes; staff sign in with a second factor."),
        _("Data is deleted or anonymised by itself when its period ends, every night."),
        _("IP addresses are stored shortened."),
    ]


def pdf(said: dict[str, Any]) -> bytes:
    """The record on paper."""
    return documents.pdf_of(documents.html_of("processing_record.html", {"record": said}))
