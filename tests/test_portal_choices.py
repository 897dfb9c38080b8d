"""Marketing by channel and sender, sharing by recipient.

CLZ-01, CLZ-10, MAD-01, MAD-03, LRD-05 to LRD-08, SFB-19 to SFB-21.
"""

from itertools import product
from typing import Any

import pytest

from customers.models import Customer
from privacy import consent, gate, preferences, suppression
from privacy.consent import ConsentEntry
from privacy.recipients import Recipient
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make
from tests.portal import sign_in

pytestmark = pytest.mark.django_db
EMAIL_OWN, EMAIL_THIRD = "marketing-email-own", "marketing-email-third_party"


def on(customer: Customer, channel: str, sender: str) -> bool:
    return consent.is_granted(customer, Purpose.MARKETING, channel=channel, sender=sender)


def may_share(customer: Customer, recipient: Recipient) -> bool:
    return gate.may_share(customer, recipient, ["name"]).allowed


def save(client: Any, *keys: str, was: tuple[str, ...] = ()) -> Any:
    return client.post("/account/preferences/", {"yes": keys, "was": was})


@pytest.mark.parametrize("channel", Channel)
def test_clz_01_and_mad_01_each_channel_is_a_choice_of_its_own(channel):
    mary = make.customer(login=True)
    save(sign_in(mary), f"marketing-{channel}-own")
    assert [c for c, s in product(Channel, Sender) if on(mary, c, s)] == [channel]


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("third", [False, True])
def test_lrd_08_and_clz_10_own_and_third_party_can_be_combined_freely(own, third):
    mary = make.customer(login=True)
    save(sign_in(mary), *([EMAIL_OWN] if own else []), *([EMAIL_THIRD] if third else []))
    assert on(mary, Channel.EMAIL, Sender.OWN) is own
    assert on(mary, Channel.EMAIL, Sender.THIRD_PARTY) is third


def test_the_ledger_holds_the_very_words_beside_the_box():
    mary = make.customer(login=True)
    client = sign_in(mary)
    page = client.get("/account/preferences/").content.decode()
    save(client, EMAIL_OWN)
    entry = ConsentEntry.objects.get(data_subject=mary)
    assert entry.wording in page
    assert (entry.source, entry.page) == (Source.WEB, "testserver/account/preferences/")
    assert "checked" not in page, "nothing is ticked before the person has said yes"


def test_switching_on_needs_a_fresh_proof_and_switching_off_never_does():
    mary = make.customer(login=True)
    make.grant(mary)
    client = sign_in(mary, minutes_ago=60)
    answer = save(client, EMAIL_THIRD)
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not on(mary, Channel.EMAIL, Sender.OWN), "off at once"
    assert not on(mary, Channel.EMAIL, Sender.THIRD_PARTY), "on only later"
    client.post(answer["Location"], {"password": "correct horse battery", "next": "/account/preferences/"})
    assert on(mary, Channel.EMAIL, Sender.THIRD_PARTY), "taken up again after the proof"


def test_mad_03_one_click_switches_everything_off_without_any_proof():
    mary = make.customer(login=True)
    for channel, sender in product(Channel, Sender):
        make.grant(mary, channel=channel, sender=sender)
    make.grant(mary, Purpose.PROFILING)
    client = sign_in(mary, minutes_ago=60)
    for _ in range(2):
        assert client.post("/account/preferences/", {"all_off": "1"}).status_code == 302
    assert preferences.granted(mary) == set()
    assert ConsentEntry.objects.filter(decision=Decision.WITHDRAWN).count() == len(
        [*preferences.marketing(), *preferences.use()]
    )


def test_an_old_form_does_not_undo_a_no_said_elsewhere():
    mary = make.customer(login=True)
    make.grant(mary)
    client = sign_in(mary)
    consent.withdraw_marketing(mary, source=Source.EMAIL, actor=mary)
    save(client, EMAIL_OWN, was=(EMAIL_OWN,))
    assert not on(mary, Channel.EMAIL, Sender.OWN)


def test_the_same_form_sent_twice_is_written_down_once():
    mary = make.customer(login=True)
    client = sign_in(mary)
    for _ in range(2):
        save(client, EMAIL_OWN)
    assert ConsentEntry.objects.count() == 1


