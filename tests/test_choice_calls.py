"""A new choice reaches the mailing tool and the partner within seconds: signed, once, with nothing they may not get."""

import ast
import base64
import hashlib
import hmac
import io
import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import (
    consent,
    consent_lists,
    erasure,
    guardians,
    jobs,
    preferences,
    restrictions,
    roles,
    suppression,
    traces,
)
from privacy.choice_calls import AT_MOST, ChoiceCall, ChoiceLine, OwnerSearch, owners, saying
from privacy.consent import ConsentEntry
from privacy.csv_files import Table
from privacy.gate import suppression_list
from privacy.inbound import mailbox
from privacy.inbound.undoing import undo
from privacy.purge import purge
from privacy.recipient_notices import RecipientNotice
from privacy.recipients import Disclosure, Recipient
from privacy.suppression import NotHere, Suppression, WhoseIsIt
from privacy.tokens import LinkToken
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make, recipient_machine
from tests.letters import REMOVE, letter
from tests.office import colleague, desk, shown
from tests.races import at_once
from tests.test_architecture import ROOT, sources, tree
from tests.test_children import agreed, child
from tests.test_importers import bring_in as import_customers

pytestmark = pytest.mark.django_db
LABEL = "privacy.choicecall"
TURNS = 40
KEY = b"a secret of 32 bytes, truly so!!"
SECRET = ("whsec_" + base64.b64encode(KEY).decode()).encode()
YES, NO = Decision.GRANTED, Decision.WITHDRAWN


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True, display_name="Mary Zaunkoenig")


@pytest.fixture
def machine(tmp_path, monkeypatch, settings):
    pem = recipient_machine.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.RECIPIENT_HOSTS_INSIDE = ["localhost"]
    with recipient_machine.running(pem) as running:
        yield running


def hearing(name, url="https://tool.example/", **values):
    usual = {
        "hears": "advertising", "fields": ["customer_number", "email"], "notice_url": url, "notice_secret": SECRET,
    }  # fmt: skip
    return make.recipient(name, **(usual | values))


@pytest.fixture
def tool(machine):
    """The shop's mailing tool: works on instructions, and may have numbers and addresses."""
    return hearing("Mailer", machine.url)


@pytest.fixture
def partner(machine):
    """Somebody who gets data only of whoever says yes to that."""
    more = {"hears": "own", "is_necessary": False, "kind": "controller", "group": "partner"}
    return hearing("Moorland", machine.url, **more, fields=["name", "email"])


def choose(person, decision, purpose=Purpose.MARKETING, **values):
    usual = {"source": Source.WEB, "actor": person, "wording": "Words that leave us never.", "page": "shop/checkout"}
    if purpose == Purpose.MARKETING:
        usual |= {"channel": "email", "sender": "own"}
    return consent.decide(person, purpose, decision, **(usual | values))


def lock(person):
    """Her data may be kept and not used from now on."""
    return restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "x", actor="system:test")


def unlock(row):
    """And may be used again: two people agreed, and she was told a week ago."""
    restrictions.propose_lifting(row, actor="one", why="All is right now.")
    if row.was_asked_for:
        restrictions.note_told(row, Source.LETTER, actor="one", now=timezone.now() - timedelta(days=7))
    restrictions.lift(row, actor="two", now=timezone.now())


def send():
    """Every call that is due now leaves."""
    due = ChoiceCall.objects.claimable(timezone.now()).values_list("pk", flat=True)
    return [jobs.work(LABEL, pk) for pk in list(due)]


def bodies(machine):
    return [json.loads(body) for _path, _headers, body in machine.got]


def said(machine):
    """What the machine was told, call after call."""
    return [change for body in bodies(machine) for change in body["changes"]]


def brief(machine):
    return [(one.get("purpose", one["type"]), one["decision"]) for one in said(machine)]


def words(change):
    return {(by["is"], by["value"]) for by in change["person"]}


# --- the mailing tool ------------------------------------------------------------------------------------


def test_clg_03_an_unsubscribe_mail_has_reached_the_mailing_tool_before_its_next_mail(mary, tool, machine):
    choose(mary, YES), send()
    mail = mailbox.accept(letter("mary@example.com"), REMOVE, "mary@example.com", mailbox.InboundEmail.Road.SMTP)
    assert jobs.work("privacy.inboundemail", mail.pk) and send() == [True]
    (_path, headers, body) = machine.got[-1]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert (
        headers["webhook-signature"]
        == "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    )
    changes = bodies(machine)[-1]["changes"]
    mine = next(one for one in changes if one["sender"] == "own")
    assert (mine["purpose"], mine["channel"], mine["decision"]) == ("marketing", "email", "withdrawn")
    assert words(mine) == {("reference", mary.number), ("email", "mary@example.com")}
    assert b"Words" not in body and b"UNSUBSCRIBE" not in body and b"Zaunkoenig" not in body
    assert not ChoiceLine.objects.exists(), "what was told is forgotten"


def test_several_choices_in_one_breath_are_one_call_and_each_once(mary, tool, machine):
    options = preferences.marketing()
    preferences.all_off(mary, options, actor=mary, page="p", wording="w")
    assert send() == [True] and len(options) == len(Channel) * len(Sender)
    told = [(one["channel"], one["sender"]) for one in said(machine) if one["purpose"] == "marketing"]
    assert sorted(told) == sorted((option.channel, option.sender) for option in options)


def test_art_21_an_objection_is_one_call(mary, tool, machine):
    make.case(mary, "objection", identity_confirmed=True)
    assert ChoiceCall.objects.count() == 1 and send() == [True]
    assert len(said(machine)) == len(Channel) * len(Sender)


def test_a_call_stands_or_falls_with_the_change(mary, tool):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), consent.one_breath():
        choose(mary, NO)
        raise ZeroDivisionError
    assert not ChoiceCall.objects.exists() and not ChoiceLine.objects.exists()
    choose(mary, NO)
    assert ChoiceCall.objects.count() == 1, "and the next breath is a new one"


