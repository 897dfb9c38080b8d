"""Art. 19: whoever got data is told of every correction, deletion and lock, answers, and is asked again in time."""

import base64
import hashlib
import hmac
import json
import re
import smtplib
import socket
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from customers.models import Address, Customer
from privacy import audit, corrections, jobs, recipient_notices, restrictions, roles, subject_requests, traces
from privacy.audit import AuditEntry
from privacy.erasure import Erasure
from privacy.export.contents import collect
from privacy.notices import OutgoingEmail
from privacy.outgoing_calls import NotReached, exchange, hosts
from privacy.recipient_notices import NoticeDelivery, RecipientNotice, State, webhook
from privacy.recipients import Disclosure, Recipient
from privacy.vocabulary import Source
from tests import make, recipient_machine
from tests.office import colleague, desk, look
from tests.portal import dump, sign_in
from tests.races import at_once

pytestmark = pytest.mark.django_db
LABEL = "privacy.noticedelivery"
SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes, truly so!!").decode()
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True, display_name="Mary Zaunkoenig")


@pytest.fixture
def three(mary):
    """Shared with A and B, not with C; with A twice."""
    a, b, c = (make.recipient(name, notice_email=f"{name.lower()}@carrier.example") for name in ("Ada", "Bob", "Cyd"))
    give(mary, a, reference="A-1"), give(mary, a, reference="A-2"), give(mary, b, fields=["name", "email"])
    return a, b, c


def give(person, recipient, **values):
    return make.disclosure(
        person, **({"recipient": recipient, "occurred_at": timezone.now() - timedelta(30), "reference": ""} | values)
    )


def lock(person, **values):
    kind = restrictions.Restriction.Kind.ARTICLE_18
    return restrictions.impose(person, kind, "Accuracy contested.", actor="system:test", **values)


def told():
    return {notice.recipient.name: notice for notice in RecipientNotice.objects.select_related("recipient")}


def send():
    """Everything that is due now leaves."""
    due = NoticeDelivery.objects.claimable(timezone.now()).values_list("pk", flat=True)
    return [jobs.work(LABEL, pk) for pk in list(due)]


def only(**values):
    [notice] = RecipientNotice.objects.filter(**values)
    return notice


def path_of(notice):
    return re.sub(r"https?://[^/]+", "", notice.link)


def correct(person, model, pk, **values):
    return corrections.correct(person, model.personal_data, pk, values, actor=person)


# --- who is told -----------------------------------------------------------------------------------------


def test_art_19_shared_with_a_and_b_and_not_c_makes_two_notices(mary, three):
    lock(mary)
    assert set(told()) == {"Ada", "Bob"}
    assert {n.change for n in told().values()} == {"restriction"}
    send()
    assert sorted(m.to[0] for m in mail.outbox) == ["ada@carrier.example", "bob@carrier.example"]


def test_art_19_somebody_else_s_recipients_hear_nothing(mary, three):
    joan = make.customer()
    give(joan, three[2])
    lock(joan)
    assert set(told()) == {"Cyd"}


def test_art_19_what_is_off_the_record_after_three_years_is_told_to_nobody(mary):
    give(mary, make.recipient("Old"), occurred_at=timezone.now() - timedelta(days=3 * 366))
    lock(mary)
    assert told() == {}


def test_art_19_a_notice_stands_or_falls_with_the_change(mary, three):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lock(mary)
        raise ZeroDivisionError
    assert not RecipientNotice.objects.exists() and not NoticeDelivery.objects.exists()


def test_art_19_once_for_a_change_and_a_recipient_the_database_insists(mary, three):
    lock(mary)
    again = told()["Ada"]
    with pytest.raises(IntegrityError), transaction.atomic():
        make.recipient_notice(mary, recipient=again.recipient, occasion=again.occasion)
    recipient_notices.tell(mary, "restriction", occasion=again.occasion, actor="system:test", now=timezone.now())
    assert RecipientNotice.objects.count() == 2


def unlock(row):
    """Two people agree, a week after the person was told."""
    restrictions.propose_lifting(row, actor="one", why="All is right now.")
    restrictions.note_told(row, Source.LETTER, actor="one", now=timezone.now() - timedelta(days=7))
    restrictions.lift(row, actor="two", now=timezone.now())


def test_art_19_a_hold_is_no_restriction_and_tells_nobody(mary, three):
    restrictions.impose(
        mary, restrictions.Restriction.Kind.DEBT, "Unpaid.", actor="system:test", review_on=make.next_month()
    )
    assert told() == {}


