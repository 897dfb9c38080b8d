"""Large print for everybody, without a script, on every page of the customer's side."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db


def test_large_print_is_chosen_at_the_foot_and_remembered_for_the_visit():
    client = Client(enforce_csrf_checks=True)
    assert "large-print" not in client.get("/requests/new/").content.decode()
    answer = client.post("/print-size/", {"size": "large", "next": "/requests/new/?a=1"})
    assert answer["Location"] == "/requests/new/?a=1"
    cookie = answer.cookies["print"]
    assert (cookie["max-age"], cookie["expires"], cookie["httponly"]) == ("", "", True)
    page = client.get("/requests/new/").content.decode()
    assert 'class="large-print"' in page and "Normal print" in page
    client.post("/print-size/", {"size": "normal", "next": "/"})
    assert "large-print" not in client.get("/requests/new/").content.decode()


def test_a_page_in_large_print_is_kept_by_nobody_for_others():
    make.policy()
    client = Client()
    assert "no-store" not in client.get("/privacy/").headers.get("Cache-Control", "")
    client.post("/print-size/", {"size": "large", "next": "/privacy/"})
    assert "no-store" in client.get("/privacy/")["Cache-Control"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nowhere_else(elsewhere):
    assert Client().post("/print-size/", {"size": "large", "next": elsewhere})["Location"] == "/"


def test_asking_for_it_by_get_changes_nothing():
    assert Client().get("/print-size/").status_code == 405


def test_every_length_of_letters_follows_the_reader():
    """A size in pixels would stay small in large print and at 200 % letters."""
    css = re.sub(r"/\*.*?\*/", "", Path("static/portal.css").read_text().partition("@media print")[0], flags=re.S)
    assert re.findall(r"font(?:-size)?:[^;{}]*\d(?:px|pt)[^;{}]*;", css) == []
