"""What the policies promise about pages and papers: they are there, say what they must, and lead on."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Session
from privacy import erasure, export, processing_record
from privacy.notices import OutgoingEmail
from privacy.promises import CONTROLS, State
from privacy.promises.controls import browser, card, pages, site, versions
from privacy.recipients import Cookie, Recipient
from privacy.subject_requests import registers
from tests import make
from tests.office import colleague, desk, look
from tests.portal import PASSWORD, look_up, sign_in
from tests.test_demo import fill
from tests.test_documents import text_of

pytestmark = pytest.mark.django_db
TEMPLATES = Path(project.BASE_DIR) / "templates"
CARD = ("legal_name", "postal_address", "email", "phone", "phone_hours", "data_protection_officer", "security_officer")


def page(name, client=None, **words):
    return unescape((client or Client()).get(reverse(f"privacy:{name}"), words).content.decode())


def said(slug):
    return CONTROLS[slug].look(timezone.now())


# --- who answers -------------------------------------------------------------------------------------------------


def test_cnx_02_every_paper_and_every_mail_carries_the_card():
    papers = [path for path in (TEMPLATES / "documents").glob("*.html") if "extends" in path.read_text()[:60]]
    assert len(papers) > 6
    for path in papers:
        text = path.read_text()
        assert 'extends "documents/base.html"' in text
        assert "block card" not in text or 'include "documents/card.html"' in text, f"{path.name} leaves the card out"
    bodies = sorted((TEMPLATES / "email").glob("*/body.*"))
    assert len(bodies) > 40
    assert [path for path in bodies if 'extends "email/base.' not in path.read_text()] == []
    for common in ("email/base.txt", "email/base.html", "documents/card.html", "account/email/base_message.txt"):
        shown = set(re.findall(r"shop\.(\w+)", (TEMPLATES / common).read_text()))
        assert set(CARD) <= shown, f"{common} does not show {set(CARD) - shown}"


def a_certificate(case):
    return erasure.pdf_of(make.certificate_of(case.data_subject), for_the_person=True)


def the_bundle(case):
    url = reverse("admin:privacy_datasubjectrequest_bundle", args=[case.pk])
    browser = desk(colleague("care agent"))
    look(browser, case)
    return browser.post(url, {"kind": "ours", "form": "pdf"}).content


def the_copy(case):
    with TemporaryDirectory() as folder:
        export.export_to(case.data_subject, Path(folder), actor="test")
        return (Path(folder) / "export.pdf").read_bytes()


PAPERS = {
    "policy": lambda _case: Client().get(reverse("privacy:policy_pdf")).content,
    "record": lambda _case: processing_record.pdf(processing_record.record()),
    "register": lambda _case: registers.pdf(registers.REGISTERS["complaints"], date(2026, 1, 1), date(2026, 2, 1)),
    "certificate": a_certificate,
    "bundle": the_bundle,
    "copy": the_copy,
}


@pytest.mark.parametrize("paper", PAPERS)
def test_cnx_02_a_paper_as_it_is_printed_names_everybody_of_the_card(paper, settings):
    make.policy()
    settings.SHOP = settings.SHOP | {name: f"the-{name.replace('_', '-')}" for name in CARD}
    said = "".join(text_of(PAPERS[paper](make.case(make.customer(), "complaint"))).split())
    assert [name for name in CARD if f"the-{name.replace('_', '-')}" not in said] == []


@pytest.mark.parametrize("setting", ["legal_name", "postal_address", "email", "phone", "phone_hours"])
def test_cnx_02_an_empty_line_of_the_card_is_red(setting, settings):
    assert said("contact-card").state == State.KEPT
    settings.SHOP = settings.SHOP | {setting: ""}
    assert said("contact-card").state == State.BROKEN


WHO = ["Ines Okafor", "", "dpo@", "Ines Okafor, dpo@northlight.example", "Ines Okafor, +44 1632 960124"]


@pytest.mark.parametrize("who", WHO)
def test_cnx_01_the_officer_and_a_way_to_reach_her_is_named_or_it_is_red(who, settings):
    make.policy()
    settings.SHOP = settings.SHOP | {"data_protection_officer": who}
    assert said("dpo-named").state == (State.KEPT if who in WHO[3:] else State.BROKEN)


@pytest.mark.parametrize(
    ("slug", "lacks"),
    [
        ("dpo-named", "page"), ("contact-card", "paper"), ("dpo-named", "policy"), ("contact-card", "mail"),
        ("dpo-named", "a paper without"), ("contact-card", "a mail without"),
    ],
)  # fmt: skip
def test_cnx_01_cnx_02_it_stands_on_every_page_paper_and_mail_or_it_is_red(slug, lacks, monkeypatch):
    make.policy()
    mary = make.customer(login=True)
    assert said(slug).state == State.KEPT
    assert said(slug).figures["looked_at"] > 40
    empty, real = browser.Page(200, "text/html", b"<p>Nothing</p>"), card.visit
    if lacks in ("page", "policy"):
        bare = reverse("privacy:my_data") if lacks == "page" else reverse("privacy:policy_pdf")
        paper = real(reverse("privacy:policy_pdf"))
        cut = empty if lacks == "page" else browser.Page(200, paper.kind, paper.body[:200])
        for room in (site, card):
            monkeypatch.setattr(room, "visit", lambda path, **as_: cut if path == bare else real(path, **as_))
    elif lacks == "paper":
        monkeypatch.setattr(card.documents, "html_of", lambda *_args: "", raising=False)
    elif lacks == "mail":
        monkeypatch.setattr(card, "render_to_string", lambda *_args: "")
    else:
        name, text = {
            "a paper without": ("documents/new.html", "{% block card %}{% endblock %}"),
            "a mail without": ("email/new/body.txt", "Hello"),
        }[lacks]
        monkeypatch.setattr(card.site, "templates", lambda: [(name, text)])
    found = said(slug)
    assert found.state == State.BROKEN
    assert mary.account.last_login is None


def test_sfb_16_who_answers_for_security_stands_at_the_foot_of_every_page_and_is_red_when_nobody_does(settings):
    assert settings.SHOP["security_officer"] in page("cookies")
    assert said("security-officer-named").state == State.KEPT
    settings.SHOP = settings.SHOP | {"security_officer": ""}
    assert said("security-officer-named").state == State.BROKEN


# --- complaints ---------------------------------------------------------------------------------------------------


def test_sfb_36_anybody_can_complain_by_a_form_and_reads_how():
    make.customer("anna@example.com")
    Client().post(reverse("privacy:public_complaint"), {"email": "anna@example.com", "who": "me"})
    look_up()
    [letter] = OutgoingEmail.objects.all()
    [link] = re.findall(r"/complaints/new/[\w.:-]+/", bytes(letter.body).decode())
    assert 'name="details"' in Client().get(link, follow=True).content.decode()
    assert "What we need from you:" in page("public_complaint")


@pytest.mark.parametrize("setting", ["legal_name", "postal_address", "email", "phone", "mediator", "regulator"])
def test_sfb_37_the_page_says_how_to_reach_us_what_we_need_and_who_mediates_at_no_charge(setting, settings):
    text = page("public_complaint")
    assert settings.SHOP[setting] in text and "It costs you nothing." in text
    assert said("page-complaint-says").state == State.KEPT
    settings.SHOP = settings.SHOP | {setting: ""}
    found = said("page-complaint-says")
    assert found.state == State.BROKEN and "does not say" in found.evidence


# --- the policy ---------------------------------------------------------------------------------------------------


def test_mad_09_the_policy_says_which_version_it_is_and_since_when():
    make.policy("7", effective_on=date(2026, 5, 22))
    text = page("policy")
    assert "Version 7" in text and "22 May 2026" in text


def test_mad_25_from_the_policy_it_is_one_click_to_a_form_that_reaches_us():
    make.policy()
    text = page("policy")
    assert f'href="{reverse("privacy:public_request")}"' in text
    assert 'method="post"' in page("public_request")


def test_cnx_31_the_policy_has_a_button_to_print_and_prints_without_its_menus():
    make.policy()
    text = page("policy")
    assert "data-print" in text
    sheet = (Path(project.BASE_DIR) / "static" / "portal.css").read_text()
    printed = sheet[sheet.index("@media print") :]
    assert ".no-print" in printed and "display: none" in printed
    assert re.search(r'<nav class="side no-print"', text)


@pytest.mark.parametrize(
    ("lacks", "what"),
    [("access", "see your data"), ("used for", "what it is used for"), ("complain", "how to complain")],
)
def test_sfb_18_a_policy_that_says_nothing_of_access_or_use_is_red(lacks, what):
    whole = (
        "You have access to your data. It is used for orders. Recipients: carriers. It is kept for years. You may "
        "complain to us."
    )
    version = make.policy("1", body=whole, effective_on=date(2020, 1, 1))
    assert said("policy-says").state == State.KEPT
    version.delete()
    make.policy("2", body=whole.replace(lacks, "…"), effective_on=date(2020, 1, 1))
    found = said("policy-says")
    assert found.state == State.BROKEN and what in found.evidence


def everything_typed(monkeypatch, form):
    """Every page is this form."""
    page = browser.Page(200, "text/html", f'<form method="post">{form}</form>'.encode())
    monkeypatch.setattr(site, "visit", lambda *_args, **_more: page)
    return said("policy-before-sending").state


def test_sfb_22_every_form_is_found_from_the_addresses_and_drawn_as_its_owner_gets_it():
    stranger = said("policy-before-sending")
    assert stranger.state == State.KEPT, stranger
    mary = make.customer(login=True)
    make.address(mary)
    case = make.case(mary, "access", received_at=timezone.now())
    found = set(site.paths(mary))
    assert {"/account/correct/identity/", f"/account/requests/{case.reference}/", "/account/login/"} <= found
    hers = said("policy-before-sending")
    assert hers.state == State.KEPT, hers
    assert hers.figures["pages"] > stranger.figures["pages"] > 5
    assert hers.figures["read"] > 20
    assert not Session.objects.exists()
    mary.account.refresh_from_db()
    assert mary.account.last_login is None


@pytest.mark.parametrize("typed", ['<input name="a">', '<input type="email" name="a">', "<textarea></textarea>"])
def test_sfb_22_a_form_without_the_policy_above_its_button_is_red(typed, monkeypatch):
    link, button = f'<a href="{reverse("privacy:policy")}">policy</a>', "<button>Send</button>"
    assert everything_typed(monkeypatch, typed + link + button) == State.KEPT
    assert everything_typed(monkeypatch, typed + button + link) == State.BROKEN
    assert everything_typed(monkeypatch, typed + button) == State.BROKEN


def test_sfb_22_a_page_behind_a_mailed_link_is_read_in_its_template(monkeypatch, tmp_path, settings):
    folder = tmp_path / "privacy"
    folder.mkdir()
    words = '<form method="post">{% include "parts/form_fields.html" %}{{}}<button>Send</button></form>'
    one = SimpleNamespace(dirs=[tmp_path])
    monkeypatch.setattr(site, "engines", SimpleNamespace(all=lambda: [one]))
    (folder / "new.html").write_text(words.replace("{{}}", '{% include "parts/policy_note.html" %}'))
    assert said("policy-before-sending").state == State.KEPT
    (folder / "new.html").write_text(words.replace("{{}}", ""))
    found = said("policy-before-sending")
    assert found.state == State.BROKEN and "privacy/new.html" in found.evidence


def two_versions(kind="privacy"):
    """An old one and the one in force."""
    old = make.policy("1", kind=kind, body="# Rights\n\nAsk & see.\n\nNobody pays.", effective_on=date(2020, 1, 1))
    return old, make.policy("2", kind=kind, body="# Rights\n\nAsk & see.\n\nAll free.", effective_on=date(2021, 2, 3))


def instead_of(monkeypatch, where, old, new):
    """This page alone is another; `old` may be None for a whole new body."""
    real = versions.visit

    def visit(path, **more):
        page = real(path, **more)
        return replace(page, body=new if old is None else page.body.replace(old, new)) if path == where else page

    monkeypatch.setattr(versions, "visit", visit)


@pytest.mark.parametrize(
    ("slug", "where", "old", "new"),
    [
        ("policy-in-force", "/privacy/", b"All free.", b"Much money."),
        ("policy-in-force", "/privacy/", b"3 February 2021", b"long ago"),
        ("policy-versions", "/privacy/", b"/privacy/1/", b"/nowhere/"),
        ("policy-versions", "/privacy/1/", b"Nobody pays.", b"All free."),
        ("policy-versions", "/privacy/2/?compare=1", b"<del", b"<p"),
        ("policy-pdf", "/privacy/1/", b"/privacy/1.pdf", b"/nowhere"),
        ("policy-pdf", "/privacy/1.pdf", None, b"%PDF-1.7 nothing"),
        ("policy-print", "/privacy/", b"data-print", b"data-nothing"),
        ("terms-readable", "/terms/", b"All free.", b"Much money."),
        ("terms-readable", "/terms/1.pdf", None, b"nothing"),
        ("terms-readable", "/privacy/", b'href="/terms/"', b'href="/"'),
        ("terms-readable", "/terms/", b"data-print", b"data-nothing"),
    ],
)
def test_clz_17_cnx_30_sfb_35_each_version_is_read_kept_printed_and_compared_or_it_is_red(
    slug, where, old, new, monkeypatch
):
    two_versions()
    two_versions("terms")
    assert said(slug).state == State.KEPT, said(slug)
    instead_of(monkeypatch, where, old, new)
    assert said(slug).state == State.BROKEN


def test_cnx_30_a_pdf_with_another_text_is_red(monkeypatch):
    two_versions()
    other = make.policy("other", body="# Something\n\nEntirely different words.", effective_on=date(2019, 1, 1))
    paper = Client().get(reverse("privacy:policy_version_pdf", args=[other.version])).content
    instead_of(monkeypatch, "/privacy.pdf", None, paper)
    assert said("policy-pdf").figures == {"wrong": 1}


# --- cookies -------------------------------------------------------------------------------------------------------


def test_clg_24_the_dashboard_leads_to_the_register_of_cookies_and_its_choice():
    client = sign_in(make.customer(login=True))
    assert f'href="{reverse("privacy:cookies")}"' in page("my_data", client)
    make.recipient("Counter", group="measurement", is_necessary=False)
    assert 'name="yes"' in page("cookies", client)


def test_cnx_18_cookies_of_the_session_carry_no_end_and_the_register_says_so():
    fill(0, 0)
    of_session = set(Cookie.objects.filter(is_essential=True, lifetime_days=None).values_list("name", flat=True))
    make.customer("mary@example.com", login=True)
    client = Client()
    client.post("/account/login/", {"login": "mary@example.com", "password": PASSWORD, "remember": "on"})
    client.get(reverse("privacy:preferences"))
    found = {name: morsel for name, morsel in client.cookies.items() if name in of_session}
    assert project.SESSION_COOKIE_NAME in of_session and found
    for name, morsel in found.items():
        is_taken_away = morsel["max-age"] == 0
        assert is_taken_away or not (morsel["max-age"] or morsel["expires"]), name


def test_cnx_22_the_page_says_what_a_no_costs_and_how_to_order_without_cookies(settings):
    text = page("cookies")
    assert "nothing is missing but what the cookie is for" in text
    for way in ("phone", "email"):
        assert settings.SHOP[way] in text
    assert "You can also order without any cookies" in text


def test_lrd_21_a_company_in_the_browser_without_link_to_its_policy_or_without_a_way_to_say_no_is_red():
    whole = {"group": "advertising", "is_necessary": False, "policy_url": "https://a.example/policy"}
    make.recipient("Ads", opt_out_url="https://a.example/no", **whole)
    assert said("recipients-both-links").state == State.KEPT
    Recipient.objects.update(opt_out_url="")
    assert said("recipients-both-links").state == State.BROKEN


# --- for everybody ------------------------------------------------------------------------------------------------


HEAD = '<html lang="en"><a class="skip"></a><h1>Hello</h1>'
OUT_OF_REACH = {
    "a button that needs a script": '<button type="button" onclick="go()">Go</button>',
    "a link that needs a script": '<a href="javascript:go()">Go</a>',
    "a form that only a script sends": '<form><input type="hidden" name="a"></form>',
    "a field without a name": '<form><input type="email" id="mail"><button>Go</button></form>',
}


@pytest.mark.parametrize("what", [*OUT_OF_REACH, ""])
def test_sfb_39_a_page_that_somebody_cannot_use_is_red(what, monkeypatch):
    make.policy()
    real = pages.visit
    odd = browser.Page(200, "text/html", (HEAD + OUT_OF_REACH.get(what, "<form><button>Go</button></form>")).encode())
    monkeypatch.setattr(pages, "visit", lambda path: real(path) if path.endswith(".pdf") else odd)
    assert said("pages-accessible").state == (State.BROKEN if what else State.KEPT)


def test_sfb_39_a_paper_that_cannot_be_read_out_and_a_focus_that_cannot_be_seen_are_red(monkeypatch, tmp_path):
    make.policy()
    assert said("pages-accessible").state == State.KEPT
    with monkeypatch.context() as patch:
        real = pages.visit
        plain = browser.Page(200, "application/pdf", b"%PDF-1.7 /Lang /MarkInfo")
        patch.setattr(pages, "visit", lambda path: plain if path.endswith(".pdf") else real(path))
        assert said("pages-accessible").state == State.BROKEN
    style = tmp_path / "portal.css"
    style.write_text(":focus-visible { outline: none; }")
    monkeypatch.setattr(pages.finders, "find", lambda _name: str(style))
    assert said("pages-accessible").state == State.BROKEN


def test_a_look_at_a_page_that_says_no_is_no_line_of_the_log_and_a_visitor_s_is(client, caplog):
    assert browser.visit("/no-such-page/").status == 404
    assert not caplog.records
    client.get("/no-such-page/")
    assert [record.name for record in caplog.records] == ["django.request"]
