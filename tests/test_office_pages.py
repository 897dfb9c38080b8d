"""The office opens for whom it should, and every page works for those who may see it."""

import pytest
from django.urls import reverse

from privacy import audit
from tests import make

pytestmark = pytest.mark.django_db


def signed_in(client, role="", **values):
    account = make.staff(role, **values)
    audit.record("staff.confidentiality", actor=account, target=account)
    client.force_login(account)
    return account


QUEUE = "admin:privacy_datasubjectrequest_changelist"


@pytest.mark.parametrize("role", ["care agent", "privacy officer", "auditor", "account manager"])
def test_the_start_page_opens_for_every_role(client, role):
    signed_in(client, role)
    assert client.get(reverse("admin:index")).status_code == 200


def test_smoke(client):
    signed_in(client, "privacy officer")
    mary = make.customer()
    case = make.case(mary, "erasure")
    for url in ["index", "intake", "revocation", "impose_restriction", "jobs", "confidentiality"]:
        assert client.get(reverse(f"admin:{url}")).status_code == 200, url
    assert client.get(reverse(QUEUE)).status_code == 200
    page = client.get(reverse("admin:privacy_datasubjectrequest_change", args=[case.pk]))
    assert page.status_code == 200
    page = client.get(reverse("admin:customers_customer_change", args=[mary.pk]))
    assert page.status_code == 200
