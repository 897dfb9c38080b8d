"""The register of promises: every promise there, bound to a look or a person, and each look able to say "broken"."""

import json
import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from privacy import promises
from privacy.audit import AuditEntry
from privacy.promises import CONTROLS, Finding, Promise, PromiseCheck, State
from privacy.promises.control import Control
from privacy.promises.finding import broken, kept, not_shown, together
from privacy.promises.promise import LAW
from privacy.roles import AGENT, AUDITOR, OFFICER
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
OBLIGATIONS = Path(__file__).parent.parent.parent / "shared" / "OBLIGATIONS.md"
SHOWN = reverse("privacy:promises")


@pytest.fixture
def two(settings, monkeypatch):
    """Two promises of our own, each with a look that a test decides about; the packs are laid aside."""
    settings.PROMISE_PACKS = []
    monkeypatch.setitem(CONTROLS, "one", Control("one", "one", lambda _now: kept("We saw it.", looked_at=3)))
    monkeypatch.setitem(CONTROLS, "two", Control("two", "two", lambda _now: kept("We saw it too.")))
    return [
        Promise.objects.create(code=f"NL-0{n}", topic="rights", meaning=f"We do {slug}.", controls=[slug])
        for n, slug in enumerate(("one", "two"), 1)
    ]


def stands(code):
    return next(one for one in promises.standings() if one.promise.code == code)


def look(slug, finding):
    """A control that finds this, or raises it."""

    def found(_now):
        if isinstance(finding, Exception):
            raise finding
        return finding

    return Control(slug, slug, found)


def test_every_promise_of_the_five_policies_is_there_and_none_besides():
    if not OBLIGATIONS.is_file():
        pytest.skip("no obligations: ../shared/OBLIGATIONS.md is not there")
    wanted = set(re.findall(r"^\| ((?:CLG|CLZ|MAD|CNX|LRD|SFB)-\d\d) \|", OBLIGATIONS.read_text(), re.MULTILINE))
    assert set(Promise.objects.values_list("code", flat=True)) == wanted


def test_there_are_174_promises_with_their_quotes_in_five_packs():
    rows = list(Promise.objects.all())
    assert len(rows) == 174
    assert {row.pack for row in rows} == {"cloggs", "clozette", "made", "connox", "laredoute"}
    assert [row.code for row in rows if not row.quote or not row.meaning.endswith(".")] == []


def test_every_promise_that_came_with_the_software_is_as_it_may_be():
    for row in Promise.objects.all():
        row.full_clean()
    bound = Promise.objects.exclude(controls=[]).count()
    assert bound == 169
    assert {row.kind for row in Promise.objects.filter(controls=[])} == {"DO", "PROVE", "REG"}


def test_the_contradictions_inside_the_policies_are_named_on_both_sides():
    rows = {row.code: row for row in Promise.objects.exclude(conflicts_with=[])}
    assert {"CLG-08", "CLG-18", "CNX-04", "CNX-23", "MAD-04", "MAD-15", "SFB-30", "SFB-32", "SFB-23", "CLZ-18"} == set(
        rows
    )
    one_sided = [
        c for c, row in rows.items() for o in row.conflicts_with if o != LAW and c not in rows[o].conflicts_with
    ]
    assert one_sided == []


def test_what_staff_changed_stays_when_the_software_is_updated():
    Promise.objects.filter(code="CLZ-21").update(evidence="The letter of May.", meaning="Ours.")
    Promise.objects.filter(code="CLG-27").delete()
    promises.seed()
    assert Promise.objects.get(code="CLZ-21").meaning == "Ours."
    assert Promise.objects.filter(code="CLG-27").exists()


def test_a_look_writes_down_state_sentence_figures_and_moment(two):
    now = timezone.now()
    promises.check(now)
    row = PromiseCheck.objects.get(promise=two[0])
    assert (row.state, row.evidence, row.figures, row.checked_at) == ("kept", "We saw it.", {"looked_at": 3}, now)
    assert AuditEntry.objects.filter(event="promises.checked").latest("pk").details["kept"] == 2


