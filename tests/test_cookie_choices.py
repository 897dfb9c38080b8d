"""Cookies: nothing before a yes, asked once, the browser's own no is heard, and each choice is on record."""

from datetime import date, timedelta
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.template import Context, RequestContext, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from config.logs import to_stderr
from privacy import consent, cookie_choices, erasure, preferences, purge, seeds
from privacy.append_only import AppendOnlyError, is_protected
from privacy.cookie_choices import CookieChoice, CookieQuestion, Road, Visitor, question
from privacy.promises import CONTROLS, State
from privacy.recipients import Cookie, Recipient
from privacy.vocabulary import Decision, Purpose
from tests import make
from tests.office import colleague, desk
from tests.portal import PASSWORD, forget_limits, sign_in

pytestmark = pytest.mark.django_db
COOKIE = cookie_choices.COOKIE
SHOP = "https://www.northlight.example"
HERE = {"HTTP_ORIGIN": "http://testserver"}
GPC = {"HTTP_SEC_GPC": "1"}
ASKS = "May we use cookies that are not needed?"


@pytest.fixture(autouse=True)
def register(monkeypatch, settings):
    """Northlight counts visits and advertises; each look at the register is a new one."""
    monkeypatch.setattr(question, "LOOK_AGAIN", 0.0)
    forget_limits()
    settings.SHOP_ORIGINS = [SHOP]
    rows = {
        "Google Analytics": {"group": "measurement", "country": "US"},
        "Facebook Plugins": {"group": "social", "country": "US", "legal_name": "Facebook, Inc."},
        "Kupona": {"group": "advertising"},
    }
    made = {name: make.recipient(name, is_necessary=False, **values) for name, values in rows.items()}
    Cookie.objects.create(name="_ga", recipient=made["Google Analytics"], purpose="Counts.", lifetime_days=390)
    Cookie.objects.create(name="visitor", purpose="Recognises you.", lifetime_days=30)
    return made


def answered(client: Any, *yes: str, **headers: str) -> Any:
    """What the banner or the page sends."""
    data = {"choice": "some", "yes": yes, "version": cookie_choices.current().version}
    return client.post("/cookies/choice/", data, **(HERE | headers))


def allowed(client: Any, **headers: str) -> set[str]:
    """What may work in this browser at its next page."""
    request = RequestFactory().get("/", **headers)
    request.COOKIES = {name: one.value for name, one in client.cookies.items()}
    return set(cookie_choices.browser_of(request).allows())


# --- asked once for each version (SFB-28) ----------------------------------------------------------------


def test_sfb_28_lrd_22_the_question_is_asked_once_and_the_answer_kept_with_its_version(client):
    make.policy("seven")
    page = client.get("/").content.decode()
    assert ASKS in page and page.count('class="button" type="submit" name="choice"') == 2
    assert answered(client, "measurement").status_code == 200
    assert ASKS not in client.get("/").content.decode()
    row = CookieChoice.objects.get()
    assert row.answers == {"measurement": True, "advertising": False, "social": False, "extras": False}
    assert row.question.version == cookie_choices.current().version and row.policy.version == "seven"
    assert {(one["who"], one["what"]) for one in row.question.asked} == {
        ("", "visitor"), ("Facebook Plugins", ""), ("Google Analytics", ""), ("Google Analytics", "_ga"),
        ("Kupona", ""),
    }  # fmt: skip
    assert row.road == Road.PAGE and row.site == "testserver"
    assert allowed(client) == {"measurement"}


def a_new_cookie(made):
    Cookie.objects.create(name="IDE", recipient=made["Kupona"], purpose="Ads.", lifetime_days=1)


def a_new_company(made):
    make.recipient("Bing Ads", group="measurement")


def a_longer_life(made):
    Cookie.objects.filter(name="_ga").update(lifetime_days=391)


def another_purpose(made):
    Recipient.objects.filter(name="Kupona").update(purpose="Sells it on.")


def another_country(made):
    Recipient.objects.filter(name="Kupona").update(country="CN", safeguard="SCC")


def needed_no_more(made):
    Cookie.objects.filter(name="sessionid").update(is_essential=False)


@pytest.mark.parametrize(
    "change", [a_new_cookie, a_new_company, a_longer_life, another_purpose, another_country, needed_no_more]
)
def test_sfb_28_what_is_new_is_asked_and_the_old_yes_is_none_to_it(client, register, change):
    answered(client, "measurement", "advertising")
    change(register)
    assert ASKS in client.get("/").content.decode()
    assert allowed(client) == set()


