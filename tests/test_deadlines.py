"""The clock: worked dates of the law, an oracle written differently, and what it must refuse."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from privacy.deadlines import (
    KINDS,
    RULES,
    Event,
    UnknownJurisdiction,
    UnknownKind,
    UnlawfulEvent,
    add_working_days,
    deadline,
    in_words,
    is_working_day,
    local_date,
    urgency,
)

MARCH, OCTOBER = 3, 10
day = date.fromisoformat


def happened(*events):
    """Read 'id_asked 2026-10-01' and the like."""
    return [Event(name, day(on)) for name, on in (event.split() for event in events)]


def paused(*days):
    """One wait for an explanation per pair of days."""
    types = ("clarification_asked", "clarification_received")
    return [Event(types[index % 2], day(on)) for index, on in enumerate(days)]


# --- worked dates --------------------------------------------------------------------------------

IDENTITY = happened("id_asked 2026-10-01", "id_received 2026-10-09")

WORKED = [
    ("GB", "access", "2026-09-03", [], "2026-10-05", "the regulator's example, a Saturday"),
    ("GB", "access", "2025-01-30", [], "2025-02-28", "no 30 February"),
    ("GB", "access", "2024-01-30", [], "2024-02-29", "leap day"),
    ("GB", "access", "2024-02-29", [], "2024-04-02", "from the leap day into Good Friday and Easter"),
    ("GB", "access", "2026-01-31", [], "2026-03-02", "end of month and weekend"),
    ("GB", "access", "2026-08-31", [], "2026-09-30", "shorter month"),
    ("GB", "access", "2026-03-05", [], "2026-04-07", "Easter Sunday and Easter Monday"),
    ("GB", "access", "2026-11-25", [], "2026-12-29", "Christmas, weekend, substitute day"),
    ("GB", "access", "2027-02-26", [], "2027-03-30", "Good Friday"),
    ("GB", "erasure", "2027-11-26", [], "2027-12-29", "two substitute days"),
    ("GB", "access", "2026-07-01", [], "2026-08-03", "a Saturday in August"),
    ("GB", "access", "2026-10-01", IDENTITY, "2026-11-09", "the time starts with the proof of identity"),
    ("GB", "erasure", "2026-10-01", IDENTITY, "2026-11-09", "proof of identity counts for every right"),
    (
        *("GB", "access", "2026-10-01"),
        [*IDENTITY, *happened("fee_asked 2026-10-02", "fee_paid 2026-10-12")],
        *("2026-11-12", "the latest of identity and fee"),
    ),
    (
        *("GB", "access", "2026-10-01"),
        happened("id_asked 2026-10-01", "id_received 2026-10-20", "fee_asked 2026-10-02", "fee_paid 2026-10-12"),
        *("2026-11-20", "the latest of identity and fee, identity last"),
    ),
    ("GB", "access", "2026-09-01", paused("2026-10-01", "2026-10-01"), "2026-10-02", "asked on the last day"),
    ("GB", "access", "2026-09-01", paused("2026-09-07", "2026-09-11"), "2026-10-06", "five days do not count"),
    ("GB", "access", "2026-09-01", paused("2026-09-07", "2026-09-07"), "2026-10-02", "asked and answered at once"),
    (
        *("GB", "access", "2026-09-01"),
        paused("2026-09-07", "2026-09-11", "2026-09-14", "2026-09-15"),
        *("2026-10-08", "two pauses add up"),
    ),
    (
        *("GB", "access", "2026-09-01"),
        paused("2026-09-07", "2026-09-11", "2026-09-09", "2026-09-14"),
        *("2026-10-09", "overlapping pauses count once"),
    ),
    (
        *("GB", "access", "2026-09-01"),
        paused("2026-09-07", "2026-09-11", "2026-09-11", "2026-09-11"),
        *("2026-10-06", "a pause inside a pause counts once"),
    ),
    (
        "GB",
        "access",
        "2026-09-02",
        paused("2026-09-07", "2026-09-07"),
        "2026-10-05",
        "first the pause, then the weekend",
    ),
    ("GB", "access", "2026-09-03", happened("extended 2026-10-05"), "2026-12-03", "three months from the start"),
    (
        *("GB", "access", "2026-09-03"),
        [*paused("2026-09-07", "2026-09-11"), *happened("extended 2026-10-08")],
        *("2026-12-08", "the pause moves the notice date and the extended date"),
    ),
    ("GB", "complaint", "2026-11-19", [], "2026-12-18", "strict reading: the day of receipt is day 1"),
    ("GB", "marketing_withdrawal", "2026-11-20", [], "2026-11-22", "48 hours, weekends count"),
    ("DE", "access", "2026-09-03", [], "2026-10-05", "3 October is a holiday and a Saturday"),
    ("DE", "access", "2026-11-25", [], "2026-12-28", "no substitute day in Germany"),
    ("FR", "access", "2026-06-14", [], "2026-07-15", "14 July"),
    ("EU", "access", "2026-11-25", [], "2026-12-25", "no country, so only weekends are known"),
    ("EU", "access", "2026-11-26", [], "2026-12-28", "no country, but weekends are skipped"),
    ("DE", "access", "2026-10-01", IDENTITY, "2026-11-09", "doubt about identity suspends"),
    ("DE", "access", "2026-09-01", paused("2026-09-07", "2026-09-11"), "2026-10-01", "no statutory pause in the EU"),
    ("IE", "erasure", "2026-09-03", happened("extended 2026-10-05"), "2026-12-03", "two more months in the EU"),
    ("SG", "access", "2026-11-02", [], "2026-12-02", "30 days"),
    ("SG", "marketing_withdrawal", "2026-10-30", [], "2026-11-16", "10 business days over a holiday"),
    ("US-CA", "access", "2026-11-16", [], "2026-12-30", "45 days, safe reading"),
    ("US-CA", "access", "2026-11-16", happened("extended 2026-12-30"), "2027-02-13", "90 days, safe reading"),
    (
        *("US-CA", "access", "2026-11-16"),
        happened("id_asked 2026-11-16", "id_received 2026-11-30"),
        *("2026-12-30", "verification does not stop the clock in California"),
    ),
    ("US-CA", "objection", "2026-11-16", [], "2026-12-08", "opting out of sale: 15 business days over Thanksgiving"),
    ("US-CA", "marketing_withdrawal", "2026-11-20", [], "2026-12-07", "10 business days over Thanksgiving"),
]


@pytest.mark.parametrize(
    ("jurisdiction", "kind", "received", "events", "due"),
    [pytest.param(*row[:5], id=f"{row[0]} {row[1]} {row[2]}: {row[5]}") for row in WORKED],
)
def test_worked_date(jurisdiction, kind, received, events, due):
    assert deadline(jurisdiction, kind, day(received), events).due_on == day(due)


@pytest.mark.parametrize(
    ("jurisdiction", "start", "count", "end"),
    [
        pytest.param("GB", "2026-07-03", 3, "2026-07-08", id="acknowledge in three working days"),
        pytest.param("GB", "2026-04-01", 10, "2026-04-17", id="ten working days over Easter"),
        pytest.param("SG", "2026-10-30", 10, "2026-11-16", id="ten business days in Singapore"),
        pytest.param("US-CA", "2026-11-16", 10, "2026-12-01", id="confirm in California, over Thanksgiving"),
        pytest.param("US-CA", "2026-11-16", 15, "2026-12-08", id="opt out of sale in California"),
        pytest.param("US-CA", "2026-11-20", 10, "2026-12-07", id="CAN-SPAM"),
        pytest.param("GB", "2026-07-04", 0, "2026-07-04", id="none is the day itself"),
        pytest.param("US-CA", "2027-12-30", 1, "2028-01-03", id="New Year's Day kept on the Friday before"),
    ],
)
def test_working_days(jurisdiction, start, count, end):
    assert add_working_days(jurisdiction, day(start), count) == day(end)


def test_working_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="forward"):
        add_working_days("GB", day("2026-07-03"), -1)


def test_a_substitute_day_is_no_working_day_and_the_next_is():
    assert [is_working_day("GB", date(2026, 12, number)) for number in range(24, 30)] == [True, *[False] * 4, True]


# --- instants ------------------------------------------------------------------------------------


def test_an_instant_is_dated_in_the_zone_of_the_place():
    received = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    answer = deadline("GB", "access", received)
    assert answer.due_on == date(2026, 8, 3)
    assert answer.reasons[0] == "it arrived on 30 June at 23:30 (UTC); where the shop is, that is 1 July"
    assert local_date("US-CA", received) == date(2026, 6, 30)


def test_the_zone_of_the_shop_goes_before_the_zone_of_the_place():
    received = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert deadline("GB", "access", received, time_zone=ZoneInfo("Atlantic/Azores")).due_on == date(2026, 7, 30)
    assert deadline("EU", "erasure", received, time_zone=ZoneInfo("Asia/Tokyo")).due_on == date(2026, 8, 3)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        deadline("GB", "access", datetime(2026, 6, 30, 23, 30))  # noqa: DTZ001


# --- notice of extension, refusals -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("jurisdiction", "received", "notice_by"),
    [("GB", "2026-09-03", "2026-10-05"), ("DE", "2026-11-25", "2026-12-28"), ("US-CA", "2026-11-16", "2026-12-30")],
)
def test_the_notice_is_due_with_the_first_period_and_refused_a_day_later(jurisdiction, received, notice_by):
    last, start = day(notice_by), day(received)
    assert deadline(jurisdiction, "access", start).notice_by == last
    assert deadline(jurisdiction, "access", start, [Event("extended", last)]).notice_by == last
    with pytest.raises(UnlawfulEvent, match="after its last day"):
        deadline(jurisdiction, "access", start, [Event("extended", last + timedelta(1))])


UNLAWFUL = [
    ("access", happened("extended 2026-10-06"), "an extension after its last day"),
    ("access", happened("extended 2026-09-10", "extended 2026-09-11"), "two extensions"),
    ("access", happened("extended 2026-08-31"), "an extension before the case"),
    ("access", happened("id_received 2026-09-10"), "identity that nobody asked for"),
    ("access", happened("id_asked 2026-09-11", "id_received 2026-09-10"), "identity before it was asked for"),
    ("access", happened("id_asked 2026-09-02", "id_received 2026-09-10"), "asked before the case arrived"),
    (
        "access",
        paused("2026-09-07", "2026-09-11") + paused("2026-09-12")[:1] + paused("2026-09-12", "2026-09-10")[1:],
        "the second answer before the second question",
    ),
    ("access", happened("fee_paid 2026-09-10"), "a fee that nobody asked for"),
    ("access", happened("fee_withdrawn 2026-09-10"), "a fee taken back that nobody asked for"),
    ("complaint", happened("extended 2026-09-10"), "no extension for complaints"),
    ("enquiry", happened("extended 2026-09-10"), "no extension for questions"),
    ("marketing_withdrawal", happened("extended 2026-09-03"), "no extension for leaving a list"),
]


@pytest.mark.parametrize(("kind", "events"), [pytest.param(*row[:2], id=row[2]) for row in UNLAWFUL])
def test_unlawful_events_are_refused(kind, events):
    with pytest.raises(UnlawfulEvent) as refusal:
        deadline("GB", kind, day("2026-09-03"), events)
    assert "\n" not in str(refusal.value)


def test_an_unknown_event_place_or_kind_is_refused_in_one_line():
    with pytest.raises(UnlawfulEvent, match="unknown event 'posted'"):
        Event("posted", day("2026-09-03"))
    with pytest.raises(UnknownJurisdiction, match=r"^unknown jurisdiction 'XX'; known are GB, EU, .*$"):
        deadline("XX", "access", day("2026-09-03"))
    with pytest.raises(UnknownKind, match=r"^unknown kind of case 'acces'; known are access, .*$"):
        deadline("GB", "acces", day("2026-09-03"))


# --- waits that are open, late or without effect -----------------------------------------------------


def test_an_open_question_leaves_the_date_and_says_that_it_will_move():
    answer = deadline("GB", "access", day("2026-09-01"), paused("2026-09-07"))
    assert answer.due_on == day("2026-10-01")
    assert any("wait for it" in reason for reason in answer.reasons)


def test_a_notice_during_an_open_question_is_in_time_because_the_clock_stands_still():
    events = [*paused("2026-09-20"), *happened("extended 2026-10-10")]
    assert deadline("GB", "access", day("2026-09-03"), events).due_on == day("2026-12-03")
    with pytest.raises(UnlawfulEvent):
        deadline("GB", "access", day("2026-09-03"), [*paused("2026-10-11"), *happened("extended 2026-10-10")])


@pytest.mark.parametrize("asked", ["clarification_asked", "id_asked", "fee_asked"])
def test_what_is_asked_after_the_notice_does_not_move_the_notice_date(asked):
    events = happened("extended 2026-09-10", f"{asked} 2026-09-20")
    assert deadline("GB", "access", day("2026-09-03"), events).notice_by == day("2026-10-05")


@pytest.mark.parametrize("thing", [("clarification_asked", "clarification_received"), ("id_asked", "id_received")])
def test_what_is_asked_when_the_time_is_over_does_not_save_the_case(thing):
    events = [Event(thing[0], day("2026-10-02")), Event(thing[1], day("2026-10-20"))]
    answer = deadline("GB", "access", day("2026-09-01"), events)
    assert answer.due_on == day("2026-10-01")
    assert any("when the time was over" in reason for reason in answer.reasons)


def test_days_before_the_start_are_not_paused_a_second_time():
    events = [*IDENTITY, *paused("2026-10-05", "2026-10-10")]
    assert deadline("GB", "access", day("2026-10-01"), events).due_on == day("2026-11-11")


def test_asking_what_is_meant_stops_the_clock_for_access_only():
    answer = deadline("GB", "erasure", day("2026-09-01"), paused("2026-09-07", "2026-09-11"))
    assert answer.due_on == day("2026-10-01")
    assert "waiting for an explanation of what is wanted does not stop this clock" in answer.reasons


def test_the_shop_may_choose_the_pause_where_the_law_is_silent():
    events = paused("2026-09-07", "2026-09-11")
    chosen = deadline("DE", "access", day("2026-09-01"), events, clarification_pauses=True)
    assert chosen.due_on == day("2026-10-05")
    refused = deadline("GB", "access", day("2026-09-01"), events, clarification_pauses=False)
    assert refused.due_on == day("2026-10-01")


# --- reasons ---------------------------------------------------------------------------------------


def test_the_reasons_are_plain_words():
    assert deadline("GB", "access", day("2026-11-25")).reasons == (
        "the rule is UK GDPR Art. 12(3), 12A",
        "one month from 25 November is 25 December, a holiday (Christmas Day); the next working day is 29 December",
        "28 December is a holiday (Boxing Day (observed))",
    )


def test_every_step_is_said():
    events = [*IDENTITY, *paused("2026-10-12", "2026-10-13"), *happened("extended 2026-10-20")]
    assert deadline("GB", "access", day("2026-10-01"), events).reasons == (
        "the rule is UK GDPR Art. 12(3), 12A",
        "the time starts on 9 October, when we got proof of identity",
        "3 months from 9 October is 9 January 2027",
        "2 days do not count because we waited for an answer (12 October to 13 October): that gives 11 January 2027",
        "more time was announced on 20 October; the last day for that was 11 November",
    )


@pytest.mark.parametrize(
    ("jurisdiction", "kind", "received", "events", "said"),
    [
        pytest.param("GB", "marketing_withdrawal", "2026-11-20", [], "48 hours", id="no statutory number"),
        pytest.param("EU", "access", "2026-11-20", [], "only weekends", id="holidays unknown"),
        pytest.param(
            "SG", "marketing_withdrawal", "2026-10-30", [], "9 November is a holiday", id="holiday counted over"
        ),
        pytest.param("GB", "access", "2025-01-30", [], "no day 30", id="shorter month"),
    ],
)
def test_the_reasons_tell(jurisdiction, kind, received, events, said):
    assert any(said in reason for reason in deadline(jurisdiction, kind, day(received), events).reasons)


def test_dates_and_holidays_follow_the_language_of_the_reader():
    with translation.override("de"):
        german = deadline("DE", "access", day("2026-11-25")).reasons
    english = deadline("DE", "access", day("2026-11-25")).reasons
    assert "25 Dezember" in german[1]
    assert "Erster Weihnachtstag" in german[1]
    assert "25 December, a holiday (Christmas Day)" in english[1]


@pytest.mark.parametrize("jurisdiction", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_place_has_an_answer_for_every_kind(jurisdiction, kind):
    received = datetime(2026, 7, 1, 12, tzinfo=UTC)
    answer = deadline(jurisdiction, kind, received)
    assert date(2026, 7, 1) < answer.due_on < date(2026, 9, 1)
    assert len(answer.reasons) >= 2
    assert str(RULES[jurisdiction].name)


def test_all_members_of_the_union_are_there():
    members = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
    assert len(members) == 27
    assert set(members) < set(RULES)


@pytest.mark.parametrize("jurisdiction", [code for code in RULES if code != "EU"])
def test_new_year_is_a_holiday_everywhere(jurisdiction):
    assert not is_working_day(jurisdiction, date(2026, 1, 1))


# --- how far away ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "words", "colour"),
    [
        (-2, "2 days overdue", "overdue"),
        (-1, "1 day overdue", "overdue"),
        (0, "due today", "today"),
        (1, "due in 1 day", "soon"),
        (7, "due in 7 days", "soon"),
        (8, "due in 8 days", "later"),
    ],
)
def test_how_far_away(days, words, colour):
    today = day("2026-11-20")
    assert in_words(today + timedelta(days), today) == words
    assert urgency(today + timedelta(days), today) == colour