def test_art_18_3_the_end_of_a_restriction_is_told_and_takes_the_place_of_the_first_notice(mary, three):
    case = make.case(mary, "restriction", identity_confirmed=True)
    assert {n.case_id for n in told().values()} == {case.pk}
    row = restrictions.Restriction.objects.get()
    unlock(row)
    lifting = RecipientNotice.objects.filter(change="lifting")
    assert {n.recipient.name for n in lifting} == {"Ada", "Bob"} and {n.case_id for n in lifting} == {case.pk}
    first = RecipientNotice.objects.filter(change="restriction")
    assert {(n.state, bytes(n.particulars)) for n in first} == {("replaced", b"")}
    assert NoticeDelivery.objects.count() == 2, "what was replaced before it left does not leave"


# --- a correction ----------------------------------------------------------------------------------------


def test_art_19_a_correction_is_told_to_those_who_got_that_field_and_with_nothing_else(mary, three):
    ada, bob, _ = three
    correct(mary, Customer, mary.pk, phone="+44 20 7946 0958")
    assert told() == {}, "nobody got the phone number"
    address = make.address(mary, lines="Old Road 1", name="", locality="Norwich")
    correct(mary, Address, address.pk, lines="New Road 2")
    notice = only()
    assert notice.recipient == ada, "Bob got no address"
    assert notice.known_by == [
        ("reference", "A-1"), ("reference", "A-2"),
        ("address before", "Old Road 1, Norwich, NR3 1AB, GB"), ("address now", "New Road 2, Norwich, NR3 1AB, GB"),
    ]  # fmt: skip
    assert bob not in {n.recipient for n in RecipientNotice.objects.all()}


def test_art_19_the_same_correction_sent_twice_is_told_once(mary, three):
    for _ in range(2):
        correct(mary, Customer, mary.pk, display_name="Mary Zaunkönig")
    assert set(told()) == {"Ada", "Bob"} and RecipientNotice.objects.count() == 2
    assert ("name before", "Mary Zaunkoenig") in told()["Bob"].known_by


def test_art_19_the_page_of_a_request_for_correction_shows_who_was_told(mary, three):
    officer = colleague(roles.OFFICER)
    case = make.case(mary, "rectification", identity_confirmed=True, received_at=timezone.now() - timedelta(1))
    correct(mary, Customer, mary.pk, display_name="Mary Zaunkönig")
    subject_requests.carry_out(case, actor=officer, text="Corrected.")
    assert {n.case_id for n in told().values()} == {case.pk}


# --- what it says ----------------------------------------------------------------------------------------


def test_art_19_a_letter_says_which_right_which_data_when_what_to_do_by_when_and_where_to_answer(mary, three, settings):
    lock(mary)
    send()
    letter = next(m for m in mail.outbox if m.to == ["ada@carrier.example"])
    notice = told()["Ada"]
    page, _kind = letter.alternatives[0]
    for text in (letter.body, page):
        for part in ("Art. 18, 19", "do not use it", "A-1", "A-2", notice.link):
            assert part in text
        assert "mary@example.com" not in text and "Zaunkoenig" not in text, "its own reference is enough"
    assert (timezone.localdate() + timedelta(7)).strftime("%-d %B %Y") in letter.body
    assert "stop using the data" in letter.subject and "mary" not in letter.subject.lower()


def test_art_19_without_a_reference_one_thing_that_they_were_given_finds_the_person(mary, three):
    lock(mary)
    assert told()["Bob"].known_by == [("email", "mary@example.com")]


def test_art_19_what_nobody_was_given_is_told_to_nobody(mary):
    give(mary, make.recipient("Pixels", fields=["cookie_id"]), fields=["cookie_id"])
    lock(mary)
    assert only().known_by == []


def test_art_19_the_link_is_a_hash_at_rest_and_a_name_with_line_breaks_forges_no_line(mary, three):
    Customer.objects.filter(pk=mary.pk).update(display_name="Mary\nreference: 666")
    mary.refresh_from_db()
    give(mary, make.recipient("Dan"), fields=["name"])
    lock(mary)
    assert told()["Dan"].known_by == [("name", "Mary reference: 666")]
    token = told()["Ada"].token
    assert re.fullmatch(r"[a-z2-7]{32}", token)
    assert not any(token in row for rows in dump().values() for row in rows)


# --- by webhook ------------------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path, monkeypatch, settings):
    pem = recipient_machine.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.RECIPIENT_HOSTS_INSIDE = ["localhost"]
    with recipient_machine.running(pem) as running:
        yield running


@pytest.fixture
def hook(mary, machine):
    to = make.recipient("Hook", notice_url=machine.url, notice_secret=SECRET.encode())
    give(mary, to, reference="H-7", fields=["name", "address"])
    lock(mary)
    return machine


