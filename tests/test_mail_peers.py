"""Mail through a real Postfix and from a real swaks: nothing is lost, nothing acts twice, no report is answered."""

import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from customers.models import Customer
from privacy import consent, jobs
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from privacy.suppression import Suppression, is_suppressed, suppress_hash
from privacy.vocabulary import Channel, Purpose, Sender
from tests import make
from tests.children import environment, running
from tests.letters import PRIVACY, REMOVE, letter
from tests.postfix import (
    OUR_DOMAIN,
    PIPE_USER,
    Postfix,
    can_pipe,
    missing,
    owned_by,
    pipe_of_readme,
    python_for_others,
    swaks,
)  # fmt: skip
from tests.servers import absent, answers, free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "anna@example.com"


@pytest.fixture
def postfix():
    """Starts a Postfix that hands our mail on to where it is told: `postfix("lmtp:inet:127.0.0.1:8024")`."""
    if why := missing():
        absent(why)
    servers = []

    def start(goal, *, others=None, **how):
        servers.append(Postfix({OUR_DOMAIN: goal} | (others or {}), **how))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.remove()


@pytest.fixture
def over_lmtp(postfix, mail_listener):
    """A Postfix in front of our listener's LMTP port."""
    return postfix(f"lmtp:inet:127.0.0.1:{mail_listener.lmtp_port}")


@contextmanager
def listener(tmp_path, ports):
    """Our listener on these ports, as often as a test wants it."""
    with running(tmp_path / "listener.log", "manage.py", "receive_mail", **ports) as child:
        wait_until(lambda: all(map(answers, ports.values())), 30, "the listener")
        yield child


def anna():
    person = make.customer(ANNA)
    make.grant(person)
    return person


def is_on(person):
    return consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)


def times_off(person):
    return consent.ConsentEntry.objects.filter(data_subject=person, decision="withdrawn").count()


def work_on_all():
    """As a worker does; each twice, because a worker may be told twice."""
    pks = list(InboundEmail.objects.order_by("pk").values_list("pk", flat=True))
    for _ in range(2):
        jobs.work("privacy.inboundemail", *pks)


def rows():
    return list(InboundEmail.objects.order_by("pk"))


def texts():
    """The mails by their last line, which each test makes its own."""
    return Counter(bytes(row.raw).split()[-1].decode() for row in rows())


# --- through Postfix --------------------------------------------------------------------------------------


@pytest.mark.parametrize("road", ["lmtp", "smtp"])
def test_a_mail_handed_to_postfix_reaches_us_and_acts(postfix, mail_listener, road):
    person, raw = anna(), letter(ANNA, body=".\r\n..\r\n.dots caf=E9\r\n", Message_ID="<1@example.com>")
    goal = {
        "lmtp": f"lmtp:inet:127.0.0.1:{mail_listener.lmtp_port}",
        "smtp": f"smtp:127.0.0.1:{mail_listener.smtp_port}",
    }
    server = postfix(goal[road])
    swaks(server.port, ANNA, REMOVE, raw=raw)
    server.wait_for("status=sent (250 2.0.0 OK, stored)")
    work_on_all()
    assert not is_on(person)
    [row] = rows()
    assert (row.road, row.sender, row.mailbox) == (road, ANNA, "remove")
    kept = bytes(row.raw)
    assert kept.endswith(raw) and kept.removesuffix(raw).startswith(b"Received: "), (
        "its line above, nothing else changed"
    )
    assert server.queue == []


def test_one_mail_to_two_of_our_addresses_is_a_row_for_each(over_lmtp):
    swaks(
        over_lmtp.port, ANNA, REMOVE, PRIVACY, raw=letter(ANNA, to=f"{REMOVE}, {PRIVACY}", Message_ID="<2@example.com>")
    )
    over_lmtp.wait_for("status=sent", times=2)
    assert sorted((row.mailbox, row.road) for row in rows()) == [("privacy", "lmtp"), ("remove", "lmtp")]
    assert over_lmtp.said.count("relay=127.0.0.1") == 2 and over_lmtp.queue == []


