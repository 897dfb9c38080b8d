"""The link in an advertising mail: RFC 8058 as LAW.md D6 has it, no matter who knocks, and nothing by mere looking."""

import json
import random
import string
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from privacy import consent, encryption, erasure, mailed_links, mailings, restrictions, suppression, tokens
from privacy.consent import ConsentEntry
from privacy.notices import OutgoingEmail
from privacy.tokens import LinkToken
from privacy.vocabulary import Channel, Purpose, Sender, Source
from tests import make, purging
from tests.outgoing import FILES, GATED, forty_mails, links_in, newsletter, parsed, sent_files
from tests.portal import dump
from tests.races import at_once

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
BODIES = {
    "urlencoded": (ONE_CLICK, FORM),
    "multipart": (MULTIPART, "multipart/form-data; boundary=x"),
    "empty": ("", FORM),
    "other words": ("list-unsubscribe=one-click&x=y", FORM),
    "broken multipart": ("--x\r\nbroken", "multipart/form-data; boundary=x"),
    "no boundary": (MULTIPART, "multipart/form-data"),
    "JSON": ("{}", "application/json"),
    "three megabytes": ("a=" + "b" * 3_000_000, FORM),
}


def on(person, sender=Sender.OWN):
    return consent.is_granted(person, Purpose.MARKETING, channel=Channel.EMAIL, sender=sender)


@pytest.fixture
def mary():
    person = make.customer("mary@example.com", login=True)
    for sender in Sender:
        make.grant(person, sender=sender)
    return person


def headers_of(person, sender=Sender.OWN):
    return mailings.prepare(newsletter(person.contact_email), person, sender=sender, content=sender).extra_headers


def path_of(person, sender=Sender.OWN):
    """The path in the header that a mail program acts on."""
    return urlsplit(headers_of(person, sender)["List-Unsubscribe"].split(">")[0][1:]).path


def token_of(path):
    return path.strip("/").split("/")[1]


def post(path, body=ONE_CLICK, content_type=FORM, **headers):
    return Client(enforce_csrf_checks=True).post(path, body, content_type=content_type, **headers)


# --- what a mail program does -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BODIES)
def test_a_post_acts_whatever_its_body_and_meets_no_redirect_and_no_cookie(mary, kind):
    answer = post(path_of(mary), *BODIES[kind])
    assert answer.status_code == 200
    assert not answer.cookies and "Location" not in answer.headers
    assert not on(mary)
    assert ConsentEntry.objects.latest("pk").source == Source.ONE_CLICK


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("language", ["", "fr", "zh-hant"])
def test_neither_https_nor_a_slash_nor_a_language_redirects(mary, settings, slash, language):
    settings.SECURE_SSL_REDIRECT = True
    answer = post(path_of(mary).rstrip("/") + slash, HTTP_ACCEPT_LANGUAGE=language)
    assert (answer.status_code, on(mary)) == (200, False)
    assert Client().get("/unsubscribe/").status_code == 301, "the setting is on"


def test_twice_is_one_event_and_one_receipt(mary):
    path = path_of(mary)
    for _ in range(3):
        assert post(path).status_code == 200
    assert ConsentEntry.objects.filter(source=Source.ONE_CLICK).count() == 1
    assert OutgoingEmail.objects.filter(template="unsubscribed_by_link").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_one_event():
    mary = make.customer("mary@example.com")
    make.grant(mary)
    path = path_of(mary)
    assert at_once(8, lambda: post(path).status_code) == [200] * 8
    assert ConsentEntry.objects.filter(source=Source.ONE_CLICK).count() == 1
    assert OutgoingEmail.objects.filter(template="unsubscribed_by_link").count() == 1


def test_a_link_stops_its_own_list_and_leaves_the_other(mary):
    own, third = path_of(mary), path_of(mary, Sender.THIRD_PARTY)
    post(third)
    assert (on(mary), on(mary, Sender.THIRD_PARTY)) == (True, False)
    make.grant(mary, sender=Sender.THIRD_PARTY, occurred_at=timezone.now())
    post(own)
    assert (on(mary), on(mary, Sender.THIRD_PARTY)) == (False, True)


