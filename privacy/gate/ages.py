"""How old is somebody on a day, and from which age does her own yes count? By the law of where she lives."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.conf import settings

from .words import day_of

# From this age on nobody is a child for the SafeBuy Code of Practice (8.1 to 8.5: "16 or under").
CHILD_UNDER = 17

# GDPR Art. 8(1): the age from which a child's own yes counts online; below it a parent or guardian must agree.
# The states of the Union: European Commission, staff working document on the application of the GDPR. UK: DPA 2018 s.9.
# From memory, to be confirmed: Slovenia ZVOP-2 Art. 8, Norway personopplysningsloven s.5, Iceland Act 90/2018 Art. 10,
# Liechtenstein Art. 8 itself.
DIGITAL_AGE: dict[str, int] = {
    **dict.fromkeys(("BE", "DK", "EE", "FI", "GB", "IS", "LV", "MT", "NO", "PT", "SE"), 13),
    **dict.fromkeys(("AT", "BG", "CY", "ES", "IT", "LT"), 14),
    **dict.fromkeys(("CZ", "FR", "GR", "SI"), 15),
    **dict.fromkeys(("DE", "HR", "HU", "IE", "LI", "LU", "NL", "PL", "RO", "SK"), 16),
}
HIGHEST = max(DIGITAL_AGE.values())


def age_on(born: date, day: date) -> int:
    """Full years; who was born on 29 February has the birthday on 1 March in common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def born_on(person: Any) -> date | None:
    """The day, where the shop knows it; as a text while somebody just made has not been read back."""
    found: date | str | None = getattr(person, "date_of_birth", None)
    if isinstance(found, str):
        return date.fromisoformat(found) if found else None
    return found


def age_at(person: Any, at: datetime) -> int | None:
    """Full years on that day in the shop's zone; None where the day of birth is not known."""
    born = born_on(person)
    return None if born is None else age_on(born, day_of(at))


def digital_age(countries: Collection[str]) -> tuple[int, str]:
    """From which age her own yes counts, and by the law of which country: the strictest of where she lives.

    Where we know no country, or one without such a rule, the shop's own country counts.
    """
    known = {country: DIGITAL_AGE[country] for country in sorted(countries) if country in DIGITAL_AGE}
    home = settings.SHOP["jurisdiction"][:2]
    known = known or {home: DIGITAL_AGE.get(home, HIGHEST)}
    country = max(known, key=lambda one: known[one])
    return known[country], country
