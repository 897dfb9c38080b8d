"""Words of letters: versions that stay, required blocks, forms that put them in, and letters that may not leave."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import letters, roles, subject_requests
from privacy.append_only import AppendOnlyError
from privacy.audit import AuditEntry
from privacy.letters import KINDS, LetterVersion, WrongWords, changes
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.office import CASE, STEP, colleague, desk, look

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return colleague(roles.OFFICER)


def newer(row, actor, **blocks):
    said = {"title": row.title, "language": row.language, "slug": row.slug, "after": row.version}
    return letters.write(row.kind, row.blocks | blocks, actor=actor, **said)


def test_every_kind_of_letter_has_its_first_words_and_they_may_leave():
    assert {row.kind for row in letters.in_force()} == set(KINDS)
    for row in letters.in_force():
        letters.refuse_wrong(row.of_kind, row.blocks, row.language)
        assert row.version == 1


def test_a_new_version_is_a_new_row_from_its_day_on_and_the_old_one_stays(officer):
    old = letters.usual("refusal")
    assert old
    tomorrow = timezone.localdate() + timedelta(days=1)
    said = {"title": old.title, "language": old.language, "slug": old.slug, "after": 1}
    new = letters.write(
        "refusal", old.blocks | {"courts": "You may go to court."}, actor=officer, in_force_on=tomorrow, **said
    )
    assert (new.version, new.written_by) == (2, f"customers.account:{officer.pk}")
    assert letters.usual("refusal") == old and letters.usual("refusal", tomorrow) == new
    assert LetterVersion.objects.get(pk=old.pk).blocks == old.blocks
    assert AuditEntry.objects.filter(event="letter.written", target=f"privacy.letterversion:{new.pk}").exists()
    with pytest.raises(WrongWords, match="Nothing is different"):
        newer(new, officer)
    with pytest.raises(WrongWords, match="meanwhile"):
        newer(old, officer, courts="You may always go to court.")


def test_nobody_rewrites_a_version_not_even_past_the_orm():
    row = LetterVersion.objects.all()[0]
    row.title = "Other"
    with pytest.raises(AppendOnlyError):
        row.save()
    for statement in (
        "UPDATE privacy_letterversion SET title = 'x'", "DELETE FROM privacy_letterversion",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), transaction.get_connection().cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("kind", "wrong", "line"),
    [
        ("refusal", {"us": "Write to us."}, "complain to us"),
        ("refusal", {"regulator": "Complain to somebody."}, "Information Commissioner's Office"),
        ("refusal", {"courts": "Nothing else."}, "courts stay open"),
        ("refusal", {"courts": " "}, "courts stay open"),
        ("complaint_outcome", {"mediation": "Ask a friend."}, "SafeBuy"),
        ("fee", {"fee": "Pay something."}, "how much"),
        ("answer", {"text": " "}, "Write something"),
        ("refusal", {"reasons": "Because {person}."}, "{person}"),
        ("refusal", {"reasons": "It costs {amount}."}, "{amount}"),
    ],
)
def test_words_without_a_required_block_or_with_an_unknown_name_are_refused_in_one_line(officer, kind, wrong, line):
    row = letters.usual(kind)
    with pytest.raises(WrongWords, match=line):
        newer(row, officer, **wrong)
    assert LetterVersion.objects.filter(kind=kind, version=2).count() == 0


def test_a_name_in_braces_reads_nothing_but_the_list():
    values = letters.invented()
    assert letters.fill("{regulator_name} {0.__class__} {reference!r} {due_on:>9} {{x}}", values) == (
        f"{values['regulator_name']} {{0.__class__}} {{reference!r}} {{due_on:>9}} {{{{x}}}}"
    )
    assert letters.fill("{shop}", {"shop": "{officer}", "officer": "no"}) == "{officer}"


def test_the_difference_of_two_versions_joined_is_either():
    before, after = "You may go to court.\n\nIt costs nothing.", "You may always go to court.\n\nIt is free."
    pieces = changes(before, after)
    assert "".join(piece.text for piece in pieces if piece.how != "new") == before
    assert "".join(piece.text for piece in pieces if piece.how != "gone") == after


# --- the office ------------------------------------------------------------------------------------------


def test_an_officer_writes_a_version_looks_at_it_first_and_is_refused_in_one_line(officer):
    at_desk, row = desk(officer), letters.usual("refusal")
    assert row
    url = reverse("admin:write_letter_version", args=[row.pk])
    sent = {**row.blocks, "title": row.title, "after": 1, "in_force_on": timezone.localdate().isoformat()}
    sent |= {"is_offered": "on", "courts": "You may go to court about {reference}."}
    looked = at_desk.post(url, sent | {"preview": "1"})
    assert looked.status_code == 200 and "court about NL-7K2M-Q9XA" in looked.content.decode()
    wrong = at_desk.post(url, sent | {"regulator": "Complain to a friend."})
    assert wrong.status_code == 422 and "must name the regulator" in wrong.content.decode()
    assert row.family().count() == 1
    page = at_desk.post(url, sent, follow=True).content.decode()
    assert "<ins>" in page and "<del>" in page and str(officer) in page
    assert letters.usual("refusal") == row.family().first() != row
    assert "newer version meanwhile" in at_desk.post(url, sent).content.decode()
    assert at_desk.get(reverse("admin:letters")).status_code == 200
    assert at_desk.get(reverse("admin:letter", args=[0])).status_code == 404


def test_a_new_letter_is_offered_in_the_forms_of_its_kind(officer):
    at_desk, case = desk(officer), make.case(make.customer(), "enquiry", identity_confirmed=True)
    sent = {"title": "Delivery times", "text": "It takes {gap} days.", "in_force_on": timezone.localdate().isoformat()}
    answer = at_desk.post(reverse("admin:write_letter", args=["answer"]), sent | {"is_offered": "on"})
    assert answer.status_code == 302
    assert "Delivery times" in at_desk.get(reverse(CASE, args=[case.pk])).content.decode()


# --- the forms of a case ---------------------------------------------------------------------------------


def test_choosing_words_puts_them_into_the_form_without_a_script_and_takes_no_step(officer):
    case, at_desk = make.case(make.customer(), "access"), desk(officer)
    row = next(one for one in letters.offered("id_asked"))
    url = reverse(STEP, args=[case.pk, "id_asked"])
    answer = at_desk.post(url, {"words": row.pk, "text": "", "fill": "1"})
    assert answer.status_code == 200
    form = next(shown["form"] for shown in answer.context["steps"] if shown["step"].name == "id_asked")
    text = form["text"].value()
    assert "+44 1632 960123" in text and "{" not in text and text[:30] in answer.content.decode()
    assert not OutgoingEmail.objects.filter(template="case_question").exists()
    at_desk.post(
        url,
        {
            "words": "",
            "began_with": form["began_with"].value(),
            "text": text + " Thank you.",
            "doubt": "A new address.",
        },
    )
    event = case.events.get(kind="id_asked")
    assert event.words == row and event.text.endswith("Thank you.")
    assert event.text in bytes(OutgoingEmail.objects.get(template="case_question").body).decode()
    assert f"begun with our words {row}" in at_desk.get(reverse(CASE, args=[case.pk])).content.decode()


def test_words_for_a_reason_choose_it_and_what_was_typed_stays(officer):
    case, at_desk = make.case(make.customer(), "access"), desk(officer)
    url = reverse(STEP, args=[case.pk, "refuse"])
    row = next(one for one in letters.offered("refusal") if one.slug == "no_match")
    typed = {"words": row.pk, "fill": "1", "courts": "You may go to court in Norwich.", "reasons": ""}
    answer = at_desk.post(url, typed)
    form = next(shown["form"] for shown in answer.context["steps"] if shown["step"].name == "refuse")
    assert form["reason"].value() == "no_match" and "found nothing about you" in form["reasons"].value()
    usual = letters.usual("refusal")
    assert usual and f'value="{usual.pk}"' in at_desk.get(reverse(CASE, args=[case.pk])).content.decode()
    for nonsense in ({"words": "x"}, {"words": "999999"}, {"words": letters.usual("fee").pk}):
        again = at_desk.post(url, typed | nonsense)
        form = next(shown["form"] for shown in again.context["steps"] if shown["step"].name == "refuse")
        assert form["courts"].value() == "You may go to court in Norwich."


def test_a_letter_with_a_gap_does_not_leave(officer):
    case, at_desk = make.case(make.customer(), "enquiry", identity_confirmed=True), desk(officer)
    sent = {"text": "It takes {gap} days."}
    said = at_desk.post(reverse(STEP, args=[case.pk, "carry_out"]), sent, follow=True).content.decode()
    assert "This still stands in the letter: {gap}" in said
    assert DataSubjectRequest.objects.get(pk=case.pk).is_open


def test_a_letter_about_more_time_names_the_new_last_day(officer):
    case, row = make.case(make.customer(), "access", received_at=timezone.now()), letters.usual("extension")
    assert row
    newer(row, officer, text="You will have it by {due_on}.")
    at_desk = desk(officer)
    [new] = letters.offered("extension")
    url = reverse(STEP, args=[case.pk, "extend"])
    answer = at_desk.post(url, {"words": new.pk, "fill": "1"})
    text = next(s["form"]["text"].value() for s in answer.context["steps"] if s["step"].name == "extend")
    at_desk.post(url, {"text": text, "began_with": new.pk})
    case.refresh_from_db()
    assert text == f"You will have it by {subject_requests.wording.day(case.due_on)}."


def test_forms_that_come_begun_show_nothing_of_the_person(officer):
    mary = make.customer(display_name="Zaunkoenigin")
    case, at_desk = make.case(mary, "access"), desk(officer)
    page = at_desk.get(reverse(CASE, args=[case.pk])).content.decode()
    assert "Why, by law?" in page and "Zaunkoenigin" not in page
    look(at_desk, case)
    assert "Zaunkoenigin" in at_desk.get(reverse(CASE, args=[case.pk])).content.decode()
