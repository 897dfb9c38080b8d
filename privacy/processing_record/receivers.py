"""Which recipients get data for which of our purposes, and from which records? From their register."""

from collections.abc import Iterable
from typing import Any

from ..personal_data import PersonalData
from ..recipients import Recipient
from ..vocabulary import Purpose

Group, Kind = Recipient.Group, Recipient.Kind
# For what we pass data on to whom, by what they do for us; a purpose of the shop's own is named in the register.
FOR_GROUP: dict[str, tuple[Purpose, ...]] = {
    Group.DELIVERY: (Purpose.ORDER,),
    Group.PAYMENT: (Purpose.ORDER,),
    Group.ADVERTISING: (Purpose.MARKETING, Purpose.PROFILING),
    Group.MEASUREMENT: (Purpose.PROFILING,),
    Group.SOCIAL: (Purpose.SHARING,),
    Group.SERVICE: (Purpose.SERVICE,),
    Group.AFFILIATE: (Purpose.FURTHER_USE,),
    Group.PARTNER: (Purpose.PARTNER_OFFERS,),
}
FOR_KIND: dict[str, tuple[Purpose, ...]] = {
    Kind.CREDIT_REFERENCE: (Purpose.CREDIT_CHECK, Purpose.FRAUD_PREVENTION),
    Kind.AUTHORITY: (Purpose.LEGAL_DUTY,),
}


def purposes_of(row: Recipient) -> list[str]:
    """The purposes for which it gets data; outside the EEA and without need for the order, also the transfer itself."""
    found = list(FOR_KIND.get(row.kind, FOR_GROUP[row.group]))
    if not row.is_necessary and row.kind not in FOR_KIND:
        found.append(Purpose.SHARING)
        if not row.is_in_eea:
            found.append(Purpose.TRANSFER)
    return sorted({str(purpose) for purpose in found})


def of_purpose(slug: str, rows: Iterable[Recipient]) -> list[Recipient]:
    """Who gets data for this purpose."""
    return [row for row in rows if slug in purposes_of(row)]


def of_declaration(said: PersonalData, rows: Iterable[Recipient]) -> list[str]:
    """Names of those that may get a column of these records, by the words of the register."""
    words = {said.disclosed_as.get(name, name) for name in said.fields}
    return [row.name for row in rows if words & set(row.fields)]


def as_data(row: Recipient) -> dict[str, Any]:
    """One line of the register (Art. 30(1)(d), (e))."""
    return {
        "name": row.name,
        "legal_name": row.legal_name,
        "postal_address": row.postal_address,
        "role": row.kind,
        "role_in_words": str(row.get_kind_display()),
        "group": row.group,
        "country": row.country,
        "outside_eea": not row.is_in_eea,
        "adequate": row.is_adequate,
        "safeguard": row.safeguard,
        "purpose": row.purpose,
        "purposes": purposes_of(row),
        "fields": list(row.fields),
        "agreement_until": row.agreement_until.isoformat() if row.agreement_until else None,
    }
