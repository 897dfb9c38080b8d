"""The law as data: one entry per jurisdiction says how long each kind of case may take."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from .calendars import Calendar
from .packs import PACKS
from .periods import SAME_TIME_AS, Effect, Law, Period, UnknownJurisdiction

RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "human_review")
KINDS = (*RIGHTS, *SAME_TIME_AS, "complaint", "enquiry", "marketing_withdrawal")
ADVERTISING_STOPS = _("advertising stops")

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
)
AS_THE_REGULATOR_COUNTS = Period(
    "ICO, guidance on complaints",
    days=30,
    rolls=True,
    notes=(_("the regulator counts from the day after receipt, and moves a weekend or holiday"),),
    name="regulator",
    label=_("we answer (as the regulator counts)"),
)
UK_PERIODS = {
    **dict.fromkeys(RIGHTS, (UK_RIGHT,)),
    "access": (replace(UK_RIGHT, clarification=Effect.PAUSES),),
    "complaint": (UK_COMPLAINT, AS_THE_REGULATOR_COUNTS),
    "enquiry": (Period("UK GDPR Art. 12(3)", months=1, rolls=True, notes=(NO_NUMBER,)),),
    "marketing_withdrawal": (
        Period("PECR reg. 22, UK GDPR Art. 7(3), 21(3)", days=2, notes=(WITHDRAWAL_NORM,), label=ADVERTISING_STOPS),
    ),
}

# --- European Union and European Economic Area ---------------------------------------------------

EU_SOURCE = "GDPR Art. 12(3), Reg. 1182/71 Art. 3"
EU_RIGHT = Period(EU_SOURCE, months=1, more_months=2, rolls=True, identity=Effect.SUSPENDS)
EU_PROMISE = Period(EU_SOURCE, months=1, rolls=True, notes=(NO_NUMBER,))
EU_PERIODS = {
    **dict.fromkeys(RIGHTS, (EU_RIGHT,)),
    "access": (replace(EU_RIGHT, clarification=Effect.SUSPENDS, clarification_pauses=False),),
    "complaint": (EU_PROMISE,),
    "enquiry": (EU_PROMISE,),
    "marketing_withdrawal": (
        Period("GDPR Art. 7(3), 21(3)", days=2, notes=(WITHDRAWAL_NORM,), label=ADVERTISING_STOPS),
    ),
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
BY_TELEPHONE = Period("PDPA s. 47(3)", days=21, name="telephone", label=_("advertising by telephone stops"))
SG_PERIODS = {
    **dict.fromkeys(RIGHTS, (SG_PROMISE,)),
    "access": (SG_REQUEST,),
    "rectification": (replace(SG_REQUEST, source="PDPA s. 22, PDP Regulations 2021 reg. 5"),),
    "complaint": (SG_PROMISE,),
    "enquiry": (SG_PROMISE,),
    "marketing_withdrawal": (
        Period("Spam Control Act, Second Schedule", working_days=10, label=ADVERTISING_STOPS),
        BY_TELEPHONE,
    ),
}

# --- California ----------------------------------------------------------------------------------

CA_REQUEST = Period("CCPA § 1798.130, Regulations § 7021", days=45, more_days=45, first_day_counts=True)
CA_CONFIRMATION = Period(
    "CCPA Regulations § 7021(a)",
    working_days=10,
    name="acknowledgement",
    label=_("we confirm that we have it"),
    met_by=("acknowledged", "answered"),
)
CA_USUAL = Period(
    "CCPA Regulations § 7021(b)",
    days=45,
    more_days=45,
    notes=(_("counted from the day after receipt, as is usual"),),
    name="usual",
    label=_("we answer (as is usually counted)"),
)
CA_PROMISE = Period("CCPA Regulations § 7021", days=45, first_day_counts=True, notes=(NO_NUMBER,))
CA_OPT_OUT = Period(
    "CCPA Regulations § 7026(f), opting out of sale and sharing", working_days=15, label=_("it is carried out")
)
CA_PERIODS = {
    **dict.fromkeys(RIGHTS, (CA_REQUEST, CA_CONFIRMATION, CA_USUAL)),
    "objection": (CA_OPT_OUT,),
    "restriction": (replace(CA_OPT_OUT, source="CCPA Regulations § 7027(g), limiting the use of sensitive data"),),
    "complaint": (CA_PROMISE,),
    "enquiry": (CA_PROMISE,),
    "marketing_withdrawal": (Period("CAN-SPAM Act, 15 U.S.C. § 7704(a)(4)", working_days=10, label=ADVERTISING_STOPS),),
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
    """Find the law of a place, or a pack by its name."""
    if found := RULES.get(jurisdiction) or PACKS.get(jurisdiction):
        return found
    known = ", ".join((*RULES, *PACKS))
    raise UnknownJurisdiction(f"unknown jurisdiction {jurisdiction!r}; known are {known}")
