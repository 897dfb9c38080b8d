"""The record as data, and its fingerprint: the same for the same declarations, purposes, recipients and shop."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..personal_data import Anonymise, Keep, PersonalData, declarations, resolve
from ..purposes import Purpose
from ..recipients import Recipient
from ..vocabulary import Category, LawfulBasis
from . import receivers

# What says when it was written, and not what is done with data.
OF_THE_MOMENT = ("created_at", "fingerprint")


def record() -> dict[str, Any]:
    """The record as data, in the shop's language: an activity for each purpose, recipients, security (Art. 30(1))."""
    with translation.override(settings.LANGUAGE_CODE):
        said = _content()
    moment = {"created_at": timezone.now().isoformat(), "fingerprint": fingerprint(said)}
    return {"format": said.pop("format")} | moment | said


def fingerprint(said: dict[str, Any]) -> str:
    """SHA-256 of what is said, whenever it is said."""
    kept = {name: value for name, value in said.items() if name not in (*OF_THE_MOMENT, "format")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _content() -> dict[str, Any]:
    shop, said, rows = settings.SHOP, declarations(), list(Recipient.objects.active())
    joint = [f"{row.legal_name or row.name}: {row.purpose}" for row in rows if row.kind == Recipient.Kind.JOINT]
    return {
        "format": "processing-record/2",
        "controller": {name: shop[name] for name in ("legal_name", "postal_address", "email", "phone")},
        "joint_controllers": joint,
        "representative": shop["representative"],
        "data_protection_officer": shop["data_protection_officer"],
        "security_officer": shop["security_officer"],
        "regulator": shop["regulator"],
        "activities": [_activity(row, said, rows) for row in Purpose.objects.all()],
        "time_limits": _time_limits(said),
        "recipients": [receivers.as_data(row) for row in rows],
        "transfers": [_transfer(row) for row in rows if not row.is_in_eea],
        "security_measures": measures(),
    }


def _activity(purpose: Purpose, declared: list[PersonalData], rows: list[Recipient]) -> dict[str, Any]:
    said = sorted((d for d in declared if str(d.purpose) == purpose.slug), key=lambda d: d.label)
    getting = receivers.of_purpose(purpose.slug, rows)
    return {
        "purpose": purpose.slug,
        "label": purpose.label,
        "explanation": purpose.explanation,
        "lawful_basis": purpose.lawful_basis,
        "lawful_basis_in_words": str(LawfulBasis(purpose.lawful_basis).label),
        "can_be_refused": purpose.can_be_refused,
        "data_subjects": sorted({_("staff") if d.data_subject is None else _("customers") for d in said}),
        "categories": sorted({str(Category(d.category).label) for d in said}),
        "tables": [_table(d, rows) for d in said],
        "recipients": [row.name for row in getting],
    }


def _table(said: PersonalData, rows: list[Recipient]) -> dict[str, Any]:
    return {
        "table": said.model._meta.label_lower,
        "label": str(said.model._meta.verbose_name_plural),
        "data_subjects": _("staff") if said.data_subject is None else _("customers"),
        "category": str(Category(said.category).label),
        "lawful_basis": str(LawfulBasis(said.lawful_basis).label),
        "fields": list(said.fields),
        "fields_in_words": [_name_of(said, name) for name in said.fields],
        "special_category": list(said.special_category),
        "retention": said.kept_for(),
        "counted_from": said.retention.since if said.retention else "",
        "counted_from_in_words": _words(resolve(said.model, said.retention.since)) if said.retention else "",
        "required_by": said.retention.required_by if said.retention else "",
        "erasure": _erasure(said),
        "recipients": receivers.of_declaration(said, rows),
    }


def _name_of(said: PersonalData, name: str) -> str:
    return _words(said.model._meta.get_field(name))


def _words(column: Any) -> str:
    return str(getattr(column, "verbose_name", column.name)).replace("_", " ")


def _erasure(said: PersonalData) -> str:
    if isinstance(said.erase, Keep):
        return _("kept until the period ends: %(reason)s") % {"reason": said.erase.reason}
    if isinstance(said.erase, Anonymise):
        return _("anonymised: %(fields)s") % {"fields": ", ".join(_name_of(said, name) for name in said.erase.fields)}
    return _("deleted")


def _time_limits(declared: list[PersonalData]) -> list[dict[str, Any]]:
    """For each category the periods after which its records go (Art. 30(1)(f))."""
    found: dict[str, set[str]] = {}
    for said in declared:
        if said.retention:
            found.setdefault(str(Category(said.category).label), set()).add(said.retention.in_words())
    return [{"category": category, "periods": sorted(periods)} for category, periods in sorted(found.items())]


def _transfer(row: Recipient) -> dict[str, Any]:
    ground = _("decision that the country protects data well enough (Art. 45)") if row.is_adequate else row.safeguard
    return {"recipient": row.name, "country": row.country, "ground": ground, "fields": list(row.fields)}


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


def matching(said: dict[str, Any], text: str) -> list[dict[str, Any]]:
    """The activities in which all these words stand; of each the kinds of record that hold them, or all of them."""
    wanted = text.casefold().split()
    found = []
    for activity in said["activities"]:
        if all(word in json.dumps(activity, ensure_ascii=False).casefold() for word in wanted):
            tables = [t for t in activity["tables"] if all(word in str(list(t.values())).casefold() for word in wanted)]
            found.append(activity | {"tables": tables or activity["tables"]})
    return found