def test_art_19_a_webhook_is_signed_so_that_the_recipient_can_verify_it_by_itself(hook):
    assert send() == [True]
    [(path, headers, body)] = hook.got
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == expected
    assert path == "/art-19?shop=northlight" and headers["host"] == f"localhost:{hook.port}"
    assert headers["idempotency-key"] == headers["webhook-id"]
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    said = json.loads(body)
    assert (said["type"], said["person"]) == ("restriction", [{"is": "reference", "value": "H-7"}])
    assert said["received"]["fields"] == ["address", "name"] and said["answer_at"] == only().link
    assert b"mary" not in body.lower()


@pytest.mark.parametrize(
    ("answer", "state", "is_kept"),
    [
        (b'{"status": "done"}', State.DONE, False),
        (b'{"status": "not_held"}', State.NOT_HELD, False),
        (b'{"status": "accepted"}', State.ACCEPTED, True),
        (b'{"status": "refused", "reason": "An invoice is open."}', State.REFUSED, True),
        (b"", State.TOLD, True),
        (b"OK", State.TOLD, True),
        (b'["done"]', State.TOLD, True),
        (b'{"status": ["done"]}', State.TOLD, True),
        (b"[" * 60_000, State.TOLD, True),
        (b'{"status": "done", "x": "' + b"x" * 70_000 + b'"}', State.TOLD, True),
    ],
    ids=["done", "not held", "accepted", "refused", "empty", "words", "a list", "odd", "nested", "too long"],
)
def test_art_19_what_a_machine_answers_counts_only_when_it_is_understood(hook, answer, state, is_kept):
    hook.answer = answer
    assert send() == [True]
    notice = only()
    assert notice.state == state and bool(notice.particulars) == is_kept
    assert notice.said == ("An invoice is open." if state == State.REFUSED else "")


def test_f38_a_redirect_is_not_followed_and_goes_to_a_person(hook):
    hook.status, hook.headers = 307, {"Location": hook.url + "/elsewhere"}
    send()
    row = NoticeDelivery.objects.get()
    assert len(hook.got) == 1 and (row.job_state, row.last_error) == ("needs_attention", "Redirected")
    assert only().state == State.ATTENTION


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_a_recipient_s_server_refuses_goes_to_a_person_at_once(hook, status):
    hook.status = status
    send()
    assert NoticeDelivery.objects.get().last_error == "TurnedAway" and only().state == State.ATTENTION


def test_a_machine_that_is_down_is_tried_seven_times_with_growing_pauses_and_then_a_person_looks(hook, time_machine):
    hook.status = 503
    pauses: list[timedelta] = []
    for _ in range(7):
        if pauses:
            time_machine.move_to(NoticeDelivery.objects.get().run_after + timedelta(seconds=1))
        assert only().state == State.TO_BE_SENT
        send()
        pauses.append(NoticeDelivery.objects.get().run_after - timezone.now())
    assert pauses == sorted(pauses) and len(hook.got) == 7
    assert NoticeDelivery.objects.get().job_state == "needs_attention" and only().state == State.ATTENTION
    assert len({headers["idempotency-key"] for _, headers, _ in hook.got}) == 1


def test_f38_without_the_setting_a_machine_on_our_own_network_is_never_called(hook, settings):
    settings.RECIPIENT_HOSTS_INSIDE = []
    send()
    assert hook.got == [] and NoticeDelivery.objects.get().last_error == "Inside"


def test_f38_a_certificate_of_somebody_else_is_refused(mary, tmp_path, monkeypatch, settings):
    pem = recipient_machine.certificate(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.RECIPIENT_HOSTS_INSIDE = ["localhost"]
    with recipient_machine.running(pem) as machine, pytest.raises(NotReached) as caught:
        webhook.post(machine.url, SECRET.encode(), b"{}", key="k")
    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value.__cause__) and machine.got == []


def test_f38_a_slow_drip_ends_with_the_time_for_the_whole(hook, monkeypatch):
    monkeypatch.setattr(exchange, "WHOLE_SECONDS", 1)
    hook.drip = 0.3
    started = datetime.now(UTC)
    send()
    assert (datetime.now(UTC) - started).total_seconds() < 4
    assert len(hook.got) == 1 and only().state == State.TOLD, "it was taken; what it meant, we ask again"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "nonsense",
        "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_f38_no_address_but_a_public_one(address):
    assert not hosts.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:8.8.8.8"])
def test_a_public_address_may_be_called(address):
    assert hosts.is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost", "[::1]", "127.0.0.1"])
def test_f38_no_spelling_of_this_machine_is_called(host):
    with pytest.raises((hosts.Inside, hosts.NoHost, NotReached)):
        webhook.post(f"https://{host}:1/", b"x" * 32, b"{}", key="k")


