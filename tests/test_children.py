"""Children: no order without a guardian, no contests, nothing kept without a yes; by the age on the day."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.models import ContestEntry, Customer, Order
from privacy import alarms, audit, children, gate, guardians, purposes, tasks
from privacy.alarms import DeadlineAlarm
from privacy.notices import OutgoingEmail
from privacy.promises import CONTROLS, State
from privacy.purge import NotAgreed, PurgeRun, agreeing, last_begun, stopping
from privacy.roles import OFFICER
from privacy.vocabulary import Purpose
from tests import make
from tests.office import colleague, desk
from tests.portal import sign_in
from tests.test_importers import bring_in
from tests.test_portal_data import identity

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def child(age=12, **values):
    """Of this age, give or take some days."""
    return make.customer(date_of_birth=timezone.localdate() - timedelta(days=int(age * 365.25) + 9), **values)


def agreed(person, **values):
    """By the door itself."""
    usual = {
        "guardian": "Robin Sparrow", "relation": "parent", "contact": "robin@example.com", "evidence": "signed letter",
        "given_at": timezone.now() - DAY, "actor": "test", "now": timezone.now(),
    }  # fmt: skip
    return guardians.record(person, **(usual | values))


# --- orders and contests ---------------------------------------------------------------------------------------


def test_sfb_29_no_order_of_16_or_under_without_a_parent_or_guardian():
    young, grown = child(16), child(17)
    make.order(grown)
    with pytest.raises(ValidationError, match="parent or guardian"):
        make.order(young)
    row = agreed(young)
    order = make.order(young)
    order.state = Order.State.SHIPPED
    order.save()
    assert guardians.withdraw(row, actor="test", now=timezone.now())
    with pytest.raises(ValidationError, match="parent or guardian"):
        make.order(young)
    order.state = Order.State.COMPLETED
    order.save()  # what was ordered with leave goes on


def test_sfb_30_what_no_order_needs_is_not_taken_of_a_child_by_any_door(settings):
    with pytest.raises(ValidationError, match="only what an order needs"):
        child(12, size="33")
    young, grown = child(16, login=True), child(17, size="39", sex="f")
    assert (young.size, grown.size) == ("", "39")
    client = sign_in(young)
    page = client.post("/account/correct/identity/", identity(young, size="33", phone="+44 7700 900123"))
    assert "only what an order needs" in page.content.decode()
    young.refresh_from_db()
    assert (young.size, young.phone) == ("", "")
    born = young.date_of_birth
    counts, why = bring_in(f"name,email,date_of_birth,size\nA,a@example.com,{born},33\nB,b@example.com,{born},\n")
    assert counts.imported == 1 and "only what an order needs" in why[2]
    settings.PROMISE_PACKS = []
    child(12, size="33")
    assert children.with_extras(timezone.now()) == 1


def test_sfb_30_what_was_there_before_stops_no_other_correction_and_is_found_at_night(settings):
    settings.PROMISE_PACKS = []
    young = child(12, size="33", login=True)
    settings.PROMISE_PACKS = ["connox"]
    client = sign_in(young)
    client.post("/account/correct/identity/", identity(young, phone="+44 7700 900123"))
    young.refresh_from_db()
    assert (young.size, young.phone) == ("33", "+44 7700 900123")
    assert CONTROLS["children-no-extras"].look(timezone.now()).state == State.BROKEN
    client.post("/account/correct/identity/", identity(young, size=""))
    assert CONTROLS["children-no-extras"].look(timezone.now()).state == State.KEPT


def test_a_day_of_birth_given_as_text_counts_before_the_person_was_read_back():
    as_text = make.customer(date_of_birth="1984-05-06")
    assert isinstance(as_text.date_of_birth, str)
    make.order(as_text)
    with pytest.raises(ValidationError, match="parent or guardian"):
        make.order(make.customer(date_of_birth=child().date_of_birth.isoformat()))


@pytest.mark.parametrize("enter", [make.contest_entry, make.prize_draw_entry, make.vote])
def test_sfb_31_no_contest_draw_or_vote_not_even_with_a_guardian(enter):
    young = child(16)
    agreed(young)
    with pytest.raises(ValidationError, match="not for children"):
        enter(young)
    assert enter(child(17)).pk
    assert not ContestEntry.objects.filter(customer=young).exists()


def test_the_code_binds_only_a_shop_that_has_taken_it_on(settings):
    settings.PROMISE_PACKS = ["cloggs"]
    young = child(15)
    make.order(young)
    make.contest_entry(young)


# --- the guardian's word ---------------------------------------------------------------------------------------


def test_a_consent_is_written_down_with_its_proof_and_once_taken_back_stays_so():
    young = child()
    row = agreed(young, given_at=timezone.now() + 9 * DAY)
    assert row.given_at <= timezone.now(), "a day that has not come counts as now"
    assert (row.guardian, row.relation, row.evidence) == ("Robin Sparrow", "parent", "signed letter")
    assert guardians.withdraw(row, actor="test", now=timezone.now())
    assert not guardians.withdraw(row, actor="test", now=timezone.now())
    events = audit.AuditEntry.objects.filter(event__startswith="guardian.").values_list("event", flat=True)
    assert list(events) == ["guardian.agreed", "guardian.withdrew"]
    assert "Sparrow" not in str(list(audit.AuditEntry.objects.values()))


# --- the gate --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", Purpose)
def test_sfb_30_data_of_a_child_serves_her_order_and_nothing_else_whoever_said_yes(slug):
    young, grown, purpose = child(16), child(17), purposes.Purpose.objects.get(slug=slug)
    agreed(young)
    for person in (young, grown):
        make.grant(person, slug, channel="", sender="", occurred_at=timezone.now())
    needed = {"order", "service", "legal_duty", "privacy_rights", "security", "fraud_prevention"}
    assert gate.may_use(grown, purpose).allowed
    assert gate.may_use(young, purpose).allowed is (slug in needed)
    if slug not in needed:
        assert any("Connox with SafeBuy" in reason for reason in gate.may_use(young, purpose).reasons)


def test_sfb_30_of_a_child_only_who_is_needed_for_the_order_gets_anything(settings):
    young, carrier, partner = child(16), make.recipient(), make.recipient("Partner", is_necessary=False)
    make.grant(young, Purpose.SHARING, recipient=partner, occurred_at=timezone.now())
    assert gate.may_share(young, carrier, ["name"]).allowed
    assert "SFB-30, Connox with SafeBuy" in gate.may_share(young, partner, ["name"]).reasons[0]
    settings.PROMISE_PACKS = []
    assert gate.may_share(young, partner, ["name"]).allowed


def test_a_childs_own_yes_to_sharing_and_profiling_counts_from_the_age_of_her_country(settings):
    settings.PROMISE_PACKS = []
    partner, profiling = make.recipient(is_necessary=False), purposes.Purpose.objects.get(slug="profiling")
    answers = {}
    for country in ("GB", "DE"):
        young = child(14)
        make.address(young, country=country)
        make.grant(young, Purpose.SHARING, recipient=partner, occurred_at=timezone.now())
        make.grant(young, Purpose.PROFILING, occurred_at=timezone.now())
        answers[country] = (gate.may_share(young, partner, ["name"]).allowed, gate.may_use(young, profiling).allowed)
    assert answers == {"GB": (True, True), "DE": (False, False)}


@pytest.mark.parametrize("age", [10, 15, 40])
def test_a_child_costs_no_more_queries_than_anybody(age, django_assert_max_num_queries):
    person, carrier = child(age), make.recipient()
    make.grant(person, occurred_at=timezone.now())
    make.address(person)
    with django_assert_max_num_queries(3):
        gate.may_contact(person, "email")
    with django_assert_max_num_queries(2):
        gate.may_share(person, carrier, ["name"])


# --- strict mode -----------------------------------------------------------------------------------------------


def test_sfb_32_strict_mode_erases_a_child_without_a_guardian_and_nobody_else(settings):
    settings.CHILDREN_STRICT = True
    alone, cared_for, grown, unknown = child(16), child(16), child(17), make.customer()
    agreed(cared_for)
    make.address(alone, lines="Canary Street 1")
    assert set(children.without_guardian(timezone.now())) == {alone}
    assert tasks.erase_children() == 1
    gone = Customer.objects.get(pk=alone.pk)
    assert gone.erased_at and gone.date_of_birth is None and not gone.addresses.exists()
    assert not Customer.objects.exclude(pk=alone.pk).filter(erased_at__isnull=False).exists()
    assert cared_for.pk and grown.pk and unknown.pk
    assert OutgoingEmail.objects.filter(template="erasure_done").count() == 1
    assert tasks.erase_children() == 0


def test_without_strict_mode_nothing_is_erased():
    child(15)
    assert children.erase_found(timezone.now()) == children.Found()
    assert children.without_guardian(timezone.now()).count() == 1


def test_strict_mode_spares_what_is_held_and_stops_where_purges_are_stopped(settings):
    settings.CHILDREN_STRICT = True
    held = child(15)
    make.restriction(held, "claim", lifted_at=None, lifted_by="", lift_proposed_by="")
    assert children.erase_found(timezone.now()) == children.Found(held=1)
    child(15)
    stopping.stop(actor="test", now=timezone.now())
    assert children.erase_found(timezone.now()) == children.Found()


@pytest.fixture
def braked(settings):
    """Three children where two may go unasked."""
    settings.CHILDREN_STRICT, settings.PURGE_BRAKE_MINIMUM = True, 2
    for _ in range(3):
        child(15)
    assert children.erase_found(timezone.now()) == children.Found(braked=3)
    return PurgeRun.every.get()


def test_more_children_than_a_purge_may_take_means_wrong_days_of_birth_until_two_people_say_otherwise(braked):
    assert (braked.what, braked.outcome, list(braked.losses.values())) == ("children", "refused", [[3, 3]])
    assert audit.AuditEntry.objects.filter(event="purge.refused").count() == 1
    assert children.erase_found(timezone.now()) == children.Found(braked=3)
    assert PurgeRun.every.count() == 1, "every hour finds the same, and asks once"
    agreeing.propose(braked, actor="ines", reason="A school's list, looked at.", now=timezone.now())
    assert tasks.erase_children() == 0, "one person is not enough"
    with pytest.raises(NotAgreed, match="Two different people"):
        agreeing.agree(braked, actor="ines", now=timezone.now())
    agreeing.agree(braked, actor="tomasz", now=timezone.now())
    tasks.purge_agreed()
    assert Customer.objects.filter(erased_at=None).count() == 0
    done = PurgeRun.every.exclude(pk=braked.pk).get()
    assert (done.what, done.outcome, done.let_pass, done.removed) == ("children", "done", braked, 3)
    tasks.purge_agreed()
    assert PurgeRun.every.count() == 2


def test_two_people_agree_to_these_children_and_not_to_more(braked):
    agreeing.propose(braked, actor="ines", reason="Looked at.", now=timezone.now())
    agreeing.agree(braked, actor="tomasz", now=timezone.now())
    child(15)
    assert children.erase_found(timezone.now()) == children.Found(braked=4)
    newer = PurgeRun.every.first()
    agreeing.propose(newer, actor="ines", reason="Looked at.", now=timezone.now())
    agreeing.turn_down(newer, actor="tomasz", now=timezone.now())
    assert children.erase_found(timezone.now()) == children.Found(braked=4)
    assert PurgeRun.every.count() == 2, "and a no is heard for the rest of the day"
    assert Customer.objects.filter(erased_at=None).count() == 4


def test_held_children_do_not_pull_the_brake_and_the_switch_stops_what_was_agreed(braked, monkeypatch):
    first = Customer.objects.order_by("pk").first()
    make.restriction(first, "claim", lifted_at=None, lifted_by="", lift_proposed_by="")
    child(15)
    agreeing.propose(braked, actor="ines", reason="Looked at.", now=timezone.now())
    agreeing.agree(braked, actor="tomasz", now=timezone.now())
    erase = children.erasure.erase

    def and_stop(*args, **values):
        stopping.stop(actor="ines", now=timezone.now())
        return erase(*args, **values)

    monkeypatch.setattr(children.erasure, "erase", and_stop)
    assert children.erase_found(timezone.now()) == children.Found(erased=1, held=1)
    assert PurgeRun.every.first().outcome == "stopped"


def test_the_purge_of_the_night_and_that_of_children_do_not_answer_for_each_other(braked):
    assert not PurgeRun.objects.exists() and last_begun() is None
    assert "purge" not in {one.what for one in DeadlineAlarm.objects.all()}
    agreeing.propose(braked, actor="ines", reason="Looked at.", now=timezone.now())
    agreeing.agree(braked, actor="tomasz", now=timezone.now())
    assert not agreeing.waiting_to_run(timezone.localdate())
    tasks.purge()
    assert PurgeRun.objects.get().let_pass is None and children.without_guardian(timezone.now()).count() == 3


def test_the_brake_raises_an_alarm_at_once_and_two_officers_agree_in_the_office(braked):
    assert alarms.raise_alarms(timezone.now()) == 1 and alarms.raise_alarms(timezone.now()) == 0
    alarm = DeadlineAlarm.objects.get()
    assert (alarm.kind, alarm.due_on) == ("braked", braked.today)
    assert OutgoingEmail.objects.filter(template="deadline_alarms").count() == 1
    ines, tomasz = desk(colleague(OFFICER)), desk(colleague(OFFICER))
    page = f"/admin/privacy/purgerun/{braked.pk}/change/"
    assert page in ines.get(f"/admin/privacy/deadlinealarm/{alarm.pk}/change/").content.decode()
    said, young = ines.get(page).content.decode(), Customer.objects.order_by("pk").first()
    assert "3 of 3 children" in said and f"customers.customer:{young.pk}" in said and "Propose to let it pass" in said
    assert "children" in ines.get("/admin/privacy/purgerun/").content.decode()
    ines.post(page.replace("change", "propose"), {"reason": "A school's list."})
    tomasz.post(page.replace("change", "agree"))
    tasks.purge_agreed()
    assert Customer.objects.filter(erased_at=None).count() == 0
    assert "done" in ines.get(f"/admin/privacy/purgerun/{PurgeRun.every.first().pk}/change/").content.decode().lower()


def test_on_her_17th_birthday_she_is_no_child_any_more():
    person = make.customer(date_of_birth="2009-11-28")
    with time_machine.travel("2026-11-27T12:00:00Z", tick=False):
        assert list(children.known(timezone.now())) == [person]
    with time_machine.travel("2026-11-28T12:00:00Z", tick=False):
        assert not children.known(timezone.now()).exists()
