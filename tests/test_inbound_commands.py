"""The promises about mail that switches something off: Cloggs' UNSUBSCRIBE and La Redoute's third party command."""

from datetime import timedelta

import pytest
from django.utils import timezone

from privacy import audit, consent, data_subjects, subject_requests, suppression, tokens
from privacy.inbound import undoing
from privacy.inbound.commands import Change
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.promises import CONTROLS, State
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make
from tests.letters import PRIVACY, letter, outcome, received

pytestmark = pytest.mark.django_db


def gets(person, sender=Sender.OWN, channel=Channel.EMAIL):
    return consent.is_granted(person, Purpose.MARKETING, channel=channel, sender=sender)


def latest(person):
    found = consent.latest(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)
    assert found is not None
    return found


def subscriber(address="anna@example.com", *senders, **values):
    person = make.customer(address, **values)
    for sender in senders or [Sender.OWN]:
        make.grant(person, sender=sender)
    return person


SUBJECTS = [
    "UNSUBSCRIBE", "unsubscribe", "  Unsubscribe  ", "Re: UNSUBSCRIBE", "RE: re: Unsubscribe", "Fwd: UNSUBSCRIBE",
    "FW: unsubscribe", "AW: UNSUBSCRIBE", "WG: AW: unsubscribe", "SV: unsubscribe", "TR: UNSUBSCRIBE",
    "Re[2]: UNSUBSCRIBE", "R: UNSUBSCRIBE", '"UNSUBSCRIBE"', "UNSUBSCRIBE.",
]  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
def test_clg_01_subject_unsubscribe_removes_the_sender(subject):
    person = subscriber("anna@example.com")
    assert gets(person), "there must be something to switch off"
    row = received(letter("Anna <anna@example.com>", subject))
    assert (row.outcome, row.command, row.matched_by, row.data_subject) == ("act", "unsubscribe", "from", person)
    assert not gets(person)


@pytest.mark.parametrize(
    "encoded",
    [
        b"=?utf-8?B?VU5TVUJTQ1JJQkU=?=",
        b"=?iso-8859-1?Q?=55NSUBSCRIBE?=",
        b"Re: =?UTF-8?Q?unsub?=\r\n =?UTF-8?Q?scribe?=",
    ],
)
def test_clg_01_the_subject_may_be_encoded(encoded):
    person = subscriber()
    received(b"From: anna@example.com\r\nSubject: " + encoded + b"\r\n\r\n")
    assert not gets(person)


def test_clg_01_one_audit_event_and_the_source_is_email():
    person = subscriber()
    before = audit.AuditEntry.objects.count()
    row = received(letter("anna@example.com"))
    [entry] = audit.AuditEntry.objects.order_by("pk")[before:]
    assert (entry.event, entry.details["source"]) == ("consent.withdrawn", "email")
    written = latest(person)
    assert (written.source, written.occurred_at) == (Source.EMAIL, row.received_at)
    assert "from" in written.page and "UNSUBSCRIBE" in written.wording


def test_clg_02_no_staff_step_is_left():
    subscriber()
    received(letter("anna@example.com"))
    assert not InboundEmail.objects.to_review().exists()
    assert not subject_requests.DataSubjectRequest.objects.exists()


def test_clg_03_other_companies_email_ends_with_it():
    person = subscriber("anna@example.com", Sender.OWN, Sender.THIRD_PARTY)
    received(letter("anna@example.com"))
    assert not gets(person) and not gets(person, Sender.THIRD_PARTY)


def test_clg_04_never_an_address_in_the_text():
    anna, bert = subscriber("anna@example.com"), subscriber("bert@example.com")
    received(letter("anna@example.com", body="Please remove bert@example.com from your list."))
    assert not gets(anna) and gets(bert)


def test_clg_04_a_wish_for_another_address_is_for_a_person():
    anna, bert = subscriber("anna@example.com"), subscriber("bert@example.com")
    row = received(
        letter(
            "anna@example.com", "hello", "Please take bert@example.com off. Please unsubscribe me from your newsletter."
        )
    )
    assert row.outcome == "review"
    assert gets(anna) and gets(bert)


def test_clg_04_a_name_in_quotes_is_no_address():
    anna, bert = subscriber("anna@example.com"), subscriber("bert@example.com")
    received(b'From: "bert@example.com" <anna@example.com>\r\nSubject: UNSUBSCRIBE\r\n\r\n')
    assert gets(bert) and not gets(anna)


