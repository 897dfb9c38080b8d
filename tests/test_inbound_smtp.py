"""Mail over the wire: real SMTP and LMTP on the loopback, a real listener, a real worker where it matters."""

import hashlib
import json
import random
import smtplib
import socket
import threading
import time

import pytest

from privacy import consent
from privacy.inbound import identity, mailbox
from privacy.inbound.mailbox import InboundEmail
from privacy.vocabulary import Channel, Purpose, Sender
from tests import make
from tests.children import manage, running
from tests.letters import PRIVACY, REMOVE, letter
from tests.servers import answers, free_port, wait_until


def client(port, kind=smtplib.SMTP):
    return kind("127.0.0.1", port, timeout=20, local_hostname="client.example")


def on_wire(raw):
    """As a client sends it: CRLF, and one at the end."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def sha(raw):
    return hashlib.sha256(raw).hexdigest()


def stored():
    return {sha(bytes(row.raw)) for row in InboundEmail.objects.iterator()}


def test_250_means_it_is_committed_byte_for_byte(mail_listener):
    raw = letter("anna@example.com", body=".\r\n..\r\n.dots\r\n" + "a" * 900 + "\r\n")
    with client(mail_listener.smtp_port) as smtp:
        smtp.sendmail("anna@example.com", [REMOVE], raw)
        row = InboundEmail.objects.get()
    assert bytes(row.raw) == raw
    assert (row.road, row.sender, row.mailbox) == ("smtp", "anna@example.com", "remove")


def test_clg_01_effect_within_two_seconds_of_the_250(own_mail_listener, worker):
    person = make.customer("anna@example.com")
    make.grant(person)
    with client(own_mail_listener.smtp_port) as smtp:
        smtp.sendmail("anna@example.com", [REMOVE], letter("anna@example.com"))
        began = time.monotonic()
    wait_until(
        lambda: not consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN), 2, "off"
    )
    assert time.monotonic() - began < 2


def test_all_867_over_smtp_byte_for_byte(mail_listener, corpora):
    from tests.test_inbound_corpora import files

    sent = {}
    with client(mail_listener.smtp_port) as smtp:
        for number, path in enumerate(files(corpora)):
            raw = on_wire(path.read_bytes())
            # A recipient of its own, because some files are one mail twice.
            smtp.sendmail("", [f"privacy+{number}@northlight.example"], raw)
            sent[number] = sha(raw)
    assert len(sent) == 867
    kept = {
        int(bytes(row.recipient).decode().split("+")[1].split("@")[0]): sha(bytes(row.raw))
        for row in InboundEmail.objects.iterator()
    }
    assert kept == sent


def test_a_mail_of_30_mb_is_refused_and_nothing_is_lost(mail_listener):
    big = letter("anna@example.com", body="x" * 70 + "\r\n")[:-2] + (b"y" * 76 + b"\r\n") * (30 * 1024 * 1024 // 78)
    with client(mail_listener.smtp_port) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            smtp.sendmail("anna@example.com", [REMOVE], big)
        assert refused.value.smtp_code == 552
    with client(mail_listener.smtp_port) as smtp:
        smtp.helo()
        smtp.mail("anna@example.com")
        smtp.rcpt(REMOVE)
        assert smtp.data(big)[0] == 552, "also when the size was not said before"
        assert smtp.sendmail("anna@example.com", [REMOVE], letter("anna@example.com")) == {}
    assert InboundEmail.objects.count() == 1


def test_one_line_of_3_mb_is_taken(mail_listener):
    raw = letter("anna@example.com") + b"z" * 3_000_000 + b"\r\n"
    with client(mail_listener.smtp_port) as smtp:
        smtp.sendmail("anna@example.com", [REMOVE], raw)
    assert bytes(InboundEmail.objects.get().raw) == raw


@pytest.mark.parametrize(
    "address",
    ["remove@elsewhere.example", "nobody@northlight.example", "remove", "<>", "remove@northlight.example.evil.example"],
)
def test_other_addresses_are_refused(mail_listener, address):
    with client(mail_listener.smtp_port) as smtp:
        smtp.helo()
        smtp.mail("a@example.com")
        assert 500 <= smtp.rcpt(address)[0] < 560
    assert not InboundEmail.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "Remove@Northlight.Example",
        "remove+abc@northlight.example",
        "datenschutz@northlight.example",
        "info@northlight.example",
    ],
)
def test_our_mailboxes_are_taken_in_any_case_and_with_a_tag(mail_listener, address):
    with client(mail_listener.smtp_port) as smtp:
        smtp.sendmail("a@example.com", [address], letter("a@example.com"))
    assert InboundEmail.objects.count() == 1


def test_lmtp_gives_one_reply_for_each_recipient_in_order(mail_listener):
    good = [f"privacy+{n}@northlight.example" for n in range(40)]
    with socket.create_connection(("127.0.0.1", mail_listener.lmtp_port), timeout=10) as wire:
        file = wire.makefile("rwb")

        def say(line):
            file.write(line + b"\r\n")
            file.flush()

        def reply():
            lines = [file.readline()]
            while lines[-1][3:4] == b"-":
                lines.append(file.readline())
            return int(lines[-1][:3])

        assert reply() == 220
        say(b"LHLO client.example")
        assert reply() == 250
        say(b"MAIL FROM:<a@example.com>")
        assert reply() == 250
        codes = []
        for number, address in enumerate(good):
            say(f"RCPT TO:<{address}>".encode())
            codes.append(reply())
            if number % 4 == 0:
                say(b"RCPT TO:<nobody@elsewhere.example>")
                assert reply() == 550
        assert codes == [250] * 40
        say(b"DATA")
        assert reply() == 354
        file.write(letter("a@example.com", Message_ID="<1@x>") + b".\r\n")
        file.flush()
        assert [reply() for _ in good] == [250] * 40
        say(b"NOOP")
        assert reply() == 250, "not one reply too many"
    assert InboundEmail.objects.count() == 40


def test_who_is_named_twice_gets_a_mail_once_and_lmtp_still_answers_each(mail_listener):
    named = [REMOVE, REMOVE.upper(), f"<{REMOVE}>".strip("<>"), PRIVACY]
    raw = letter("a@example.com")
    with client(mail_listener.smtp_port) as smtp:
        smtp.sendmail("a@example.com", named, raw)
    assert sorted(row.mailbox for row in InboundEmail.objects.all()) == ["privacy", "remove"]
    with client(mail_listener.lmtp_port, smtplib.LMTP) as lmtp:
        lmtp.ehlo("client.example")
        lmtp.mail("a@example.com")
        assert [lmtp.rcpt(to)[0] for to in named] == [250] * 4
        assert lmtp.docmd("DATA")[0] == 354
        lmtp.send(on_wire(raw) + b".\r\n")
        assert [lmtp.getreply()[0] for _ in named] == [250] * 4
        assert lmtp.noop()[0] == 250


def test_a_big_mail_to_many_is_taken_for_some_and_the_sender_comes_again_for_the_rest(mail_listener):
    """100 copies of 20 MB would be 2 GB in memory."""
    with client(mail_listener.smtp_port) as smtp:
        smtp.ehlo("client.example")
        smtp.mail("a@example.com", ["SIZE=20000000"])
        codes = [smtp.rcpt(f"privacy+{n}@northlight.example")[0] for n in range(20)]
        assert codes == [250] * 6 + [452] * 14
        smtp.rset()
        smtp.mail("a@example.com", ["SIZE=5000"])
        assert {smtp.rcpt(f"privacy+{n}@northlight.example")[0] for n in range(100)} == {250}
        assert smtp.rcpt("privacy+x@northlight.example")[0] == 452


def test_a_big_mail_to_many_whose_size_was_not_said_is_refused_with_the_reason(mail_listener):
    big = letter("a@example.com") + (b"y" * 76 + b"\r\n") * (2_000_000 // 78)
    with client(mail_listener.smtp_port) as smtp:
        smtp.helo()
        smtp.mail("a@example.com")
        for n in range(100):
            smtp.rcpt(f"privacy+{n}@northlight.example")
        code, text = smtp.data(big)
        assert code == 552 and b"fewer at a time" in text
    assert not InboundEmail.objects.exists()


def test_letters_are_written_in_statements_of_bounded_size(db, monkeypatch):
    monkeypatch.setattr(mailbox, "PORTION_BYTES", 10_000)
    sent, run = [], mailbox.INSERTION.run

    def noted(rows):
        sent.append([row["size"] for row in rows])
        run(rows)

    monkeypatch.setattr(mailbox.INSERTION, "run", noted)
    mailbox.accept_all(
        identity.Letter(b"x" * size, f"privacy+{n}@northlight.example", "", "smtp")
        for n, size in enumerate([4000, 4000, 4000, 30_000, 10])
    )
    assert sent == [[4000, 4000], [4000], [30_000], [10]]
    assert InboundEmail.objects.count() == 5


def test_an_empty_message_and_a_pipelined_one_are_two(mail_listener):
    with socket.create_connection(("127.0.0.1", mail_listener.smtp_port), timeout=10) as wire:
        file = wire.makefile("rwb")
        file.readline()
        file.write(b"HELO x\r\n")
        for content in (b"", b"Subject: a\r\n\r\n.b\r\n" * 1):
            file.write(
                b"MAIL FROM:<a@example.com>\r\nRCPT TO:<privacy@northlight.example>\r\nDATA\r\n" + content + b".\r\n"
            )
        file.write(b"QUIT\r\n")
        file.flush()
        said = file.read().decode().split("\r\n")
    assert [line[:3] for line in said if line] == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert sorted(bytes(row.raw) for row in InboundEmail.objects.all()) == [b"", b"Subject: a\r\n\r\nb\r\n"]


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r"])
def test_smuggled_endings_do_not_end_a_message(mail_listener, ending):
    hidden = (
        b"Subject: one\r\n\r\nfirst"
        + ending
        + b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<remove@northlight.example>\r\nDATA\r\n"
        + b"Subject: UNSUBSCRIBE\r\n\r\nx\r\n"
    )
    with client(mail_listener.smtp_port) as smtp:
        smtp.helo()
        smtp.mail("a@example.com")
        smtp.rcpt(PRIVACY)
        smtp.docmd("DATA")
        smtp.send(hidden + b".\r\n")
        assert smtp.getreply()[0] == 250
    assert InboundEmail.objects.count() == 1


def test_database_trouble_says_try_again_in_fixed_words(transactional_db, tmp_path):
    smtp_port, lmtp_port = free_port(), free_port()
    broken = "sqlite:////nonexistent/folder/none.sqlite3"
    with running(
        tmp_path / "log", "manage.py", "receive_mail", SMTP_PORT=smtp_port, LMTP_PORT=lmtp_port, DATABASE_URL=broken
    ):
        wait_until(lambda: answers(smtp_port) and answers(lmtp_port), 30)
        with client(smtp_port) as smtp, pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("a@example.com", [REMOVE], letter("a@example.com"))
        with client(lmtp_port, smtplib.LMTP) as lmtp, pytest.raises(smtplib.SMTPDataError) as refused_too:
            lmtp.sendmail("a@example.com", [REMOVE], letter("a@example.com"))
    for error in (refused.value, refused_too.value):
        assert (error.smtp_code, error.smtp_error) == (451, b"4.3.0 Try again later")


def test_it_stops_cleanly_and_names_a_taken_port(own_mail_listener):
    with running(
        own_mail_listener.child.log.parent / "second",
        "manage.py",
        "receive_mail",
        SMTP_PORT=own_mail_listener.smtp_port,
        LMTP_PORT=free_port(),
    ) as second:
        assert second.process.wait(30) == 1
        assert len(second.said.strip().splitlines()) == 1 and str(own_mail_listener.smtp_port) in second.said
    assert own_mail_listener.child.stop() == 0
    assert "Traceback" not in own_mail_listener.child.said


def test_the_same_mail_by_smtp_lmtp_and_pipe_acts_once(own_mail_listener, worker):
    person = make.customer("anna@example.com")
    make.grant(person)
    raw = letter("anna@example.com", Message_ID="<same@example.com>")
    with client(own_mail_listener.smtp_port) as smtp:
        smtp.sendmail("anna@example.com", [REMOVE], raw)
    with client(own_mail_listener.lmtp_port, smtplib.LMTP) as lmtp:
        lmtp.sendmail("anna@example.com", [REMOVE], raw)
    done = manage(
        "deliver_mail",
        "--to",
        REMOVE,
        "--wait",
        stdin=b"Return-Path: <anna@example.com>\n" + raw.replace(b"\r\n", b"\n"),
    )
    assert json.loads(done.stdout)["outcome"] == "act"
    assert InboundEmail.objects.count() == 1
    assert consent.ConsentEntry.objects.filter(data_subject=person, decision="withdrawn").count() == 1


def test_deliver_mail_waits_and_prints_what_explain_mail_says(transactional_db):
    person = make.customer("anna@example.com")
    make.grant(person)
    raw = letter("anna@example.com", Message_ID="<1@x>")
    explained = manage("explain_mail", "--to", REMOVE, stdin=raw)
    assert consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN), (
        "explaining changes nothing"
    )
    assert not InboundEmail.objects.exists()
    done = manage("deliver_mail", "--to", REMOVE, "--wait", stdin=raw)
    assert (explained.returncode, done.returncode) == (0, 0)
    assert json.loads(explained.stdout) == json.loads(done.stdout)
    assert json.loads(done.stdout) | {"reasons": 0} == {
        "outcome": "act", "command": "unsubscribe", "case_kinds": [], "matched_by": "from",
        "customer": person.number, "reasons": 0,
    }  # fmt: skip
    assert not consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)


def test_deliver_mail_without_wait_says_nothing_and_exits_0(transactional_db):
    done = manage("deliver_mail", "--to", REMOVE, stdin=letter("a@example.com"))
    assert (done.returncode, done.stdout) == (0, b"")
    assert InboundEmail.objects.count() == 1


def test_deliver_mail_exits_75_on_trouble(transactional_db):
    done = manage(
        "deliver_mail",
        "--to",
        REMOVE,
        stdin=letter("a@example.com"),
        DATABASE_URL="sqlite:////nonexistent/none.sqlite3",
    )
    assert (done.returncode, done.stdout) == (75, b"")
    assert b"Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_explain_mail_answers_line_by_line(transactional_db):
    lines = [{"id": "a", "to": REMOVE, "eml": letter("x@example.com").decode()}, {"id": "b", "to": REMOVE}, "rubbish"]
    done = manage("explain_mail", "--jsonl", stdin="\n".join(map(json.dumps, lines)).encode() + b"\n{\n")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row.get("id") for row in said] == ["a", "b", None, None]
    assert said[0]["outcome"] == "act"
    errors = ["missing or no text: eml", "not a JSON object", "not a line of JSON"]
    assert [row["error"] for row in said[1:]] == errors


@pytest.mark.parametrize("command", ["deliver_mail", "explain_mail"])
def test_an_address_that_is_none_of_ours_is_said_in_one_line_and_nothing_is_lost(transactional_db, command):
    done = manage(command, "--to", "remove@elsewhere.example", stdin=letter("a@example.com"))
    assert done.returncode == 0 and b"none of our addresses" in done.stderr and len(done.stderr.splitlines()) == 1
    assert InboundEmail.objects.exists() == (command == "deliver_mail")


@pytest.mark.slow
def test_kill_9_of_the_listener_loses_nothing_it_said_250_to(transactional_db, tmp_path):
    ports = {"SMTP_PORT": free_port(), "LMTP_PORT": free_port()}
    told, lock, over = [], threading.Lock(), threading.Event()

    def send(name):
        number = 0
        while not over.is_set():
            number += 1
            raw = letter("a@example.com", Message_ID=f"<{name}.{number}@x>")
            try:
                with client(ports["SMTP_PORT"]) as smtp:
                    smtp.sendmail("a@example.com", [PRIVACY], raw)
                with lock:
                    told.append(sha(raw))
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for round_number in range(4):
        with running(tmp_path / f"log{round_number}", "manage.py", "receive_mail", **ports) as child:
            wait_until(lambda: answers(ports["SMTP_PORT"]), 30)
            for thread in threads if round_number == 0 else []:
                thread.start()
            time.sleep(random.uniform(0.5, 1.5))
            child.kill()
    over.set()
    for thread in threads:
        thread.join()
    assert len(told) > 50
    assert set(told) <= stored()


def test_many_senders_at_once_are_each_stored(mail_listener):
    raws = [letter("a@example.com", Message_ID=f"<{n}@x>") for n in range(200)]

    def send(some):
        with client(mail_listener.smtp_port) as smtp:
            for raw in some:
                smtp.sendmail("a@example.com", [PRIVACY], raw)

    threads = [threading.Thread(target=send, args=(raws[n::10],)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored() == {sha(raw) for raw in raws}


def test_a_command_line_of_1_mb_is_refused_and_the_session_goes_on(mail_listener):
    with client(mail_listener.smtp_port) as smtp:
        smtp.ehlo("client.example")
        smtp.send(b"MAIL FROM:<" + b"a" * 1_000_000 + b"@example.com>\r\n")
        assert smtp.getreply()[0] == 500
        assert smtp.sendmail("a@example.com", [PRIVACY], letter("a@example.com")) == {}
    assert InboundEmail.objects.count() == 1


def test_a_command_line_of_1_mb_that_never_ends_holds_up_nobody(mail_listener):
    with socket.create_connection(("127.0.0.1", mail_listener.smtp_port), timeout=10) as wire:
        wire.sendall(b"EHLO " + b"a" * 1_000_000)
        with client(mail_listener.smtp_port) as smtp:
            assert smtp.sendmail("a@example.com", [PRIVACY], letter("a@example.com")) == {}


def test_bare_line_feeds_stay_as_they_are_and_end_nothing(mail_listener):
    raw = letter("a@example.com") + b"one\ntwo\n.\nthree\n\r\n"
    with client(mail_listener.smtp_port) as smtp:
        smtp.helo()
        smtp.mail("a@example.com")
        smtp.rcpt(PRIVACY)
        smtp.docmd("DATA")
        smtp.send(raw + b".\r\n")
        assert smtp.getreply()[0] == 250
    assert bytes(InboundEmail.objects.get().raw) == raw


def test_what_was_sent_ahead_of_a_tls_handshake_is_not_taken_for_part_of_it(mail_listener):
    with socket.create_connection(("127.0.0.1", mail_listener.smtp_port), timeout=10) as wire:
        file = wire.makefile("rwb")
        file.write(b"EHLO x\r\nSTARTTLS\r\nQUIT\r\n")
        file.flush()
        said = file.read().decode().split("\r\n")
    codes = [line[:4] for line in said if line and line[3] != "-"]
    assert codes == ["220 ", "250 ", "454 ", "221 "], "no TLS is offered here, so there is nothing to smuggle into"
    assert not any("STARTTLS" in line for line in said[:-3] if line.startswith("250"))


@pytest.mark.slow
@pytest.mark.once
def test_500_who_send_a_byte_at_a_time_hold_up_nobody(mail_listener):
    slow = [socket.create_connection(("127.0.0.1", mail_listener.smtp_port), timeout=10) for _ in range(500)]
    over, seconds = threading.Event(), []

    def drip():
        while not over.is_set():
            for wire in slow:
                wire.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        for number in range(40):
            began = time.monotonic()
            with client(mail_listener.smtp_port) as smtp:
                smtp.sendmail("a@example.com", [PRIVACY], letter("a@example.com", Message_ID=f"<{number}@x>"))
            seconds.append(time.monotonic() - began)
    finally:
        over.set()
        dripping.join()
        for wire in slow:
            wire.close()
    assert sorted(seconds)[int(len(seconds) * 0.95)] < 2
    assert InboundEmail.objects.count() == 40


@pytest.mark.parametrize("count", [1, 2, 33, 100])
def test_lmtp_answers_each_of_up_to_100_valid_and_invalid_recipients_in_order(mail_listener, count):
    luck = random.Random(count)
    named = [(f"privacy+{n}@northlight.example", luck.random() < 0.7 or n == 0) for n in range(count)]
    with client(mail_listener.lmtp_port, smtplib.LMTP) as lmtp:
        lmtp.ehlo("client.example")
        lmtp.mail("a@example.com")
        codes = [lmtp.rcpt(to if is_valid else f"nobody{to}")[0] for to, is_valid in named]
        assert codes == [250 if is_valid else 550 for _, is_valid in named]
        lmtp.docmd("DATA")
        lmtp.send(letter("a@example.com", Message_ID="<1@x>") + b".\r\n")
        valid = [to for to, is_valid in named if is_valid]
        assert [lmtp.getreply()[0] for _ in valid] == [250] * len(valid)
        assert lmtp.noop() == (250, b"OK"), "not one reply too many"
    assert {bytes(row.recipient).decode() for row in InboundEmail.objects.all()} == set(valid)
