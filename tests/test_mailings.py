"""Advertising leaves with a way out or not at all (MAD-07, SFB-25, SFB-27, CLG-03); answers leave as a machine's."""

import csv
import io
import json
import smtplib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage, get_connection, send_mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from customers.models import Customer, EmailAddress
from privacy import consent, erasure, gate, jobs, mailings, notices, restrictions, suppression, tokens
from privacy.csv_files import Table
from privacy.gate import mailing_list
from privacy.inbound import answers
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.tokens import LinkToken
from privacy.vocabulary import Channel, Sender, Source
from tests import make
from tests.letters import REMOVE, letter, received
from tests.outgoing import FILES, GATED, SMTP, Sink, listening, newsletter, parsed, sent_files, work_off
from tests.races import at_once

pytestmark = pytest.mark.django_db
OWN, THIRD = Sender


@pytest.fixture
def mary():
    person = make.customer("mary@example.com")
    for sender in Sender:
        make.grant(person, sender=sender)
    return person


@pytest.fixture
def outbox(settings, tmp_path):
    """The house's own backend, with files behind it."""
    settings.EMAIL_BACKEND, settings.EMAIL_TRANSPORT, settings.EMAIL_FILE_PATH = GATED, FILES, str(tmp_path)
    return tmp_path


@pytest.fixture
def server(settings):
    """The house's own backend, with a real mail server behind it."""
    with listening(Sink()) as sink:
        settings.EMAIL_BACKEND, settings.EMAIL_TRANSPORT = GATED, SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


def why(message, person, **values):
    """Why a mail must not leave."""
    with pytest.raises(mailings.MayNotLeave) as refused:
        mailings.prepare(message, person, **values)
    return refused.value.reasons


# --- what it must carry --------------------------------------------------------------------------------------


def test_mad_07_sfb_25_a_mailing_carries_both_headers_and_the_link_in_each_form_of_its_text(mary, outbox, settings):
    assert mailings.prepare(newsletter("mary@example.com"), mary).send() == 1
    message = parsed(sent_files(outbox)[0])
    link, by_mail = (part.strip("<> ") for part in message["List-Unsubscribe"].split(","))
    token = urlsplit(link).path.split("/")[2]
    assert link == f"{settings.SITE_URL}/unsubscribe/{token}/"
    assert by_mail == f"mailto:remove+{token}@{settings.MAIL_DOMAIN}?subject=UNSUBSCRIBE"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        assert link in message.get_body((kind,)).get_content()
    row = tokens.find("unsubscribe", token)
    assert (row.data_subject, row.details) == (mary, {"sender": "own"})
    assert token not in str(list(LinkToken.objects.values()))


def test_the_mail_address_beside_the_link_works_too(mary):
    header = mailings.prepare(newsletter("mary@example.com"), mary).extra_headers["List-Unsubscribe"]
    to = header.partition("<mailto:")[2].partition("?")[0]
    received(letter("Mary <somebody@else.example>", "UNSUBSCRIBE"), to=to)
    assert not gate.may_contact(mary, Channel.EMAIL).allowed


POSTAL = "14 Tanner's Yard, Norwich NR3 1AB, United Kingdom"
HONEST = f"<p>{POSTAL} <a href='{{unsubscribe}}'>Stop</a></p>"
DISHONEST = {
    "noreply": ({"from_email": "noreply@northlight.example"}, "Nobody reads"),
    "No-Reply with a name": ({"from_email": "Northlight <No-Reply@northlight.example>"}, "Nobody reads"),
    "do_not_reply": ({"from_email": "do_not.reply+a@northlight.example"}, "Nobody reads"),
    "news-noreply": ({"from_email": "news-noreply@northlight.example"}, "Nobody reads"),
    "Reply-To": ({"reply_to": ["donotreply@northlight.example"]}, "Nobody reads"),
    "From in the headers": ({"headers": {"From": "noreply@northlight.example"}}, "Nobody reads"),
    "nobody": ({"from_email": "Northlight"}, "does not say from whom"),
    "no postal address": ({"body": "Stop: {unsubscribe}", "html": ""}, "postal address is missing in the plain text"),
    "half an address": ({"body": "Stop: {unsubscribe} Norwich", "html": ""}, "postal address is missing"),
    "no link": ({"body": POSTAL, "html": ""}, "cannot be seen in the plain text"),
    "another link": ({"body": f"{POSTAL} https://x.example/unsubscribe", "html": ""}, "cannot be seen"),
    "no link in the page": ({"html": f"<p>{POSTAL}"}, "cannot be seen in the HTML text"),
    "address in a comment": ({"html": f"<!-- {POSTAL} --><a href='{{unsubscribe}}'>Stop</a>"}, "missing in the HTML"),
    "link without words": ({"html": f"<p>{POSTAL}<a href='{{unsubscribe}}'> </a>"}, "cannot be seen in the HTML"),
    "hidden link": ({"html": HONEST.replace("<a ", "<a style='display : none' ")}, "cannot be seen in the HTML"),
    "hidden around it": ({"html": f"<div style='font-size:0px'>{HONEST}</div>"}, "cannot be seen in the HTML"),
    "link in a comment": ({"html": f"<p>{POSTAL}</p><!--{HONEST}-->"}, "cannot be seen in the HTML"),
    "link in the title": ({"html": f"<title>{HONEST}</title>{POSTAL}"}, "cannot be seen in the HTML"),
    "two people": ({"to": ["mary@example.com", "peter@example.com"]}, "one address"),
    "a blind copy": ({"bcc": ["peter@example.com"]}, "one address"),
    "somebody else": ({"to": ["peter@example.com"]}, "not the person's"),
}