def test_nobody_is_called_of_whom_the_register_does_not_say_so(mary):
    make.recipient("Carrier"), hearing("Off", is_active=False), hearing("Deaf", hears="nothing"), hearing("No", "")
    choose(mary, NO)
    suppression.suppress("mary@example.com", reason="bounce")
    assert not ChoiceCall.objects.exists()


def test_what_is_told_is_what_stands_when_the_call_leaves_and_the_later_call_has_the_higher_number(mary, tool, machine):
    choose(mary, YES)
    choose(mary, NO, occurred_at=timezone.now() - timedelta(days=1))
    first, second = ChoiceCall.objects.order_by("pk")
    assert jobs.work(LABEL, second.pk) and jobs.work(LABEL, first.pk)
    assert brief(machine) == [("marketing", "granted")] * 2, "the older no does not outweigh the yes that came after it"
    numbers = [body["sequence"] for body in bodies(machine)]
    assert numbers == sorted(set(numbers)) and len({body["id"] for body in bodies(machine)}) == 2


def test_a_number_never_goes_back_even_when_clocks_do(mary, tool, machine, time_machine):
    choose(mary, YES), send()
    time_machine.move_to(timezone.now() - timedelta(hours=2))
    choose(mary, NO), send()
    before, after = [body["sequence"] for body in bodies(machine)]
    assert after == before + 1


def test_accepting_a_policy_is_told_to_nobody_as_a_yes(mary, tool, machine):
    choose(mary, YES, source=Source.POLICY_ACCEPTANCE)
    assert send() == [True] and machine.got == []


def test_mad_12_a_field_that_is_not_on_the_list_is_not_in_the_call(mary, tool, machine):
    tool.fields = ["customer_number"]
    tool.save()
    choose(mary, NO), send()
    suppression.suppress("mary@example.com", reason="bounce")
    send()
    assert all(words(one) == {("reference", mary.number)} for one in said(machine)) and len(said(machine)) == 3
    assert not any(b"mary@" in body for _p, _h, body in machine.got)
    tool.fields = ["email"]
    tool.save()
    choose(make.customer("joan@example.com"), YES), send()
    assert words(said(machine)[-1]) == {("email", "joan@example.com")}


def test_art_18_a_yes_of_somebody_whose_data_is_locked_does_not_leave_and_a_no_does(mary, tool, machine):
    choose(mary, YES), send()
    restrictions.impose(mary, restrictions.Restriction.Kind.ARTICLE_18, "x", actor="system:test")
    choose(mary, YES, sender="third_party"), send()
    assert len(said(machine)) == 1, "what is locked may not be used"
    choose(mary, NO), send()
    assert brief(machine)[1:] == [("marketing", "withdrawn")] and words(said(machine)[-1]) >= {
        ("reference", mary.number)
    }


def test_what_could_not_be_told_while_it_was_locked_is_told_when_that_ends(mary, tool, machine):
    row, other = (lock(mary) for _ in range(2))
    choose(mary, YES), send()
    assert said(machine) == []
    unlock(row), send()
    assert said(machine) == [], "the other lock is still there"
    unlock(other), send()
    assert brief(machine) == [("marketing", "granted")] + [("suppression", "lifted")] * len(Sender)
    assert not ChoiceLine.objects.exists()


def test_that_an_address_may_be_written_to_again_is_told_when_the_lock_ends_and_of_a_hold_nothing(mary, tool, machine):
    choose(mary, YES)
    suppression.suppress("mary@example.com", reason="bounce")
    send()
    row = lock(mary)
    suppression.lift("mary@example.com", sender="own")
    send(), machine.got.clear()
    unlock(row), send()
    listing = {one["sender"]: one["decision"] for one in said(machine) if one["type"] == "suppression"}
    assert listing == {"own": "lifted", "third_party": "suppressed"}
    soon = timezone.localdate() + timedelta(days=30)
    debt = restrictions.impose(mary, restrictions.Restriction.Kind.DEBT, "x", actor="t", review_on=soon)
    machine.got.clear(), unlock(debt), send()
    assert machine.got == [], "a hold kept nobody from hearing"


