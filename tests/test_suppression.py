"""The list of addresses never to be written to: keyed, surviving erasure, fed by preference services (SFB-26)."""

import io
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from privacy import consent, erasure, gate, preferences, suppression
from privacy.csv_files import Table, WrongFile
from privacy.gate import asking, suppression_list
from privacy.phone_numbers import normalise_phone
from privacy.suppression import Suppression, postal
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
EMAIL, SMS, PHONE, POST = Channel
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def bring_in(text, now=NOW):
    """Counts, and what was said of which line."""
    said: dict[int, str] = {}
    table = Table(io.BytesIO(text.encode()))
    return suppression_list.bring_in(table, actor="test", report=said.__setitem__, now=now), said


def yes(person, channel, on, sender=Sender.OWN):
    return make.grant(person, channel=channel, sender=sender, occurred_at=on)


def allowed(person, channel, day, sender=Sender.OWN):
    noon = datetime.combine(date(*day), time(12), tzinfo=UTC)
    return gate.may_contact(person, channel, sender, sender, at=noon).allowed


# --- the services --------------------------------------------------------------------------------------------


@pytest.fixture
def mary():
    person = make.customer("mary@example.com", display_name="Mary Jane O'Hara", phone="01632 960555")
    for channel in Channel:
        yes(person, channel, datetime(2025, 1, 1, tzinfo=UTC))
    make.address(person, postcode="NR3 1AB")
    return person


def test_tps_bars_calls_from_the_28th_day_after_the_listing_and_nothing_else(mary):
    """LAW.md D5: listed 2026-06-01, blocked from 2026-06-29."""
    assert bring_in("address,service,since\n+44 1632 960555,tps,2026-06-01\n") == (
        {"rows": 1, "imported": 1, "listed": 1, "known": 0, "refused": 0},
        {},
    )
    assert allowed(mary, PHONE, (2026, 6, 28)) and not allowed(mary, PHONE, (2026, 6, 29))
    assert allowed(mary, SMS, (2026, 11, 1)) and allowed(mary, EMAIL, (2026, 11, 1))
    assert "Telephone Preference Service" in gate.may_contact(mary, PHONE, at=NOW).reasons[0]
    row = Suppression.objects.first()
    assert (row.service, row.listed_on, row.source) == ("tps", date(2026, 6, 1), Source.IMPORT)


def test_the_day_begins_and_ends_in_the_shops_zone(mary):
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    last = datetime(2026, 6, 28, 22, 59, tzinfo=UTC)  # 23:59 in London
    assert gate.may_contact(mary, PHONE, at=last).allowed
    assert not gate.may_contact(mary, PHONE, at=last + timedelta(minutes=1)).allowed


def test_singapores_registry_bars_calls_and_texts_after_21_days(mary):
    bring_in("address,service,since\n+441632960555,dnc,2026-06-01\n")
    for channel in (PHONE, SMS):
        assert allowed(mary, channel, (2026, 6, 21)) and not allowed(mary, channel, (2026, 6, 22))


def test_an_email_preference_service_bars_from_its_day(mary):
    bring_in("address,service,since\nMARY@example.com,eps,2026-06-01\n")
    assert allowed(mary, EMAIL, (2026, 5, 31)) and not allowed(mary, EMAIL, (2026, 6, 1))


@pytest.mark.parametrize(
    ("name", "postcode", "is_she"),
    [
        ("Mrs M J O’Hara", "nr3 1ab", True), ("OHARA", "NR3 1AB", False), ("m. o'hara", "NR31AB", True),
        ("John O'Hara", "NR3 1AB", False), ("Mary O'Hara", "NR3 1AC", False), ("Máry O'Hara", "NR3 1AB", True),
    ],
)  # fmt: skip
def test_the_service_for_post_lists_by_name_and_postcode(mary, name, postcode, is_she):
    counts, said = bring_in(f'name,postcode,service,since\n"{name}",{postcode},mps,2026-06-01\n')
    assert (counts["listed"], said) == (1, {})
    assert allowed(mary, POST, (2026, 6, 2)) is not is_she
    row = {"customer": mary.number, "channel": "post", "sender": "own", "content": "own", "at": "2026-06-02"}
    assert [answer["allowed"] for answer in asking.contacts([row])] == [not is_she]


def test_many_people_are_asked_about_for_post_at_once(django_assert_max_num_queries):
    people = [make.customer() for _ in range(30)]
    for person in people:
        make.address(person)
    row = {"channel": "post", "sender": "own", "content": "own"}
    with django_assert_max_num_queries(8):
        assert len(list(asking.contacts([row | {"customer": person.number} for person in people]))) == 30


