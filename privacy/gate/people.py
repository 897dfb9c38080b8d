"""Who is meant? Many people found at once, by number or by email address, in a few queries whatever their number."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from .. import data_subjects
from ..fields import NormalisedEmailField, normalise_email
from ..personal_data import contact_columns


def by_numbers(numbers: Collection[str]) -> dict[str, Any]:
    """The person of each number, blanks and dashes aside; numbers of nobody are not in the answer."""
    plain = {number: "".join(letter for letter in number if letter.isalnum()) for number in numbers}
    found = {person.number: person for person in data_subjects.people().filter(number__in=set(plain.values()))}
    return {number: found[digits] for number, digits in plain.items() if digits in found}


def by_emails(addresses: Collection[str]) -> dict[str, list[Any]]:
    """Everybody who has each address; several where a household shares one."""
    wanted = {normalise_email(address) for address in addresses if address.isprintable()}
    owners = _owners(wanted)
    pks = {pk for owned in owners.values() for pk in owned}
    people = {person.pk: person for person in data_subjects.people().filter(pk__in=pks)}
    return {a: [people[pk] for pk in sorted(owners.get(normalise_email(a), ())) if pk in people] for a in addresses}


def emails_of(pks: Collection[Any]) -> dict[Any, list[str]]:
    """All addresses of each person."""
    found: dict[Any, list[str]] = defaultdict(list)
    for said, column in contact_columns(NormalisedEmailField):
        for pk, address in said.rows.filter(**{f"{said.subject_lookup}__in": pks}).values_list(
            said.subject_lookup, column
        ):
            found[pk].append(address)
    return found


def _owners(addresses: set[str]) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = defaultdict(set)
    for said, column in contact_columns(NormalisedEmailField):
        for pk, address in said.rows.filter(**{f"{column}__in": addresses}).values_list(said.subject_lookup, column):
            found[address].add(pk)
    return found