@pytest.mark.parametrize("kind", DISHONEST)
def test_sfb_27_refused_in_one_clear_line(mary, kind):
    values, reason = DISHONEST[kind]
    [line] = [line for line in why(newsletter("mary@example.com", **values), mary) if reason in line]
    assert "\n" not in line and "@example" not in line


def test_a_mail_of_html_alone_and_one_of_text_alone_may_leave(mary):
    page = newsletter("mary@example.com", body=HONEST, html="")
    page.content_subtype = "html"
    assert mailings.prepare(page, mary).body.count("/unsubscribe/") == 1
    mailings.prepare(EmailMessage("Boots", f"{POSTAL}\n{{unsubscribe}}", "news@x.example", ["mary@example.com"]), mary)


def test_without_a_postal_address_of_the_shop_nothing_leaves(mary, settings):
    settings.SHOP = settings.SHOP | {"postal_address": ""}
    assert any("postal address" in line for line in why(newsletter("mary@example.com"), mary))


def test_clg_08_the_gate_is_asked_with_sender_and_content(mary):
    consent.withdraw_marketing(mary, senders=[THIRD], channels=["email"], source=Source.WEB, actor=mary)
    mailings.prepare(newsletter("mary@example.com"), mary)
    assert "said no to email from other companies" in why(newsletter("mary@example.com"), mary, content=THIRD)[0]
    assert "never said yes" in why(newsletter("p@example.com"), make.customer("p@example.com"))[0]
    child = make.customer("child@example.com", date_of_birth=timezone.localdate() - timedelta(days=14 * 366))
    make.grant(child, occurred_at=timezone.now())
    make.guardian_consent(child)
    assert "child" in why(newsletter("child@example.com"), child)[0]
    mailings.prepare(newsletter("child@example.com"), child, is_for_children=True)


# --- at the door ---------------------------------------------------------------------------------------------

