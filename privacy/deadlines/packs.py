"""Packs as data: what a shop that has joined a trade body's code promises beside the law."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from .calendars import Calendar
from .periods import Law, Period

# --- SafeBuy -------------------------------------------------------------------------------------

ACKNOWLEDGED = Period(
    "SafeBuy Code 5.2",
    working_days=3,
    name="acknowledgement",
    label=_("we confirm that we have it"),
    met_by=("acknowledged", "answered"),
)
# Whose mistake it was is often found out later; until somebody says that it was not ours, the promise holds.
OWN_ERROR = Period(
    "SafeBuy Code 5.1",
    working_days=10,
    name="own_error",
    label=_("if the mistake is ours, we put it right"),
    dropped_by="not_our_error",
)
MEDIATION = Period(
    "SafeBuy Code 5.4", days=45, name="mediation", label=_("the mediation ends"), met_by=("mediation_closed",)
)
SAFEBUY = Law(
    "SafeBuy",
    Calendar("GB", "ENG"),
    "Europe/London",
    {
        "complaint": (ACKNOWLEDGED, replace(MEDIATION, begun_by="mediation_opened")),
        "rectification": (OWN_ERROR,),
        "mediation": (MEDIATION,),
    },
)

PACKS: Mapping[str, Law] = {"SafeBuy": SAFEBUY}


class UnknownPack(ValueError):
    """No such pack."""


def promised(packs: Sequence[str], kind: str) -> list[Period]:
    """Find what these packs promise for a kind of case."""
    for pack in packs:
        if pack not in PACKS:
            raise UnknownPack(f"unknown pack {pack!r}; known are {', '.join(PACKS)}")
    return [period for pack in packs for period in PACKS[pack].periods.get(kind, ())]