def test_a_look_that_fails_hides_no_other_and_says_nothing_of_what_it_saw(two, monkeypatch, caplog):
    monkeypatch.setitem(CONTROLS, "one", look("one", ValueError("Zaunkoenigin")))
    promises.check(timezone.now())
    assert (stands("NL-01").state, stands("NL-02").state) == (State.NO_EVIDENCE, State.KEPT)
    assert "ValueError" in stands("NL-01").last.evidence
    assert "the control one failed" in caplog.text
    assert "Zaunkoenigin" not in caplog.text + stands("NL-01").last.evidence


def test_a_promise_whose_look_is_gone_is_not_kept(two, monkeypatch):
    monkeypatch.delitem(CONTROLS, "one")
    promises.check(timezone.now())
    assert stands("NL-01").state == State.NO_EVIDENCE


def test_one_broken_look_of_several_breaks_a_promise():
    assert together([kept("a"), broken("b", wrong=2), not_shown("c")]) == Finding(State.BROKEN, "b", {"wrong": 2})
    assert together([kept("a"), not_shown("c")]).state == State.NO_EVIDENCE
    assert together([kept("a"), kept("b")]).evidence == "a b"


def test_a_contradiction_is_shown_but_never_hides_that_something_is_broken(two, monkeypatch):
    Promise.objects.filter(code="NL-01").update(conflicts_with=["NL-02"], resolution="We follow the stricter one.")
    promises.check(timezone.now())
    assert stands("NL-01").state == State.CONFLICT
    assert "Contradicts NL-02. We follow the stricter one. We saw it." in stands("NL-01").last.evidence
    monkeypatch.setitem(CONTROLS, "one", look("one", broken("It is not so.")))
    promises.check(timezone.now())
    assert stands("NL-01").state == State.BROKEN


def test_a_contradiction_with_a_pack_that_is_not_ours_is_none(two):
    Promise.objects.filter(code="NL-01").update(conflicts_with=["CLG-18"], resolution="The stricter one.")
    promises.check(timezone.now())
    assert stands("NL-01").state == State.KEPT


def test_where_no_look_can_see_it_a_person_answers_and_looks_again_in_time(two, settings):
    mine = Promise.objects.create(code="NL-03", topic="shop", meaning="We are kind.")
    today = timezone.localdate()
    promises.check(timezone.now())
    assert (stands("NL-03").state, mine.needs_review(today)) == (State.MANUAL, True)
    assert "Needs a review by Ines Okafor" in stands("NL-03").last.evidence
    mine.evidence, mine.review_on = "Minutes of 3 May.", today + timedelta(days=90)
    mine.save()
    promises.check(timezone.now())
    assert not mine.needs_review(today)
    assert "Minutes of 3 May." in stands("NL-03").last.evidence
    assert mine.needs_review(today + timedelta(days=91))


def test_only_the_packs_that_the_shop_took_on_are_looked_at(settings):
    settings.PROMISE_PACKS = ["made"]
    assert {one.promise.pack for one in promises.standings()} == {"made"}


def test_what_is_older_than_two_years_goes(two):
    promises.check(timezone.now() - timedelta(days=800))
    promises.check(timezone.now())
    assert PromiseCheck.objects.filter(promise=two[0]).count() == 1


def test_the_command_says_what_the_contract_says(two):
    out = StringIO()
    call_command("promises", "--json", stdout=out, stderr=StringIO())
    rows = json.loads(out.getvalue())
    assert [set(row) for row in rows] == [{"id", "state", "evidence", "checked_at"}] * 2
    assert rows[0]["id"] == "NL-01"
    assert {row["state"] for row in rows} == {"kept"}


def test_everybody_reads_how_each_promise_stands_and_nothing_of_how_we_saw_it(two, client, monkeypatch):
    monkeypatch.setitem(CONTROLS, "two", look("two", broken("Through the back door, 4711 times.", wrong=4711)))
    promises.check(timezone.now())
    said = client.get(SHOWN).content.decode()
    assert "We do one." in said
    assert re.search(r"Last checked (last night|today): kept\.", said)
    assert re.search(r"Last checked (last night|today): broken\.", said)
    assert "4711" not in said
    assert "back door" not in said