def test_clg_05_each_rung_alone():
    person = subscriber("anna@example.com")
    make.email_address(person, "second@example.org")
    token = tokens.issue("unsubscribe", person)
    stranger = "nobody@example.net"
    assert outcome(letter(stranger, "x"), f"remove+{token}@northlight.example", stranger) == (
        "act",
        "unsubscribe",
        "token",
    )
    assert outcome(letter("second@example.org", Message_ID="<1@x>"), sender=stranger) == ("act", "unsubscribe", "from")
    assert outcome(letter(stranger, Reply_To="Second@EXAMPLE.org"), sender=stranger) == (
        "act",
        "unsubscribe",
        "reply_to",
    )
    assert outcome(letter(stranger, Message_ID="<2@x>"), sender="anna@example.com") == (
        "act",
        "unsubscribe",
        "return_path",
    )
    assert (
        outcome(b"Return-Path: <anna@example.com>\r\nFrom: nobody@example.net\r\nSubject: unsubscribe\r\n\r\n")[2]
        == "return_path"
    )


def test_clg_05_the_upper_rung_wins():
    anna, bert = subscriber("anna@example.com"), subscriber("bert@example.com")
    token = tokens.issue("unsubscribe", bert)
    received(letter("anna@example.com"), f"Remove+{token.upper()}@Northlight.example")
    assert gets(anna) and not gets(bert)


@pytest.mark.parametrize("tag", ["", "x", "abcdefghijklmnopqrstuvwxyz234567", "' OR 1=1"])
def test_clg_05_a_wrong_token_is_no_rung(tag):
    person = subscriber("anna@example.com")
    other = tokens.issue("confirm", person)
    for wrong in (tag, other):
        row = received(letter("nobody@example.net"), f"remove+{wrong}@northlight.example")
        assert row.matched_by == ""
    assert gets(person)


def test_clg_05_a_household_with_one_address_is_wholly_off():
    anna, bert = subscriber("home@example.com"), subscriber("home@example.com")
    row = received(letter("home@example.com"))
    assert not gets(anna) and not gets(bert)
    assert row.data_subject is None


def test_clg_05_a_look_each_night_finds_a_customer_by_each_of_her_addresses_and_is_red_when_it_does_not(monkeypatch):
    look = CONTROLS["mail-who-is-meant"].look
    assert look(timezone.now()).state == State.NO_EVIDENCE
    anna = subscriber("anna@example.com")
    make.email_address(anna, "second@example.org")
    assert look(timezone.now()).figures == {"tried": 6}
    make.email_address(subscriber("home@example.com"), "anna@example.com")
    assert look(timezone.now()).state == State.KEPT, "of a household all are meant"
    row = received(letter("second@example.org"))
    assert look(timezone.now()).state == State.KEPT
    InboundEmail.objects.filter(pk=row.pk).update(matched_by="")
    assert look(timezone.now()).state == State.BROKEN
    InboundEmail.objects.all().delete()
    monkeypatch.setattr(data_subjects, "by_email", lambda address: [anna] if address == "anna@example.com" else [])
    assert look(timezone.now()).state == State.BROKEN


def test_clg_07_a_stranger_is_shown_the_page_once_a_day():
    for number in range(3):
        row = received(letter("stranger@example.net", Message_ID=f"<{number}@x>"))
        assert (row.outcome, row.matched_by, row.review_state) == ("act", "", "")
    [mail] = OutgoingEmail.objects.all()
    assert mail.to_address == "stranger@example.net"
    assert "/unsubscribe/" in bytes(mail.body).decode()
    assert mail.headers["Auto-Submitted"] == "auto-replied"
    assert suppression.is_suppressed("stranger@example.net")


MACHINES = {
    "bounce": {"sender": "<>"},
    "daemon": {"sender": "MAILER-DAEMON@example.net"},
    "noreply": {"sender": "noreply@example.net"},
    "list": {"List_Id": "<chat.example.net>"},
    "bulk": {"Precedence": "bulk"},
    "absent": {"Auto_Submitted": "auto-replied"},
    "ourselves": {"sender": "service@northlight.example"},
}


@pytest.mark.parametrize("name", MACHINES)
def test_clg_07_machines_are_never_answered(name):
    headers = dict(MACHINES[name])
    sender = headers.pop("sender", "someone@example.net")
    received(letter(sender if sender != "<>" else "x@example.net", **headers), sender=sender)
    assert not OutgoingEmail.objects.exists()


