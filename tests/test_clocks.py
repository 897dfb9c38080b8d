"""Several clocks on one case: the law's, other readings of it, and the promises of packs."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from privacy.deadlines import RULES, Event, UnknownKind, UnknownPack, UnlawfulEvent, clocks, deadline, is_working_day

day = date.fromisoformat
SAFEBUY = {"packs": ["SafeBuy"]}


def happened(*events):
    """Read 'id_asked 2026-10-01' and the like."""
    return [Event(name, day(on)) for name, on in (event.split() for event in events)]


def running(place, kind, received, *events, **more):
    """Each clock's day by its name."""
    return {c.name: str(c.due_on) for c in clocks(place, kind, day(received), happened(*events), **more)}


def test_a_complaint_runs_on_the_law_the_regulator_and_the_code():
    found = clocks("GB", "complaint", day("2026-07-03"), happened("mediation_opened 2026-07-20"), **SAFEBUY)
    assert [(clock.name, str(clock.due_on), clock.is_legal) for clock in found] == [
        ("answer", "2026-08-01", True),
        ("regulator", "2026-08-03", False),
        ("acknowledgement", "2026-07-08", False),
        ("mediation", "2026-09-03", False),
    ]
    assert "the time starts on 20 July: mediation opened" in found[3].reasons
    assert all(len(clock.reasons) >= 2 and clock.label for clock in found)


@pytest.mark.parametrize("place", RULES)
def test_the_first_clock_is_the_deadline_and_nothing_runs_beside_it_that_nobody_promised(place):
    received = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    events = happened("id_asked 2026-07-03", "id_received 2026-07-09")
    for kind in RULES[place].periods:
        first, *beside = clocks(place, kind, received, events)
        due = deadline(place, kind, received, events)
        assert (first.due_on, first.reasons, first.notice_by) == (due.due_on, due.reasons, due.notice_by)
        assert first.is_legal and not any(clock.is_legal for clock in beside)
        assert not {"own_error", "mediation"} & {clock.name for clock in beside}
    assert running(place, "rectification", "2026-07-01", **SAFEBUY).keys() >= {"answer", "own_error"}


def test_sfb_06_our_own_mistake_has_ten_working_days_until_somebody_says_it_was_not_ours():
    assert running("GB", "rectification", "2026-04-01", **SAFEBUY) == {
        "answer": "2026-05-01",
        "own_error": "2026-04-17",
    }
    assert running("GB", "rectification", "2026-04-01", "not_our_error 2026-04-09", **SAFEBUY) == {
        "answer": "2026-05-01"
    }
    assert running("GB", "rectification", "2026-04-01") == {"answer": "2026-05-01"}


def test_sfb_10_mediation_runs_from_its_own_day_and_ends_when_it_is_closed():
    opened = "mediation_opened 2026-06-01"
    assert "mediation" not in running("GB", "complaint", "2026-05-01", **SAFEBUY)
    *_, mediation = clocks("GB", "complaint", day("2026-05-01"), happened(opened), **SAFEBUY)
    assert (str(mediation.due_on), mediation.met_on) == ("2026-07-16", None)
    *_, mediation = clocks(
        "GB", "complaint", day("2026-05-01"), happened(opened, "mediation_closed 2026-07-10"), **SAFEBUY
    )
    assert mediation.met_on == day("2026-07-10")


def test_a_clock_whose_thing_was_done_says_when():
    def met(*events):
        found = clocks("GB", "complaint", day("2026-07-03"), happened(*events), **SAFEBUY)
        return {clock.name: clock.met_on and str(clock.met_on) for clock in found}

    assert met() == {"answer": None, "regulator": None, "acknowledgement": None}
    assert met("acknowledged 2026-07-06") == {"answer": None, "regulator": None, "acknowledgement": "2026-07-06"}
    answered = met("acknowledged 2026-07-10", "answered 2026-07-07")
    assert answered == dict.fromkeys(("answer", "regulator", "acknowledgement"), "2026-07-07")


def test_california_has_a_confirmation_and_a_usual_reading_that_is_extended_too():
    assert running("US-CA", "access", "2026-11-16") == {
        "answer": "2026-12-30", "acknowledgement": "2026-12-01", "usual": "2026-12-31",
    }  # fmt: skip
    longer = running("US-CA", "access", "2026-11-16", "extended 2026-12-30")
    assert longer == {"answer": "2027-02-13", "acknowledgement": "2026-12-01", "usual": "2027-02-14"}
    with pytest.raises(UnlawfulEvent, match="after its last day"):
        running("US-CA", "access", "2026-11-16", "extended 2026-12-31")


