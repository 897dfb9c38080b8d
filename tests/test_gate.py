"""The gate: who may be written to, who may be given what, and the sentences why."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import consent, gate, policies, purposes, restrictions, suppression
from privacy.csv_files import Table
from privacy.gate import ages, asking, mailing_list
from privacy.personal_data import declarations
from privacy.recipients import orders
from privacy.vocabulary import Channel, Decision, Occasion, Purpose, Sender, Source
from tests import make
from tests.children import environment

pytestmark = pytest.mark.django_db
EMAIL, SMS, PHONE, POST = Channel
OWN, THIRD = Sender
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def no(customer, purpose=Purpose.MARKETING, **values):
    """A withdrawal."""
    return consent.decide(customer, purpose, Decision.WITHDRAWN, source=Source.WEB, actor="test", **values)


# --- may_contact -------------------------------------------------------------------------------------------


def test_cnx_33_one_setting_picks_clock_holidays_ages_and_what_an_enquiry_allows(settings):
    settings.PROMISE_PACKS = []
    asked_for_the_price, found = make.customer(), {}
    make.soft_opt_in(asked_for_the_price, occasion=Occasion.NEGOTIATION)
    for law in ("GB", "DE"):
        settings.SHOP = settings.SHOP | {"jurisdiction": law}
        case = make.case(make.customer(), "access", received_at=datetime(2026, 11, 25, 12, tzinfo=UTC))
        may = gate.may_contact(asked_for_the_price, EMAIL, at=NOON).allowed
        found[law] = (case.due_on, ages.digital_age([])[0], may)
    assert found == {"GB": (date(2026, 12, 29), 13, True), "DE": (date(2026, 12, 28), 16, False)}


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("sender", Sender)
def test_clg_08_no_channel_is_open_before_a_yes(channel, sender):
    answer = gate.may_contact(make.customer(), channel, sender, sender)
    assert not answer.allowed
    assert "never said yes" in answer.reasons[0]


@pytest.mark.parametrize("granted", Channel)
def test_mad_01_clz_01_a_yes_opens_its_own_channel_alone(granted):
    person = make.customer()
    make.grant(person, channel=granted)
    assert [channel for channel in Channel if gate.may_contact(person, channel).allowed] == [granted]


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("third", [True, False])
def test_lrd_08_four_combinations_of_own_and_third_party(own, third):
    person = make.customer()
    for sender, wanted in ((OWN, own), (THIRD, third)):
        make.grant(person, sender=sender)
        if not wanted:
            no(person, channel=EMAIL, sender=sender)
    assert gate.may_contact(person, EMAIL, OWN, OWN).allowed is own
    assert gate.may_contact(person, EMAIL, THIRD, THIRD).allowed is third
    assert gate.may_contact(person, EMAIL, OWN, THIRD).allowed is (own and third)


def test_lrd_01_no_to_third_parties_leaves_our_own_email():
    person = make.customer()
    make.grant(person)
    make.grant(person, sender=THIRD)
    no(person, channel=EMAIL, sender=THIRD)
    assert gate.may_contact(person, EMAIL, OWN, OWN).allowed
    assert gate.may_contact(person, EMAIL, THIRD, THIRD).reasons[0].endswith("said no to email from other companies.")


def test_clz_10_sfb_24_lrd_06_offers_of_others_need_a_yes_of_their_own():
    person = make.customer()
    make.grant(person)
    assert not gate.may_contact(person, EMAIL, OWN, THIRD).allowed
    make.grant(person, Purpose.PARTNER_OFFERS)
    assert gate.may_contact(person, EMAIL, OWN, THIRD).allowed


def test_clz_10_the_later_word_about_other_companies_counts():
    person = make.customer()
    make.grant(person)
    make.grant(person, Purpose.PARTNER_OFFERS)
    no(person, channel=EMAIL, sender=THIRD)
    assert not gate.may_contact(person, EMAIL, OWN, THIRD).allowed


def test_clg_03_an_unsubscribe_holds_at_once():
    person = make.customer()
    make.grant(person)
    consent.withdraw_marketing(person, source=Source.EMAIL, actor="test")
    assert not gate.may_contact(person, EMAIL).allowed


def test_at_the_same_instant_no_stands_above_yes():
    person = make.customer()
    no(person, channel=EMAIL, sender=OWN, occurred_at=NOON)
    make.grant(person, occurred_at=NOON)
    assert not gate.may_contact(person, EMAIL).allowed


def test_the_answer_for_a_past_date_is_that_of_the_past():
    person = make.customer()
    make.grant(person, occurred_at=NOON - timedelta(days=100))
    no(person, channel=EMAIL, sender=OWN, occurred_at=NOON - timedelta(days=50))
    allowed = [gate.may_contact(person, EMAIL, at=NOON - timedelta(days=days)).allowed for days in (101, 99, 51, 49)]
    assert allowed == [False, True, True, False]
    assert gate.may_contact(person, EMAIL, at=(NOON - timedelta(days=100)).date()).allowed


def test_mad_04_accepting_a_policy_is_no_yes():
    person = make.customer()
    make.grant(person, source=Source.POLICY_ACCEPTANCE)
    answer = gate.may_contact(person, EMAIL)
    assert (answer.allowed, answer.reasons) == (False, ["Accepting the privacy policy is not a yes to email from us."])


def test_clz_18_notice_is_never_consent():
    person = make.customer()
    policies.note_shown(person, make.policy())
    assert not any(gate.may_contact(person, channel).allowed for channel in Channel)


def test_cnx_12_a_restricted_person_is_not_written_to():
    person = make.customer()
    make.grant(person)
    restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    answer = gate.may_contact(person, EMAIL)
    assert not answer.allowed
    assert "kept but not used" in answer.reasons[0]
    assert gate.may_contact(person, EMAIL, at=timezone.now() - timedelta(days=1)).allowed


def test_a_restriction_that_was_lifted_bars_no_more_and_a_hold_never_did():
    person = make.customer()
    make.grant(person)
    make.restriction(person, "article_18", imposed_at=make.LONG_AGO - timedelta(days=10))
    make.restriction(person, "debt", lifted_at=None, lifted_by="", lift_proposed_by="")
    assert gate.may_contact(person, EMAIL).allowed
    assert not gate.may_contact(person, EMAIL, at=make.LONG_AGO - timedelta(days=1)).allowed


@pytest.mark.parametrize("reason", suppression.Suppression.Reason)
def test_sfb_26_an_address_on_the_list_is_not_written_to_from_that_day_on(reason):
    person = make.customer("on.the.list@example.com")
    make.grant(person)
    suppression.suppress("On.The.List@EXAMPLE.com", reason=reason, since=NOON)
    assert gate.may_contact(person, EMAIL, at=NOON - timedelta(seconds=1)).allowed
    assert str(reason.label) in gate.may_contact(person, EMAIL, at=NOON).reasons[0]


def test_a_suppression_counts_for_its_sender_channel_and_address():
    person = make.customer("one@example.com")
    make.email_address(person, "two@example.com")
    make.grant(person)
    suppression.suppress("two@example.com", reason="bounce", senders=[THIRD])
    assert gate.may_contact(person, EMAIL).allowed
    suppression.suppress("two@example.com", reason="bounce", senders=[OWN])
    assert not gate.may_contact(person, EMAIL).allowed
    assert gate.may_contact(person, EMAIL, address="one@example.com").allowed


def test_a_suppressed_number_is_not_called():
    person = make.customer(phone="+44 1632 960 123")
    make.grant(person, channel=PHONE)
    suppression.suppress("+441632960123", reason="preference_service", channel=PHONE)
    assert not gate.may_contact(person, PHONE).allowed


SOFT = {(EMAIL, OWN): True, (SMS, OWN): True, (PHONE, OWN): False, (POST, OWN): False, (EMAIL, THIRD): False}


@pytest.mark.parametrize(("channel", "content"), SOFT)
def test_mad_02_a_sale_allows_our_own_offers_by_email_and_text_only(channel, content, settings):
    settings.PROMISE_PACKS = []
    person = make.customer()
    make.soft_opt_in(person, channel=channel)
    make.grant(person, sender=THIRD)
    assert gate.may_contact(person, channel, OWN, content).allowed is SOFT[channel, content]


def test_a_soft_opt_in_without_its_sale_is_none_and_ends_with_a_no(settings):
    settings.PROMISE_PACKS = []
    unknown, refused = make.customer(), make.customer()
    make.soft_opt_in(unknown, occasion=None)
    make.soft_opt_in(refused)
    assert gate.may_contact(refused, EMAIL).allowed
    no(refused, channel=EMAIL, sender=OWN)
    assert not gate.may_contact(unknown, EMAIL).allowed
    assert not gate.may_contact(refused, EMAIL).allowed


AGES = {
    date(2014, 11, 21): "under 12", date(2014, 11, 20): "12 to 16", date(2009, 11, 21): "12 to 16",
    date(2009, 11, 20): "said yes", date(1980, 1, 1): "said yes",
}  # fmt: skip


@pytest.mark.parametrize("born", AGES)
def test_sfb_33_children_by_the_age_on_the_day_of_sending(born):
    person = make.customer(date_of_birth=born)
    make.grant(person, occurred_at=NOON)
    make.guardian_consent(person)
    assert AGES[born] in gate.may_contact(person, EMAIL, at=NOON).reasons[0]


def test_sfb_33_from_12_to_16_what_suits_children_may_be_sent():
    person, small = make.customer(date_of_birth=date(2012, 1, 1)), make.customer(date_of_birth=date(2016, 1, 1))
    for child in (person, small):
        make.grant(child, occurred_at=NOON)
        make.guardian_consent(child)
    assert gate.may_contact(person, EMAIL, at=NOON, is_for_children=True).allowed
    assert not gate.may_contact(small, EMAIL, at=NOON, is_for_children=True).allowed


def test_who_is_born_on_29_february_is_older_on_1_march():
    born = date(2012, 2, 29)
    assert [ages.age_on(born, day) for day in (date(2025, 2, 28), date(2025, 3, 1))] == [12, 13]


def test_every_reason_for_a_no_is_told():
    person = make.customer("child@example.com", date_of_birth=date(2020, 1, 1))
    suppression.suppress("child@example.com", reason="complaint")
    restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    make.grant(person, source=Source.POLICY_ACCEPTANCE)
    refused = " ".join(gate.may_contact(person, EMAIL).reasons)
    for what in ("kept but not used", "never write to", "privacy policy", "under 12", "no parent or guardian"):
        assert what in refused


def test_one_person_costs_at_most_three_queries(django_assert_max_num_queries):
    person = make.customer()
    make.grant(person)
    to = make.recipient(is_necessary=False)
    with django_assert_max_num_queries(3):
        gate.may_contact(person, EMAIL)
    with django_assert_max_num_queries(3):
        gate.may_share(person, to, ["name"])


def test_asking_changes_nothing():
    person = make.customer()
    make.grant(person)
    before = {said.label: said.rows.count() for said in declarations()}
    gate.may_contact(person, EMAIL)
    gate.may_share(person, make.recipient(), ["name"])
    assert {said.label: said.rows.count() for said in declarations()} == before


# --- may_share ---------------------------------------------------------------------------------------------


def test_cnx_04_who_is_needed_for_the_order_may_receive_by_default():
    answer = gate.may_share(make.customer(), make.recipient(purpose="Brings the parcel."), ["name", "address"])
    assert answer.allowed
    assert "needs this for the order: Brings the parcel." in answer.reasons[0]


def test_clg_10_mad_15_others_only_after_a_yes_to_exactly_them():
    person, one, other = make.customer(), make.recipient(is_necessary=False), make.recipient(is_necessary=False)
    make.grant(person, Purpose.SHARING, recipient=one)
    assert gate.may_share(person, one, ["name"]).allowed
    assert not gate.may_share(person, other, ["name"]).allowed


def test_mad_12_field_not_on_the_list_is_refused():
    answer = gate.may_share(make.customer(), make.recipient("Carrier"), ["name", "date_of_birth", "phone"])
    assert answer == gate.Answer(False, ["Carrier may not get: date_of_birth, phone."])
    assert not gate.may_share(make.customer(), make.recipient(), []).allowed


def test_mad_13_without_an_agreement_in_force_nothing_leaves():
    person = make.customer()
    assert not gate.may_share(person, make.recipient(agreement_until=None), ["name"]).allowed
    ended = make.recipient(agreement_until=date(2026, 11, 19))
    assert gate.may_share(person, ended, ["name"], at=NOON - timedelta(days=1)).allowed
    assert not gate.may_share(person, ended, ["name"], at=NOON).allowed


def test_a_recipient_that_is_switched_off_gets_nothing():
    assert "switched off" in gate.may_share(make.customer(), make.recipient(is_active=False), ["name"]).reasons[0]


def test_lrd_13_no_country_without_protection_and_without_safeguard():
    person = make.customer()
    assert not gate.may_share(person, make.recipient(country="US"), ["name"]).allowed
    assert gate.may_share(person, make.recipient(country="US", safeguard="SCC 2021"), ["name"]).allowed


@pytest.mark.parametrize(("country", "allowed"), [("DE", True), ("GB", True), ("US", False), ("JP", False)])
def test_sfb_21_no_to_transfers_blocks_what_is_outside_the_eea_and_not_at_home(country, allowed):
    person = make.customer()
    no(person, Purpose.TRANSFER)
    assert gate.may_share(person, make.recipient(country=country, safeguard="SCC 2021"), ["name"]).allowed is allowed


def test_sfb_20_no_to_further_use_blocks_the_group():
    person, sister = make.customer(), make.recipient(group="affiliate", is_necessary=False)
    make.grant(person, Purpose.SHARING, recipient=sister)
    assert gate.may_share(person, sister, ["name"]).allowed
    no(person, Purpose.FURTHER_USE)
    assert not gate.may_share(person, sister, ["name"]).allowed


def test_lrd_05_one_no_to_all_third_parties_ends_every_earlier_yes():
    person, partner, carrier = make.customer(), make.recipient(is_necessary=False), make.recipient()
    make.grant(person, Purpose.SHARING, recipient=partner)
    no(person, Purpose.SHARING)
    assert not gate.may_share(person, partner, ["name"]).allowed
    assert gate.may_share(person, carrier, ["name"]).allowed
    make.grant(person, Purpose.SHARING, recipient=partner, occurred_at=timezone.now())
    assert gate.may_share(person, partner, ["name"]).allowed


def test_sfb_19_a_no_to_one_recipient_counts_even_where_it_is_needed():
    person, carrier = make.customer(), make.recipient()
    no(person, Purpose.SHARING, recipient=carrier)
    assert not gate.may_share(person, carrier, ["name"]).allowed


def test_mad_04_accepting_a_policy_is_no_yes_to_sharing():
    person, partner = make.customer(), make.recipient(is_necessary=False)
    make.grant(person, Purpose.SHARING, recipient=partner, source=Source.POLICY_ACCEPTANCE)
    assert not gate.may_share(person, partner, ["name"]).allowed


def test_mad_11_an_authority_gets_nothing_without_an_order():
    assert not gate.may_share(make.customer(), make.recipient(kind="authority"), ["name"]).allowed


def test_mad_11_clz_11_an_order_of_two_people_opens_exactly_what_it_names_from_then_on():
    person, other = make.customer(), make.customer()
    order = make.authority_order(person, fields=["name", "address"], reference="77 Js 12/26")
    police, later = order.recipient, timezone.now() + timedelta(minutes=5)
    assert not gate.may_share(person, police, ["name"], later).allowed, "one person alone opens nothing"
    orders.approve(order, actor="staff:second", now=timezone.now() + timedelta(minutes=1))
    answer = gate.may_share(person, police, ["name"], later)
    assert answer.allowed and "77 Js 12/26" in answer.reasons[0]
    assert not gate.may_share(person, police, ["name"], timezone.now()).allowed, "not before it was agreed to"
    assert not gate.may_share(person, police, ["name", "phone"], later).allowed
    assert not gate.may_share(other, police, ["name"], later).allowed
    assert not gate.may_share(person, make.recipient(kind="authority"), ["name"], later).allowed
    restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    assert not gate.may_share(person, police, ["name"], later).allowed, "what may not be used waits for a person"


def test_cnx_12_nothing_of_a_restricted_person_is_shared():
    person = make.customer()
    restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    assert not gate.may_share(person, make.recipient(), ["name"]).allowed


# --- many at once --------------------------------------------------------------------------------------------


def said(rows):
    """What the gate answers to rows of JSON."""
    return list(asking.contacts(rows))


def test_rows_are_answered_in_their_order_and_a_bad_one_spoils_no_other():
    one, two = make.customer("a@example.com"), make.customer("b@example.com")
    make.grant(one)
    common = {"channel": "email", "sender": "own", "content": "own"}
    answers = said([
        {"id": 1, "customer": one.printed_number, **common},
        {"id": 2, "email": "B@example.com", **common},
        {"id": 3, "customer": one.number, "channel": "pigeon"},
        {"id": 4, "email": "stranger@example.com", **common},
        {"id": 5, **common},
        {"id": 6, "customer": one.number, **common, "at": "yesterday"},
        {"id": 7, "email": "nul\0@example.com", **common},
        {"id": 8, "email": "a@example.com", **common, "at": "2019-01-01"},
        {"id": 9, "customer": one.number},
    ])  # fmt: skip
    assert [answer["id"] for answer in answers] == list(range(1, 10))
    assert [answer.get("allowed") for answer in answers] == [True, False, None, False, None, None, False, False, None]
    assert [answer["id"] for answer in answers if "error" in answer] == [3, 5, 6, 9]
    assert two.number


@pytest.mark.parametrize("name", ["is_for_children", "is_similar"])
@pytest.mark.parametrize("value", ["false", "true", 0, 1, []])
def test_what_is_not_true_or_false_is_no_answer_to_whether_it_suits_children(name, value):
    row = {"customer": make.customer().number, "channel": "email", "sender": "own", "content": "own", name: value}
    assert said([row])[0]["error"] == f"{name} must be true or false"


def test_without_a_word_about_content_a_mail_of_others_is_asked_about_as_such_one_by_one_as_in_a_list():
    mary = make.customer("mary@example.com")
    make.grant(mary, sender="third_party")
    no = {"channel": "email", "source": Source.WEB, "actor": mary}
    consent.decide(mary, Purpose.PARTNER_OFFERS, Decision.WITHDRAWN, **no)
    assert not gate.may_contact(mary, "email", "third_party", "third_party").allowed
    assert not gate.may_contact(mary, "email", "third_party").allowed


def test_an_address_of_a_household_is_free_only_if_all_its_owners_agree():
    parent, child = make.customer("home@example.com"), make.customer("home@example.com")
    make.grant(parent)
    row = {"email": "home@example.com", "channel": "email", "sender": "own", "content": "own"}
    assert said([row])[0]["allowed"] is False
    assert said([row | {"customer": parent.number}])[0]["allowed"] is True
    make.grant(child)
    assert said([row])[0]["allowed"] is True


def test_many_rows_cost_no_more_queries_than_one(django_assert_max_num_queries):
    people = [make.customer() for _ in range(30)]
    for person in people:
        make.grant(person)
    own = {"channel": "email", "sender": "own", "content": "own"}
    rows = [own | {"customer": person.number} for person in people]
    with django_assert_max_num_queries(6):
        assert all(answer["allowed"] for answer in said(rows))


def test_clg_09_a_scrubbed_list_allows_only_the_consenting_the_unrestricted_and_the_unsuppressed():
    yes, never, locked, listed = (make.customer(f"{name}@example.com") for name in ("yes", "never", "locked", "listed"))
    for person in (yes, locked, listed):
        make.grant(person)
    restrictions.impose(locked, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    suppression.suppress("listed@example.com", reason="complaint")
    file = "name;email\n" + "".join(
        f'"{name}, {name}";{name}@example.com\n' for name in ("yes", "never", "locked", "listed")
    )
    out = io.StringIO()
    counts = mailing_list.scrub(Table(io.BytesIO(file.encode())), out, channel=EMAIL, sender=OWN)
    rows = list(csv.DictReader(io.StringIO(out.getvalue()), delimiter=";"))
    assert [(row["name"], row["allowed"]) for row in rows] == [
        ("yes, yes", "true"), ("never, never", "false"), ("locked, locked", "false"), ("listed, listed", "false"),
    ]  # fmt: skip
    assert all(row["reasons"] for row in rows)
    assert (counts.rows, counts.allowed) == (4, 1)
    assert never.number


def test_scrub_needs_a_column_to_know_people_by(tmp_path):
    (tmp_path / "list.csv").write_text("name\nMaria\n")
    with pytest.raises(CommandError, match="'email' or 'customer'"):
        call_command("scrub", str(tmp_path / "list.csv"), channel="email", sender="own")
    with pytest.raises(CommandError, match="No such file"):
        call_command("scrub", str(tmp_path / "none.csv"), channel="email", sender="own")


def test_lines_that_are_no_json_get_an_error_each():
    rows = asking.rows([b'{"id": 1}\n', b"\n", b"[]\n", b"{\n", b"\xff\n"])
    assert ["error" in row for row in rows] == [False, True, True, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["may_contact", "may_share"])
def test_the_commands_speak_json_lines(command):
    person, to = make.customer(), make.recipient("Carrier")
    make.grant(person)
    row: dict[str, object] = {
        "id": "x",
        "customer": person.number,
        "channel": "email",
        "sender": "own",
        "content": "own",
    }
    row |= {"recipient": to.name, "fields": ["name"], "at": timezone.localdate().isoformat()}
    argv = [sys.executable, "manage.py", command, "--jsonl"]
    done = subprocess.run(argv, input=json.dumps(row), capture_output=True, text=True, env=environment(), check=True)
    answer = json.loads(done.stdout)
    assert (answer["id"], answer["allowed"]) == ("x", True)
    assert answer["reasons"]


def asked(*rows):
    return list(asking.contacts(asking.rows(json.dumps(row).encode() for row in rows)))


def test_a_row_that_does_not_say_whose_offers_gets_no_answer(db):
    mary = make.customer()
    make.grant(mary)
    whole = {"customer": mary.number, "channel": "email", "sender": "own", "content": "own"}
    answers = asked(*({k: v for k, v in whole.items() if k != missing} for missing in ("sender", "content")), whole)
    assert [row.get("error") for row in answers] == ["missing: sender", "missing: content", None]
    assert answers[2]["allowed"] is True


def test_a_customer_number_may_come_as_a_number_and_only_with_an_address_of_hers(db):
    mary, peter = make.customer(), make.customer()
    make.grant(mary)
    whole = {"customer": int(mary.number), "channel": "email", "sender": "own", "content": "own"}
    answers = asked(whole, whole | {"email": mary.contact_email.upper()}, whole | {"email": peter.contact_email})
    assert [row.get("allowed") for row in answers] == [True, True, None]
    assert answers[2]["error"] == "this email address is not this customer's"


def test_a_list_where_a_word_belongs_is_one_clear_line(db):
    mary = make.customer()
    whole = {"customer": mary.number, "channel": "email", "sender": "own", "content": "own"}
    wrong = {"channel": ["email"], "sender": {"own": 1}, "content": None, "at": ["2026-01-31"]}
    answers = asked(*(whole | {name: value} for name, value in wrong.items()))
    for (name, value), answer in zip(wrong.items(), answers, strict=True):
        assert str(value) in answer["error"] and "hash" not in answer["error"], name


# --- may_use -----------------------------------------------------------------------------------------------


def use(person, slug, at=None):
    return gate.may_use(person, purposes.Purpose.objects.get(slug=slug), at)


def decided(person, purpose, decision=Decision.GRANTED, **values):
    return consent.decide(person, purpose, decision, actor="test", **({"source": Source.WEB} | values))


def test_clz_09_nobody_is_profiled_without_a_yes_to_exactly_that():
    person = make.customer()
    assert use(person, "profiling").reasons == ["This person has never said yes to this."]
    decided(person, "profiling", source=Source.POLICY_ACCEPTANCE)
    assert "privacy policy" in use(person, "profiling").reasons[0]
    decided(person, "profiling")
    assert use(person, "profiling").allowed
    decided(person, "profiling", Decision.WITHDRAWN)
    assert "said no" in use(person, "profiling").reasons[0]


def test_cnx_12_restricted_data_serves_nothing_but_the_books_and_the_persons_own_rights():
    person = make.customer()
    decided(person, "profiling")
    restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    barred = {slug for slug in Purpose if not use(person, slug).allowed}
    assert barred == set(Purpose) - {Purpose.LEGAL_DUTY, Purpose.PRIVACY_RIGHTS}
    assert "kept but not used" in use(person, "service").reasons[0]


def test_cnx_12_a_yes_after_the_restriction_is_a_use_with_consent():
    person = make.customer()
    bar = restrictions.impose(person, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    later = bar.imposed_at + timedelta(minutes=1)
    decided(person, "profiling")
    assert use(person, "profiling", later).allowed
    assert not use(person, "order", later).allowed


def test_an_objection_counts_where_a_person_may_object_and_nowhere_else():
    person = make.customer()
    assert use(person, "credit_check").allowed
    for slug in ("credit_check", "legal_duty"):
        decided(person, slug, Decision.WITHDRAWN)
    assert not use(person, "credit_check").allowed
    assert use(person, "legal_duty").allowed


def test_of_somebody_erased_nothing_is_used():
    person = make.customer(erased_at=timezone.now())
    assert "erased" in use(person, "legal_duty").reasons[0]


def test_may_use_costs_two_queries(django_assert_num_queries):
    person, purpose = make.customer(), purposes.Purpose.objects.get(slug="order")
    with django_assert_num_queries(2):
        gate.may_use(person, purpose)


def test_may_use_is_asked_by_json_lines(capsys, monkeypatch):
    person = make.customer()
    questions = [
        {"id": 1, "customer": person.number, "purpose": "order"},
        {"id": 2, "customer": person.number, "purpose": "juggling"},
        {"id": 3, "customer": person.number},
        {"id": 4, "customer": "0", "purpose": "order"},
    ]
    lines = "\n".join(json.dumps(question) for question in questions).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    call_command("may_use", "--jsonl")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answers[0]["allowed"]
    assert answers[1] == {"id": 2, "error": "no purpose is called 'juggling'"}
    assert answers[2] == {"id": 3, "error": "missing: purpose"}
    assert not answers[3]["allowed"]