def test_a_person_with_auto_submitted_no_is_heard():
    person = subscriber()
    received(letter("anna@example.com", Auto_Submitted="no", X_Auto_Response_Suppress="All"))
    assert not gets(person)


def test_the_receipt_has_an_undo_that_puts_back_exactly_what_was():
    person = subscriber("anna@example.com", Sender.OWN, Sender.THIRD_PARTY)
    before = {e.sender: e.wording for e in consent.choices(person).values()}
    received(letter("anna@example.com"))
    [mail] = OutgoingEmail.objects.all()
    token = bytes(mail.body).decode().split("/unsubscribe/undo/")[1].split("/")[0]
    link = undoing.may_undo(token)
    assert link is not None
    assert len(undoing.undo(link)) == 2
    assert gets(person) and gets(person, Sender.THIRD_PARTY)
    back = latest(person)
    assert (back.source, back.wording) == (Source.EMAIL, before[Sender.OWN])
    assert undoing.may_undo(token) is None and undoing.undo(link) == []


def test_undo_changes_nothing_that_the_person_decided_since():
    person = subscriber()
    received(letter("anna@example.com"))
    [mail] = OutgoingEmail.objects.all()
    token = bytes(mail.body).decode().split("/unsubscribe/undo/")[1].split("/")[0]
    consent.withdraw_marketing(person, source=Source.WEB, actor=person)
    link = undoing.may_undo(token)
    assert link is not None and undoing.undo(link) == []
    assert not gets(person)


WIDER = {
    "sharing of any kind": ("partner_offers", {}, "sharing", {}),
    "further use in the group": ("marketing", {"channel": "email", "sender": "own"}, "further_use", {}),
    "transfer": ("partner_offers", {}, "transfer", {}),
    "partners' offers": ("marketing", {"channel": "email", "sender": "third_party"}, "partner_offers", {}),
    "partners' offers by email": (
        "marketing", {"channel": "email", "sender": "third_party"}, "partner_offers", {"channel": "email"},
    ),
    "sharing, where an offer was of others": ("marketing", {"channel": "sms", "sender": "third_party"}, "sharing", {}),
}  # fmt: skip


def undo_link():
    body = bytes(OutgoingEmail.objects.latest("pk").body).decode()
    link = undoing.may_undo(body.split("/unsubscribe/undo/")[1].split("/")[0])
    assert link is not None
    return link


@pytest.mark.parametrize("case", WIDER)
def test_undo_does_not_reach_past_a_later_and_wider_no(case):
    purpose, what, wider, where = WIDER[case]
    person = make.customer("anna@example.com")
    make.grant(person, purpose, **({"channel": "", "sender": ""} | what))
    yes = consent.choices(person)
    [change] = commands_off(person, yes)
    token = undoing.link_for(person, [change], timezone.now())
    consent.decide(person, wider, Decision.WITHDRAWN, source=Source.WEB, actor=person, **where)
    assert undoing.undo(undoing.may_undo(token)) == []
    [entry] = [e for choice, e in consent.choices(person).items() if choice in yes]
    assert entry.decision == Decision.WITHDRAWN


def commands_off(person, yes):
    return [
        Change(consent.decide(person, c.purpose, Decision.WITHDRAWN, channel=c.channel, sender=c.sender,
                              source=Source.EMAIL, actor=person), before)
        for c, before in yes.items()
    ]  # fmt: skip


def test_undo_is_not_held_back_by_a_no_to_something_else():
    person = subscriber("anna@example.com")
    received(letter("anna@example.com"))
    for channel, sender in (("email", "third_party"), ("post", "own")):
        consent.decide(
            person, "marketing", Decision.WITHDRAWN, channel=channel, sender=sender, source=Source.WEB, actor=person
        )
    consent.decide(person, "partner_offers", Decision.WITHDRAWN, source=Source.WEB, actor=person)
    assert len(undoing.undo(undo_link())) == 1 and gets(person)


def test_a_second_change_on_one_day_has_its_own_receipt_and_undo():
    person = subscriber("anna@example.com")
    make.grant(person, channel="sms")
    received(letter("anna@example.com"))
    received(letter("anna@example.com", "Texts", "Please stop sending me text messages with advertising."))
    assert OutgoingEmail.objects.count() == 2
    assert not gets(person, channel=Channel.SMS)
    assert len(undoing.undo(undo_link())) == 1
    assert gets(person, channel=Channel.SMS) and not gets(person)