def test_the_receipt_names_what_still_comes_with_the_link_that_stops_it(mary):
    post(path_of(mary))
    text = bytes(OutgoingEmail.objects.get(template="unsubscribed_by_link").body).decode()
    assert "Advertising from other companies still comes by email" in text
    post(path_of(mary, Sender.THIRD_PARTY))
    text = bytes(OutgoingEmail.objects.filter(template="unsubscribed_by_link").latest("pk").body).decode()
    assert "still comes" not in text


def test_cnx_08_the_page_for_people_stops_this_list_or_all(mary):
    page = Client().get(path_of(mary)).content.decode()
    assert "no more offers and news of its own" in page and "Stop all advertising by email" in page
    post(path_of(mary), "what=everything")
    assert not on(mary) and not on(mary, Sender.THIRD_PARTY)


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "trace"])
def test_looking_changes_nothing(mary, method):
    path, before = path_of(mary), dump()
    answer = getattr(Client(), method)(path)
    assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert not answer.cookies and dump() == before


# --- how long it lives ---------------------------------------------------------------------------------------


def test_it_works_after_a_new_password_in_a_locked_account_and_under_restriction(mary):
    path = path_of(mary)
    mary.account.set_password("another long password")
    mary.account.is_active = False
    mary.account.save()
    restrictions.impose(mary, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    assert post(path).status_code == 200
    assert not on(mary)


def test_after_the_erasure_it_answers_200_and_has_nothing_to_do(mary):
    path = path_of(mary)
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    row, before = LinkToken.objects.get(), dump()
    assert (row.data_subject_id, row.details) == (None, {}), "a mark stays and nothing else"
    for answer in (post(path), Client().get(path)):
        assert answer.status_code == 200
        assert "You get no more of these emails" in answer.content.decode()
    assert dump() == before
    assert post(path[:-3] + "/").status_code == 404, "the cut link of somebody erased is a wrong one"


def test_the_purge_takes_what_is_left_of_a_link_after_its_two_years(mary):
    path = path_of(mary)
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    later = timezone.localdate() + timedelta(days=3 * 366)
    purging.purge(later)
    assert not LinkToken.objects.filter(kind="unsubscribe").exists()
    assert post(path).status_code == 404


def test_a_new_data_key_leaves_old_links_working(mary, settings, tmp_path):
    settings.DATA_KEY_FILE = tmp_path / "data.keys"
    path = path_of(mary)
    encryption.add_key(settings.DATA_KEY_FILE)
    encryption._keys.cache_clear()
    assert len(encryption.keys()) == 2
    try:
        assert path_of(mary) == path, "and the next mailing has the same one"
        assert post(path).status_code == 200
    finally:
        encryption._keys.cache_clear()
    assert not on(mary)


def test_it_lives_for_two_years_from_the_mail_and_not_for_three(mary):
    sent = timezone.now()
    token = token_of(path_of(mary))
    assert tokens.find("unsubscribe", token, now=sent + timedelta(days=731))
    assert tokens.find("unsubscribe", token, now=sent + timedelta(days=731 + 93)) is None


def test_mailings_of_one_quarter_share_a_link_and_the_next_has_another(mary):
    now = timezone.now().replace(month=11, day=20)
    [first], [same] = tokens.standing("unsubscribe", [mary], now=now), tokens.standing("unsubscribe", [mary], now=now)
    [other] = tokens.standing("unsubscribe", [mary], now=now + timedelta(days=60))
    assert first == same != other
    assert LinkToken.objects.count() == 2
    assert first not in str(list(LinkToken.objects.values()))


# --- what does not open it -----------------------------------------------------------------------------------


def test_a_wrong_link_is_told_nothing(mary):
    wrong = ["a" * 32, token_of(path_of(mary))[:-1], tokens.issue("undo", mary), tokens.issue("request", mary)]
    answers = [getattr(Client(), method)(f"/unsubscribe/{t}/") for t in wrong for method in ("get", "post")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert on(mary) and on(mary, Sender.THIRD_PARTY)


def spoiled(real, luck):
    """One token that is not the real one: cut, extended, changed, turned, in other letters."""
    letters = string.ascii_lowercase + "234567"
    place = luck.randrange(len(real))
    return luck.choice([
        lambda: real[:place],
        lambda: real + luck.choice(letters + "-_0189"),
        lambda: real[:place] + luck.choice([c for c in letters + "-_0189" if c != real[place]]) + real[place + 1 :],
        lambda: real[:place] + real[place + 1 :],
        lambda: real[place:] + real[:place] if real[place:] + real[:place] != real else "",
        (real[:place] + luck.choice("018-_") + real[place + 1 :]).upper,
        lambda: real.replace("k", "\u212a") if "k" in real else real + "\u212a",
        lambda: "".join(luck.choices(letters, k=32)),
    ])()  # fmt: skip


@pytest.mark.once
def test_of_100_000_fuzzed_links_none_opens_and_each_real_one_opens_its_own_person(mary):
    peter = make.customer("peter@example.com")
    make.grant(peter)
    real = {token_of(path_of(p, s)): p for p, s in ((mary, "own"), (mary, "third_party"), (peter, "own"))}
    other_purpose = [tokens.issue(kind, mary) for kind in tokens.LIFETIME if kind not in ("unsubscribe", "confirm")]
    luck = random.Random(8058)
    tried = [spoiled(luck.choice([*real, *other_purpose]), luck) for _ in range(100_000)]
    known = {row for row, kind in LinkToken.objects.values_list("hash", "kind") if kind in ("unsubscribe", "confirm")}
    # By its hash alone a token is looked up; those that would match, and every hundredth, go the whole way.
    doubtful = [t for number, t in enumerate(tried) if number % 100 == 0 or tokens._hash(t) in known]
    assert len(doubtful) >= 1000
    assert [t for t in doubtful if mailed_links.may_unsubscribe(t)] == []
    assert [t for t in other_purpose if tokens.find("unsubscribe", t)] == []
    for token, person in real.items():
        assert (found := tokens.find("unsubscribe", token)) and found.data_subject == person


def test_a_link_of_mary_never_touches_peter(mary):
    peter = make.customer("peter@example.com", login=True)
    make.grant(peter)
    client = Client()
    client.force_login(peter.account)
    assert client.post(path_of(mary), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert on(peter) and not on(mary)
    assert not suppression.Suppression.objects.exists()


# --- what looks at everything --------------------------------------------------------------------------------


def everything():
    return json.dumps(dump(), sort_keys=True)


@pytest.mark.slow
@pytest.mark.once
def test_every_link_of_forty_mails_under_every_robot_by_get_head_and_options_changes_no_row(
    corpora, settings, tmp_path
):
    settings.EMAIL_BACKEND, settings.EMAIL_TRANSPORT, settings.EMAIL_FILE_PATH = GATED, FILES, str(tmp_path)
    forty_mails()
    sent = sent_files(tmp_path)
    kinds = set(OutgoingEmail.objects.values_list("template", flat=True))
    assert len(sent) >= 40 and len(kinds) >= 12, (len(sent), kinds)
    links = sorted({link for raw in sent for link in links_in(raw)})
    robots = [
        agent
        for entry in json.loads((corpora / "useragents" / "crawler-user-agents.json").read_text())
        for agent in entry["instances"]
    ]
    assert len(robots) >= 1500 and len(links) * 3 <= len(robots)
    assert all(link.startswith(settings.SITE_URL) for link in links)
    before, statuses = everything(), set()
    for number, robot in enumerate(robots):
        method, link = ("get", "head", "options")[number % 3], links[number // 3 % len(links)]
        answer = getattr(Client(), method)(link.removeprefix(settings.SITE_URL), HTTP_USER_AGENT=robot)
        statuses.add(answer.status_code)
    assert everything() == before
    assert max(statuses) < 500 and 200 in statuses


@pytest.mark.once
def test_each_of_the_forty_mails_parses_and_none_but_advertising_calls_itself_so(settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_TRANSPORT, settings.EMAIL_FILE_PATH = GATED, FILES, str(tmp_path)
    forty_mails()
    for message in map(parsed, sent_files(tmp_path)):
        assert message.get_body(("plain",)) is not None and message.get_body(("html",)) is not None
        assert ("List-Unsubscribe" in message) == ("Auto-Submitted" not in message)
    assert mail.outbox == []
