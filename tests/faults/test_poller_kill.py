"""Kill the poller between fetch, commit and mark, again and again: each mail is one row and acts once (FAULTS A4)."""

import random
import secrets
import time

import pytest

from privacy import consent, jobs
from privacy.inbound.mailbox import InboundEmail
from tests import make
from tests.children import running
from tests.letters import letter
from tests.mail_servers import Wire
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def customers(count):
    """Each with a yes to advertising, and the mail in which she takes it back."""
    made = []
    for number in range(count):
        person = make.customer(f"anna{number}@example.com")
        make.grant(person)
        made.append((person, letter(f"anna{number}@example.com", Message_ID=f"<{number}@x>")))
    return made


def slow(data):
    """On this wire the mark needs half a second, all else little, so that kills fall before it."""
    return 0.5 if b" STORE " in data else 0.01


def die_at_any_moment(child, wire, luck):
    """Of the conversation with the server."""
    carried = wire.carried
    wait_until(lambda: wire.carried > carried, 30, "it talks to the server")
    time.sleep(luck.uniform(0, 0.6))
    child.kill()
    wire.cut()


def die_after_a_commit(child, wire, luck):
    """While the mark is on its way, or not even that."""
    before, deadline = InboundEmail.objects.count(), time.monotonic() + 30
    while InboundEmail.objects.count() == before:
        assert time.monotonic() < deadline, child.said
    time.sleep(luck.uniform(0, 0.1))
    child.kill()
    wire.cut()


def kill_and_feed(dovecot, user, raws, kills, tmp_path, seed):
    """Mails come in between the kills; how many kills left mail stored and not marked, or not even stored."""
    luck, wire = random.Random(seed), Wire(dovecot.imap_port, delay=slow)
    url, share = dovecot.url(user, port=wire.port), len(raws) // kills
    unmarked = unstored = 0
    for number in range(kills):
        dovecot.append(user, *raws[number * share : (number + 1) * share if number < kills - 1 else None])
        with running(tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=url) as child:
            (die_after_a_commit if number % 2 else die_at_any_moment)(child, wire, luck)
        marked, rows = len(dovecot.search(user, "SEEN")), InboundEmail.objects.count()
        assert marked <= rows, "marked as read and not stored: lost"
        unmarked += marked < rows
        unstored += rows < min((number + 1) * share, len(raws))
    wire.close()
    return unmarked, unstored


def check(count, kills, dovecot, tmp_path, seed):
    people, user = customers(count), f"user-{secrets.token_hex(6)}"
    unmarked, unstored = kill_and_feed(dovecot, user, [raw for _, raw in people], kills, tmp_path, seed)
    assert unmarked and unstored, (unmarked, unstored, "kills must fall between fetch and commit, and commit and mark")
    with running(tmp_path / "log", "manage.py", "poll_mail", IMAP_URL=dovecot.url(user)) as child:
        wait_until(lambda: dovecot.search(user, "UNSEEN") == [], 60, "all are marked")
        assert child.stop() == 0
    assert (InboundEmail.objects.count(), len(dovecot.search(user, "SEEN"))) == (count, count)
    for pk in InboundEmail.objects.values_list("pk", flat=True):
        jobs.work("privacy.inboundemail", pk)
    withdrawn = consent.ConsentEntry.objects.filter(decision="withdrawn")
    assert [withdrawn.filter(data_subject=person).count() for person, _ in people] == [1] * count
    print(f"{count} rows, {count} seen, 0 twice; {unmarked} kills before the mark, {unstored} before the commit")  # noqa: T201


def test_thirty_mails_and_four_kills(dovecot, tmp_path):
    check(30, 4, dovecot, tmp_path, seed=4)


@pytest.mark.full
def test_five_hundred_mails_and_fifty_kills(dovecot, tmp_path):
    check(500, 50, dovecot, tmp_path, seed=50)