def test_whoever_was_called_late_is_told_as_of_the_call_even_by_a_machine_whose_clock_is_behind(
    mary, tool, machine, time_machine
):
    choose(mary, YES), send()
    choose(mary, NO)
    time_machine.move_to(timezone.now() - timedelta(seconds=5))
    ChoiceCall.objects.update(run_after=timezone.now())
    send()
    assert brief(machine) == [("marketing", "granted"), ("marketing", "withdrawn")]


def test_mad_13_without_an_agreement_a_no_goes_to_whoever_got_data_and_nothing_else_goes(mary, tool, machine):
    joan = make.customer("joan@example.com")
    choose(mary, YES), send()
    Recipient.objects.update(agreement_until=timezone.localdate() - timedelta(days=1))
    for person in (mary, joan):
        choose(person, YES, channel="sms"), choose(person, NO)
    send()
    assert [words(one) for one in said(machine)[1:]] == [{("reference", mary.number), ("email", "mary@example.com")}]


# --- the partner -----------------------------------------------------------------------------------------


def test_clg_10_a_partner_hears_the_yes_to_itself_and_the_no_and_of_nothing_else(mary, partner, machine):
    other = make.recipient("Other", is_necessary=False)
    choose(mary, YES), choose(mary, YES, Purpose.SHARING, recipient=other), choose(mary, NO, Purpose.PROFILING)
    assert not ChoiceCall.objects.exists()
    choose(mary, YES, Purpose.SHARING, recipient=partner), send()
    choose(mary, NO, Purpose.SHARING, recipient=partner), send()
    assert brief(machine) == [("sharing", "granted"), ("sharing", "withdrawn")]
    assert [words(one) for one in said(machine)] == [{("email", "mary@example.com")}] * 2


def test_clg_10_a_partner_that_got_nothing_is_not_told_of_somebody_who_says_no(mary, partner, machine):
    choose(mary, NO, Purpose.SHARING, recipient=partner)
    assert send() == [True] and machine.got == []


def test_a_no_reaches_a_partner_by_what_it_got_and_by_nothing_more(mary, partner, machine):
    make.disclosure(mary, recipient=partner, fields=["name"], reference="M-7", occurred_at=timezone.now())
    choose(mary, NO, Purpose.SHARING, recipient=partner), send()
    assert words(said(machine)[0]) == {("reference", "M-7")}
    assert Disclosure.objects.count() == 1, "nothing new was handed over"


def test_lrd_05_a_no_to_everybody_is_a_no_to_each_that_is_not_needed(mary, partner, machine):
    choose(mary, YES, Purpose.SHARING, recipient=partner), send()
    hearing("Needed", machine.url, hears="own")
    choose(mary, NO, Purpose.SHARING), send()
    assert brief(machine) == [("sharing", "granted"), ("sharing", "withdrawn")]
    choose(mary, YES, Purpose.SHARING), send()
    assert brief(machine)[-1] == ("sharing", "granted"), "the yes to this very partner stands again"


def test_sfb_20_and_21_further_use_and_transfer_are_told_to_those_whom_they_bind(mary, machine):
    far = hearing("Far", machine.url, hears="own", country="US", safeguard="SCC 2021")
    near = hearing("Near", machine.url, hears="own", group="affiliate")
    for one in (far, near):
        make.disclosure(mary, recipient=one, fields=["email"], reference="", occurred_at=timezone.now())
    choose(mary, NO, Purpose.TRANSFER), choose(mary, NO, Purpose.FURTHER_USE)
    assert [call.recipient for call in ChoiceCall.objects.order_by("pk")] == [far, near]
    send()
    assert brief(machine) == [("transfer", "withdrawn"), ("further_use", "withdrawn")]


def test_every_hand_over_stands_in_the_log_once_a_call(mary, tool, machine, time_machine):
    machine.status = 503
    choose(mary, YES), send()
    machine.status = 200
    time_machine.move_to(ChoiceCall.objects.get().run_after + timedelta(seconds=1))
    send()
    row = Disclosure.objects.get()
    assert (row.recipient, row.fields, row.reference) == (tool, ["customer_number", "email"], mary.number)


# --- children --------------------------------------------------------------------------------------------


def decisions(machine):
    """What the last call says: purpose, channel and decision of each choice."""
    return [(one["purpose"], one.get("channel", ""), one["decision"]) for one in bodies(machine)[-1]["changes"]]


def test_art_8_a_guardian_s_yes_and_its_end_are_told_as_the_child_s_yes_begins_and_ends_to_count(
    tool, machine, settings
):
    settings.PROMISE_PACKS = []
    young = child(12, email="jo@example.com")
    choose(young, YES), choose(young, NO, channel="sms"), choose(young, YES, Purpose.PROFILING)
    send()
    assert brief(machine) == [("marketing", "withdrawn")] * 2, "a yes that does not count is none"
    row = agreed(young)
    assert send() == [True] and decisions(machine) == [("marketing", "email", "granted")]
    assert words(said(machine)[-1]) == {("reference", young.number), ("email", "jo@example.com")}
    assert guardians.withdraw(row, actor="test", now=timezone.now())
    assert send() == [True] and decisions(machine) == [("marketing", "email", "withdrawn")]
    assert said(machine)[-1]["occurred_at"] == saying._instant(row.withdrawn_at)
    numbers = [body["sequence"] for body in bodies(machine)]
    assert numbers == sorted(set(numbers)) and len(numbers) == 4
    assert not guardians.withdraw(row, actor="test", now=timezone.now()) and send() == []


