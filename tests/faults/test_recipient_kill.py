"""Kill the real worker while a recipient's machine has the call in hand: it comes once more, with the same key."""

import base64
import os
import signal
import threading
from pathlib import Path

import pytest
from django.utils import timezone

from privacy import jobs, restrictions
from privacy.recipient_notices import NoticeDelivery, RecipientNotice
from tests import make, recipient_machine
from tests.children import running
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = ["-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip"]
SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes, truly so!!").decode()


def test_a_worker_killed_between_sending_and_noting_sends_once_more_with_the_same_key(tmp_path):
    mary = make.customer()
    pem, log = recipient_machine.certificate(tmp_path), tmp_path / "worker.log"
    more = {"JOB_LEASE_SECONDS": 3, "SSL_CERT_FILE": pem, "RECIPIENT_HOSTS_INSIDE": "localhost"}
    with recipient_machine.running(pem) as machine, running(log, *WORKER, **more) as worker:
        machine.goes_on = threading.Event()
        to = make.recipient("Hook", notice_url=machine.url, notice_secret=SECRET.encode())
        make.disclosure(mary, recipient=to, occurred_at=timezone.now())
        worker.wait_for(" ready.", 60)
        restrictions.impose(mary, restrictions.Restriction.Kind.ARTICLE_18, "x", actor="system:test")
        wait_until(lambda: machine.got, 20, "the call arrives")
        children = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        machine.goes_on.set()
        wait_until(lambda: (jobs.sweep(), NoticeDelivery.objects.get().job_state == "done")[1], 40, "sent again")
        keys = [headers["idempotency-key"] for _path, headers, _body in machine.got]
    assert keys == [NoticeDelivery.objects.get().key] * 2
    assert RecipientNotice.objects.get().state == "done" and NoticeDelivery.objects.get().claims == 2
