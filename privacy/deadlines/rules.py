"""The law as data: one entry per jurisdiction says how long each kind of case may take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .calendars import Calendar

Text = str | Promise

RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "human_review")
# A request for less of the same has the same time.
SAME_TIME_AS = {"agency_details": "access"}
KINDS = (*RIGHTS, *SAME_TIME_AS, "complaint", "enquiry", "marketing_withdrawal")


class UnknownJurisdiction(ValueError):
    """No rules are known for this place."""


class UnknownKind(ValueError):
    """No such kind of case."""


class Effect(Enum):
    """What waiting for the person does to the clock."""

    NONE = "the clock runs on"
    RESTARTS = "the whole time starts on the day the thing arrives"
    PAUSES = "the days from asking to answer do not count, both included"
    SUSPENDS = "the days from asking to answer do not count, but the day of the answer does"


@dataclass(frozen=True, eq=False)
class Period:
    """How long one kind of case may take, by which article, and what stops its clock."""

    source: str
    months: int = 0
    days: int = 0
    working_days: int = 0
    more_months: int = 0
    more_days: int = 0
    first_day_counts: bool = False
    rolls: bool = False
    identity: Effect = Effect.NONE
    fee: Effect = Effect.NONE
    clarification: Effect = Effect.NONE
    clarification_pauses: bool = True
    notes: tuple[Text, ...] = ()
    also: "tuple[tuple[Text, Period], ...]" = ()

    @property
    def may_be_extended(self) -> bool:
        """Say whether the law knows an extension at all."""
        return bool(self.more_months or self.more_days)

    @cached_property
    def longest(self) -> "Period":
        """Give the extended time, counted from the same start (Art. 12(3): one month and two more are three)."""
        also = tuple((label, period.longest) for label, period in self.also)
        return replace(self, months=self.months + self.more_months, days=self.days + self.more_days, also=also)


@dataclass(frozen=True, eq=False)
class Law:
    """One jurisdiction: its calendar, its main time zone and its period for every kind of case."""

    name: Text
    calendar: Calendar
    time_zone: str
    periods: Mapping[str, Period]
    notes: tuple[Text, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Give the zone in which this place writes its dates."""
        return ZoneInfo(self.time_zone)

    def period(self, kind: str) -> Period:
        """Find the period for a kind of case."""
        kind = SAME_TIME_AS.get(kind, kind)
        if kind not in self.periods:
            raise UnknownKind(f"unknown kind of case {kind!r}; known are {', '.join(KINDS)}")
        return self.periods[kind]


NO_NUMBER = _("the law names no number of days here; the time is the shop's own promise")
WITHDRAWAL_NORM = _(
    "the law names no number of days, a withdrawal works at once; our alarm is the 48 hours that mail providers ask for"
)

# --- United Kingdom ------------------------------------------------------------------------------

UK_RIGHT = Period(
    "UK GDPR Art. 12(3), 12A",
    months=1,
    more_months=2,
    rolls=True,
    identity=Effect.RESTARTS,
    fee=Effect.RESTARTS,
)
UK_COMPLAINT = Period(
    "DPA 2018 s. 164A",
    days=30,
    first_day_counts=True,
    notes=(_("by then acknowledge it or answer it in full"),),
    also=(
        (
            _("the regulator counts from the day after, and moves a weekend or holiday"),
            Period("ICO", days=30, rolls=True),
        ),
    ),
)
UK_PERIODS = {
    **dict.fromkeys(RIGHTS, UK_RIGHT),
    "access": replace(UK_RIGHT, clarification=Effect.PAUSES),
    "complaint": UK_COMPLAINT,
    "enquiry": Period("UK GDPR Art. 12(3)", months=1, rolls=True, notes=(NO_NUMBER,)),
    "marketing_withdrawal": Period("PECR reg. 22, UK GDPR Art. 7(3), 21(3)", days=2, notes=(WITHDRAWAL_NORM,)),
}

# --- European Union and European Economic Area ---------------------------------------------------