def test_while_another_parent_agrees_the_yes_stands_and_of_who_is_of_age_nothing_is_told(tool, machine, settings):
    settings.PROMISE_PACKS = []
    young, of_age = child(12), child(15)  # old enough for a yes of her own in the shop's country
    choose(young, YES), choose(of_age, YES)
    first, second, third = agreed(young), agreed(young, guardian="Kim Sparrow"), agreed(of_age)
    send(), machine.got.clear()
    for row in (third, first):
        guardians.withdraw(row, actor="test", now=timezone.now())
    assert send() == [True] and decisions(machine) == [("marketing", "email", "granted")]
    guardians.withdraw(second, actor="test", now=timezone.now())
    assert send() == [True] and decisions(machine) == [("marketing", "email", "withdrawn")]
    assert all(("reference", young.number) in words(one) for one in said(machine))


def test_sfb_32_where_that_was_promised_advertising_to_whoever_is_16_or_under_hangs_on_a_guardian(
    tool, machine, settings
):
    settings.PROMISE_PACKS = ["connox"]
    old_enough = child(15)
    choose(old_enough, YES)
    row = agreed(old_enough)
    send()
    assert brief(machine) == [("marketing", "granted")] * 2
    guardians.withdraw(row, actor="test", now=timezone.now()), send()
    assert decisions(machine) == [("marketing", "email", "withdrawn")]


def test_art_8_a_partner_hears_that_the_guardian_s_yes_is_gone(partner, machine, settings):
    settings.PROMISE_PACKS = []
    young = child(12, email="jo@example.com")
    row = agreed(young)
    choose(young, YES, Purpose.SHARING, recipient=partner), send()
    guardians.withdraw(row, actor="test", now=timezone.now()), send()
    assert brief(machine) == [("sharing", "granted"), ("sharing", "withdrawn")]
    assert [words(one) for one in said(machine)] == [{("email", "jo@example.com")}] * 2


def test_a_guardian_s_word_and_its_call_stand_or_fall_together(tool):
    young = child(12)
    choose(young, YES)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        agreed(young)
        assert ChoiceCall.objects.count() == 2
        raise ZeroDivisionError
    assert ChoiceCall.objects.count() == 1 and not guardians.GuardianConsent.objects.exists()


def test_a_guardian_s_word_comes_in_by_one_room_alone():
    """So that nobody who writes one down can forget whoever must hear of it; the demo has no machine to call."""
    found = [
        str(path.relative_to(ROOT))
        for path in sources("privacy", "customers")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node).startswith(("GuardianConsent(", "GuardianConsent.objects.create", "guardian_consents"))
    ]
    assert set(found) == {"privacy/guardians.py", "customers/demo/choices.py"}


# --- suppressed addresses --------------------------------------------------------------------------------


def test_a_suppressed_address_is_told_with_whose_it_is_once_and_again_when_it_is_lifted(mary, tool, machine):
    for _ in range(2):
        suppression.suppress("Mary@Example.com", reason="bounce")
    assert send() == [True]
    assert brief(machine) == [("suppression", "suppressed")] * 2
    assert {one["sender"] for one in said(machine)} == {"own", "third_party"}
    assert words(said(machine)[0]) == {("reference", mary.number), ("email", "mary@example.com")}
    suppression.lift("mary@example.com", sender="own")
    send()
    assert brief(machine)[2:] == [("suppression", "lifted")] and said(machine)[-1]["sender"] == "own"


def test_a_stranger_s_address_goes_to_the_mailing_tool_that_may_get_addresses_alone(tool, partner, machine):
    suppression.suppress("stranger@example.org", reason="objection")
    assert ChoiceCall.objects.get().recipient == tool and send() == [True]
    assert words(said(machine)[0]) == {("email", "stranger@example.org")}
    tool.fields = ["customer_number"]
    tool.save()
    suppression.suppress("another@example.org", reason="objection")
    assert send() == [True] and len(machine.got) == 1


def test_sfb_26_nobody_is_given_a_preference_service_s_list_but_what_is_on_it_of_our_people(mary, tool, machine):
    text = "address,service\nmary@example.com,eps\nstranger@example.org,eps\n+44 1632 960555,tps\n"
    suppression_list.bring_in(Table(io.BytesIO(text.encode())), actor="t", report=print, now=timezone.now())
    assert send() == [True]
    assert {value for one in said(machine) for _is, value in words(one)} == {mary.number, "mary@example.com"}


# --- numbers and postal addresses ------------------------------------------------------------------------


@pytest.fixture
def joan():
    """Said yes to calls and post a year ago."""
    person = make.customer("joan@example.com", display_name="Joan O'Hara", phone="01632 960555")
    make.address(person, postcode="NR3 1AB")
    for channel in ("phone", "post"):
        choose(person, YES, channel=channel, occurred_at=timezone.now() - timedelta(days=365))
    return person


