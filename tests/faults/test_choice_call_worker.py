"""With the real broker and the real worker: an unsubscribe mail is a signed call at the mailing tool within seconds."""

import base64
import json
import time

import pytest
from django.utils import timezone

from privacy import jobs
from privacy.choice_calls import ChoiceCall, ChoiceLine
from privacy.inbound import mailbox
from tests import make, recipient_machine
from tests.children import running
from tests.letters import REMOVE, letter
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = ["-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip"]
SECRET = b"whsec_" + base64.b64encode(b"a secret of 32 bytes, truly so!!")


def test_f38_the_mailing_tool_follows_an_unsubscribe_mail_within_seconds(broker, tmp_path):
    make.customer("mary@example.com")
    pem, log = recipient_machine.certificate(tmp_path), tmp_path / "worker.log"
    more = {"SSL_CERT_FILE": pem, "RECIPIENT_HOSTS_INSIDE": "localhost"}
    with recipient_machine.running(pem) as machine, running(log, *WORKER, **more) as worker:
        values = {"hears": "advertising", "fields": ["email"], "notice_url": machine.url, "notice_secret": SECRET}
        make.recipient("Mailer", **values)
        worker.wait_for(" ready.", 90)
        began = time.monotonic()
        mailbox.accept(
            letter("mary@example.com"), REMOVE, "mary@example.com", mailbox.InboundEmail.Road.SMTP, now=timezone.now()
        )
        wait_until(lambda: machine.got, 30, "the call arrives")
        took = time.monotonic() - began
        wait_until(lambda: ChoiceCall.objects.get().job_state == "done", 30, "it is noted")
        assert jobs.sweep() == 0 and not ChoiceLine.objects.exists()
    [(_path, headers, body)] = machine.got
    assert headers["webhook-id"] == ChoiceCall.objects.get().key
    assert {one["decision"] for one in json.loads(body)["changes"]} == {"withdrawn"}
    assert took < 20, "seconds, on a machine that does other things as well"
