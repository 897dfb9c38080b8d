"""What is known about the people asked about? Their entries in the ledger, their restrictions, their suppressions.

Of buyers also since when, of debtors for which orders, of children where they live and whether a guardian agreed; in
the same two statements.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Cast, Upper
from django.utils import timezone

from ..adverts import AdvertSent
from ..consent import ConsentEntry
from ..data_subjects import among
from ..guardians import GuardianConsent
from ..personal_data import declarations
from ..restrictions import Restriction
from ..statements import Among
from ..suppression import Suppression
from ..vocabulary import Decision, Occasion, Source
from . import sales
from .ages import CHILD_UNDER, age_at, born_on
from .words import day_of, on
from .words import translated as _

RESTRICTED, RECORD, SALE, COUNTRY, GUARDIAN, ADVERT = "restricted", "record", "sale", "country", "guardian", "advert"
IN_ADVANCE = "in_advance"
BEARINGS = (SALE, COUNTRY, GUARDIAN, ADVERT, IN_ADVANCE)
# So long after an order whether she can pay later may still be asked; by then it has been sent, or not.
WHILE_DELIVERED = timedelta(days=30)
# Looked up once: rules read them of very many people.
GRANTED, POLICY_ACCEPTANCE = Decision.GRANTED, Source.POLICY_ACCEPTANCE


class Answer(NamedTuple):
    """Yes or no, and why; never without a reason. Of a no also which rules say it, by name, to be counted."""

    allowed: bool
    reasons: list[str]
    refused_by: tuple[str, ...] = ()


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
    occasion: str | None = None
    is_worded: bool = True

    @property
    def is_yes(self) -> bool:
        """A yes that counts; accepting a policy is not one (MAD-04)."""
        return self.decision == GRANTED and self.source != POLICY_ACCEPTANCE

    @property
    def is_bundled(self) -> bool:
        """Taken from the acceptance of a policy."""
        return self.decision == GRANTED and self.source == POLICY_ACCEPTANCE

    @property
    def is_no(self) -> bool:
        """Said no."""
        return self.decision == Decision.WITHDRAWN


class Bar(NamedTuple):
    """What stands in the way from one moment on: a restriction of a person, or an address on the list."""

    key: str
    what: str
    sender: str
    since: Any  # a datetime; None for what has weight whenever it began
    until: datetime | None
    service: str = ""
    listed_on: date | None = None

    def stands(self, at: datetime) -> bool:
        """Whether it stood in the way at that moment."""
        return (self.since is None or self.since <= at) and (self.until is None or self.until > at)


@dataclass(slots=True)
class Facts:
    """Everything the rules may look at, about one person and the addresses in question; entries the newest first."""

    entries: list[Said] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    bearings: list[Bar] = field(default_factory=list)
    # Whether advertising to this person is counted; and the choice that the last question was about, with its answer.
    capped: bool = True
    asked: Any = None
    chosen: Said | None = None

    def latest(
        self, at: datetime, purpose: str, *, channel: str = "", sender: str = "", recipient: int | None = None
    ) -> Said | None:
        """The entry in force then for exactly this choice; None when the person had not decided."""
        wanted = (purpose, channel, sender, recipient)
        for said in self.entries:
            if said[1:5] == wanted and said.occurred_at <= at:
                return said
        return None

    def has_bought(self, at: datetime) -> bool:
        """Whether there was a sale to this person by then: an order, or a choice made with the details of one."""
        today = day_of(at)
        for one in self.bearings:
            if one.what == SALE and one.listed_on and one.listed_on <= today:
                return True
        return any(said.occasion == Occasion.SALE and said.occurred_at <= at for said in self.entries)

    def is_delivered_in_advance(self, at: datetime) -> bool:
        """Whether an order that she pays after delivery was placed within the month before."""
        days = [one.listed_on for one in self.bearings if one.what == IN_ADVANCE and one.listed_on]
        today = day_of(at)
        return any(day <= today <= day + WHILE_DELIVERED for day in days)

    @property
    def countries(self) -> set[str]:
        """Where a child lives, by every address that we have."""
        return {one.service for one in self.bearings if one.what == COUNTRY}

    def has_guardian(self, at: datetime) -> bool:
        """Whether a parent or guardian had agreed by then, and not taken it back."""
        return any(one.what == GUARDIAN and one.stands(at) for one in self.bearings)

    def adverts(self, channel: str, at: datetime, days: int) -> int:
        """How many advertisements left by this channel within so many days before that moment."""
        since = at - timedelta(days=days)
        found = [one for one in self.bearings if one.what == ADVERT and one.service == channel]
        return sum(since < one.since <= at for one in found)


class Asked(NamedTuple):
    """Of whom which facts are wanted: for which moment, by the hashes of which addresses, with or without sales.

    `capped` is the channel whose advertising is counted, empty where there is no limit; of an `as_debtor` the orders
    that she pays after delivery are wanted.
    """

    person: Any
    at: datetime
    hashes: Collection[str] = ()
    as_buyer: bool = False
    capped: str = ""
    as_debtor: bool = False


def gather(asked: Sequence[Asked], *, purposes: Collection[str]) -> list[Facts]:
    """The facts of each person with the hashes of the addresses in question; two queries for any number."""
    pks = [one.person.pk for one in asked]
    entries = _entries(set(pks), max(one.at for one in asked), purposes)
    rows = _statement(
        set(pks),
        {hashed for one in asked for hashed in one.hashes},
        buyers={pk for pk, one in zip(pks, asked, strict=True) if one.as_buyer},
        children={pk for pk, one in zip(pks, asked, strict=True) if _is_or_was_a_child(one, entries.get(pk, []))},
        capped=[one for one in asked if one.capped],
        debtors={pk for pk, one in zip(pks, asked, strict=True) if one.as_debtor},
    )
    bars: dict[str, list[Bar]] = defaultdict(list)
    bearings: dict[str, list[Bar]] = defaultdict(list)
    for row in rows:
        (bearings if row[1] in BEARINGS else bars)[row[0]].append(Bar._make(row))
    return [
        Facts(
            entries.get(pk, []),
            _of((str(pk), *one.hashes), bars),
            bearings.get(str(pk), []),
            capped=bool(one.capped),
        )
        for pk, one in zip(pks, asked, strict=True)
    ]


def _of(keys: Sequence[str], found: dict[str, list[Bar]]) -> list[Bar]:
    """What stands in the way of this person, and of the addresses that she was asked about by."""
    return [bar for key in keys if key in found for bar in found[key]]


def _is_or_was_a_child(one: Asked, entries: list[Said]) -> bool:
    """Now, or when something was said."""
    if born_on(one.person) is None:
        return False
    moments = [one.at, *(said.occurred_at for said in entries)]
    return any((age_at(one.person, moment) or 0) < CHILD_UNDER for moment in moments)


def _entries(pks: set[Any], until: datetime, purposes: Collection[str]) -> dict[Any, list[Said]]:
    rows = ConsentEntry.objects.filter(data_subject__in=among(pks), purpose__in=purposes, occurred_at__lte=until)
    rows = rows.annotate(is_worded=Case(When(wording="", then=False), default=True))
    found: dict[Any, list[Said]] = defaultdict(list)
    for row in rows.order_by("-occurred_at", "-decision", "-pk").values_list(*Said._fields):
        found[row[0]].append(Said._make(row))
    return found


def _statement(
    pks: set[Any], hashes: set[str], *, buyers: set[Any], children: set[Any], capped: list[Asked], debtors: set[Any]
) -> QuerySet[Any, Any]:
    """Everything in the way, or of weight, in one; lifted restrictions too, because a past date may be asked."""
    people = Restriction.objects.filter(data_subject__in=among(pks), kind=Restriction.Kind.ARTICLE_18)
    what = Case(When(scope="", then=Value(RESTRICTED)), default=Value(RECORD))
    rows = _row(people, "data_subject", what, since=F("imposed_at"), until=F("lifted_at"), service=F("scope"))
    more = []
    if hashes:
        listed = Suppression.objects.filter(hash__in=Among(hashes, Suppression._meta.get_field("hash"))).order_by()
        more.append(listed.values_list("hash", "reason", "sender", "since", NO_MOMENT, "service", "listed_on"))
    if buyers:
        for said in filter(sales.is_of_sales, declarations()):
            first = sales.first_of(said, among(buyers))
            more.append(_row(first, said.subject_lookup, Value(SALE), day=F("first_sale")))
    if debtors:
        for said in filter(sales.is_in_advance, declarations()):
            owed = said.rows.filter(said.in_advance, **{f"{said.subject_lookup}__in": among(debtors)})
            more.append(_row(owed, said.subject_lookup, Value(IN_ADVANCE), day=sales.day_of(said)))
    if children:
        for said in filter(sales.says_where, declarations()):
            homes = said.rows.filter(**{f"{said.subject_lookup}__in": among(children)})
            more.append(_row(homes, said.subject_lookup, Value(COUNTRY), service=Upper("country")))
        agreed = GuardianConsent.objects.filter(data_subject__in=among(children))
        more.append(_row(agreed, "data_subject", Value(GUARDIAN), since=F("given_at"), until=F("withdrawn_at")))
    if capped:
        more.append(_row(_counted(capped), "data_subject", Value(ADVERT), since=F("left_at"), service=F("channel")))
    return rows.union(*more, all=True) if more else rows


def _counted(capped: list[Asked]) -> QuerySet[Any]:
    """What left to these people within the longest time over which anything is counted."""
    first = min(one.at for one in capped) - timedelta(
        days=max(days for _most, days in settings.MARKETING_CAPS.values())
    )
    whom = {one.person.pk for one in capped}
    return AdvertSent.objects.filter(
        data_subject__in=among(whom), channel__in={one.capped for one in capped}, left_at__gt=first
    )


NO_MOMENT = Cast(Value(None, output_field=models.DateTimeField(null=True)), models.DateTimeField())
NO_DAY = Cast(Value(None, output_field=models.DateField(null=True)), models.DateField())
NOTHING = Value("")


def _row(
    rows: QuerySet[Any], person: str, what: Any, *, since: Any = NO_MOMENT, until: Any = NO_MOMENT,
    service: Any = NOTHING, day: Any = NO_DAY,
) -> QuerySet[Any, Any]:  # fmt: skip
    """The seven columns of a `Bar`."""
    key = Cast(person, models.CharField())
    return rows.order_by().values_list(key, what, NOTHING, since, until, service, day)


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