def bring_in(text):
    return suppression_list.bring_in(Table(io.BytesIO(text.encode())), actor="t", report=print, now=timezone.now())


def search():
    """Every search for owners that is due; the calls that come of it leave."""
    for pk in OwnerSearch.objects.claimable(timezone.now()).values_list("pk", flat=True):
        assert jobs.work("privacy.ownersearch", pk)
    return send()


def listings(machine):
    return sorted((one["channel"], one["sender"], one["decision"]) for one in said(machine) if "purpose" not in one)


def test_sfb_26_a_listing_by_phone_or_post_is_told_of_whom_it_keeps_from_being_called_or_written_to(
    joan, tool, machine
):
    send(), machine.got.clear()
    day = timezone.localdate()
    bring_in(f"address,service,since\n+44 1632 960555,tps,{day}\n+44 1632 960556,tps,{day}\n")
    bring_in(f'name,postcode,service,since\n"Mrs J. OHara",nr31ab,mps,{day}\nBo Diddley,NR3 1AB,mps,{day}\n')
    assert search() == [True] and not ChoiceLine.objects.exists()
    assert listings(machine) == [("phone", "own", "suppressed"), ("post", "own", "suppressed")]
    assert all(words(one) == {("reference", joan.number), ("email", "joan@example.com")} for one in said(machine))
    by_phone = next(one for one in said(machine) if one["channel"] == "phone")
    first = datetime.fromisoformat(by_phone["occurred_at"]).date()
    assert first == day + timedelta(days=28), "the tool may call until then"
    assert bring_in(f"address,service,since\n01632960555,tps,{day}\n")["known"] == 1
    assert search() == [], "what stands there already is no news"


def test_a_listing_that_changes_nothing_is_told_to_nobody(joan, tool, machine):
    someone = make.customer("sam@example.com", phone="01632 960777")  # never said yes to calls
    later = make.customer("lea@example.com", phone="01632 960888")
    choose(later, YES, channel="phone")  # after her listing, and to this very shop
    send(), machine.got.clear()
    before = timezone.localdate() - timedelta(days=90)
    bring_in(f"address,service,since\n01632960777,tps,{before}\n01632960888,tps,{before}\n01632960555,tps,{before}\n")
    search()
    told = {value for one in said(machine) for is_, value in words(one) if is_ == "reference"}
    assert told == {joan.number} and not {someone.number, later.number} & told


def test_a_number_on_our_own_list_is_told_of_whoever_has_it_and_a_stranger_s_to_whom_may_get_numbers(
    joan, tool, machine
):
    household = make.customer("tom@example.com", phone="+44 1632 960555")
    send(), machine.got.clear()
    bring_in("address,channel,reason\n01632960555,phone,objection\n01632960999,phone,objection\n")
    search()
    told = {value for one in said(machine) for _is, value in words(one)}
    assert told == {joan.number, "joan@example.com", household.number, "tom@example.com"}
    assert listings(machine) == [("phone", "own", "suppressed")] * 2 + [("phone", "third_party", "suppressed")] * 2
    machine.got.clear()
    tool.fields = ["customer_number", "phone"]
    tool.save()
    bring_in("address,channel,reason\n01632960998,phone,objection\n01632960555,sms,objection\n")
    search()
    assert {value for one in said(machine) for _is, value in words(one)} == {
        "01632960998", joan.number, household.number,
    }  # fmt: skip
    suppression.lift("01632 960555", channel="phone")
    machine.got.clear()
    search()
    assert listings(machine) == [("phone", "own", "lifted")] * 2 and not ChoiceLine.objects.exists()


def test_a_postal_address_on_our_own_list_is_told_of_its_owner_and_a_stranger_s_to_nobody(joan, tool, machine):
    send(), machine.got.clear()
    bring_in("name,postcode,channel,reason\nJoan O'Hara,NR3 1AB,post,objection\nBo Diddley,NR3 1AB,post,objection\n")
    search()
    assert {value for one in said(machine) for _is, value in words(one)} == {joan.number, "joan@example.com"}
    assert {channel for channel, _sender, _decision in listings(machine)} == {"post"}


def test_one_search_takes_everything_that_waits_and_one_that_was_broken_off_begins_again(
    joan, tool, machine, monkeypatch
):
    send(), machine.got.clear()
    for number in ("01632960555", "01632960111", "01632960112"):
        suppression.suppress(number, reason="objection", channel="phone")
    assert OwnerSearch.objects.count() == 3 and ChoiceLine.objects.count() == 6
    first = OwnerSearch.objects.order_by("pk").first()
    with monkeypatch.context() as broken:
        broken.setattr(OwnerSearch, "_told", lambda *_args: 1 / 0)
        jobs.work("privacy.ownersearch", first.pk)
    assert ChoiceLine.objects.filter(search=first).count() == 6 and machine.got == []
    OwnerSearch.objects.update(run_after=timezone.now())
    search()
    assert listings(machine) == [("phone", "own", "suppressed"), ("phone", "third_party", "suppressed")]
    assert not ChoiceLine.objects.exists() and set(OwnerSearch.objects.values_list("job_state", flat=True)) == {"done"}


