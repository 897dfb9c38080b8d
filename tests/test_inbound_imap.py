"""Mail fetched over IMAP from a real Dovecot: stored and committed first, marked as taken only after that."""

import hashlib
import itertools
import logging
import re
import secrets
import smtplib
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.utils import timezone

from privacy import consent, jobs
from privacy.inbound import envelopes, identity, imap, poller
from privacy.inbound.mailbox import InboundEmail
from privacy.vocabulary import Channel, Purpose, Sender
from tests import make
from tests.children import manage, running
from tests.letters import PRIVACY, REMOVE, letter
from tests.mail_servers import PASSWORD, Wire
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user():
    """A name of its own, and so an empty mailbox."""
    return f"user-{secrets.token_hex(6)}"


@pytest.fixture
def wire(dovecot):
    """Lays wires to Dovecot's IMAP port."""
    laid = []

    def lay(**how):
        laid.append(Wire(dovecot.imap_port, **how))
        return laid[-1]

    yield lay
    for one in laid:
        one.close()


def a_poller(dovecot, user, *, port=0, security="none", move_to="", password=PASSWORD, otherwise=PRIVACY):
    account = imap.Account("127.0.0.1", port or dovecot.imap_port, user, password, "INBOX", security)
    return poller.Poller(account, move_to, otherwise)


@contextmanager
def stopped_when(watch, condition):
    """Beside what the test does, asks the poller to stop as soon as the condition is true; after a while anyway."""

    def look():
        try:
            wait_until(condition, 60)
        finally:
            watch.stop.ask()

    thread = threading.Thread(target=look)
    thread.start()
    yield
    thread.join()


def letters(count, **headers):
    return [letter(f"a{n}@example.com", body=f"{n}", Message_ID=f"<{n}@x>", **headers) for n in range(count)]


def as_handed_out(raw):
    """What Dovecot gives back of a mail: every byte, but that lines end in CRLF and a NUL, unknown to IMAP, is 0x80.

    A CR before CRLF and one at the very end go with the line end.
    """
    return re.sub(rb"\r?\r?\n", b"\r\n", raw.removesuffix(b"\r")).replace(b"\0", b"\x80")


def sha(raw):
    return hashlib.sha256(raw).hexdigest()


def nameless(raws):
    """Those that have neither Message-ID nor Date."""
    return [
        raw
        for raw in raws
        if identity.identity_of(one := identity.Letter(raw, PRIVACY, "", "")) != identity.identity_of(one)
    ]


def stored():
    return sorted(bytes(row.raw) for row in InboundEmail.objects.all())


def is_on(person):
    return consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)


# --- taken, and marked after the commit -------------------------------------------------------------------


def test_a_mail_is_fetched_acted_on_and_marked_as_read(dovecot, user):
    person = make.customer("anna@example.com")
    make.grant(person)
    raw = letter("anna@example.com", Message_ID="<1@x>")
    dovecot.append(user, raw, letter("b@example.com", "read already"), flags="")
    with dovecot.client(user, "INBOX") as client:
        client.uid("STORE", "2", "+FLAGS", r"(\Seen)")
    done = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user))
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert b"1 taken, 0 left" in done.stderr
    row = InboundEmail.objects.get()
    assert (bytes(row.raw), row.road, row.mailbox, row.sender) == (raw, "imap", "remove", "")
    assert jobs.work(row._meta.label_lower, row.pk) and not is_on(person)
    assert dovecot.search(user, "UNSEEN") == []
    again = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user))
    assert b"0 taken" in again.stderr and InboundEmail.objects.count() == 1


def test_clg_01_what_comes_is_fetched_at_once_and_works_within_two_seconds(dovecot, user, worker, tmp_path):
    """The server tells (IDLE): the next poll would be ten minutes away."""
    person = make.customer("anna@example.com")
    make.grant(person)
    with running(
        tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=dovecot.url(user), IMAP_POLL_SECONDS=600
    ) as child:
        dovecot.append(user, letter("somebody@example.com"))
        wait_until(lambda: InboundEmail.objects.filter(job_state="done").exists(), 30, "all are awake")
        time.sleep(1.5)  # it is listening now
        dovecot.append(user, letter("anna@example.com"))
        wait_until(lambda: not is_on(person), 2, "off")
        wait_until(lambda: dovecot.search(user, "UNSEEN") == [], 2, "marked as read")
        assert child.stop() == 0
        assert "Traceback" not in child.said


