"""A6: PostgreSQL is gone in the middle of 200 calls of a mailing service. What was answered 200 is there."""

import base64
import http.client
import json
import secrets
import subprocess
import sys
import threading
from collections import Counter

import pytest

from tests.children import ROOT, environment, running
from tests.servers import answers, free_port, wait_until

PASSWORD = f"brevo:{secrets.token_hex(20)}"
CALLS = 200
COUNT = """
import json
from privacy.inbound.webhooks import WebhookCall
print(json.dumps(sorted(json.loads(bytes(row.body))["n"] for row in WebhookCall.objects.all())))
"""


def post(port, number):
    """The status of one call; 0 where there was no answer."""
    body = json.dumps({"event": "unsubscribe", "email": f"person{number}@example.com", "n": number})
    proof = {
        "Authorization": "Basic " + base64.b64encode(PASSWORD.encode()).decode(),
        "Content-Type": "application/json",
    }
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("POST", "/webhooks/brevo/events/", body, proof)
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.django_db
def test_only_200_and_503_and_no_call_that_was_accepted_is_lost(postgresql, tmp_path):
    given = {"DATABASE_URL": postgresql.url, "ANYMAIL_BREVO_WEBHOOK_SECRET": PASSWORD, "VAR_DIR": tmp_path}
    env = environment(**given)
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=env, check=True, timeout=300)
    port = free_port()
    said = {}
    argv = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket"]
    with running(tmp_path / "web.log", *argv, **given):
        wait_until(lambda: answers(port), 60, "gunicorn")
        for number in range(CALLS):
            if number == CALLS // 4:
                gone = threading.Thread(target=postgresql.stop)
                gone.start()
            if number == CALLS // 2:
                gone.join()
                assert post(port, -1) == 503
                postgresql.start(durable=True)
            said[number] = post(port, number)
        again = [number for number, status in said.items() if status != 200]
        assert all(post(port, number) == 200 for number in again)
    statuses = Counter(said.values())
    assert set(statuses) == {200, 503}, statuses
    shell = [*manage, "shell", "-v0", "-c", COUNT]
    kept = subprocess.run(shell, cwd=ROOT, env=env, check=True, timeout=60, stdout=subprocess.PIPE).stdout
    assert json.loads(kept) == list(range(CALLS)), (
        "each once: none of the accepted lost, none of the refused half there"
    )