def test_everybody_is_looked_at_however_many_they_are_and_each_owner_is_told_of_once(joan, tool, machine, monkeypatch):
    monkeypatch.setattr(owners, "BATCH", 2)
    people = [joan, *(make.customer(f"p{n}@example.com", phone="01632 960555") for n in range(4)), make.customer()]
    send(), machine.got.clear()
    suppression.suppress("01632960555", reason="objection", channel="phone", senders=["own"])
    search()
    told = [by["value"] for one in said(machine) for by in one["person"] if by["is"] == "reference"]
    assert sorted(told) == sorted(person.number for person in people[:-1])
    assert OwnerSearch.objects.get().looked_at == len(people)


def test_art_17_a_number_that_waits_for_its_owner_is_told_of_nobody_who_was_erased(joan, tool, machine):
    send(), machine.got.clear()
    suppression.suppress(joan.phone, reason="objection", channel="phone")
    erasure.erase(joan, today=timezone.localdate(), actor="system:test")
    search()
    assert not any(joan.number in str(change) for change in said(machine) if change["type"] == "suppression")


def test_art_18_what_is_listed_by_phone_and_post_is_told_when_a_lock_ends(joan, tool, machine):
    row = lock(joan)
    suppression.suppress(joan.phone, reason="objection", channel="phone", senders=["own"])
    search(), machine.got.clear()
    unlock(row), send()
    told = {(channel, decision) for channel, sender, decision in listings(machine) if sender == "own"}
    assert told == {("email", "lifted"), ("phone", "suppressed"), ("post", "lifted"), ("sms", "lifted")}


# --- on the way ------------------------------------------------------------------------------------------


def test_a_machine_that_is_down_is_called_again_with_the_same_id_then_a_person_looks(mary, tool, machine, time_machine):
    pauses: list[Any] = []
    machine.status = 503
    choose(mary, NO)
    for _ in range(7):
        if pauses:
            time_machine.move_to(ChoiceCall.objects.get().run_after + timedelta(seconds=1))
        send()
        pauses.append(ChoiceCall.objects.get().run_after - timezone.now())
    assert pauses == sorted(pauses) and len(machine.got) == 7
    assert {headers["webhook-id"] for _p, headers, _b in machine.got} == {ChoiceCall.objects.get().key}
    assert ChoiceCall.objects.needing_attention().count() == 1 and ChoiceLine.objects.exists()
    machine.status = 200
    assert jobs.again(ChoiceCall.objects.get(), now=timezone.now()) and send() == [True]
    assert not ChoiceLine.objects.exists()


@pytest.mark.parametrize(("status", "why"), [(404, "TurnedAway"), (307, "Redirected")])
def test_f38_what_the_machine_refuses_and_a_redirect_go_to_a_person_at_once(mary, tool, machine, status, why):
    machine.status, machine.headers = status, {"Location": machine.url + "/elsewhere"}
    choose(mary, NO), send()
    call = ChoiceCall.objects.get()
    assert (call.job_state, call.last_error, len(machine.got)) == ("needs_attention", why, 1)
    assert "mary" not in str(vars(call)).lower()


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_once(mary, tool, machine):
    choose(mary, NO)
    call = ChoiceCall.objects.get()
    assert sorted(at_once(5, lambda: jobs.work(LABEL, call.pk))) == [False] * 4 + [True]
    assert len(machine.got) == 1


@pytest.mark.django_db(transaction=True)
def test_two_calls_to_one_recipient_are_numbered_and_read_one_after_another_and_nobody_who_chooses_waits(
    mary, tool, machine, monkeypatch
):
    monkeypatch.setattr(saying, "_instant", datetime.isoformat)
    choose(mary, YES, occurred_at=timezone.now() - timedelta(hours=1)), choose(mary, YES)
    first, second = ChoiceCall.objects.order_by("pk")
    numbered, go_on, gather = threading.Event(), threading.Event(), saying.gather

    def slowly(*said, **as_of):
        """The first that has its number reads late."""
        if not numbered.is_set():
            numbered.set()
            go_on.wait(30)
        return gather(*said, **as_of)

    monkeypatch.setattr(saying, "gather", slowly)
    one = threading.Thread(target=in_a_thread, args=(first,))
    other = threading.Thread(target=in_a_thread, args=(second,))
    one.start()
    numbered.wait(30)
    other.start()
    other.join(1)
    if connection.vendor == "postgresql":  # SQLite lets one write at a time, whoever it is
        choose(mary, NO)
    go_on.set()
    one.join()
    other.join()
    told = sorted((body["sequence"], body["changes"][0]["occurred_at"]) for body in bodies(machine))
    assert len(told) == 2 and [at for _number, at in told] == sorted(at for _number, at in told)
    assert told[-1][1] == ConsentEntry.objects.latest("occurred_at").occurred_at.isoformat()


def in_a_thread(call):
    """With a connection of its own."""
    try:
        jobs.work(LABEL, call.pk)
    finally:
        connection.close()