def test_clg_07_the_same_command_again_on_one_day_is_done_and_not_answered_again():
    subscriber("anna@example.com")
    for number in range(3):
        received(letter("anna@example.com", Message_ID=f"<{number}@x>"))
    assert OutgoingEmail.objects.count() == 1


def test_everybody_of_a_household_whose_choice_was_changed_gets_a_receipt_with_an_undo():
    people = [subscriber("home@example.com") for _ in range(2)]
    received(letter("home@example.com"))
    rows = OutgoingEmail.objects.all()
    assert {row.data_subject for row in rows} == set(people)
    assert all(b"/unsubscribe/undo/" in bytes(row.body) for row in rows)


def test_undo_switches_nothing_on_that_was_off():
    make.customer("anna@example.com")
    received(letter("anna@example.com"))
    [mail] = OutgoingEmail.objects.all()
    assert "/unsubscribe/undo/" not in bytes(mail.body).decode()


@pytest.mark.parametrize(
    "body",
    [
        "Please do NOT unsubscribe me, I want to keep it.", "My mother wants this, not me.",
        "Actually wait, maybe not. What do you advise?",
        "Please sign me back up instead.", "Not everything, just less often please.",
    ],
)  # fmt: skip
def test_doubt_in_the_text_stops_the_command(body):
    person = subscriber()
    row = received(letter("anna@example.com", body=body))
    assert (row.outcome, row.review_state) == ("review", "open")
    assert gets(person)


def test_the_same_mail_by_several_roads_acts_once():
    person = subscriber()
    raw = letter("anna@example.com", Message_ID="<one@example.com>")
    by_imap = b"Return-Path: <anna@example.com>\nReceived: from somewhere\n" + raw.replace(b"\r\n", b"\n")
    first = received(raw, sender="anna@example.com")
    assert received(by_imap).pk == first.pk
    assert received(raw, "Remove@NORTHLIGHT.example").pk == first.pk
    assert consent.ConsentEntry.objects.filter(data_subject=person, decision=Decision.WITHDRAWN).count() == 1


def test_two_people_with_one_message_id_are_two():
    anna, bert = subscriber("anna@example.com"), subscriber("bert@example.com")
    for address in ("anna@example.com", "bert@example.com"):
        received(letter(address, Message_ID="<fixed@example.com>"))
    assert not gets(anna) and not gets(bert)


def test_without_message_id_and_date_each_mail_counts():
    person = subscriber()
    now = timezone.now()
    received(letter("anna@example.com"), now=now - timedelta(days=40))
    make.grant(person, occurred_at=now - timedelta(days=20))
    assert gets(person)
    received(letter("anna@example.com"), now=now)
    assert not gets(person)


THIRD = "email no third party marketing"


@pytest.mark.parametrize(
    "subject", [THIRD, THIRD.upper(), f"Re: {THIRD}", "  Email  no third  party marketing ", f"Fwd: {THIRD}"]
)
def test_lrd_01_third_party_off_leaves_own_on(subject):
    person = subscriber("anna@example.com", Sender.OWN, Sender.THIRD_PARTY)
    row = received(letter("anna@example.com", subject, f"Anna\nCustomer number {person.printed_number}"))
    assert (row.outcome, row.command, row.matched_by) == ("act", "stop_third_party", "customer_number")
    assert gets(person) and not gets(person, Sender.THIRD_PARTY)


def test_lrd_02_from_an_unknown_address_the_name_must_fit():
    person = subscriber("anna@example.com", Sender.THIRD_PARTY, display_name="Anna Prösser-Li")
    row = received(letter("work@example.net", THIRD, f"anna prosser li, number {person.number}"))
    assert (row.outcome, row.matched_by, row.data_subject) == ("act", "customer_number", person)
    assert not gets(person, Sender.THIRD_PARTY)
    [mail] = OutgoingEmail.objects.all()
    assert mail.to_address == "anna@example.com", "never to an address that we do not know"


def test_lrd_02_otherwise_a_person_looks():
    person = subscriber("anna@example.com", Sender.THIRD_PARTY, display_name="Anna Prosser")
    wrong = str(int(person.number) + 1)
    cases = {
        "neither address nor name": letter("work@example.net", THIRD, f"Bert Miller {person.number}"),
        "no such number": letter("work@example.net", THIRD, f"Anna Prosser {wrong}"),
        "no such number, known address": letter("anna@example.com", THIRD, f"Anna Prosser {wrong}"),
        "no number": letter("work@example.net", THIRD, "Anna Prosser"),
        "no number, known address": letter("anna@example.com", THIRD, "Anna Prosser"),
    }
    for name, raw in cases.items():
        row = received(raw)
        assert (row.outcome, row.review_state, row.command) == ("review", "open", ""), name
        assert row.reasons, name
    assert gets(person, Sender.THIRD_PARTY)
    assert not OutgoingEmail.objects.exists()


