"""CNX-23: every link of the register is called at night; one that leads nowhere is seen, one bad night is not."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from privacy import link_checks
from privacy.link_checks import LinkCheck
from privacy.outgoing_calls import exchange
from privacy.promises.control import CONTROLS
from privacy.recipients import Recipient
from tests import make, recipient_machine
from tests.servers import free_port

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path, monkeypatch, settings):
    """A company's web site, on this machine by leave of the settings."""
    pem = recipient_machine.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.RECIPIENT_HOSTS_INSIDE = ["localhost"]
    with recipient_machine.running(pem) as machine:
        yield machine


@pytest.fixture
def nobody(site):
    """Where nobody listens."""
    return f"https://localhost:{free_port()}/"


def company(policy, opt_out="", **more):
    return make.recipient(policy_url=policy, opt_out_url=opt_out, **more)


def outcomes():
    return dict(LinkCheck.objects.values_list("which", "outcome"))


def look(now):
    return CONTROLS["recipients-links"].look(now).state


def test_each_link_is_called_and_what_came_of_it_is_noted(site, nobody):
    company(site.url + "#privacy", nobody)
    company(site.url, is_active=False)
    assert link_checks.check(timezone.now()) == 1
    assert outcomes() == {"policy_url": "works", "opt_out_url": "silent"}
    assert [path for path, _, _ in site.got] == ["/art-19?shop=northlight"], "of the place on the page no server hears"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, "works"), (403, "works"), (405, "works"), (429, "works"), (404, "gone"), (410, "gone"), (503, "silent")],
)
def test_what_an_answer_means(site, status, outcome):
    site.status, site.answer = status, b""
    assert link_checks.outcome_of(site.url) == outcome


def test_a_page_that_has_moved_is_followed_but_not_in_circles_and_never_inside(site, settings):
    site.status, site.headers = 301, {"Location": "/elsewhere"}
    assert link_checks.outcome_of(site.url) == "gone"
    assert len(site.got) == link_checks.HOPS
    site.headers = {"Location": "http://127.0.0.1:1/"}
    assert link_checks.outcome_of(site.url) == "refused"
    settings.RECIPIENT_HOSTS_INSIDE = []
    assert link_checks.outcome_of(site.url) == "refused"


@pytest.mark.parametrize("url", ["ftp://a.example/", "https://u:p@a.example/", "https://[::1", "javascript:alert(1)"])
def test_what_is_no_address_is_not_called(url):
    assert link_checks.outcome_of(url) == "refused"


def test_a_link_that_times_out_holds_up_no_other(site, monkeypatch):
    monkeypatch.setattr(exchange, "WHOLE_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        company(f"http://localhost:{silent.getsockname()[1]}/", site.url)
        link_checks.check(timezone.now())
    assert outcomes() == {"policy_url": "silent", "opt_out_url": "works"}


def test_where_no_link_answers_it_is_we_who_are_cut_off(site, nobody):
    row, now = company(nobody, site.url), timezone.now()
    link_checks.check(now - 3 * DAY)
    Recipient.objects.filter(pk=row.pk).update(opt_out_url=nobody)
    assert link_checks.check(now) == 0
    assert outcomes() == {"policy_url": "silent", "opt_out_url": "works"}, "as the last time that somebody answered"
    assert look(now) != "kept"


def test_the_promise_is_red_after_the_second_bad_night_and_green_again_when_the_link_answers(site, nobody):
    now, row = timezone.now(), company(site.url, nobody)
    assert look(now) == "no_evidence"
    link_checks.check(now)
    assert look(now) == "kept"
    link_checks.check(now + 2 * DAY)
    assert look(now + 2 * DAY) == "broken"
    Recipient.objects.filter(pk=row.pk).update(opt_out_url=site.url + "&again")
    assert look(now + 2 * DAY) == "broken"
    link_checks.check(now + 2 * DAY + timedelta(minutes=1))
    assert look(now + 2 * DAY + timedelta(minutes=1)) == "kept"
    assert look(now + 9 * DAY) == "no_evidence", "a look of long ago shows nothing"


def test_a_link_that_was_taken_out_because_it_was_dead_is_forgotten_and_the_promise_is_green_again(site, nobody):
    row, now = company(site.url, nobody), timezone.now()
    for night in range(4):
        link_checks.check(now + night * DAY)
    assert look(now + 3 * DAY) == "broken"
    Recipient.objects.filter(pk=row.pk).update(opt_out_url="", browser_settings_only=True)
    link_checks.check(now + 4 * DAY)
    assert (outcomes(), look(now + 4 * DAY)) == ({"policy_url": "works"}, "kept")


def test_what_is_no_longer_in_the_register_is_forgotten(site):
    row, now = company(site.url), timezone.now()
    link_checks.check(now)
    Recipient.objects.filter(pk=row.pk).update(is_active=False)
    link_checks.check(now + DAY)
    assert not LinkCheck.objects.exists()
