"""The nightly self-test against the real listener, workers and broker; a worker that is killed in the middle."""

from pathlib import Path

import pytest
from django.utils import timezone

from customers.models import Customer
from privacy import canary, jobs
from privacy.audit import AuditEntry
from privacy.canary import CanaryRun
from privacy.inbound.mailbox import InboundEmail
from tests.children import running
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
LEASE = 10


def over(run, *names):
    """Whether these steps are over; the sweeper does its round meanwhile."""
    jobs.sweep()
    return set(names) <= set(run.steps.exclude(outcome="").values_list("name", flat=True))


@pytest.mark.parametrize(
    "killed_after", [None, *(pytest.param(name, marks=pytest.mark.full) for name in ("opted_in", "corrected"))]
)
def test_a_night_with_the_real_listener_and_workers_some_of_them_killed(
    own_mail_listener, broker, tmp_path: Path, killed_after
):
    run = canary.start(timezone.now(), occasion="night", road=CanaryRun.Road.REAL)
    more = {"SMTP_PORT": own_mail_listener.smtp_port, "JOB_LEASE_SECONDS": LEASE}
    if killed_after:
        with running(tmp_path / "first.log", *WORKER, **more) as worker:
            wait_until(lambda: over(run, killed_after), 60, f"the step {killed_after}")
            worker.kill()
    log = tmp_path / "second.log"
    with running(log, *WORKER, **more):
        wait_until(lambda: over(run, *canary.STEPS), 240, f"every step in:\n{log}")
        wait_until(lambda: CanaryRun.objects.get().outcome, 20, "the run's end")
    assert dict(run.steps.values_list("name", "outcome")) == dict.fromkeys(canary.STEPS, "done"), list(
        run.steps.values_list("name", "line")
    )
    run.refresh_from_db()
    assert (run.outcome, run.job_state) == ("kept", "done")
    assert not Customer.objects.exists() and not InboundEmail.objects.exists()
    assert AuditEntry.objects.filter(event="canary.made").count() == 1