def test_a_server_without_idle_is_polled(dovecot, user, wire, tmp_path):
    deaf = wire(edit=lambda data: data.replace(b" IDLE ", b" NONE "))
    url = dovecot.url(user, port=deaf.port)
    with running(tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=url, IMAP_POLL_SECONDS=1) as child:
        child.wait_for("Fetching mail")
        for count, raw in enumerate(letters(2), 1):
            dovecot.append(user, raw)
            wait_until(lambda: dovecot.search(user, "UNSEEN") == [], 30, "fetched")
            assert InboundEmail.objects.count() == count
        assert child.stop() == 0


def test_marked_as_read_only_after_the_commit(dovecot, user, monkeypatch):
    """Before the rows are committed nothing is marked; nor while they are."""
    dovecot.append(user, *letters(5))
    real, seen = poller.accept_all, []

    def watched(some):
        seen.append(dovecot.search(user, "SEEN"))
        done = real(some)
        seen.append(dovecot.search(user, "SEEN"))
        return done

    monkeypatch.setattr(poller, "accept_all", watched)
    a_poller(dovecot, user).run(once=True)
    assert seen == [[], []]
    assert (InboundEmail.objects.count(), len(dovecot.search(user, "SEEN"))) == (5, 5)


@pytest.mark.parametrize("move_to", ["", "Taken"])
def test_when_the_commit_fails_the_mail_stays_as_it_was_and_comes_again(dovecot, user, move_to):
    dovecot.create(user, "Taken")
    dovecot.append(user, *letters(3))
    how = {"IMAP_URL": dovecot.url(user), "IMAP_MOVE_TO": move_to}
    failed = manage("poll_mail", "--once", **how, DATABASE_URL="sqlite:////nonexistent/none.sqlite3")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == b"CommandError: Mail could not be fetched: OperationalError."
    assert dovecot.search(user, "UNSEEN") == [1, 2, 3]
    done = manage("poll_mail", "--once", **how)
    assert done.returncode == 0 and InboundEmail.objects.count() == 3
    assert dovecot.search(user, "UNSEEN") == []
    assert len(dovecot.search(user, "ALL", "Taken")) == (3 if move_to else 0)


def test_what_was_stored_but_not_marked_comes_again_and_is_the_same_row(dovecot, user, monkeypatch):
    def refuse(*_):
        raise ConnectionError

    dovecot.append(user, *letters(3))
    with monkeypatch.context() as broken:
        broken.setattr(imap.Folder, "settle", refuse)
        with pytest.raises(poller.NotFetched):
            a_poller(dovecot, user).run(once=True)
    assert (InboundEmail.objects.count(), dovecot.search(user, "SEEN")) == (3, [])
    a_poller(dovecot, user).run(once=True)
    assert (InboundEmail.objects.count(), dovecot.search(user, "SEEN")) == (3, [1, 2, 3])


def test_moved_where_a_folder_is_named_and_all_of_it(dovecot, user):
    dovecot.create(user, '"Fertig &- gut"')
    dovecot.append(user, *letters(2))
    dovecot.append(user, letter("c@example.com", Message_ID="<c@x>"), flags=r"\Seen")
    done = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user), IMAP_MOVE_TO="Fertig & gut")
    assert b"3 taken, 0 left" in done.stderr, done.stderr
    assert dovecot.search(user) == []
    assert len(dovecot.search(user, "ALL", '"Fertig &- gut"')) == 3
    assert InboundEmail.objects.count() == 3


def test_a_folder_to_move_to_that_is_not_there_is_said_and_nothing_is_taken(dovecot, user):
    dovecot.append(user, *letters(1))
    done = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user), IMAP_MOVE_TO="Nowhere")
    assert done.returncode == 1 and b"IMAP_MOVE_TO, which is not there" in done.stderr.splitlines()[-1]
    assert (InboundEmail.objects.count(), dovecot.search(user, "UNSEEN")) == (0, [1])


@pytest.mark.parametrize("move_to", ["", "Taken"])
def test_what_somebody_else_marked_as_deleted_is_not_expunged(dovecot, user, move_to):
    dovecot.create(user, "Taken")
    dovecot.append(user, letter("old@example.com"), flags=r"\Deleted \Seen")
    dovecot.append(user, *letters(2))
    a_poller(dovecot, user, move_to=move_to).run(once=True)
    found = dovecot.search(user, "DELETED") or dovecot.search(user, "DELETED", "Taken")
    assert len(found) == 1