EU_SOURCE = "GDPR Art. 12(3), Reg. 1182/71 Art. 3"
EU_RIGHT = Period(EU_SOURCE, months=1, more_months=2, rolls=True, identity=Effect.SUSPENDS)
EU_PROMISE = Period(EU_SOURCE, months=1, rolls=True, notes=(NO_NUMBER,))
EU_PERIODS = {
    **dict.fromkeys(RIGHTS, EU_RIGHT),
    "access": replace(EU_RIGHT, clarification=Effect.SUSPENDS, clarification_pauses=False),
    "complaint": EU_PROMISE,
    "enquiry": EU_PROMISE,
    "marketing_withdrawal": Period("GDPR Art. 7(3), 21(3)", days=2, notes=(WITHDRAWAL_NORM,)),
}
EU_MEMBERS = {
    "AT": (_("Austria"), "Europe/Vienna"),
    "BE": (_("Belgium"), "Europe/Brussels"),
    "BG": (_("Bulgaria"), "Europe/Sofia"),
    "CY": (_("Cyprus"), "Asia/Nicosia"),
    "CZ": (_("Czechia"), "Europe/Prague"),
    "DE": (_("Germany"), "Europe/Berlin"),
    "DK": (_("Denmark"), "Europe/Copenhagen"),
    "EE": (_("Estonia"), "Europe/Tallinn"),
    "ES": (_("Spain"), "Europe/Madrid"),
    "FI": (_("Finland"), "Europe/Helsinki"),
    "FR": (_("France"), "Europe/Paris"),
    "GR": (_("Greece"), "Europe/Athens"),
    "HR": (_("Croatia"), "Europe/Zagreb"),
    "HU": (_("Hungary"), "Europe/Budapest"),
    "IE": (_("Ireland"), "Europe/Dublin"),
    "IS": (_("Iceland"), "Atlantic/Reykjavik"),
    "IT": (_("Italy"), "Europe/Rome"),
    "LI": (_("Liechtenstein"), "Europe/Vaduz"),
    "LT": (_("Lithuania"), "Europe/Vilnius"),
    "LU": (_("Luxembourg"), "Europe/Luxembourg"),
    "LV": (_("Latvia"), "Europe/Riga"),
    "MT": (_("Malta"), "Europe/Malta"),
    "NL": (_("Netherlands"), "Europe/Amsterdam"),
    "NO": (_("Norway"), "Europe/Oslo"),
    "PL": (_("Poland"), "Europe/Warsaw"),
    "PT": (_("Portugal"), "Europe/Lisbon"),
    "RO": (_("Romania"), "Europe/Bucharest"),
    "SE": (_("Sweden"), "Europe/Stockholm"),
    "SI": (_("Slovenia"), "Europe/Ljubljana"),
    "SK": (_("Slovakia"), "Europe/Bratislava"),
}

# --- Singapore -----------------------------------------------------------------------------------

SG_REQUEST = Period(
    "PDPA s. 21, PDP Regulations 2021 reg. 5",
    days=30,
    more_days=30,
    notes=(_("by then answer, or tell the person the date of the answer; the second 30 days are the shop's promise"),),
)
SG_PROMISE = Period("PDPA s. 12", days=30, notes=(NO_NUMBER,))
SG_PERIODS = {
    **dict.fromkeys(RIGHTS, SG_PROMISE),
    "access": SG_REQUEST,
    "rectification": replace(SG_REQUEST, source="PDPA s. 22, PDP Regulations 2021 reg. 5"),
    "complaint": SG_PROMISE,
    "enquiry": SG_PROMISE,
    "marketing_withdrawal": Period(
        "Spam Control Act, Second Schedule",
        working_days=10,
        also=((_("advertising by telephone stops by (PDPA s. 47(3))"), Period("PDPA s. 47(3)", days=21)),),
    ),
}

# --- California ----------------------------------------------------------------------------------

CA_USUAL = Period("CCPA Regulations § 7021(b)", days=45, more_days=45)
CA_REQUEST = Period(
    "CCPA § 1798.130, Regulations § 7021",
    days=45,
    more_days=45,
    first_day_counts=True,
    also=(
        (_("confirm that it arrived by"), Period("CCPA Regulations § 7021(a)", working_days=10)),
        (_("counted from the day after receipt, as is usual, it would be"), CA_USUAL),
    ),
)
CA_PROMISE = Period("CCPA Regulations § 7021", days=45, first_day_counts=True, notes=(NO_NUMBER,))
CA_PERIODS = {
    **dict.fromkeys(RIGHTS, CA_REQUEST),
    "objection": Period("CCPA Regulations § 7026(f), opting out of sale and sharing", working_days=15),
    "restriction": Period("CCPA Regulations § 7027(g), limiting the use of sensitive data", working_days=15),
    "complaint": CA_PROMISE,
    "enquiry": CA_PROMISE,
    "marketing_withdrawal": Period("CAN-SPAM Act, 15 U.S.C. § 7704(a)(4)", working_days=10),
}

RULES: Mapping[str, Law] = {
    "GB": Law(_("United Kingdom"), Calendar("GB", "ENG"), "Europe/London", UK_PERIODS),
    "EU": Law(
        _("European Union"),
        Calendar(),
        "Europe/Brussels",
        EU_PERIODS,
        notes=(_("no country is named, so no public holidays are known: only weekends are skipped"),),
    ),
    **{code: Law(name, Calendar(code), zone, EU_PERIODS) for code, (name, zone) in EU_MEMBERS.items()},
    "SG": Law(_("Singapore"), Calendar("SG"), "Asia/Singapore", SG_PERIODS),
    "US-CA": Law(_("California"), Calendar("US"), "America/Los_Angeles", CA_PERIODS),
}


def law_of(jurisdiction: str) -> Law:
    """Find the law of a place."""
    if jurisdiction not in RULES:
        raise UnknownJurisdiction(f"unknown jurisdiction {jurisdiction!r}; known are {', '.join(RULES)}")
    return RULES[jurisdiction]
