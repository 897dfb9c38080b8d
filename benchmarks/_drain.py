"""What workers do with mail: the time to the effect, mails judged a second, and a backlog carried out."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks._mails import Mail
from benchmarks._running import process, row


@contextmanager
def workers(env: dict[str, str]) -> Iterator[None]:
    """Two worker processes and the scheduler, as `manage.py up` has them."""
    argv = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    with (
        process([*argv, "--without-gossip", "--without-mingle"], env),
        process(["-m", "celery", "-A", "config", "beat", "--pidfile="], env),
    ):
        yield


def nothing_waits() -> None:
    """What the other parts of the benchmark sent in is nobody's work any more."""
    from privacy.inbound.mailbox import InboundEmail

    InboundEmail.objects.exclude(job_state="done").update(job_state="done")


def customers(count: int) -> None:
    """So many who once said yes to advertising by email; they write the backlog."""
    from django.utils import timezone

    from customers.models import Customer, EmailAddress
    from privacy.consent import ConsentEntry

    people = [Customer.objects.create(display_name=f"Ann Lee {n}") for n in range(count)]
    EmailAddress.objects.bulk_create(
        EmailAddress(customer=c, address=f"ann{n}@drain.example", is_primary=True) for n, c in enumerate(people)
    )
    yes = {"purpose": "marketing", "channel": "email", "sender": "own", "decision": "granted", "source": "web"}
    ConsentEntry.objects.bulk_create(
        ConsentEntry(data_subject=c, actor="system:benchmark", occurred_at=timezone.now(), **yes) for c in people
    )


def until_effect(deliver: Callable[..., Any], port: int, tries: int = 15) -> None:
    """From the 250 to the entry in the ledger, one mail at a time; the first waits for the workers to be up."""
    from privacy.consent import ConsentEntry

    seconds = []
    for number in range(tries + 1):
        raw = b"From: ann%d@drain.example\r\nSubject: UNSUBSCRIBE\r\nMessage-ID: <%d@idle>\r\n\r\n" % (number, number)
        before = ConsentEntry.objects.count()
        asyncio.run(deliver(port, [raw], keep_open=False))
        began = time.perf_counter()
        while ConsentEntry.objects.count() == before and time.perf_counter() - began < 60:
            time.sleep(0.01)
        seconds.append(time.perf_counter() - began)
    row(
        "from 250 to effect when idle, median and most",
        f"{median(seconds):.2f} s",
        f"{max(seconds):.2f} s",
        f"n={tries}",
    )


def judged(mails: list[Mail]) -> None:
    """How many mails one process reads and recognises a second; nothing is changed."""
    from django.utils import timezone

    from privacy.inbound.judgement import judge

    some = mails[: min(len(mails), 600)]
    judge(some[0].raw, some[0].to, some[0].sender, timezone.now())
    began, used = time.perf_counter(), time.process_time()
    for mail in some:
        judge(mail.raw, mail.to, mail.sender, timezone.now())
    per_second = len(some) / (time.perf_counter() - began)
    cost = (time.process_time() - used) / len(some) * 1000
    row("mails judged in one process", f"{per_second:.0f}/s", "", f"{cost:.1f} ms CPU")


def _children() -> float:
    """Seconds of processor that ended children have used; the load of the machine does not change it much."""
    times = os.times()
    return times.children_user + times.children_system


def drain(env: dict[str, str], mails: list[Mail]) -> None:
    """How fast two workers read and carry out a backlog, until every mail is done and every receipt has left."""
    from privacy.inbound import mailbox
    from privacy.inbound.identity import Letter
    from privacy.inbound.mailbox import InboundEmail
    from privacy.notices import OutgoingEmail

    nothing_waits()
    for start in range(0, len(mails), 500):
        mailbox.accept_all(Letter(mail.raw, mail.to, mail.sender, "smtp") for mail in mails[start : start + 500])
    open_jobs = [model.objects.filter(job_state__in=["new", "working"]) for model in (InboundEmail, OutgoingEmail)]
    finished: list[float] = []
    used = _children()
    with workers(env):
        while open_jobs[0].count() == len(mails):
            time.sleep(0.05)
        began, first = time.perf_counter(), open_jobs[0].count()
        while len(finished) < len(open_jobs) and time.perf_counter() - began < 600:
            time.sleep(0.2)
            if not open_jobs[len(finished)].exists():
                finished.append(time.perf_counter() - began)
    cost = (_children() - used) / len(mails) * 1000
    results = Counter(InboundEmail.objects.exclude(outcome="").values_list("outcome", flat=True))
    names = f"backlog of {len(mails)} mixed mails, 2 workers", "the same, until the last receipt has left"
    for name, seconds in zip(names, finished, strict=False):
        row(name, f"{first / seconds:.0f}/s", "", f"{seconds:.0f} s")
    row("  the workers' part of it, a mail", f"{cost:.1f} ms CPU")
    failed, left = InboundEmail.objects.filter(job_state="needs_attention"), sum(rows.count() for rows in open_jobs)
    print(f"  {dict(results)}, {OutgoingEmail.objects.count()} receipts, {failed.count()} failed, {left} left over")