MARKS: list[dict[str, str]] = [
    {"X-Marketing": "own; content=own"}, {"Precedence": "bulk"}, {"precedence": "List"}, {"List-Id": "<n.x.example>"},
    {"List-Unsubscribe": "<https://x.example/u>"}, {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    {"X-MARKETING": "1"}, {"Feedback-ID": "a:b:c"},
]  # fmt: skip


@pytest.mark.parametrize("headers", MARKS, ids=str)
def test_mad_07_what_calls_itself_advertising_does_not_leave_without_the_headers_whoever_sends_it(outbox, headers):
    message = newsletter("mary@example.com", headers=headers)
    with pytest.raises(mailings.MayNotLeave, match="List-Unsubscribe"):
        message.send()
    assert sent_files(outbox) == []
    assert newsletter("mary@example.com", headers=headers).send(fail_silently=True) == 0
    assert sent_files(outbox) == []


def queued(person, **values):
    return mailings.prepare(newsletter(person.contact_email), person, **values)


AFTERWARDS = {
    "a withdrawal": (lambda p: consent.withdraw_marketing(p, source=Source.EMAIL, actor=p), "said no"),
    "a restriction": (lambda p: restrictions.impose(p, "article_18", "asked", actor="test"), "not used"),
    "a complaint": (lambda p: suppression.suppress(p.contact_email, reason="complaint"), "never write to"),
    "an erasure": (lambda p: erasure.erase(p, today=timezone.localdate(), actor="test"), "not one of ours"),
    "a new address": (
        lambda p: EmailAddress.objects.filter(customer=p).update(address="new@example.com"),
        "not the person's",
    ),
}


@pytest.mark.parametrize("kind", AFTERWARDS)
def test_clg_03_a_campaign_queued_before_is_refused_when_it_leaves_after(mary, outbox, kind):
    message, (happens, reason) = queued(mary), AFTERWARDS[kind]
    happens(mary)
    with pytest.raises(mailings.MayNotLeave, match=reason):
        message.send()
    assert not [raw for raw in sent_files(outbox) if b"List-Unsubscribe" in raw]


def test_one_that_may_not_leave_does_not_hold_up_the_others(mary, outbox):
    people = [make.customer(f"{name}@example.com") for name in "abc"]
    for person in people:
        make.grant(person)
    campaign = [queued(person) for person in people]
    consent.withdraw_marketing(people[1], source=Source.EMAIL, actor="test")
    with pytest.raises(mailings.MayNotLeave, match="said no"):
        get_connection().send_messages(campaign)
    assert [parsed(raw)["To"] for raw in sent_files(outbox)] == ["a@example.com", "c@example.com"]


def test_a_link_of_mary_in_a_mail_to_peter_and_a_link_for_other_mails_do_not_pass(mary, outbox):
    peter = make.customer("peter@example.com")
    make.grant(peter)
    message = queued(mary)
    message.to = ["peter@example.com"]
    with pytest.raises(mailings.MayNotLeave, match="not the person's"):
        message.send()
    other = queued(mary)
    other.extra_headers["X-Marketing"] = "third_party; content=third_party"
    with pytest.raises(mailings.MayNotLeave, match="another sender"):
        other.send()
    old = queued(mary)
    LinkToken.objects.update(expires_at=timezone.now())
    with pytest.raises(mailings.MayNotLeave, match="too old"):
        old.send()


def test_letters_about_orders_and_requests_need_no_leave(outbox):
    send_mail("Your order", "It is on its way.", "noreply@northlight.example", ["x@example.com"])
    make.written("mail_stranger", "x@example.com", key="a", context={"done": ""})
    work_off()
    assert len(sent_files(outbox)) == 2


# --- the mailing tool outside --------------------------------------------------------------------------------


def scrubbed(text, **values):
    out = io.StringIO()
    how = {"channel": "email", "sender": OWN, "more": mailings.Links(OWN, timezone.now())} | values
    mailing_list.scrub(Table(io.BytesIO(text.encode())), out, **how)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_scrub_with_links_gives_rows_that_may_be_used_their_headers_and_a_link_that_works(mary):
    make.customer("never@example.com")
    yes, no, unknown = scrubbed("email\nMary@example.com\nnever@example.com\nwho@example.com\n")
    for row in (no, unknown):
        assert [row[c] for c in mailings.Links.columns] == ["", "", ""] and row["allowed"] == "false"
    assert yes["list_unsubscribe_post"] == "List-Unsubscribe=One-Click"
    header = mailings.prepare(newsletter("mary@example.com"), mary).extra_headers["List-Unsubscribe"]
    assert yes["list_unsubscribe"] == header, "in one quarter every mailing has the same"
    assert Client().post(urlsplit(yes["unsubscribe_link"]).path).status_code == 200
    assert scrubbed("email\nmary@example.com\n")[0]["allowed"] == "false"


def test_scrub_with_links_of_many_rows_costs_no_more_queries_than_of_one(django_assert_max_num_queries):
    people = [make.customer() for _ in range(60)]
    for person in people:
        make.grant(person)
    with django_assert_max_num_queries(8):
        rows = scrubbed("customer\n" + "".join(f"{person.number}\n" for person in people))
    assert len({row["unsubscribe_link"] for row in rows}) == 60 == LinkToken.objects.count()


def test_a_household_shares_an_address_and_one_link_shuts_it_for_all(mary):
    john = make.customer("mary@example.com")
    make.grant(john)
    [row] = scrubbed("email\nmary@example.com\n")
    Client().post(urlsplit(row["unsubscribe_link"]).path)
    assert scrubbed("email\nmary@example.com\n")[0]["allowed"] == "false"


def test_the_command_has_links_for_email_alone(mary, tmp_path, capsys):
    (tmp_path / "list.csv").write_text("email\nmary@example.com\n")
    call_command("scrub", str(tmp_path / "list.csv"), channel="email", sender="own", links=True)
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["unsubscribe_link"].endswith("/")
    with pytest.raises(CommandError, match="by email"):
        call_command("scrub", str(tmp_path / "list.csv"), channel="sms", sender="own", links=True)


# --- what a machine writes back ------------------------------------------------------------------------------


def test_an_answer_leaves_with_the_null_return_path_and_from_the_shop(mary, server, settings):
    received(letter("mary@example.com"))
    work_off()
    [(envelope, to, raw)] = server.taken
    message = parsed(raw)
    assert (envelope, to) == ("<>", ["mary@example.com"])
    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert {part.get_content_type() for part in message.iter_parts()} == {"text/plain", "text/html"}
    assert message["Return-Path"] is None


def test_what_a_person_writes_and_advertising_leave_with_a_sender_that_bounces_reach(mary, server):
    send_mail("Hello", "From Ines.", "Ines <ines@northlight.example>", ["mary@example.com"])
    mailings.prepare(newsletter("mary@example.com"), mary).send()
    assert [envelope for envelope, _, _ in server.taken] == ["ines@northlight.example", "news@northlight.example"]


EXPECTED = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Message-ID", "Date", "Auto-Submitted",
    "X-Auto-Response-Suppress",
}  # fmt: skip
NASTY = [
    "Eve\r\nBcc: all@example.com", "Eve\nX-Evil: 1", "Eve\r\n\r\n<b>body</b>", "Eve\rX-Evil: 1", "Eve\0Bcc: x",
    "Eve\u2028X-Evil: 1", "Eve\u2029X-Evil: 1", "Eve\x85X-Evil: 1", "\u202eevE\u202c", "\u2066x\u2069",
    "Eve\x0b\x0cX: 1", "=?utf-8?q?Eve=0d=0aBcc:_x?=",
]  # fmt: skip