def turning(mary, times):
    """She changes her mind again and again; each time is a call."""
    for turn in range(times):
        choose(mary, (NO, YES)[turn % 2])
    return "she"


def carrying(total):
    """A worker that takes whatever is due until all of it is done."""
    until = timezone.now() + timedelta(seconds=60)
    while ChoiceCall.objects.filter(job_state="done").count() < total and timezone.now() < until:
        send()
    return "worker"


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_race_the_later_number_knows_at_least_as_much_and_no_number_says_two_things(
    mary, tool, machine, monkeypatch
):
    monkeypatch.setattr(saying, "_instant", datetime.isoformat)  # to the microsecond, to tell every change of mind
    parts = [lambda: turning(mary, TURNS)] + [lambda: carrying(TURNS)] * 4

    def play():
        return parts.pop()()

    assert sorted(at_once(5, play)) == ["she"] + ["worker"] * 4
    told = sorted((body["sequence"], body["changes"][0]["occurred_at"], body["id"]) for body in bodies(machine))
    assert len(told) == len({number for number, _at, _id in told}) == TURNS
    instants = [at for _number, at, _id in told]
    assert instants == sorted(instants), "whoever keeps the highest number ends with what she said last"
    assert instants[-1] == ConsentEntry.objects.latest("occurred_at").occurred_at.isoformat()


def test_whoever_no_longer_hears_gets_nothing_that_waited(mary, tool, machine):
    choose(mary, NO)
    Recipient.objects.update(hears="nothing")
    assert send() == [True] and machine.got == [] and not ChoiceLine.objects.exists()


# --- many at once ----------------------------------------------------------------------------------------


def test_a_file_of_choices_makes_calls_of_at_most_500_changes(tool, machine):
    people = [make.customer(f"p{number}@example.com") for number in range(9)]
    rows = "".join(f"{person.number},no\n" for person in people)
    consent_lists.bring_in(
        Table(io.BytesIO(f"customer,decision\n{rows}".encode())), actor="t", report=print, now=timezone.now()
    )
    assert ConsentEntry.objects.count() == ChoiceLine.objects.count() == 72 and ChoiceCall.objects.count() == 1
    ConsentEntry.objects.bulk_create(
        ConsentEntry(data_subject=people[0], purpose="marketing", channel="email", sender=f"s{number}", decision=NO,
                     source="web", actor="t", occurred_at=timezone.now())
        for number in range(2 * AT_MOST + 1)
    )  # fmt: skip
    sizes = [call.lines.count() for call in ChoiceCall.objects.order_by("pk")[1:]]
    assert sizes == [AT_MOST, AT_MOST, 1]
    assert send() == [True] * 4
    assert len({value for one in bodies(machine)[0]["changes"] for is_, value in words(one) if is_ == "reference"}) == 9


def test_customers_that_come_from_a_file_with_their_choices_are_told(tool, machine):
    counts, _said = import_customers(
        "name,email,consent_email,consent_on,consent_evidence\nJo,jo@example.com,yes,2024-03-04,card 17\n"
    )
    assert counts.consents == 1 and send() == [True]
    assert brief(machine) == [("marketing", "granted")] and ("email", "jo@example.com") in words(said(machine)[0])


# --- no way round ----------------------------------------------------------------------------------------

WRITES = {"bulk_create", "create", "get_or_create", "update_or_create", "bulk_update", "_raw_delete", "abulk_create"}


def test_every_door_of_the_ledger_tells(mary, tool):
    usual = {
        "data_subject": mary, "purpose": "marketing", "channel": "email", "sender": "own", "decision": NO,
        "source": "web", "actor": "t", "occurred_at": timezone.now(),
    }  # fmt: skip
    doors = [
        lambda: ConsentEntry(**usual).save(),
        lambda: ConsentEntry.objects.create(**usual),
        lambda: ConsentEntry.objects.get_or_create(**usual | {"page": "new"}),
        lambda: ConsentEntry.objects.bulk_create([ConsentEntry(**usual)]),
        lambda: ConsentEntry._base_manager.bulk_create([ConsentEntry(**usual)]),
        lambda: mary.consent_entries.create(**usual),
        lambda: choose(mary, NO),
    ]
    for number, door in enumerate(doors, 1):
        door()
        assert (ChoiceCall.objects.count(), ConsentEntry.objects.count()) == (number, number)


def test_every_door_of_the_suppression_list_tells_or_is_shut(tool):
    row = {"hash": "0" * 64, "channel": "email", "sender": "own", "reason": "bounce"}
    with pytest.raises(WhoseIsIt):
        Suppression.objects.bulk_create([Suppression(**row)])
    for shut in (
        lambda: Suppression(**row).save(),
        lambda: Suppression.objects.create(**row),
        lambda: Suppression.objects.all().delete(),
        lambda: Suppression.objects.update(sender="own"),
        lambda: Suppression(**row, pk=1).delete(),
    ):
        with pytest.raises(NotHere):
            shut()
    suppression.suppress("a@example.com", reason="bounce")
    suppression.suppress_all([("b@example.com", Channel.EMAIL)], reason="objection", since=timezone.now())
    assert ChoiceCall.objects.count() == 2
    suppression.suppress_hash("1" * 64, channel="email", reason="bounce")
    assert ChoiceCall.objects.count() == 2, "of a hash alone nobody could be told"


