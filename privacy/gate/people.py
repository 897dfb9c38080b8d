"""Who is meant? Many people found at once, in a few queries whatever their number."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from .. import data_subjects
from ..fields import NormalisedEmailField
from ..personal_data import contact_columns


def by_numbers(numbers: Collection[str]) -> dict[str, Any]:
    """The person of each number, blanks and dashes aside; numbers of nobody are not in the answer."""
    plain = {number: "".join(letter for letter in number if letter.isalnum()) for number in numbers}
    found = {person.number: person for person in data_subjects.people().filter(number__in=set(plain.values()))}
    return {number: found[digits] for number, digits in plain.items() if digits in found}


def emails_of(pks: Collection[Any]) -> dict[Any, list[str]]:
    """All addresses of each person."""
    found: dict[Any, list[str]] = defaultdict(list)
    for said, column in contact_columns(NormalisedEmailField):
        for pk, address in said.rows.filter(**{f"{said.subject_lookup}__in": pks}).values_list(
            said.subject_lookup, column
        ):
            found[pk].append(address)
    return found