def a_shorter_life(made):
    Cookie.objects.filter(name="_ga").update(lifetime_days=100)


def one_fewer(made):
    Recipient.objects.filter(name="Kupona").update(is_active=False)


def one_needed_more(made):
    Cookie.objects.create(name="basket", purpose="Basket.", is_essential=True)


@pytest.mark.parametrize("change", [a_shorter_life, one_fewer, one_needed_more])
def test_sfb_28_what_is_less_is_not_asked_again(client, register, change):
    answered(client, "measurement")
    change(register)
    assert ASKS not in client.get("/").content.decode()
    assert allowed(client) == {"measurement"}


def test_a_yes_to_an_older_question_is_not_taken(client, register):
    old = cookie_choices.current().version
    a_new_cookie(register)
    data = {"choice": "all", "version": old}
    assert client.post("/cookies/choice/", data, **HERE).status_code == 409
    assert not CookieChoice.objects.exists() and allowed(client) == set()


def test_nothing_is_asked_where_there_is_nothing_to_ask(client):
    Recipient.objects.update(is_active=False)
    Cookie.objects.filter(is_essential=False).delete()
    assert ASKS not in client.get("/").content.decode()
    assert "There is nothing to choose" in client.get("/cookies/").content.decode()


def test_the_banner_works_without_a_script_and_leads_back(client):
    answer = client.post(
        "/cookies/choice/",
        {"choice": "needed", "version": cookie_choices.current().version, "next": "/privacy/?compare=1"},
        **HERE,
    )
    assert answer.status_code == 302 and answer["Location"] == "/privacy/?compare=1"
    assert CookieChoice.objects.get().yes == frozenset()
    assert "httponly" not in client.cookies[COOKIE].output().lower()
    assert client.cookies[COOKIE]["max-age"] == 180 * 86400 and client.cookies[COOKIE]["samesite"] == "Lax"
    away = client.post("/cookies/choice/", {"choice": "needed", "next": "https://evil.example/"}, **HERE)
    assert away["Location"] == "/"


def test_mad_21_the_page_changes_the_choice_and_it_counts_with_the_next_answer(client):
    version = cookie_choices.current().version
    client.post("/cookies/", {"choice": "all", "version": version})
    assert allowed(client) == {"measurement", "advertising", "social", "extras"}
    client.post("/cookies/", {"choice": "needed", "version": version})
    assert allowed(client) == set()
    client.post("/cookies/", {"choice": "needed", "version": version})
    assert [row.yes == frozenset() for row in CookieChoice.objects.order_by("pk")] == [False, True]
    assert Visitor.objects.count() == 1


