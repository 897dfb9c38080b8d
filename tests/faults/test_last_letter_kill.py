"""Kill the real worker between sending the last letter and forgetting the address: once more, then forgotten (A8).

A mail server's yes and our own note of it are two systems: whoever dies between them cannot know, and sends again under
the same Message-ID. It is never sent more often than a worker died in that moment, and the address goes in the end.
"""

import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from privacy import jobs, traces
from privacy.notices import OutgoingEmail
from tests.children import running
from tests.faults.test_erasure_kill import LEASE, WORKER, kill_some_worker, wish
from tests.outgoing import Sink, listening, parsed
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# Sends one letter in a process of its own, which kills itself before it, after it, or after forgetting, uncommitted.
SUICIDE = """
import os, signal, sys
import django
django.setup()
from django.core.mail import EmailMultiAlternatives
from privacy import jobs, notices
owner, name = {
    "before": (notices, "enclosures"), "after": (EmailMultiAlternatives, "send"),
    "forgetting": (notices.OutgoingEmail, "delete"), "never": (os, "no such thing"),
}[sys.argv[1]]
real = getattr(owner, name, None)
def dying(*args, **values):
    real(*args, **values)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, dying)
jobs.work("privacy.outgoingemail", int(sys.argv[2]))
print("came to its end")
"""


def last_letter():
    """The letter of an erasure that is done, and its address, which stands nowhere else any more."""
    row, address = wish()
    assert jobs.work("privacy.erasure", row.pk)
    letter = OutgoingEmail.objects.get(key=row.letter_key)
    assert letter.to_address == address and letter.forget_when_sent
    assert {trace.where for trace in traces.find(address)} == {"database:privacy_outgoingemail"}
    return letter, address


def sent_by_a_child(letter, when, sink, log):
    OutgoingEmail.objects.filter(pk=letter.pk, job_state="working").update(lease_until=timezone.now())
    with running(log, "-c", SUICIDE, when, str(letter.pk), EMAIL_URL=f"smtp://127.0.0.1:{sink.port}") as child:
        wait_until(lambda: not child.is_running, 60, "the child ends")
        ended, said = child.process.returncode, child.said
    assert ended == (0 if when == "never" else -signal.SIGKILL), said


@pytest.mark.parametrize(("when", "times"), [
    ("after", 2), ("forgetting", 2), pytest.param("before", 1, marks=pytest.mark.full),
])  # fmt: skip
def test_killed_there_the_letter_leaves_at_most_once_more_and_the_address_is_forgotten(when, times, tmp_path):
    letter, address = last_letter()
    with listening(Sink()) as sink:
        sent_by_a_child(letter, when, sink, tmp_path / "child.log")
        assert len(sink.taken) == times - 1
        assert OutgoingEmail.objects.get(pk=letter.pk).to_address == address, "nothing is noted yet"
        sent_by_a_child(letter, "never", sink, tmp_path / "child.log")
        assert not jobs.work("privacy.outgoingemail", letter.pk), "there is none any more"
    assert [to for _, to, _ in sink.taken] == [[address]] * times
    assert sink.ids == [letter.message_id] * times, "a mail system can tell that it is the same"
    first, *again = [parsed(raw) for _, _, raw in sink.taken]
    assert [part.get_filename() for part in first.iter_attachments()] and all(
        one.get_body().get_content() == first.get_body().get_content() for one in again
    )
    assert not OutgoingEmail.objects.filter(pk=letter.pk).exists()
    assert list(traces.find(address)) == []


def hand_over():
    jobs.sweep(timezone.now())
    OutgoingEmail.objects.filter(job_state="new").update(hinted_at=timezone.now() - timedelta(minutes=2))


@pytest.mark.full
def test_forty_last_letters_and_twenty_kills(tmp_path, settings):
    settings.JOB_LEASE_SECONDS = LEASE
    letters, luck, killed = [last_letter() for _ in range(40)], random.Random(40), 0
    deadline = time.monotonic() + 500
    with listening(Sink()) as sink:
        more = {"JOB_LEASE_SECONDS": LEASE, "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
        while OutgoingEmail.objects.exists() and time.monotonic() < deadline:
            with running(tmp_path / "worker.log", *WORKER, **more) as worker:
                worker.wait_for(" ready.", 60)
                while OutgoingEmail.objects.exists() and worker.is_running and time.monotonic() < deadline:
                    hand_over()
                    time.sleep(luck.uniform(0.1, 1.5))
                    if killed < 20:
                        kill_some_worker(worker, luck)
                        killed += 1
            (tmp_path / "worker.log").write_bytes(b"")
    assert killed == 20 and not OutgoingEmail.objects.exists()
    times = Counter(sink.ids)
    assert set(times) == {letter.message_id for letter, _ in letters}, "each was sent"
    assert sum(times.values()) - len(letters) <= killed * 2, "two at work at once, and one more for each of them"
    assert list(traces.find(*(address for _, address in letters))) == []
