"""The law's worked cases of advertising (D5) and children (D7), through the command and through Python alike."""

import io
import json
import sys
from datetime import date, datetime, time

import pytest
from django.core.management import call_command

from privacy import consent, gate, policies, suppression
from privacy.csv_files import Table
from privacy.gate import suppression_list
from privacy.gate.ages import DIGITAL_AGE
from privacy.promises import packs
from privacy.vocabulary import Decision, LawfulBasis, Purpose
from tests import make
from tests.children import ROOT

pytestmark = pytest.mark.django_db
VECTORS = [json.loads(line) for line in (ROOT / "tests/vectors/gate.jsonl").read_text().splitlines()]
PHONE = "+44 1632 960 123"


def at_noon(day, settings):
    """The instant that a fact of that day has."""
    return datetime.combine(date.fromisoformat(day), time(12), tzinfo=settings.SHOP_TZ)


def entry(person, decision, channel, moment, **values):
    """One entry of the ledger, of any moment."""
    usual = {"sender": "own", "source": "web", "wording": "the words", "page": "northlight.example/checkout"}
    return consent.ConsentEntry.objects.create(
        data_subject=person, purpose=Purpose.MARKETING, channel=channel, decision=decision, occurred_at=moment,
        actor="test", **(usual | values),
    )  # fmt: skip


def establish(person, fact, settings):
    """What a vector says of the person becomes rows."""
    moment = at_noon(fact.get("on", "2026-01-01"), settings)
    match fact:
        case {"soft": occasion}:
            entry(
                person, Decision.GRANTED, fact.get("channel", "email"), moment, occasion=occasion,
                lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS, wording="box" if fact.get("worded", True) else "",
            )  # fmt: skip
        case {"yes": channel}:
            more = {name: fact[name] for name in ("occasion", "source") if name in fact}
            entry(person, Decision.GRANTED, channel, moment, **more)
        case {"no": channel}:
            entry(person, Decision.WITHDRAWN, channel, moment)
        case {"notice": _}:
            policies.note_shown(person, make.policy())
        case {"listing": service}:
            file = f"address,service,since\n{PHONE},{service},{fact['on']}\n"
            counts = suppression_list.bring_in(
                Table(io.BytesIO(file.encode())), actor="test", report=pytest.fail, now=at_noon("2026-11-01", settings)
            )
            assert counts["listed"] == 1
        case {"suppressed": _}:
            suppression.suppress(person.contact_email, reason="objection", since=moment)
        case {"restricted": _} | {"held": _}:
            kind = "article_18" if "restricted" in fact else "debt"
            make.restriction(person, kind, imposed_at=moment, lifted_at=None, lifted_by="", lift_proposed_by="")
        case {"order": day}:
            make.order(person, placed_on=date.fromisoformat(day))
        case {"guardian": day}:
            until = at_noon(fact["until"], settings) if "until" in fact else None
            make.guardian_consent(person, given_at=at_noon(day, settings), withdrawn_at=until)
        case _:
            pytest.fail(f"nobody knows what {fact} means")


def through_the_command(row, monkeypatch, capsys):
    """The answer of `may_contact --jsonl`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(row).encode())))
    call_command("may_contact", "--jsonl")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{row['id']}: {row['why']}" for row in VECTORS])
def test_worked_case_of_the_law(vector, settings, monkeypatch, capsys):
    settings.PROMISE_PACKS = vector.get("packs", [])
    settings.SHOP = settings.SHOP | {"jurisdiction": vector.get("shop", "GB")}
    known = vector.get("person", {})
    born = date.fromisoformat(known["born"]) if "born" in known else None
    person, asked, expected = make.customer(phone=PHONE, date_of_birth=born), vector["ask"], vector["expected"]
    for country in known.get("lives", []):
        make.address(person, country=country)
    for fact in vector["facts"]:
        establish(person, fact, settings)
    told = through_the_command({"id": vector["id"], "customer": person.number, **asked}, monkeypatch, capsys)
    assert (told["id"], told["allowed"]) == (vector["id"], expected["allowed"]), told
    assert expected.get("because", "") in " ".join(told["reasons"])
    more = {name: asked[name] for name in ("is_for_children", "is_similar") if name in asked}
    answer = gate.may_contact(
        person, asked["channel"], asked["sender"], asked["content"], date.fromisoformat(asked["at"]), **more
    )
    assert (answer.allowed, answer.reasons) == (told["allowed"], told["reasons"])
    assert answer.reasons


def test_every_state_of_the_union_has_its_age():
    union = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
    assert set(union) | {"GB", "IS", "LI", "NO"} == set(DIGITAL_AGE)
    assert set(DIGITAL_AGE.values()) == {13, 14, 15, 16}


def test_the_name_of_a_pack_in_a_reason_is_the_one_on_the_page_of_promises():
    for slug, name in gate.packs.NAMES.items():
        assert packs()[slug].startswith(name)