# --- which of our addresses, and from whom ----------------------------------------------------------------


def head(*lines):
    return "\r\n".join([*lines, "", "text"]).encode()


TOKEN = "remove+abc@northlight.example"


@pytest.mark.parametrize(
    ("raw", "recipients", "sender"),
    [
        (head("To: Shop <remove@northlight.example>"), [REMOVE], ""),
        (head("Delivered-To: remove+abc@northlight.example", "To: privacy@northlight.example"), [TOKEN], ""),
        (head("Return-Path: <a@x.org>", f"X-Original-To: {TOKEN}", f"Delivered-To: {PRIVACY}"), [TOKEN], "a@x.org"),
        (head("Return-path: <>", f"Envelope-to: {REMOVE}, {PRIVACY}"), [REMOVE, PRIVACY], "<>"),
        (head("Delivered-To: shop.inbox@mail.example", f"X-Original-To: {REMOVE}"), [REMOVE], ""),
        (head("Delivered-To: box@mail.example", f"To: b@x.org, {REMOVE}", f"Cc: <{PRIVACY}>"), [REMOVE, PRIVACY], ""),
        (head(f"To: {REMOVE}, REMOVE@Northlight.example"), [REMOVE], ""),
        (head("To: remove@northlight.example.evil.example", "Cc: nobody@northlight.example"), [PRIVACY], ""),
        (head("To: undisclosed-recipients:;"), [PRIVACY], ""),
        (head('To: "remove@northlight.example" <x@x.example>'), [PRIVACY], ""),
        (head("To: =?utf-8?q?remove=40northlight.example=2C?= <x@x.example>"), [PRIVACY], ""),
        (head("To:\r\n Shop\r\n <remove@northlight.example>"), [REMOVE], ""),
        (b"", [PRIVACY], ""),
        (b"\0\xff", [PRIVACY], ""),
        (b"X: " + b"y" * 400_000, [PRIVACY], ""),
        (b"X: y\r\n" * 2_000 + b"\r\n", [PRIVACY], ""),
    ],
)  # fmt: skip
def test_the_address_is_taken_from_the_server_then_from_to_and_cc_and_must_be_ours(raw, recipients, sender):
    assert envelopes.envelope_of(raw, PRIVACY) == envelopes.Envelope(recipients, sender)


def test_a_mail_to_thousands_of_our_addresses_is_stored_for_some():
    many = ", ".join(f"privacy+{n}@northlight.example" for n in range(5000))
    assert len(envelopes.envelope_of(head(f"To: {many}"), PRIVACY).recipients) == envelopes.RECIPIENTS_LIMIT


def test_where_nothing_tells_it_came_to_imap_recipient(dovecot, user):
    dovecot.append(user, head("From: a@example.com", "Message-ID: <1@x>", "Subject: hello"))
    manage("poll_mail", "--once", IMAP_URL=dovecot.url(user), IMAP_RECIPIENT="dpo@northlight.example")
    assert InboundEmail.objects.get().mailbox == "dpo"


def test_the_day_of_receipt_is_that_of_the_server_and_never_in_the_future(dovecot, user):
    dovecot.append(user, *letters(1), at='"20-Nov-2026 23:30:00 -0500"')
    dovecot.append(user, letter("z@example.com", to=PRIVACY), at='"20-Nov-2099 10:00:00 +0000"')
    a_poller(dovecot, user).run(once=True)
    rows = {row.mailbox: row.received_at for row in InboundEmail.objects.all()}
    assert rows["remove"] == datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    assert rows["privacy"] <= timezone.now()


# --- the same mail by other roads -------------------------------------------------------------------------


def test_b18_the_same_mail_by_smtp_imap_and_pipe_acts_once(dovecot, own_mail_listener, worker):
    """Dovecot gets its copy over LMTP and writes Return-Path, Delivered-To and Received above it."""
    person = make.customer("anna@example.com")
    make.grant(person)
    raw = letter("anna@example.com", Message_ID="<same@example.com>")
    user = f"{secrets.token_hex(6)}@northlight.example"
    with smtplib.SMTP("127.0.0.1", own_mail_listener.smtp_port, local_hostname="client.example") as smtp:
        smtp.sendmail("anna@example.com", [REMOVE], raw)
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port, local_hostname="client.example") as lmtp:
        lmtp.sendmail("anna@example.com", [user], raw)
    done = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user))
    assert b"1 taken" in done.stderr
    manage("deliver_mail", "--to", REMOVE, "--wait", stdin=raw.replace(b"\r\n", b"\n"))
    assert InboundEmail.objects.get().road == "smtp"
    assert consent.ConsentEntry.objects.filter(data_subject=person, decision="withdrawn").count() == 1


