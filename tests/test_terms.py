"""SafeBuy 4.4: before and after an order, everybody can scroll through and print the terms and the policy (SFB-35)."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms():
    make.policy("t1", kind="terms", title="Terms", body="# Delivery\n\nIn five days.", effective_on=date(2024, 1, 1))
    return make.policy(
        "t2", kind="terms", title="Terms", body="# Delivery\n\nIn two days.", effective_on=date(2025, 1, 1)
    )


def test_sfb_35_the_terms_are_read_printed_and_kept_without_a_login(client, terms):
    page = client.get("/terms/")
    text = page.content.decode()
    assert "In two days." in text and "In five days." not in text and "data-print" in text
    assert '/terms.pdf"' in text and "no-store" not in page.get("Cache-Control", "")
    paper = client.get("/terms.pdf")
    assert paper.content.startswith(b"%PDF") and 'filename="terms-t2.pdf"' in paper["Content-Disposition"]


def test_sfb_35_earlier_terms_stay_and_say_what_changed(client, terms):
    old = client.get("/terms/t1/").content.decode()
    assert "In five days." in old and "This is an earlier version." in old and 'href="/terms/"' in old
    assert client.get("/terms/t1.pdf").content.startswith(b"%PDF")
    changed = client.get("/terms/t2/?compare=1").content.decode()
    assert "In two days." in changed and "In five days." in changed


def test_policy_and_terms_name_each_other_and_are_not_mixed_up(client, terms):
    assert client.get("/privacy/").status_code == 200 and client.get("/privacy/t2/").status_code == 404
    make.policy("p1")
    assert 'href="/terms/"' in client.get("/privacy/").content.decode()
    assert 'href="/privacy/"' in client.get("/terms/").content.decode()
    assert client.get("/terms/p1/").status_code == 404


def test_terms_that_are_not_in_force_yet_and_the_internal_policy_are_shown_to_nobody(client):
    make.policy("soon", kind="terms", effective_on=timezone.localdate() + timedelta(days=1))
    make.policy("inside", kind="internal_security")
    assert "Nothing is in force yet." in client.get("/terms/").content.decode()
    assert client.get("/terms.pdf").status_code == 404
    assert {
        client.get(f"/{text}/{name}/").status_code for text in ("terms", "privacy") for name in ("soon", "inside")
    } == {404}
    make.policy("p1")
    assert "/terms/" not in client.get("/privacy/").content.decode().split("<footer")[0]