def test_f38_rebinding_the_address_that_was_checked_is_the_one_connected_to(monkeypatch):
    """The first look-up says a public address, every later one says this machine; nothing asks twice."""
    asked, connected = [], []

    def look_up(host, port, *_, **_more):
        address = host
        if host == "rebind.example":
            asked.append(host)
            address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(_self, to):
        connected.append(to)
        raise OSError("no traffic in tests")

    with monkeypatch.context() as patch, pytest.raises(NotReached):
        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(socket.socket, "connect", connect)
        webhook.post("https://rebind.example/x", b"x" * 32, b"{}", key="k")
    assert asked == ["rebind.example"] and connected == [("93.184.216.34", 443)]


def test_f38_a_host_of_which_one_address_is_inside_is_refused(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **_more: both)
    with pytest.raises(hosts.Inside):
        webhook.post("https://both.example/", b"x" * 32, b"{}", key="k")


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https:///x", "https://u:p@a.example/", "ftp://a.example", "https://a.example/#x",
            "https://a.example:0/", "https://a.example:99999/", "https://a\n.example/", "//a.example", "https://[::1"],
)  # fmt: skip
def test_f38_a_url_that_may_not_be_called_is_refused_in_the_form_and_at_the_call(url):
    row = Recipient(name="x", kind="processor", group="partner", country="DE", purpose="x", notice_url=url)
    row.notice_secret = SECRET.encode()
    with pytest.raises(ValidationError, match="notice_url"):
        row.full_clean()
    with pytest.raises(hosts.NoHost):
        webhook.post(url, SECRET.encode(), b"{}", key="k")


# --- the row is the truth --------------------------------------------------------------------------------


class Died(BaseException):
    """What a killed process leaves behind: nothing more runs."""


def test_who_dies_between_sending_and_noting_sends_once_more_with_the_same_key(hook, monkeypatch, time_machine):
    monkeypatch.setattr(NoticeDelivery, "_note_sent", lambda *_: (_ for _ in ()).throw(Died))
    with pytest.raises(Died):
        send()
    monkeypatch.undo()
    assert only().state == State.TO_BE_SENT and send() == []
    monkeypatch.setenv("SSL_CERT_FILE", str(hook.pem))
    time_machine.move_to(timezone.now() + timedelta(seconds=61))
    assert send() == [True] and send() == []
    assert [headers["idempotency-key"] for _, headers, _ in hook.got] == [NoticeDelivery.objects.get().key] * 2
    assert len({body for _, _, body in hook.got}) == 1 and only().state == State.DONE


def test_a_letter_has_the_same_message_id_at_every_try(mary, three, monkeypatch):
    lock(mary)
    row = NoticeDelivery.objects.get(notice=told()["Ada"])
    real = NoticeDelivery._note_sent
    monkeypatch.setattr(NoticeDelivery, "_note_sent", lambda *_: 1 / 0)
    jobs.work(LABEL, row.pk)
    monkeypatch.setattr(NoticeDelivery, "_note_sent", real)
    NoticeDelivery.objects.filter(pk=row.pk).update(run_after=timezone.now())
    assert jobs.work(LABEL, row.pk)
    assert [m.extra_headers["Message-ID"] for m in mail.outbox] == [f"<{row.key}@northlight.example>"] * 2


def test_a_letter_that_is_refused_for_good_goes_to_a_person(mary, three, monkeypatch):
    def refuse(*args, **more):
        raise smtplib.SMTPRecipientsRefused({"ada@carrier.example": (550, b"no such user")})

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    lock(mary)
    send()
    assert {n.state for n in told().values()} == {State.ATTENTION}
    assert set(NoticeDelivery.objects.values_list("last_error", flat=True)) == {"MailRefused"}


# --- answers ---------------------------------------------------------------------------------------------


@pytest.fixture
def asked(mary, three):
    """Ada was told to stop, and we wait."""
    lock(mary)
    send()
    return told()["Ada"]


def test_art_19_opening_the_link_changes_nothing_and_names_nobody(asked, mary):
    before = dump()
    for browser in (Client(), Client(HTTP_USER_AGENT="GoogleImageProxy")):
        page = browser.get(path_of(asked))
        assert page.status_code == 200 and browser.head(path_of(asked)).status_code == 200
    assert dump() == before
    assert page.headers["Referrer-Policy"] == "no-referrer" and "no-store" in page.headers["Cache-Control"]
    for secret in ("mary", "Zaunkoenig", mary.number, "A-1"):
        assert secret not in page.content.decode()


def test_art_19_confirming_twice_is_one_answer(asked):
    browser = Client(enforce_csrf_checks=True)
    for _ in range(2):
        page = browser.post(path_of(asked), {"answer": "done"})
        assert page.status_code == 200 and "Thank you" in page.content.decode()
    asked.refresh_from_db()
    assert asked.state == State.DONE and asked.particulars == b""
    assert AuditEntry.objects.filter(event="recipient_notice.done").count() == 1
    assert browser.post(path_of(asked), {"answer": "refused", "why": "x"}).status_code == 200
    asked.refresh_from_db()
    assert asked.state == State.DONE, "the last word stands"