def test_a_page_costs_no_statement_for_the_question(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(question, "LOOK_AGAIN", 60.0)
    client.get("/")
    with django_assert_num_queries(0):
        assert ASKS in client.get("/").content.decode()


def test_caches_on_the_way_keep_pages_with_and_without_the_question_apart(client):
    answer = client.get("/")
    assert {"Cookie", "Sec-GPC"} <= {part.strip() for part in answer["Vary"].split(",")}
    answered(client)
    assert "no-store" in client.get("/")["Cache-Control"]


# --- only our own pages and the shop's -------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://www.northlight.example.evil.example", ""])
def test_a_form_on_a_foreign_page_says_nothing(client, origin):
    assert answered(client, "measurement", HTTP_ORIGIN=origin).status_code == 403
    assert client.get("/cookies/choice/", HTTP_ORIGIN=origin).status_code == 403
    assert not CookieChoice.objects.exists() and COOKIE not in client.cookies


def test_a_page_that_hides_its_address_is_known_by_the_browser_s_word(client):
    assert answered(client, HTTP_ORIGIN="null", HTTP_SEC_FETCH_SITE="same-origin").status_code == 200


def test_the_shop_s_page_hands_in_and_reads_back(client):
    answer = answered(client, "social", HTTP_ORIGIN=SHOP)
    assert answer["Access-Control-Allow-Origin"] == SHOP and answer["Access-Control-Allow-Credentials"] == "true"
    row = CookieChoice.objects.get()
    assert (row.road, row.site) == (Road.SCRIPT, "www.northlight.example")
    seen = client.get("/cookies/choice/", HTTP_ORIGIN=SHOP).json()["answer"]
    assert seen == client.cookies[COOKIE].value == answer.json()["answer"]
    elsewhere = Client()  # another site, whose browser keeps its cookies apart, brings along what it kept itself
    data = {"choice": "needed", "version": cookie_choices.current().version, "had": seen}
    elsewhere.post("/cookies/choice/", data, HTTP_ORIGIN=SHOP)
    assert Visitor.objects.count() == 1 and not CookieChoice.objects.latest("pk").yes


def test_the_script_is_small_the_same_for_everybody_and_kept(client):
    answer = client.get("/cookies/choice.js")
    body = answer.content.decode()
    assert len(answer.content) < 5 * 1024
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin" and "max-age=300" in answer["Cache-Control"]
    assert not answer.cookies and "Cookie" not in answer.get("Vary", "")
    assert "eval" not in body and "innerHTML" not in body and "google" not in body.replace("Google Analytics", "")
    again = client.get("/cookies/choice.js", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304 and not again.content
    a_new_company(None)
    assert client.get("/cookies/choice.js", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200


def test_a_name_in_the_register_cannot_break_out_of_the_script(client):
    Recipient.objects.filter(name="Kupona").update(name='</script><script>alert("1")')
    assert "</script>" not in client.get("/cookies/choice.js").content.decode()


@pytest.mark.parametrize("rubbish", ["", "x", "all:seven", "0" * 12 + ".social.0.0", "a.b.c.d", "\x00", "9" * 5000])
def test_a_cookie_that_we_did_not_write_allows_nothing(client, rubbish):
    # By hand: some versions of Python refuse to write such a cookie, and a browser asks nobody.
    request = RequestFactory().get("/")
    request.COOKIES = {COOKIE: rubbish}
    assert cookie_choices.browser_of(request).allows() == set()
    assert client.get("/", HTTP_COOKIE=f"{COOKIE}={rubbish}").status_code == 200


# --- too many from one network ---------------------------------------------------------------------------


@pytest.fixture
def few(settings):
    """Two answers a minute from one network."""
    settings.ACCOUNT_RATE_LIMITS = {"cookie_choice": "2/m/ip"}


def test_of_too_many_answers_from_one_network_nothing_is_stored_and_each_browser_keeps_a_no(client, few, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    answered(client, "measurement")
    answered(Client(), "social")
    for late in (Client(), client):
        answer = answered(late, "measurement", "social")
        assert answer.status_code == 429 and "too many answers from this network" in answer.json()["error"]
        assert answer.json()["answer"] == late.cookies[COOKIE].value
        assert allowed(late) == set() and ASKS not in late.get("/").content.decode()
    assert CookieChoice.objects.count() == Visitor.objects.count() == 2
    assert answered(client, "social", REMOTE_ADDR="203.0.113.9").status_code == 200, "another network is not meant"
    time_machine.shift(61)
    assert answered(client, "measurement").status_code == 200 and allowed(client) == {"measurement"}
    assert Visitor.objects.count() == 2, "the browser was the same all the time"


def test_of_too_many_answers_a_reader_is_told_in_one_line_by_the_page_and_the_banner(client, few):
    version = cookie_choices.current().version
    for _ in range(2):
        answered(Client())
    pages = [
        client.post("/cookies/", {"choice": "all", "version": version}, follow=True),
        client.post("/cookies/choice/", {"choice": "all", "version": version, "next": "/"}, **HERE, follow=True),
    ]
    for page in pages:
        assert page.redirect_chain == [("/cookies/?limit=1", 302)]
        assert page.content.decode().count("Too many choices came from your network") == 1
        assert "checked" not in page.content.decode()
    assert CookieChoice.objects.count() == 2 and allowed(client) == set()


def test_where_the_counter_is_gone_a_no_still_gets_through(client, monkeypatch):
    def gone(*_args, **_values):
        raise redis.ConnectionError

    monkeypatch.setattr(cache, "add", gone)
    assert answered(client).status_code == 200 and CookieChoice.objects.count() == 1


# --- Global Privacy Control ------------------------------------------------------------------------------


def test_gpc_is_a_no_and_nobody_is_asked(client):
    assert ASKS not in client.get("/", **GPC).content.decode()
    page = client.get("/cookies/", **GPC).content.decode()
    assert "Global Privacy Control" in page and "checked" not in page
    assert not Visitor.objects.exists(), "who wants no mark gets none"


def test_gpc_outweighs_the_yes_before_it_and_not_the_one_after_it(client):
    answered(client, "measurement")
    assert allowed(client) == {"measurement"} and allowed(client, **GPC) == set()
    answered(client, "measurement", **GPC)
    assert allowed(client, **GPC) == {"measurement"}
    assert ASKS not in client.get("/", **GPC).content.decode()


def test_gpc_told_by_the_script_is_on_record_as_such(client):
    answered(client, "measurement")
    data = {"choice": "some", "version": cookie_choices.current().version, "gpc": "1", "by": "gpc"}
    client.post("/cookies/choice/", data, HTTP_ORIGIN=SHOP)
    row = CookieChoice.objects.latest("pk")
    assert row.road == Road.SIGNAL and not row.yes
    client.post("/cookies/choice/", {**data, "yes": "social"}, HTTP_ORIGIN=SHOP)
    assert CookieChoice.objects.latest("pk").road == Road.SCRIPT, "a yes is nobody's signal"


def through_the_door(email: str, client: Client | None = None, **headers: str) -> Client:
    """Signs in by the form."""
    forget_limits()
    client = client or Client()
    answer = client.post("/account/login/", {"login": email, "password": PASSWORD}, **headers)
    assert answer.status_code == 302, answer.content
    return client


def somebody(email: str) -> Any:
    person = make.customer(email)
    person.account = make.account(email, password=PASSWORD)
    person.save()
    return person


def says_no(person: Any, purpose: str) -> bool:
    entry = consent.latest(person, purpose)
    return entry is not None and entry.decision == Decision.WITHDRAWN


def test_gpc_of_a_known_customer_is_her_objection_once_and_her_later_yes_stands():
    mary = somebody("mary@example.com")
    make.grant(mary, Purpose.PROFILING)
    through_the_door("mary@example.com", **GPC)
    assert says_no(mary, Purpose.PROFILING) and says_no(mary, Purpose.SHARING)
    assert not says_no(mary, Purpose.MARKETING)
    make.grant(mary, Purpose.PROFILING, occurred_at=timezone.now())
    through_the_door("mary@example.com", **GPC)
    assert consent.is_granted(mary, Purpose.PROFILING)


def test_gpc_in_the_browser_in_which_she_says_yes_is_heard_before_it_and_not_at_the_next_door():
    mary = somebody("mary@example.com")
    client = through_the_door("mary@example.com")
    option = next(one for one in preferences.use() if one.key.startswith("profiling"))
    client.post("/account/preferences/", {"yes": [option.key]}, **GPC)
    assert consent.is_granted(mary, Purpose.PROFILING) and says_no(mary, Purpose.SHARING)
    through_the_door("mary@example.com", **GPC)
    assert consent.is_granted(mary, Purpose.PROFILING), "her yes came after the signal"


def test_without_gpc_signing_in_objects_to_nothing():
    mary = somebody("mary@example.com")
    through_the_door("mary@example.com")
    assert not consent.choices(mary)


# --- whose browser it is ---------------------------------------------------------------------------------


def test_the_choice_becomes_hers_when_she_signs_in_and_not_before():
    mary, client = somebody("mary@example.com"), Client()
    answered(client, "measurement")
    assert Visitor.objects.get().data_subject is None
    through_the_door("mary@example.com", client)
    visitor = Visitor.objects.get()
    assert visitor.data_subject == mary and visitor.linked_at
    assert allowed(client) == {"measurement"} and CookieChoice.objects.count() == 1


def test_her_later_no_elsewhere_counts_here_and_her_yes_elsewhere_does_not():
    somebody("mary@example.com")
    phone, laptop, tablet = Client(), Client(), Client()
    answered(tablet, "advertising")
    answered(laptop, "measurement", "advertising")
    answered(phone, "social")
    for client in (phone, laptop, tablet):
        through_the_door("mary@example.com", client)
    assert allowed(phone) == {"social"}, "an earlier yes on another device adds nothing"
    assert allowed(laptop) == set() and allowed(tablet) == set()
    assert {row.road for row in CookieChoice.objects.order_by("pk")[3:]} == {Road.SIGN_IN}
    answered(laptop, "measurement")
    through_the_door("mary@example.com", laptop)
    assert allowed(laptop) == {"measurement"}, "what she says after that stands"


def test_gpc_at_sign_in_turns_a_recorded_yes_off():
    somebody("mary@example.com")
    client = Client()
    answered(client, "measurement")
    through_the_door("mary@example.com", client, **GPC)
    assert CookieChoice.objects.latest("pk").road == Road.SIGNAL
    assert allowed(client) == set()


def test_somebody_else_on_the_same_browser_is_asked_herself():
    mary, _joan = somebody("mary@example.com"), somebody("joan@example.com")
    client = Client()
    answered(client, "measurement")
    through_the_door("mary@example.com", client)
    client.post("/account/logout/")
    through_the_door("joan@example.com", client)
    assert allowed(client) == set() and ASKS in client.get("/").content.decode()
    answered(client, "social")
    assert list(Visitor.objects.filter(data_subject=mary).values_list("pk", flat=True)) == [Visitor.objects.first().pk]
    assert Visitor.objects.count() == 2


def test_a_signed_in_customer_never_answers_under_somebody_else_s_mark(client):
    mary, joan = make.customer(), make.customer(login=True)
    answered(client)
    Visitor.objects.update(data_subject=mary)
    hers = sign_in(joan)
    hers.cookies[COOKIE] = client.cookies[COOKIE].value
    answered(hers, "social")
    assert not CookieChoice.objects.get(visitor__data_subject=mary).yes
    assert CookieChoice.objects.get(visitor__data_subject=joan).yes == {"social"}


def test_what_a_stranger_says_on_a_browser_that_was_hers_is_not_hers():
    mary, client = somebody("mary@example.com"), Client()
    answered(client, "measurement")
    through_the_door("mary@example.com", client)
    client.post("/account/logout/")
    answered(client, "social")
    mine = CookieChoice.objects.filter(visitor__data_subject=mary)
    assert [one.yes for one in mine] == [{"measurement"}]
    assert CookieChoice.objects.get(visitor__data_subject=None).yes == {"social"}
    assert allowed(client) == {"social"}
    through_the_door("mary@example.com", client)
    assert Visitor.objects.filter(data_subject=mary).count() == 2, "signed in again, it is she"


def test_she_sees_her_choices_and_they_go_with_her():
    mary, client = somebody("mary@example.com"), Client()
    answered(client, "measurement")
    through_the_door("mary@example.com", client)
    answered(Client(), "social")  # somebody whom we do not know
    assert "What you said about cookies" in sign_in(mary).get("/account/").content.decode()
    assert CookieChoice.objects.filter(visitor__data_subject=mary).count() == 1
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    assert not Visitor.objects.filter(data_subject=mary).exists()
    assert CookieChoice.objects.count() == 1 and Visitor.objects.count() == 1
    answered(client, "social")
    assert Visitor.objects.count() == 2, "a browser of somebody erased is a new one"


def test_choices_of_nobody_go_after_thirteen_months():
    now = timezone.now()
    old = make.visitor(None, mark="old", last_choice_at=now - timedelta(days=400))
    young = make.visitor(None, mark="young", last_choice_at=now)
    make.cookie_choice(None, visitor=old, occurred_at=now - timedelta(days=400))
    kept = make.cookie_choice(None, visitor=young, occurred_at=now)
    make.cookie_choice(None, visitor=young, occurred_at=now - timedelta(days=400))
    purge.purge(today=timezone.localdate())
    assert list(CookieChoice.objects.all()) == [kept] and list(Visitor.objects.all()) == [young]


def test_the_ledger_only_grows():
    row = make.cookie_choice(make.customer())
    assert is_protected(CookieChoice) and is_protected(CookieQuestion)
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        CookieChoice.objects.update(answers={})


def test_the_mark_of_a_browser_is_not_stored(client):
    answered(client)
    mark = client.cookies[COOKIE].value.split(".")[2]
    assert len(mark) == 22 and mark not in Visitor.objects.get().mark


# --- our own pages: two clicks, and a counter that keeps to the no (CNX-24, CNX-27) ----------------------


def drawn(source: str, client: Any = None, **headers: str) -> str:
    """A template of ours, for this browser."""
    request = RequestFactory().get("/", **headers)
    request.COOKIES = {name: one.value for name, one in client.cookies.items()} if client else {}
    return Template("{% load cookie_choices %}" + source).render(RequestContext(request) if client else Context())


def test_cnx_24_before_the_click_no_address_of_the_network_is_in_the_page(client):
    html = drawn("{% two_click 'Facebook Plugins' 'https://www.facebook.com/plugins/page?href=x' 'Our page' %}")
    assert "Facebook, Inc." in html and "United States" in html
    assert "facebook.com" not in html.lower() and "//" not in html and "<iframe" not in html and "<img" not in html
    address = html.partition('href="')[2].partition('"')[0]
    answer = client.get(address)
    assert answer.status_code == 302 and answer["Location"] == "https://www.facebook.com/plugins/page?href=x"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_cnx_24_nobody_else_can_make_such_a_link(client):
    assert client.get("/cookies/outside/aHR0cHM6Ly9ldmlsLmV4YW1wbGU:1:x/").status_code == 404
    with pytest.raises(ValueError, match="https"):
        drawn("{% two_click 'Facebook Plugins' 'javascript:alert(1)' 'x' %}")


def test_cnx_24_a_company_that_is_switched_off_has_no_place():
    Recipient.objects.update(is_active=False)
    assert drawn("{% two_click 'Facebook Plugins' 'https://www.facebook.com/' 'x' %}").strip() == ""


COUNTER = "{% waits_for_yes 'Google Analytics' 'https://www.google-analytics.example/ga.js' %}"


def test_cnx_27_the_counter_is_there_after_a_yes_alone(client):
    assert drawn(COUNTER, client) == ""
    answered(client, "social")
    assert drawn(COUNTER, client) == ""
    answered(client, "measurement")
    assert "google-analytics" in drawn(COUNTER, client)
    assert drawn(COUNTER, client, **GPC) == ""
    answered(client)
    assert drawn(COUNTER, client) == ""
    answered(client, "measurement")
    Recipient.objects.update(is_active=False)
    assert drawn(COUNTER, client) == ""


@pytest.mark.parametrize(
    "slug",
    ["cookies-asked-once", "cookies-wait", "cookies-script", "embeds-wait", "cookies-before-yes", "cookies-lifetimes"],
)
def test_the_promises_are_kept_in_this_shop(slug):
    found = CONTROLS[slug].look(timezone.now())
    assert found.state == State.KEPT, found
    assert not CookieChoice.objects.exists() and not Visitor.objects.exists()


def test_cnx_18_our_own_cookies_stand_in_the_register_of_every_installation(client):
    page = client.get("/cookies/").content.decode()
    for name in ("sessionid", "csrftoken", "messages", "print", COOKIE):
        assert Cookie.objects.get(name=name, recipient=None).is_essential and name in page
    Cookie.objects.filter(name="print").update(purpose="Ours, in other words.")
    seeds.plant()
    assert Cookie.objects.get(name="print").purpose == "Ours, in other words."


def test_cnx_19_a_cookie_that_lives_longer_than_the_register_says_is_a_broken_promise():
    Cookie.objects.filter(name=COOKIE).update(lifetime_days=179)
    assert CONTROLS["cookies-lifetimes"].look(timezone.now()).state == State.BROKEN


def test_cnx_17_a_line_of_the_log_in_production_holds_nobody(settings, monkeypatch):
    settings.LOGGING = to_stderr("json", level="INFO")
    assert CONTROLS["logs-nobody"].look(timezone.now()).state == State.KEPT
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--access-logfile -")
    assert CONTROLS["logs-nobody"].look(timezone.now()).state == State.BROKEN


# --- how long (CNX-20) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "too_long"),
    [("up to 22 years in some cases", True), ("13 months", False), ("14 months", True), ("395 days", False),
     ("396 days", True), ("minutes, hours or days", False), ("", False), ("2 Years", True), ("30 days", False)],
)  # fmt: skip
def test_cnx_20_a_life_told_in_words_is_warned_of_too(client, words, too_long):
    row = make.recipient("Old", group="advertising", is_necessary=False, cookie_lifetime=words)
    assert row.lives_too_long is too_long
    Cookie.objects.all().delete()
    assert ("longer than 13 months" in client.get("/cookies/").content.decode()) is too_long


def test_cnx_20_the_office_warns_in_its_lists():
    Cookie.objects.create(name="long", purpose="p", lifetime_days=8030)
    make.recipient("Old", group="advertising", cookie_lifetime="up to 22 years")
    at_work = desk(colleague("privacy officer"))
    for address, words in (("cookie", "8030"), ("recipient", "up to 22 years")):
        page = at_work.get(f"/admin/privacy/{address}/").content.decode()
        assert f"{words} ⚠ longer than 13 months" in page
        assert page.count("⚠ longer than 13 months") == 1


def test_a_date_is_no_life():
    assert not Recipient(cookie_lifetime=str(date(2026, 1, 1))).lives_too_long
