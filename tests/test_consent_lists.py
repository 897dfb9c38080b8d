"""Choices of known people from a file: a yes with its proof, a no in any case, and never a yes over a no."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import audit, consent, consent_lists, erasure, gate
from privacy.consent import ConsentEntry
from privacy.csv_files import Table
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
HEADER = "customer,email,decision,purpose,channel,sender,recipient,decided_on,wording\n"


def bring_in(text):
    """(counts, {line: why}) of a file with this text."""
    said: dict[int, str] = {}
    table = Table(io.BytesIO(text.encode()))
    return consent_lists.bring_in(table, actor="test", report=said.__setitem__, now=timezone.now()), said


def may(person, at=None):
    return gate.may_contact(person, Channel.EMAIL, Sender.OWN, Sender.OWN, at).allowed


@pytest.fixture
def mary():
    return make.customer("mary@example.com")


def test_a_yes_comes_in_with_its_day_and_words_and_counts_from_that_day(mary):
    counts, said = bring_in(HEADER + f"{mary.number},,yes,,email,,,2022-03-04,Send me the newsletter\n")
    entry = ConsentEntry.objects.get()
    assert (entry.source, entry.wording, entry.sender) == (Source.IMPORT, "Send me the newsletter", Sender.OWN)
    assert entry.occurred_at.date().isoformat() == "2022-03-04" and entry.recorded_at.date() == timezone.now().date()
    assert (counts.entries, said) == (1, {})
    assert consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")
    assert audit.AuditEntry.objects.get(event="consents.imported").details == {"entries": 1}


def test_a_no_needs_neither_day_nor_words_counts_for_every_channel_and_for_everybody_with_the_address(mary):
    twin = make.customer("mary@example.com")
    for person in (mary, twin):
        make.grant(person, Purpose.MARKETING, channel="email", sender="own")
    counts, said = bring_in(HEADER + ",Mary@Example.com,NO,,,,,,\n")
    assert (counts.entries, said) == (2 * len(Channel) * len(Sender), {})
    assert not may(mary) and not may(twin)


def test_sharing_with_one_company_is_a_choice_of_a_file_too(mary):
    partner = make.recipient("Moorland", is_necessary=False)
    bring_in(HEADER + f"{mary.number},,yes,sharing,,,moorland,2022-03-04,May they write?\n")
    assert gate.may_share(mary, partner, ["name"]).allowed


BAD = {
    "nobody": ("0,,yes,,email,,,2022-03-04,x", "we know nobody"),
    "perhaps": ("{mary},,perhaps,,email,,,2022-03-04,x", "yes or no"),
    "no day": ("{mary},,yes,,email,,,,x", "decided_on and wording"),
    "no words": ("{mary},,yes,,email,,,2022-03-04,", "decided_on and wording"),
    "no channel": ("{mary},,yes,,,,,2022-03-04,x", "one channel"),
    "channel": ("{mary},,yes,,pigeon,,,2022-03-04,x", "write one of"),
    "sender": ("{mary},,yes,,email,us,,2022-03-04,x", "write one of"),
    "purpose": ("{mary},,yes,fun,email,,,2022-03-04,x", "purpose"),
    "cannot be refused": ("{mary},,no,order,,,,,", "purpose"),
    "recipient": ("{mary},,yes,sharing,,,Nobody,2022-03-04,x", "register"),
    "tomorrow": ("{mary},,yes,,email,,,2999-01-01,x", "has not come"),
    "no date": ("{mary},,yes,,email,,,4.3.2022,x", "2026-01-31"),
    "of a household": (",twin@example.com,yes,,email,,,2022-03-04,x", "name the customer"),
    "cells": ("{mary},,yes", "3 cells"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_reported_with_its_line_and_the_good_ones_go_in(kind, mary):
    make.customer("twin@example.com"), make.customer("twin@example.com")
    row, why = BAD[kind]
    good = "{mary},,no,,%s,own,,2022-03-04,\n"
    text = HEADER + good % "sms" + row + "\n" + good % "post"
    counts, said = bring_in(text.replace("{mary}", mary.number))
    assert list(said) == [3] and why in said[3]
    assert set(ConsentEntry.objects.values_list("channel", flat=True)) == {"sms", "post"}
    assert (counts.rows, counts.entries, counts.refused) == (3, 2, 1)


def test_a_file_never_outweighs_her_own_no_not_even_with_a_later_day(mary):
    consent.withdraw_marketing(mary, source=Source.EMAIL, actor="test", occurred_at=make.LONG_AGO)
    counts, said = bring_in(HEADER + f"{mary.number},,yes,,email,,,2026-03-04,Card 7\n")
    assert counts.entries == 0 and "takes that back herself" in said[2]
    assert not may(mary)


def test_a_no_and_a_yes_in_one_file_are_weighed_in_the_order_of_the_file(mary):
    rows = f"{mary.number},,no,,email,own,,2026-03-04,\n{mary.number},,yes,,email,own,,2026-03-05,Card 7\n"
    counts, said = bring_in(HEADER + rows)
    assert counts.entries == 1 and list(said) == [3]


def test_the_same_file_twice_adds_nothing(mary):
    text = HEADER + f"{mary.number},,yes,,email,,,2022-03-04,Card 7\n{mary.number},,no,,sms,own,,2022-03-04,\n"
    assert bring_in(text)[0].entries == 2
    counts, said = bring_in(text)
    assert (counts.imported, counts.entries, counts.known) == (0, 0, 2)
    assert said == dict.fromkeys((2, 3), "we have this choice already")
    assert ConsentEntry.objects.count() == 2


def test_what_was_wrong_in_a_file_names_the_column_and_not_the_person(mary, tmp_path):
    (tmp_path / "f.csv").write_text(HEADER + ",gertrud@secret.example,yes,,email,,,2022-03-04,x\n")
    out, err = io.StringIO(), io.StringIO()
    call_command("import_consents", str(tmp_path / "f.csv"), stdout=out, stderr=err)
    said = json.loads(out.getvalue())
    assert said.pop("reasons").values()
    assert said == {"rows": 1, "imported": 0, "entries": 0, "known": 0, "refused": 1}
    assert "gertrud" not in err.getvalue()


@pytest.mark.parametrize("header", ["customer,channel", "decision", "customer,decision,colour"])
def test_wrong_columns_are_one_clear_line(header, tmp_path):
    (tmp_path / "f.csv").write_text(header + "\n")
    with pytest.raises(CommandError, match="column"):
        call_command("import_consents", str(tmp_path / "f.csv"))


def test_a_decision_for_yes_is_the_law_s_word():
    assert consent_lists.DECISIONS == {"yes": Decision.GRANTED, "no": Decision.WITHDRAWN}


# --- a no contains more than its own words ----------------------------------------------------------------


def says_no(person, purpose, **values):
    consent.decide(person, purpose, Decision.WITHDRAWN, source=Source.WEB, actor=person, **values)


def refused(mary, row):
    counts, said = bring_in(HEADER + f"{mary.number},,{row}\n")
    return (counts.refused, "takes that back herself" in said.get(2, ""))


def test_a_yes_in_a_file_does_not_outweigh_a_no_to_what_contains_it(mary):
    moor, carrier = make.recipient("Moor", is_necessary=False), make.recipient("Carrier", is_necessary=False)
    says_no(mary, Purpose.SHARING)
    assert refused(mary, "yes,sharing,,,Moor,2026-03-04,Card 7") == (1, True)
    joan = make.customer("joan@example.com")
    says_no(joan, Purpose.SHARING, recipient=carrier)
    assert refused(joan, "yes,sharing,,,Moor,2026-03-04,Card 7") == (0, False), "a no to one is none to another"
    assert gate.may_share(joan, moor, ["name"]).allowed and not gate.may_share(mary, moor, ["name"]).allowed


def test_lrd_01_a_yes_to_partners_in_a_file_does_not_outweigh_no_third_party_marketing(mary):
    says_no(mary, Purpose.MARKETING, channel="email", sender="third_party")
    assert refused(mary, "yes,partner_offers,email,,,2026-03-04,Card 7") == (1, True)
    assert refused(mary, "yes,marketing,email,own,,2026-03-04,Card 7") == (0, False), "ours is another thing"


def test_of_two_words_of_one_day_the_no_is_the_later(mary):
    day = timezone.now() - timedelta(days=3)
    make.grant(mary, occurred_at=day.replace(hour=14))
    assert bring_in(HEADER + f"{mary.number},,no,,email,own,,{day:%Y-%m-%d},By phone\n")[0].imported == 1
    assert not consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")
    assert bring_in(HEADER + f"{mary.number},,no,,email,own,,{day:%Y-%m-%d},By phone\n")[0].known == 1


@pytest.mark.parametrize("decision", ["yes", "no"])
def test_of_somebody_who_was_erased_a_file_brings_nothing_back(mary, decision):
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    before = ConsentEntry.objects.count()
    counts, _said = bring_in(HEADER + f"{mary.number},,{decision},,email,own,,2026-03-04,Her own words\n")
    assert (counts.imported, counts.refused, ConsentEntry.objects.count()) == (0, 1, before)


# --- after a sale -----------------------------------------------------------------------------------------

WITH_GROUND = HEADER.replace("wording", "wording,occasion,basis")


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("occasion", ["sale", "negotiation"])
def test_d5_a_soft_opt_in_comes_in_by_a_file_and_allows_our_own_similar_offers_until_her_no(
    mary, settings, channel, occasion
):
    settings.PROMISE_PACKS = []
    row = f"{mary.number},,yes,,{channel},own,,2026-03-04,You can refuse offers here.,{occasion},soft_opt_in"
    assert bring_in(WITH_GROUND + row + "\n")[0].imported == 1
    assert gate.may_contact(mary, channel).allowed
    assert not gate.may_contact(mary, channel, is_similar=False).allowed
    assert not gate.may_contact(mary, channel, "own", "third_party").allowed
    says_no(mary, Purpose.MARKETING, channel=channel, sender="own")
    assert not gate.may_contact(mary, channel).allowed
    assert bring_in(WITH_GROUND + row.replace("03-04", "03-05") + "\n")[0].refused == 1


@pytest.mark.parametrize(
    "row",
    [
        "yes,,phone,own,,2026-03-04,x,sale,soft_opt_in", "yes,,email,third_party,,2026-03-04,x,sale,soft_opt_in",
        "yes,,email,own,,2026-03-04,Refuse here.,contest,soft_opt_in", "yes,,email,own,,2026-03-04,x,,soft_opt_in",
        "no,,email,own,,2026-03-04,x,sale,soft_opt_in", "yes,partner_offers,email,,,2026-03-04,x,sale,soft_opt_in",
        "yes,,email,own,,2026-03-04,x,sale,whim", "yes,,email,own,,2026-03-04,x,party,consent",
        "yes,,email,own,,2026-03-04,,sale,soft_opt_in",
    ],
)  # fmt: skip
def test_a_soft_opt_in_that_the_law_does_not_know_is_refused(mary, row):
    counts, said = bring_in(WITH_GROUND + f"{mary.number},,{row}\n")
    assert (counts.refused, counts.imported) == (1, 0) and said[2]
    assert not ConsentEntry.objects.exists()


def test_sfb_23_a_yes_in_a_file_says_when_we_got_the_details(mary):
    for occasion, allowed in (("contest", False), ("sale", True)):
        day = "2026-03-04" if not allowed else "2026-03-05"
        bring_in(WITH_GROUND + f"{mary.number},,yes,,email,own,,{day},Send me offers,{occasion},consent\n")
        assert may(mary) == allowed