def test_b18_in_the_other_order_and_to_two_of_our_addresses_it_is_two_rows_not_three(dovecot, user, mail_listener):
    raw = letter("anna@example.com", to=f"{REMOVE}, {PRIVACY}", Message_ID="<same@example.com>")
    dovecot.append(user, raw, b"Received: from a by b\r\n" + raw)
    a_poller(dovecot, user).run(once=True)
    with smtplib.SMTP("127.0.0.1", mail_listener.smtp_port, local_hostname="client.example") as smtp:
        smtp.sendmail("anna@example.com", [REMOVE, PRIVACY], raw)
    found = sorted((row.mailbox, row.road) for row in InboundEmail.objects.all())
    assert found == [("privacy", "imap"), ("remove", "imap")]


def test_what_dovecot_writes_above_tells_recipient_and_sender(dovecot):
    raw = letter("anna@example.com", Message_ID="<1@x>", to="somebody@elsewhere.example")
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port, local_hostname="client.example") as lmtp:
        lmtp.sendmail("bounce@example.com", ["complaints@northlight.example"], raw)
    user = "complaints@northlight.example"
    wait_until(lambda: dovecot.search(user), 20, "delivered")
    a_poller(dovecot, user).run(once=True)
    row = InboundEmail.objects.get()
    assert (row.mailbox, row.sender) == ("complaints", "bounce@example.com")
    assert bytes(row.raw).endswith(raw)
    assert row.identity == identity.identity_of(identity.Letter(raw, user, "", "smtp"))


# --- byte for byte ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"caf\xe9 \xff\xfe \x80\r\n",
        b"lone\rreturn\r\n",
        b"unix\nlines\n",
        b"no end",
        b"a\0b\0\r\n",
        b"z" * 3_000_000 + b"\r\n",
        b".\r\n..\r\n(\r\n) {12}\r\n* 1 FETCH (FLAGS ())\r\nA1 OK done\r\n",
    ],
    ids=["8-bit", "CR", "LF", "no end", "NUL", "one line of 3 MB", "like IMAP itself"],
)
def test_every_byte_is_kept_that_imap_can_hand_out(dovecot, user, body):
    raw = b"To: remove@northlight.example\r\nMessage-ID: <1@x>\r\nSubject: \xe9\r\n\r\n" + body
    dovecot.append(user, raw, letter("b@example.com"))
    a_poller(dovecot, user).run(once=True)
    assert stored() == sorted([as_handed_out(raw), letter("b@example.com")])
    same = identity.Letter(raw, REMOVE, "", "smtp")
    assert InboundEmail.objects.filter(identity=identity.identity_of(same)).exists(), "the same mail as over SMTP"


def test_an_empty_mail_is_a_mail(dovecot, user):
    dovecot.append(user, b"\r\n")
    a_poller(dovecot, user).run(once=True)
    assert stored() == [b"\r\n"]


def test_all_867_over_imap_byte_for_byte(dovecot, user, corpora):
    from tests.test_inbound_corpora import files

    # A recipient of its own for each, because some files are one mail twice.
    recipients = [f"privacy+{number}@northlight.example" for number in range(867)]
    sent = {
        to: f"Delivered-To: {to}\r\n".encode() + path.read_bytes()
        for to, path in zip(recipients, files(corpora), strict=True)
    }
    dovecot.append(user, *sent.values())
    a_poller(dovecot, user).run(once=True)
    kept = {bytes(row.recipient).decode(): row for row in InboundEmail.objects.iterator()}
    assert {to: sha(bytes(row.raw)) for to, row in kept.items()} == {
        to: sha(as_handed_out(raw)) for to, raw in sent.items()
    }
    # By SMTP each would be the same mail; those with neither Message-ID nor Date never are.
    over_smtp = {to: identity.identity_of(identity.Letter(raw, to, "", "smtp")) for to, raw in sent.items()}
    assert sum(row.identity == over_smtp[to] for to, row in kept.items()) == 867 - len(nameless(sent.values()))
    assert dovecot.search(user, "UNSEEN") == []