def test_lrd_03_own_email_off_by_name_and_number():
    person = subscriber("anna@example.com", display_name="Anna Prosser", number="875308641")
    row = received(
        letter(
            "work@example.net",
            "email marketing",
            f"Please do not email me offers. I do not want marketing emails.\nAnna Prosser\n{person.printed_number}",
        ),
        PRIVACY,
    )
    assert (row.outcome, row.command, row.matched_by) == ("act", "unsubscribe", "customer_number")
    assert not gets(person)


def test_lrd_03_the_number_of_another_changes_nothing():
    person = subscriber("anna@example.com", display_name="Anna Prosser")
    row = received(
        letter("work@example.net", "x", f"Please take me off your mailing list. Bert Miller {person.number}"), PRIVACY
    )
    assert gets(person) and row.data_subject is None
    assert row.review_state == "open"


def test_lrd_08_all_four_combinations():
    for own, third in [(True, True), (True, False), (False, True), (False, False)]:
        senders = [s for s, is_on in ((Sender.OWN, own), (Sender.THIRD_PARTY, third)) if is_on]
        person = make.customer()
        for sender in senders:
            make.grant(person, sender=sender)
        received(letter("x@example.net", THIRD, f"{person.display_name} {person.number}"))
        assert (gets(person), gets(person, Sender.THIRD_PARTY)) == (own, False)


@pytest.mark.parametrize(
    ("command", "words", "channel"),
    [
        ("stop_sms", "Please stop sending me text messages.", "sms"),
        ("stop_post", "Please stop sending the catalogue.", "post"),
        ("stop_phone", "Please stop calling me.", "phone"),
    ],
)
def test_one_channel_off_leaves_the_others(command, words, channel):
    person = make.customer("anna@example.com")
    for each in Channel:
        make.grant(person, channel=each)
    assert outcome(letter("anna@example.com", "hello", words), PRIVACY) == ("act", command, "from")
    assert [each.value for each in Channel if not gets(person, channel=each)] == [channel]


def test_cnx_10_a_clear_request_opens_a_case_not_yet_confirmed():
    person = make.customer("anna@example.com")
    row = received(
        letter("anna@example.com", "Auskunft", "Bitte geben Sie mir Auskunft nach Art. 15 DSGVO."),
        "datenschutz@northlight.example",
    )
    assert (row.outcome, row.case_kinds) == ("open_case", ["access"])
    [case] = subject_requests.DataSubjectRequest.objects.all()
    assert (case.data_subject, case.kind, case.source, case.identity_confirmed_at) == (person, "access", "email", None)
    assert case.received_at == row.received_at and "Art. 15" in case.text
    received(letter("anna@example.com", "Auskunft", "Ich warte auf die Auskunft."), "datenschutz@northlight.example")
    assert subject_requests.DataSubjectRequest.objects.count() == 1


def test_a_strangers_request_waits_for_a_person_and_gets_the_page():
    row = received(
        letter("stranger@example.net", "Delete my account", "Please delete my account and all data."), PRIVACY
    )
    assert (row.outcome, row.case_kinds, row.review_state) == ("open_case", ["erasure"], "open")
    assert "/requests/new/" in bytes(OutgoingEmail.objects.get().body).decode()


def test_unsubscribe_in_a_quoted_newsletter_is_no_wish():
    person = subscriber()
    body = "Nice lamps!\n\nOn Monday, Northlight <news@northlight.example> wrote:\n> Unsubscribe here\n> unsubscribe"
    received(letter("anna@example.com", "Re: Northlight Weekly", body, In_Reply_To="<x@y>"))
    assert gets(person)


def test_a_forged_from_can_switch_nothing_on_and_open_nothing_for_sure():
    person = make.customer("anna@example.com")
    for words in ("Please sign me up for your newsletter", "Please put me on your list", "Subscribe me"):
        received(letter("anna@example.com", "hi", words), PRIVACY)
    assert not consent.ConsentEntry.objects.filter(data_subject=person).exists()
