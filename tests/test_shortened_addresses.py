"""CNX-14: no whole IP address stands in the database, a log, a session, a cache or a copy, whichever road it came."""

import logging

import pytest
from django.core.management import call_command
from django.test import Client

from privacy import tokens, traces
from tests import make

pytestmark = pytest.mark.django_db
FOUR, SIX = "203.0.113.77", "2001:db8:1:2:3:4:5:6"


def visit(address, mary):
    """The roads on which a browser meets us, signed in and not."""
    client = Client(REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=address)
    client.get("/"), client.get("/no-such-page/"), client.get("/privacy/")
    client.post("/account/login/", {"login": mary.account.email, "password": "wrong password"})
    client.post("/unsubscribe/", {"email": mary.contact_email})
    client.post(f"/unsubscribe/{tokens.issue('unsubscribe', mary)}/", {"List-Unsubscribe": "One-Click"})
    client.post("/requests/new/", {"email": mary.contact_email})
    client.post("/account/login/", {"login": mary.account.email, "password": "correct horse battery"})
    assert client.get("/account/").status_code == 200, "she is signed in"
    client.get("/account/preferences/")


@pytest.mark.parametrize("address", [FOUR, SIX])
def test_cnx_14_a_whole_ip_address_is_nowhere(address, caplog, tmp_path):
    mary = make.customer(login=True)
    for plant in (make.order, make.newsletter, make.browsing_record):
        plant(mary, ip_address=address)
    with caplog.at_level(logging.DEBUG):
        visit(address, mary)
        call_command("export", customer=mary.number, out=tmp_path)
    copies = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    short = "203.0.113.0" if address == FOUR else "2001:db8:1::"
    assert short.encode() in copies and list(traces.find(short)), "they are kept, shortened"
    assert address.encode() not in copies
    assert [trace.where for trace in traces.find(address)] == []
    assert not [record for record in caplog.records if address in record.getMessage()]