# --- trouble ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move_to", ["", "Taken"])
def test_a_mail_that_is_too_big_stays_flagged_is_said_once_and_holds_up_no_others(
    dovecot, user, settings, caplog, move_to
):
    settings.MAIL_MAX_BYTES = 100_000
    dovecot.create(user, "Taken")
    first, second, third = letters(3)
    dovecot.append(user, first, letter("secret.person@example.com", "secret") + b"y" * 200_000, second)
    watch = a_poller(dovecot, user, move_to=move_to)
    watch.run(once=True)
    dovecot.append(user, third)
    watch.run(once=True)
    assert stored() == sorted([first, second, third])
    assert (watch.taken, len(watch.left)) == (3, 1)
    assert dovecot.search(user, "UNSEEN FLAGGED") == dovecot.search(user, "UNSEEN") == [2]
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 1 and "mail 2 has 200" in said[0] and "secret" not in caplog.text


def test_a_wire_that_breaks_in_the_middle_loses_nothing_and_doubles_nothing(dovecot, user, wire):
    raws = letters(40)
    dovecot.append(user, *raws)
    broken = wire(breaks_after=(300, 2_000, 5_000, 9_000))
    watch = a_poller(dovecot, user, port=broken.port)
    with stopped_when(watch, lambda: dovecot.search(user, "UNSEEN") == []):
        watch.run(once=False)
    assert broken.connections >= 5
    assert stored() == sorted(raws)
    assert len(dovecot.search(user, "SEEN")) == 40


def test_a_mail_over_which_the_connection_breaks_each_time_holds_up_no_others(dovecot, user, wire, caplog):
    def edit(data):
        if b"P0ISON" in data:
            raise ConnectionError
        return data

    raws = letters(20)
    dovecot.append(user, *raws[:3], letter("a@example.com", body="P0ISON"), *raws[3:])
    watch = a_poller(dovecot, user, port=wire(edit=edit).port)
    watch.run(once=True)
    assert stored() == sorted(raws)
    assert dovecot.search(user, "UNSEEN") == dovecot.search(user, "FLAGGED") == [4]
    assert "mail 4 is not handed out by the server" in caplog.text


def test_a_mail_that_cannot_be_stored_holds_up_no_others(dovecot, user, monkeypatch, caplog):
    real = poller.accept_all

    def choosy(some):
        some = list(some)
        if any(b"P0ISON" in one.raw for one in some):
            raise ValueError("secret")
        return real(some)

    monkeypatch.setattr(poller, "accept_all", choosy)
    raws = letters(5)
    dovecot.append(user, *raws[:2], letter("a@example.com", body="P0ISON"), *raws[2:])
    a_poller(dovecot, user).run(once=True)
    assert stored() == sorted(raws)
    assert dovecot.search(user, "UNSEEN FLAGGED") == [3]
    assert "mail 3 cannot be stored (ValueError)" in caplog.text and "secret" not in caplog.text


def test_a_database_that_is_away_for_a_while_leaves_no_mail_behind(dovecot, user, monkeypatch):
    real, calls = poller.accept_all, []

    def away(some):
        calls.append(time.monotonic())
        if len(calls) <= 2:
            raise OperationalError
        return real(some)

    monkeypatch.setattr(poller, "accept_all", away)
    dovecot.append(user, *letters(10))
    watch = a_poller(dovecot, user)
    watch.run(once=True)
    assert (InboundEmail.objects.count(), dovecot.search(user, "UNSEEN"), watch.left) == (10, [], set())
    first, second, third = calls[:3]
    assert 1 <= second - first < third - second, "each pause is longer"


def test_a_server_that_is_away_is_tried_again_and_the_poller_lives_on(dovecot, user, tmp_path):
    port = free_port()
    dovecot.append(user, *letters(2))
    with running(tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=dovecot.url(user, port=port)) as child:
        child.wait_for("ConnectionRefusedError; again in 1 s")
        child.wait_for("ConnectionRefusedError; again in 2 s")
        wire = Wire(dovecot.imap_port, at=port)
        wait_until(lambda: InboundEmail.objects.count() == 2, 30, "fetched")
        assert child.stop() == 0
        wire.close()