# --- her own word against the service's list -------------------------------------------------------------------


def test_her_own_yes_after_the_listing_outweighs_it_and_one_before_does_not(mary):
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    assert not allowed(mary, PHONE, (2026, 7, 10))
    yes(mary, PHONE, datetime(2026, 7, 11, tzinfo=UTC))
    assert allowed(mary, PHONE, (2026, 7, 12))
    assert not allowed(mary, PHONE, (2026, 7, 10)), "and the past stays as it was"


def test_a_yes_on_the_very_day_of_the_listing_is_not_after_it(mary):
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    yes(mary, PHONE, datetime(2026, 6, 1, 20, tzinfo=UTC))
    assert not allowed(mary, PHONE, (2026, 7, 1))


def test_a_yes_to_one_caller_is_none_to_another(mary):
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    yes(mary, PHONE, datetime(2026, 2, 1, tzinfo=UTC), Sender.THIRD_PARTY)
    yes(mary, PHONE, datetime(2026, 7, 11, tzinfo=UTC))
    assert allowed(mary, PHONE, (2026, 7, 12)) and not allowed(mary, PHONE, (2026, 7, 12), Sender.THIRD_PARTY)


def test_a_yes_given_to_somebody_else_outweighs_no_listing(mary):
    """PECR reg. 21(4): only who has told this very caller; what another company was told, or anybody at all, is not."""
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    after = datetime(2026, 7, 11, tzinfo=UTC)
    yes(mary, PHONE, after, Sender.THIRD_PARTY)
    assert not allowed(mary, PHONE, (2026, 7, 12), Sender.THIRD_PARTY), "whoever would call was told nothing"
    make.grant(mary, channel=PHONE, occurred_at=after, occasion="supplier")
    assert not allowed(mary, PHONE, (2026, 7, 12))
    make.grant(
        mary, channel=PHONE, occurred_at=after + timedelta(hours=1), source="import", page="list of Calls Ltd",
        occasion=None,
    )  # fmt: skip
    assert not allowed(mary, PHONE, (2026, 7, 12)), "nor one of a list that came before the ledger said so"
    make.grant(mary, channel=PHONE, occurred_at=after + timedelta(days=2), source="import", occasion=None)
    assert not allowed(mary, PHONE, (2026, 7, 12)) and allowed(mary, PHONE, (2026, 7, 14)), "her own word to us does"


def test_no_yes_outweighs_her_own_no_and_a_listing_does_not_hide_it(mary):
    bring_in("address,service,since\nmary@example.com,eps,2026-06-01\n")
    suppression.suppress("mary@example.com", reason="objection", since=datetime(2026, 6, 2, tzinfo=UTC))
    yes(mary, EMAIL, datetime(2026, 7, 11, tzinfo=UTC))
    assert not allowed(mary, EMAIL, (2026, 7, 12))
    assert Suppression.objects.filter(sender="own").count() == 2, "both stand, each with its own reason"


def test_a_yes_on_the_preferences_page_lifts_our_own_list_on_its_channel_and_not_the_services(mary):
    suppression.suppress("0044 1632 960555", reason="objection", channel=PHONE)
    bring_in("address,service,since\n01632960555,tps,2026-06-01\n")
    [option] = [o for o in preferences.marketing() if (o.channel, o.sender) == ("phone", "own")]
    consent.decide(
        mary, Purpose.MARKETING, Decision.WITHDRAWN, channel=PHONE, sender="own", source=Source.WEB, actor=mary
    )
    assert not gate.may_contact(mary, PHONE).allowed
    preferences.save(mary, [option], ticked={option.key}, shown_ticked=(), may_switch_on=True, actor=mary, page="x")
    assert gate.may_contact(mary, PHONE).allowed, "her yes is after the listing"
    assert set(Suppression.objects.filter(sender="own").values_list("service", flat=True)) == {"tps"}


# --- files ---------------------------------------------------------------------------------------------------