@pytest.mark.django_db(transaction=True)
def test_art_19_twenty_at_once_are_one_answer(mary):
    notice = make.recipient_notice(mary, state="told")
    assert sorted(at_once(20, lambda: recipient_notices.answer(notice_again(notice), "done", actor="system:test"))) == [
        False
    ] * 19 + [True]
    assert AuditEntry.objects.filter(event="recipient_notice.done").count() == 1


def notice_again(notice):
    return RecipientNotice.objects.get(pk=notice.pk)


def test_art_19_a_no_needs_its_reason_and_may_become_a_yes(asked):
    browser = Client()
    assert browser.post(path_of(asked), {"answer": "refused"}).status_code == 422
    assert browser.post(path_of(asked), {}).status_code == 422
    assert browser.post(path_of(asked), {"answer": "given_up"}).status_code == 422
    asked.refresh_from_db()
    assert asked.state == State.TOLD
    assert browser.post(path_of(asked), {"answer": "refused", "why": "An invoice."}).status_code == 200
    asked.refresh_from_db()
    assert (asked.state, asked.said) == (State.REFUSED, "An invoice.") and asked.particulars
    assert not asked.deliveries.filter(job_state="new").exists(), "who has answered is not reminded"
    assert browser.post(path_of(asked), {"answer": "done"}).status_code == 200
    asked.refresh_from_db()
    assert asked.state == State.DONE and not asked.particulars


@pytest.mark.parametrize("token", ["a" * 32, "A" * 32, "x", "é" * 8])
def test_a_token_of_nobody_is_404_without_a_hint(asked, token):
    assert Client().get(f"/recipients/answer/{token}/").status_code == 404
    assert Client().post(f"/recipients/answer/{token}/", {"answer": "done"}).status_code == 404


def test_a_token_of_another_kind_opens_nothing(asked, mary):
    other = make.tokens.issue("unsubscribe", mary)
    assert Client().get(f"/recipients/answer/{other}/").status_code == 404
    assert Client().post(f"/unsubscribe/{asked.token}/").status_code == 404


# --- asking again ----------------------------------------------------------------------------------------


def test_art_19_who_does_not_answer_is_asked_three_times_a_week_apart_and_then_a_person_looks(mary, time_machine):
    give(mary, make.recipient("Ada", notice_email="ada@carrier.example"))
    time_machine.move_to(NOW)
    lock(mary)
    left = []
    for day in range(40):
        time_machine.move_to(NOW + timedelta(days=day, minutes=day + 1))
        before = len(mail.outbox)
        jobs.sweep()
        send()
        left += [day] * (len(mail.outbox) - before)
    assert left == [0, 7, 14, 21]
    assert only().state == State.ATTENTION and only().reminders == 3
    assert only() in RecipientNotice.objects.needing_attention()
    assert [m.subject.startswith("Reminder") for m in mail.outbox] == [False, True, True, True]
    assert len({re.search(r"/recipients/answer/\w+/", m.body).group() for m in mail.outbox}) == 1, "the same link"
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == 4


def test_art_19_who_has_confirmed_hears_no_more(asked, time_machine):
    recipient_notices.answer(asked, "done", actor=asked.recipient)
    time_machine.move_to(timezone.now() + timedelta(days=60))
    send()
    assert [m.to[0] for m in mail.outbox].count("ada@carrier.example") == 1
    assert [m.to[0] for m in mail.outbox].count("bob@carrier.example") == 2


def test_art_19_an_answer_that_comes_while_the_reminder_is_on_its_way_stands(asked, time_machine, monkeypatch):
    time_machine.move_to(timezone.now() + timedelta(days=8))
    real = NoticeDelivery._send

    def slow(row, notice):
        recipient_notices.answer(notice_again(notice), "done", actor="system:test")
        return real(row, notice)

    monkeypatch.setattr(NoticeDelivery, "_send", slow)
    send()
    asked.refresh_from_db()
    assert asked.state == State.DONE and asked.reminders == 0
    assert not asked.deliveries.filter(job_state="new").exists()


def test_art_19_accepted_is_asked_again(asked, time_machine):
    recipient_notices.answer(asked, "accepted", actor=asked.recipient)
    time_machine.move_to(timezone.now() + timedelta(days=8))
    send()
    assert [m.to[0] for m in mail.outbox].count("ada@carrier.example") == 2


def test_art_19_a_sending_that_was_given_up_leaves_when_a_colleague_tries_it_again(hook):
    hook.status = 403
    send()
    hook.status, row = 200, NoticeDelivery.objects.get()
    assert desk(colleague(roles.AGENT)).post(f"/admin/jobs/{LABEL}/{row.pk}/again/").status_code == 302
    assert send() == [True] and only().state == State.DONE