def write_with(mary, number, text):
    """A letter with this text for her name and in its subject."""
    clean = text.replace("\0", "")
    Customer.objects.filter(pk=mary.pk).update(display_name=clean[:200])
    mary.refresh_from_db()
    row = make.written(
        "mail_receipt", "mary@example.com", key=f"n{number}", data_subject=mary, context={"done": clean, "undo": ""}
    )
    if clean == text:
        OutgoingEmail.objects.filter(pk=row.pk).update(subject=text[:300])


def test_c34_no_name_and_no_subject_becomes_a_header_in_the_sent_bytes(mary, outbox, corpora):
    strings = NASTY + json.loads((corpora / "strings" / "blns.json").read_text())
    for number, text in enumerate(strings):
        write_with(mary, number, text)
    work_off()
    assert set(OutgoingEmail.objects.exclude(job_state="done").values_list("subject", "last_error")) == set()
    sent = sent_files(outbox)
    assert len(sent) == len(strings) > 450
    for message in map(parsed, sent):
        assert sorted(message.keys()) == sorted(EXPECTED)
        assert message.is_multipart() and message["To"] == "mary@example.com"


def test_c34_nor_does_it_on_the_wire(mary, server):
    for number, text in enumerate(NASTY):
        write_with(mary, number, text)
    work_off()
    assert len(server.taken) == len(NASTY)
    for envelope, to, raw in server.taken:
        assert (envelope, to, sorted(parsed(raw).keys())) == ("<>", ["mary@example.com"], sorted(EXPECTED))


@pytest.mark.parametrize("text", NASTY)
def test_c34_an_address_that_holds_a_header_sends_no_header(server, text):
    address = f"{text}@example.com".replace("\0", "")
    row = make.written("mail_stranger", address, key="k", context={"done": ""})
    jobs.work("privacy.outgoingemail", row.pk)
    for _, to, raw in server.taken:
        assert set(parsed(raw).keys()) == EXPECTED
        assert len(to) == 1


@pytest.mark.django_db(transaction=True)
def test_clg_07_eight_workers_at_once_write_one_answer_to_one_address():
    now = timezone.now()
    at_once(8, lambda: answers.to_a_stranger(None, "stranger@example.net", now))
    assert OutgoingEmail.objects.count() == 1


