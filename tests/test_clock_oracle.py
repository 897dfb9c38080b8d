"""The clock against a second one that walks through the calendar day by day: every place, kind and history."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.deadlines import PACKS, RULES, Event, UnlawfulEvent, clocks, deadline, is_working_day
from tests import clock_oracle as oracle

FIRST = date(2024, 1, 1)
PLACES = [*RULES, *PACKS]
THINGS = {
    "identity": ("id_asked", "id_received"),
    "clarification": ("clarification_asked", "clarification_received"),
    "fee": ("fee_asked", "fee_paid"),
}
received_dates = st.dates(FIRST, FIRST + timedelta(10_000))
lengths = st.integers(0, 12)


def in_england(start, months, not_counted):
    period = oracle.MONTH
    return oracle.last_day("GB", period, start, not_counted, extended=months == 3)


def kinds(place):
    return list(oracle.TABLE.get(place, oracle.EUROPE))


def as_events(waits):
    """The waits as the clock hears of them."""
    happened = [(THINGS[thing][0], asked) for thing, asked, _ in waits]
    happened += [(THINGS[thing][1], answered) for thing, _, answered in waits if answered]
    return [Event(*one) for one in happened]


def some_waits(luck, received, latest):
    """Of each thing up to two, answered in the order of asking, the last one perhaps never."""
    waits = []
    for thing in THINGS:
        asked = sorted(received + timedelta(luck.randrange(latest)) for _ in range(luck.choice((0, 0, 1, 2))))
        answered = sorted(day + timedelta(luck.choice((0, 0, 1, 3, 8, 20))) for day in asked)
        pairs = list(zip(asked, answered, strict=True))
        if pairs and luck.random() < 0.1:
            pairs[-1] = (pairs[-1][0], None)
        waits += [(thing, *pair) for pair in pairs]
    return waits


def test_ten_thousand_consecutive_dates_agree_with_the_oracle():
    received = [FIRST + timedelta(number) for number in range(10_000)]
    assert [deadline("GB", "access", d).due_on for d in received] == [in_england(d, 1, ()) for d in received]


def test_ten_thousand_dates_of_all_places_and_kinds_agree_with_the_oracle_clock_by_clock():
    every = [(place, kind) for place in PLACES for kind in kinds(place)]
    assert len(PLACES) == 35
    for number in range(12_000):
        (place, kind), received = every[number % len(every)], FIRST + timedelta(number * 7 % 3_653)
        found = {clock.name: clock.due_on for clock in clocks(place, kind, received)}
        periods = oracle.clocks_of(place, kind)
        begun = {name for name in periods if name in found}
        expected = {name: oracle.last_day(place, periods[name], received) for name in begun}
        assert found == expected, (place, kind, received)
        assert next(iter(found.values())) == deadline(place, kind, received).due_on


def test_ten_thousand_histories_of_all_places_and_kinds_agree_with_the_oracle():
    luck, extended, refused = Random("histories"), 0, 0
    for number in range(10_000):
        place = luck.choice(("GB", "GB", "DE", "FR", "US-CA", *PLACES))
        kind = luck.choice(("access", *kinds(place))) if "access" in kinds(place) else luck.choice(kinds(place))
        received = FIRST + timedelta(luck.randrange(3_653))
        period = next(iter(oracle.clocks_of(place, kind).values()))
        wants_more = luck.random() < 0.3
        waits = some_waits(luck, received, 8 if wants_more else 60)
        told = (number, place, kind, received, waits)
        if not wants_more:
            expected = oracle.walk(place, kind, period, received, waits)
            assert deadline(place, kind, received, as_events(waits)).due_on == expected, told
            continue
        waits = [w for w in waits if w[2]]
        notice_by = oracle.walk(place, kind, period, received, waits)
        notice = notice_by - timedelta(luck.choice((0, 0, 1, 2)))
        happened = [*as_events(waits), Event("extended", notice)]
        if not any(period[5:]):
            with pytest.raises(UnlawfulEvent):
                deadline(place, kind, received, happened)
            refused += 1
            continue
        answer = deadline(place, kind, received, happened)
        assert answer.notice_by == notice_by, told
        assert answer.due_on == oracle.walk(place, kind, period, received, waits, extended=True), told
        extended += 1
        with pytest.raises(UnlawfulEvent):
            deadline(place, kind, received, [*happened[:-1], Event("extended", notice_by + timedelta(1))])
    assert extended > 1_000 and refused > 100


@pytest.mark.parametrize("place", ["GB", "DE", "FR", "US-CA"])
def test_twelve_years_of_holidays_agree_with_the_oracle(place):
    days = [FIRST + timedelta(number) for number in range(12 * 365)]
    wrong = [d for d in days if is_working_day(place, d) != oracle.is_open(place, d)]
    assert not wrong


@settings(max_examples=1_000, deadline=None)
@given(
    received=received_dates,
    identity=st.none() | st.tuples(lengths, lengths),
    questions=st.lists(st.tuples(lengths, lengths), max_size=3),
    extended=st.booleans(),
)
@example(received=date(2027, 11, 26), identity=(0, 0), questions=[(0, 3), (1, 1), (3, 3)], extended=False)
@example(received=date(2024, 1, 31), identity=(0, 29), questions=[], extended=True)
def test_histories_agree_with_the_oracle(received, identity, questions, extended):
    events, start, not_counted = [], received, set()
    if identity:
        asked = received + timedelta(identity[0])
        start = asked + timedelta(identity[1])
        events += [Event("id_asked", asked), Event("id_received", start)]
    for offset, length in questions:
        asked = received + timedelta(offset)
        events += [Event("clarification_asked", asked), Event("clarification_received", asked + timedelta(length))]
        not_counted |= {asked + timedelta(number) for number in range(length + 1)}
    notice_by = in_england(start, 1, not_counted)
    if extended:
        events.append(Event("extended", notice_by))
    answer = deadline("GB", "access", received, events)
    assert answer.due_on == in_england(start, 3 if extended else 1, not_counted)
    assert answer.notice_by == notice_by
    if extended:
        with pytest.raises(UnlawfulEvent):
            deadline("GB", "access", received, [*events[:-1], Event("extended", notice_by + timedelta(1))])


@settings(max_examples=500, deadline=None)
@given(instant=st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@example(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC))
@example(datetime(2026, 3, 29, 23, 0, tzinfo=UTC))
@example(datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
@example(datetime(2026, 10, 25, 23, 30, tzinfo=UTC))
def test_instants_over_the_change_of_the_clocks_agree_with_the_oracle(instant):
    assert deadline("GB", "access", instant).due_on == in_england(oracle.date_in_london(instant), 1, ())


@settings(max_examples=500, deadline=None)
@given(received=received_dates, later=st.integers(0, 40), jurisdiction=st.sampled_from(sorted(RULES)))
def test_who_asks_later_is_never_due_earlier(received, later, jurisdiction):
    first = deadline(jurisdiction, "access", received).due_on
    assert first <= deadline(jurisdiction, "access", received + timedelta(later)).due_on