def test_art_19_at_work_by_telephone_is_asked_again_in_a_week(asked, time_machine):
    recipient_notices.answer(asked, "refused", actor=asked.recipient, note="No.")
    now = timezone.now()
    assert recipient_notices.record(asked, "accepted", actor="system:test", note="They called.", now=now)
    time_machine.move_to(timezone.now() + timedelta(days=8))
    send()
    assert [m.to[0] for m in mail.outbox].count("ada@carrier.example") == 2


# --- an erasure ------------------------------------------------------------------------------------------


def wish(person):
    first, second = make.staff(roles.OFFICER), make.staff(roles.OFFICER)
    case = subject_requests.open_case(person, "erasure", source=Source.LETTER, actor=first, identity_confirmed=True)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    return Erasure.objects.get(case=case)


def test_art_17_2_an_erasure_is_told_when_it_is_done_and_the_last_letter_says_to_whom(mary, three):
    row = wish(mary)
    assert told() == {}, "agreed to is not done"
    assert jobs.work("privacy.erasure", row.pk)
    assert {n.case_id for n in told().values()} == {row.case_id} and set(told()) == {"Ada", "Bob"}
    send()
    assert len(mail.outbox) == 2 and "mary@example.com" in next(m for m in mail.outbox if "bob" in m.to[0]).body
    letter = OutgoingEmail.objects.get(template="erasure_done")
    for text in (bytes(letter.body).decode(), bytes(letter.html).decode()):
        assert "Ada" in text and "Bob" in text and "Cyd" not in text


def test_art_17_2_nothing_leaves_before_the_erasure_is_done_and_trying_again_tells_once(mary, three, monkeypatch):
    row = wish(mary)
    monkeypatch.setattr("privacy.erasure.job._close", lambda *_, **_more: 1 / 0)
    assert not jobs.work("privacy.erasure", row.pk)
    assert RecipientNotice.objects.count() == 2 and not NoticeDelivery.objects.exists()
    monkeypatch.undo()
    Erasure.objects.update(run_after=timezone.now())
    assert jobs.work("privacy.erasure", row.pk)
    assert RecipientNotice.objects.count() == NoticeDelivery.objects.count() == 2
    assert told()["Bob"].known_by == [("email", "mary@example.com")], "known although the address is gone by now"


def test_art_17_2_a_hold_on_the_person_tells_nobody_until_it_ends(mary, three):
    hold = make.restriction(mary, "debt", lifted_at=None, lifted_by="", lift_proposed_by="")
    row = wish(mary)
    assert jobs.work("privacy.erasure", row.pk)
    assert told() == {}
    restrictions.propose_lifting(hold, actor="one")
    restrictions.lift(hold, actor="two", now=timezone.now())
    assert jobs.work("privacy.erasure", row.pk)
    assert set(told()) == {"Ada", "Bob"} and {n.state for n in told().values()} == {State.TO_BE_SENT}
    assert NoticeDelivery.objects.count() == 2


def test_art_17_an_erased_person_stands_nowhere_once_the_recipients_have_confirmed(three):
    """FAULTS E44: before, while they must find her, and after."""
    word = "Nachtigall42"
    mary = make.customer(f"{word}@example.com", login=True, display_name=word, family_name=word)
    give(mary, three[0], fields=["name", "email"])
    lock(mary)
    row = restrictions.Restriction.objects.get()
    unlock(row)
    assert jobs.work("privacy.erasure", wish(mary).pk)
    letter = OutgoingEmail.objects.get(template="erasure_done")
    assert jobs.work("privacy.outgoingemail", letter.pk)
    send()
    assert any(word.lower() in m.body.lower() for m in mail.outbox)
    assert {t.where for t in traces.find(word)} == {"database:privacy_recipientnotice"}, "what finds her there"
    Client().post(path_of(only(change="erasure")), {"answer": "done"})
    assert list(traces.find(word)) == []


@pytest.mark.parametrize("state", ["done", "not_held", "given_up"])
def test_art_19_what_found_the_person_is_forgotten_with_the_last_word(mary, state):
    notice = make.recipient_notice(mary, state="told", particulars=b"reference: 7")
    assert notice_again(notice).particulars
    recipient_notices.answer(notice, state, actor="system:test", note="No answer for months.")
    assert not notice_again(notice).particulars


def test_the_audit_log_holds_no_value_of_a_notice(asked, mary):
    Client().post(path_of(asked), {"answer": "refused", "why": "Mary Zaunkoenig owes us."})
    written = " ".join(map(str, AuditEntry.objects.values_list()))
    assert "Zaunkoenig" not in written and "A-1" not in written and asked.token not in written
    assert audit.verify().is_intact


# --- how a recipient is told -----------------------------------------------------------------------------