def test_nobody_writes_to_either_table_past_its_doors():
    """By the ORM's own back doors, by statements built for speed, or by SQL."""
    found = []
    for path in sources("privacy", "customers"):
        where = str(path.relative_to(ROOT))
        for node in ast.walk(tree(path)):
            text = ast.unparse(node) if isinstance(node, ast.Call) else ""
            is_by_speed = text.startswith(("Insertion(ConsentEntry", "Insertion(Suppression", "Rewriting(ConsentEntry"))
            if is_by_speed or ("save_base(" in text and "Suppression" in text):
                found.append(where)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said = node.value.lower()
                if "insert" in said and ("privacy_consententry" in said or "privacy_suppression" in said):
                    found.append(where)
    assert found == []


def test_what_a_person_undoes_by_the_receipt_s_link_is_one_call(mary, tool, machine):
    choose(mary, YES), choose(mary, YES, sender="third_party"), send()
    mail = mailbox.accept(letter("mary@example.com"), REMOVE, "mary@example.com", mailbox.InboundEmail.Road.SMTP)
    jobs.work("privacy.inboundemail", mail.pk), send()
    assert undo(LinkToken.objects.get(kind="undo")) and ChoiceCall.objects.filter(job_state="new").count() == 1
    send()
    assert [one["decision"] for one in bodies(machine)[-1]["changes"]] == ["granted", "granted"]


# --- and then it is gone ---------------------------------------------------------------------------------


def test_art_17_what_waits_is_gone_with_the_person_and_whoever_was_told_is_told_to_delete(mary, tool, machine):
    choose(mary, YES), send()
    machine.status = 503
    choose(mary, NO)
    suppression.suppress("mary@example.com", reason="objection")
    send()
    stranger = "mary.old@example.com"
    suppression.suppress(stranger, reason="bounce")
    make.email_address(mary, stranger)
    assert ChoiceLine.objects.count() == 5
    assert {trace.where for trace in traces.find(stranger)} >= {"database:privacy_choiceline"}
    erasure.erase(mary, today=timezone.localdate(), actor="system:test")
    assert not ChoiceLine.objects.exists()
    assert "privacy_choiceline" not in str([trace.where for trace in traces.find(stranger, "mary@example.com")])
    assert RecipientNotice.objects.get().recipient == tool, "who was told of her choices is told of her erasure"
    machine.got.clear()
    ChoiceCall.objects.update(run_after=timezone.now())
    send()
    assert machine.got == [] and set(ChoiceCall.objects.values_list("job_state", flat=True)) == {"done"}


def test_a_call_that_was_done_goes_after_30_days_and_one_that_waits_keeps_its_lines(mary, tool, machine, time_machine):
    choose(mary, YES), send()
    machine.status = 404
    choose(mary, NO), send()
    time_machine.move_to(timezone.now() + timedelta(days=31))
    purge(today=timezone.localdate())
    assert ChoiceLine.objects.count() == 1, "nobody has told the no yet"
    machine.status = 200
    choose(mary, NO, channel="sms"), send()
    assert ChoiceCall.objects.count() == 2 and not ChoiceCall.objects.filter(job_state="done", lines__isnull=False)


# --- the register ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"notice_url": ""}, {"notice_secret": b""}, {"is_active": False}, {"agreement_until": None},
        {"kind": "controller"}, {"fields": ["name"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_nobody_can_be_entered_who_may_not_hear(wrong):
    to = hearing("Mailer")
    to.full_clean()
    for name, value in wrong.items():
        setattr(to, name, value)
    with pytest.raises(ValidationError) as caught:
        to.full_clean()
    assert "hears" in caught.value.message_dict


def test_the_office_shows_how_far_the_calls_are_and_which_need_a_person(mary, tool, machine):
    officer = desk(colleague(roles.OFFICER))
    assert "None yet." in shown(officer, tool)
    choose(mary, YES), send()
    machine.status = 404
    choose(mary, NO), send()
    choose(mary, YES)
    said_there = shown(officer, tool)
    assert "Waiting: 1. In need of a person: 1." in said_there and mary.number not in said_there
    jobs_there = officer.get(reverse("admin:jobs")).content.decode()
    assert "call to a recipient about choices" in jobs_there and "TurnedAway" in jobs_there
    assert officer.get(reverse("admin:privacy_recipient_add")).status_code == 200
    auditor = shown(desk(colleague(roles.AUDITOR)), tool)
    assert "every choice about advertising" in auditor and "<select" not in auditor


def test_a_canary_s_choices_are_nobody_s_business(tool, machine, settings):
    nobody = make.customer("word@canary.example")
    type(nobody).objects.filter(pk=nobody.pk).update(number=f"{settings.CANARY_NUMBERS_BEGIN}12345")
    choose(nobody, NO)
    suppression.suppress("word@canary.example", reason="bounce")
    assert all(send()) and machine.got == []
