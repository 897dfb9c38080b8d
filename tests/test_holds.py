"""Legal holds (LRD-18, LRD-20, CNX-12; FAULTS B14, E48, G): set on records, looked at again, ended by two."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from django.utils import timezone

from customers.models import CreditCheck, Enquiry, FraudMarker, Order, PaymentReference
from privacy import alarms, erasure, export, jobs, overview, restrictions
from privacy.alarms import DeadlineAlarm
from privacy.audit import AuditEntry
from privacy.erasure import Erasure
from privacy.notices import OutgoingEmail
from privacy.purge import night
from privacy.restrictions import NotLawful, Restriction, RestrictionStep
from privacy.roles import AGENT, AUDITOR, OFFICER
from tests import make
from tests.office import colleague, desk, look, page_of, shown
from tests.portal import sign_in

pytestmark = pytest.mark.django_db
DEBT, CLAIM, FRAUD = Restriction.Kind.DEBT, Restriction.Kind.CLAIM, Restriction.Kind.FRAUD
HELD = {"lifted_at": None, "lift_proposed_by": "", "lifted_by": "", "told_at": None}
HOLD = "admin:impose_restriction"


def held(person, kind=DEBT, *, scope="", **said):
    said = {"review_on": make.next_month(), "actor": "test"} | said
    return restrictions.impose(person, kind, "Unpaid since May.", scope=scope, **said)


def agreed(person):
    """A deletion that two people agreed to, waiting for its worker."""
    case = make.case(person, "erasure", received_at=timezone.now())
    type(case).objects.filter(pk=case.pk).update(state="executing", proposed_by=make.staff(), approved_by=make.staff())
    return erasure.start(person, case=case, actor="test", now=timezone.now())


def ended(row):
    restrictions.propose_lifting(row, actor="one", why="Paid.")
    restrictions.lift(row, actor="two", now=timezone.now())


# --- what is held ----------------------------------------------------------------------------------------


def test_lrd_20_a_debt_keeps_its_order_and_what_belongs_to_it_and_everything_else_goes():
    mary = make.customer()
    debt, paid = make.order(mary), make.order(mary)
    mine = make.payment(mary, order=debt, completed_on=None), make.credit_check(mary, order=debt)
    make.payment(mary, order=paid), make.credit_check(mary, order=paid), make.enquiry(mary), make.order_line(mary)
    held(mary, scope=f"customers.order:{debt.pk}")
    erasure.erase(mary, today=date(2099, 1, 1), actor="test")
    assert Order.objects.exclude(bill_to="").get() == debt
    assert (PaymentReference.objects.get(), CreditCheck.objects.get()) == mine
    assert not Enquiry.objects.exists()
    mary.refresh_from_db()
    assert make.CANARY not in mary.display_name


@pytest.mark.parametrize("scope", [
    "customers.order:999999", "customers.order:", "customers.order", "customers.ordre:1", "order:1", ":", "1",
    "customers.order:1; DROP", "customers.customer:1", "customers.order:99999999999999999999999", "auth.group:1",
])  # fmt: skip
def test_a_hold_on_what_is_not_there_is_refused_in_one_line(scope):
    mary = make.customer()
    make.order(mary)
    with pytest.raises(NotLawful, match=r"^This person has no such record\.$"):
        held(mary, scope=scope)
    assert not Restriction.objects.exists()


def test_a_hold_on_somebody_elses_order_is_refused():
    order = make.order(make.customer())
    with pytest.raises(NotLawful, match="no such record"):
        held(make.customer(), scope=f"customers.order:{order.pk}")


def test_the_database_refuses_a_scope_that_is_spelled_wrong():
    with pytest.raises(IntegrityError), transaction.atomic():
        make.restriction(make.customer(), scope="order 12", **HELD)


@pytest.mark.parametrize("days", [None, -1, 0, 367, 40000])
def test_a_hold_needs_a_day_within_a_year_on_which_it_is_looked_at_again(days):
    day = None if days is None else timezone.localdate() + timedelta(days=days)
    with pytest.raises(NotLawful, match=r"looked at again|at the latest"):
        held(make.customer(), review_on=day)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.restriction(make.customer(), **(HELD | {"review_on": None}))


def test_the_same_hold_sent_twice_is_one():
    mary = make.customer()
    held(mary)
    with pytest.raises(NotLawful, match="held already"):
        held(mary)
    held(mary, CLAIM), held(mary, evidence="file 7")
    assert Restriction.objects.count() == 3


def test_several_records_are_held_together_or_not_at_all():
    mary = make.customer()
    names = [restrictions.name_of(make.order(mary)) for _ in range(3)]
    said = {"actor": "test", "review_on": make.next_month()}
    with pytest.raises(NotLawful):
        restrictions.hold(mary, DEBT, "x", records=[*names, "customers.order:0"], **said)
    assert not Restriction.objects.exists()
    assert len(restrictions.hold(mary, DEBT, "x", records=[*names, names[0]], **said)) == 3


# --- looked at again, and ended --------------------------------------------------------------------------


def raised(now):
    """How many alarms about holds there are by then."""
    alarms.raise_alarms(now)
    return DeadlineAlarm.objects.filter(kind="hold").count()


def test_a_hold_past_its_day_stays_in_force_and_is_loud_each_week_until_somebody_looks():
    mary, now = make.customer(), timezone.now()
    row = make.restriction(mary, review_on=timezone.localdate(), **HELD)
    assert raised(now) == 1
    alarm = DeadlineAlarm.objects.get(kind="hold")
    assert (alarm.data_subject, alarm.due_on) == (mary, row.review_on)
    assert OutgoingEmail.objects.filter(template="deadline_alarms").exists()
    assert raised(now + timedelta(days=6)) == 1
    assert raised(now + timedelta(days=7)) == 2
    assert restrictions.is_held(mary)
    restrictions.review(row, until=make.next_month(), why="Still in court.", actor="test")
    assert raised(now + timedelta(days=14)) == 2


def test_a_hold_of_tomorrow_raises_nothing_today():
    make.restriction(make.customer(), review_on=timezone.localdate() + timedelta(days=1), **HELD)
    make.restriction(make.customer(), review_on=timezone.localdate())
    assert alarms.raise_alarms(timezone.now()) == 0


def test_looking_again_is_noted_with_day_and_reason_and_the_audit_log_holds_no_words():
    row = held(make.customer())
    until = timezone.localdate() + timedelta(days=200)
    restrictions.review(row, until=until, why="The court has not decided.", actor="officer")
    row.refresh_from_db()
    assert row.review_on == until
    step = restrictions.latest_review(row)
    assert (step.until, step.why, step.by) == (until, "The court has not decided.", "officer")
    entry = AuditEntry.objects.get(event="restriction.reviewed")
    assert "court" not in str(entry.details)


@pytest.mark.parametrize(("days", "why"), [(30, " "), (0, "x"), (-3, "x"), (400, "x")])
def test_a_look_without_a_reason_or_a_sensible_day_changes_nothing(days, why):
    row = held(make.customer())
    before = row.review_on
    with pytest.raises(NotLawful):
        restrictions.review(row, until=timezone.localdate() + timedelta(days=days), why=why, actor="officer")
    row.refresh_from_db()
    assert row.review_on == before and RestrictionStep.objects.count() == 1


def test_while_its_end_is_proposed_nobody_prolongs_it_past_that():
    row = held(make.customer())
    restrictions.propose_lifting(row, actor="one")
    with pytest.raises(NotLawful, match="proposed to end it"):
        restrictions.review(row, until=make.next_month(), why="x", actor="two")


def test_the_whole_history_is_kept_in_its_order():
    row = held(make.customer())
    restrictions.review(row, until=make.next_month(), why="Still.", actor="a")
    restrictions.propose_lifting(row, actor="a", why="Paid?")
    restrictions.keep(row, actor="b")
    ended(row)
    steps = ["imposed", "reviewed", "lift_proposed", "kept", "lift_proposed", "lifted"]
    assert [step.kind for step in restrictions.steps_of(row)] == steps


def test_e48_when_a_hold_ends_the_rest_of_the_deletion_goes_at_once_as_a_job():
    mary, today = make.customer(), timezone.localdate()
    enquiry = make.enquiry(mary)
    row = held(mary, CLAIM, scope=f"customers.enquiry:{enquiry.pk}")
    wish = agreed(mary)
    assert jobs.work("privacy.erasure", wish.pk)
    assert Enquiry.objects.exists() and Erasure.objects.get().waits_for_release
    restrictions.propose_lifting(row, actor="one", why="Settled.")
    restrictions.lift(row, actor="two", now=timezone.now())
    assert Erasure.objects.get().job_state == "new", "a job again, without waiting for the night"
    assert jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert (wish.job_state, wish.waits_for_release) == ("done", False)
    assert not Enquiry.objects.exists()
    night.resume(today)
    assert AuditEntry.objects.filter(event="erasure.done").count() == 2, "and the night has nothing left to do"


def test_the_end_of_one_of_two_holds_wakes_nothing():
    mary = make.customer()
    make.enquiry(mary)
    one, _other = held(mary, CLAIM), held(mary, DEBT)
    wish = agreed(mary)
    Erasure.objects.filter(pk=wish.pk).update(job_state="done", waits_for_release=True)
    ended(one)
    assert Erasure.objects.get().job_state == "done"


# --- who may, and what is shown --------------------------------------------------------------------------


def sent(person, **values):
    said = {
        "kind": "debt", "on": "records", "records": [], "reason": "Unpaid since May.", "evidence": "file 7",
        "review_on": str(make.next_month()),
    }  # fmt: skip
    return f"{reverse(HOLD)}?person={person.number}", said | values


def test_an_officer_picks_records_by_kind_and_number_and_the_unpaid_ones_are_ticked():
    mary, at_desk = make.customer(), desk(colleague(OFFICER))
    debt, paid, foreign = make.order(mary, number="A-1"), make.order(mary, number="A-2"), make.order(make.customer())
    make.payment(mary, order=debt, completed_on=None), make.payment(mary, order=paid)
    url, said = sent(mary, records=[f"customers.order:{debt.pk}"])
    page = at_desk.get(url).content.decode()
    assert "Order A-1, not paid" in page and "Order A-2" in page and foreign.number not in page
    assert page.index("A-1") < page.index("A-2")
    assert at_desk.post(url, said).status_code == 302
    row = Restriction.objects.get()
    assert (row.scope, row.evidence, row.review_on) == (f"customers.order:{debt.pk}", "file 7", make.next_month())


@pytest.mark.parametrize("wrong", [
    {"records": []}, {"records": ["customers.order:1"]}, {"records": ["nonsense"]}, {"review_on": ""},
    {"review_on": "2020-01-01"}, {"reason": "  "}, {"kind": "joke"}, {"on": "some"},
])  # fmt: skip
def test_what_is_filled_in_wrongly_is_said_and_nothing_is_held(wrong):
    mary, other, at_desk = make.customer(), make.customer(), desk(colleague(OFFICER))
    mine, foreign = make.order(mary), make.order(other)
    wrong = {
        name: value if value != ["customers.order:1"] else [restrictions.name_of(foreign)]
        for name, value in wrong.items()
    }
    url, said = sent(mary, **({"records": [restrictions.name_of(mine)]} | wrong))
    answer = at_desk.post(url, said)
    assert answer.status_code == 422 and b"office-error" in answer.content
    assert not Restriction.objects.exists()


def test_the_way_to_a_hold_stands_on_the_pages_of_person_order_and_case_for_officers_alone():
    mary = make.customer()
    order, case = make.order(mary, number="A-1"), make.case(mary, "access")
    for role, may in ((OFFICER, True), (AGENT, False)):
        at_desk = desk(colleague(role))
        for row in (mary, order, case):
            assert (reverse(HOLD) in shown(at_desk, row)) == may, (role, row)
        look(at_desk, order)
        assert (f"records=customers.order%3A{order.pk}" in shown(at_desk, order)) == may
        assert (at_desk.post(*sent(mary, on="everything")).status_code == 302) == may


def test_an_older_record_can_be_held_from_its_own_page():
    mary, at_desk = make.customer(), desk(colleague(OFFICER))
    old = make.order(mary, number="OLD-1")
    for _ in range(25):
        make.order(mary)
    url, said = sent(mary, records=[restrictions.name_of(old)])
    assert "OLD-1" not in at_desk.get(url).content.decode()
    assert "OLD-1" in at_desk.get(f"{url}&records={restrictions.name_of(old)}").content.decode()
    assert at_desk.post(url, said).status_code == 302
    assert Restriction.objects.get().scope == restrictions.name_of(old)


def test_what_a_hold_keeps_is_said_on_the_pages_of_what_it_keeps():
    mary, at_desk = make.customer(), desk(colleague(OFFICER))
    held_one, other = make.order(mary, number="A-1"), make.order(mary, number="A-2")
    check = make.credit_check(mary, order=held_one)
    held(mary, scope=restrictions.name_of(held_one))
    case = make.case(mary, "erasure", received_at=timezone.now())
    for row in (mary, held_one, check, case):
        assert "May not be deleted: order A-1." in shown(at_desk, row), row
    assert "May not be deleted" not in shown(at_desk, other)
    assert "something is not paid yet" in shown(at_desk, case), "in the preview of the deletion"


def test_the_list_is_filtered_found_by_person_and_taken_as_a_file():
    mary, bob, at_desk = make.customer(), make.customer(), desk(colleague(AUDITOR))
    due = make.restriction(mary, review_on=timezone.localdate(), **HELD)
    fresh, over = held(bob, CLAIM), make.restriction(bob, "fraud")
    restrictions.propose_lifting(fresh, actor="one")
    url, export = reverse("admin:privacy_restriction_changelist"), reverse("admin:privacy_restriction_export")
    for query, wanted in {
        "": [over, fresh, due], "?standing=active": [fresh, due], "?standing=review": [due], "?kind=claim": [fresh],
        "?standing=proposed": [fresh], "?standing=lifted": [over], f"?q={mary.number}": [due], "?q=zaun": [],
    }.items():  # fmt: skip
        assert [row.pk for row in at_desk.get(url + query).context["cl"].result_list] == [row.pk for row in wanted], (
            query
        )
    text = b"".join(at_desk.post(f"{export}?standing=review")).decode()
    assert str(mary) in text and str(bob) not in text and make.CANARY not in text
    assert AuditEntry.objects.filter(event="restrictions.exported").exists()


def test_an_officer_looks_again_and_two_end_it_on_its_page():
    mary = make.customer()
    row = make.restriction(mary, review_on=timezone.localdate(), **HELD)
    one, two, auditor = desk(colleague(OFFICER)), desk(colleague(OFFICER)), desk(colleague(AUDITOR))
    assert "was to be looked at again" in shown(one, row)
    assert "holds to look at again" in one.get(reverse("admin:index")).content.decode()
    verb = {name: reverse(f"admin:privacy_restriction_{name}", args=[row.pk]) for name in ("review", "propose", "lift")}
    one.post(verb["review"], {"until": str(make.next_month()), "why": ""})
    assert row.review_on == Restriction.objects.get().review_on
    one.post(verb["review"], {"until": str(make.next_month()), "why": "Zaunkoenigin still owes."})
    assert Restriction.objects.get().review_on == make.next_month()
    one.post(verb["propose"], {"why": "Paid."})
    one.post(verb["lift"])
    assert Restriction.objects.get().lifted_at is None, "not by the same person"
    two.post(verb["lift"])
    assert Restriction.objects.get().lifted_at is not None
    page = shown(auditor, row)
    assert "Looked at again: still needed" in page and "Zaunkoenigin still owes" not in page
    look(one, row)
    assert "Zaunkoenigin still owes" in shown(one, row)


# --- the person herself ----------------------------------------------------------------------------------


def test_the_person_reads_what_is_kept_longer_why_in_kind_and_until_when():
    mary = make.customer(login=True)
    order = make.order(mary, number="A-1")
    held(mary, scope=restrictions.name_of(order))
    for name in ("privacy:my_data", "privacy:requests"):
        page = sign_in(mary).get(reverse(name)).content.decode()
        assert "Order A-1" in page and "something is not paid yet" in page
        assert f"{make.next_month():%-d %B %Y}" in page
        assert "Unpaid since May" not in page.split("h-kept")[1].split("</section>")[0]


def test_lrd_18_of_a_suspicion_she_reads_nothing_while_it_is_open_and_all_of_it_afterwards():
    mary, today = make.customer(login=True), timezone.localdate()
    marker = make.fraud_marker(mary, settled_on=None, settled_by="", outcome="", recorded_on=today)
    row = held(mary, FRAUD, evidence="police 4711")
    client = sign_in(mary)

    def all_she_sees():
        copy = export.contents.collect(mary)
        told = [row.words for table in copy.tables for row in table.rows()]
        pages = [client.get(reverse(f"privacy:{name}")).content.decode() for name in ("my_data", "requests")]
        before = client.post(reverse("privacy:new_request"), {"kind": "erasure", "key": "k" * 20}).content.decode()
        return (str(told) + "".join(pages) + before).lower()

    assert "police 4711" in str(list(Restriction.objects.values())) and FraudMarker.objects.exists()
    assert not any(word in all_she_sees() for word in ("fraud", "police 4711", "suspicion"))
    assert all("fraud" not in holding.slug for holding in overview.holdings(mary, today))
    ended(row)
    FraudMarker.objects.update(settled_on=today, settled_by="test", outcome="proven")
    assert "police 4711" in all_she_sees()
    assert marker.pk


def test_lrd_18_the_last_letter_and_the_report_of_a_deletion_do_not_betray_a_suspicion():
    mary = make.customer("mary@example.com")
    make.fraud_marker(mary, settled_on=None, settled_by="", outcome="", recorded_on=timezone.localdate())
    order = make.order(mary, placed_on=timezone.localdate())
    held(mary, FRAUD, scope=restrictions.name_of(order))
    wish = agreed(mary)
    assert jobs.work("privacy.erasure", wish.pk)
    letter = OutgoingEmail.objects.get(template="erasure_done")
    said = (bytes(letter.body) + bytes(letter.html)).decode() + str(Erasure.objects.get().report)
    assert "fraud" not in said.lower() and FraudMarker.objects.exists()
    assert "a legal matter is not settled yet" in said
    assert "customers.FraudMarker" in AuditEntry.objects.get(event="erasure.done").details["counts"]


def test_lrd_18_a_suspicion_outlives_a_deletion_and_goes_by_itself_after_six_years():
    mary = make.customer()
    make.fraud_marker(mary, recorded_on=date(2026, 1, 31))
    lines = erasure.erase(mary, today=date(2026, 6, 1), actor="test")
    (line,) = [line for line in lines if line.model == "customers.FraudMarker"]
    assert (line.kept, line.until) == (1, "2032-01-31") and "Art. 17(3)(e)" in line.reason
    night.purge(today=date(2026, 6, 2))
    assert FraudMarker.objects.exists()


def test_lrd_18_an_officer_records_and_settles_a_suspicion_and_nobody_else_sees_it():
    mary, at_desk = make.customer(), desk(colleague(OFFICER))
    url = f"{reverse('admin:record_suspicion')}?person={mary.number}"
    said = {"what": "address", "facts": "Nobody of that name lives there.", "evidence": "carrier's letter"}
    assert at_desk.post(url, said | {"facts": ""}).status_code == 422
    assert at_desk.post(url, said).status_code == 302
    marker = FraudMarker.objects.get()
    assert "lives there" not in str(AuditEntry.objects.get(event="fraud.recorded").details)
    settle = reverse("admin:customers_fraudmarker_settle", args=[marker.pk])
    for role in (AGENT, AUDITOR):
        assert desk(colleague(role)).get(page_of(marker)).status_code == 403
        assert desk(colleague(role)).post(settle, {"outcome": "proven"}).status_code == 403
    at_desk.post(settle, {"outcome": "maybe"})
    assert FraudMarker.objects.get().settled_on is None
    at_desk.post(settle, {"outcome": "unfounded"})
    at_desk.post(settle, {"outcome": "proven"})
    marker.refresh_from_db()
    assert (marker.outcome, marker.facts, marker.evidence) == ("unfounded", "", ""), "what was wrong is gone"


def test_lrd_18_a_suspicion_cannot_be_held_by_name_because_a_hold_is_told():
    mary = make.customer()
    marker = make.fraud_marker(mary, settled_on=None, settled_by="", outcome="")
    with pytest.raises(NotLawful, match="no such record"):
        held(mary, DEBT, scope=restrictions.name_of(marker))
    assert "uspicion" not in str([one.kind.title for one in restrictions.holdable(mary)])


def test_agents_do_not_learn_of_a_suspicion():
    mary = make.customer()
    held(mary, FRAUD)
    make.fraud_marker(mary, settled_on=None, settled_by="", outcome="")
    case = make.case(mary, "access")
    for row in (mary, case):
        assert "fraud" in shown(desk(colleague(OFFICER)), row).lower()
        page = shown(desk(colleague(AGENT)), row).lower()
        assert "a legal matter is not settled yet" in page and "suspected fraud" not in page
    assert desk(colleague(AGENT)).get(page_of(Restriction.objects.get())).status_code == 403


# --- the update ------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_holds_from_before_get_a_day_one_spelling_and_a_history():
    """The migration, over rows as they were, on the engine in use."""
    mary, before = make.customer(), [("privacy", "0022_asked_links")]
    old = MigrationExecutor(connection)
    old.migrate(before)
    rows = old.loader.project_state(before).apps.get_model("privacy", "Restriction").objects
    said = {"data_subject_id": mary.pk, "reason": "x", "imposed_by": "test", "imposed_at": make.LONG_AGO}
    open_one = rows.create(kind="debt", scope="customers.Order:7", **said)
    ended_one = rows.create(
        kind="claim",
        lift_proposed_by="a",
        lift_proposed_at=timezone.now(),
        lifted_by="b",
        lifted_at=timezone.now(),
        **said,
    )
    new = MigrationExecutor(connection)
    new.migrate(new.loader.graph.leaf_nodes())
    row = Restriction.objects.get(pk=open_one.pk)
    assert (row.scope, row.review_on) == ("customers.order:7", timezone.localdate() + timedelta(days=30))
    assert [step.kind for step in restrictions.steps_of(row)] == ["imposed"]
    steps = restrictions.steps_of(Restriction.objects.get(pk=ended_one.pk))
    assert [step.kind for step in steps] == ["imposed", "lift_proposed", "lifted"]