def test_c29_a_vacation_responder_and_an_address_of_our_own_do_not_keep_a_conversation_going(mary, outbox):
    """Everything that we send comes back, as an answer, for an hour of simulated minutes."""
    ourselves = make.customer(REMOVE)
    make.grant(ourselves)
    received(letter("mary@example.com"))
    received(letter(REMOVE))
    received(letter("stranger@example.net", "UNSUBSCRIBE"))
    came_back: set[str] = set()
    sizes = []
    for minute in range(60):
        work_off()
        for raw in sent_files(outbox):
            message = parsed(raw)
            if message["Message-ID"] in came_back:
                continue
            came_back.add(message["Message-ID"])
            subject = f"Re: UNSUBSCRIBE {message['Subject']}" if minute % 2 else "UNSUBSCRIBE"
            for marks in ({"Auto_Submitted": "auto-replied"}, {}):
                answer = letter(message["To"], subject, "I am away.", Message_ID=f"<{minute}{len(marks)}@x>", **marks)
                received(answer, to="service@northlight.example", sender="")
                received(answer, sender=message["To"])
        sizes.append(OutgoingEmail.objects.count())
    assert sizes[-1] == sizes[2], "the queue stopped growing"
    by_address: dict[str, int] = {}
    for row in OutgoingEmail.objects.all():
        by_address[row.to_address] = by_address.get(row.to_address, 0) + 1
    assert REMOVE not in by_address
    assert by_address["stranger@example.net"] == 1
    assert by_address["mary@example.com"] <= 2, "the receipt of her change, and one answer a day"
    assert InboundEmail.objects.count() > 4


# --- when the mail server does not do its part (FAULTS A8) ----------------------------------------------------


def write(count, **values):
    return [
        make.written("mail_stranger", f"p{n}@example.net", key=f"k{n}", context={"done": ""}, **values)
        for n in range(count)
    ]


def again_until_quiet(time_machine):
    """What a worker does until nothing waits; time is moved on to what is due next."""
    for _ in range(200):
        due = OutgoingEmail.objects.filter(job_state="new").order_by("run_after").first()
        if due is None:
            return
        time_machine.move_to(max(due.run_after, timezone.now()) + timedelta(seconds=1))
        work_off()


def test_a8_a_server_that_is_down_for_half_an_hour_loses_no_letter_and_asks_for_nobody(server, time_machine, settings):
    start = timezone.now()
    time_machine.move_to(start)
    rows, port = write(100), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    while timezone.now() < start + timedelta(minutes=30):
        work_off()
        time_machine.move_to(timezone.now() + timedelta(minutes=5))
    assert server.taken == [] and not OutgoingEmail.objects.needing_attention().exists()
    settings.EMAIL_PORT = port
    again_until_quiet(time_machine)
    assert sorted(server.ids) == sorted(row.message_id for row in rows), "each once"
    assert timezone.now() < start + timedelta(hours=2)


def test_a8_come_again_is_come_again(server, time_machine):
    time_machine.move_to(timezone.now())
    tried: dict[str, int] = {}

    def at_the_third(address):
        tried[address] = tried.get(address, 0) + 1
        return "250 OK" if tried[address] >= 3 else "451 4.3.0 Try again later"

    server.at_recipient = at_the_third
    rows = write(20)
    again_until_quiet(time_machine)
    assert sorted(server.ids) == sorted(row.message_id for row in rows)
    assert set(tried.values()) == {3}


def test_a8_no_such_mailbox_is_tried_once_and_a_person_looks_only_where_a_customer_waits(server, mary):
    server.at_recipient = lambda _: "550 5.1.1 No such mailbox"
    stranger, [customers] = write(1)[0], [make.written(
        "mail_stranger", "mary@example.com", key="m", data_subject=mary, context={"done": ""}
    )]  # fmt: skip
    work_off()
    stranger.refresh_from_db()
    customers.refresh_from_db()
    assert (stranger.job_state, stranger.failures, stranger.last_error) == ("done", 0, "MailRefused")
    assert (customers.job_state, customers.failures, customers.last_error) == ("needs_attention", 1, "MailRefused")
    server.at_recipient = lambda _: "250 OK"
    assert jobs.again(customers, now=timezone.now())
    work_off()
    assert server.ids == [customers.message_id]


def test_a8_taken_and_then_dropped_comes_at_most_twice_under_one_message_id(server, time_machine):
    time_machine.move_to(timezone.now())
    seen: set[bytes] = set()

    def first_time(raw):
        identity = parsed(raw)["Message-ID"].encode()
        is_new = identity not in seen
        seen.add(identity)
        return is_new

    server.drops_after_taking = first_time
    rows = write(20)
    again_until_quiet(time_machine)
    assert set(server.ids) == {row.message_id for row in rows}
    assert max(server.ids.count(row.message_id) for row in rows) == 2
    assert OutgoingEmail.objects.filter(job_state="done").count() == 20


def test_a_mistake_of_ours_still_asks_for_a_person_after_three_tries():
    [row] = write(1)
    assert row.tries_after(ValueError()) == 3
    assert row.tries_after(smtplib.SMTPServerDisconnected()) == jobs.TRIES_OF_WHAT_PASSES
    assert row.tries_after(notices.MailRefused()) == 0
