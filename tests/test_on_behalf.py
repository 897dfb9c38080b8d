"""Somebody asks in another's name by the public form (SFB-05, F58, F60): equal answers, nothing before it is proven."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy import jobs, subject_requests
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT
from privacy.subject_requests import CasePaper, DataSubjectRequest, NotAllowed, OnBehalf, Rung, on_behalf, representing
from tests import make
from tests.office import STEP, colleague, desk, look
from tests.portal import hidden

pytestmark = pytest.mark.django_db
SENDER = "ann@law.example"


@pytest.fixture
def mary():
    return make.customer("mary@example.com", display_name="Mária Byrne")


@pytest.fixture
def agent():
    return colleague(AGENT)


def link(path="/requests/new/"):
    assert Client().post(path, {"email": SENDER, "who": "somebody"}).status_code == 200
    body = bytes(OutgoingEmail.objects.filter(template="behalf_link").latest("pk").body).decode()
    found = re.search(r"https?://[^/]+(/\S+/)", body)
    assert found
    return found.group(1)


def send(address, paper=make.PDF, **said):
    client = Client(enforce_csrf_checks=True)
    key = hidden(client.get(address).content.decode(), "key")
    given = {
        "kind": "access", "details": "All of it, please.", "name": "Ann Lee", "person_name": "M Byrne",
        "person_email": "mary@example.com", "authority": SimpleUploadedFile("a.pdf", paper), "key": key,
    }  # fmt: skip
    return client.post(address, given | said)


def at_work():
    for row in OnBehalf.objects.filter(job_state="new"):
        assert jobs.work("privacy.onbehalf", row.pk)


def letters(template):
    return OutgoingEmail.objects.filter(template=template)


def neutral(text):
    """Without what is random: numbers, keys, and the ids of rows."""
    text = re.sub(r"NL-\w{4}-\w{4}", "NUMBER", text)
    return re.sub(r'value="[^"]{32,}"|/[a-z2-7]{32}/', "", text)


def everything_said(person_email):
    """All that a sender sees: pages and letters, in their order."""
    address = link()
    said = [Client().get(address), send(address, person_email=person_email), Client().get(address)]
    at_work()
    said.append(Client().get(address))
    mine = OutgoingEmail.objects.filter(to_address=SENDER).order_by("pk")
    told = [(row.subject, bytes(row.body).decode(), bytes(row.html).decode()) for row in mine]
    mine.delete()
    OnBehalf.objects.update(received_at=make.LONG_AGO)
    return [neutral(answer.content.decode()) for answer in said], [neutral("".join(row)) for row in told]


def test_f58_known_and_unknown_persons_get_the_very_same_pages_and_letters(mary):
    known, unknown = everything_said("mary@example.com"), everything_said("nobody@example.com")
    assert known == unknown
    assert len(known[1]) == 2
    assert "Mária" not in str(known) and mary.number not in str(known)
    assert DataSubjectRequest.objects.count() == 1


def test_f58_nothing_is_looked_up_while_the_sender_waits(mary, django_assert_num_queries):
    """Equal times, because the request does the same work for everybody; a worker looks later."""
    send(link())
    assert not DataSubjectRequest.objects.exists()
    assert not letters("case_represented").exists()


def test_the_case_opens_unproven_under_the_number_that_the_sender_knows(mary, agent):
    page = send(link()).content.decode()
    at_work()
    case = DataSubjectRequest.objects.get()
    assert case.reference in page
    assert (case.data_subject, case.kind, case.identity_confirmed_at) == (mary, "access", None)
    assert case.representative.name == "Ann Lee" and case.representative.email == SENDER
    assert case.papers.get().kind == CasePaper.Kind.AUTHORITY
    assert "M Byrne" in case.events.get(kind="told_about", is_internal=True).text
    assert list(letters("case_represented").values_list("to_address", flat=True)) == ["mary@example.com"]
    assert not letters("case_received").exists(), "she did not ask"
    row = OnBehalf.objects.get()
    assert (row.stands, bytes(row.said), bytes(row.paper)) == ("opened", b"", b"")


def test_nothing_runs_before_the_paper_was_seen_and_the_person_was_told(mary, agent):
    send(link(), kind="objection")
    at_work()
    case = DataSubjectRequest.objects.get()
    assert case.state == State.RECEIVED, "what a link of her own would do at once waits here"
    subject_requests.confirm_identity(case, actor=agent, how="Called her.")
    with pytest.raises(NotAllowed, match="document by which"):
        subject_requests.carry_out(case, actor=agent)
    with pytest.raises(NotAllowed, match="the person must know"):
        representing.authority_seen(case, actor=agent)
    assert jobs.work("privacy.outgoingemail", letters("case_represented").get().pk)
    representing.authority_seen(case, actor=agent)
    assert case.events.filter(kind="acknowledged").count() == 1
    subject_requests.carry_out(case, actor=agent)
    assert letters("case_completed").get().to_address == SENDER


def test_a_strangers_wish_is_not_put_into_the_persons_own_request(mary):
    hers = subject_requests.open_case(mary, "access", source="web", actor=mary)
    send(link())
    at_work()
    assert mary.subject_requests.count() == 2
    assert representing.of_case(hers) is None


def test_without_authority_the_sender_hears_the_same_as_about_nobody(mary, agent):
    send(link())
    at_work()
    case = DataSubjectRequest.objects.get()
    representing.ended(case, actor=agent)
    known = letters("behalf_closed").get()
    send(link(), person_email="nobody@example.com")
    at_work()
    row = OnBehalf.objects.get(stands="unknown")
    on_behalf.close(row, actor=agent)
    unknown = letters("behalf_closed").latest("pk")
    assert neutral(bytes(known.body).decode()) == neutral(bytes(unknown.body).decode())
    assert known.to_address == unknown.to_address == SENDER


@pytest.mark.parametrize(("paper", "why"), [
    (b"%PDF-" + b"x" * 20 * 1024**2, "larger than 10 MB"), (b"%PDF-" + b"x" * 40 * 1024**2, "larger than 10 MB"),
    (b"<html><script>alert(1)</script>", "Only PDF"), (b"MZ\x90 a program", "Only PDF"), (b"", "empty"),
])  # fmt: skip
def test_a_hostile_or_huge_paper_is_one_clear_line_and_loses_no_word(mary, paper, why):
    address = link()
    answer = send(address, paper)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert why in page
    assert "All of it, please." in page and "Ann Lee" in page
    assert page.count('class="error"') == 1
    assert OnBehalf.objects.get().stands == "asked"
    assert send(address).status_code == 200


def test_a_complaint_for_somebody_else(mary):
    address = link("/complaints/new/")
    assert Client().get(address.replace("complaints", "requests")).status_code == 404
    assert send(address, kind="", transaction_number="A-1", transaction_on="2020-03-01").status_code == 200
    at_work()
    case = DataSubjectRequest.objects.get()
    assert (case.kind, case.complaint.transaction_number, str(case.complaint.transaction_on)) == (
        "complaint", "A-1", "2020-03-01",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Win at www.example.com", "https://x.example", "me@example.com"])
def test_a_name_that_we_mail_to_somebody_else_cannot_advertise(mary, name):
    answer = send(link(), name=name)
    assert "without addresses or links" in answer.content.decode()


def test_number_and_address_must_be_of_one_person_and_of_one_alone(mary):
    peter, household = make.customer("peter@example.com"), make.customer()
    make.email_address(household, "mary@example.com")
    for about, who in (
        ({"email": "peter@example.com"}, peter), ({"number": mary.number}, mary), ({"email": "mary@example.com"}, None),
        ({"email": "mary@example.com", "number": mary.number}, mary), ({"email": "no@example.com"}, None),
        ({"email": "peter@example.com", "number": mary.number}, None), ({"more": "Norwich"}, None), ({}, None),
    ):  # fmt: skip
        assert on_behalf.find(about) == who, about


def test_one_link_an_hour_sent_twice_gives_one_and_old_links_end():
    address = link()
    Client().post("/requests/new/", {"email": SENDER, "who": "somebody"})
    assert OnBehalf.objects.count() == 1
    send(address), Client().post(address, {})
    assert letters("behalf_received").count() == 1
    OnBehalf.objects.update(received_at=timezone.now() - on_behalf.LINK_LIVES)
    assert Client().get(address).status_code == 404
    assert Client().get("/requests/for-somebody/zz/").status_code == 404


def test_whom_no_machine_finds_a_colleague_looks_for_after_a_reason(mary, agent):
    reference = re.findall(r"NL-\w{4}-\w{4}", send(link(), person_email="", person_more="Rose Lane").content.decode())
    at_work()
    row, at_desk = OnBehalf.objects.get(), desk(agent)
    page = reverse("admin:privacy_onbehalf_change", args=[row.pk])
    assert row.reference in at_desk.get(reverse("admin:privacy_onbehalf_changelist")).content.decode()
    assert "Rose Lane" not in at_desk.get(page).content.decode()
    paper = reverse("admin:privacy_onbehalf_paper", args=[row.pk])
    assert at_desk.post(paper).url == page, "first a reason"
    look(at_desk, row)
    assert "Rose Lane" in at_desk.get(page).content.decode()
    assert at_desk.post(paper).content == make.PDF
    opened = reverse("admin:privacy_onbehalf_open", args=[row.pk])
    assert "Choose the person first" in at_desk.post(opened, follow=True).content.decode()
    at_desk.post(opened, {"person": mary.number})
    case = DataSubjectRequest.objects.get()
    assert [case.reference] == list(dict.fromkeys(reference))
    assert (case.data_subject, subject_requests.rung(case)) == (mary, Rung.NOT_CHECKED)
    again = at_desk.post(reverse("admin:privacy_onbehalf_close", args=[row.pk]), follow=True).content.decode()
    assert "dealt with this already" in again
    step = reverse(STEP, args=[case.pk, "person_told"])
    at_desk.post(step, {"text": "By letter."})
    assert representing.person_knows(case)
