"""Art. 18 on chosen records: these are not handed over, nothing rests on them, and who got them is told (Art. 19)."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy import gate, policy_news, restrictions
from privacy.choice_calls import ChoiceLine
from privacy.consent import ConsentEntry
from privacy.gate import asking, handing_over
from privacy.recipient_notices import RecipientNotice, letter
from privacy.recipients import Disclosure
from privacy.restrictions import Restriction
from privacy.roles import OFFICER
from privacy.vocabulary import LawfulBasis
from tests import make
from tests.office import colleague, desk
from tests.portal import sign_in
from tests.test_choice_calls import machine, said, send, tool, unlock  # noqa: F401

pytestmark = pytest.mark.django_db
NEEDED = ["name", "address", "order_number"]


@pytest.fixture
def mary():
    return make.customer("mary@example.com", display_name="Mary Zaunkoenig", phone="01632 960555")


@pytest.fixture
def carrier():
    return make.recipient("Swiftgull", fields=["name", "address", "order_number", "article", "total", "email"])


def name(row):
    return restrictions.name_of(row)


def contest(person, row):
    return restrictions.impose(
        person, Restriction.Kind.ARTICLE_18, "This is not mine.", actor="system:test", scope=name(row)
    )


# --- what is handed over -------------------------------------------------------------------------------------


def test_art_18_what_stands_in_a_contested_order_is_not_handed_over_and_the_rest_is(mary, carrier):
    order = make.order(mary)
    assert gate.may_share(mary, carrier, NEEDED).allowed
    row = contest(mary, order)
    for field in ("order_number", "article", "total"):
        [reason] = gate.may_share(mary, carrier, [field]).reasons
        assert "may be kept but not used" in reason and "order" in reason
    assert gate.may_share(mary, carrier, ["name", "address", "email"]).allowed, "whose name it is, nobody contests"
    assert gate.may_share(make.customer(), carrier, NEEDED).allowed
    assert gate.may_share(mary, carrier, NEEDED, timezone.now() - timedelta(days=1)).allowed, "nor yesterday"
    unlock(row)
    assert gate.may_share(mary, carrier, NEEDED).allowed


def test_whoever_names_the_records_may_hand_over_another_order_and_not_the_contested_one(mary, carrier):
    order, other, line = make.order(mary), make.order(mary), make.order_line(mary)
    part = make.order_line(mary, order=order)
    contest(mary, order)

    def may(*records, fields=NEEDED):
        share = gate.Share(
            data_subject=mary,
            recipient=carrier,
            fields=fields,
            at=timezone.now(),
            records=[name(one) for one in records],
        )
        return gate.share_answers([share])[0].allowed

    assert may(other) and may(line.order) and not may(order) and not may(other, order)
    assert not may(part), "what belongs to it is locked with it"
    assert not may(order, fields=["name"]), "and not a single field of it goes"


def test_a_contested_article_keeps_its_whole_order_here(mary, carrier):
    line = make.order_line(mary)
    contest(mary, line)
    share = gate.Share(
        data_subject=mary, recipient=carrier, fields=["name"], at=timezone.now(), records=[name(line.order)]
    )
    assert not gate.share_answers([share])[0].allowed


def test_the_shop_s_machines_name_records_and_what_was_handed_over_says_so(mary, carrier):
    order, other = make.order(mary), make.order(mary)
    contest(mary, order)
    rows = [
        {"id": n, "customer": mary.number, "recipient": "Swiftgull", "fields": NEEDED, "records": records}
        for n, records in enumerate([[name(other)], [name(order)], ["customers.order:0"], "customers.order:1", []])
    ]
    answers = list(asking.shares(json.loads(json.dumps(rows))))
    assert [one.get("allowed") for one in answers] == [True, False, None, None, False]
    assert "no such record" in answers[2]["error"] and "records" in answers[3]["error"]
    given = list(handing_over.hand_over_all(rows[:2], actor="system:test", now=timezone.now()))
    assert [one["allowed"] for one in given] == [True, False]
    assert Disclosure.objects.get().records == [name(other)]


def test_a_contested_address_is_not_handed_over_nor_written_to_and_the_others_are(mary, carrier):
    home = make.address(mary, postcode="NR3 1AB")
    for channel in ("email", "post"):
        make.grant(mary, channel=channel)
    row = contest(mary, home)
    assert not gate.may_share(mary, carrier, ["name", "address"]).allowed
    assert gate.may_share(mary, carrier, ["name", "email", "order_number"]).allowed
    assert gate.may_contact(mary, "email").allowed and not gate.may_contact(mary, "post").allowed
    unlock(row)
    assert gate.may_contact(mary, "post").allowed
    old = make.email_address(mary, "mary.old@example.com")
    contest(mary, old)
    assert not gate.may_contact(mary, "email", address="Mary.Old@example.com").allowed
    assert gate.may_contact(mary, "email", address="mary@example.com").allowed
    assert not gate.may_contact(mary, "email").allowed, "where no address is named all of them must be free"


def test_a_contested_contest_entry_does_not_hide_who_she_is(mary):
    tool_ = make.recipient("Mailer", fields=["customer_number", "name", "address", "email", "draw"])
    contest(mary, make.prize_draw_entry(mary))
    assert gate.may_share(mary, tool_, ["customer_number", "name", "address", "email"]).allowed
    assert not gate.may_share(mary, tool_, ["draw"]).allowed


def test_an_authority_waits_too(mary):
    order = make.order(mary)
    contest(mary, order)
    police = make.recipient("Police", kind="authority", fields=[])
    assert "may be kept but not used" in gate.may_share(mary, police, ["order_number"]).reasons[0]
    assert "may be kept but not used" not in str(gate.may_share(mary, police, ["name"]).reasons)


# --- advertising ---------------------------------------------------------------------------------------------

DAY = timedelta(days=1)


def soft(person, at, occasion="sale"):
    """A soft opt-in, as a file brings one in (PECR reg. 22(3))."""
    return ConsentEntry.objects.create(
        data_subject=person, purpose="marketing", channel="email", sender="own", decision="granted",
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS, wording="You may refuse our offers.", source="import",
        occasion=occasion, actor="test", occurred_at=at,
    )  # fmt: skip


@pytest.fixture
def bought(mary, settings):
    """A soft opt-in with an order of the same day, ten days ago."""
    settings.PROMISE_PACKS = []
    at = timezone.now() - 10 * DAY
    soft(mary, at)
    return make.order(mary, placed_on=timezone.localdate(at, settings.SHOP_TZ))


def test_art_18_advertising_that_rests_on_the_contested_sale_stops_until_that_is_settled(mary, bought):
    assert gate.may_contact(mary, "email").allowed
    row = contest(mary, bought)
    answer = gate.may_contact(mary, "email")
    assert answer.refused_by == ("not_resting_on_what_is_restricted",) and "rests on" in answer.reasons[0]
    assert gate.may_contact(mary, "email", at=timezone.now() - DAY).allowed, "yesterday nobody contested it"
    unlock(row)
    assert gate.may_contact(mary, "email").allowed


def test_a_contested_article_or_payment_is_as_good_as_its_sale(mary, bought):
    contest(mary, make.order_line(mary, order=bought))
    assert not gate.may_contact(mary, "email").allowed


@pytest.mark.parametrize(
    ("contested", "others", "allowed"),
    [
        (3, [], True),  # after the opt-in, which cannot rest on it
        (20, [10], True),  # before it, and that day has a sale of its own
        (20, [], False),  # before it, and no other sale that it may rest on
        (10, [10], False),  # two on one day: nobody can say on which
    ],
)
def test_whether_it_rests_on_the_contested_sale_is_told_by_its_day_and_doubt_stops_it(
    mary, settings, contested, others, allowed
):
    settings.PROMISE_PACKS = []
    today = timezone.localdate(timezone=settings.SHOP_TZ)
    soft(mary, timezone.now() - 10 * DAY)
    for ago in others:
        make.order(mary, placed_on=today - ago * DAY)
    contest(mary, make.order(mary, placed_on=today - contested * DAY))
    assert gate.may_contact(mary, "email").allowed is allowed


def test_a_soft_opt_in_from_an_enquiry_rests_on_no_sale_but_maybe_on_a_contested_enquiry(mary, settings):
    settings.PROMISE_PACKS = []
    soft(mary, timezone.now() - 10 * DAY, occasion="negotiation")
    contest(mary, make.enquiry(mary, received_at=timezone.now() - 3 * DAY))
    assert gate.may_contact(mary, "email").allowed, "that one was written later"
    contest(mary, make.enquiry(mary, received_at=timezone.now() - 10 * DAY))
    assert not gate.may_contact(mary, "email").allowed


def test_her_own_yes_goes_on_counting_while_she_contests_an_order(mary, settings):
    settings.PROMISE_PACKS = []
    make.grant(mary)
    contest(mary, make.order(mary))
    assert gate.may_contact(mary, "email").allowed
    contest(mary, make.newsletter(mary))
    assert not gate.may_contact(mary, "email").allowed, "but not while she contests the subscription itself"


def test_sfb_23_where_a_yes_needs_a_sale_too_the_contested_one_is_none(mary):
    make.grant(mary, occasion=None)
    order = make.order(mary)
    assert gate.may_contact(mary, "email").allowed
    contest(mary, order)
    assert gate.may_contact(mary, "email").refused_by == ("yes_and_sale",)
    make.order(mary)
    assert gate.may_contact(mary, "email").allowed


def test_the_mailing_tool_hears_that_a_soft_opt_in_rests_on_what_is_contested(mary, bought, tool, machine):  # noqa: F811
    row = contest(mary, bought)
    assert send() == [True]
    assert [(one["purpose"], one["decision"]) for one in said(machine)] == [("marketing", "withdrawn")]
    unlock(row), send()
    assert ("marketing", "granted") in [(one.get("purpose"), one["decision"]) for one in said(machine)]
    machine.got.clear()
    contest(mary, make.enquiry(mary))
    assert send() == [] and not ChoiceLine.objects.exists(), "nothing rests on that"


def test_many_people_cost_no_more_questions_for_one_who_contests_an_order(mary, bought, django_assert_max_num_queries):
    crowd = [make.customer() for _ in range(20)]
    contest(mary, bought)
    row = {"channel": "email", "sender": "own", "content": "own"}
    with django_assert_max_num_queries(14):
        list(asking.contacts([row | {"customer": person.number} for person in [mary, *crowd]]))


# --- who is told ---------------------------------------------------------------------------------------------


def test_art_19_who_got_the_contested_record_is_told_and_nobody_else(mary):
    order, other = make.order(mary, number="NL-1"), make.order(mary, number="NL-2")
    given = {"occurred_at": timezone.now(), "reference": ""}
    for called, values in {
        "Named": {"records": [name(order)], "fields": ["name"]},
        "Its line": {"records": [name(make.order_line(mary, order=order))], "fields": ["name"]},
        "By number": {"fields": ["name", "address"], "reference": "NL-1"},
        "By field": {"fields": ["name", "order_number"]},
        "Another": {"records": [name(other)], "fields": ["order_number"]},
        "Only her name": {"fields": ["name", "address"], "reference": "NL-2"},
    }.items():
        make.disclosure(mary, recipient=make.recipient(called), **(given | values))
    row = contest(mary, order)
    told = {notice.recipient.name: notice for notice in RecipientNotice.objects.all()}
    assert set(told) == {"Named", "Its line", "By number", "By field"}
    assert {notice.change for notice in told.values()} == {"restriction"}
    assert ("record", "order NL-1") in told["By number"].known_by, "it knows the number"
    assert ("record", "order") in told["Named"].known_by, "it was never given the number"
    unlock(row)
    lifted = RecipientNotice.objects.filter(change="lifting")
    assert {notice.recipient.name for notice in lifted} == set(told)
    assert set(RecipientNotice.objects.filter(change="restriction").values_list("state", flat=True)) == {"replaced"}


def test_the_message_says_that_it_is_about_one_record(mary):
    order = make.order(mary, number="NL-1")
    to = make.recipient("Carrier", notice_email="privacy@carrier.example")
    make.disclosure(mary, recipient=to, reference="NL-1", occurred_at=timezone.now())
    contest(mary, order)
    notice = RecipientNotice.objects.get()
    body = json.loads(letter.as_json(notice, is_reminder=False))
    assert {"is": "record", "value": "order NL-1"} in body["person"] and "record" in body["what_to_do"]
    mail = letter.as_email(notice, key="k", is_reminder=False)
    assert "order NL-1" in mail.body and "that record" in mail.body


def test_the_end_of_one_lock_does_not_end_another(mary):
    order, to = make.order(mary, number="NL-1"), make.recipient("Carrier")
    make.disclosure(mary, recipient=to, reference="NL-1", occurred_at=timezone.now())
    whole = restrictions.impose(mary, Restriction.Kind.ARTICLE_18, "All wrong.", actor="system:test")
    part, twice = contest(mary, order), restrictions.impose(mary, Restriction.Kind.ARTICLE_18, "Again.", actor="t")

    def notices():
        rows = RecipientNotice.objects.exclude(state="replaced").order_by("pk")
        return [(one.change, "record" in dict(one.known_by)) for one in rows]

    unlock(twice)
    assert ("lifting", False) not in notices(), "the whole is locked still"
    unlock(whole)
    assert notices()[-2:] == [("lifting", False), ("restriction", True)], "and the order stays locked"
    assert not gate.may_share(mary, to, ["order_number"]).allowed
    unlock(part)
    assert notices()[-1] == ("lifting", True) and restrictions.Restriction.objects.active().count() == 0


def test_a_lock_on_one_record_is_no_lock_on_the_person(mary):
    contest(mary, make.order(mary))
    assert not restrictions.is_restricted(mary)
    make.grant(mary, "policy_news", channel="", sender="")
    assert list(policy_news._people([mary.pk])) == [mary]


def test_an_officer_puts_it_in_force_in_the_office(mary):
    order, to = make.order(mary, number="NL-1"), make.recipient("Carrier", fields=NEEDED)
    make.disclosure(mary, recipient=to, reference="NL-1", occurred_at=timezone.now())
    url = f"{reverse('admin:impose_restriction')}?person={mary.number}"
    wanted = {"kind": "article_18", "on": "records", "records": [name(order)], "reason": "Not hers.", "evidence": ""}
    assert desk(colleague(OFFICER)).post(url, wanted).status_code == 302
    assert Restriction.objects.get().scope == name(order)
    assert RecipientNotice.objects.get().recipient == to and not gate.may_share(mary, to, NEEDED).allowed


def test_she_reads_which_record_is_locked():
    mary = make.customer("mary@example.com", login=True)
    row = contest(mary, make.order(mary, number="NL-1"))
    page = sign_in(mary).get("/account/requests/").content.decode()
    assert "One of your records is locked" in page and "order NL-1" in page and "Your data is locked" not in page
    unlock(row)
    assert "locked" not in sign_in(mary).get("/account/requests/").content.decode()