def full(**values):
    defaults = {"name": "x", "kind": "processor", "group": "partner", "country": "DE", "purpose": "x"}
    row = Recipient(
        **(
            defaults
            | {"arrangement": "Both." if values.get("kind") == "joint" else ""}
            | {"fields": ["name"], "is_active": True}
            | values
        )
    )
    row.full_clean()


@pytest.mark.parametrize("kind", ["processor", "controller", "joint", "credit_reference"])
def test_art_19_no_active_recipient_of_data_without_a_way_to_tell_it(kind):
    with pytest.raises(ValidationError, match="notice_email"):
        full(kind=kind)
    full(kind=kind, notice_email="a@carrier.example")
    full(kind=kind, notice_url="https://a.example/x", notice_secret=SECRET.encode())
    full(kind=kind, told_by_hand="By letter; they have no mail.")
    full(kind=kind, is_active=False)
    full(kind=kind, fields=[])
    with pytest.raises(ValidationError, match="notice_url"):
        full(kind=kind, notice_url="https://a.example/x")


def test_an_authority_needs_none():
    full(kind="authority")


def test_art_19_who_is_told_by_hand_waits_for_a_colleague_and_comes_back_without_an_answer(mary, time_machine):
    give(mary, make.recipient("Slate", told_by_hand="By telephone."))
    lock(mary)
    notice = only()
    assert notice.state == State.BY_HAND and notice.needs_a_person and send() == []
    recipient_notices.told_by_hand(notice, actor="system:test", now=timezone.now())
    assert only().state == State.TOLD
    time_machine.move_to(timezone.now() + timedelta(days=8))
    send()
    assert only().state == State.ATTENTION and mail.outbox == []


# --- the secret and the office ---------------------------------------------------------------------------


def form_of(recipient, **values):
    names = (
        "name legal_name postal_address kind group purpose country safeguard agreement_until policy_url opt_out_url "
        "arrangement cookie_lifetime hears notice_email notice_url told_by_hand"
    ).split()
    said = {name: getattr(recipient, name) or "" for name in names}
    said |= {"fields": ", ".join(recipient.fields), "is_active": "on", "is_necessary": "on"}
    return said | values


def test_the_details_that_a_recipient_may_get_are_written_as_words():
    row, officer = make.recipient("Hook", told_by_hand="By letter."), desk(colleague(roles.OFFICER))
    page = f"/admin/privacy/recipient/{row.pk}/change/"
    assert officer.post(page, form_of(row, fields="name,\norder number\nName")).status_code == 302
    row.refresh_from_db()
    assert row.fields == ["name", "order_number"]
    assert "name, order number</textarea>" in officer.get(page).content.decode()
    refused = officer.post(page, form_of(row, fields='["email"]')).content.decode()
    assert "is no name of a detail" in refused
    row.refresh_from_db()
    assert row.fields == ["name", "order_number"]


def test_a_secret_goes_in_encrypted_and_is_never_shown_again():
    row, officer = make.recipient("Hook", told_by_hand="By letter."), desk(colleague(roles.OFFICER))
    page = f"/admin/privacy/recipient/{row.pk}/change/"
    for bad in ("short", "whsec_###########################", "whsec_YWJj" + "=" * 20):
        assert officer.post(page, form_of(row, notice_url="https://a.example/x", new_secret=bad)).status_code == 200
    assert officer.post(page, form_of(row, notice_url="https://a.example/x")).status_code == 200, "a URL needs one"
    answer = officer.post(page, form_of(row, notice_url="https://a.example/x", new_secret=SECRET))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert bytes(row.notice_secret).decode() == SECRET
    assert not any(SECRET[6:] in line for rows in dump().values() for line in rows)
    assert SECRET not in officer.get(page).content.decode()
    assert officer.post(page, form_of(row, notice_url="https://a.example/y", new_secret="")).status_code == 302
    row.refresh_from_db()
    assert bytes(row.notice_secret).decode() == SECRET, "an empty field leaves it as it is"
    auditor = desk(colleague(roles.AUDITOR)).get(page)
    assert auditor.status_code == 200 and "new_secret" not in auditor.content.decode()


def test_the_list_is_filtered_by_state_and_found_by_recipient_and_person(mary, asked):
    agent = desk(colleague(roles.AGENT))
    recipient_notices.answer(asked, "refused", actor="system:test", note="No.")

    def rows(query):
        page = agent.get(f"/admin/privacy/recipientnotice/?{query}")
        assert page.status_code == 200
        return {row.recipient.name for row in page.context["cl"].result_list}

    assert rows("") == {"Ada", "Bob"} and rows("state=person") == {"Ada"} and rows("state=told") == {"Bob"}
    assert rows("q=bo") == {"Bob"} and rows(f"q={mary.number}") == {"Ada", "Bob"}
    assert rows("q=mary@example.com") == {"Ada", "Bob"}
    assert rows("q=nobody@example.org") == set()