def test_a_yes_takes_her_addresses_off_the_list_for_this_sender_only():
    mary = make.customer("mary@example.com", login=True)
    suppression.suppress("mary@example.com", reason="objection")
    save(sign_in(mary), EMAIL_OWN)
    assert not suppression.is_suppressed("mary@example.com", sender=Sender.OWN)
    assert suppression.is_suppressed("mary@example.com", sender=Sender.THIRD_PARTY)


def test_clg_18_the_page_names_every_purpose_with_its_basis_and_whether_it_can_be_refused():
    page = sign_in(make.customer(login=True)).get("/account/preferences/").content.decode()
    for purpose in Purpose:
        assert str(purpose.label) in page
    assert "Needed for your order" in page and "You said yes" in page


def test_clz_06_clz_07_cnx_25_sharing_shows_each_recipient_with_country_safeguard_purpose_and_fields():
    make.recipient(
        "Lumen", country="US", safeguard="SCC 2021", purpose="Shows ads.", fields=["hashed email"], is_necessary=False
    )
    page = sign_in(make.customer(login=True)).get("/account/sharing/").content.decode()
    for words in ("Lumen", "United States", "SCC 2021", "Shows ads.", "hashed email", "outside the EEA"):
        assert words in page


def test_lrd_05_each_recipient_can_be_allowed_and_stopped_alone():
    one, two = (make.recipient(name, is_necessary=False) for name in ("One", "Two"))
    mary = make.customer(login=True)
    client = sign_in(mary)
    keys = [f"sharing-{one.pk}", f"sharing-{two.pk}"]
    client.post("/account/sharing/", {"yes": keys})
    assert may_share(mary, one) and may_share(mary, two)
    client.post("/account/sharing/", {"yes": keys[1:], "was": keys})
    assert not may_share(mary, one) and may_share(mary, two)


@pytest.mark.parametrize(
    ("key", "recipient"),
    [
        ("sharing", {"country": "DE"}),
        ("further_use", {"country": "DE", "group": "affiliate"}),
        ("transfer", {"country": "US", "safeguard": "SCC 2021"}),
    ],
)
def test_sfb_19_to_21_each_refusal_counts_at_once_without_proof_and_is_taken_back_only_with_one(key, recipient):
    to = make.recipient(is_necessary=False, **recipient)
    mary = make.customer(login=True)
    make.grant(mary, Purpose.SHARING, recipient=to)
    assert may_share(mary, to)
    own = f"sharing-{to.pk}"
    client = sign_in(mary, minutes_ago=60)
    client.post("/account/sharing/", {"yes": [key, own], "was": [own]})
    assert not may_share(mary, to)
    page = client.get("/account/sharing/").content.decode()
    assert f'value="{key}" checked' in page
    assert (f'value="{own}" checked' in page) is (key != "sharing"), "no to all means no to each"
    answer = client.post("/account/sharing/", {"yes": [own], "was": [key, own]})
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not may_share(mary, to)


def test_an_old_form_does_not_take_back_a_refusal_said_elsewhere():
    mary = make.customer(login=True)
    consent.decide(mary, Purpose.TRANSFER, Decision.WITHDRAWN, source=Source.LETTER, actor="test")
    sign_in(mary).post("/account/sharing/", {"yes": [], "was": []})
    assert consent.choices(mary)[consent.Choice(Purpose.TRANSFER)].decision == Decision.WITHDRAWN


def test_one_click_says_no_to_all_sharing():
    one = make.recipient("One", is_necessary=False)
    mary = make.customer(login=True)
    make.grant(mary, Purpose.SHARING, recipient=one)
    client = sign_in(mary, minutes_ago=60)
    client.post("/account/sharing/", {"all_off": "1"})
    assert not may_share(mary, one)
    assert preferences.granted(mary) == set()


def test_lrd_07_nothing_is_shared_before_a_yes():
    make.recipient("Lumen", is_necessary=False)
    page = sign_in(make.customer(login=True)).get("/account/sharing/").content.decode()
    assert "checked" not in page