def test_the_page_shows_one_state_or_one_pack_and_takes_no_other_word(two, client, monkeypatch):
    monkeypatch.setitem(CONTROLS, "two", look("two", broken("It is not so.")))
    promises.check(timezone.now())
    assert "We do one." not in client.get(SHOWN, {"state": "broken"}).content.decode()
    assert "We do two." in client.get(SHOWN, {"state": "broken", "pack": "own"}).content.decode()
    assert client.get(SHOWN, {"state": "<script>", "pack": "zzz"}).status_code == 200


def test_the_page_of_all_packs_takes_few_statements(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        said = client.get(SHOWN).content.decode()
    assert said.count('<li id="') == 174
    assert "Nobody has looked yet." in said


def test_the_page_is_linked_from_every_foot(client):
    assert f'href="{SHOWN}"' in client.get("/cookies/").content.decode()


NEW = {
    "code": "nl-09", "topic": "rights", "kind": "DO", "meaning": "We answer.", "quote": "", "controls": ["rights-all"],
    "owner": "", "evidence": "", "review_on": "", "review_months": "6", "conflicts_with": "", "resolution": "",
}  # fmt: skip


def test_a_promise_is_added_without_code_and_looked_at_at_once(settings):
    settings.PROMISE_PACKS = []
    officer = desk(colleague(OFFICER))
    assert officer.post(reverse("admin:privacy_promise_add"), NEW).status_code == 302
    officer.post(reverse("admin:check_promises"))
    assert stands("NL-09").state == State.KEPT
    entry = AuditEntry.objects.filter(event="promises.checked").latest("pk")
    assert entry.actor.startswith("customers.account:")
    assert AuditEntry.objects.filter(event="promise.added").exists()
    one = officer.get(reverse("admin:privacy_promise_change", args=[Promise.objects.get(code="NL-09").pk]))
    assert "Every right can be asked for" in one.content.decode()


def test_a_contradiction_without_a_word_which_we_follow_is_refused():
    officer = desk(colleague(OFFICER))
    said = officer.post(reverse("admin:privacy_promise_add"), NEW | {"conflicts_with": "CLG-08"}).content.decode()
    assert "Say which of the two we follow." in said
    said = officer.post(reverse("admin:privacy_promise_add"), NEW | {"conflicts_with": "XYZ-1"}).content.decode()
    assert "There is no such promise: XYZ-1." in said


def test_the_quote_of_a_policy_is_not_rewritten_and_an_owner_is():
    officer, row = desk(colleague(OFFICER)), Promise.objects.get(code="CLZ-21")
    who = colleague(AGENT)
    changed = NEW | {"quote": "other", "code": "OTHER", "owner": who.pk, "controls": [], "evidence": "Seen."}
    officer.post(reverse("admin:privacy_promise_change", args=[row.pk]), changed | {"review_on": date(2027, 1, 1)})
    row.refresh_from_db()
    assert (row.code, row.owner, row.evidence) == ("CLZ-21", who, "Seen.")
    assert row.quote != "other"


def test_an_auditor_reads_and_a_care_agent_does_not(two):
    promises.check(timezone.now())
    where = reverse("admin:privacy_promise_changelist")
    assert "NL-01" in desk(colleague(AUDITOR)).get(where, {"state": "kept"}).content.decode()
    assert desk(colleague(AUDITOR)).post(reverse("admin:check_promises")).status_code == 403
    assert desk(colleague(AGENT)).get(where).status_code == 403


def test_the_start_page_says_how_many_are_broken(two, monkeypatch):
    monkeypatch.setitem(CONTROLS, "two", look("two", broken("It is not so.")))
    promises.check(timezone.now())
    assert "1 promise is broken." in desk(colleague(OFFICER)).get(reverse("admin:index")).content.decode()


def test_all_looks_run_over_an_empty_shop_without_failing():
    found = promises.check(timezone.now())
    assert len(found) == 174
    assert [row.evidence for row in found if "look itself failed" in row.evidence] == []
