"""What is known about the people asked about? Their entries in the ledger, their restrictions, their suppressions."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..consent import ConsentEntry
from ..restrictions import Restriction
from ..suppression import Suppression
from ..vocabulary import Decision, Source

RESTRICTED = "restricted"


@dataclass(frozen=True)
class Answer:
    """Yes or no, and why; never without a reason."""

    allowed: bool
    reasons: list[str]


class Said(NamedTuple):
    """One entry of the ledger, as much of it as the rules read."""

    data_subject: Any
    purpose: str
    channel: str
    sender: str
    recipient: int | None
    decision: str
    source: str
    lawful_basis: str
    page: str
    occurred_at: datetime

    @property
    def is_yes(self) -> bool:
        """A yes that counts; accepting a policy is not one (MAD-04)."""
        return self.decision == Decision.GRANTED and not self.is_bundled

    @property
    def is_bundled(self) -> bool:
        """Taken from the acceptance of a policy."""
        return self.decision == Decision.GRANTED and self.source == Source.POLICY_ACCEPTANCE

    @property
    def is_no(self) -> bool:
        """Said no."""
        return self.decision == Decision.WITHDRAWN


class Bar(NamedTuple):
    """What stands in the way from one moment on: a restriction of a person, or an address on the list."""

    key: str
    what: str
    sender: str
    since: datetime
    until: datetime | None
    service: str = ""
    listed_on: date | None = None

    def stands(self, at: datetime) -> bool:
        """Whether it stood in the way at that moment."""
        return self.since <= at and (self.until is None or self.until > at)


@dataclass
class Facts:
    """Everything the rules may look at, about one person and the addresses in question; entries the newest first."""

    entries: list[Said] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def latest(
        self, at: datetime, purpose: str, *, channel: str = "", sender: str = "", recipient: int | None = None
    ) -> Said | None:
        """The entry in force then for exactly this choice; None when the person had not decided."""
        wanted = (purpose, channel, sender, recipient)
        return next((said for said in self.entries if said[1:5] == wanted and said.occurred_at <= at), None)


def gather(asked: Iterable[tuple[Any, Collection[str]]], *, until: datetime, purposes: Collection[str]) -> list[Facts]:
    """The facts of each person with the hashes of the addresses in question; two queries for any number."""
    asked = list(asked)
    pks = {person.pk for person, _ in asked}
    entries = _entries(pks, until, purposes)
    bars = _bars(pks, {one for _, hashes in asked for one in hashes})
    return [
        Facts(entries[person.pk], [bar for key in (str(person.pk), *hashes) for bar in bars[key]])
        for person, hashes in asked
    ]


def _entries(pks: set[Any], until: datetime, purposes: Collection[str]) -> dict[Any, list[Said]]:
    rows = ConsentEntry.objects.filter(data_subject__in=pks, purpose__in=purposes, occurred_at__lte=until)
    found: dict[Any, list[Said]] = defaultdict(list)
    for row in rows.order_by("-occurred_at", "-decision", "-pk").values_list(*Said._fields):
        found[row[0]].append(Said(*row))
    return found


def _bars(pks: set[Any], hashes: set[str]) -> dict[str, list[Bar]]:
    """Restrictions and suppressions in one statement; lifted restrictions too, because a past date may be asked."""
    text, nothing = models.CharField(), Value(None, output_field=models.DateTimeField(null=True))
    no_day = Cast(Value(None, output_field=models.DateField(null=True)), models.DateField())
    people = Restriction.objects.filter(data_subject__in=pks, kind=Restriction.Kind.ARTICLE_18, scope="")
    rows = people.order_by().values_list(
        Cast("data_subject", text), Value(RESTRICTED), Value(""), F("imposed_at"), F("lifted_at"), Value(""), no_day
    )
    if hashes:
        listed = Suppression.objects.filter(hash__in=hashes).order_by()
        no_end = Cast(nothing, models.DateTimeField())
        rows = rows.union(
            listed.values_list("hash", "reason", "sender", "since", no_end, "service", "listed_on"), all=True
        )
    found: dict[str, list[Bar]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Bar(*row))
    return found


def erased_since(person: Any) -> str | None:
    """Why nothing may be done any more with somebody who was erased; None for everybody else."""
    if person.erased_at is None:
        return None
    return _("This person's data was erased on {day}.").format(day=on(person.erased_at))


def instant(at: date | datetime | None) -> datetime:
    """The moment meant: now, or the last moment of a day in the shop's zone."""
    if at is None:
        return timezone.now()
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=settings.SHOP_TZ)
    return datetime.combine(at, time.max, tzinfo=settings.SHOP_TZ)


def on(moment: datetime) -> str:
    """The day in words, such as 3 March 2026."""
    return date_format(timezone.localtime(moment, settings.SHOP_TZ), "j F Y")
