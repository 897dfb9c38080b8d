"""Kill the real listener in a run of messages, again and again: what it said 250 to is there, and acts once (A3)."""

import hashlib
import random
import smtplib
import threading
import time
from collections import Counter
from functools import partial

import pytest

from privacy import consent, jobs
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.vocabulary import Decision
from tests import make
from tests.children import running
from tests.letters import REMOVE, letter
from tests.servers import answers, free_port, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SENDERS = 6
PEOPLE = 20


class Senders:
    """Mail servers that send each message until somebody says 250 to it, over SMTP and LMTP in turns."""

    def __init__(self, messages, ports):
        self.waiting, self.ports, self.lock = list(enumerate(messages)), ports, threading.Lock()
        self.sent: Counter[int] = Counter()
        self.stored: dict[int, str] = {}
        self.threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]

    def _run(self):
        while True:
            with self.lock:
                if not self.waiting:
                    return
                number, raw = self.waiting.pop()
            while number not in self.stored:
                self._send(number, raw)

    def _send(self, number, raw):
        over_lmtp = number % 2
        kind = smtplib.LMTP if over_lmtp else smtplib.SMTP
        port = self.ports["LMTP_PORT" if over_lmtp else "SMTP_PORT"]
        try:
            with kind("127.0.0.1", port, timeout=20, local_hostname="client.example") as client:
                with self.lock:
                    self.sent[number] += 1
                client.sendmail(f"person{number % PEOPLE}@example.com", [REMOVE], raw)
                self.stored[number] = hashlib.sha256(raw).hexdigest()
        except (OSError, smtplib.SMTPException):
            # The answer may also be lost on the way out of a message that is stored: QUIT is not part of it.
            time.sleep(0.05)


def messages_of(count):
    """Every one its own; all of them a wish that has an effect."""
    luck = random.Random(count)
    return [
        letter(
            f"person{n % PEOPLE}@example.com",
            body="\r\n".join(luck.choices(["word", ".", "..dot", "x" * 70], k=luck.randrange(1, 200))),
            Message_ID=f"<{n}@example.com>",
        ).replace(b"\r\n\r\n", b"\r\n\r\n-- \r\n", 1)
        for n in range(count)
    ]


def has_stored(senders, count):
    return len(senders.stored) >= count


def send_while_it_is_killed(count, kills, tmp_path):
    luck, ports = random.Random(kills), {"SMTP_PORT": free_port(), "LMTP_PORT": free_port()}
    senders = Senders(messages_of(count), ports)
    marks = sorted(luck.sample(range(count // 20, count - count // 20), kills))
    for number, mark in enumerate([*marks, count]):
        with running(tmp_path / f"listener{number}", "manage.py", "receive_mail", **ports) as child:
            wait_until(lambda: all(map(answers, ports.values())), 60, "the listener")
            for thread in senders.threads if number == 0 else []:
                thread.start()
            wait_until(partial(has_stored, senders, mark), 600, f"{mark} messages")
            time.sleep(luck.uniform(0, 0.02))
            child.kill()
    for thread in senders.threads:
        thread.join(60)
    return senders


def assert_nothing_is_lost_and_nothing_twice(senders, count):
    rows = Counter(hashlib.sha256(bytes(row.raw)).hexdigest() for row in InboundEmail.objects.iterator())
    told = Counter(senders.stored.values())
    assert len(senders.stored) == len(told) == count
    assert told - rows == Counter(), "said 250 to and not there"
    assert rows == told, "the same message again is the same row"


def assert_each_acts_once():
    pks = list(InboundEmail.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), 20):
        jobs.work("privacy.inboundemail", *pks[start : start + 20])
        jobs.work("privacy.inboundemail", *pks[start : start + 20])
    assert set(InboundEmail.objects.values_list("job_state", "outcome")) == {("done", "act")}
    decided = consent.ConsentEntry.objects.filter(decision=Decision.WITHDRAWN, purpose="marketing", sender="own")
    assert decided.count() == len(pks), "one entry for each message"
    undo = OutgoingEmail.objects.filter(template="mail_receipt").values_list("to_address", flat=True)
    assert set(undo) == {f"person{n}@example.com" for n in range(PEOPLE)}


def check(count, kills, tmp_path):
    for number in range(PEOPLE):
        make.grant(make.customer(f"person{number}@example.com"))
    senders = send_while_it_is_killed(count, kills, tmp_path)
    assert sum(senders.sent.values()) > count, "no kill hit a message on its way"
    assert_nothing_is_lost_and_nothing_twice(senders, count)
    assert_each_acts_once()


def test_150_messages_and_three_kills(tmp_path):
    check(150, 3, tmp_path)


@pytest.mark.full
def test_five_thousand_messages_and_fifty_kills(tmp_path):
    check(5_000, 50, tmp_path)