def test_what_postfix_writes_above_does_not_make_it_another_mail(postfix, mail_listener):
    person, raw = anna(), letter(ANNA, Message_ID="<same@example.com>")
    server = postfix(f"lmtp:inet:127.0.0.1:{mail_listener.lmtp_port}", flags="DOR")
    swaks(mail_listener.smtp_port, ANNA, REMOVE, raw=raw)
    swaks(server.port, ANNA, REMOVE, raw=raw)
    server.wait_for("status=sent")
    [row] = rows()
    assert (row.road, bytes(row.raw)) == ("smtp", raw), "the first stays"
    work_on_all()
    assert times_off(person) == 1 and OutgoingEmail.objects.count() == 1

    swaks(server.port, ANNA, PRIVACY, raw=raw)
    server.wait_for("status=sent", times=2)
    head = bytes(InboundEmail.objects.get(mailbox="privacy").raw).removesuffix(raw).decode()
    names = [line.partition(":")[0] for line in head.splitlines() if not line[0].isspace()]
    assert sorted(names) == ["Delivered-To", "Received", "Return-Path", "X-Original-To"], "it did write them"


# --- straight from swaks ----------------------------------------------------------------------------------


def test_swaks_hands_mails_straight_to_us_and_lmtp_answers_each_recipient(mail_listener):
    if why := missing():
        absent(why)
    person = anna()
    its_own = ("--header", "Subject: UNSUBSCRIBE", "--body", "Thank you", "--protocol")
    for road, port in (("SMTP", mail_listener.smtp_port), ("LMTP", mail_listener.lmtp_port)):
        assert swaks(port, ANNA, REMOVE, more=(*its_own, road)).count("250 2.0.0 OK, stored") == 1
    raw = letter(ANNA)
    said = swaks(mail_listener.lmtp_port, ANNA, REMOVE, PRIVACY, raw=raw, more=("--protocol", "LMTP"))
    assert said.count("250 2.0.0 OK, stored") == 2
    assert [row.road for row in rows()] == ["smtp", "lmtp", "lmtp", "lmtp"]
    assert [bytes(row.raw) for row in rows()[2:]] == [raw, raw]
    work_on_all()
    assert {(row.outcome, row.command) for row in rows()} == {("act", "unsubscribe")} and not is_on(person)


# --- our listener away ------------------------------------------------------------------------------------