BAD = {
    "no phone number": "12,,,tps,phone,,,2026-06-01",
    "an address for a phone": "mary@example.com,,,tps,,,,2026-06-01",
    "a phone for an address": "01632960555,,,eps,,,,2026-06-01",
    "another road than the service's": "mary@example.com,,,tps,email,,,2026-06-01",
    "no such service": "mary@example.com,,,robin,,,,",
    "no such channel": "mary@example.com,,,,fax,,,",
    "no such sender": "mary@example.com,,,,,us,,",
    "no such reason": "mary@example.com,,,,,,whim,",
    "a service with her own reason": "mary@example.com,,,eps,,,objection,",
    "tomorrow": "mary@example.com,,,eps,,,,2026-11-21",
    "no day": "mary@example.com,,,eps,,,,1 June 2026",
    "long ago": "mary@example.com,,,eps,,,,0026-06-01",
    "post without a postcode": ",Mary O'Hara,,mps,,,,",
    "post without a name": ",,NR3 1AB,mps,,,,",
    "too few cells": "mary@example.com,eps",
    "a NUL": "mary\0@example.com,,,eps,,,,",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_reported_with_its_line_and_changes_nothing(kind):
    head = "address,name,postcode,service,channel,sender,reason,since\n"
    good = "a@example.com,,,eps,,own,,2026-06-01\n"
    counts, said = bring_in(f"{head}{good}{BAD[kind]}\n{good.replace('a@', 'b@')}")
    assert (counts, list(said)) == ({"rows": 3, "imported": 2, "listed": 2, "known": 0, "refused": 1}, [3])
    assert Suppression.objects.count() == 2
    assert not any(value in said[3] for value in ("mary", "01632", "Hara", "whim")), "no value in a message"


def test_a_file_without_what_it_needs_is_refused_whole():
    for head in ("channel\nemail\n", "name\nMary\n", "address,shoe\na@example.com,38\n"):
        with pytest.raises(WrongFile):
            bring_in(head)


def test_who_is_listed_cannot_be_read_off_the_table(mary):
    bring_in("address,name,postcode,service\nmary@example.com,,,eps\n01632960555,,,tps\n,Mary O'Hara,NR3 1AB,mps\n")
    text = str(list(Suppression.objects.values())).lower()
    assert Suppression.objects.count() == 6
    assert not any(one in text for one in ("mary", "960555", "hara", "nr3"))


def test_a_second_import_changes_nothing(mary):
    file = "address,service,since\n01632960555,tps,2026-06-01\n"
    bring_in(file)
    before = list(Suppression.objects.values())
    bring_in(file.replace("2026-06-01", "2026-07-01").replace("0163", "+44163"))
    assert list(Suppression.objects.values()) == before


# --- phone numbers -------------------------------------------------------------------------------------------

SAME = [
    "01632 960555", "+44 1632 960555", "0044 1632 960555", "+44 (0)1632 960-555", "(01632) 960 555", "441632960555",
    "1632960555", "+4401632960555", "01632/960555 ext 12", "\u202a+44 1632 960555", "٠١٦٣٢٩٦٠٥٥٥",
    "\uff0b44 1632 960555",
]  # fmt: skip


@pytest.mark.parametrize("typed", SAME)
def test_a_number_is_the_same_however_it_is_typed_on_either_side(typed):
    assert normalise_phone(typed) == "441632960555"
    person = make.customer(phone="01632 960555")
    yes(person, PHONE, datetime(2025, 1, 1, tzinfo=UTC))
    suppression.suppress(typed, reason="objection", channel=PHONE)
    assert not gate.may_contact(person, PHONE).allowed


@pytest.mark.parametrize(
    ("typed", "country", "plain"),
    [
        ("030 123456", "DE", "4930123456"), ("4930123456", "DE", "4930123456"), ("6123 4567", "SG", "6561234567"),
        ("6561234567", "SG", "6561234567"), ("(415) 555-2671", "US", "14155552671"),
        ("06 1234 5678", "IT", "390612345678"),
        ("1-415-555-2671", "US", "14155552671"), ("011 44 1632 960555", "US", "441632960555"),
        ("+39 06 1234 5678", "GB", "390612345678"), ("481234567", "PL", "48481234567"), ("12 34", "XX", "1234"),
        ("", "GB", ""),
    ],
)  # fmt: skip
def test_numbers_of_other_countries(typed, country, plain):
    assert normalise_phone(typed, country) == plain


def test_another_number_is_another():
    assert normalise_phone("01632 960556") != normalise_phone("01632 960555")
    assert postal("Mary O'Hara", "") == postal("", "NR3 1AB") == ""


# --- erasure -------------------------------------------------------------------------------------------------


def test_it_outlives_the_erasure_on_every_road_for_both_senders(mary):
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    again = make.customer("mary@example.com", display_name="M. O'Hara", phone="+44 1632 960 555")
    make.address(again, postcode="nr31ab")
    for channel in Channel:
        for sender in Sender:
            yes(again, channel, timezone.now(), sender)
            assert not gate.may_contact(again, channel, sender, sender).allowed