def test_a_colleague_sends_again_and_records_an_answer_from_the_page_of_the_case(mary, three):
    case = make.case(mary, "restriction", identity_confirmed=True)
    send()
    agent, ada = desk(colleague(roles.AGENT)), told()["Ada"]
    page = agent.get(f"/admin/privacy/datasubjectrequest/{case.pk}/change/").content.decode()
    assert "0 of 2 have confirmed" in page and "Send again" in page and "Record an answer" in page
    at = f"/admin/privacy/recipientnotice/{ada.pk}"
    assert agent.post(f"{at}/again/").url.endswith(f"/datasubjectrequest/{case.pk}/change/")
    send()
    assert [m.to[0] for m in mail.outbox].count("ada@carrier.example") == 2
    assert agent.post(f"{at}/answer/", {"answer": "refused"}).status_code == 422
    assert agent.post(f"{at}/answer/", {"answer": "done", "why": "By telephone, Mr Lee."}).status_code == 302
    assert told()["Ada"].state == State.DONE and told()["Ada"].answered_by.startswith("customers.account:")
    look(agent, case)
    page = agent.get(f"/admin/privacy/datasubjectrequest/{case.pk}/change/").content.decode()
    assert "1 of 2 have confirmed" in page and "By telephone, Mr Lee." in page
    agent.post(f"{at}/again/")
    assert send() == [] and told()["Ada"].state == State.DONE
    page = f"/admin/privacy/datasubjectrequest/{case.pk}/change/"
    auditor = desk(colleague(roles.AUDITOR)).get(page).content.decode()
    assert "1 of 2 have confirmed" in auditor and "Mr Lee" not in auditor and "Send again" not in auditor


def test_looking_at_a_notice_is_written_down(asked, mary):
    at_desk, url = desk(colleague(roles.AGENT)), f"/admin/privacy/recipientnotice/{asked.pk}/change/"
    at_desk.get(url)
    assert not AuditEntry.objects.filter(event="person.viewed").exists(), "masked: nothing of her was seen"
    look(at_desk, asked)
    at_desk.get(url)
    assert AuditEntry.objects.filter(event="person.viewed", subject=audit.reference(mary)).exists()


# --- what the person sees --------------------------------------------------------------------------------


def page_of(case):
    return sign_in(case.data_subject).get(f"/account/requests/{case.reference}/").content.decode()


def test_art_19_she_reads_6_of_7_have_confirmed_and_who_they_are(mary):
    for n in range(7):
        give(mary, make.recipient(f"Company {n}", notice_email=f"c{n}@carrier.example"))
    case = make.case(mary, "restriction", identity_confirmed=True)
    for n in range(6):
        recipient_notices.answer(told()[f"Company {n}"], "done" if n % 2 else "not_held", actor="system:test")
    page = page_of(case)
    assert "6 of 7 have confirmed." in page and all(f"Company {n}" in page for n in range(7))
    assert "has stopped using it." in page and "does not have your data" in page and "is being told now" in page


def test_art_19_what_an_authority_forbids_to_tell_is_told_and_not_shown_until_its_day(mary, three, time_machine):
    secret = make.recipient("Secret Office", notice_email="s@carrier.example")
    give(mary, secret, secret_until=timezone.localdate() + timedelta(30))
    case = make.case(mary, "restriction", identity_confirmed=True)
    assert "Secret Office" in told()
    page = page_of(case)
    assert "Secret Office" not in page and "0 of 2 have confirmed" in page
    assert "Secret Office" not in sign_in(mary).get("/account/").content.decode()
    assert "Secret Office" not in sign_in(mary).get("/account/data/privacy.recipientnotice/").content.decode()
    row = wish_of_access(mary)
    assert "Secret Office" not in row
    time_machine.move_to(timezone.now() + timedelta(days=31))
    assert "Secret Office" in page_of(case) and "of 3 have confirmed" in page_of(case)


def wish_of_access(person):
    """The copy as she gets it."""
    copy = collect(person)
    return " ".join(str(row.words) for chapter in copy.chapters() for table in chapter.tables for row in table.rows())


def test_art_19_another_customer_s_request_shows_nothing_of_it(mary, three):
    lock(mary)
    other = make.case(make.customer(login=True), "restriction", identity_confirmed=True)
    assert "have confirmed" not in page_of(other) and "Ada" not in page_of(other)


def test_a_disclosure_that_was_secret_and_one_that_was_not_make_a_recipient_that_may_be_named(mary):
    carrier = make.recipient("Both")
    give(mary, carrier, secret_until=date(2099, 1, 1)), give(mary, carrier)
    lock(mary)
    assert only().secret_until is None and Disclosure.objects.count() == 2