def test_it_never_looks_more_often_than_once_a_second(dovecot, user, monkeypatch):
    rounds, watch = [], a_poller(dovecot, user)
    real = poller.Poller.round

    def noted(*args):
        rounds.append(time.monotonic())
        real(*args)

    monkeypatch.setattr(poller.Poller, "round", noted)
    more = iter(range(30))

    def one_more_until_all_are_taken():
        for n in more:
            dovecot.append(user, letter("a@example.com", Message_ID=f"<{n}@x>"))
            time.sleep(0.1)
            return False
        return dovecot.search(user, "UNSEEN") == []

    with stopped_when(watch, one_more_until_all_are_taken):
        watch.run(once=False)
    pauses = [later - earlier for earlier, later in itertools.pairwise(rounds)]
    assert len(pauses) >= 3 and min(pauses) >= 0.99
    assert InboundEmail.objects.count() == 30


def test_sigterm_finishes_what_is_in_hand_and_ends(dovecot, user, wire, tmp_path):
    dovecot.append(user, *letters(60))
    slow = wire(delay=lambda _: 0.02)
    url = dovecot.url(user, port=slow.port)
    with running(tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=url) as child:
        child.wait_for("Fetching mail")
        # The list of what waits is some 5,000 bytes by itself; only then do mails come.
        wait_until(lambda: slow.carried > 8_000, 20, "some mails are in hand")
        assert child.stop() == 0
    taken = InboundEmail.objects.count()
    assert 0 < taken < 60
    assert len(dovecot.search(user, "SEEN")) == taken


def test_sigterm_while_it_waits_ends_at_once(dovecot, user, tmp_path):
    with running(
        tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=dovecot.url(user), IMAP_POLL_SECONDS=900
    ) as child:
        child.wait_for("Fetching mail")
        time.sleep(1.5)
        began = time.monotonic()
        assert child.stop() == 0
        assert time.monotonic() - began < 10, "its next look would be a quarter of an hour away"


# --- secrets and certificates -----------------------------------------------------------------------------


def test_the_password_is_in_no_message_whatever_goes_wrong(dovecot, user, caplog):
    caplog.set_level(logging.DEBUG)
    url = dovecot.url(user)
    wrong = "wr0ng/passw%rd"
    done = manage("poll_mail", "--once", IMAP_URL=url.replace("s3cret", "wr0ng"), LOG_LEVEL="DEBUG")
    said = (done.stdout + done.stderr).decode()
    assert (
        done.returncode == 1 and "CommandError: Mail could not be fetched: the server refused user or password." in said
    )
    for how in (
        {"password": wrong},
        {"password": f"{wrong}-ü"},
        {"password": wrong, "port": free_port()},
        {"password": wrong, "security": "tls"},
        {"password": wrong, "security": "tls", "port": dovecot.imaps_port},
    ):
        with pytest.raises(poller.NotFetched) as error:
            a_poller(dovecot, user, **how).run(once=True)
        said += str(error.value)
    said += caplog.text + repr(a_poller(dovecot, user, password=wrong))
    assert not [word for word in ("wr0ng", "passw%", "tests%", "Traceback", user) if word in said], said


def test_a_folder_that_is_not_there_is_said(dovecot, user):
    done = manage("poll_mail", "--once", IMAP_URL=dovecot.url(user, folder="Nowhere"))
    assert done.returncode == 1 and b"the server refused the folder of IMAP_URL" in done.stderr


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot, user, security, monkeypatch):
    dovecot.append(user, *letters(1))
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    with pytest.raises(poller.NotFetched, match="SSLCertVerificationError"):
        a_poller(dovecot, user, port=port, security=security).run(once=True)
    assert dovecot.search(user, "UNSEEN") == [1]
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    a_poller(dovecot, user, port=port, security=security).run(once=True)
    assert dovecot.search(user, "UNSEEN") == []


def test_a_password_with_letters_beyond_ascii_is_sent_as_it_is(dovecot, user):
    with pytest.raises(poller.NotFetched, match="refused user or password"):
        a_poller(dovecot, user, password="pässwörd").run(once=True)
    a_poller(dovecot, f"{user}-ü").run(once=True)


def test_without_a_folder_the_command_says_so():
    done = manage("poll_mail")
    assert done.returncode == 1
    assert done.stderr == b"CommandError: IMAP_URL is not set: there is no folder to fetch mail from.\n"
