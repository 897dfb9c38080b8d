"""The queue: what stands on a page, found by index, at any depth in few queries, assigned and taken back."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from privacy import figures
from privacy.admin.people import masked
from privacy.admin.table import inert
from privacy.audit import AuditEntry
from privacy.purge import PurgeRun
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.subject_requests import DataSubjectRequest
from tests import make, purging
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
URL = "/admin/privacy/datasubjectrequest/"
KINDS = ("access", "enquiry", "complaint", "erasure")


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def at_desk(agent):
    return desk(agent)


def many(count, customer=None, **values):
    """So many open cases, quickly, due one a day."""
    customer, today = customer or make.customer(), timezone.localdate()
    return DataSubjectRequest.objects.bulk_create(
        DataSubjectRequest(
            **({"data_subject": customer, "kind": KINDS[n % 4], "jurisdiction": "GB"}
               | {"due_on": today + timedelta(n // 2), "received_at": timezone.now() - timedelta(days=n)} | values)
        )
        for n in range(count)
    )  # fmt: skip


def shown(page):
    return [case.reference for case in page.context["cl"].result_list]


def test_a_line_says_who_what_when_and_whose_in_words(at_desk):
    mary = make.customer(display_name="Mária Łukasiewicz", number="100000009")
    many(1, mary, due_on=timezone.localdate() - timedelta(days=3))
    page = at_desk.get(URL).content.decode()
    assert "M••• Ł•••" in page
    assert "Łukasiewicz" not in page
    assert "3 days overdue" in page
    assert 'class="due due-overdue"' in page


def test_an_auditor_sees_numbers_and_no_names():
    mary = make.customer(display_name="Mária Łukasiewicz")
    case = make.case(mary, details="My name is Łukasiewicz.")
    at_desk = desk(colleague(AUDITOR))
    for url in (URL, f"{URL}{case.pk}/change/", "/admin/privacy/auditentry/"):
        page = at_desk.get(url).content.decode()
        assert "Łuk" not in page
        assert "Ł•" not in page
    assert mary.printed_number in at_desk.get(URL).content.decode()


def test_pages_follow_each_other_without_gap_or_repetition(at_desk):
    made = {case.reference for case in many(70)}
    seen, page = [], at_desk.get(URL)
    while True:
        seen += shown(page)
        if not page.context["cl"].older_link:
            break
        page = at_desk.get(URL + page.context["cl"].older_link)
    assert len(seen) == len(set(seen)) == 70
    assert set(seen) == made
    back = at_desk.get(URL + page.context["cl"].newer_link)
    assert shown(back) == seen[25:50]
    first = at_desk.get(URL + back.context["cl"].newer_link)
    assert shown(first) == seen[:25]
    assert not first.context["cl"].newer_link


@pytest.mark.parametrize("order", ["2", "-2", "4", "-4", "5", "-5", ""])
def test_every_order_pages_to_its_end(at_desk, order):
    many(60)
    seen, link = [], f"?o={order}" if order else ""
    while True:
        page = at_desk.get(URL + link)
        seen += shown(page)
        link = page.context["cl"].older_link
        if not link:
            break
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("query", [
    "", "?whose=mine", "?whose=nobody", "?due=week", "?due=overdue", "?state=all", "?state=closed", "?kind=access",
    "?q=NL-", "?q=Zaun", "?o=4", "?state=received&kind=erasure",
])  # fmt: skip
def test_a_page_costs_at_most_ten_queries(at_desk, agent, query, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    many(80, assignee=agent)
    at_desk.get(URL)
    deep = at_desk.get(URL + query).context["cl"].older_link
    for link in filter(None, (query or "?", deep)):
        with CaptureQueriesContext(connection) as queries:
            assert at_desk.get(URL + link).status_code == 200
        assert len(queries) <= 10, [q["sql"][:120] for q in queries]


def test_filters(at_desk, agent):
    today = timezone.localdate()
    late, soon, later = many(3)
    for case, days in ((late, -1), (soon, 3), (later, 30)):
        DataSubjectRequest.objects.filter(pk=case.pk).update(due_on=today + timedelta(days=days))
    DataSubjectRequest.objects.filter(pk=soon.pk).update(assignee=agent, state="in_progress")
    DataSubjectRequest.objects.filter(pk=later.pk).update(state="completed", closed_at=timezone.now())
    for query, wanted in {
        "": [late, soon], "?whose=mine": [soon], "?whose=nobody": [late], "?due=overdue": [late], "?due=week": [soon],
        "?state=all": [late, soon, later], "?state=closed": [later], "?state=in_progress": [soon],
        "?kind=access": [late],
    }.items():  # fmt: skip
        assert shown(at_desk.get(URL + query)) == [case.reference for case in wanted], query


def test_found_by_reference_number_address_and_name(at_desk):
    mary = make.customer("mary.byrne@example.com", display_name="Mary Byrne", family_name="Byrne")
    case, _other = make.case(mary), make.case(make.customer())
    for text in (
        case.reference,
        case.reference.lower(),
        mary.number,
        mary.printed_number,
        "mary.byrne@",
        "Mary B",
        "byrne",
    ):
        assert shown(at_desk.get(URL, {"q": text})) == [case.reference], text
    assert shown(at_desk.get(URL, {"q": "nobody at all"})) == []
    assert b"Nothing fits" in at_desk.get(URL, {"q": "nobody at all"}).content


@pytest.mark.parametrize("query", [
    "?after=x", "?after=W10", "?before=eyJhIjoxfQ", "?after=WyJub3QgYSBkYXRlIiwgMV0", "?after=WzEsIDIsIDNd", "?o=99.x",
    "?p=9999",
])  # fmt: skip
def test_a_made_up_place_in_the_list_does_no_harm(at_desk, query):
    many(2)
    assert at_desk.get(URL + query).status_code in (200, 302)


@pytest.mark.parametrize("query", [
    "?assignee__password__startswith=a", "?data_subject__display_name__startswith=M", "?details__startswith=a",
    "?data_subject__account__email=x", "?proposed_by=1", "?state__in=received",
])  # fmt: skip
def test_f57_no_hidden_column_can_be_guessed_through_a_filter(at_desk, query):
    assert at_desk.get(URL + query).status_code == 400


def test_assigning_asks_first_says_what_it_did_and_can_be_taken_back(at_desk, agent):
    other = colleague(AGENT)
    mine, free = many(2)
    DataSubjectRequest.objects.filter(pk=mine.pk).update(assignee=agent)
    form = {"action": "to_colleague", "_selected_action": [mine.pk, free.pk], "index": "0"}
    asked = at_desk.post(URL, form)
    assert mine.reference in asked.content.decode()
    assert not DataSubjectRequest.objects.filter(assignee=other).exists()
    done = at_desk.post(URL, form | {"to": other.pk}, follow=True)
    assert f"2 requests are now with {other}." in done.content.decode()
    assert "Take it back" in done.content.decode()
    assert DataSubjectRequest.objects.filter(assignee=other).count() == 2
    assert AuditEntry.objects.filter(event="case.assigned").count() == 2
    back = at_desk.post(reverse("admin:privacy_datasubjectrequest_undo_assign"), follow=True)
    assert "2 requests are back where they were." in back.content.decode()
    mine.refresh_from_db(), free.refresh_from_db()
    assert (mine.assignee, free.assignee) == (agent, None)
    assert "nothing to take back" in at_desk.post(
        reverse("admin:privacy_datasubjectrequest_undo_assign"), follow=True
    ).content.decode()  # fmt: skip


def test_taking_back_leaves_what_has_moved_on(at_desk, agent):
    other = colleague(OFFICER)
    [case] = many(1)
    at_desk.post(URL, {"action": "to_me", "_selected_action": case.pk, "to": agent.pk})
    DataSubjectRequest.objects.filter(pk=case.pk).update(assignee=other)
    at_desk.post(reverse("admin:privacy_datasubjectrequest_undo_assign"))
    case.refresh_from_db()
    assert case.assignee == other


def test_the_list_as_csv_has_the_same_rows_and_no_names(at_desk):
    mary = make.customer(display_name="=cmd|' /C calc'!A0")
    many(30, mary)
    url = reverse("admin:privacy_datasubjectrequest_export") + "?kind=access"
    assert at_desk.get(url).status_code == 405
    text = b"".join(at_desk.post(url).streaming_content).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + 8
    assert "cmd" not in text
    assert AuditEntry.objects.filter(event="queue.exported").exists()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", ' "=1', "'=1"])
def test_f39_no_cell_computes(cell):
    assert inert(cell).startswith("'")


@pytest.mark.parametrize(
    ("name", "seen"), [("Mary Byrne", "M••• B•••"), ("张伟", "张•••"), ("", ""), ("O'Brien", "O•••")]
)
def test_masked_names(name, seen):
    assert masked(name) == seen


def test_the_start_page_counts_and_leads_to_the_lists(at_desk, agent):
    today = timezone.localdate()
    many(3, due_on=today - timedelta(days=1), received_at=timezone.now())
    many(2, due_on=today + timedelta(days=2), received_at=timezone.now(), assignee=agent)
    figures.count(timezone.now())
    page = at_desk.get("/admin/")
    counts = {str(tile.label): tile.count for tile in page.context["tiles"]}
    assert counts["overdue"] == 3
    assert counts["due this week"] == counts["in my hands"] == 2
    assert counts["unassigned"] == 3
    assert counts["open"] == 5
    for tile in page.context["tiles"]:
        assert at_desk.get(tile.url).status_code == 200
    assert page.context["chart"]["months"][-1].received == 5
    assert b" style=" not in page.content
    assert b"<svg" in page.content


@pytest.mark.parametrize("role", [AGENT, OFFICER, AUDITOR])
def test_every_number_on_the_start_page_opens_for_whoever_sees_it(role):
    client = desk(colleague(role))
    page = client.get("/admin/")
    assert page.status_code == 200
    assert page.context["tiles"]
    assert [tile.url for tile in page.context["tiles"] if client.get(tile.url).status_code != 200] == []


def test_the_start_page_says_when_the_last_purge_ran_and_what_it_removed(at_desk):
    make.enquiry(make.customer())
    purging.purge(date(2045, 1, 1))
    page = desk(colleague(OFFICER)).get("/admin/").content.decode()
    run = PurgeRun.objects.get()
    assert timezone.localtime(run.started_at).strftime("%Y, %H:%M") in page and "2045" not in page
    assert run.removed > 0 and f"{run.removed} record" in page


def test_an_empty_office_says_so(at_desk):
    page = at_desk.get("/admin/").content.decode()
    assert "Nothing has been counted yet." in page
    assert "There is nothing of this kind yet." in at_desk.get(URL).content.decode()