@contextmanager
def nobody_writes():
    """Holds the table of mails, so that nothing can be committed."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE privacy_inboundemail IN ACCESS EXCLUSIVE MODE")
        else:
            suppress_hash("0" * 64, channel="email", reason="bounce")
        yield
        transaction.set_rollback(True)


def test_what_comes_while_we_are_down_or_die_waits_at_postfix_and_comes_once(postfix, tmp_path):
    ports = {"SMTP_PORT": free_port(), "LMTP_PORT": free_port()}
    server = postfix(f"lmtp:inet:127.0.0.1:{ports['LMTP_PORT']}")
    sent = [f"number{n}" for n in range(8)]

    def hand_in(some):
        for text in some:
            swaks(server.port, ANNA, REMOVE, raw=letter(ANNA, body=text, Message_ID=f"<{text}@example.com>"))

    hand_in(sent[:4])
    server.wait_for("status=deferred", times=4)
    wait_until(lambda: len(server.queue) == 4, 20, "four wait")
    assert not rows()
    with listener(tmp_path, ports) as child:
        server.deliver_all()
        assert texts() == Counter(sent[:4])
        with nobody_writes():
            hand_in(sent[4:])
            wait_until(lambda: server.under_way == 4 or server.said.count("status=sent") > 4, 20, "under way")
            time.sleep(0.5)
            assert server.said.count("status=sent") == 4, "said to be stored, and it is not"
            child.kill()
    assert texts() == Counter(sent[:4])
    with listener(tmp_path, ports):
        server.deliver_all()
    assert texts() == Counter(sent)
    assert "status=bounced" not in server.said


# --- reports of Postfix -----------------------------------------------------------------------------------


def assert_nobody_was_answered():
    assert {row.outcome for row in rows()} == {"ignore"}
    assert not OutgoingEmail.objects.exists()
    assert not DataSubjectRequest.objects.exists()
    assert not consent.ConsentEntry.objects.filter(decision="withdrawn").exists()


def test_a_report_of_postfix_is_filed_and_answers_nobody(over_lmtp):
    """We refuse nobody@, so Postfix reports to the sender, who is one of us; the mail in it asks to unsubscribe."""
    anna()
    for number, sender in enumerate((f"bounces@{OUR_DOMAIN}", REMOVE)):
        raw = letter(ANNA, Message_ID=f"<{number}@example.com>")
        swaks(over_lmtp.port, sender, f"nobody@{OUR_DOMAIN}", raw=raw)
    over_lmtp.wait_for("sender non-delivery notification", times=2)
    over_lmtp.wait_for("status=sent (250 2.0.0 OK, stored)", times=2)
    work_on_all()
    assert sorted((row.mailbox, row.sender) for row in rows()) == [("bounces", "<>"), ("remove", "<>")]
    for raw in (bytes(row.raw) for row in rows()):
        assert b"report-type=delivery-status" in raw and b"UNSUBSCRIBE" in raw and b"No such mailbox here" in raw
    assert_nobody_was_answered()


def test_where_our_mail_bounces_the_dead_address_gets_none_any_more(postfix, mail_listener):
    goal = f"lmtp:inet:127.0.0.1:{mail_listener.lmtp_port}"
    server = postfix(goal, others={"dead.example": goal})
    make.grant(make.customer("gone@dead.example"))
    news = letter(f"news@{OUR_DOMAIN}", "Our autumn news", "Warm coats", to="gone@dead.example")
    swaks(server.port, f"bounces@{OUR_DOMAIN}", "gone@dead.example", raw=news)
    server.wait_for("550 5.1.1 No such mailbox here")
    server.wait_for("status=sent (250 2.0.0 OK, stored)")
    work_on_all()
    assert Suppression.objects.filter(reason="bounce").exists()
    assert is_suppressed("gone@dead.example", channel=Channel.EMAIL, sender=Sender.OWN)
    assert_nobody_was_answered()


# --- through a pipe ---------------------------------------------------------------------------------------


@pytest.fixture
def piped(postfix, tmp_path):
    """A Postfix that runs `deliver_mail` as README has it, as somebody who is not root."""
    if not can_pipe():
        # Where a checkout lies is nobody's missing program, in CI neither.
        pytest.skip(f"{PIPE_USER} cannot read this checkout, so no pipe can be run")
    folder = Path(tempfile.mkdtemp(prefix="pipe-", dir="/tmp"))
    folder.chmod(0o755)
    python, needed = python_for_others(folder)
    env_file = folder / "env"
    known = environment()
    env_file.write_text(
        "".join(f"{name}={known[name]}\n" for name in ("DATABASE_URL", "REDIS_URL", "VAR_DIR") if name in known)
    )
    anna()  # and with her the data key, which is made on first use
    with owned_by(PIPE_USER, settings.VAR):
        yield postfix("privacy:", **pipe_of_readme(python, needed, env_file)), env_file
    shutil.rmtree(folder)


def test_through_the_pipe_as_readme_has_it(piped, mail_listener):
    """Two recipients, and the same mail over SMTP too: a row for each, and each acts once."""
    server, _ = piped
    person, raw = Customer.objects.get(), letter(ANNA, Message_ID="<pipe@example.com>")
    swaks(server.port, ANNA, REMOVE, PRIVACY, raw=raw)
    server.wait_for("status=sent (delivered via privacy service", times=2, seconds=40)
    swaks(mail_listener.smtp_port, ANNA, REMOVE, raw=raw)
    found = sorted((row.mailbox, row.road, row.sender) for row in rows())
    assert found == [("privacy", "pipe", ANNA), ("remove", "pipe", ANNA)]
    work_on_all()
    assert times_off(person) == 2, "one for each row, none for the third delivery"


def test_a_pipe_that_fails_in_whatever_way_leaves_the_mail_at_postfix(piped):
    server, env_file = piped
    good = env_file.read_text()
    env_file.write_text(good + "DATABASE_URL=sqlite:////nonexistent/none.sqlite3\n")
    swaks(server.port, ANNA, REMOVE, raw=letter(ANNA, Message_ID="<trouble@example.com>"))
    server.wait_for("Not stored, try again later", seconds=40)
    env_file.write_text(good + "LOG_LEVEL=NONSENSE\n")
    server.wait_for("status=SOFTBOUNCE", seconds=40)
    env_file.write_text(good + "DEBUG=0\n")
    server.wait_for("SECRET_KEY is missing", seconds=40)
    assert "status=bounced" not in server.said and not rows()
    env_file.write_text(good)
    server.deliver_all(40)
    assert len(rows()) == 1