def test_waiting_for_the_person_moves_the_law_and_not_the_promise():
    events = ("id_asked 2026-04-02", "id_received 2026-04-10")
    found = running("GB", "rectification", "2026-04-01", *events, **SAFEBUY)
    assert found == {"answer": "2026-05-11", "own_error": "2026-04-17"}


def test_a_pack_counts_the_working_days_of_the_place_and_alone_those_of_england():
    assert running("DE", "complaint", "2026-04-29", **SAFEBUY)["acknowledgement"] == "2026-05-05"  # 1 May
    assert running("GB", "complaint", "2026-04-29", **SAFEBUY)["acknowledgement"] == "2026-05-05"  # early May, 4th
    assert running("SG", "complaint", "2026-05-29", **SAFEBUY)["acknowledgement"] == "2026-06-04"  # Vesak
    assert running("SafeBuy", "complaint", "2026-05-29") == {"acknowledgement": "2026-06-03"}
    assert not clocks("SafeBuy", "complaint", day("2026-05-29"))[0].is_legal
    assert [str(clock.due_on) for clock in clocks("SafeBuy", "rectification", day("2026-04-01"), **SAFEBUY)] == [
        "2026-04-17"
    ]


def test_what_is_not_known_is_refused_in_one_line():
    with pytest.raises(UnknownPack, match=r"^unknown pack 'NoBuy'; known are SafeBuy$"):
        clocks("GB", "access", day("2026-09-03"), packs=["NoBuy"])
    with pytest.raises(UnknownKind, match=r"^unknown kind of case 'access'; known are complaint, "):
        clocks("SafeBuy", "access", day("2026-09-03"))
    with pytest.raises(UnlawfulEvent, match="before the day of receipt"):
        clocks("GB", "complaint", day("2026-09-03"), happened("acknowledged 2026-09-02"))


def test_reasons_and_labels_are_in_the_language_of_whoever_reads():
    answer = clocks("DE", "access", day("2026-11-25"))[0]
    with translation.override("de"):
        assert any("Erster Weihnachtstag" in reason for reason in answer.reasons)
    assert any("Christmas Day" in reason for reason in answer.reasons)


# A weekday on which nobody works there, for every member of the Union and of the Economic Area.
NATIONAL = """AT 2026-10-26 BE 2026-07-21 BG 2026-03-03 CY 2026-10-01 CZ 2026-10-28 DE 2025-10-03 DK 2026-04-02
    EE 2026-02-24 ES 2026-10-12 FI 2027-12-06 FR 2026-07-14 GR 2026-03-25 HR 2026-06-22 HU 2026-10-23 IE 2026-03-17
    IT 2026-06-02 LT 2026-02-16 LU 2026-06-23 LV 2026-11-18 MT 2026-09-21 NL 2026-04-27 PL 2026-11-11 PT 2026-06-10
    RO 2026-12-01 SE 2025-06-06 SI 2026-06-25 SK 2025-08-29 IS 2026-06-17 LI 2026-09-08 NO 2027-05-17""".split()


@pytest.mark.parametrize(("place", "holiday"), list(zip(NATIONAL[::2], NATIONAL[1::2], strict=True)))
def test_every_member_keeps_its_own_holidays(place, holiday):
    assert day(holiday).weekday() < 5
    assert not is_working_day(place, day(holiday))
    elsewhere = [other for other in NATIONAL[::2] if is_working_day(other, day(holiday))]
    assert len(elsewhere) > 15, "its own, not everybody's"
    received = date(day(holiday).year, day(holiday).month - 1, day(holiday).day)
    assert deadline(place, "access", received).due_on > day(holiday)
    assert any("holiday" in reason for reason in deadline(place, "access", received).reasons)


def test_germany_counts_what_all_its_states_keep_so_that_no_day_comes_too_late():
    assert is_working_day("DE", day("2026-06-04")), "Corpus Christi is kept in some states only"
    assert deadline("DE", "access", day("2026-05-04")).due_on == day("2026-06-04")
