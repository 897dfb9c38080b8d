"""A second clock, for tests: written differently from the first, with its own calendars and its own table of the law.

It knows no periods that are added, only days that pass: it walks through the calendar one day after another.
"""

from calendar import FRIDAY, MONDAY, SATURDAY, SUNDAY, THURSDAY, monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import holidays

ONE = timedelta(1)
MARCH, OCTOBER = 3, 10

# --- calendars: four from first principles, the others as the library has them ------------------------


def easter_sunday(year):
    """Anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, number = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, number + 1)


def weekdays(year, month, which):
    return [d for n in range(monthrange(year, month)[1]) if (d := date(year, month, n + 1)).weekday() == which]


@cache
def bank_holidays(year):
    """England and Wales by the Banking and Financial Dealings Act, with substitute days, no royal extras."""
    easter = easter_sunday(year)
    days = {easter - timedelta(2), easter + timedelta(1)}
    may, august = weekdays(year, 5, MONDAY), weekdays(year, 8, MONDAY)
    days |= {may[0], may[-1], august[-1]}
    for month, number in ((1, 1), (12, 25), (12, 26)):
        following = (date(year, month, number) + timedelta(later) for later in range(5))
        days.add(next(d for d in following if d.weekday() < SATURDAY and d not in days))
    return frozenset(days)


@cache
def german(year):
    """What all sixteen states keep."""
    fixed = {date(year, month, number) for month, number in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
    return fixed | {easter_sunday(year) + timedelta(later) for later in (-2, 1, 39, 50)}


@cache
def french(year):
    """Code du travail L3133-1."""
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return {date(year, *day) for day in fixed} | {easter_sunday(year) + timedelta(later) for later in (1, 39, 50)}


@cache
def american(year):
    """The federal holidays, 5 U.S.C. 6103: a Saturday is kept the day before, a Sunday the day after."""
    mondays = [weekdays(year, month, MONDAY) for month in range(1, 13)]
    days = {mondays[0][2], mondays[1][2], mondays[4][-1], mondays[8][0], mondays[9][1]}
    days.add(weekdays(year, 11, THURSDAY)[3])
    for d in (date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)):
        days.add(d - ONE if d.weekday() == SATURDAY else d + ONE if d.weekday() == SUNDAY else d)
    if date(year + 1, 1, 1).weekday() == SATURDAY:
        days.add(date(year, 12, 31))
    return days


@cache
def as_the_library_has_them(country, year):
    return set(holidays.country_holidays(country, years=year))


OWN_CALENDARS = {"GB": bank_holidays, "SafeBuy": bank_holidays, "DE": german, "FR": french, "US-CA": american}


def is_open(place, d):
    if d.weekday() > FRIDAY:
        return False
    if place == "EU":
        return True
    own = OWN_CALENDARS.get(place)
    return d not in (own(d.year) if own else as_the_library_has_them(place, d.year))


# --- the law, in a table of its own --------------------------------------------------------------------
# (months, days, working days, days still to come on the first day, moves off a closed day, more months, more days)

MONTH, THIRTY = (1, 0, 0, 1, True, 2, 0), (0, 30, 0, 1, False, 0, 30)
RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "human_review")
TWO_DAYS, TEN, FIFTEEN = (0, 2, 0, 1, False, 0, 0), (0, 0, 10, 1, False, 0, 0), (0, 0, 15, 1, False, 0, 0)
FINAL_MONTH, FINAL_THIRTY = (1, 0, 0, 1, True, 0, 0), (0, 30, 0, 1, False, 0, 0)
EUROPE = {
    **{kind: {"answer": MONTH} for kind in RIGHTS},
    "complaint": {"answer": FINAL_MONTH},
    "enquiry": {"answer": FINAL_MONTH},
    "marketing_withdrawal": {"answer": TWO_DAYS},
}
FORTY_FIVE = {"answer": (0, 45, 0, 0, False, 0, 45), "acknowledgement": TEN, "usual": (0, 45, 0, 1, False, 0, 45)}
TABLE = {
    "GB": EUROPE | {"complaint": {"answer": (0, 30, 0, 0, False, 0, 0), "regulator": (0, 30, 0, 1, True, 0, 0)}},
    "SG": {
        **{kind: {"answer": FINAL_THIRTY} for kind in (*RIGHTS, "complaint", "enquiry")},
        "access": {"answer": THIRTY},
        "rectification": {"answer": THIRTY},
        "marketing_withdrawal": {"answer": TEN, "telephone": (0, 21, 0, 1, False, 0, 0)},
    },
    "US-CA": {
        **dict.fromkeys(RIGHTS, FORTY_FIVE),
        "objection": {"answer": FIFTEEN},
        "restriction": {"answer": FIFTEEN},
        "complaint": {"answer": (0, 45, 0, 0, False, 0, 0)},
        "enquiry": {"answer": (0, 45, 0, 0, False, 0, 0)},
        "marketing_withdrawal": {"answer": TEN},
    },
    "SafeBuy": {
        "complaint": {"acknowledgement": (0, 0, 3, 1, False, 0, 0)},
        "rectification": {"own_error": TEN},
        "mediation": {"mediation": (0, 45, 0, 1, False, 0, 0)},
    },
}


def clocks_of(place, kind):
    """Name and period of each clock, the one that decides first."""
    return TABLE.get(place, EUROPE)[kind]


def effect(place, kind, thing):
    """What waiting does: a whole new start, days that do not count (with or without the last), or nothing."""
    if kind not in RIGHTS or place in ("SG", "US-CA", "SafeBuy"):
        return "nothing"
    if place == "GB":
        stops = "pause" if kind == "access" else "nothing"
        return stops if thing == "clarification" else "new start"
    return "pause but the last" if thing == "identity" else "nothing"


# --- counting ----------------------------------------------------------------------------------------


def counted(place, period, start, extended):
    """Walk from the start to the last day of the bare period."""
    months, days, working, ahead, _, more_months, more_days = period
    months, days = months + extended * more_months, days + extended * more_days
    d = start
    if months:
        for _ in range(months):
            d = date(d.year, d.month, monthrange(d.year, d.month)[1]) + ONE
        while d.day != start.day and (d + ONE).month == d.month:
            d += ONE
        return d
    if working:
        while working:
            d += ONE
            working -= is_open(place, d)
        return d
    for _ in range(days - 1 + ahead):
        d += ONE
    return d


def last_day(place, period, start, not_counted=(), extended=False):
    """The bare period, one more day for each that does not count, then the next day on which people work."""
    d = counted(place, period, start, extended)
    for _ in [day for day in not_counted if day >= start]:
        d += ONE
    while period[4] and not is_open(place, d):
        d += ONE
    return d


def walk(place, kind, period, received, waits, extended=False):
    """Live through the case day by day: `waits` are (thing, asked, answered or None)."""
    start = received
    not_counted: set[date] = set()
    waiting: list[tuple[str, date, date]] = []
    stopping = [w for w in waits if w[2] and effect(place, kind, w[0]) != "nothing"]
    for number in range((max((w[2] for w in stopping), default=received) - received).days + 1):
        d = received + timedelta(number)
        asked_today = [w for w in stopping if w[1] == d]
        if asked_today and not waiting and d > last_day(place, period, start, not_counted, extended):
            break
        waiting += asked_today
        for thing, _asked, answered in waiting:
            what = effect(place, kind, thing)
            if what == "new start" and answered == d:
                start = d
            if what == "pause" or (what == "pause but the last" and d < answered):
                not_counted.add(d)
        waiting = [w for w in waiting if w[2] > d]
    return last_day(place, period, start, not_counted, extended)


# --- instants ----------------------------------------------------------------------------------------


def last_sunday(year, month):
    return weekdays(year, month, SUNDAY)[-1]


def date_in_london(instant):
    """British summer time: from the last Sunday of March to the last Sunday of October, 01:00 UTC."""
    spring, autumn = (
        datetime.combine(last_sunday(instant.year, month), time(1), tzinfo=UTC) for month in (MARCH, OCTOBER)
    )
    return (instant + timedelta(hours=spring <= instant < autumn)).date()
